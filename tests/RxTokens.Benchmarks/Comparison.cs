using System.Diagnostics;

namespace RxTokens.Benchmarks;

/// <summary>What an item costs.</summary>
internal sealed record Cost(double Nanoseconds, double Bytes);

/// <summary>A rival's cost, and ours divided by it: the median of the rounds, and where the middle half of them lies.</summary>
internal sealed record Against(string Rival, double? Target, Cost Cost, double Ratio, double Low, double High);

/// <summary>
/// A scenario, measured: we and the rivals turn about in one process, so that a noisy machine is noisy for all. Each round gives
/// a ratio for each rival.
/// </summary>
internal sealed record Comparison(string Name, Cost Ours, Against[] Rivals, string[] Broken)
{
    private const double MaxBytesPerItem = 0.5;
    private const int WarmUpItems = 1_000;

    public static async Task<Comparison> MeasureAsync(Scenario scenario, bool quick)
    {
        Contender[] contenders = [scenario.Ours, .. scenario.Rivals.Select(rival => rival.Run)];
        await WarmUpAsync(scenario, contenders, Contender.WarmUp).ConfigureAwait(false);

        // Short runs are repeated until a round is long enough to time.
        var repeats = Math.Max(1, 50_000 / scenario.Items);
        var budget = TimeSpan.FromMilliseconds((quick ? 250 : 2_000) * contenders.Length);
        var rounds = quick ? 9 : 41;
        var costs = contenders.Select(_ => new List<Cost>()).ToArray();
        var watch = Stopwatch.StartNew();
        for (var round = 0; round < rounds && (round < 3 || watch.Elapsed < budget); round++)
        {
            // Whoever goes second finds warm caches: take turns at that too.
            for (var turn = 0; turn < contenders.Length; turn++)
            {
                var next = (round + turn) % contenders.Length;
                costs[next].Add(await MeasureAsync(contenders[next], scenario.Items, repeats).ConfigureAwait(false));
            }
        }

        var ours = Median(costs[0]);
        var rivals = scenario.Rivals.Zip(costs.Skip(1), (rival, theirs) => Compare(rival, costs[0], theirs)).ToArray();
        return new Comparison(scenario.Name, ours, rivals, [.. BrokenPromises(scenario, ours, rivals)]);
    }

    /// <summary>What one run costs per item.</summary>
    public static async Task<Cost> MeasureAsync(Contender contender, int items, int repeats)
    {
        GC.Collect();
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var time = TimeSpan.Zero;
        for (var i = 0; i < repeats; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var outcome = await contender.Run(items).ConfigureAwait(false);
            time += outcome.Time ?? Stopwatch.GetElapsedTime(start);
        }

        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        var total = (double)items * repeats;
        return new Cost(time.TotalNanoseconds / total, bytes / total);
    }

    public static double Quantile(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[(int)Math.Round(share * (sorted.Length - 1))];
    }

    /// <summary>
    /// Many short runs, for the runtime to count calls and put optimized code in place (a loop that is entered once stays
    /// half optimized for good), then a whole one, to check that all compute the same.
    /// </summary>
    private static async Task WarmUpAsync(Scenario scenario, Contender[] contenders, TimeSpan time)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < time)
        {
            foreach (var contender in contenders)
                await contender.Run(WarmUpItems).ConfigureAwait(false);
        }

        var ours = await scenario.Ours.Run(scenario.Items).ConfigureAwait(false);
        foreach (var rival in scenario.Rivals)
        {
            var theirs = await rival.Run.Run(scenario.Items).ConfigureAwait(false);
            if (ours.Result != theirs.Result)
                throw new InvalidOperationException($"{scenario.Name}: ours makes {ours.Result}, {rival.Name} makes {theirs.Result}.");
        }
    }

    private static Against Compare(Rival rival, List<Cost> ours, List<Cost> theirs)
    {
        var ratios = ours.Zip(theirs, (our, their) => our.Nanoseconds / their.Nanoseconds).ToArray();
        return new Against(rival.Name, rival.Target, Median(theirs), Quantile(ratios, 0.5), Quantile(ratios, 0.25), Quantile(ratios, 0.75));
    }

    private static IEnumerable<string> BrokenPromises(Scenario scenario, Cost ours, Against[] rivals)
    {
        if (scenario.AllocatesNothing && ours.Bytes > MaxBytesPerItem)
            yield return $"{scenario.Name} allocates {ours.Bytes:F2} B/item; it promises to allocate nothing per item (limit {MaxBytesPerItem}).";

        foreach (var (rival, measured) in scenario.Rivals.Zip(rivals))
        {
            if (rival.BoundsAllocations && ours.Bytes > measured.Cost.Bytes + MaxBytesPerItem)
                yield return $"{scenario.Name} allocates {ours.Bytes:F2} B/item; it promises no more than {rival.Name} does ({measured.Cost.Bytes:F2}, limit +{MaxBytesPerItem}).";
        }
    }

    private static Cost Median(List<Cost> costs) =>
        new(Quantile(costs.Select(cost => cost.Nanoseconds), 0.5), Quantile(costs.Select(cost => cost.Bytes), 0.5));
}
