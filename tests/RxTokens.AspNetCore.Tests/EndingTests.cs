using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace RxTokens.AspNetCore.Tests;

/// <summary>How a stream ends, and what a client that comes back gets.</summary>
public class EndingTests
{
    private static readonly string[] ItemsThenEnd = ["0: data: a/id: started//", "0: event: end/data: /id: ended//"];

    [Test]
    public async Task E01_FailureBeforeTheFirstByte_Is500_WithoutAnEventStream()
    {
        await using var host = await TestHost.StartAsync(() => TokenResults.ServerSentEvents(Script.Fails<string>(new InvalidOperationException("secret"))));
        using var response = await host.Client.GetAsync(new Uri("/", UriKind.Relative));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(response.Content.Headers.ContentType, Is.Null);
        Assert.That(await response.Content.ReadAsStringAsync(), Is.Empty);
    }

    [Test]
    public async Task E01_SourceThatCannotBegin_Is500()
    {
        await using var host = await TestHost.StartAsync(() => TokenResults.ServerSentEvents(new Unenumerable()));
        using var response = await host.Client.GetAsync(new Uri("/", UriKind.Relative));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.InternalServerError));
    }

    [Test]
    public async Task E01_FailureThatIsDescribed_IsItsStatus()
    {
        var options = new TokenResultOptions
        {
            DescribeFailure = failure => failure is TimeoutException
                ? new TokenFailure { EventType = TokenEvents.Quota, Message = "Come back later.", StatusCode = 429, RetryAfter = TimeSpan.FromSeconds(6.5) } : null,
        };
        await using var host = await TestHost.StartAsync(app =>
        {
            app.MapGet("/before", () => TokenResults.ServerSentEvents(Script.Fails<string>(new TimeoutException()), options: options));
            app.MapGet("/during", () => TokenResults.ServerSentEvents(Script.Fails(new TimeoutException(), "a"), options: options));
        });
        using var before = await host.Client.GetAsync(new Uri("/before", UriKind.Relative));
        Assert.That(before.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(before.Headers.RetryAfter!.Delta, Is.EqualTo(TimeSpan.FromSeconds(7)));
        Assert.That(before.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
        Assert.That(await before.Content.ReadAsStringAsync(), Does.Contain("Come back later."));

        Assert.That(await host.Client.GetStringAsync(new Uri("/during", UriKind.Relative)), Is.EqualTo(
            "data: a\nid: started\n\nevent: quota\ndata: {\"message\":\"Come back later.\",\"retryAfter\":7}\nid: ended\n\n"));
        Assert.That(host.Logs.Errors, Is.Empty, "a quota is no error of the server");
    }

    [Test]
    public async Task E01_DescriptionThatFails_IsAPlainFailure()
    {
        var response = new MemoryResponse();
        await response.Serve(TokenResults.ServerSentEvents(Script.Fails(new TimeoutException(), "a"), options: new() { DescribeFailure = _ => throw new InvalidOperationException("mine") }));
        Assert.That(response.Body, Does.EndWith("event: failure\ndata: {\"message\":\"The stream has failed.\"}\nid: ended\n\n"));
    }

    [TestCase("Production", "The stream has failed.")]
    [TestCase("Development", "<secret>")]
    public async Task AFailure_IsToldInFull_InDevelopmentAlone(string environment, string message)
    {
        await using var host = await TestHost.StartAsync(() => TokenResults.ServerSentEvents(Script.Fails(new InvalidOperationException("<secret>"), "a")), environment: environment);
        var body = await host.Client.GetStringAsync(new Uri("/", UriKind.Relative));
        var data = body.Split('\n').Single(line => line.StartsWith("data: {", StringComparison.Ordinal))[6..];
        Assert.That(System.Text.Json.JsonDocument.Parse(data).RootElement.GetProperty("message").GetString(), Is.EqualTo(message));
        Assert.That(data, Does.Not.Contain("<"), "nothing that a page could take for markup");
        Assert.That(host.Logs.Errors.Single(), Does.Contain("<secret>"));
    }

    [Test]
    public void E03_NamesOfTheLibrary_AreNotThoseOfEventSource()
    {
        var names = typeof(TokenEvents).GetFields().Select(field => (string)field.GetRawConstantValue()!);
        Assert.That(names, Is.Unique.And.None.EqualTo("error").And.None.EqualTo("open").And.None.EqualTo("message"));
    }

    [Test]
    public async Task E05_ClientThatComesBackAfterTheEnd_Gets204_AndNoSecondRun()
    {
        var source = Script.Items("a", "b", "c");
        await using var host = await TestHost.StartAsync(app =>
        {
            app.MapGet("/", () => TokenResults.ServerSentEvents(source));
            app.MapGet("/again", () => TokenResults.ServerSentEvents(source, options: new() { RunsAgain = true }));
        });
        var body = await host.Client.GetStringAsync(new Uri("/", UriKind.Relative));
        var lastId = body.Split('\n').Last(line => line.StartsWith("id: ", StringComparison.Ordinal))[4..];
        foreach (var path in new[] { "/", "/again" })
        {
            using var response = await ComeBackAsync(host, path, lastId);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NoContent), path);
            Assert.That(await response.Content.ReadAsStringAsync(), Is.Empty);
        }

        Assert.That(source.Started, Is.EqualTo(1));
    }

    [Test]
    public async Task E06_ClientThatComesBackInTheMiddle_Gets204_UnlessItMayRunAgain()
    {
        var source = Script.Waits("a");
        await using var host = await TestHost.StartAsync(app =>
        {
            app.MapGet("/", () => TokenResults.ServerSentEvents(source));
            app.MapGet("/again", () => TokenResults.ServerSentEvents(Script.Items("b"), options: new() { RunsAgain = true }));
        });
        string lastId;
        using (var client = await host.ConnectAsync())
            lastId = (await client.ReadToAsync("\n\n")).Split('\n').Last(line => line.StartsWith("id: ", StringComparison.Ordinal))[4..];

        using var response = await ComeBackAsync(host, "/", lastId);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(source.Started, Is.EqualTo(1));
        using var again = await ComeBackAsync(host, "/again", lastId);
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task E08_CancellationOfTheSourcesOwn_IsAFailure()
    {
        await using var host = await TestHost.StartAsync(() => TokenResults.ServerSentEvents(Script.Fails(new TaskCanceledException("HttpClient's timeout"), "a")));
        Assert.That(await host.Client.GetStringAsync(new Uri("/", UriKind.Relative)), Does.Contain("event: failure"));
    }

    [Test]
    public async Task E08_ClientGone_NoBytes_NoErrorInTheLog_SourceDisposed()
    {
        var source = Script.Waits("a");
        await using var host = await TestHost.StartAsync(() => TokenResults.ServerSentEvents(source));
        using (var client = await host.ConnectAsync())
            await client.ReadToAsync("\n\n");
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
        await host.StopAsync();
        Assert.That(host.Logs.Errors, Is.Empty);
    }

    [Test]
    public async Task AnEnd_ComesAfterTheSourceIsDisposed_AndItsFailureIsOne()
    {
        var response = new MemoryResponse();
        var before = "";
        await response.Serve(TokenResults.ServerSentEvents(new ScriptedSource<string>((number, _) => new((number == 1, "a"))) { OnDispose = () => { before = response.Body; return default; } }));
        Assert.That(before, Is.EqualTo("data: a\nid: started\n\n"));
        Assert.That(response.Flushes, Is.EqualTo(ItemsThenEnd));

        var failing = new MemoryResponse();
        await failing.Serve(TokenResults.ServerSentEvents(new ScriptedSource<string>((number, _) => new((number == 1, "a"))) { OnDispose = () => throw new InvalidOperationException() }));
        Assert.That(failing.Flushes[1], Does.StartWith("0: event: failure"));
        Assert.That(failing.Flushes, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task TextThatFails_IsAborted()
    {
        await using var host = await TestHost.StartAsync(() => TokenResults.Text(Script.Fails(new InvalidOperationException(), "some text")));
        using var client = await host.ConnectAsync();
        await client.ReadToCloseAsync();
        Assert.That(client.Received, Does.Not.Contain("0\r\n\r\n"), "it does not look complete");
    }

    [TestCase("text")]
    [TestCase("items")]
    [TestCase("events")]
    public async Task E10_ClientGone_AnIdleSourceIsCancelledAtOnce(string overload)
    {
        foreach (var leave in (Action<RawClient>[])[client => client.Close(), client => client.Reset()])
        {
            var source = Script.Waits("a");
            var events = Script.Waits(new System.Net.ServerSentEvents.SseItem<string>("a"));
            await using var host = await TestHost.StartAsync(() => overload switch
            {
                "text" => TokenResults.ServerSentEvents(source),
                "items" => TokenResults.ServerSentEvents(source, SampleJson.Default.String),
                _ => TokenResults.ServerSentEvents(events),
            });
            using var client = await host.ConnectAsync();
            await client.ReadToAsync("\n\n");
            var watch = Stopwatch.StartNew();
            leave(client);
            await (overload == "events" ? events.Disposed : source.Disposed).Task.WaitAsync(TestHost.Patience); // without the token: never
            TestContext.Out.WriteLine($"disposed after {watch.Elapsed.TotalMilliseconds:0.0} ms");
            var (disposals, wasMisused) = overload == "events" ? (events.Disposals, events.WasMisused) : (source.Disposals, source.WasMisused);
            Assert.That((disposals, wasMisused), Is.EqualTo((1, false)));
        }
    }

    [Test]
    public async Task E10_Http2Reset_CancelsTheSource()
    {
        var source = Script.Waits("a");
        await using var host = await TestHost.StartAsync(
            () => TokenResults.ServerSentEvents(source),
            protocols: Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using (var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
            Assert.That(source.Disposals, Is.Zero);
        var watch = Stopwatch.StartNew();
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
        TestContext.Out.WriteLine($"disposed after {watch.Elapsed.TotalMilliseconds:0.0} ms");
        Assert.That((source.Disposals, source.WasMisused), Is.EqualTo((1, false)));
    }

    [Test]
    public async Task E10_SourceDeafToItsToken_IsDisposedAfterItsRead_AndOnce()
    {
        var response = new MemoryResponse();
        var landing = new TaskCompletionSource<(bool, string)>();
        var source = new ScriptedSource<string>((number, _) => number == 1 ? new((true, "a")) : new(landing.Task));
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        await response.FlushedAsync(1);
        response.Leave();
        Assert.That(source.Token.IsCancellationRequested, Is.True);
        await Task.Delay(50);
        Assert.That((source.Disposals, served.IsCompleted), Is.EqualTo((0, false)));
        landing.SetResult((true, "too late"));
        await served.WaitAsync(TestHost.Patience);
        Assert.That((source.Disposals, source.WasMisused, response.Body), Is.EqualTo((1, false, "data: a\nid: started\n\n")));
    }

    [Test]
    public async Task E11_SourceDeafAndNeverWaiting_IsReadAtMostOnceMore()
    {
        var source = Script.Repeats("a");
        var response = new MemoryResponse();
        response.Fill();
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        await response.FlushedAsync(1);
        var reads = source.Reads;
        response.Leave();
        await served.WaitAsync(TestHost.Patience);
        Assert.That(source.Reads - reads, Is.LessThanOrEqualTo(1));
        Assert.That((source.Disposals, source.WasMisused), Is.EqualTo((1, false)));
    }

    [Test]
    public async Task E11_FlushThatSaysNobodyReads_IsTheEnd_AlsoWithoutAnAbort()
    {
        var source = Script.Repeats("a");
        await new MemoryResponse { TakesNothing = true }.Serve(TokenResults.ServerSentEvents(source)).WaitAsync(TestHost.Patience);
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task E11_ClientVanishes_TheSourceIsReadNoMore()
    {
        var readsAtAbort = new TaskCompletionSource<int>();
        var source = Script.Repeats(new string('x', 1000));
        await using var host = await TestHost.StartAsync(app => app.MapGet("/", (HttpContext context) =>
        {
            context.RequestAborted.Register(() => readsAtAbort.TrySetResult(source.Reads));
            return TokenResults.ServerSentEvents(source);
        }));
        using (var client = await host.ConnectAsync())
        {
            await client.ReadToAsync("\n\n");
            client.Reset();
        }

        await source.Disposed.Task.WaitAsync(TestHost.Patience);
        // The number is taken beside the loop, on another thread: it may be an item behind.
        Assert.That(source.Reads - await readsAtAbort.Task.WaitAsync(TestHost.Patience), Is.LessThanOrEqualTo(2));
    }

    private static async Task<HttpResponseMessage> ComeBackAsync(TestHost host, string path, string lastId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Last-Event-ID", lastId);
        return await host.Client.SendAsync(request);
    }

    private sealed class Unenumerable : IAsyncEnumerable<string>
    {
        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default) => throw new InvalidOperationException("not to be enumerated");
    }
}
