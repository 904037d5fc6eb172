using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace RxTokens.AspNetCore.Tests;

/// <summary>A thousand clients, of which most are cut at random: what was theirs is given back, what is the others' goes on.</summary>
[NonParallelizable]
public class LeakTests
{
    private const int Clients = 1000;
    private const int Cut = Clients * 3 / 4; // half of all by RST, a quarter by FIN

    [TestCase(false, TestName = "L01_ClientsOfIdleStreamsAreCut_NothingIsLeftBehind")]
    [TestCase(true, TestName = "L01_ClientsThatAreFullAreCut_NothingIsLeftBehind")]
    public async Task L01(bool isFull)
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sources = new ConcurrentQueue<ScriptedSource<string>>();
        var clock = new CountedTimers();
        await using var host = await TestHost.StartAsync(
            () =>
            {
                var source = isFull ? Endless(over.Task) : Trickle(seed + sources.Count, over.Task);
                sources.Enqueue(source);
                // Half of the streams are silent when their client goes, half may be saying a comment.
                var heartbeat = TimeSpan.FromSeconds(sources.Count % 2 == 0 ? 0.1 : 60);
                return TokenResults.ServerSentEvents(source, options: new() { TimeProvider = clock, Heartbeat = heartbeat });
            },
            builder => builder.WebHost.UseUnsentLimit());
        using var active = new ActiveResponses(host.Services);

        var sockets = new ConcurrentBag<Socket>();
        var random = new Random(seed);
        var cuts = new List<Task>();
        var others = new List<Task<string>>();
        for (var i = 0; i < Clients; i++)
        {
            var (bytes, delay) = (random.Next(4000), TimeSpan.FromSeconds(random.NextDouble()));
            if (i % 4 == 3)
                others.Add(ReadToEndAsync(host.Port, sockets, over.Task));
            else
                cuts.Add(CutAsync(host.Port, sockets, isReset: i % 4 < 2, bytes, delay));
        }

        await Task.WhenAll(cuts).WaitAsync(TestHost.Patience);
        await LeftAsync(Clients - Cut, "those that were not cut are left");

        over.SetResult();
        var texts = await Task.WhenAll(others).WaitAsync(TestHost.Patience);
        await LeftAsync(0, "nothing is left");
        Assert.That(texts, Has.All.EndsWith("event: end\ndata: \nid: ended\n\n\r\n0\r\n\r\n"));
        Assert.That(sources.Select(source => (source.Disposals, source.WasMisused)), Has.All.EqualTo((1, false)));
        Assert.That(host.Logs.Errors, Is.Empty);
        foreach (var socket in sockets)
            socket.Dispose();

        async Task LeftAsync(int streams, string what)
        {
            var watch = Stopwatch.StartNew();
            var left = Left();
            while (left != (streams, streams, 0, true) && watch.Elapsed < TestHost.Patience)
            {
                await Task.Delay(20);
                left = Left();
            }

            TestContext.Out.WriteLine($"{what}: after {watch.Elapsed.TotalSeconds:F2} s; {clock.Live} timers");
            Assert.That(left, Is.EqualTo((streams, streams, 0, true)), $"{what}: live responses, sources, sockets in CLOSE_WAIT, no more timers ({clock.Live}) than streams");
        }

        (long Active, int Sources, int CloseWait, bool HasOnlyTheirTimers) Left() =>
            (active.Count, sources.Sum(source => source.Started - source.Disposals), InCloseWait(host.Port), clock.Live <= sources.Sum(source => source.Started - source.Disposals));
    }

    /// <summary>Never waits, until it is over.</summary>
    private static ScriptedSource<string> Endless(Task over)
    {
        var item = new string('x', 1000);
        return new((_, _) => new((!over.IsCompleted, item)));
    }

    /// <summary>Some items with waits in between, and then silence, until it is over.</summary>
    private static ScriptedSource<string> Trickle(int seed, Task over)
    {
        var random = new Random(seed);
        var items = random.Next(20);
        return new(async (number, token) =>
        {
            if (number > items)
                await over.WaitAsync(token);
            else
                await Task.Delay(random.Next(50), token);
            return (number <= items, "some text");
        });
    }

    private static async Task CutAsync(int port, ConcurrentBag<Socket> sockets, bool isReset, int bytes, TimeSpan delay)
    {
        var socket = await AskAsync(port, sockets);
        using var wait = new CancellationTokenSource(delay);
        try
        {
            var buffer = new byte[1000];
            while (bytes > 0)
                bytes -= await socket.ReceiveAsync(buffer, wait.Token);
            await Task.Delay(Timeout.Infinite, wait.Token);
        }
        catch (OperationCanceledException)
        {
        }

        if (!isReset)
        {
            socket.Shutdown(SocketShutdown.Send); // it stays open on its side: the server has to go of itself
            return;
        }

        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    private static async Task<string> ReadToEndAsync(int port, ConcurrentBag<Socket> sockets, Task over)
    {
        var socket = await AskAsync(port, sockets);
        await over; // full, until then
        var text = new StringBuilder();
        var buffer = new byte[16 * 1024];
        while (!text.ToString(Math.Max(0, text.Length - 10), Math.Min(10, text.Length)).EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal) &&
               await socket.ReceiveAsync(buffer) is > 0 and var count)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    private static async Task<Socket> AskAsync(int port, ConcurrentBag<Socket> sockets)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        sockets.Add(socket);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await socket.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        return socket;
    }

    /// <summary>How many of the server's sockets are closed by their clients, and not by the server.</summary>
    private static int InCloseWait(int port)
    {
        const string Sockets = "/proc/net/tcp";
        const string CloseWait = "08"; // Linux, include/net/tcp_states.h
        if (!File.Exists(Sockets))
            return 0;

        var local = $":{port.ToString("X4", CultureInfo.InvariantCulture)}";
        return File.ReadLines(Sockets).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Count(words => words[1].EndsWith(local, StringComparison.Ordinal) && words[3] == CloseWait);
    }

    /// <summary>The gauge of the responses that are being served.</summary>
    private sealed class ActiveResponses : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _count;

        public ActiveResponses(IServiceProvider services)
        {
            var factory = services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "rxtokens.responses.active" && instrument.Meter.Scope == factory)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref _count, change));
            _listener.Start();
        }

        public long Count => Interlocked.Read(ref _count);

        public void Dispose() => _listener.Dispose();
    }

    /// <summary>The system's clock, which knows how many of its timers have not been disposed.</summary>
    private sealed class CountedTimers : TimeProvider
    {
        private int _live;

        public int Live => Volatile.Read(ref _live);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _live);
            return new Counted(this, System.CreateTimer(callback, state, dueTime, period));
        }

        private sealed class Counted(CountedTimers clock, ITimer timer) : ITimer
        {
            private int _isDisposed;

            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

            public void Dispose()
            {
                Count();
                timer.Dispose();
            }

            public ValueTask DisposeAsync()
            {
                Count();
                return timer.DisposeAsync();
            }

            private void Count()
            {
                if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
                    Interlocked.Decrement(ref clock._live);
            }
        }
    }
}
