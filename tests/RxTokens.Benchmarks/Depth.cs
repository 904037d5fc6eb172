using BenchmarkDotNet.Attributes;

namespace RxTokens.Benchmarks;

/// <summary>Pull to push, in depth: <c>dotnet run -c Release -- --filter *PullToPush*</c>.</summary>
[MemoryDiagnoser]
public class PullToPush
{
    /// <summary>How many items a run reads.</summary>
    [Params(1_000, 1_000_000)]
    public int Items { get; set; }

    /// <summary>What System.Linq.Async does.</summary>
    [Benchmark(Baseline = true)]
    public Task<long> SystemLinqAsyncToObservable() => Runs.TheirToObservable(Sources.HandWritten(Items));

    /// <summary>Unbounded demand.</summary>
    [Benchmark]
    public Task<long> AsObservable() => Runs.AsObservable(Sources.HandWritten(Items));

    /// <summary>A request from each OnNext.</summary>
    [Benchmark]
    public Task<long> OnDemandOneByOne() => Runs.OnDemand(Sources.HandWritten(Items), 1);

    /// <summary>A request for 64 whenever 64 have come.</summary>
    [Benchmark]
    public Task<long> OnDemandBy64() => Runs.OnDemand(Sources.HandWritten(Items), 64);
}

/// <summary>Pull to pull through a query, in depth.</summary>
[MemoryDiagnoser]
public class PullToPull
{
    /// <summary>How many items a run reads.</summary>
    [Params(1_000, 1_000_000)]
    public int Items { get; set; }

    /// <summary>No library at all.</summary>
    [Benchmark(Baseline = true)]
    public Task<long> LoopWhere() => Runs.LoopWhere(Sources.HandWritten(Items));

    /// <summary>There and back with System.Linq.Async.</summary>
    [Benchmark]
    public Task<long> ThereAndBackWhere() => Runs.ThereAndBackWhere(Sources.HandWritten(Items));

    /// <summary>Ours.</summary>
    [Benchmark]
    public Task<long> ThroughWhere() => Runs.ThroughWhere(Sources.HandWritten(Items));

    /// <summary>Ours, one result for ten items.</summary>
    [Benchmark]
    public Task<long> ThroughBuffer() => Runs.ThroughBuffer(Sources.HandWritten(Items));
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

    /// <summary>Text, merged.</summary>
    [Benchmark]
    public Task<long> ConflateText() => Runs.ConflateText(Items);
}
