using System.Collections;

namespace RxTokens;

/// <summary>What counts as the same value and the same failure.</summary>
internal static class Alike
{
    /// <summary>Equal, or sequences of the same items: what Rx's Buffer makes is compared by what is in it.</summary>
    public static bool Values(object? x, object? y)
    {
        if (Equals(x, y))
            return true;
        if (x is null or string || y is null or string || x is not IEnumerable xs || y is not IEnumerable ys)
            return false;

        var others = ys.GetEnumerator();
        foreach (var item in xs)
        {
            if (!others.MoveNext() || !Values(item, others.Current))
                return false;
        }

        return !others.MoveNext();
    }

    /// <summary>The same instance, or the same type and message.</summary>
    public static bool Errors(Exception x, Exception y) =>
        ReferenceEquals(x, y) || (x.GetType() == y.GetType() && x.Message == y.Message);
}
