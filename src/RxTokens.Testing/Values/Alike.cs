using System.Collections;

namespace RxTokens;

/// <summary>What counts as the same value and the same failure.</summary>
internal static class Alike
{
    private const int MostItems = 100_000;
    private const int Deepest = 100;

    /// <summary>
    /// Equal, or sequences of the same items: what Rx's Buffer makes is compared by what is in it. A type that says itself what is equal
    /// is believed.
    /// </summary>
    public static bool Values(object? x, object? y)
    {
        var room = MostItems;
        return Values(x, y, ref room, 0);
    }

    /// <summary>The same instance, or the same type and message.</summary>
    public static bool Errors(Exception x, Exception y) =>
        ReferenceEquals(x, y) || (x.GetType() == y.GetType() && x.Message == y.Message);

    /// <param name="x">One value.</param>
    /// <param name="y">The other.</param>
    /// <param name="room">How many items may still be asked of sequences that do not say how many they have: they may be endless.</param>
    /// <param name="depth">How many sequences these are in: one may be in itself.</param>
    private static bool Values(object? x, object? y, ref int room, int depth)
    {
        if (Equals(x, y))
            return true;
        if (x is not IEnumerable xs || y is not IEnumerable ys || HasOwnEquals(x) || HasOwnEquals(y) || depth == Deepest)
            return false;

        return (xs, ys) switch
        {
            (IDictionary some, IDictionary others) => Entries(some, others, ref room, depth),
            (IDictionary, _) or (_, IDictionary) => false,
            (Array { Rank: > 1 } some, Array others) when !HaveOneShape(some, others) => false,
            (IList some, IList others) => some.Count == others.Count && Items(some, others, ref room, depth),
            _ => x.GetType() == y.GetType() && Items(xs, ys, ref room, depth),
        };
    }

    /// <summary>Whether a type has overridden it; that of arrays and the like, which have a comparison by items beside it, does not count.</summary>
    private static bool HasOwnEquals(object value)
    {
        var type = ((Func<object?, bool>)value.Equals).Method.DeclaringType;
        return value is not IStructuralEquatable && type != typeof(object) && type != typeof(ValueType);
    }

    private static bool HaveOneShape(Array x, Array y) =>
        x.Rank == y.Rank && Enumerable.Range(0, x.Rank).All(dimension => x.GetLength(dimension) == y.GetLength(dimension));

    private static bool Entries(IDictionary x, IDictionary y, ref int room, int depth)
    {
        if (x.Count != y.Count)
            return false;

        foreach (DictionaryEntry entry in x)
        {
            if (!y.Contains(entry.Key) || !Values(entry.Value, y[entry.Key], ref room, depth + 1))
                return false;
        }

        return true;
    }

    private static bool Items(IEnumerable x, IEnumerable y, ref int room, int depth)
    {
        var others = y.GetEnumerator();
        try
        {
            foreach (var item in x)
            {
                if (x is not IList && room-- == 0)
                    return false;
                if (!others.MoveNext() || !Values(item, others.Current, ref room, depth + 1))
                    return false;
            }

            return !others.MoveNext();
        }
        finally
        {
            (others as IDisposable)?.Dispose();
        }
    }
}
