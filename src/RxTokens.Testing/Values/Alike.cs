using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace RxTokens;

/// <summary>What counts as the same value and the same failure.</summary>
internal static class Alike
{
    private const int MostItems = 100_000;
    private const int Deepest = 100;

    /// <summary>
    /// Equal, or made of the same: sequences, memory and tuples item by item, sets in any order, records and plain structs member by
    /// member. A type whose equality somebody wrote is believed.
    /// </summary>
    public static bool Values(object? x, object? y)
    {
        var room = MostItems;
        return Values(x, y, ref room, 0);
    }

    /// <summary>The index of the first item in which two lists differ; null if they are none, or do not.</summary>
    public static int? FirstDifference(object? x, object? y)
    {
        if (x is null or Array { Rank: > 1 } || y is null or Array { Rank: > 1 } || Content.Unwrap(x) is not IList some || Content.Unwrap(y) is not IList others)
            return null;

        for (var i = 0; i < Math.Max(some.Count, others.Count); i++)
        {
            if (i >= some.Count || i >= others.Count || !Values(some[i], others[i]))
                return i;
        }

        return null;
    }

    /// <summary>The same instance, or the same type and message.</summary>
    public static bool Errors(Exception x, Exception y) =>
        ReferenceEquals(x, y) || (x.GetType() == y.GetType() && x.Message == y.Message);

    /// <param name="x">One value.</param>
    /// <param name="y">The other.</param>
    /// <param name="room">How many items may still be asked of sequences that do not say how many they have: they may be endless.</param>
    /// <param name="depth">How many values these are in: one may be in itself.</param>
    private static bool Values(object? x, object? y, ref int room, int depth)
    {
        if (ReferenceEquals(x, y))
            return true;
        if (x is null || y is null || depth == Deepest)
            return false;
        if (x is string or IConvertible)
            return x.Equals(y);

        (x, y) = (Content.Unwrap(x), Content.Unwrap(y));
        var (one, other) = (Content.Of(x), Content.Of(y));
        if (one.Fields is { } fields && x.GetType() == y.GetType())
            return Members(fields, x, y, ref room, depth);
        if (x is ITuple some && y is ITuple others && !one.HasOwnEquals && !other.HasOwnEquals)
            return Tuples(some, others, ref room, depth);
        if (x.Equals(y))
            return true;

        return x is IEnumerable xs && y is IEnumerable ys && !one.HasOwnEquals && !other.HasOwnEquals
            && (one.IsSet || other.IsSet ? one.IsSet && other.IsSet && Sets(xs, ys, ref room, depth) : Sequences(xs, ys, ref room, depth));
    }

    private static bool Sequences(IEnumerable x, IEnumerable y, ref int room, int depth) => (x, y) switch
    {
        (IDictionary some, IDictionary others) => Entries(some, others, ref room, depth),
        (IDictionary, _) or (_, IDictionary) => false,
        (Array { Rank: > 1 } some, Array others) when !HaveOneShape(some, others) => false,
        (IList some, IList others) => some.Count == others.Count && Items(some, others, ref room, depth),
        _ => x.GetType() == y.GetType() && Items(x, y, ref room, depth),
    };

    private static bool Members(IReadOnlyList<FieldInfo> fields, object x, object y, ref int room, int depth)
    {
        foreach (var field in fields)
        {
            if (!Values(field.GetValue(x), field.GetValue(y), ref room, depth + 1))
                return false;
        }

        return true;
    }

    private static bool Tuples(ITuple x, ITuple y, ref int room, int depth)
    {
        if (x.Length != y.Length)
            return false;

        for (var i = 0; i < x.Length; i++)
        {
            if (!Values(x[i], y[i], ref room, depth + 1))
                return false;
        }

        return true;
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

    /// <summary>Those that both have are taken out; what remains, such as lists in a set, is looked for one by one.</summary>
    private static bool Sets(IEnumerable x, IEnumerable y, ref int room, int depth)
    {
        var others = y.Cast<object?>().ToList();
        var mine = x.Cast<object?>().ToList();
        if (mine.Count != others.Count)
            return false;

        var rest = others.ToHashSet();
        foreach (var item in mine.Where(item => !rest.Remove(item)).ToList())
        {
            var found = false;
            foreach (var other in rest)
            {
                found = room-- > 0 && Values(item, other, ref room, depth + 1) && rest.Remove(other);
                if (found)
                    break;
            }

            if (!found)
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
