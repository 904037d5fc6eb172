namespace RxTokens;

/// <summary>Expects the requests that an observable of requests makes.</summary>
internal sealed class RequestsCheck(string name, Timeline clock, Func<MarbleSyntax> syntax) : Check(name), IObserver<long>
{
    private readonly List<MarbleSymbol> _requests = [];
    private MarbleDiagram? _expected;
    private (TimeSpan At, Exception Error)? _failure;

    public Sums Sums { get; } = new("asked for");

    public override string? Missing => _expected is null && Sums.IsEmpty ? "ToBe" : null;

    public void Expect(string row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (_expected is not null)
            throw new InvalidOperationException($"'{Name}' is expected to be '{_expected.Text}' already.");

        _expected = MarbleDiagram.Parse(row, MarbleRow.Demand, syntax() with { Name = Name });
    }

    public void OnNext(long value) => Add(MarbleKind.Request, value);

    public void OnError(Exception error) => _failure = (clock.Now, error);

    public void OnCompleted() => Add(MarbleKind.Unsubscribe);

    public override IEnumerable<Finding> Compare(TimeSpan frameSize)
    {
        if (_expected is not null)
        {
            var expected = _expected.Symbols.Where(s => s.Kind != MarbleKind.Subscribe).ToList();
            var finding = new Comparison(Name, MarbleRow.Demand, expected, _requests)
            {
                Same = (x, y) => expected[x].Kind == _requests[y].Kind && expected[x].Count == _requests[y].Count,
            }.Find(frameSize);
            if (finding is not null)
                yield return finding;
        }

        foreach (var finding in Sums.Compare(Name, MarbleRow.Demand, _requests, frameSize))
            yield return finding;

        if (_failure is { } failure)
        {
            var message = $"the requests failed: {ErrorName.Of(failure.Error)}";
            yield return new Finding(
                new MarbleMismatch(Name, MismatchKind.Extra, failure.At, failure.At.Ticks / frameSize.Ticks, message),
                [new ChartRow("actual", MarbleRow.Demand, _requests) { Length = failure.At }])
            {
                AtCaret = message,
            };
        }
    }

    public override IEnumerable<ChartRow> Rows(TimeSpan frameSize) => [new ChartRow(Name, MarbleRow.Demand, _requests)];

    private void Add(MarbleKind kind, long count = 1) => _requests.Add(new MarbleSymbol(clock.Now, kind, "", count, 0));
}
