using System.Diagnostics;

namespace RxTokens.Benchmarks;

/// <summary>What an item costs must not depend on how many came before it.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Nanoseconds">What an item costs, for each of the sizes.</param>
internal sealed record Growth(string Name, double[] Nanoseconds)
{
    /// <summary>Up to this ratio of the largest size to the one where start-up no longer counts, we call it flat.</summary>
    public const double FlatUpTo = 1.25;

    private const int WithoutStartUp = 10_000;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(4);

    private static readonly (string Name, Contender Run)[] Paths =
    [
        ("growth: Through(Where)", new(n => Runs.ThroughWhere(Sources.HandWritten(n)))),
        ("growth: Buffered(128)", new(Runs.Buffered)),
        ("growth: Conflate, text, all of it at once", new(n => Runs.ConflateText(n, maxChars: int.MaxValue))),
    ];

    public static IEnumerable<string> Names => Paths.Select(path => path.Name);

    public static int[] Sizes(bool quick) => quick ? [1_000, 100_000] : [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

    /// <summary>The size that the largest is compared with.</summary>
    public static int Base(bool quick) => Sizes(quick).SkipLast(1).LastOrDefault(size => size == WithoutStartUp, Sizes(quick)[0]);

    public double Ratio(bool quick) => Nanoseconds[^1] / Nanoseconds[Array.IndexOf(Sizes(quick), Base(quick))];

    public static async Task<Growth> MeasureAsync(string name, bool quick)
    {
        var contender = Paths.First(path => path.Name == name).Run;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Contender.WarmUp)
            await contender.Run(1_000).ConfigureAwait(false);

        // All sizes in each round, so that a noisy moment hits them alike.
        var sizes = Sizes(quick);
        var costs = sizes.Select(_ => new List<double>()).ToArray();
        watch.Restart();
        for (var round = 0; round < 7 && (round < 3 || watch.Elapsed < Budget); round++)
        {
            for (var i = 0; i < sizes.Length; i++)
            {
                var cost = await Comparison.MeasureAsync(contender, sizes[i], Math.Max(1, 200_000 / sizes[i])).ConfigureAwait(false);
                costs[i].Add(cost.Nanoseconds);
            }
        }

        return new Growth(name, [.. costs.Select(list => Comparison.Quantile(list, 0.5))]);
    }
}
