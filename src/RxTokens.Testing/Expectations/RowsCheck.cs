namespace RxTokens;

/// <summary>Expects rows of how a source was used: one per subscription or enumeration.</summary>
internal sealed class RowsCheck(string name, ISourceProbe source, Func<MarbleSyntax> syntax) : Check(name)
{
    private IReadOnlyList<MarbleDiagram>? _expected;

    private MarbleRow Kind => source.UseRow;

    public Sums Sums { get; } = new("MoveNextAsync");

    public override string? Missing => _expected is null && Sums.IsEmpty ? "ToBe" : null;

    public void Expect(IReadOnlyList<string> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (_expected is not null)
            throw Twice(_expected.Select(row => row.Text));

        _expected = [.. rows.Select(row => MarbleDiagram.Parse(row, Kind, syntax() with { Name = Name }))
            .Where(row => row.Symbols.Count > 0)];
    }

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
        foreach (var finding in Sums.Compare(Name, Kind, calls, frameSize))
            yield return finding;
    }

    public override IEnumerable<ChartRow> Rows(TimeSpan frameSize) => [];

    private InvalidOperationException Twice(IEnumerable<string> rows) =>
        new($"'{Name}' is expected to be {(string.Join(", ", rows.Select(row => $"'{row}'")) is { Length: > 0 } all ? all : "none")} already. ToBe takes all rows at once.");
}
