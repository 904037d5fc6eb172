namespace RxTokens;

/// <summary>When a source was subscribed to; without an end while it lasts.</summary>
internal readonly record struct ChartWindow(TimeSpan From, TimeSpan? To)
{
    private const string Beginning = ", subscribed ";
    private const string Separator = ", then ";

    /// <summary>The windows that the note of a row has as diagrams: <c>hot, subscribed ^---!, then -----^</c>.</summary>
    public static IReadOnlyList<ChartWindow> Of(ChartRow row, TimeSpan frameSize)
    {
        var begin = row.Note.IndexOf(Beginning, StringComparison.Ordinal);
        if (begin < 0 || row.Kind is not (MarbleRow.Hot or MarbleRow.Cold))
            return [];

        var syntax = new MarbleSyntax { FrameSize = frameSize };
        return
        [
            .. from diagram in row.Note[(begin + Beginning.Length)..].Split(Separator)
               let symbols = MarbleDiagram.Parse(diagram, MarbleRow.ExpectedSubscription, syntax).Symbols
               where symbols.Count > 0
               select new ChartWindow(symbols[0].Time, symbols.Count > 1 ? symbols[1].Time : null),
        ];
    }

    /// <summary>The rest of the note.</summary>
    public static string WithoutRows(string note)
    {
        var begin = note.IndexOf(Beginning, StringComparison.Ordinal);
        return begin < 0 ? note : note[..begin];
    }

    /// <summary>Lanes in which windows do not overlap.</summary>
    public static IReadOnlyList<IReadOnlyList<ChartWindow>> Lanes(IEnumerable<ChartWindow> windows)
    {
        var lanes = new List<List<ChartWindow>>();
        foreach (var window in windows)
        {
            var lane = lanes.Find(l => l[^1].To <= window.From);
            if (lane is null)
                lanes.Add([window]);
            else
                lane.Add(window);
        }

        return lanes;
    }
}
