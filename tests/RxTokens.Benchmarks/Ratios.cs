using System.Diagnostics;
using System.Globalization;

namespace RxTokens.Benchmarks;

/// <summary>
/// The short form: us and a rival turn about in one process, so that a noisy machine is noisy for both. Each round gives a ratio;
/// the table shows the median, and where the middle half of the rounds lies.
/// </summary>
internal static class Ratios
{
    private const double MaxBytesPerItem = 0.5;
    private const int WarmUpItems = 1_000;
    private const int WarmUpMilliseconds = 600;

    public static async Task<int> RunAsync(Options options)
    {
        var (markdown, quick) = (options.Markdown, options.Quick);
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var watch = Stopwatch.StartNew();
        var budget = TimeSpan.FromMilliseconds(quick ? 700 : 4_000);
        var rounds = quick ? 7 : 21;

        string[] heading = ["scenario", "rival", "ours ns/item", "rival ns/item", "ratio", "middle half", "ours B/item", "rival B/item"];
        int[] widths = [40, 34, 12, 13, 6, 13, 11, 12];
        WriteRow(heading, widths, markdown);
        if (markdown)
            Console.WriteLine("|---|---|---:|---:|---:|---:|---:|---:|");

        var broken = new List<string>();
        foreach (var scenario in Scenario.All(quick).Where(scenario => options.Wants(scenario.Name)))
        {
            var (ours, rival, ratios) = await CompareAsync(scenario, rounds, budget).ConfigureAwait(false);
            WriteRow(
            [
                scenario.Name, scenario.RivalName, $"{ours.Nanoseconds:F1}", $"{rival.Nanoseconds:F1}", $"{Quantile(ratios, 0.5):F2}",
                $"{Quantile(ratios, 0.25):F2}-{Quantile(ratios, 0.75):F2}", $"{ours.Bytes:F2}", $"{rival.Bytes:F2}",
            ], widths, markdown);

            if (scenario.AllocatesNothing && ours.Bytes > MaxBytesPerItem)
                broken.Add($"{scenario.Name} allocates {ours.Bytes:F2} B/item; it promises to allocate nothing per item (limit {MaxBytesPerItem}).");
        }

        Console.WriteLine();
        Console.WriteLine($"ratio = ours / rival, median of up to {rounds} interleaved rounds; {watch.Elapsed.TotalSeconds:F0} s on {Environment.ProcessorCount} cores");
        foreach (var promise in broken.Distinct())
            Console.WriteLine($"BROKEN: {promise}");
        return broken.Count == 0 ? 0 : 1;
    }

    private static async Task<(Cost Ours, Cost Rival, double[] Ratios)> CompareAsync(Scenario scenario, int rounds, TimeSpan budget)
    {
        // Short runs are repeated until a round is long enough to time.
        var repeats = Math.Max(1, 50_000 / scenario.Items);
        await WarmUpAsync(scenario).ConfigureAwait(false);

        var (ours, rivals) = (new List<Cost>(), new List<Cost>());
        var watch = Stopwatch.StartNew();
        for (var round = 0; round < rounds && (round < 3 || watch.Elapsed < budget); round++)
        {
            // Whoever goes second finds warm caches: take turns at that too.
            if (round % 2 == 0)
                ours.Add(await MeasureAsync(scenario.Ours, scenario.Items, repeats).ConfigureAwait(false));
            rivals.Add(await MeasureAsync(scenario.Rival, scenario.Items, repeats).ConfigureAwait(false));
            if (round % 2 == 1)
                ours.Add(await MeasureAsync(scenario.Ours, scenario.Items, repeats).ConfigureAwait(false));
        }

        return (Median(ours), Median(rivals), [.. ours.Zip(rivals, (o, r) => o.Nanoseconds / r.Nanoseconds)]);
    }

    /// <summary>
    /// Many short runs, for the runtime to count calls and put optimized code in place (a loop that is entered once stays
    /// half optimized for good), then a whole one, to check that both compute the same.
    /// </summary>
    private static async Task WarmUpAsync(Scenario scenario)
    {
        var watch = Stopwatch.StartNew();
        while (watch.ElapsedMilliseconds < WarmUpMilliseconds)
        {
            await scenario.Ours(WarmUpItems).ConfigureAwait(false);
            await scenario.Rival(WarmUpItems).ConfigureAwait(false);
        }

        var (ours, rival) = (await scenario.Ours(scenario.Items).ConfigureAwait(false), await scenario.Rival(scenario.Items).ConfigureAwait(false));
        if (ours != rival)
            throw new InvalidOperationException($"{scenario.Name}: ours makes {ours}, {scenario.RivalName} makes {rival}.");
    }

    private static async Task<Cost> MeasureAsync(Func<int, Task<long>> run, int items, int repeats)
    {
        GC.Collect();
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < repeats; i++)
            await run(items).ConfigureAwait(false);
        var time = Stopwatch.GetElapsedTime(start);
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;

        var total = (double)items * repeats;
        return new Cost(time.TotalNanoseconds / total, bytes / total);
    }

    private static Cost Median(List<Cost> costs) =>
        new(Quantile([.. costs.Select(c => c.Nanoseconds)], 0.5), Quantile([.. costs.Select(c => c.Bytes)], 0.5));

    private static double Quantile(double[] values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[(int)Math.Round(share * (sorted.Length - 1))];
    }

    private static void WriteRow(string[] cells, int[] widths, bool markdown) =>
        Console.WriteLine(markdown
            ? $"| {string.Join(" | ", cells)} |"
            : string.Join("  ", cells.Select((cell, i) => i < 2 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))));

    private readonly record struct Cost(double Nanoseconds, double Bytes);
}
