namespace RxTokens.Benchmarks;

/// <summary>What a run made, and how long it took where that is not the whole of its time.</summary>
internal readonly record struct Outcome(long Result, TimeSpan? Time = null);

/// <summary>One of those that are measured beside each other.</summary>
internal sealed record Contender(Func<int, Task<Outcome>> Run)
{
    /// <summary>Below a second the runtime is not always done with its optimizing, and figures are three times too high.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.2);

    public Contender(Func<int, Task<long>> run)
        : this(async items => new Outcome(await run(items).ConfigureAwait(false)))
    {
    }
}

/// <summary>What we are compared with.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Run">Its run.</param>
/// <param name="Target">The most that our time may be of its time, for us to be content; null if it is there for orientation.</param>
/// <param name="BoundsAllocations">Whether we promise to allocate no more per item than it does.</param>
internal sealed record Rival(string Name, Contender Run, double? Target = null, bool BoundsAllocations = false);

/// <summary>Our run beside its rivals' over the same items.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Items">How many items a run reads.</param>
/// <param name="Ours">Our run.</param>
/// <param name="AllocatesNothing">Whether our path promises to allocate nothing per item.</param>
/// <param name="Rivals">What it is compared with.</param>
internal sealed record Scenario(string Name, int Items, Contender Ours, bool AllocatesNothing, params Rival[] Rivals)
{
    private const string SystemLinqAsync = "System.Linq.Async";
    private const string ThereAndBack = $"{SystemLinqAsync}, there and back";
    private const string R3 = "R3, there and back";
    private const string AkkaStreams = "Akka.Streams";
    private const string Loop = "await foreach by hand";
    private const string RxAlone = "Rx alone, pushed by a loop";

    private static readonly (string Name, Func<int, IAsyncEnumerable<int>> Make)[] Numbers =
        [("hand-written source", Sources.HandWritten), ("compiler-made iterator", Sources.Iterator)];

    public static IReadOnlyList<Scenario> All(bool quick)
    {
        var items = quick ? 100_000 : 1_000_000;
        return [.. PullToPush(items), .. PullToPull(items), .. Boundaries(items)];
    }

    private static IEnumerable<Scenario> PullToPush(int items)
    {
        foreach (var (name, make) in Numbers)
            yield return new($"AsObservable, {name}", items, new(n => Runs.AsObservable(make(n))), true,
                new Rival($"{SystemLinqAsync} ToObservable", new(n => Runs.TheirToObservable(make(n))), Target: 1.0),
                new Rival("R3 ToObservable", new(n => Runs.R3ToObservable(make(n)))),
                new Rival("ReactiveUI.Primitives FromAsyncEnumerable", new(n => Runs.SignalFromAsyncEnumerable(make(n)))));

        yield return OnDemand("OnDemand, unbounded", Runs.OnDemandUnbounded, target: 1.0);
        yield return OnDemand("OnDemand, Request(1) from OnNext", source => Runs.OnDemand(source, 1), target: 2.0);
        yield return OnDemand("OnDemand, Request(64) from OnNext", source => Runs.OnDemand(source, 64), target: 1.2);

        Scenario OnDemand(string name, Func<IAsyncEnumerable<int>, Task<long>> run, double target) =>
            new(name, items, new(n => run(Sources.HandWritten(n))), true,
                new Rival("our AsObservable", new(n => Runs.AsObservable(Sources.HandWritten(n))), target));
    }

    private static IEnumerable<Scenario> PullToPull(int items)
    {
        foreach (var (name, make) in Numbers)
            yield return new($"Through(Where), {name}", items, new(n => Runs.ThroughWhere(make(n))), true,
                new Rival(ThereAndBack, new(n => Runs.ThereAndBackWhere(make(n))), Target: 0.8),
                new Rival(Loop, new(n => Runs.LoopWhere(make(n))), Target: 2.0),
                new Rival(R3, new(n => Runs.R3Where(make(n)))),
                new Rival(AkkaStreams, new(n => Runs.AkkaWhere(make(n)))),
                new Rival("System.Linq.AsyncEnumerable, no Rx", new(n => Runs.FrameworkWhere(make(n)))),
                new Rival(RxAlone, new(n => Runs.RxAloneWhere(make(n)))));

        foreach (var (name, make) in Numbers)
            yield return new($"Through(Select.Buffer(10)), {name}", items, new(n => Runs.ThroughBuffer(make(n))), false,
                new Rival(ThereAndBack, new(n => Runs.ThereAndBackBuffer(make(n))), Target: 0.8),
                new Rival(Loop, new(n => Runs.LoopBuffer(make(n))), Target: 2.0),
                new Rival($"{R3}, Chunk", new(n => Runs.R3Chunk(make(n)))),
                new Rival($"{AkkaStreams}, Grouped", new(n => Runs.AkkaGrouped(make(n)))),
                new Rival("System.Interactive.Async, no Rx", new(n => Runs.InteractiveBuffer(make(n)))),
                new Rival(RxAlone, new(n => Runs.RxAloneBuffer(make(n))), BoundsAllocations: true));

        yield return new("Through(Throttle), hand-written source", items / 2, new(n => Runs.ThroughThrottle(Sources.HandWritten(n))), false,
            new Rival(ThereAndBack, new(n => Runs.ThereAndBackThrottle(Sources.HandWritten(n)))),
            new Rival($"{R3}, Debounce", new(n => Runs.R3Debounce(Sources.HandWritten(n)))));

        yield return new("Timeout, hand-written source", items, new(n => Runs.Timeout(Sources.HandWritten(n))), true,
            new Rival("our stage that has nothing to do", new(n => Runs.NoLimit(Sources.HandWritten(n))), Target: 1.2),
            new Rival("System.Interactive.Async, Timeout", new(n => Runs.InteractiveTimeout(Sources.HandWritten(n)))),
            new Rival(Loop, new(n => Runs.Loop(Sources.HandWritten(n)))));

        yield return new("SelectAwait(4), functions that hop", items / 4, new(Runs.SelectAwait), false,
            new Rival($"{Loop}, one at a time", new(Runs.LoopAwait)),
            new Rival("TransformBlock, 4 at a time", new(Runs.TransformBlock)),
            new Rival($"{AkkaStreams}, SelectAsync(4)", new(Runs.AkkaSelectAsync)));
    }

    private static IEnumerable<Scenario> Boundaries(int items)
    {
        yield return new("Buffered(128), two threads", items / 2, new(Runs.Buffered), false,
            new Rival("bounded Channel<T>(128)", new(Runs.BoundedChannel), Target: 0.33),
            new Rival("BufferBlock<T>, bound 128", new(Runs.BufferBlock)),
            new Rival($"{AkkaStreams}, Buffer(128)", new(Runs.AkkaBuffer)),
            new Rival($"{Loop}, no buffer", new(Runs.Unbuffered)));

        yield return new("Buffered(128, DropOldest), slow consumer", items, new(Runs.BufferedDropOldest), false,
            new Rival("Channel<T>(128), DropOldest", new(Runs.ChannelDropOldest), Target: 0.5));

        yield return new("Conflate, text", items, new(n => Runs.ConflateText(n)), false,
            new Rival("StringBuilder by hand", new(Runs.LoopText), Target: 2.0),
            new Rival($"{AkkaStreams}, ConflateWithSeed", new(Runs.AkkaConflate)));

        foreach (var consumers in new[] { 1, 10, 100, 1000 })
            yield return new($"Share, {consumers} {(consumers == 1 ? "consumer" : "consumers")}", items, new(n => Runs.Share(n, consumers)), consumers == 1,
                new Rival("Rx, Publish, which never waits", new(n => Runs.Publish(n, consumers))),
                new Rival("a bounded Channel<T>(16) for each", new(n => Runs.ChannelEach(n, consumers)), Target: 1.0));

        // A frame is 17 ms: fewer items would be over before the first.
        yield return new("Conflate, text, 60 frames/s", 1_000_000, new(Runs.ConflateFrames), false,
            new Rival("StringBuilder, no consumer", new(Runs.AppendAll), Target: 2.0));
    }
}
