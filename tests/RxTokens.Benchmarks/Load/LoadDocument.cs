namespace RxTokens.Benchmarks;

/// <summary>The part of docs/performance.md that <c>load</c> writes.</summary>
internal static class LoadDocument
{
    public const string Section = "load";

    public static void Write(string folder, LoadResults results)
    {
        var quick = results.Quick ? " --quick" : "";
        List<string> lines =
        [
            $"Measured on {DateTime.Today:yyyy-MM-dd} in {results.Duration.TotalSeconds:F0} s by",
            "",
            "```sh",
            $"dotnet run -c Release --project tests/RxTokens.Benchmarks -- load{quick} --write docs",
            "```",
            "",
            $"- machine: {Machine.Description}",
            $"- receive buffers, as the system tells them: {string.Join(", ", Buffers(results))}",
        ];
        foreach (var group in results.Loaded.GroupBy(loaded => loaded.Case.Group))
            lines.AddRange(["", .. LoadTables.Of(group.First().Case).Markdown(group.Select(LoadTables.Row))]);
        lines.AddRange(["", .. LoadTables.Throughput().Markdown(results.Throughput.Select(LoadTables.Row)), "", "Targets:", ""]);
        lines.AddRange(LoadTargets.Of(results.Loaded).Select(target => $"- {target}"));
        Document.WriteSection(folder, Section, string.Concat(lines.Select(line => line + "\n")));
    }

    private static IEnumerable<string> Buffers(LoadResults results) =>
        results.Loaded.Select(loaded => $"{(loaded.Case.HasSmallWindow ? "small" : "large")} {loaded.Figures.ReceiveBuffer:N0} B").Distinct();
}
