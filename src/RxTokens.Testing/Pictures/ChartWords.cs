using System.Globalization;

namespace RxTokens;

/// <summary>A row in words, for whom the picture is read out.</summary>
internal static class ChartWords
{
    private const int MostMarks = 200;

    public static string Of(ChartRow row, IReadOnlyList<ChartWindow> windows)
    {
        var parts = row.Symbols.Take(MostMarks).Select(symbol => Of(symbol, row.Kind)).ToList();
        if (row.Symbols.Count > MostMarks)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"and {row.Symbols.Count - MostMarks} more"));
        if (parts.Count == 0)
            parts.Add("nothing");
        parts.AddRange(windows.Take(MostMarks).Select(Of));

        var kind = string.Join(", ", Kind(row));
        return $"{row.Label} ({kind}): {string.Join(", ", parts)}.";
    }

    /// <summary>What kind of row it is, in lines to be put under its name.</summary>
    public static IReadOnlyList<string> Kind(ChartRow row)
    {
        if (row.Kind is MarbleRow.Cold or MarbleRow.Hot)
        {
            var words = ChartWindow.WithoutRows(row.Note).Split(", ");
            return [$"{words[0]} source", .. words.Skip(1)];
        }

        return row.Kind switch
        {
            MarbleRow.Pulls => ["MoveNextAsync"],
            MarbleRow.Demand => ["demand"],
            _ when row.IsInner => ["inner stream"],
            _ => ["result"],
        };
    }

    public static string Of(MarbleSymbol symbol, MarbleRow row)
    {
        var at = $"at {SvgText.Time(symbol.Time)}";
        return symbol.Kind switch
        {
            MarbleKind.Completion => $"completes {at}",
            MarbleKind.Error when symbol.Text == "#" => $"fails {at}",
            MarbleKind.Error => $"fails {at} with {symbol.Text}",
            MarbleKind.Subscribe when row == MarbleRow.Pulls => $"GetAsyncEnumerator {at}",
            MarbleKind.Subscribe => $"subscribes {at}",
            MarbleKind.Unsubscribe when row == MarbleRow.Pulls => $"DisposeAsync {at}",
            MarbleKind.Unsubscribe => $"ends {at}",
            MarbleKind.Cancellation => $"cancelled {at}",
            MarbleKind.Request when row == MarbleRow.Pulls => string.Create(CultureInfo.InvariantCulture, $"MoveNextAsync {Times(symbol.Count)} {at}"),
            MarbleKind.Request when symbol.Count == long.MaxValue => $"everything {at}",
            MarbleKind.Request => string.Create(CultureInfo.InvariantCulture, $"{symbol.Count} {at}"),
            _ => $"{symbol.Text} {at}",
        };
    }

    public static string Of(ChartWindow window) =>
        $"subscribed from {SvgText.Time(window.From)}{(window.To is { } end ? $" to {SvgText.Time(end)}" : " on")}";

    private static string Times(long count) => count switch
    {
        1 => "once",
        2 => "twice",
        _ => string.Create(CultureInfo.InvariantCulture, $"{count} times"),
    };
}
