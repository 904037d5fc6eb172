using System.Collections.Frozen;

namespace RxTokens;

/// <summary>The seven kinds of HTML blocks of CommonMark 0.31.2, 4.6: how their first line begins, and how the last ends.</summary>
internal static class MarkdownHtml
{
    private static readonly FrozenSet<string> Verbatim = FrozenSet.ToFrozenSet(["pre", "script", "style", "textarea"], StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Blocks = FrozenSet.ToFrozenSet(
        [
            "address", "article", "aside", "base", "basefont", "blockquote", "body", "caption", "center", "col", "colgroup", "dd", "details", "dialog",
            "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6",
            "head", "header", "hr", "html", "iframe", "legend", "li", "link", "main", "menu", "menuitem", "nav", "noframes", "ol", "optgroup", "option",
            "p", "param", "search", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "track", "ul",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>The kind of block, from 1 to 7, that a line which begins with a <c>&lt;</c> begins; 0 for none.</summary>
    public static int Begins(ReadOnlySpan<char> line, bool mayBeAnyTag)
    {
        var isEnd = line.Length > 1 && line[1] == '/';
        var name = TagName(line[(isEnd ? 2 : 1)..]);
        var rest = line[((isEnd ? 2 : 1) + name.Length)..];
        var isVerbatim = Verbatim.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name);
        if (!isEnd && isVerbatim && (rest.IsEmpty || rest[0] is ' ' or '\t' or '>'))
            return 1;
        if (line.StartsWith("<!--"))
            return 2;
        if (line.StartsWith("<?"))
            return 3;
        if (line.Length > 2 && line[1] == '!' && char.IsAsciiLetter(line[2]))
            return 4;
        if (line.StartsWith("<![CDATA["))
            return 5;
        if (Blocks.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name) && (rest.IsEmpty || rest[0] is ' ' or '\t' or '>' || rest.StartsWith("/>")))
            return 6;
        if (mayBeAnyTag && (isEnd || !isVerbatim) && TagLength(line) is var length and > 0 && line[length..].IndexOfAnyExcept(' ', '\t') < 0)
            return 7;
        return 0;
    }

    /// <summary>Whether a block of one of the first five kinds ends with this line.</summary>
    public static bool Ends(int kind, ReadOnlySpan<char> line) => kind switch
    {
        1 => line.Contains("</pre>", StringComparison.OrdinalIgnoreCase) || line.Contains("</script>", StringComparison.OrdinalIgnoreCase)
            || line.Contains("</style>", StringComparison.OrdinalIgnoreCase) || line.Contains("</textarea>", StringComparison.OrdinalIgnoreCase),
        2 => line.Contains("-->", StringComparison.Ordinal),
        3 => line.Contains("?>", StringComparison.Ordinal),
        4 => line.Contains('>'),
        _ => line.Contains("]]>", StringComparison.Ordinal),
    };

    /// <summary>The length of the comment (6.6) that begins the text, to the end of it where it is not closed yet.</summary>
    public static int CommentLength(ReadOnlySpan<char> text)
    {
        var end = text[2..].IndexOf("-->", StringComparison.Ordinal); // <!--> is one
        return end < 0 ? text.Length : end + 5;
    }

    /// <summary>The length of the opening or closing tag (6.6) that the text begins with; 0 where there is none.</summary>
    public static int TagLength(ReadOnlySpan<char> text)
    {
        var isEnd = text.Length > 1 && text[1] == '/';
        var at = isEnd ? 2 : 1;
        var name = TagName(text[at..]).Length;
        if (name == 0)
            return 0;

        at += name;
        while (true)
        {
            var blanks = Blanks(text[at..]);
            at += blanks;
            if (at == text.Length)
                return 0;
            if (text[at] == '>')
                return at + 1;
            if (isEnd)
                return 0;
            if (text[at] == '/')
                return at + 1 < text.Length && text[at + 1] == '>' ? at + 2 : 0;
            if (blanks == 0 || AttributeLength(text[at..]) is not (> 0 and var length))
                return 0;
            at += length;
        }
    }

    private static int AttributeLength(ReadOnlySpan<char> text)
    {
        if (!char.IsAsciiLetter(text[0]) && text[0] is not ('_' or ':'))
            return 0;

        var at = 1;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '.' or ':' or '-'))
            at++;
        var equals = at + Blanks(text[at..]);
        if (equals == text.Length || text[equals] != '=')
            return at;

        at = equals + 1 + Blanks(text[(equals + 1)..]);
        if (at == text.Length)
            return 0;
        if (text[at] is '"' or '\'')
            return text[(at + 1)..].IndexOf(text[at]) is var end and >= 0 ? at + end + 2 : 0;

        var value = text[at..].IndexOfAny(" \t\r\n\"'=<>`") is var stop and >= 0 ? stop : text.Length - at;
        return value > 0 ? at + value : 0;
    }

    private static int Blanks(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(" \t\r\n") is var end and >= 0 ? end : text.Length;

    private static ReadOnlySpan<char> TagName(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !char.IsAsciiLetter(text[0]))
            return [];

        var length = 1;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || text[length] == '-'))
            length++;
        return text[..length];
    }
}
