using System.Threading.RateLimiting;

namespace RxTokens.AspNetCore.Tests;

/// <summary>How many answers, followers and characters there may be, of each owner and in all; and who has to go for whom.</summary>
public class HubLimitsTests
{
    private static async Task<(int Status, int? RetryAfter)> PostAsync(HubHost host, string? user = null)
    {
        using var response = await host.SendAsync(HttpMethod.Post, user: user);
        return ((int)response.StatusCode, (int?)response.Headers.RetryAfter?.Delta?.TotalSeconds);
    }

    [Test]
    public void WhatIsOutOfRange_IsSaidWithItsNameAndValue()
    {
        AssertRefused(options => options.Keep = TimeSpan.Zero, "Keep", "00:00:00");
        AssertRefused(options => options.StopUnreadAfter = TimeSpan.FromSeconds(-7), "StopUnreadAfter", "-00:00:07");
        AssertRefused(options => options.CharactersPerAnswer = 0, "CharactersPerAnswer", "0");
        AssertRefused(options => options.CharactersPerOwner = 5, "CharactersPerOwner", "5");
        AssertRefused(options => options.CharactersInAll = 6, "CharactersInAll", "6");
        AssertRefused(options => options.AnswersPerOwner = 0, "AnswersPerOwner", "0");
        AssertRefused(options => options.FollowersInAll = -1, "FollowersInAll", "-1");

        static void AssertRefused(Action<TokenStreamOptions> configure, string name, string value)
        {
            var options = new TokenStreamOptions();
            configure(options);
            Assert.That(options.Validate, Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains(name).And.Message.Contains(value));
        }
    }

    [Test]
    public async Task X07_AnOwnerWhoHasTooManyAnswersUnderWay_IsRefused_BeforeASourceStarts()
    {
        var sources = new List<ScriptedSource<string>>();
        await using var host = await HubHost.StartAsync(
            () =>
            {
                lock (sources)
                    sources.Add(Script.Waits<string>());
                return sources[^1];
            },
            options => options.AnswersPerOwner = 2);
        var id = await host.PostAsync();
        await host.PostAsync();
        for (var n = 0; n < 20; n++)
            Assert.That(await PostAsync(host), Is.EqualTo((429, (int?)5)));
        await host.PostAsync("somebody else");
        await HubTests.Until(() => sources.Count == 3);
        await host.Hub.StopAsync("someone", id);
        await HubTests.Until(() => sources.Any(source => source.Disposals == 1));
        await HubTests.Until(() => host.Hub.Find(new StreamKey("someone", id)) is null);
        await host.PostAsync();
    }

    [Test]
    public async Task X07_WhereAllHaveTooMany_ItIsTheServerThatIsBusy()
    {
        await using var host = await HubHost.StartAsync(() => Script.Waits<string>(), options => options.AnswersInAll = 2);
        await host.PostAsync("a");
        await host.PostAsync("b");
        Assert.That((await PostAsync(host, "c")).Status, Is.EqualTo(503));
    }

    [Test]
    public async Task X07_AnswersThatHaveEnded_MakeRoom_TheOldestFirst()
    {
        await using var host = await HubHost.StartAsync(
            () => Script.Items("abcdefgh"), options => (options.CharactersPerAnswer, options.CharactersPerOwner, options.CharactersInAll) = (10, 27, 1000));
        var ids = new List<string>();
        for (var n = 0; n < 4; n++)
        {
            ids.Add(await host.PostAsync());
            await host.FollowAsync(ids[n]);
            await HubTests.Until(() => host.Hub.Find(new StreamKey("someone", ids[n])) is null);
        }

        var kept = new List<int>();
        foreach (var id in ids)
            kept.Add((await host.FollowAsync(id)).Status);
        Assert.That(kept, Is.EqualTo(new[] { 404, 200, 200, 200 }), "8, 8 and 8 characters are kept, and a new one may take 10");
    }

    [Test]
    public async Task X07_WhatIsUnderWay_MakesNoRoom()
    {
        await using var host = await HubHost.StartAsync(
            () => Script.Waits("a"), options => (options.CharactersPerAnswer, options.CharactersPerOwner, options.CharactersInAll) = (10, 29, 49));
        var first = await host.PostAsync();
        await host.PostAsync();
        Assert.That((await PostAsync(host)).Status, Is.EqualTo(429));
        await host.PostAsync("b");
        await host.PostAsync("b");
        Assert.That((await PostAsync(host, "c")).Status, Is.EqualTo(503));
        Assert.That((await host.Hub.Log.FindAsync(new StreamKey("someone", first).Value))?.End, Is.Null);
    }

    [TestCase("answer")]
    [TestCase("owner")]
    [TestCase("all")]
    public async Task A05_OneFollowerTooMany_IsToldWhenToComeBack_InAWayThatAnEventSourceHeeds(string limit)
    {
        await using var host = await HubHost.StartAsync(() => Script.Waits("a"), options =>
        {
            options.FollowersPerAnswer = limit == "answer" ? 1 : 10;
            options.FollowersPerOwner = limit == "owner" ? 1 : 10;
            options.FollowersInAll = limit == "all" ? 1 : 10;
        });
        var id = await host.PostAsync();
        var another = await host.PostAsync(limit == "all" ? "somebody else" : null);
        using var client = await host.Host.ConnectAsync($"/answers/{id}");
        await client.ReadToAsync("\"a\"");
        var refused = await (limit == "answer" ? host.FollowAsync(id) : host.FollowAsync(another, limit == "all" ? "somebody else" : null));
        Assert.That((refused.Status, refused.Body), Is.EqualTo((200, "retry: 5000\n\n")));
        client.Close();
        await HubTests.Until(() => host.Hub.Limits.Followers == 0);
        using var next = await host.Host.ConnectAsync($"/answers/{id}");
        await next.ReadToAsync("\"a\"");
    }

    // Admission

    [Test]
    public async Task A01_ThePermitOfAConcurrencyLimit_IsHeldAsLongAsTheAnswerIsMade()
    {
        using var limiter = PartitionedRateLimiter.Create<string, string>(owner =>
            RateLimitPartition.GetConcurrencyLimiter(owner, _ => new ConcurrencyLimiterOptions { PermitLimit = 1 }));
        var (source, writer) = Script.Handed<string>();
        await using var host = await HubHost.StartAsync(() => source, options => options.Admission = limiter);
        await host.PostAsync();
        Assert.That((await PostAsync(host)).Status, Is.EqualTo(429), "the POST has returned, the answer goes on");
        Assert.That(limiter.GetStatistics("somebody else")!.CurrentAvailablePermits, Is.EqualTo(1));
        writer.Complete();
        await HubTests.Until(() => limiter.GetStatistics("someone")!.CurrentAvailablePermits == 1);
    }

    [Test]
    public async Task ALimiterThatKnowsWhen_IsBelieved()
    {
        using var limiter = PartitionedRateLimiter.Create<string, string>(owner =>
            RateLimitPartition.GetFixedWindowLimiter(owner, _ => new FixedWindowRateLimiterOptions { PermitLimit = 1, Window = TimeSpan.FromSeconds(77), AutoReplenishment = false }));
        await using var host = await HubHost.StartAsync(() => Script.Items("a"), options => options.Admission = limiter);
        await host.PostAsync();
        var (status, retryAfter) = await PostAsync(host);
        Assert.That(status, Is.EqualTo(429));
        Assert.That(retryAfter, Is.InRange(1, 77));
    }

    [Test]
    public async Task APermit_IsGivenBack_WhereTheAnswerIsRefusedForAnotherReason()
    {
        using var limiter = PartitionedRateLimiter.Create<string, string>(owner =>
            RateLimitPartition.GetConcurrencyLimiter(owner, _ => new ConcurrencyLimiterOptions { PermitLimit = 5 }));
        await using var host = await HubHost.StartAsync(() => Script.Waits("a"), options => (options.Admission, options.AnswersPerOwner) = (limiter, 1));
        await host.PostAsync();
        Assert.That((await PostAsync(host)).Status, Is.EqualTo(429));
        Assert.That(limiter.GetStatistics("someone")!.CurrentAvailablePermits, Is.EqualTo(4));
    }

    // Random

    /// <summary>Whatever comes in whatever order: never more than is allowed, and nothing is left.</summary>
    [Test]
    public void UnderRandomAnswersAndFollowers_NoBoundIsPassed_AndNothingIsLeft()
    {
        var options = new TokenStreamOptions
        {
            CharactersPerAnswer = 10, CharactersPerOwner = 35, CharactersInAll = 60, AnswersPerOwner = 3, AnswersInAll = 5, FollowersPerAnswer = 2, FollowersPerOwner = 4, FollowersInAll = 6,
        };
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var limits = new HubLimits(options);
            var underWay = new List<HubLimits.Place>();
            var ended = new List<HubLimits.Place>();
            var followers = new List<HubLimits.Place>();
            for (var step = 0; step < 60; step++)
            {
                switch (random.Next(6))
                {
                    case 0 or 1:
                        var owner = $"{random.Next(3)}";
                        try
                        {
                            var (place, gone) = limits.Let(owner, new StreamKey(owner, $"{step}"));
                            underWay.Add(place);
                            foreach (var others in ended.GroupBy(e => e.Owner))
                                Assert.That(others.Select(e => gone.Contains(e.Key)), Is.Ordered.Descending, $"seed {seed}: of each owner the oldest");
                            ended.RemoveAll(e => gone.Contains(e.Key));
                        }
                        catch (TokenStreamRefusedException)
                        {
                            var mine = underWay.Count(p => p.Owner == owner);
                            Assert.That(mine == 3 || underWay.Count == 5 || (mine + 1) * 10 > 35 || (underWay.Count + 1) * 10 > 60, Is.True, $"seed {seed}: refused for nothing");
                        }

                        break;
                    case 2 when underWay.Count > 0:
                        var done = Take(underWay);
                        limits.End(done, random.Next(11));
                        ended.Add(done);
                        break;
                    case 3 when ended.Count > 0:
                        limits.Forget(Take(ended));
                        break;
                    case 4 when underWay.Count + ended.Count > 0:
                        var followed = underWay.Concat(ended).ElementAt(random.Next(underWay.Count + ended.Count));
                        var mayFollow = followers.Count < 6 && followers.Count(f => f.Owner == followed.Owner) < 4 && followers.Count(f => f == followed) < 2;
                        Assert.That(limits.TryFollow(followed.Owner, followed.Key), Is.EqualTo(mayFollow), $"seed {seed}");
                        if (mayFollow)
                            followers.Add(followed);
                        break;
                    case 5 when followers.Count > 0:
                        var left = Take(followers);
                        limits.Leave(left.Owner, left.Key);
                        break;
                }

                Assert.That(underWay.Concat(ended).Sum(p => p.Characters), Is.LessThanOrEqualTo(60), $"seed {seed}");
                Assert.That(underWay.Concat(ended).GroupBy(p => p.Owner).Select(g => g.Sum(p => p.Characters)), Has.All.LessThanOrEqualTo(35), $"seed {seed}");
            }

            foreach (var place in underWay)
                limits.End(place, 5);
            foreach (var place in underWay.Concat(ended))
                limits.Forget(place);
            foreach (var place in followers)
                limits.Leave(place.Owner, place.Key);
            Assert.That((limits.Owners, limits.Followers), Is.EqualTo((0, 0)), $"seed {seed}");

            HubLimits.Place Take(List<HubLimits.Place> places)
            {
                var place = places[random.Next(places.Count)];
                places.Remove(place);
                return place;
            }
        }
    }
}
