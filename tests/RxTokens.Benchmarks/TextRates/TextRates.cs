using System.Text.RegularExpressions;

namespace RxTokens.Benchmarks;

/// <summary>Measures the text operators, one after the other.</summary>
internal static class TextRates
{
    private const string Section = "text";
    private const int Characters = 10_000_000;
    private const double Fast = 50;

    private static readonly string Prose = string.Concat(Enumerable.Repeat(
        "The model answers in pieces, as it does: some are words, and some are not. How long is a piece? It depends.\n"
        + "<think>Four characters, say; 3.14 is a number, and e.g. an abbreviation.</think>It isn't long, \"is it\"?\n\n", 500));

    private static readonly string Markdown = string.Concat(Enumerable.Repeat(
        "## A heading\n\nA paragraph with *emphasis*, **more** and a [link](https://example.org/).\n\n- one\n- two\n\n```cs\nvar x = 1; // code\nvar y = 2;\n```\n\n", 100));

    private static readonly string Json = $"[{string.Join(", ", Enumerable.Repeat("{\"city\": \"Paris\", \"days\": [1, 2.5, 3]}", 24))}]";

    private static IEnumerable<TextCase> Cases =>
    [
        TextCase.Of("an observer, and no operator", null, Prose, texts => texts),
        TextCase.Of("Lines()", Fast, Prose, texts => texts.Lines()),
        TextCase.Of("Words()", Fast, Prose, texts => texts.Words()),
        TextCase.Of("Words(WordBorders.AfterSpace)", Fast, Prose, texts => texts.Words(WordBorders.AfterSpace)),
        TextCase.Of("Lanes(\"<think>\", \"</think>\")", Fast, Prose, texts => texts.Lanes("<think>", "</think>"), lane => lane.Text),
        TextCase.Of("StopAt(three sequences)", Fast, Prose, texts => texts.StopAt(["\nUser:", "<|end|>", "</answer>"])),
        TextCase.Of("Graphemes()", null, Prose, texts => texts.Graphemes()),
        TextCase.Of("Sentences()", null, Prose, texts => texts.Sentences()),
        TextCase.Of(@"Segments(\d{1,4})", null, Prose, texts => texts.Segments(new Regex(@"\d{1,4}")), segment => segment.Text),
        TextCase.Of("CodeFences()", null, Markdown, texts => texts.CodeFences(), fence => fence.Text),
        TextCase.Of("MarkdownBlocks()", null, Markdown, texts => texts.MarkdownBlocks(), block => block.Text),
        TextCase.Of("MarkdownBlocks(growing: true)", null, Markdown, texts => texts.MarkdownBlocks(growing: true), block => block.Text),
        TextCase.Of("PartialJson(), of 1,000 characters", null, Json, texts => texts.PartialJson()),
    ];

    private static Table Table => new(1, ("text, in pieces of 4 characters", 40), ("ns/piece", 9), ("MB/s", 6), ("B/piece", 8), ("of it beyond the text", 22), ("target", 10));

    public static int Run(ReadOnlySpan<string> given)
    {
        var (quick, only, folder) = (false, "", (string?)null);
        while (given.Length > 0)
        {
            switch (given)
            {
                case ["--quick", ..]:
                    quick = true;
                    given = given[1..];
                    break;
                case ["--only", var text, ..]:
                    only = text;
                    given = given[2..];
                    break;
                case ["--write", var into, ..]:
                    folder = into;
                    given = given[2..];
                    break;
                default:
                    Console.Error.WriteLine($"Not understood: {string.Join(' ', given)}. Usage: text [--quick] [--only TEXT] [--write FOLDER]");
                    return 2;
            }
        }

        if (folder is not null && Document.Objection(folder, Section) is { } objection)
        {
            Console.Error.WriteLine(objection);
            return 2;
        }

        var (table, rates) = (Table, new List<TextRate>());
        foreach (var @case in Cases.Where(c => c.Name.Contains(only, StringComparison.OrdinalIgnoreCase)))
        {
            rates.Add(@case.Measure(quick ? Characters / 100 : Characters));
            table.Print([Row(rates[^1])], markdown: false);
        }

        if (folder is not null)
            Document.WriteSection(folder, Section, Lines(rates));

        // What is allocated is the same on every machine; how long it takes is not.
        foreach (var rate in rates.Where(r => r is { Target: not null, Beyond: >= 1 }))
            Console.Error.WriteLine($"{rate.Name} allocates {rate.Beyond:F1} B a piece beyond the text; it promises nothing.");
        return rates.Exists(r => r is { Target: not null, Beyond: >= 1 }) ? 1 : 0;
    }

    private static string[] Row(TextRate rate) =>
    [
        rate.Name, $"{rate.Nanoseconds:F1}", $"{rate.MegabytesPerSecond:F0}", $"{rate.Allocated:F1}", $"{rate.Beyond:F1}",
        rate.Target is { } target ? $"{target:F0} {(rate.MegabytesPerSecond >= target ? "met" : "missed")}" : "-",
    ];

    private static string Lines(IEnumerable<TextRate> rates) => string.Concat(new[]
    {
        $"Measured on {DateTime.Today:yyyy-MM-dd} by",
        "",
        "```sh",
        "dotnet run -c Release --project tests/RxTokens.Benchmarks -- text --write docs",
        "```",
        "",
        $"- machine: {Machine.Description}",
        "",
    }.Concat(Table.Markdown(rates.Select(Row))).Select(line => line + "\n"));
}
