using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace RxTokens.AspNetCore.Tests;

/// <summary>An answer lives apart from the request that began it.</summary>
public class HubTests
{
    /// <summary>An answer whose pieces the test hands over.</summary>
    private static (Func<IAsyncEnumerable<string>> Source, ChannelWriter<string> Writer) Handed()
    {
        var (source, writer) = Script.Handed<string>();
        return (() => source, writer);
    }

    [Test]
    public async Task WhatWasStarted_IsFollowedToItsEnd()
    {
        await using var host = await HubHost.StartAsync(() => Script.Items("Hel", "lo, ", "world\r\n"));
        var id = await host.PostAsync();
        var followed = await host.FollowAsync(id);
        Assert.That((followed.Status, followed.Text, followed.Ending), Is.EqualTo((200, "Hello, world\r\n", "end")));
        Assert.That(followed.Events, Has.Count.LessThanOrEqualTo(4));
        Assert.That(id, Does.Match("^[0-9a-f]{32}$"));
    }

    [Test]
    public async Task R15_WhoIsCutBeforeTheFirstToken_ComesBackToTheSameAnswer()
    {
        var (source, writer) = Handed();
        var started = 0;
        await using var host = await HubHost.StartAsync(() =>
        {
            started++;
            return source();
        });
        var id = await host.PostAsync();
        using var client = await host.Host.ConnectAsync($"/answers/{id}");
        var received = await client.ReadToAsync(".0\n\n");
        client.Reset();
        writer.TryWrite("late");
        writer.Complete();
        var lastId = received[(received.IndexOf("id: ", StringComparison.Ordinal) + 4)..].TrimEnd();
        var followed = await host.FollowAsync(id, lastEventId: lastId);
        Assert.That((followed.Text, started), Is.EqualTo(("late", 1)));
        Assert.That(received, Does.Not.Contain("data:"));
    }

    [Test]
    public async Task E05_WhoHasTheEnd_IsToldToStayAway()
    {
        await using var host = await HubHost.StartAsync(() => Script.Items("a"));
        var id = await host.PostAsync();
        var followed = await host.FollowAsync(id);
        var again = await host.FollowAsync(id, lastEventId: followed.LastId);
        Assert.That((again.Status, again.Body), Is.EqualTo((204, "")));
    }

    [Test]
    public async Task Delete_TellsTheFollowers_AndCancelsTheSource()
    {
        var source = Script.Waits("a");
        await using var host = await HubHost.StartAsync(() => source);
        var id = await host.PostAsync();
        var following = host.FollowAsync(id);
        using (var deleted = await host.SendAsync(HttpMethod.Delete, id))
            Assert.That((int)deleted.StatusCode, Is.EqualTo(204));
        var followed = await following;
        Assert.That((followed.Text, followed.Ending), Is.EqualTo(("a", "stopped")).Or.EqualTo(("", "stopped")));
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
        Assert.That(source.WasMisused, Is.False);
        using var again = await host.SendAsync(HttpMethod.Delete, id);
        Assert.That((int)again.StatusCode, Is.EqualTo(204), "it is known, and has ended");
    }

    // Ids

    [TestCase("abc")]
    [TestCase("-1")]
    [TestCase("9e99")]
    [TestCase("{tag}.")]
    [TestCase("{tag}.-1")]
    [TestCase("{tag}.99")]
    [TestCase("{tag}.9e99")]
    [TestCase("{tag}.99999999999999999999999")]
    [TestCase("{tag}.+1")]
    [TestCase("{other}")]
    [TestCase("{long}")]
    public async Task R05_AnIdThatIsNotOurs_BeginsAnewAndSaysSo(string lastEventId)
    {
        await using var host = await HubHost.StartAsync(() => Script.Items("all"));
        var id = await host.PostAsync();
        var tag = (await host.FollowAsync(id)).LastId![..8];
        var other = (await host.FollowAsync(await host.PostAsync())).Events[0].Id!;
        var followed = await host.FollowAsync(id, lastEventId: lastEventId.Replace("{tag}", tag).Replace("{other}", other).Replace("{long}", tag + "." + new string('0', 5000)));
        Assert.That((followed.Status, followed.Text, followed.Ending), Is.EqualTo((200, "all", "end")));
        Assert.That(followed.Events.Select(e => e.Name), Is.EqualTo(new[] { "lost", "message", "end" }));
        Assert.That(followed.Events[0].Data, Is.EqualTo("{\"position\":0}"));
    }

    [Test]
    public async Task R05_AnEmptyId_BeginsFromTheStart()
    {
        await using var host = await HubHost.StartAsync(() => Script.Items("all"));
        var followed = await host.FollowAsync(await host.PostAsync(), lastEventId: "");
        Assert.That(followed.Events.Select(e => e.Name), Is.EqualTo(new[] { "message", "end" }));
    }

    [Test]
    public async Task R07_EveryPositionButTheEnds_GetsTheEnd()
    {
        await using var host = await HubHost.StartAsync(() => Script.Items("abc"));
        var id = await host.PostAsync();
        var tag = (await host.FollowAsync(id)).LastId![..8];
        for (var position = 0; position <= 3; position++)
        {
            var followed = await host.FollowAsync(id, lastEventId: $"{tag}.{position}");
            Assert.That((followed.Text, followed.Ending), Is.EqualTo(("abc"[position..], "end")));
        }
    }

    [Test]
    public async Task WhoIsBehindWhatIsKept_BeginsAnewThere()
    {
        await using var host = await HubHost.StartAsync(() => Script.Items("aaaa", "bbbb", "cccc"), options => options.CharactersPerAnswer = 6);
        var id = await host.PostAsync();
        var followed = await host.FollowAsync(id);
        await host.FollowAsync(id); // it has ended by now
        followed = await host.FollowAsync(id);
        Assert.That(followed.Events.Select(e => (e.Name, e.Data)), Is.EqualTo(new[] { ("lost", "{\"position\":6}"), ("message", "\"bbcccc\""), ("end", "{}") }));
    }

    [Test]
    public async Task ForeignAndUnknownIds_AreOne()
    {
        await using var host = await HubHost.StartAsync(() => Script.Waits("a"));
        var id = await host.PostAsync("owner");
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Delete })
        {
            using var foreign = await host.SendAsync(method, id, "thief");
            using var unknown = await host.SendAsync(method, "0123456789abcdef0123456789abcdef", "thief");
            Assert.That((int)foreign.StatusCode, Is.EqualTo(404));
            Assert.That(await foreign.Content.ReadAsStringAsync(), Is.EqualTo(await unknown.Content.ReadAsStringAsync()));
            Assert.That(Headers(foreign), Is.EqualTo(Headers(unknown)));
        }

        Assert.That(await host.Hub.StopAsync("owner", id), Is.True, "and nobody has stopped it");

        static string Headers(HttpResponseMessage response) => string.Join(';', response.Headers.Concat(response.Content.Headers).Where(h => h.Key != "Date").Select(h => $"{h.Key}={string.Join(',', h.Value)}"));
    }

    [Test]
    public async Task Head_SaysWhatGetWould_AndFollowsNothing()
    {
        await using var host = await TestHost.StartAsync(
            app => app.MapMethods("/answers/{id}", ["GET", "HEAD"], (string id, TokenStreamHub hub) => hub.Follow("someone", id)),
            builder => builder.Services.AddTokenStreams());
        var hub = host.Services.GetRequiredService<TokenStreamHub>();
        var id = await hub.BeginAsync("someone", (_, _) => Script.Waits("a"));

        using var known = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/answers/{id}"));
        using var unknown = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/answers/0123456789abcdef0123456789abcdef"));

        Assert.That(((int)known.StatusCode, known.Content.Headers.ContentType?.MediaType), Is.EqualTo((200, "text/event-stream")));
        Assert.That((int)unknown.StatusCode, Is.EqualTo(404));
        Assert.That(hub.Limits.Followers, Is.Zero);
    }

    [Test]
    public void X02_IdsAreRandomAndUnique()
    {
        var ids = Enumerable.Range(0, 100_000).Select(_ => StreamKey.NewId()).ToHashSet();
        Assert.That(ids, Has.Count.EqualTo(100_000));
        Assert.That(ids.Take(100), Has.All.Match("^[0-9a-f]{32}$"));
    }

    [Test]
    public void OwnersAndIds_ThatTogetherReadTheSame_AreNotTheSame() =>
        Assert.That(new StreamKey("a", "b:c").Value, Is.Not.EqualTo(new StreamKey("a:b", "c").Value));

    // Leaving

    [Test]
    public async Task R10_WithoutAGraceTime_LeavingStopsNothing()
    {
        var (source, writer) = Handed();
        await using var host = await HubHost.StartAsync(source);
        var id = await host.PostAsync();
        using (var client = await host.Host.ConnectAsync($"/answers/{id}"))
        {
            writer.TryWrite("a");
            await client.ReadToAsync("\"a\"");
            client.Reset();
        }

        writer.TryWrite("b");
        writer.Complete();
        Assert.That((await host.FollowAsync(id)).Text, Is.EqualTo("ab"));
    }

    [Test]
    public async Task R10_WithOne_WhatNobodyFollowsForSoLongIsStopped()
    {
        var clock = new FakeTimeProvider();
        var source = Script.Waits("a");
        await using var host = await HubHost.StartAsync(
            () => source, options => options.StopUnreadAfter = TimeSpan.FromSeconds(30), builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var id = await host.PostAsync();
        clock.Advance(TimeSpan.FromSeconds(29));
        using (var client = await host.Host.ConnectAsync($"/answers/{id}"))
        {
            await client.ReadToAsync("\"a\"");
            clock.Advance(TimeSpan.FromSeconds(11)); // 40
            client.Close();
        }

        await Until(() => host.Hub.Limits.Followers == 0);
        clock.Advance(TimeSpan.FromSeconds(29)); // 69
        Assert.That(source.Disposals, Is.Zero);
        clock.Advance(TimeSpan.FromSeconds(1)); // 70
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
        var followed = await host.FollowAsync(id);
        Assert.That((followed.Text, followed.Ending), Is.EqualTo(("a", "stopped")));
    }

    [Test]
    public async Task TheRequestThatHasStartedIt_IsNothingToTheAnswer()
    {
        var ambient = new AsyncLocal<string>();
        var found = new TaskCompletionSource<(string? Ambient, bool HasContext)>();
        await using var host = await TestHost.StartAsync(
            app =>
            {
                app.Use((context, next) =>
                {
                    ambient.Value = "the request's";
                    return next(context);
                });
                app.MapPost("/", (TokenStreamHub hub) => hub.Start("someone", (services, _) => Source(services)));
            },
            builder => builder.Services.AddTokenStreams().AddHttpContextAccessor());
        using var posted = await host.Client.PostAsync("/", null);
        Assert.That(await found.Task.WaitAsync(TestHost.Patience), Is.EqualTo(((string?)null, false)));

        async IAsyncEnumerable<string> Source(IServiceProvider services)
        {
            await Task.Yield();
            found.TrySetResult((ambient.Value, services.GetRequiredService<Microsoft.AspNetCore.Http.IHttpContextAccessor>().HttpContext is not null));
            yield return "a";
        }
    }

    [Test]
    public async Task ItsServices_LiveAsLongAsTheAnswer()
    {
        var (source, writer) = Handed();
        var service = new TaskCompletionSource<ScopedService>();
        await using var host = await TestHost.StartAsync(
            app =>
            {
                app.MapPost("/", (TokenStreamHub hub) => hub.Start("someone", (services, _) =>
                {
                    service.SetResult(services.GetRequiredService<ScopedService>());
                    return source();
                }));
                app.MapGet("/{id}", (string id, TokenStreamHub hub) => hub.Follow("someone", id));
            },
            builder => builder.Services.AddTokenStreams().AddScoped<ScopedService>());
        using var posted = await host.Client.PostAsync("/", null);
        var mine = await service.Task.WaitAsync(TestHost.Patience);
        Assert.That(posted.Headers.Location!.OriginalString, Does.Match("^/[0-9a-f]{32}$"));
        Assert.That(mine.IsDisposed.IsCompleted, Is.False);
        writer.Complete();
        await mine.IsDisposed.WaitAsync(TestHost.Patience);
    }

    private sealed class ScopedService : IDisposable
    {
        private readonly TaskCompletionSource _disposed = new();

        public Task IsDisposed => _disposed.Task;

        public void Dispose() => _disposed.TrySetResult();
    }

    // Sources of every kind

    [Test]
    public async Task AFailure_IsTheLastEvent_WithoutItsText()
    {
        await using var host = await HubHost.StartAsync(() => Script.Fails(new InvalidOperationException("the password is 1234"), "a"));
        var id = await host.PostAsync();
        var followed = await host.FollowAsync(id);
        Assert.That((followed.Text, followed.Ending), Is.EqualTo(("a", "failure")));
        Assert.That(followed.Body, Does.Not.Contain("1234"));
        Assert.That((await host.FollowAsync(id, lastEventId: followed.LastId)).Status, Is.EqualTo(204));
    }

    [Test]
    public async Task AFailure_IsDescribedAsTheApplicationSays()
    {
        await using var host = await HubHost.StartAsync(
            () => Script.Fails(new InvalidOperationException(), "a"),
            configure: builder => builder.Services.Configure<TokenResultOptions>(options => options.DescribeFailure =
                _ => new TokenFailure { EventType = TokenEvents.Quota, Message = "Enough for today.", RetryAfter = TimeSpan.FromSeconds(7.2) }));
        var followed = await host.FollowAsync(await host.PostAsync());
        Assert.That(followed.Events[^1].Name, Is.EqualTo("quota"));
        Assert.That(followed.Events[^1].Data, Is.EqualTo("{\"message\":\"Enough for today.\",\"retryAfter\":8}"));
    }

    [Test]
    public async Task Q07_AQuotaThatIsUsedUp_IsAnEventOfItsOwn()
    {
        var quota = new TokenQuota(3, TimeSpan.FromHours(1), TimeProvider.System);
        await using var host = await HubHost.StartAsync(() => Script.Items("a", "b", "c", "d").WithinQuota(quota, "someone", _ => 1));
        var followed = await host.FollowAsync(await host.PostAsync());
        Assert.That((followed.Text, followed.Ending), Is.EqualTo(("abc", "quota")));
        Assert.That(host.Host.Logs.Errors, Is.Empty, "it happens all the time");
        Assert.That(followed.Events[^1].Data, Does.Match("""^{"message":"The quota is used up.","retryAfter":3[56]\d\d}$"""));
    }

    [Test]
    public async Task Q07_OfAPlainStream_ItIsAStatusBefore_AndAnEventAfter()
    {
        var quota = new TokenQuota(3, TimeSpan.FromHours(1), TimeProvider.System);
        var source = Script.Items("a", "b", "c", "d");
        await using var host = await TestHost.StartAsync(() => TokenResults.ServerSentEvents(source.WithinQuota(quota, "someone", _ => 1)));
        Assert.That(await host.Client.GetStringAsync("/"), Does.Contain("data: c\n").And.Contain("event: quota\n"));
        using var refused = await host.Client.GetAsync("/");
        Assert.That((int)refused.StatusCode, Is.EqualTo(429));
        Assert.That(refused.Headers.RetryAfter?.Delta?.TotalSeconds, Is.InRange(3500, 3600));
        Assert.That(source.Started, Is.EqualTo(1));
    }

    [Test]
    public async Task ACancellationThatIsNotOurs_IsAFailure()
    {
        await using var host = await HubHost.StartAsync(() => Script.Fails(new TaskCanceledException(), "a"));
        Assert.That((await host.FollowAsync(await host.PostAsync())).Ending, Is.EqualTo("failure"));
    }

    [Test]
    public async Task ASourceThatEndsQuietlyWhenItIsStopped_IsNotComplete()
    {
        await using var host = await HubHost.StartAsync(() => Quiet());
        var id = await host.PostAsync();
        using var client = await host.Host.ConnectAsync($"/answers/{id}");
        await client.ReadToAsync("\"a\"");
        await host.Hub.StopAsync("someone", id);
        var followed = await host.FollowAsync(id);
        Assert.That(followed.Ending, Is.EqualTo("stopped"));
        Assert.That(followed.Body, Does.Match("event: stopped\ndata: .*\nid: .*\nretry: [0-9]{4}\n\n$"), "S06: all followers hear it at once, and shall not come back at once");

        static async IAsyncEnumerable<string> Quiet([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token = default)
        {
            yield return "a";
            var stopped = new TaskCompletionSource();
            await using (token.Register(stopped.SetResult))
                await stopped.Task;
        }
    }

    [Test]
    public async Task ASourceThatIsDeaf_KeepsNobodyWhoFollowsWaiting_AndItsPlaceUntilItHears()
    {
        var landed = new TaskCompletionSource();
        var source = new ScriptedSource<string>(async (_, _) =>
        {
            await landed.Task;
            return (true, "too late");
        });
        await using var host = await HubHost.StartAsync(() => source, options => options.AnswersPerOwner = 1);
        var id = await host.PostAsync();
        await Until(() => source.Reads == 1);
        Assert.That(await host.Hub.StopAsync("someone", id), Is.True);
        var followed = await host.FollowAsync(id);
        Assert.That((followed.Text, followed.Ending), Is.EqualTo(("", "stopped")));
        using (var refused = await host.SendAsync(HttpMethod.Post))
            Assert.That((int)refused.StatusCode, Is.EqualTo(429));
        landed.SetResult();
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
        Assert.That(source.WasMisused, Is.False);
        Assert.That((await host.FollowAsync(id)).Text, Is.Empty);
        await Until(() => host.Hub.Limits.Followers == 0);
    }

    [Test]
    public async Task ASourceThatCannotBeMade_IsAFailure([Values] bool isNull)
    {
        await using var host = await HubHost.StartAsync(() => isNull ? null! : throw new InvalidOperationException());
        Assert.That((await host.FollowAsync(await host.PostAsync())).Ending, Is.EqualTo("failure"));
    }

    [Test]
    public async Task PairsThatAreCut_ArriveWhole()
    {
        var (source, writer) = Handed();
        await using var host = await HubHost.StartAsync(source);
        var id = await host.PostAsync();
        using var client = await host.Host.ConnectAsync($"/answers/{id}");
        writer.TryWrite("x\ud83d");
        await client.ReadToAsync("\"x\"");
        writer.TryWrite("\ude00\ud83d");
        await client.ReadToAsync(".3\n");
        writer.TryWrite("\ude01");
        writer.Complete();
        await client.ReadToAsync("event: end");
        Assert.That((await host.FollowAsync(id)).Text, Is.EqualTo("x😀😁"));
        Assert.That(client.Received, Does.Not.Contain("\ufffd"));
    }

    [Test]
    public async Task R12_FollowersOfDifferentSpeed_AreNothingToEachOther()
    {
        var (source, writer) = Handed();
        await using var host = await HubHost.StartAsync(source);
        var id = await host.PostAsync();
        using var fast = await host.Host.ConnectAsync($"/answers/{id}");
        using var never = await host.Host.ConnectAsync($"/answers/{id}", receiveBuffer: 4096);
        await Until(() => host.Hub.Limits.Followers == 2);
        var piece = new string('x', 16 * 1024);
        for (var n = 0; n < 100; n++)
            writer.TryWrite($"{piece}{n};");
        await fast.ReadToAsync("99;");
        writer.Complete();
        await fast.ReadToAsync("event: end");
        Assert.That(host.Hub.Limits.Followers, Is.EqualTo(1), "the one that never reads is still there");
    }

    // Time

    [Test]
    public async Task WhatHasEnded_IsKeptForItsTime_AndThenNothingIsLeft()
    {
        var clock = new FakeTimeProvider();
        await using var host = await HubHost.StartAsync(() => Script.Items("a"), configure: builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var id = await host.PostAsync();
        await host.FollowAsync(id);
        await Until(() => host.Hub.Limits.Followers == 0 && host.Hub.Find(new StreamKey("someone", id)) is null);
        clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
        Assert.That((await host.FollowAsync(id)).Text, Is.EqualTo("a"));
        await Until(() => host.Hub.Limits.Followers == 0);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await Until(() => host.Hub.Count == 0);
        Assert.That((await host.FollowAsync(id)).Status, Is.EqualTo(404));
        Assert.That((host.Hub.Limits.Owners, ((MemoryTokenLog)host.Hub.Log).Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task R08_ASourceThatIsSilentForLong_IsKept()
    {
        var clock = new FakeTimeProvider();
        var (source, writer) = Handed();
        await using var host = await HubHost.StartAsync(source, configure: builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var id = await host.PostAsync();
        for (var minute = 0; minute < 60; minute++)
            clock.Advance(TimeSpan.FromMinutes(1));
        writer.TryWrite("at last");
        writer.Complete();
        Assert.That((await host.FollowAsync(id)).Text, Is.EqualTo("at last"));
    }

    // Shutdown

    [Test]
    public async Task AHostThatStops_TellsFollowers_StopsSources_AndTakesNoMore()
    {
        var source = Script.Waits("a");
        var host = await HubHost.StartAsync(() => source);
        var id = await host.PostAsync();
        using var client = await host.Host.ConnectAsync($"/answers/{id}");
        await client.ReadToAsync("\"a\"");
        var hub = host.Hub;
        await host.DisposeAsync();
        await client.ReadToCloseAsync();
        Assert.That(client.Received, Does.Contain("event: stopped").And.EndsWith("0\r\n\r\n"));
        Assert.That(source.Disposals, Is.EqualTo(1));
        Assert.That(async () => await hub.BeginAsync("someone", (_, _) => source), Throws.TypeOf<TokenStreamRefusedException>().With.Property("StatusCode").EqualTo(503));
    }

    internal static async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TestHost.Patience);
        while (!condition())
            await Task.Delay(5, patience.Token);
    }
}
