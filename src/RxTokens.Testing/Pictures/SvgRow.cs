namespace RxTokens;

/// <summary>A row with its place in a picture.</summary>
internal sealed class SvgRow
{
    public const int HeaderHeight = 26;

    private const int LaneHeight = 16;
    private const int LegendHeight = 15;
    private const int MostLanes = 6;
    private const int MostLegend = 4;
    private const int MostWindows = 1000;

    private readonly SortedDictionary<TimeSpan, ChartCell> _cells = [];
    private int _lanesTop;

    public SvgRow(ChartRow row, TimeSpan frameSize)
    {
        Row = row;
        IsItems = row.Kind is not (MarbleRow.Pulls or MarbleRow.Demand);
        IsResult = row.Kind is MarbleRow.Expected;
        HasHeader = IsResult && !row.Label.All(c => char.IsLetterOrDigit(c) || c is '_' or ' ');
        Kind = [.. ChartWords.Kind(row).Select(Printable.Of)];
        foreach (var instant in row.Symbols.GroupBy(symbol => symbol.Time))
            _cells[instant.Key] = ChartCell.Of([.. instant], IsItems);

        Windows = row.Windows;
        var lanes = ChartWindow.Lanes(Windows.Take(MostWindows));
        Lanes = [.. lanes.Take(MostLanes)];
        var hidden = Windows.Count - Lanes.Sum(lane => lane.Count);
        LaneNotes = Lanes.Count == 0 ? [] : hidden == 0 ? ["subscribed"] : ["subscribed", SvgText.Format($"and {hidden} more")];

        Begin = row.Kind is MarbleRow.Pulls && row.Symbols.Count > 0 ? row.Symbols[0].Time : row.Begin;
        var isOver = row.Symbols is [.., { Kind: MarbleKind.Completion or MarbleKind.Error or MarbleKind.Unsubscribe }];
        End = isOver ? row.Symbols[^1].Time : null;
    }

    public ChartRow Row { get; }

    /// <summary>Whether it is one of items, and not of calls.</summary>
    public bool IsItems { get; }

    public bool IsResult { get; }

    /// <summary>Whether its name is an expression, which is written above it.</summary>
    public bool HasHeader { get; }

    public IReadOnlyList<string> Kind { get; }

    public IReadOnlyDictionary<TimeSpan, ChartCell> Cells => _cells;

    public IReadOnlyList<ChartWindow> Windows { get; }

    public IReadOnlyList<IReadOnlyList<ChartWindow>> Lanes { get; }

    public IReadOnlyList<string> LaneNotes { get; }

    public IReadOnlyList<string> Legend { get; private set; } = [];

    /// <summary>Where its line begins, if not where time does.</summary>
    public TimeSpan? Begin { get; }

    /// <summary>Where its line ends, if it does.</summary>
    public TimeSpan? End { get; }

    public int Top { get; private set; }

    /// <summary>Where its line is.</summary>
    public int Y { get; private set; }

    public int Bottom { get; private set; }

    public string Class => IsResult ? "result" : Row.Kind switch
    {
        MarbleRow.Pulls => "pulls",
        MarbleRow.Demand => "demand",
        _ => "source",
    };

    public string LineClass => IsResult ? "thick" : Row.Kind == MarbleRow.Demand ? "dashed" : "line";

    /// <summary>Everything that needs a place on the axis.</summary>
    public IEnumerable<TimeSpan> Times =>
    [
        .. Row.Symbols.Select(symbol => symbol.Time),
        .. Lanes.SelectMany(lane => lane).SelectMany(window => window.To is { } end ? new[] { window.From, end } : [window.From]),
        .. Begin is { } begin ? new[] { begin } : [],
        .. IsItems && End is null ? new[] { Row.Length } : [],
    ];

    public int LaneY(int lane) => _lanesTop + (LaneHeight * lane) + (LaneHeight / 2);

    public int LegendY(int line) => _lanesTop + (LaneHeight * Lanes.Count) + (LegendHeight * line) + 10;

    /// <summary>Puts it at a height; what follows is put at the one returned.</summary>
    public int Place(int top, int width)
    {
        if (IsResult && Row.Note.Length > 0)
            Legend = SvgText.Lines(Printable.Of(Row.Note), SvgText.Small, width, MostLegend);

        Top = top + (Row.Kind == MarbleRow.Pulls ? 0 : 8);
        var height = Math.Max(24 + (14 * Kind.Count), _cells.Values.Select(cell => cell.Height).Append(ChartCell.MarbleHeight).Max() + 14);
        Y = Top + (HasHeader ? HeaderHeight : 0) + (height / 2);
        _lanesTop = Y + (height / 2) - (Lanes.Count > 0 ? 2 : 0);
        Bottom = _lanesTop + (LaneHeight * Lanes.Count) + (LegendHeight * Legend.Count) + (Legend.Count > 0 ? 5 : 0);
        return Bottom;
    }
}
