using BenchmarkDotNet.Attributes;

namespace RxTokens.Benchmarks;

/// <summary>Pull to push, in depth: <c>dotnet run -c Release -- --filter *PullToPush*</c>.</summary>
[MemoryDiagnoser]
public class PullToPush
{
    /// <summary>How many items a run reads.</summary>
    [Params(1_000, 1_000_000)]
    public int Items { get; set; }

    /// <summary>Whether the source is a compiler-made iterator, or written by hand.</summary>
    [Params(false, true)]
    public bool Iterator { get; set; }

    private IAsyncEnumerable<int> Source => Iterator ? Sources.Iterator(Items) : Sources.HandWritten(Items);

    /// <summary>What System.Linq.Async does.</summary>
    [Benchmark(Baseline = true)]
    public Task<long> SystemLinqAsyncToObservable() => Runs.TheirToObservable(Source);

    /// <summary>Ours, everything.</summary>
    [Benchmark]
    public Task<long> AsObservable() => Runs.AsObservable(Source);

    /// <summary>Unbounded demand.</summary>
    [Benchmark]
    public Task<long> OnDemandUnbounded() => Runs.OnDemandUnbounded(Source);

    /// <summary>A request from each OnNext.</summary>
    [Benchmark]
    public Task<long> OnDemandOneByOne() => Runs.OnDemand(Source, 1);

    /// <summary>A request for 64 whenever 64 have come.</summary>
    [Benchmark]
    public Task<long> OnDemandBy64() => Runs.OnDemand(Source, 64);
}

/// <summary>Pull to pull through a query, in depth.</summary>
[MemoryDiagnoser]
public class PullToPull
{
    /// <summary>How many items a run reads.</summary>
    [Params(1_000, 1_000_000)]
    public int Items { get; set; }

    /// <summary>Whether the source is a compiler-made iterator, or written by hand.</summary>
    [Params(false, true)]
    public bool Iterator { get; set; }

    private IAsyncEnumerable<int> Source => Iterator ? Sources.Iterator(Items) : Sources.HandWritten(Items);

    /// <summary>No library at all.</summary>
    [Benchmark(Baseline = true)]
    public Task<long> LoopWhere() => Runs.LoopWhere(Source);

    /// <summary>Rx, pushed by a loop.</summary>
    [Benchmark]
    public Task<long> RxAloneWhere() => Runs.RxAloneWhere(Source);

    /// <summary>There and back with System.Linq.Async.</summary>
    [Benchmark]
    public Task<long> ThereAndBackWhere() => Runs.ThereAndBackWhere(Source);

    /// <summary>Ours.</summary>
    [Benchmark]
    public Task<long> ThroughWhere() => Runs.ThroughWhere(Source);

    /// <summary>Rx, pushed by a loop, one result for ten items.</summary>
    [Benchmark]
    public Task<long> RxAloneBuffer() => Runs.RxAloneBuffer(Source);

    /// <summary>There and back, one result for ten items.</summary>
    [Benchmark]
    public Task<long> ThereAndBackBuffer() => Runs.ThereAndBackBuffer(Source);

    /// <summary>Ours, one result for ten items.</summary>
    [Benchmark]
    public Task<long> ThroughBuffer() => Runs.ThroughBuffer(Source);
}

/// <summary>Boundaries, in depth.</summary>
[MemoryDiagnoser]
public class Boundaries
{
    /// <summary>How many items a run reads.</summary>
    [Params(100_000)]
    public int Items { get; set; }

    /// <summary>By hand.</summary>
    [Benchmark(Baseline = true)]
    public Task<long> BoundedChannel() => Runs.BoundedChannel(Items);

    /// <summary>Ours.</summary>
    [Benchmark]
    public Task<long> Buffered() => Runs.Buffered(Items);

    /// <summary>By hand, dropping.</summary>
    [Benchmark]
    public Task<long> ChannelDropOldest() => Runs.ChannelDropOldest(Items);

    /// <summary>Ours, dropping.</summary>
    [Benchmark]
    public Task<long> BufferedDropOldest() => Runs.BufferedDropOldest(Items);

    /// <summary>By hand, text.</summary>
    [Benchmark]
    public Task<long> LoopText() => Runs.LoopText(Items);

    /// <summary>Text, merged.</summary>
    [Benchmark]
    public Task<long> ConflateText() => Runs.ConflateText(Items);

    /// <summary>Text, merged without a bound.</summary>
    [Benchmark]
    public Task<long> ConflateTextUnbounded() => Runs.ConflateText(Items, maxChars: int.MaxValue);
}
