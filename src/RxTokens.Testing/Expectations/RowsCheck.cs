namespace RxTokens;

/// <summary>Expects rows of how a source was used: one per subscription or enumeration.</summary>
internal sealed class RowsCheck(string name, ISourceProbe source, Func<MarbleSyntax> syntax) : Check(name)
{
    private IReadOnlyList<MarbleDiagram>? _expected;
    private bool _isInAnyOrder;

    private MarbleRow Kind => source.UseRow;

    public Sums Sums { get; } = new("MoveNextAsync");

    public override string? Missing => _expected is null && Sums.IsEmpty ? "ToBe" : null;

    public void Expect(IReadOnlyList<string> rows, bool inAnyOrder = false)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (_expected is not null)
            throw Twice(_expected.Select(row => row.Text));

        _isInAnyOrder = inAnyOrder;
        _expected = [.. rows.Select(row => MarbleDiagram.Parse(row, Kind, syntax() with { Name = Name }))
            .Where(row => row.Symbols.Count > 0)];
    }

    public override IEnumerable<Finding> Compare(TimeSpan frameSize)
    {
        if (_expected is not null)
        {
            foreach (var (expected, actual, number) in Pairs(_expected, source.Uses))
            {
                var row = Math.Max(_expected.Count, source.Uses.Count) == 1 ? Name : $"{Name}, {(Kind == MarbleRow.Pulls ? "enumeration" : "subscription")} {number}";
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
        foreach (var finding in Sums.Compare(Name, Kind, calls, frameSize))
            yield return finding;
    }

    public override IEnumerable<ChartRow> Rows(TimeSpan frameSize) => [];

    /// <summary>What is to be compared with what: by their order or, in any order, what has no equal.</summary>
    private IEnumerable<(IReadOnlyList<MarbleSymbol> Expected, IReadOnlyList<MarbleSymbol> Actual, int Number)> Pairs(
        IReadOnlyList<MarbleDiagram> rows, IReadOnlyList<IReadOnlyList<MarbleSymbol>> uses)
    {
        var expected = rows.Select(row => Calls.Merge(row.Symbols)).ToList();
        var actual = uses.Select((use, i) => (Calls: Calls.Merge(use), Number: i + 1)).ToList();
        for (var i = 0; _isInAnyOrder && i < actual.Count; i++)
        {
            if (expected.FindIndex(row => Marks(row).SequenceEqual(Marks(actual[i].Calls))) is >= 0 and var equal)
            {
                expected.RemoveAt(equal);
                actual.RemoveAt(i--);
            }
        }

        for (var i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            yield return (
                i < expected.Count ? expected[i] : [],
                i < actual.Count ? actual[i].Calls : [],
                i < actual.Count ? actual[i].Number : uses.Count + 1 + i - actual.Count);
        }

        static IEnumerable<(TimeSpan, MarbleKind, long)> Marks(IReadOnlyList<MarbleSymbol> row) => row.Select(s => (s.Time, s.Kind, s.Count));
    }

    private InvalidOperationException Twice(IEnumerable<string> rows) =>
        new($"'{Name}' is expected to be {(string.Join(", ", rows.Select(row => $"'{row}'")) is { Length: > 0 } all ? all : "none")} already. ToBe takes all rows at once.");
}
