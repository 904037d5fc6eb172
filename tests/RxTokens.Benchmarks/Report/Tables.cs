namespace RxTokens.Benchmarks;

/// <summary>A table: columns of text first, then columns of figures.</summary>
internal sealed class Table(int textColumns, params (string Name, int Width)[] columns)
{
    private bool _hasHeading;

    /// <summary>Prints rows, and the heading before the first.</summary>
    public void Print(IEnumerable<string[]> rows, bool markdown)
    {
        if (!_hasHeading)
        {
            Console.WriteLine();
            foreach (var line in Heading(markdown))
                Console.WriteLine(line);
        }

        _hasHeading = true;
        foreach (var row in rows)
            Console.WriteLine(Line(row, markdown));
    }

    public IEnumerable<string> Markdown(IEnumerable<string[]> rows) => [.. Heading(true), .. rows.Select(row => Line(row, true))];

    private IEnumerable<string> Heading(bool markdown)
    {
        yield return Line([.. columns.Select(column => column.Name)], markdown);
        if (markdown)
            yield return $"|{string.Concat(columns.Select((_, i) => i < textColumns ? "---|" : "---:|"))}";
    }

    private string Line(string[] cells, bool markdown) => markdown
        ? $"| {string.Join(" | ", cells).Replace("<", "&lt;")} |" // or Channel<T> loses its T
        : string.Join("  ", cells.Select((cell, i) => i < textColumns ? cell.PadRight(columns[i].Width) : cell.PadLeft(columns[i].Width))).TrimEnd();
}

/// <summary>How results become rows.</summary>
internal static class Tables
{
    public static Table Ratios() => new(2,
        ("scenario", 50), ("rival", 34), ("ours ns/item", 12), ("rival ns/item", 13), ("ratio", 6), ("middle half", 13),
        ("target", 11), ("ours B/item", 11), ("rival B/item", 12));

    public static IEnumerable<string[]> Rows(Comparison result) => result.Rivals.Select(rival => (string[])
    [
        result.Name, rival.Rival, $"{result.Ours.Nanoseconds:F1}", $"{rival.Cost.Nanoseconds:F1}", $"{rival.Ratio:F2}",
        $"{rival.Low:F2}-{rival.High:F2}", Target(rival.Target, rival.Ratio, "F2"), $"{result.Ours.Bytes:F2}", $"{rival.Cost.Bytes:F2}",
    ]);

    public static Table Growth(bool quick)
    {
        var sizes = Benchmarks.Growth.Sizes(quick);
        return new(1,
        [
            ("ns/item", 42), .. sizes.Select(size => ($"{size:N0}", 10)), ($"{sizes[^1]:N0} / {Benchmarks.Growth.Base(quick):N0}", 19), ("", 8),
        ]);
    }

    public static string[] Row(Growth result, bool quick) =>
    [
        result.Name, .. result.Nanoseconds.Select(ns => $"{ns:F1}"), $"{result.Ratio(quick):F2}",
        result.Ratio(quick) <= Benchmarks.Growth.FlatUpTo ? "flat" : "not flat",
    ];

    public static Table Blocks() => new(1, ("building blocks", 42), ("ns", 10));

    public static string[] Row(Block block) => [block.Name, $"{block.Nanoseconds:F1}"];

    public static Table Memory() => new(2, ("memory", 41), ("what", 60), ("kept", 10), ("unit", 14), ("target", 13));

    public static IEnumerable<string[]> Rows(Memory result)
    {
        var format = result.Lines.Max(line => line.Value) < 10 ? "F2" : "N0";
        return result.Lines.Select(line => (string[])
            [result.Name, line.Name, line.Value.ToString(format), result.Unit, Target(line.Target, line.Value, format)]);
    }

    // Judged as it is shown, or a row may say 1.00, and that it missed 1.00.
    private static string Target(double? target, double value, string format) => target is not { } most
        ? "-"
        : $"{most.ToString(format)} {(double.Parse(value.ToString(format)) <= most ? "met" : "missed")}";
}
