using System.Globalization;
using System.Text;

namespace RxTokens;

/// <summary>Text as it is written in C#, so that it can be pasted into a test.</summary>
internal static class CSharp
{
    /// <summary>What stands between the quotes of a literal.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var character in TextWidth.Characters(text))
        {
            if (Printable.Of(character) == character && character is not ("\"" or "\\"))
                escaped.Append(character);
            else
                foreach (var unit in character)
                    escaped.Append(Escape(unit));
        }

        return escaped.ToString();
    }

    /// <summary>The value as a literal; null if there is none of its type.</summary>
    public static string? Literal(object? value) => value switch
    {
        null => "null",
        string text => $"\"{Escape(text)}\"",
        bool truth => truth ? "true" : "false",
        int or long => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        double number when double.IsFinite(number) => number.ToString("R", CultureInfo.InvariantCulture),
        _ => null,
    };

    private static string Escape(char unit) => unit switch
    {
        '"' => "\\\"",
        '\\' => @"\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ when char.IsSurrogate(unit) || char.IsControl(unit) || Printable.Of(unit.ToString()) != unit.ToString() => $"\\u{(int)unit:x4}",
        _ => unit.ToString(),
    };
}
