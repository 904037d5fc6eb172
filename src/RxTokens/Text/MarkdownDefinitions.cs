namespace RxTokens;

/// <summary>Definitions of link references at the beginning of a paragraph (CommonMark 0.31.2, 4.7), and the parts of links (6.3).</summary>
internal static class MarkdownDefinitions
{
    private const int MaxLabel = 999;

    /// <summary>How many parentheses of a destination may be open, as in cmark: where many destinations have no end, each character is looked at so often.</summary>
    private const int MaxParentheses = 32;

    /// <summary>The length of the definitions that a paragraph begins with.</summary>
    public static int Length(ReadOnlySpan<char> paragraph)
    {
        var length = 0;
        while (length < paragraph.Length && DefinitionLength(paragraph[length..]) is var next and > 0)
            length += next;
        return length;
    }

    private static int DefinitionLength(ReadOnlySpan<char> text)
    {
        var at = LabelLength(text);
        if (at == 0 || at == text.Length || text[at] != ':')
            return 0;

        at += 1 + BlanksAndALineEnd(text[(at + 1)..]);
        var destination = DestinationLength(text[at..]);
        if (destination <= 0)
            return 0;

        at += destination;
        var blanks = BlanksAndALineEnd(text[at..]);
        if (blanks > 0 && at + blanks < text.Length && TitleLength(text[(at + blanks)..]) is var title and > 0
            && LineEnd(text[(at + blanks + title)..]) is var end and >= 0)
        {
            return at + blanks + title + end;
        }

        return LineEnd(text[at..]) is var rest and >= 0 ? at + rest : 0;
    }

    /// <summary>A label in brackets; 0 where there is none.</summary>
    public static int LabelLength(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text[0] != '[')
            return 0;

        var isBlank = true;
        for (var at = 1; at < text.Length && at <= MaxLabel + 1; at++)
        {
            if (text[at] == ']')
                return isBlank ? 0 : at + 1;
            if (text[at] == '[')
                return 0;
            if (text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '[' or ']' or '\\')
                at++;
            isBlank = isBlank && char.IsWhiteSpace(text[at]);
        }

        return 0;
    }

    /// <summary>A link's destination; 0 where there is none, less than 0 where the text ends before it does.</summary>
    public static int DestinationLength(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return -1;
        if (text[0] == '<')
            return EndOf(text, '>', "<\n");

        var depth = 0;
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (c == '\\' && at + 1 < text.Length && char.IsAscii(text[at + 1]) && (char.IsPunctuation(text[at + 1]) || char.IsSymbol(text[at + 1])))
                at++;
            else if (c == '(' && depth++ == MaxParentheses)
                return 0;
            else if (c == ')' && depth-- == 0)
                return at;
            else if (c <= ' ' || c == '\u007F')
                return depth == 0 ? at : 0;
        }

        return depth == 0 ? text.Length : -1;
    }

    /// <summary>A link's title; 0 where there is none, less than 0 where the text ends before it does.</summary>
    public static int TitleLength(ReadOnlySpan<char> text) => text.IsEmpty ? -1 : text[0] switch
    {
        '"' => EndOf(text, '"', ""),
        '\'' => EndOf(text, '\'', ""),
        '(' => EndOf(text, ')', "("),
        _ => 0,
    };

    private static int EndOf(ReadOnlySpan<char> text, char end, ReadOnlySpan<char> forbidden)
    {
        for (var at = 1; at < text.Length; at++)
        {
            if (text[at] == '\\')
                at++;
            else if (text[at] == end)
                return at + 1;
            else if (forbidden.Contains(text[at]))
                return 0;
        }

        return -1;
    }

    /// <summary>Spaces and tabs, and at most one line end among them.</summary>
    public static int BlanksAndALineEnd(ReadOnlySpan<char> text)
    {
        var at = Blanks(text);
        return at < text.Length && text[at] == '\n' ? at + 1 + Blanks(text[(at + 1)..]) : at;
    }

    private static int LineEnd(ReadOnlySpan<char> text)
    {
        var at = Blanks(text);
        return at == text.Length ? at : text[at] == '\n' ? at + 1 : -1;
    }

    private static int Blanks(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(' ', '\t') is var end and >= 0 ? end : text.Length;
}
