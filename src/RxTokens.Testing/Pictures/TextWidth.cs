using System.Globalization;
using System.Text;

namespace RxTokens;

/// <summary>How many columns text takes on a screen of fixed pitch.</summary>
internal static class TextWidth
{
    private const string Ellipsis = "…";
    private const char EmojiStyle = '\ufe0f';

    public static int Of(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text.Length;

        var width = 0;
        for (var i = 0; i < text.Length; i += Length(text, i))
            width += Of(text.AsSpan(i, Length(text, i)));
        return width;
    }

    /// <summary>The text, or as much of it as fits with an ellipsis; what is one character to a reader is not divided.</summary>
    public static string Cut(string text, int columns)
    {
        if (Of(text) <= columns)
            return text;

        var width = Ellipsis.Length;
        var end = 0;
        while (width + Of(text.AsSpan(end, Length(text, end))) <= columns)
        {
            width += Of(text.AsSpan(end, Length(text, end)));
            end += Length(text, end);
        }

        return text[..end] + Ellipsis;
    }

    /// <summary>What a reader takes for one character each.</summary>
    public static IEnumerable<string> Characters(string text)
    {
        for (var i = 0; i < text.Length; i += Length(text, i))
            yield return text.Substring(i, Length(text, i));
    }

    private static int Length(string text, int index) => StringInfo.GetNextTextElementLength(text, index);

    private static int Of(ReadOnlySpan<char> character)
    {
        Rune.DecodeFromUtf16(character, out var first, out _);
        if (IsWide(first.Value) || character.Contains(EmojiStyle) || (IsFlagLetter(first.Value) && character.Length == 4))
            return 2;

        return Rune.GetUnicodeCategory(first) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format ? 0 : 1;
    }

    private static bool IsFlagLetter(int rune) => rune is >= 0x1f1e6 and <= 0x1f1ff;

    // East Asian wide characters, and those that are emoji without being asked to.
    private static bool IsWide(int rune) => rune
        is (>= 0x1100 and <= 0x115f) or (>= 0x2e80 and <= 0x303e) or (>= 0x3041 and <= 0xa4cf) or (>= 0xa960 and <= 0xa97c)
        or (>= 0xac00 and <= 0xd7a3) or (>= 0xf900 and <= 0xfaff)
        or (>= 0xfe30 and <= 0xfe6f) or (>= 0xff00 and <= 0xff60) or (>= 0xffe0 and <= 0xffe6) or (>= 0x1f300 and <= 0x1faff)
        or (>= 0x20000 and <= 0x3fffd)
        or 0x231a or 0x231b or 0x2329 or 0x232a or (>= 0x23e9 and <= 0x23ec) or 0x23f0 or 0x23f3 or 0x25fd or 0x25fe or 0x2614 or 0x2615
        or (>= 0x2648 and <= 0x2653) or 0x267f or 0x2693 or 0x26a1 or 0x26aa or 0x26ab or 0x26bd or 0x26be or 0x26c4 or 0x26c5 or 0x26ce
        or 0x26d4 or 0x26ea or 0x26f2 or 0x26f3 or 0x26f5 or 0x26fa or 0x26fd or 0x2705 or 0x270a or 0x270b or 0x2728 or 0x274c or 0x274e
        or (>= 0x2753 and <= 0x2755) or 0x2757 or (>= 0x2795 and <= 0x2797) or 0x27b0 or 0x27bf or 0x2b1b or 0x2b1c or 0x2b50 or 0x2b55
        or 0x1f004 or 0x1f0cf or 0x1f18e or (>= 0x1f191 and <= 0x1f19a) or (>= 0x1f200 and <= 0x1f265);
}
