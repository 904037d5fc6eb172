namespace RxTokens;

/// <summary>The first difference between two rows.</summary>
internal sealed record Difference(MismatchKind Kind, TimeSpan Time, int? Expected, int? Actual, TimeSpan Delay)
{
    /// <param name="expected">The times of what was expected.</param>
    /// <param name="actual">The times of what happened.</param>
    /// <param name="same">Whether an expected and an actual event are the same, whatever their times.</param>
    public static Difference? Find(IReadOnlyList<TimeSpan> expected, IReadOnlyList<TimeSpan> actual, Func<int, int, bool> same)
    {
        for (var i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            if (i >= expected.Count)
                return new Difference(MismatchKind.Extra, actual[i], null, i, default);
            if (i >= actual.Count)
                return new Difference(MismatchKind.Missing, expected[i], i, null, default);
            if (same(i, i) && expected[i] == actual[i])
                continue;

            return Classify(i);
        }

        return null;

        Difference Classify(int i)
        {
            if (expected[i] == actual[i])
                return new Difference(MismatchKind.OtherValue, expected[i], i, i, default);

            // The same event at another time, or one that only the other row has.
            if (expected[i] < actual[i])
            {
                var later = Enumerable.Range(i, actual.Count - i).Cast<int?>().FirstOrDefault(j => same(i, j!.Value));
                return later is { } found && (!IsExpectedAt(found) || IsOnlyMoved(i))
                    ? new Difference(MismatchKind.Late, expected[i], i, found, actual[found] - expected[i])
                    : new Difference(MismatchKind.Missing, expected[i], i, null, default);
            }

            return same(i, i) && (!HappenedAt(i) || IsOnlyMoved(i))
                ? new Difference(MismatchKind.Early, actual[i], i, i, expected[i] - actual[i])
                : new Difference(MismatchKind.Extra, actual[i], null, i, default);
        }

        // What is on time is neither late nor early.
        bool IsExpectedAt(int j) => Enumerable.Range(0, expected.Count).Any(k => expected[k] == actual[j] && same(k, j));

        bool HappenedAt(int k) => Enumerable.Range(0, actual.Count).Any(j => expected[k] == actual[j] && same(k, j));

        // Unless nothing is missing and nothing is too much.
        bool IsOnlyMoved(int i) => expected.Count == actual.Count && Enumerable.Range(i, expected.Count - i).All(k => same(k, k));
    }
}
