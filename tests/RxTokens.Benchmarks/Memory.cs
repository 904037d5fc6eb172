using System.Reactive.Linq;
using System.Threading.Channels;

namespace RxTokens.Benchmarks;

/// <summary>One line of the table of what is kept in memory.</summary>
/// <param name="Name">What keeps it.</param>
/// <param name="Value">How much, in the unit of the test.</param>
/// <param name="Target">The most we are content with; null for rivals.</param>
internal sealed record Kept(string Name, double Value, double? Target);

/// <summary>What is kept in memory, rather than what is allocated and let go of.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Unit">What the values count.</param>
/// <param name="Lines">Us and the rivals.</param>
/// <param name="Broken">Promises that were not kept.</param>
internal sealed record Memory(string Name, string Unit, Kept[] Lines, string[] Broken)
{
    private const string Idle = "memory: an idle pipeline";
    private const string Peak = "memory: Conflate, text, 60 frames/s, peak";
    private const string LiveStreams = "processor: 10,000 live streams, 60 frames/s";
    private const int Pipelines = 10_000;
    private const int MaxIdleBytes = 1_024;
    private const int MaxIdleBytesWithFrames = 1_228;
    private const double MostOfSample = 0.2;
    private const int Words = 1_000_000;

    public static IEnumerable<string> Names => [Idle, Peak, LiveStreams];

    public static Task<Memory> MeasureAsync(string name) => name switch
    {
        Idle => MeasureIdleAsync(),
        Peak => MeasurePeakAsync(),
        _ => MeasureFramesAsync(),
    };

    // Idle.

    private static async Task<Memory> MeasureIdleAsync()
    {
        var bare = await RetainedAsync(source => source).ConfigureAwait(false);
        var ours = await RetainedAsync(source => source.Through(o => o.Where(text => text.Length > 0)).Conflate()).ConfigureAwait(false) - bare;
        var frames = new FrameClock(TimeSpan.FromSeconds(1.0 / 60), System.Reactive.Concurrency.Scheduler.Default);
        var framed = await RetainedAsync(source => source.Through(o => o.Where(text => text.Length > 0)).Conflate().PerFrame(frames)).ConfigureAwait(false) - bare;
        var through = await RetainedAsync(source => source.Through(o => o.Where(text => text.Length > 0))).ConfigureAwait(false) - bare;
        var byHand = await RetainedAsync(Pumped).ConfigureAwait(false) - bare;
        var thereAndBack = await RetainedAsync(
            source => source.ToObservable().Where(text => text.Length > 0).ToAsyncEnumerable()).ConfigureAwait(false) - bare;

        var r3 = await RetainedAsync(
            source => R3.ObservableExtensions.ToAsyncEnumerable(R3.ObservableExtensions.Where(R3.Observable.ToObservable(source), text => text.Length > 0))).ConfigureAwait(false) - bare;

        string[] broken =
        [
            .. ours > MaxIdleBytes ? [$"An idle pipeline keeps {ours:N0} B; it promises at most {MaxIdleBytes:N0}."] : Array.Empty<string>(),
            .. framed > MaxIdleBytesWithFrames ? [$"An idle pipeline with PerFrame keeps {framed:N0} B; it promises at most {MaxIdleBytesWithFrames:N0}."] : Array.Empty<string>(),
        ];
        return new Memory(Idle, "B each",
        [
            new("the bare source and its waiting consumer", bare, null),
            new("Through(Where).Conflate() in between", ours, MaxIdleBytes),
            new("Through(Where).Conflate().PerFrame(frames) in between", framed, MaxIdleBytesWithFrames),
            new("Through(Where) alone in between", through, null),
            new("a bounded Channel<T>, filled by hand, in between", byHand, null),
            new("System.Linq.Async, there and back through Where, in between", thereAndBack, null),
            new("R3, there and back through Where, in between", r3, null),
        ], broken);
    }

    /// <summary>What each of many pipelines retains whose source never answers while its consumer waits.</summary>
    private static async Task<double> RetainedAsync(Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> pipeline)
    {
        for (var i = 0; i < 100; i++)
            _ = ConsumeAsync(pipeline(new Silence())); // what is allocated once belongs to nobody

        await Task.Delay(50).ConfigureAwait(false);
        var roots = new (Silence Source, Task Consumer)[Pipelines];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Pipelines; i++)
        {
            var source = new Silence();
            roots[i] = (source, ConsumeAsync(pipeline(source)));
        }

        // Whoever starts on a pool thread needs a moment; and the source must have been asked, or nothing waits.
        while (!Array.TrueForAll(roots, root => root.Source.IsAsked))
            await Task.Delay(10).ConfigureAwait(false);
        await Task.Delay(50).ConfigureAwait(false);
        var retained = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(roots);
        return (double)retained / Pipelines;
    }

    private static async Task ConsumeAsync(IAsyncEnumerable<string> source)
    {
        await foreach (var text in source.ConfigureAwait(false))
            GC.KeepAlive(text);
    }

    private static IAsyncEnumerable<string> Pumped(IAsyncEnumerable<string> source)
    {
        var channel = Channel.CreateBounded<string>(new BoundedChannelOptions(128) { SingleReader = true, SingleWriter = true });
        _ = CopyAsync();
        return channel.Reader.ReadAllAsync();

        async Task CopyAsync()
        {
            await foreach (var text in source.ConfigureAwait(false))
            {
                if (text.Length > 0)
                    await channel.Writer.WriteAsync(text).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Never answers.</summary>
    private sealed class Silence : IAsyncEnumerable<string>, IAsyncEnumerator<string>
    {
        private readonly TaskCompletionSource<bool> _never = new();

        public bool IsAsked { get; private set; }

        public string Current => "";

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync()
        {
            IsAsked = true;
            return new(_never.Task);
        }

        public ValueTask DisposeAsync() => default;
    }

    // Many streams, one clock.

    private static async Task<Memory> MeasureFramesAsync()
    {
        var ours = await Frames.PerFrameAsync().ConfigureAwait(false);
        var nothing = await Frames.NothingAsync().ConfigureAwait(false);
        var rx = await Frames.SampleAsync().ConfigureAwait(false); // last: its timers stay
        return new Memory(LiveStreams, "ms a second",
        [
            new("KeepLatest().PerFrame(frames) each", ours - nothing, MostOfSample * (rx - nothing)),
            new("Rx, Sample(16.7 ms) each", rx - nothing, null),
            new("feeding them, which is left out of both", nothing, null),
        ], []);
    }

    // Peak.

    private static async Task<Memory> MeasurePeakAsync()
    {
        var (ours, byHand) = (0.0, 0.0);
        for (var round = 0; round < 5; round++)
        {
            ours = Math.Max(ours, await PeakAsync(Runs.ConflateFrames).ConfigureAwait(false));
            byHand = Math.Max(byHand, await PeakAsync(Runs.AppendAll).ConfigureAwait(false));
        }

        return new Memory(Peak, "times the text",
            [new("Conflate", ours, 3), new("one StringBuilder, and its string", byHand, null)], []);
    }

    /// <summary>
    /// The highest that the managed heap was during a run, as a multiple of the text. It is looked at every millisecond and once
    /// at the end. What is garbage but not collected yet is counted too, so this is never less than what was needed.
    /// </summary>
    private static async Task<double> PeakAsync(Func<int, Task<Outcome>> run)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var running = Task.Run(() => run(Words));
        var peak = 0L;
        do
        {
            Thread.Sleep(1);
            peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false));
        }
        while (!running.IsCompleted);

        var outcome = await running.ConfigureAwait(false);
        peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false));
        return (peak - before) / (sizeof(char) * (double)outcome.Result);
    }
}
