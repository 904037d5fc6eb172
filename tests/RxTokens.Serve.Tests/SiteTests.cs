using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Time.Testing;
using Serve;

namespace RxTokens.Serve.Tests;

/// <summary>The example, by clients over a socket.</summary>
public class SiteTests
{
    private sealed record Started(string Id);

    [Test]
    public async Task Check_SaysThatAllIsWell()
    {
        var before = Console.Out;
        using var said = new StringWriter();
        Console.SetOut(said);
        int code;
        try
        {
            code = await Check.RunAsync(CancellationToken.None);
        }
        finally
        {
            Console.SetOut(before);
        }

        Assert.That(code, Is.Zero, said.ToString());
        Assert.That(said.ToString(), Does.EndWith($"all is well{Environment.NewLine}").And.Not.Contain("NO"));
    }

    [Test]
    public async Task Q07_AQuotaThatIsSpent_IsAStatusBefore_AndAnEventDuring()
    {
        var script = new Script();
        script.Say("one", "two", "three", "four");
        await using var site = await Site.StartAsync(script.Answer, new Options("", Quota: 1 + 3)); // 1 for the question
        using var ann = site.Visitor();
        using var bob = site.Visitor();

        var events = await EventsAsync(await ann.GetAsync($"answers/{await StartAsync(ann)}", HttpCompletionOption.ResponseHeadersRead));
        Assert.That(string.Concat(events.Where(e => e.EventType == "message" && e.Data.Length > 0).Select(e => JsonSerializer.Deserialize<string>(e.Data))), Is.EqualTo("onetwothree"));
        Assert.That(events[^1].EventType, Is.EqualTo("quota"));
        Assert.That(JsonDocument.Parse(events[^1].Data).RootElement.GetProperty("retryAfter").GetInt32(), Is.InRange(590, 611));

        foreach (var path in new[] { "answers", "stream" })
        {
            using var refused = await ann.PostAsJsonAsync(path, new Asked("Why?"));
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests), path);
            Assert.That(refused.Headers.RetryAfter!.Delta, Is.InRange(TimeSpan.FromSeconds(590), TimeSpan.FromSeconds(611)), path);
        }

        await StartAsync(bob); // each has his own
    }

    /// <summary>The permit is back when the answer is over, not when the POST is.</summary>
    [Test]
    public async Task A01_NoMoreThanTwoAnswersOfAVisitor_AreUnderWay()
    {
        await using var site = await Site.StartAsync(new Script().Answer);
        using var ann = site.Visitor();
        var first = await StartAsync(ann);
        await StartAsync(ann);

        using var third = await ann.PostAsJsonAsync("answers", new Asked("Why?"));
        Assert.That(third.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(third.Headers.RetryAfter!.Delta, Is.EqualTo(TimeSpan.FromSeconds(5)));

        await ann.DeleteAsync($"answers/{first}");
        await Eventually(async () =>
        {
            using var again = await ann.PostAsJsonAsync("answers", new Asked("Why?"));
            return again.StatusCode == HttpStatusCode.Accepted;
        });
    }

    /// <summary>A tenth of a segment more, for the timer of the window is late.</summary>
    [TestCase(0, 60.6)]
    [TestCase(25, 35.6)]
    [TestCase(60, 0.6)]
    public void A03_RetryAfter_IsWhenTheOldestPermitIsBack(int passed, double expected)
    {
        var time = new FakeTimeProvider();
        using var limiter = new QuestionWindow(3, TimeSpan.FromMinutes(1), time);
        limiter.AttemptAcquire().Dispose();
        time.Advance(TimeSpan.FromSeconds(passed));
        limiter.AttemptAcquire().Dispose();
        limiter.AttemptAcquire().Dispose();

        using var refused = limiter.AttemptAcquire();
        Assert.That(refused.IsAcquired, Is.False);
        Assert.That(refused.TryGetMetadata(MetadataName.RetryAfter, out var after), Is.True);
        Assert.That(after.TotalSeconds, Is.EqualTo(expected).Within(1e-6));
    }

    /// <summary>In real time: the framework's window has no other.</summary>
    [Test]
    public async Task A03_WhoWaitsAsLongAsHeIsTold_IsLetIn()
    {
        var script = new Script();
        script.End();
        await using var site = await Site.StartAsync(script.Answer, new Options("", Questions: 2, QuestionsWindow: TimeSpan.FromSeconds(2)));
        using var ann = site.Visitor();
        using var bob = site.Visitor();
        await StartAsync(ann);
        await StartAsync(ann);

        using var refused = await ann.PostAsJsonAsync("answers", new Asked("Why?"));
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(refused.Headers.RetryAfter!.Delta, Is.InRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)));
        await StartAsync(bob); // each has his own

        await Task.Delay(refused.Headers.RetryAfter.Delta!.Value);
        await StartAsync(ann);
    }

    [Test]
    public async Task A05_Following_IsNotLimitedLikeAsking()
    {
        var script = new Script();
        script.Say("text");
        script.End();
        await using var site = await Site.StartAsync(script.Answer, new Options("", Questions: 1));
        using var ann = site.Visitor();
        var id = await StartAsync(ann);
        for (var i = 0; i < 20; i++)
        {
            using var response = await ann.GetAsync($"answers/{id}");
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task X04_TheVisitorsSecret_IsInACookieThatScriptsDoNotSee_AndInNoLog()
    {
        var script = new Script();
        script.End(new InvalidOperationException("broken"));
        await using var site = await Site.StartAsync(script.Answer);
        using var ann = site.Visitor();
        using var page = await ann.GetAsync("");
        var cookie = page.Headers.GetValues("Set-Cookie").Single();
        Assert.That(cookie, Does.Contain("httponly").IgnoreCase.And.Contain("samesite=strict").IgnoreCase);

        var secret = cookie.Split(';')[0].Split('=')[1];
        Assert.That(secret, Has.Length.EqualTo(32));
        var id = await StartAsync(ann);
        using (var response = await ann.GetAsync($"answers/{id}"))
            Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("event: failure\ndata: {\"message\":\"The model has failed.\"}"));
        await ann.PostAsJsonAsync("stream", new Asked("Why?"));

        Assert.That(site.Log, Has.Some.Contains("broken"), "the log is there");
        Assert.That(site.Log, Has.Some.Contains($"answers/{id}"), "with its requests");
        Assert.That(site.Log, Has.None.Contains(secret));
    }

    [Test]
    public async Task AStranger_SeesNothing()
    {
        var script = new Script();
        await using var site = await Site.StartAsync(script.Answer);
        using var ann = site.Visitor();
        using var bob = site.Visitor();
        var id = await StartAsync(ann);

        using var followed = await bob.GetAsync($"answers/{id}");
        using var seen = await bob.GetAsync($"answers/{id}/state");
        using var stopped = await bob.DeleteAsync($"answers/{id}");
        using var own = await ann.GetAsync($"answers/{id}/state");
        Assert.That(new[] { followed, seen, stopped, own }.Select(r => (int)r.StatusCode), Is.EqualTo(new[] { 404, 404, 404, 200 }));
    }

    [Test]
    public async Task AQuestion_IsJson_AndNotEmpty()
    {
        await using var site = await Site.StartAsync(new Script().Answer);
        using var ann = site.Visitor();
        foreach (var path in new[] { "answers", "stream" })
        {
            using var form = await ann.PostAsync(path, new FormUrlEncodedContent([new("question", "Why?")]));
            using var empty = await ann.PostAsJsonAsync(path, new Asked(" "));
            using var none = await ann.PostAsJsonAsync(path, new { });
            using var tooLong = await ann.PostAsJsonAsync(path, new Asked(new string('a', 4001)));
            Assert.That(new[] { form, empty, none, tooLong }.Select(r => (int)r.StatusCode), Is.EqualTo(new[] { 415, 400, 400, 400 }), path);
        }
    }

    /// <summary>Where the model is, in the positions that the ids of the events end with.</summary>
    [Test]
    public async Task State_SaysWhereTheModelIs()
    {
        var script = new Script();
        script.Say("12345", "6789");
        await using var site = await Site.StartAsync(script.Answer);
        using var ann = site.Visitor();
        var id = await StartAsync(ann);
        await Eventually(async () => (await StateAsync()).GetProperty("position").GetInt64() == 9);
        Assert.That((await StateAsync()).GetProperty("hasEnded").GetBoolean(), Is.False);
        script.End();
        await Eventually(async () => (await StateAsync()).GetProperty("hasEnded").GetBoolean());

        async Task<JsonElement> StateAsync() => await ann.GetFromJsonAsync<JsonElement>($"answers/{id}/state");
    }

    private static async Task<string> StartAsync(HttpClient client)
    {
        using var response = await client.PostAsJsonAsync("answers", new Asked("Why?"));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted), await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<Started>())!.Id;
    }

    private static async Task<List<SseItem<string>>> EventsAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var events = new List<SseItem<string>>();
            await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync())
                events.Add(item);
            return events;
        }
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Site.Patience);
        while (!await condition())
            await Task.Delay(20, patience.Token);
    }
}
