using System.Reactive;

namespace RxTokens;

/// <summary>Expects what comes out of a stream, push or pull, at the pace at which the test asks for it.</summary>
internal sealed class StreamCheck<T>(string name, Observed<T> stream, Timeline clock, Func<MarbleSyntax> syntax) : Check(name)
{
    private const int LongestName = 60;

    private ExpectedRow<T>? _row;
    private InnerStreams<T> _inner = new(clock, []);
    private readonly Sums _counts = new("items", MarbleKind.Value);
    private Observed<T>? _other;
    private string _otherName = "";
    private bool _hasLeft;

    public override string? Missing => _row is null && _other is null && _counts.IsEmpty ? "ToBe" : null;

    public IReadOnlyList<Marble<T>> Received => stream.Received;

    private bool IsOpen => !_hasLeft && stream.Received is not [.., { Notification.Kind: not NotificationKind.OnNext }];

    public void Expect(string diagram, ExpectedValues<T>? values, ExpectedError? error, IEqualityComparer<T>? comparer)
    {
        ArgumentNullException.ThrowIfNull(diagram);
        AssertIsOpen();

        var row = new ExpectedRow<T>(Name, diagram, values, error, comparer, syntax());

        // What can never be met is said before anything runs.
        var granted = stream.Granted;
        if (granted < row.Items)
            throw Unreachable($"to deliver {row.Items} items, but its demand row asks for {granted} only: the rest can never come");
        if (granted < row.Items + stream.RequestsOfTheEnd && row.Completes)
            throw Unreachable($"to complete, but its demand row asks for the {row.Items} items only: the end of a pull stream needs a request too");

        IReadOnlyList<InnerMatcher> inner = [.. row.InnerMatchers];
        if (inner.Count > 0 && stream.Received.Count > 0)
            throw new InvalidOperationException($"'{Name}' has said something already, and nobody has watched the streams among it. Say what they are to say before it runs.");

        _row = row;
        _inner = new InnerStreams<T>(clock, inner);
        stream.OnItem = item => _inner.Watch(stream.Received.Count - 1, item);
    }

    /// <summary>Expects what another stream says.</summary>
    public void Expect(Func<Observed<T>> other, string? name)
    {
        AssertIsOpen();

        (_other, _otherName) = (other(), name ?? "other");
    }

    public void ExpectCount(long items, long? atFrame)
    {
        if (stream.Granted < items)
            throw Unreachable($"to deliver {items} items, but its demand row asks for {stream.Granted} only: the rest can never come", nameof(items));

        _counts.Expect(items, atFrame);
    }

    /// <summary>Leaves the stream, and those that it has handed out, each when the longest of the diagrams is over.</summary>
    public void Leave()
    {
        _hasLeft = true;
        stream.Leave();
        _inner.LeaveAfter(_row?.InnerMatchers.Select(inner => inner.Length).Append(TimeSpan.Zero).Max() ?? TimeSpan.Zero);
    }

    private void AssertIsOpen()
    {
        if (_row is not null || _other is not null)
            throw new InvalidOperationException($"'{Name}' is expected to be '{_row?.Diagram.Text ?? _otherName}' already. Make another expectation, for another subscription.");
    }

    private ArgumentException Unreachable(string what, string parameter = "diagram") =>
        new($"'{Name}' is expected {what}. Demand: {stream.Demand!.Text}", parameter);

    public override IEnumerable<Finding> Compare(TimeSpan frameSize)
    {
        var letters = NewLetters();
        var symbols = Symbols(letters);
        var context = Demand();
        if (_other is not null)
        {
            foreach (var violation in _other.Violations)
                yield return Broken(violation, _otherName, new ChartRow(_otherName, MarbleRow.Expected, letters.Symbols(_other.Received)), letters, frameSize);
        }

        if (_row is null)
        {
            foreach (var violation in stream.Violations)
                yield return Broken(violation, Name, new ChartRow("actual", MarbleRow.Expected, symbols), letters, frameSize);
        }

        foreach (var count in _counts.Compare(Name, MarbleRow.Expected, symbols, frameSize))
            yield return count with { Rows = [.. context, .. count.Rows], Legend = letters.Legend };
        if (_other is not null && Twins.Find(Name, (_otherName, _other.Received), stream.Received, letters, frameSize) is { } difference)
            yield return difference with { Rows = [.. context, .. difference.Rows] };
        foreach (var finding in _row?.Compare(new Said<T>(Name, stream.Received, _inner, stream.Violations) { Context = context }, frameSize) ?? [])
            yield return finding with { IsOpen = IsOpen && stream.Granted > stream.Received.Count };
    }

    public override IEnumerable<ChartRow> Rows(TimeSpan frameSize)
    {
        var letters = NewLetters();
        var symbols = Symbols(letters);
        var length = _row?.Diagram.Length ?? TimeSpan.Zero;
        return
        [
            .. Demand(),
            new ChartRow(Name, MarbleRow.Expected, symbols, string.Join(", ", letters.Legend)) { Length = length },
            .. _inner.Rows(symbols, length),
            .. _other is null ? [] : (ChartRow[])[new ChartRow(_otherName, MarbleRow.Expected, letters.Symbols(_other.Received))],
        ];
    }

    public override string? StillOpen(TimeSpan frameSize)
    {
        if (!IsOpen)
            return null;

        var row = stream.IsPulled ? "demand: \"* 20ms !\"" : "subscription: \"^ 20ms !\"";
        var advice = $"\"{Printable.Name(Name, LongestName)}\" is still open: a row with '!' ends it ({row}).";
        if (!stream.IsPulled || stream.Granted <= stream.Received.Count)
            return advice;

        var since = stream.Received is [.., var last] ? last.Time : TimeSpan.Zero;
        return $"{advice} It has been asked for an item, and none has come since {Words.At(since, frameSize)}.";
    }

    private Finding Broken(Violation violation, string row, ChartRow shown, Letters<T> letters, TimeSpan frameSize)
    {
        var kind = violation.IsDemand ? MismatchKind.DemandViolation : MismatchKind.ProtocolViolation;
        var mismatch = new MarbleMismatch(row, kind, violation.Time, violation.Time.Ticks / frameSize.Ticks, Printable.Of(violation.What));
        return new Finding(mismatch, [.. Demand(), shown]) { AtCaret = violation.What, Legend = letters.Legend };
    }

    private Letters<T> NewLetters() => _row?.NewLetters() ?? new Letters<T>(null, []);

    private IReadOnlyList<MarbleSymbol> Symbols(Letters<T> letters) => _row?.Symbols(letters, stream.Received, _inner) ?? letters.Symbols(stream.Received);

    private IReadOnlyList<ChartRow> Demand() =>
        stream.Demand is { } demand ? [new ChartRow("requests", MarbleRow.Demand, demand.Symbols)] : [];
}
