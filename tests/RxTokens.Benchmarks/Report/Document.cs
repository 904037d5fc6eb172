using System.Text;

namespace RxTokens.Benchmarks;

/// <summary>Brings docs/performance.md and its picture up to date.</summary>
internal static class Document
{
    private const string Begin = "<!-- results -->";
    private const string End = "<!-- /results -->";

    /// <summary>Why it cannot be written there, before minutes have been spent; null if it can.</summary>
    public static string? Objection(string folder)
    {
        if (!File.Exists(PageIn(folder)))
            return $"There is no {PageIn(folder)} to write into.";

        var page = File.ReadAllText(PageIn(folder));
        var begin = page.IndexOf(Begin, StringComparison.Ordinal);
        return begin >= 0 && page.IndexOf(End, begin, StringComparison.Ordinal) >= 0
            ? null
            : $"{PageIn(folder)} has no {Begin} with {End} behind it.";
    }

    public static void Write(string folder, Results results)
    {
        var page = File.ReadAllText(PageIn(folder));
        var begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = page.IndexOf(End, begin, StringComparison.Ordinal);
        File.WriteAllText(PageIn(folder), $"{page[..begin]}\n{Block(results)}{page[end..]}");

        var images = Directory.CreateDirectory(Path.Combine(folder, "images"));
        File.WriteAllText(Path.Combine(images.FullName, "performance.svg"), Chart.Draw(results.Comparisons));
    }

    private static string PageIn(string folder) => Path.Combine(folder, "performance.md");

    private static string Block(Results results)
    {
        var quick = results.Quick ? " --quick" : "";
        var text = new StringBuilder();
        Add($"Measured on {DateTime.Today:yyyy-MM-dd} in {results.Duration.TotalSeconds:F0} s by",
            "",
            "```sh",
            $"dotnet run -c Release --project tests/RxTokens.Benchmarks -- ratios{quick} --write docs",
            "```",
            "",
            $"- machine: {Machine.Description}",
            $"- rivals: {Machine.Rivals}",
            "",
            "![Nanoseconds per item, ours beside each rival](images/performance.svg)",
            "");
        Add([.. Tables.Ratios().Markdown(results.Comparisons.SelectMany(Tables.Rows)), ""]);
        Add("What an item costs, by how many items there are:", "");
        Add([.. Tables.Growth(results.Quick).Markdown(results.Growth.Select(growth => Tables.Row(growth, results.Quick))), ""]);
        Add("What is kept in memory:", "");
        Add([.. Tables.Memory().Markdown(results.Memory.SelectMany(Tables.Rows)), ""]);
        Add("What everything is made of, on this machine:", "");
        Add([.. Tables.Blocks().Markdown(results.Blocks.Select(Tables.Row))]);
        return text.ToString();

        void Add(params IEnumerable<string> lines)
        {
            foreach (var line in lines)
                text.Append(line).Append('\n');
        }
    }
}
