using System.Globalization;
using System.Text;

namespace RxTokens;

/// <summary>Text as it can be shown on a line and written into XML: what is neither visible nor allowed there is replaced by a sign for it.</summary>
internal static class Printable
{
    private const int ControlPictures = 0x2400;
    private const int PictureOfDelete = 0x2421;

    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;

        var printable = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            printable.Append(Of(rune));
        return printable.ToString();
    }

    /// <summary>A name on one line that is not too long; what is white in it is a space.</summary>
    public static string Name(string text, int columns) =>
        TextWidth.Cut(Of(string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))), columns);

    /// <summary>The same as XML, between tags or in double quotes.</summary>
    public static string Xml(string text) => Of(text)
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("\"", "&quot;", StringComparison.Ordinal);

    private static Rune Of(Rune rune) => rune.Value switch
    {
        < 0x20 => new Rune(ControlPictures + rune.Value),
        0x7f => new Rune(PictureOfDelete),
        0xfffe or 0xffff => Rune.ReplacementChar,

        // They would turn round or break what stands beside them.
        (>= 0x202a and <= 0x202e) or (>= 0x2066 and <= 0x2069) => Rune.ReplacementChar,
        _ when Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => Rune.ReplacementChar,
        _ => rune,
    };
}
