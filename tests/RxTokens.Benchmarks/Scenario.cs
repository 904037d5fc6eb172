namespace RxTokens.Benchmarks;

/// <summary>One line of the table: our run beside a rival's over the same items.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Items">How many items a run reads.</param>
/// <param name="Ours">Our run.</param>
/// <param name="RivalName">What it is compared with.</param>
/// <param name="Rival">The rival's run.</param>
/// <param name="AllocatesNothing">Whether our path promises to allocate nothing per item.</param>
internal sealed record Scenario(
    string Name, int Items, Func<int, Task<long>> Ours, string RivalName, Func<int, Task<long>> Rival, bool AllocatesNothing = false)
{
    private const string SystemLinqAsync = "System.Linq.Async";
    private const string Loop = "await foreach";

    public static IReadOnlyList<Scenario> All(bool quick)
    {
        var items = quick ? 100_000 : 1_000_000;
        var fewer = items / 4;
        List<Scenario> scenarios =
        [
            new("AsObservable, hand-written source", items,
                n => Runs.AsObservable(Sources.HandWritten(n)), SystemLinqAsync, n => Runs.TheirToObservable(Sources.HandWritten(n)), AllocatesNothing: true),
            new("AsObservable, compiler-made iterator", items,
                n => Runs.AsObservable(Sources.Iterator(n)), SystemLinqAsync, n => Runs.TheirToObservable(Sources.Iterator(n)), AllocatesNothing: true),
            new("OnDemand, unbounded", items,
                n => Runs.OnDemandUnbounded(Sources.HandWritten(n)), "our AsObservable", n => Runs.AsObservable(Sources.HandWritten(n)), AllocatesNothing: true),
            new("OnDemand, Request(1) from OnNext", items,
                n => Runs.OnDemand(Sources.HandWritten(n), 1), "our AsObservable", n => Runs.AsObservable(Sources.HandWritten(n)), AllocatesNothing: true),
            new("OnDemand, Request(64) from OnNext", items,
                n => Runs.OnDemand(Sources.HandWritten(n), 64), "our AsObservable", n => Runs.AsObservable(Sources.HandWritten(n)), AllocatesNothing: true),
            new("Through(Where)", items,
                n => Runs.ThroughWhere(Sources.HandWritten(n)), $"{SystemLinqAsync}, there and back", n => Runs.ThereAndBackWhere(Sources.HandWritten(n)), AllocatesNothing: true),
            new("Through(Where)", items,
                n => Runs.ThroughWhere(Sources.HandWritten(n)), Loop, n => Runs.LoopWhere(Sources.HandWritten(n)), AllocatesNothing: true),
            new("Through(Select.Buffer(10))", items,
                n => Runs.ThroughBuffer(Sources.HandWritten(n)), $"{SystemLinqAsync}, there and back", n => Runs.ThereAndBackBuffer(Sources.HandWritten(n))),
            new("Through(Select.Buffer(10))", items,
                n => Runs.ThroughBuffer(Sources.HandWritten(n)), Loop, n => Runs.LoopBuffer(Sources.HandWritten(n))),
            new("Buffered(128), two threads", fewer, Runs.Buffered, "bounded Channel<T>(128)", Runs.BoundedChannel),
            new("Conflate, text", items, Runs.ConflateText, $"{Loop}, StringBuilder", Runs.LoopText),
        ];

        // Growth: what an item costs must not depend on how many came before it.
        int[] sizes = quick ? [1_000, 100_000] : [1_000, 10_000, 100_000, 1_000_000];
        foreach (var size in sizes)
            scenarios.Add(new($"growth: Through(Where), {size:N0} items", size,
                n => Runs.ThroughWhere(Sources.HandWritten(n)), Loop, n => Runs.LoopWhere(Sources.HandWritten(n))));
        return scenarios;
    }
}
