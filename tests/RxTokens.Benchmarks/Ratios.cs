using System.Diagnostics;

namespace RxTokens.Benchmarks;

/// <summary>The short form: runs what is asked for, and prints rows as they come.</summary>
internal static class Ratios
{
    public static async Task<int> RunAsync(Options options)
    {
        var watch = Stopwatch.StartNew();
        var comparisons = await CompareAsync(options).ConfigureAwait(false);
        var growth = await GrowAsync(options).ConfigureAwait(false);
        var memory = await RememberAsync(options).ConfigureAwait(false);
        var blocks = await TakeApartAsync(options).ConfigureAwait(false);

        Console.WriteLine();
        Console.WriteLine($"ratio = ours / rival, median of interleaved rounds; {watch.Elapsed.TotalSeconds:F0} s on {Environment.ProcessorCount} cores");
        var broken = comparisons.SelectMany(c => c.Broken).Concat(memory.SelectMany(m => m.Broken)).ToList();
        foreach (var promise in broken)
            Console.WriteLine($"BROKEN: {promise}");
        if (options.Write is { } folder)
            Document.Write(folder, new Results(comparisons, growth, memory, blocks, watch.Elapsed, options.Quick));
        return broken.Count == 0 ? 0 : 1;
    }

    private static async Task<List<Comparison>> CompareAsync(Options options)
    {
        var table = Tables.Ratios();
        var results = new List<Comparison>();
        foreach (var scenario in Scenario.All(options.Quick).Where(scenario => options.Wants(scenario.Name)))
        {
            var rounds = new List<Cost[]>();
            for (var launch = 0; launch < Comparison.Launches(options.Quick); launch++)
                rounds.AddRange(await Child.MeasureAsync<Cost[][]>(scenario.Name, options.Quick).ConfigureAwait(false));

            results.Add(Comparison.Of(scenario, rounds));
            table.Print(Tables.Rows(results[^1]), options.Markdown);
        }

        return results;
    }

    private static async Task<List<Growth>> GrowAsync(Options options)
    {
        var table = Tables.Growth(options.Quick);
        var results = new List<Growth>();
        foreach (var name in Growth.Names.Where(options.Wants))
        {
            results.Add(await Child.MeasureAsync<Growth>(name, options.Quick).ConfigureAwait(false));
            table.Print([Tables.Row(results[^1], options.Quick)], options.Markdown);
        }

        return results;
    }

    private static async Task<Block[]> TakeApartAsync(Options options)
    {
        if (!options.Wants(Block.All))
            return [];

        var blocks = await Child.MeasureAsync<Block[]>(Block.All, options.Quick).ConfigureAwait(false);
        Tables.Blocks().Print(blocks.Select(Tables.Row), options.Markdown);
        return blocks;
    }

    private static async Task<List<Memory>> RememberAsync(Options options)
    {
        var table = Tables.Memory();
        var results = new List<Memory>();
        foreach (var name in Memory.Names.Where(options.Wants))
        {
            results.Add(await Child.MeasureAsync<Memory>(name, options.Quick).ConfigureAwait(false));
            table.Print(Tables.Rows(results[^1]), options.Markdown);
        }

        return results;
    }
}

/// <summary>All that a run has found.</summary>
internal sealed record Results(List<Comparison> Comparisons, List<Growth> Growth, List<Memory> Memory, Block[] Blocks, TimeSpan Duration, bool Quick);
