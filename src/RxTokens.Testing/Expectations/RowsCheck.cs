namespace RxTokens;

/// <summary>Expects rows of how a source was used: one per subscription or enumeration.</summary>
internal sealed class RowsCheck(string name, ISourceProbe source, Func<MarbleSyntax> syntax) : Check(name)
{
    private readonly List<(TimeSpan At, long Count)> _sums = [];
    private IReadOnlyList<MarbleDiagram>? _expected;

    private MarbleRow Kind => source.UseRow;

    public override string? Missing => _expected is null && _sums.Count == 0 ? "ToBe" : null;

    public void Expect(IReadOnlyList<string> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (_expected is not null)
            throw Twice(_expected.Select(row => row.Text));

        _expected = [.. rows.Select(row => MarbleDiagram.Parse(row, Kind, syntax() with { Name = Name }))
            .Where(row => row.Symbols.Count > 0)];
    }

    public void ExpectSum(long count, TimeSpan at) => _sums.Add((at, count));

    public override IEnumerable<Finding> Compare(TimeSpan frameSize)
    {
        if (_expected is not null)
        {
            for (var i = 0; i < Math.Max(_expected.Count, source.Uses.Count); i++)
            {
                var expected = i < _expected.Count ? Calls.Merge(_expected[i].Symbols) : [];
                var actual = i < source.Uses.Count ? Calls.Merge(source.Uses[i]) : [];
                var row = Math.Max(_expected.Count, source.Uses.Count) == 1 ? Name : $"{Name}, {(Kind == MarbleRow.Pulls ? "enumeration" : "subscription")} {i + 1}";
                var finding = new Comparison(row, Kind, expected, actual)
                {
                    Same = (x, y) => expected[x].Kind == actual[y].Kind && expected[x].Count == actual[y].Count,
                    Describe = Kind == MarbleRow.Pulls ? Words.OfPull : Words.Of,
                }.Find(frameSize);
                if (finding is not null)
                    yield return finding with { Shows = source };
            }
        }

        var calls = source.Uses.SelectMany(use => use).Where(s => s.Kind == MarbleKind.Request).ToList();
        foreach (var sum in _sums)
        {
            if (Calls.CompareSum(Name, Kind, calls, sum.Count, sum.At, frameSize, "MoveNextAsync") is { } finding)
                yield return finding;
        }
    }

    public override IEnumerable<ChartRow> Rows(TimeSpan frameSize) => [];

    private InvalidOperationException Twice(IEnumerable<string> rows) =>
        new($"'{Name}' is expected to be {(string.Join(", ", rows.Select(row => $"'{row}'")) is { Length: > 0 } all ? all : "none")} already. ToBe takes all rows at once.");
}

/// <summary>Expects the requests that an observable of requests makes.</summary>
internal sealed class RequestsCheck(string name, Timeline clock, Func<MarbleSyntax> syntax) : Check(name), IObserver<long>
{
    private readonly List<MarbleSymbol> _requests = [];
    private readonly List<(TimeSpan At, long Count)> _sums = [];
    private MarbleDiagram? _expected;
    private (TimeSpan At, Exception Error)? _failure;

    public override string? Missing => _expected is null && _sums.Count == 0 ? "ToBe" : null;

    public void Expect(string row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (_expected is not null)
            throw new InvalidOperationException($"'{Name}' is expected to be '{_expected.Text}' already.");

        _expected = MarbleDiagram.Parse(row, MarbleRow.Demand, syntax() with { Name = Name });
    }

    public void ExpectSum(long count, TimeSpan at) => _sums.Add((at, count));

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

        foreach (var sum in _sums)
        {
            if (Calls.CompareSum(Name, MarbleRow.Demand, _requests, sum.Count, sum.At, frameSize, "asked for") is { } finding)
                yield return finding;
        }

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

/// <summary>Calls as they are written in a row.</summary>
internal static class Calls
{
    /// <summary>Several calls of MoveNextAsync in the same instant, one after another, are one number.</summary>
    public static IReadOnlyList<MarbleSymbol> Merge(IReadOnlyList<MarbleSymbol> calls)
    {
        var merged = new List<MarbleSymbol>();
        foreach (var call in calls)
        {
            if (call.Kind == MarbleKind.Request && merged is [.., { Kind: MarbleKind.Request } last] && last.Time == call.Time)
                merged[^1] = last with { Count = last.Count + call.Count };
            else
                merged.Add(call);
        }

        return merged;
    }

    /// <summary>What is asked for until the frame ends that begins at a time.</summary>
    public static Finding? CompareSum(
        string name, MarbleRow kind, IReadOnlyList<MarbleSymbol> requests, long expected, TimeSpan at, TimeSpan frameSize, string what)
    {
        long actual = 0;
        foreach (var request in requests.Where(r => r.Kind == MarbleKind.Request && r.Time - frameSize < at))
            actual = request.Count > long.MaxValue - actual ? long.MaxValue : actual + request.Count;
        if (actual == expected)
            return null;

        var mismatch = new MarbleMismatch(
            name,
            actual > expected ? MismatchKind.Extra : MismatchKind.Missing,
            at,
            at.Ticks / frameSize.Ticks,
            $"{actual} {what} up to {Words.At(at, frameSize)}, expected {expected}")
        {
            Actual = ChartLayout.FormatExact(kind, Merge(requests), frameSize),
        };
        return new Finding(mismatch, [new ChartRow("actual", kind, Merge(requests))]) { AtCaret = $"by now {expected}, not {actual}" };
    }
}
