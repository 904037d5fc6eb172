namespace RxTokens;

/// <summary>Expects so much to come, or to be asked for, up to a frame, in whatever portions.</summary>
/// <param name="what">What is counted, for the message.</param>
/// <param name="counted">The symbols that count.</param>
internal sealed class Sums(string what, MarbleKind counted = MarbleKind.Request)
{
    private readonly List<(long Count, long? AtFrame, bool IsAtLeast)> _expected = [];

    public bool IsEmpty => _expected.Count == 0;

    /// <param name="count">How much.</param>
    /// <param name="atFrame">The last frame that counts; null for all there are.</param>
    /// <param name="isAtLeast">Whether it may be more.</param>
    public void Expect(long count, long? atFrame, bool isAtLeast = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(atFrame ?? 0, nameof(atFrame));

        _expected.Add((count, atFrame, isAtLeast));
    }

    public IEnumerable<Finding> Compare(string name, MarbleRow kind, IReadOnlyList<MarbleSymbol> symbols, TimeSpan frameSize)
    {
        foreach (var (expected, atFrame, isAtLeast) in _expected)
        {
            // What comes between this frame and the next still counts.
            var at = atFrame * frameSize;
            var actual = symbols
                .Where(s => s.Kind == counted && (at is null || s.Time - frameSize < at))
                .Aggregate(0L, (sum, symbol) => Amount.Sum(sum, symbol.Count));
            if (isAtLeast ? actual >= expected : actual == expected)
                continue;

            var row = Calls.Merge(symbols);
            var time = at ?? (symbols.Count == 0 ? TimeSpan.Zero : symbols[^1].Time);
            var (wanted, until) = (isAtLeast ? $"at least {expected}" : $"{expected}", at is null ? "in all" : $"up to {Words.At(time, frameSize)}");
            var mismatch = new MarbleMismatch(
                name,
                actual > expected ? MismatchKind.Extra : MismatchKind.Missing,
                time,
                time.Ticks / frameSize.Ticks,
                $"{actual} {what} {until}, expected {wanted}")
            {
                Actual = ChartLayout.FormatExact(kind, row, frameSize),
            };
            yield return new Finding(mismatch, [new ChartRow("actual", kind, row)]) { AtCaret = $"by now {wanted}, not {actual}" };
        }
    }
}
