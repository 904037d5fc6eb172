using System.Text;

namespace RxTokens.Benchmarks;

/// <summary>Brings docs/performance.md and its picture up to date.</summary>
internal static class Document
{
    /// <summary>What <c>ratios</c> writes.</summary>
    public const string Section = "results";

    /// <summary>Why a section cannot be written there, before minutes have been spent; null if it can.</summary>
    public static string? Objection(string folder, string section)
    {
        if (!File.Exists(PageIn(folder)))
            return $"There is no {PageIn(folder)} to write into.";

        var page = File.ReadAllText(PageIn(folder));
        var begin = page.IndexOf(Begin(section), StringComparison.Ordinal);
        return begin >= 0 && page.IndexOf(End(section), begin, StringComparison.Ordinal) >= 0
            ? null
            : $"{PageIn(folder)} has no {Begin(section)} with {End(section)} behind it.";
    }

    /// <summary>Replaces what stands between the marks of a section.</summary>
    public static void WriteSection(string folder, string section, string text)
    {
        var page = File.ReadAllText(PageIn(folder));
        var begin = page.IndexOf(Begin(section), StringComparison.Ordinal) + Begin(section).Length;
        var end = page.IndexOf(End(section), begin, StringComparison.Ordinal);
        File.WriteAllText(PageIn(folder), $"{page[..begin]}\n{text}{page[end..]}");
    }

    public static void Write(string folder, Results results)
    {
        WriteSection(folder, Section, Block(results));
        var images = Directory.CreateDirectory(Path.Combine(folder, "images"));
        File.WriteAllText(Path.Combine(images.FullName, "performance.svg"), Chart.Draw(results.Comparisons));
    }

    private static string Begin(string section) => $"<!-- {section} -->";

    private static string End(string section) => $"<!-- /{section} -->";

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
