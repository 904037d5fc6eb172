using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace RxTokens.Benchmarks;

/// <summary>A measured case.</summary>
internal sealed record Loaded(LoadCase Case, LoadFigures Figures);

/// <summary>All that a run has found.</summary>
internal sealed record LoadResults(List<Loaded> Loaded, List<Throughput> Throughput, TimeSpan Duration, bool Quick);

/// <summary>Serves many slow readers and one fast one, and says what that takes.</summary>
internal static class Load
{
    public const int LargestReaders = 25_000; // the ports of the loopback
    public const int MaxReaders = LargestReaders + 100; // with those that warm up

    /// <summary>What the command fails for, on whatever machine: more items ahead than so many times the framework's. The targets are said beside the tables.</summary>
    private const double PromisedAhead = 0.25;

    private const string Fast = "fast";

    /// <summary>Without a limit some 4 MB wait for each reader with a large window: of many more, the system's memory for TCP would be measured, not the server.</summary>
    private const int LargeWindows = 200, LargeWindowsQuick = 60;

    private static readonly Served[] s_quick = [Served.Ours, Served.Framework];
    private static readonly Served[] s_small = [Served.Ours, Served.Framework, Served.SignalR];
    private static readonly Served[] s_large = [.. s_small, Served.OursUnlimited, Served.FrameworkLimited];
    private static readonly Served[] s_silent = [Served.Kestrel, Served.Ours, Served.Framework, Served.SignalR];

    public static async Task<int> MainAsync(string[] given)
    {
        switch (given)
        {
            case [LoadServer.Option, var limit]:
                return await LoadServer.RunAsync(int.Parse(limit, CultureInfo.InvariantCulture)).ConfigureAwait(false);

            case [LoadCase.Option, var json]:
                Console.WriteLine(JsonSerializer.Serialize(await JsonSerializer.Deserialize<LoadCase>(json)!.MeasureAsync().ConfigureAwait(false)));
                return 0;
        }

        if (LoadOptions.TryParse(given, out var options, out var error))
            return await RunAsync(options).ConfigureAwait(false);

        Console.Error.WriteLine(error);
        return 2;
    }

    private static async Task<int> RunAsync(LoadOptions options)
    {
        var watch = Stopwatch.StartNew();
        var loaded = new List<Loaded>();
        foreach (var group in Cases(options).Where(load => options.Wants(load.Group)).GroupBy(load => load.Group))
        {
            var table = LoadTables.Of(group.First());
            // Silent streams leave the machine to each other; the others would be in each other's way.
            var atOnce = group.First().IsIdle ? group.Count() : 1;
            foreach (var cases in group.Chunk(atOnce))
            {
                var figures = await Task.WhenAll(cases.Select(MeasureAsync)).ConfigureAwait(false);
                loaded.AddRange(figures);
                table.Print(figures.Select(LoadTables.Row), options.Markdown);
            }
        }

        var throughput = options.Wants(Fast) ? await Throughput.MeasureAsync(options.Quick).ConfigureAwait(false) : [];
        if (throughput.Count > 0)
            LoadTables.Throughput().Print(throughput.Select(LoadTables.Row), options.Markdown);

        Console.WriteLine();
        Console.WriteLine($"{watch.Elapsed.TotalSeconds:F0} s on {Environment.ProcessorCount} cores");
        foreach (var target in LoadTargets.Of(loaded))
            Console.WriteLine(target);
        var broken = BrokenPromises(loaded).ToList();
        foreach (var promise in broken)
            Console.WriteLine($"BROKEN: {promise}");
        if (options.Write is { } folder)
            LoadDocument.Write(folder, new LoadResults(loaded, throughput, watch.Elapsed, options.Quick));
        return broken.Count == 0 ? 0 : 1;
    }

    private static IEnumerable<LoadCase> Cases(LoadOptions options)
    {
        var (most, seconds) = (options.MostReaders, options.MostSeconds);
        var (fewer, shorter) = (Math.Min(most, 1000), Math.Min(seconds, 20));
        foreach (var served in options.Quick ? s_quick : s_large)
            yield return new(served, Math.Min(most, options.Quick ? LargeWindowsQuick : LargeWindows), IsIdle: false, HasSmallWindow: false, shorter);
        if (!options.Quick)
        {
            foreach (var served in s_small)
                yield return new(served, fewer, IsIdle: false, HasSmallWindow: true, shorter);
            foreach (var served in s_small)
                yield return new(served, most, IsIdle: false, HasSmallWindow: true, seconds);
        }

        foreach (var served in s_silent)
            yield return new(served, most, IsIdle: true, HasSmallWindow: true, seconds);
    }

    /// <summary>In a process of its own, which has its readers' descriptors to itself.</summary>
    private static async Task<Loaded> MeasureAsync(LoadCase load)
    {
        var name = $"{load.Group}: {load.Served.Name}";
        return new(load, await Child.AskAsync<LoadFigures>(name, ["load", LoadCase.Option, JsonSerializer.Serialize(load)]).ConfigureAwait(false));
    }

    private static IEnumerable<string> BrokenPromises(List<Loaded> loaded)
    {
        foreach (var group in loaded.Where(one => !one.Case.IsIdle && !one.Case.HasSmallWindow).GroupBy(one => one.Case.Group))
        {
            var (ours, framework) = (Ahead(group, Served.Ours), Ahead(group, Served.Framework));
            if (!(ours <= framework * PromisedAhead)) // not a number is broken, too
                yield return $"{group.Key}: {Served.Ours.Name} reads {ours:F0} items ahead, {Served.Framework.Name} {framework:F0}; it promises no more than {PromisedAhead} times as many.";
        }

        static double Ahead(IEnumerable<Loaded> group, Served served) => group.Single(one => one.Case.Served == served).Figures.MeanAhead;
    }
}
