namespace RxTokens;

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
            actual = Amount.Sum(actual, request.Count);
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
