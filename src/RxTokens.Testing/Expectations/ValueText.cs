using System.Collections;
using System.Globalization;

namespace RxTokens;

/// <summary>A value as people want to read it.</summary>
internal static class ValueText
{
    private const int Longest = 200;

    public static string Of(object? value)
    {
        var text = value switch
        {
            null => "null",
            string s => s,
            IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
            IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Take(Longest).Select(Of))}]",
            _ => value.ToString() ?? "",
        };
        return text.Length <= Longest ? text : $"{text.AsSpan(0, Longest)}…";
    }
}
