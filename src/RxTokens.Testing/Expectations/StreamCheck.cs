namespace RxTokens;

/// <summary>Expects what comes out of a stream, push or pull, at the pace at which the test asks for it.</summary>
internal sealed class StreamCheck<T>(string name, Observed<T> stream, Timeline clock, Func<MarbleSyntax> syntax) : Check(name)
{
    private ExpectedRow<T>? _row;
    private InnerStreams<T> _inner = new(clock, []);

    public override string? Missing => _row is null ? "ToBe" : null;

    public IReadOnlyList<Marble<T>> Received => stream.Received;

    public void Expect(string diagram, ExpectedValues<T>? values, ExpectedError? error, IEqualityComparer<T>? comparer)
    {
        ArgumentNullException.ThrowIfNull(diagram);
        if (_row is not null)
            throw new InvalidOperationException($"'{Name}' is expected to be '{_row.Diagram.Text}' already. Make another expectation, for another subscription.");

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

    /// <summary>Leaves the stream, and those that it has handed out, each when the longest of the diagrams is over.</summary>
    public void Leave()
    {
        stream.Leave();
        _inner.LeaveAfter(_row?.InnerMatchers.Select(inner => inner.Length).Append(TimeSpan.Zero).Max() ?? TimeSpan.Zero);
    }

    private ArgumentException Unreachable(string what) =>
        new($"'{Name}' is expected {what}. Demand: {stream.Demand!.Text}", "diagram");

    public override IEnumerable<Finding> Compare(TimeSpan frameSize) =>
        _row!.Compare(new Said<T>(Name, stream.Received, _inner, stream.Violations) { Context = Demand() }, frameSize);

    public override IEnumerable<ChartRow> Rows(TimeSpan frameSize)
    {
        var letters = _row?.NewLetters() ?? new Letters<T>(null, []);
        var symbols = _row?.Symbols(letters, stream.Received, _inner) ?? letters.Symbols(stream.Received);
        var length = _row?.Diagram.Length ?? TimeSpan.Zero;
        return
        [
            .. Demand(),
            new ChartRow(Name, MarbleRow.Expected, symbols, string.Join(", ", letters.Legend)) { Length = length },
            .. _inner.Rows(symbols, length),
        ];
    }

    private IReadOnlyList<ChartRow> Demand() =>
        stream.Demand is { } demand ? [new ChartRow("requests", MarbleRow.Demand, demand.Symbols)] : [];
}
