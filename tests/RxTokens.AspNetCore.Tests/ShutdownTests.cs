using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace RxTokens.AspNetCore.Tests;

/// <summary>A host that stops, with streams that have no end. Its ShutdownTimeout is 15 s: where it stops within that it has not waited for it.</summary>
public partial class ShutdownTests
{
    private static readonly TimeSpan WellWithin = TimeSpan.FromSeconds(10);

    [Test]
    public async Task S01_EndlessStream_IsToldSo_AndEndsCleanly()
    {
        var source = Script.Waits("a");
        await using var host = await TestHost.StartAsync(() => TokenResults.ServerSentEvents(source));
        using var client = await host.ConnectAsync();
        await client.ReadToAsync("\n\n");

        var stopped = host.StopAsync();
        Assert.That(await client.ReadToCloseAsync(), Is.False, "no reset");
        await stopped.WaitAsync(WellWithin);

        Assert.That(client.Received, Does.Match("event: stopped\ndata: {\"message\":\"The server is stopping.\"}\nretry: [0-9]+\n\n\r\n0\r\n\r\n$"));
        Assert.That((source.Disposals, source.WasMisused, source.Token.IsCancellationRequested), Is.EqualTo((1, false, true)));
        Assert.That(host.Logs.Errors, Is.Empty);
    }

    [Test]
    public async Task S01_Http2_IsToldSo()
    {
        var source = Script.Waits("a");
        await using var host = await TestHost.StartAsync(
            () => TokenResults.ServerSentEvents(source),
            protocols: HttpProtocols.Http2);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var stopped = host.StopAsync();
        Assert.That(await response.Content.ReadAsStringAsync().WaitAsync(WellWithin), Does.Contain("event: stopped\n"));
        await stopped.WaitAsync(WellWithin);
    }

    [Test]
    public async Task S01_LinesAndText_AreToldAsTheyCan()
    {
        await using var host = await TestHost.StartAsync(app =>
        {
            app.MapGet("/lines", () => TokenResults.JsonLines(Script.Waits("a")));
            app.MapGet("/text", () => TokenResults.Text(Script.Waits("a")));
        });
        using var lines = await host.ConnectAsync("/lines");
        using var text = await host.ConnectAsync("/text");
        await lines.ReadToAsync("\"a\"\n");
        await text.ReadToAsync("\r\na\r\n");
        var stopped = host.StopAsync();
        await lines.ReadToCloseAsync();
        await text.ReadToCloseAsync();
        await stopped.WaitAsync(WellWithin);
        Assert.That(lines.Received, Does.Contain("{\"error\":{\"type\":\"stopped\"").And.EndWith("0\r\n\r\n"));
        Assert.That(text.Received, Does.Not.EndWith("0\r\n\r\n"), "it does not look complete");
    }

    [Test]
    public async Task S01_SourceThatIsDeaf_DoesNotKeepTheClientFromItsEnd()
    {
        var response = new MemoryResponse();
        var landing = new TaskCompletionSource<(bool, string)>();
        var source = new ScriptedSource<string>((number, _) => number == 1 ? new((true, "a")) : new(landing.Task));
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        await response.FlushedAsync(1);
        response.StopHost();
        await response.FlushedAsync(2);
        await Until(() => response.Calls[^1] == "Complete");
        Assert.That(response.Flushes[1], Does.StartWith("0: event: stopped/"));
        Assert.That((served.IsCompleted, source.Disposals), Is.EqualTo((false, 0)));
        landing.SetResult((true, "too late"));
        await served.WaitAsync(TestHost.Patience);
        Assert.That((source.Disposals, source.WasMisused, response.Flushes.Count), Is.EqualTo((1, false, 2)));
    }

    [Test]
    public async Task S01_SourceThatHeedsTheHostItself_IsStopped_NotComplete()
    {
        var response = new MemoryResponse();
        var stopping = ((Microsoft.Extensions.Hosting.IHostApplicationLifetime)response).ApplicationStopping;
        var source = new ScriptedSource<string>(async (number, _) =>
        {
            if (number == 1)
                return (true, "a");
            var ended = new TaskCompletionSource();
            using var registration = stopping.Register(ended.SetResult);
            await ended.Task;
            return (false, "");
        });
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        await response.FlushedAsync(1);
        response.StopHost();
        await served.WaitAsync(TestHost.Patience);
        Assert.That(response.Flushes[^1], Does.StartWith("0: event: stopped/"));
    }

    [Test]
    public async Task S03_FullClient_IsCutOffAfterCloseAfter_InVirtualTime()
    {
        var response = new MemoryResponse();
        var source = Script.Repeats("a");
        response.Fill();
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        await response.FlushedAsync(1);
        response.StopHost();
        await Task.Delay(50); // the stop has been seen, on the pool
        response.Clock.Advance(TimeSpan.FromSeconds(0.9));
        await Task.Delay(20);
        Assert.That(response.IsAborted, Is.False);
        for (var i = 0; i < 20 && !served.IsCompleted; i++)
        {
            response.Clock.Advance(TimeSpan.FromSeconds(0.1));
            await Task.Delay(20);
        }

        await served.WaitAsync(TestHost.Patience);
        Assert.That((response.IsAborted, source.Disposals, source.WasMisused), Is.EqualTo((true, 1, false)));
    }

    [Test]
    public async Task AnItemThatLandsAfterTheEndingIsTold_IsNotWritten()
    {
        var response = new MemoryResponse();
        var landing = new TaskCompletionSource<(bool, string)>();
        var source = new ScriptedSource<string>((number, _) => number == 1 ? new((true, "a")) : new(landing.Task));
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        await response.FlushedAsync(1);
        response.Fill();
        response.StopHost();
        await response.FlushedAsync(2); // the ending, on its way
        landing.SetResult((true, "too late"));
        response.Drain();
        await served.WaitAsync(TestHost.Patience);
        Assert.That(response.Flushes, Has.Count.EqualTo(2));
        Assert.That(response.Flushes[1], Does.StartWith("0: event: stopped/"));
    }

    [Test]
    public async Task S03_FullClientThatReadsAgain_IsToldSo()
    {
        var response = new MemoryResponse();
        response.Fill();
        var served = response.Serve(TokenResults.ServerSentEvents(Script.Repeats("a")));
        await response.FlushedAsync(1);
        response.StopHost();
        response.Drain();
        await served.WaitAsync(TestHost.Patience);
        Assert.That(response.Flushes[^1], Does.StartWith("0: event: stopped/"));
        Assert.That(response.IsAborted, Is.False);
    }

    [TestCase(1000)]
    [TestCase(1, 8)] // not full, but its last items wait somewhere on the way
    [TestCase(1, 19)]
    [TestCase(1, 20)]
    [TestCase(1, 21)]
    [TestCase(1, 22)]
    [TestCase(1, 23)]
    public async Task S03_ClientsThatDoNotRead_DoNotHoldTheHost(int clients, int items = int.MaxValue)
    {
        var disposed = 0;
        await using var host = await TestHost.StartAsync(
            () => TokenResults.ServerSentEvents(new ScriptedSource<string>(async (number, token) =>
            {
                if (number > items)
                    await Task.Delay(Timeout.Infinite, token);
                return (true, new string('x', 1000));
            }) { OnDispose = () => { Interlocked.Increment(ref disposed); return default; } }),
            builder => builder.WebHost.UseUnsentLimit(writeBufferBytes: 4 * 1024));
        var connected = new List<RawClient>();
        for (var i = 0; i < clients; i++)
        {
            connected.Add(await host.ConnectAsync(receiveBuffer: 4096));
            if (i % 100 == 99)
                await Task.Delay(20);
        }

        await Task.Delay(500); // until they are full, or have all there is
        var watch = Stopwatch.StartNew();
        await host.StopAsync().WaitAsync(WellWithin);
        TestContext.Out.WriteLine($"stopped within {watch.Elapsed.TotalSeconds:0.00} s");
        Assert.That(disposed, Is.EqualTo(clients));
        connected.ForEach(client => client.Dispose());
    }

    [TestCase(1)]
    [TestCase(30)]
    [TestCase(60)]
    [TestCase(64)]
    [TestCase(100)]
    [TestCase(10_000)]
    public async Task S03_Http2ClientThatDoesNotRead_DoesNotHoldTheHost(int items)
    {
        var source = new ScriptedSource<string>(async (number, token) =>
        {
            if (number > items)
                await Task.Delay(Timeout.Infinite, token);
            return (true, new string('x', 1000));
        });
        await using var host = await TestHost.StartAsync(() => TokenResults.ServerSentEvents(source), builder => builder.WebHost.UseUnsentLimit(), protocols: HttpProtocols.Http2);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await Task.Delay(300); // its window is full, or has all there is
        var watch = Stopwatch.StartNew();
        await host.StopAsync().WaitAsync(WellWithin);
        TestContext.Out.WriteLine($"stopped within {watch.Elapsed.TotalSeconds:0.00} s");
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [Test]
    public async Task S05_RequestToAStoppingHost_Gets503_AndNoSource()
    {
        var response = new MemoryResponse();
        response.StopHost();
        var source = Script.Items("a");
        await response.Serve(TokenResults.ServerSentEvents(source));
        Assert.That(response.Context.Response.StatusCode, Is.EqualTo(503));
        Assert.That(int.Parse(response.Context.Response.Headers.RetryAfter!, System.Globalization.CultureInfo.InvariantCulture), Is.InRange(1, 5));
        Assert.That((source.Started, response.Flushes.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task S05_HostThatStopsBeforeTheHeaders_Answers503()
    {
        var response = new MemoryResponse();
        var source = Script.Waits<string>();
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        response.StopHost();
        await served.WaitAsync(TestHost.Patience);
        Assert.That((response.Context.Response.StatusCode, response.Flushes.Count, source.Disposals), Is.EqualTo((503, 0, 1)));
    }

    [Test]
    public async Task S05_ClientsThatComeBackAtOnce_DoNotHoldTheHost()
    {
        await using var host = await TestHost.StartAsync(() => TokenResults.ServerSentEvents(Script.Waits("a")));
        using var leave = new CancellationTokenSource();
        var answers = new ConcurrentDictionary<string, int>();
        var clients = Enumerable.Range(0, 100).Select(_ => Task.Run(async () =>
        {
            while (!leave.IsCancellationRequested)
            {
                try
                {
                    using var client = await host.ConnectAsync();
                    await client.ReadToCloseAsync().WaitAsync(leave.Token);
                    answers.AddOrUpdate(client.Received.Length < 12 ? "none" : client.Received[9..12], 1, (_, n) => n + 1);
                }
                catch (Exception failure) when (failure is System.Net.Sockets.SocketException or OperationCanceledException)
                {
                    await Task.Delay(1);
                }
            }
        })).ToList();
        await Task.Delay(500);
        await host.StopAsync().WaitAsync(WellWithin);
        await leave.CancelAsync();
        await Task.WhenAll(clients);
        TestContext.Out.WriteLine(string.Join(", ", answers));
        Assert.That(answers["200"], Is.GreaterThan(0));
    }

    [Test]
    public async Task S06_OneThousandClients_AreToldToComeBackAtDifferentTimes()
    {
        var responses = Enumerable.Range(0, 1000).Select(_ => new MemoryResponse()).ToList();
        var served = responses.Select(response => response.Serve(TokenResults.ServerSentEvents(Script.Waits("a")))).ToList();
        responses.ForEach(response => response.StopHost());
        await Task.WhenAll(served).WaitAsync(TestHost.Patience);
        var times = responses.Select(response => int.Parse(Retry().Match(response.Body).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.That(times, Has.All.InRange(1500, 4500));
        Assert.That(times.GroupBy(time => time / 100).Max(slot => slot.Count()), Is.LessThanOrEqualTo(100), "in any 100 ms at most a tenth comes back");
    }

    [GeneratedRegex("retry: ([0-9]+)")]
    private static partial Regex Retry();

    private static async Task Until(Func<bool> condition)
    {
        for (var i = 0; !condition(); i++)
        {
            if (i > 2000)
                Assert.Fail("It has not come to that within 20 s.");
            await Task.Delay(10);
        }
    }
}
