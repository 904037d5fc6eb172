namespace RxTokens;

/// <summary>Expects so much to be asked for up to a frame, in whatever portions.</summary>
/// <param name="what">What is counted, for the message.</param>
internal sealed class Sums(string what)
{
    private readonly List<(long Count, long AtFrame)> _expected = [];

    public bool IsEmpty => _expected.Count == 0;

    public void Expect(long count, long atFrame)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(atFrame);

        _expected.Add((count, atFrame));
    }

    public IEnumerable<Finding> Compare(string name, MarbleRow kind, IReadOnlyList<MarbleSymbol> requests, TimeSpan frameSize)
    {
        foreach (var (expected, atFrame) in _expected)
        {
            // What comes between this frame and the next still counts.
            var at = atFrame * frameSize;
            var actual = requests
                .Where(r => r.Kind == MarbleKind.Request && r.Time - frameSize < at)
                .Aggregate(0L, (sum, request) => Amount.Sum(sum, request.Count));
            if (actual == expected)
                continue;

            var row = Calls.Merge(requests);
            var mismatch = new MarbleMismatch(
                name,
                actual > expected ? MismatchKind.Extra : MismatchKind.Missing,
                at,
                atFrame,
                $"{actual} {what} up to {Words.At(at, frameSize)}, expected {expected}")
            {
                Actual = ChartLayout.FormatExact(kind, row, frameSize),
            };
            yield return new Finding(mismatch, [new ChartRow("actual", kind, row)]) { AtCaret = $"by now {expected}, not {actual}" };
        }
    }
}
