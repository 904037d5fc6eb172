namespace RxTokens;

/// <summary>An expected row beside the actual one.</summary>
internal sealed record Comparison(string Name, MarbleRow Kind, IReadOnlyList<MarbleSymbol> Expected, IReadOnlyList<MarbleSymbol> Actual)
{
    /// <summary>Whether two events are the same, whatever their times; by their indices.</summary>
    public required Func<int, int, bool> Same { get; init; }

    /// <summary>An event in words.</summary>
    public Func<MarbleSymbol, string> Describe { get; init; } = Words.Of;

    /// <summary>Rows that belong between the sources and these, such as what was asked for.</summary>
    public IReadOnlyList<ChartRow> Context { get; init; } = [];

    public TimeSpan Length { get; init; }

    /// <summary>Where what is expected comes from, if not from a diagram.</summary>
    public string Note { get; init; } = "";

    /// <summary>Where frame 0 of their diagrams is.</summary>
    public TimeSpan Origin { get; init; }

    /// <summary>When an inner stream was handed out.</summary>
    public TimeSpan? Begin { get; init; }

    /// <summary>What the rows are called.</summary>
    public Func<string, string> Label { get; init; } = static row => row;

    /// <summary>What the letters mean between which the difference is.</summary>
    public Func<int?, int?, IReadOnlyList<string>> Legend { get; init; } = static (_, _) => [];

    /// <summary>The types of an expected and an actual event, for those that look alike.</summary>
    public Func<int, int, (string Expected, string Actual)>? Types { get; init; }

    public Finding? Find(TimeSpan frameSize)
    {
        var difference = Difference.Find([.. Expected.Select(s => s.Time)], [.. Actual.Select(s => s.Time)], Same);
        if (difference is null)
            return null;

        var expected = difference.Expected is { } e ? Describe(Expected[e]) : null;
        var actual = difference.Actual is { } a ? Describe(Actual[a]) : null;
        if (difference is { Kind: MismatchKind.OtherValue, Expected: { } x, Actual: { } y } && expected == actual && Types is not null)
        {
            var types = Types(x, y);
            expected += $" ({types.Expected})";
            actual += types.Expected == types.Actual ? $" (another {types.Actual})" : $" ({types.Actual})";
        }

        var delay = Words.Frames(difference.Delay, frameSize);
        var (headline, atCaret) = difference.Kind switch
        {
            MismatchKind.Late => (
                $"{expected} arrived {delay} late",
                $"expected {expected}, got nothing; {actual} came at {Words.At(Actual[difference.Actual!.Value].Time, frameSize)}"),
            MismatchKind.Early => (
                $"{actual} arrived {delay} early",
                $"got {actual}, expected it at {Words.At(Expected[difference.Expected!.Value].Time, frameSize)}"),
            MismatchKind.Missing => ($"{expected} is missing", $"expected {expected}, got nothing"),
            MismatchKind.Extra => ($"{actual} was not expected", $"expected nothing, got {actual}"),
            _ => ($"{actual} instead of {expected}", $"expected {expected}, got {actual}"),
        };

        var frame = difference.Time.Ticks / frameSize.Ticks;
        var mismatch = new MarbleMismatch(Name, difference.Kind, difference.Time, frame, headline)
        {
            Expected = Format(Expected, frameSize),
            Actual = Format(Actual, frameSize),
        };
        return new Finding(
            mismatch,
            [.. Context, Row("expected", Expected, Note), Row("actual", Actual)])
        {
            AtCaret = atCaret,
            Legend = Legend(difference.Expected, difference.Actual),
        };
    }

    private ChartRow Row(string label, IReadOnlyList<MarbleSymbol> symbols, string note = "") => new(Label(label), Kind, symbols, note) { Length = Length, Begin = Begin };

    private string? Format(IReadOnlyList<MarbleSymbol> symbols, TimeSpan frameSize) =>
        ChartLayout.FormatExact(Kind, Origin == TimeSpan.Zero ? symbols : [.. symbols.Select(s => s with { Time = s.Time - Origin })], frameSize, Length - Origin);
}

/// <summary>Events and times in words.</summary>
internal static class Words
{
    public static string Of(MarbleSymbol symbol) => symbol.Kind switch
    {
        MarbleKind.Value => $"OnNext({Printable.Of(symbol.Text)})",
        MarbleKind.Completion => "OnCompleted",
        MarbleKind.Error => "OnError",
        MarbleKind.Subscribe => "Subscribe",
        MarbleKind.Unsubscribe => "Dispose",
        MarbleKind.Request when symbol.Count == long.MaxValue => "Request(unbounded)",
        MarbleKind.Request => $"Request({symbol.Count})",
        _ => "cancellation",
    };

    public static string OfPull(MarbleSymbol symbol) => symbol.Kind switch
    {
        MarbleKind.Subscribe => "GetAsyncEnumerator",
        MarbleKind.Unsubscribe => "DisposeAsync",
        MarbleKind.Request when symbol.Count == 1 => "MoveNextAsync",
        MarbleKind.Request => $"{symbol.Count} × MoveNextAsync",
        _ => "cancellation",
    };

    /// <summary>For example <c>1 frame</c>, or what is left of it.</summary>
    public static string Frames(TimeSpan time, TimeSpan frameSize)
    {
        if (time.Ticks % frameSize.Ticks != 0)
            return ChartLayout.Duration(time.Ticks);

        var frames = time.Ticks / frameSize.Ticks;
        return frames == 1 ? "1 frame" : $"{frames} frames";
    }

    /// <summary>For example <c>frame 9</c>.</summary>
    public static string At(TimeSpan time, TimeSpan frameSize) =>
        time.Ticks % frameSize.Ticks == 0 ? $"frame {time.Ticks / frameSize.Ticks}" : ChartLayout.Duration(time.Ticks);

    /// <summary>For example <c>frame 9 (9 ms)</c>.</summary>
    public static string AtWithTime(TimeSpan time, TimeSpan frameSize)
    {
        var duration = ChartLayout.Duration(time.Ticks);
        var unit = duration.TrimStart('-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        return $"frame {time.Ticks / frameSize.Ticks} ({duration[..^unit.Length]} {unit})";
    }
}
