using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Markdig;
using Markdig.Syntax;

namespace RxTokens.Tests;

/// <summary>Markdown of difficult pieces, and what Markdig, a parser of whole texts, says of it.</summary>
internal static partial class MarkdownTexts
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePreciseSourceLocation().Build();

    private static readonly Gen<string> Pieces = Gen.Frequency(
        (10, Gen.Constant("\n")),
        (2, Gen.Constant("\n\n")),
        (1, Gen.Elements("\r\n", "\r", "\n \t\n")),
        (6, Gen.Elements(" ", "  ", "   ", "    ", "\t", " \t")),
        (8, Gen.Elements("> ", ">", "- ", "-", "* ", "+ ", "1. ", "1) ", "2. ", "10. ", "123456789. ", "  - ", "- - ")),
        (7, Gen.Elements("```", "````", "~~~", "~~~~~", "``", "`", "~", "```cs", "~~~ x y")),
        (5, Gen.Elements("#", "# ", "## a", "===", "=", "---", "--", "***", "_ _ _", "* * *")),
        (4, Gen.Elements("<div>", "</div>", "<!--", "-->", "<b>", "</b>", "<pre>", "</pre>", "<?", "?>", "<!A", "<![CDATA[", "]]>", "<a b='c'", ">", "<li")),
        (3, Gen.Elements("[a]: /u", "[a]:", "[a]", "/u", "'t'", "\"t", "<u>", "\\")),
        (6, Gen.Elements("a", "b c", "é", "😀", "*", "x\n", "text\n")));

    /// <summary>Markdown in which anything may stand behind anything.</summary>
    public static Gen<string> Any { get; } = Pieces.ListOf().Select(string.Concat);

    /// <summary>Whether the text has something in which Markdig differs from CommonMark (and from its reference implementation in JavaScript).</summary>
    public static bool IsReadDifferentlyByMarkdig(string text) =>
        IndentedItem().IsMatch(text) || EmptyLineInItem().IsMatch(text) || CodeInItem().IsMatch(text) || SignsUnderDefinition().IsMatch(text)
        || BlanksAfterReturn().IsMatch(text) || RuleBehindFence().IsMatch(text);

    // The mark of a list item that is indented by four columns or more is code or text.
    [GeneratedRegex(@"(    |\t) *([-+*]|[0-9]+[.)])", RegexOptions.ExplicitCapture)]
    private static partial Regex IndentedItem();

    // An item that begins with an empty line has the indented lines behind it, unless another empty one comes first; its list may go on.
    [GeneratedRegex(@"([-+*]|[0-9]+[.)])[ \t]*(\n|\r\n?)([ \t]|\s*[\r\n])", RegexOptions.ExplicitCapture)]
    private static partial Regex EmptyLineInItem();

    // So has one that begins with indented code.
    [GeneratedRegex(@"([-+*]|[0-9]+[.)])(     | *\t)", RegexOptions.ExplicitCapture)]
    private static partial Regex CodeInItem();

    // A line of signs under nothing but definitions of link references is text, and makes no heading.
    [GeneratedRegex(@"\]:.*[\r\n]\s*(=+|-+)[ \t]*([\r\n]|$)", RegexOptions.ExplicitCapture)]
    private static partial Regex SignsUnderDefinition();

    // A rule that ends an item, and with it a fence, is no item.
    [GeneratedRegex(@"(```|~~~)(.|[\r\n])*[\r\n] *(?<sign>[-*_])[ \t]*\k<sign>[ \t]*\k<sign>", RegexOptions.ExplicitCapture)]
    private static partial Regex RuleBehindFence();

    // A carriage return ends a line, and blanks behind it are the next.
    [GeneratedRegex(@"\r[ \t]+[\r\n]", RegexOptions.ExplicitCapture)]
    private static partial Regex BlanksAfterReturn();

    /// <summary>The top-level blocks and all below them.</summary>
    public static MarkdownDocument Parse(string text) => Markdown.Parse(text, Pipeline);
}
