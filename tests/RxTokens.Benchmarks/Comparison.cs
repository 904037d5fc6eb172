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

    /// <summary>
    /// How many processes measure the same, one after the other. The runtime optimizes by what it happens to have counted, so
    /// that the same loop may be twice as fast in one process as in the next; the median of several evens that out.
    /// </summary>
    public static int Launches(bool quick) => quick ? 1 : 5;

    /// <summary>One process's rounds: in each of them what an item cost us, and then each rival.</summary>
    public static async Task<Cost[][]> MeasureRoundsAsync(Scenario scenario, bool quick)
    {
        Contender[] contenders = [scenario.Ours, .. scenario.Rivals.Select(rival => rival.Run)];
        await WarmUpAsync(scenario, contenders).ConfigureAwait(false);

        // Short runs are repeated until a round is long enough to time.
        var repeats = Math.Max(1, 50_000 / scenario.Items);
        var budget = TimeSpan.FromMilliseconds((quick ? 250 : 500) * contenders.Length);
        var rounds = new List<Cost[]>();
        var watch = Stopwatch.StartNew();
        while (rounds.Count < 9 && (rounds.Count < 3 || watch.Elapsed < budget))
        {
            // Whoever goes second finds warm caches: take turns at that too.
            var round = new Cost[contenders.Length];
            for (var turn = 0; turn < contenders.Length; turn++)
            {
                var next = (rounds.Count + turn) % contenders.Length;
                round[next] = await MeasureAsync(contenders[next], scenario.Items, repeats).ConfigureAwait(false);
            }

            rounds.Add(round);
        }

        return [.. rounds];
    }

    /// <summary>What the rounds of all processes say.</summary>
    public static Comparison Of(Scenario scenario, IReadOnlyList<Cost[]> rounds)
    {
        var ours = Median(rounds.Select(round => round[0]));
        var rivals = scenario.Rivals.Select((rival, i) => Compare(rival, rounds, i + 1)).ToArray();
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
    private static async Task WarmUpAsync(Scenario scenario, Contender[] contenders)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Contender.WarmUp)
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

    private static Against Compare(Rival rival, IReadOnlyList<Cost[]> rounds, int index)
    {
        var ratios = rounds.Select(round => round[0].Nanoseconds / round[index].Nanoseconds).ToArray();
        return new Against(
            rival.Name, rival.Target, Median(rounds.Select(round => round[index])),
            Quantile(ratios, 0.5), Quantile(ratios, 0.25), Quantile(ratios, 0.75));
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

    private static Cost Median(IEnumerable<Cost> costs) =>
        new(Quantile(costs.Select(cost => cost.Nanoseconds), 0.5), Quantile(costs.Select(cost => cost.Bytes), 0.5));
}
