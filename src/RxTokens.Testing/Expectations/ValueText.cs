using System.Collections;
using System.Globalization;
using System.Text;

namespace RxTokens;

/// <summary>A value as people want to read it.</summary>
internal static class ValueText
{
    private const int Longest = 200;
    private const int Deepest = 8;

    public static string Of(object? value) => Of(value, 0);

    private static string Of(object? value, int depth)
    {
        var culture = CultureInfo.InvariantCulture;
        var text = value switch
        {
            null => "null",
            string s => s,
            DateTime or DateTimeOffset or DateOnly or TimeOnly => ((IFormattable)value).ToString("O", culture),
            IFormattable f => f.ToString(null, culture),
            IEnumerable when depth == Deepest => "[…]",
            IEnumerable list => Of(list, depth),
            _ => value.ToString() ?? "",
        };
        return text.Length <= Longest ? text : $"{text.AsSpan(0, char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest)}…";
    }

    /// <summary>No more items than are shown, however many there are.</summary>
    private static string Of(IEnumerable list, int depth)
    {
        var text = new StringBuilder("[");
        foreach (var item in list)
        {
            if (text.Length > Longest)
                break;
            text.Append(text.Length > 1 ? ", " : "").Append(Of(item, depth + 1));
        }

        return text.Append(']').ToString();
    }
}
