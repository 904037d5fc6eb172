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
}
