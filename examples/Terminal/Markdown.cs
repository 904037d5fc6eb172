using System.Text.RegularExpressions;
using RxTokens;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Terminal;

/// <summary>
/// As much of Markdown as a growing answer in a terminal needs, wrapped to a width. Nothing in the text controls the terminal:
/// it goes through <c>Printable()</c> first.
/// </summary>
internal static class Markdown
{
    private static readonly Style Thought = new(Color.Grey, decoration: Decoration.Dim);

    /// <summary>The last lines of the answer, and before it what the model thought; at most <paramref name="count"/> of them.</summary>
    public static List<SegmentLine> LastLines(string thoughts, string text, RenderOptions options, int width, int count = int.MaxValue)
    {
        var lines = LastLines(text, options, width, count);
        if (thoughts.Length == 0 || lines.Count >= count)
            return lines;

        var gap = text.Length == 0 ? [] : (SegmentLine[])[[]];
        var wraps = thoughts.Printable(ControlCharacters.Show).Split('\n').Select(line => (Func<List<SegmentLine>>)(() => Wrapping.Plain(line, Thought, options, width)));
        return LastOf([.. wraps, () => [.. gap, .. lines]], count);
    }

    /// <summary>The last lines of the text, at most <paramref name="count"/> of them.</summary>
    public static List<SegmentLine> LastLines(string text, RenderOptions options, int width, int count = int.MaxValue)
    {
        var blocks = new MarkdownBlocks(options, width);
        return LastOf([.. text.Printable(ControlCharacters.Show).Split('\n').Select(blocks.Next)], count);
    }

    /// <summary>
    /// What a line is depends on the ones before it; but wrapping is what takes time, and only the last lines are seen.
    /// </summary>
    private static List<SegmentLine> LastOf(Func<List<SegmentLine>>[] wraps, int count)
    {
        var wrapped = new Stack<List<SegmentLine>>();
        var rows = 0;
        for (var i = wraps.Length - 1; i >= 0 && rows < count; i--)
        {
            var lines = wraps[i]();
            wrapped.Push(lines);
            rows += lines.Count;
        }

        var last = wrapped.SelectMany(lines => lines).ToList();
        return last.Count > count ? last[^count..] : last;
    }
}

/// <summary>Markdown line by line: what a line is depends on the ones before it.</summary>
internal sealed partial class MarkdownBlocks(RenderOptions options, int width)
{
    private const int CodeIndent = 4; // so much further in, a fence is none

    private static readonly Style Heading = new(Color.Aqua, decoration: Decoration.Bold);
    private static readonly Style Code = new(Color.Grey70);
    private static readonly Style Bullet = new(Color.Aqua);
    private static readonly Style Quote = new(Color.Grey, decoration: Decoration.Italic);
    private static readonly string[] Bullets = ["•", "◦", "▪"];

    /// <summary>The list items that the line may be in, each with the columns of its sign and of its text.</summary>
    private readonly Stack<(int Sign, int Text)> _items = [];

    private Fence? _fence;

    /// <summary>What wraps the line, if it is seen; into nothing where it is a fence.</summary>
    public Func<List<SegmentLine>> Next(string line)
    {
        if (_fence is { } open)
        {
            if (!open.IsClosedBy(line))
                return WrapCode(open.Unindented(line), _items.Count);
            _fence = null;
            return Nothing;
        }

        var indent = line.Length - line.TrimStart(' ').Length;
        var item = ItemLine().Match(line);
        if (FenceLine().Match(line) is { Success: true } fence && indent < CodeIndent + (_items.TryPeek(out var inner) ? inner.Text : 0))
        {
            LeaveItems(indent, isItem: false);
            _fence = new Fence(fence.Groups[1].Value, indent);
            return Nothing;
        }

        if (item.Success)
            EnterItem(indent, item.Groups[1].Length + item.Groups[2].Length + 1);
        else if (line.Length > indent)
            LeaveItems(indent, isItem: false);
        var level = _items.Count;
        return () => Wrap(line, item, indent, level);
    }

    private static List<SegmentLine> Nothing() => [];

    private void EnterItem(int sign, int text)
    {
        LeaveItems(sign, isItem: true);
        _items.Push((sign, text));
    }

    /// <summary>A line belongs to the items that it is further in than; text by itself at the very left to none.</summary>
    private void LeaveItems(int indent, bool isItem)
    {
        while (_items.TryPeek(out var inner) && (isItem ? inner.Sign >= indent : inner.Sign >= indent && indent < inner.Text))
            _items.Pop();
    }

    private List<SegmentLine> Wrap(string line, Match item, int indent, int level)
    {
        if (item.Success)
        {
            var sign = item.Groups[2].Value is "-" or "*" or "+" ? $" {Bullets[(level - 1) % Bullets.Length]}" : item.Groups[2].Value;
            var before = Margin(level - 1) + sign + " ";
            return Indented(item.Groups[3].Value, Style.Plain, new Segment(before, Bullet), new Segment(new string(' ', before.Length)));
        }

        if (level > 0 && line.Length > indent)
        {
            var margin = new Segment(Margin(level) + " ");
            return Indented(line[indent..], Style.Plain, margin, margin);
        }

        if (HeadingLine().Match(line) is { Success: true } heading)
            return Wrapping.Inline(heading.Groups[1].Value, Heading, options, width);
        if (line.StartsWith("> ", StringComparison.Ordinal))
            return Indented(line[2..], Quote, new Segment("▌ ", Bullet), new Segment("▌ ", Bullet));
        return Wrapping.Inline(line, Style.Plain, options, width);
    }

    private Func<List<SegmentLine>> WrapCode(string line, int level) => () =>
    {
        var bar = new Segment(Margin(level) + "  │ ", Quote);
        return Wrapping.Indent(Wrapping.Code(line, Code, Math.Max(1, width - bar.Text.Length)), bar, bar);
    };

    private List<SegmentLine> Indented(string text, Style style, Segment first, Segment others) =>
        Wrapping.Indent(Wrapping.Inline(text, style, options, width - first.Text.Length), first, others);

    /// <summary>Two columns a level, and never more than half of the width.</summary>
    private string Margin(int level) => new(' ', Math.Min(2 * level, width / 2));

    [GeneratedRegex(@"^#{1,6} (.*)$")]
    private static partial Regex HeadingLine();

    [GeneratedRegex(@"^( *)([-*+]|\d{1,9}[.)]) (.*)$")]
    private static partial Regex ItemLine();

    [GeneratedRegex(@"^ *(`{3,}(?=[^`]*$)|~{3,})")]
    private static partial Regex FenceLine();

    /// <summary>What began a block of code, and how far in.</summary>
    private readonly record struct Fence(string Signs, int Indent)
    {
        public bool IsClosedBy(string line) =>
            line.Trim() is var end && end.Length >= Signs.Length && end.Trim(Signs[0]).Length == 0;

        public string Unindented(string line) => line[Math.Min(Indent, line.Length - line.TrimStart(' ').Length)..];
    }
}

/// <summary>Text cut into lines of a width.</summary>
internal static partial class Wrapping
{
    private static readonly Style InlineCode = new(Color.Orange1);
    private static readonly Style Strong = new(decoration: Decoration.Bold);
    private static readonly Style Emphasis = new(decoration: Decoration.Italic);

    /// <summary>Words in one style, as they are.</summary>
    public static List<SegmentLine> Plain(string line, Style style, RenderOptions options, int width) =>
        line.Length == 0 ? [[]] : Wrap(new Paragraph(line, style), options, width);

    /// <summary>Words, with what is strong, emphasized, or code in them.</summary>
    public static List<SegmentLine> Inline(string text, Style style, RenderOptions options, int width)
    {
        if (text.Length == 0)
            return [[]];

        var paragraph = new Paragraph();
        var position = 0;
        foreach (Match span in Span().Matches(text))
        {
            paragraph.Append(text[position..span.Index], style);
            var (inner, look) = span.Value[0] switch
            {
                '`' => (CodeIn(span.Groups["code"].Value), InlineCode),
                _ when span.Value.StartsWith("**", StringComparison.Ordinal) => (span.Value[2..^2], Strong),
                _ => (span.Value[1..^1], Emphasis),
            };
            paragraph.Append(inner, style.Combine(look));
            position = span.Index + span.Length;
        }

        paragraph.Append(text[position..], style);
        return Wrap(paragraph, options, width);
    }

    /// <summary>Code that has a backtick at its end has a space beside it.</summary>
    private static string CodeIn(string span) => span is [' ', _, .., ' '] ? span[1..^1] : span;

    /// <summary>Characters, cut where the line ends.</summary>
    public static List<SegmentLine> Code(string line, Style style, int width) =>
        line.Length == 0 ? [[]] : Segment.SplitLines([new Segment(line, style)], Math.Max(1, width));

    public static List<SegmentLine> Indent(List<SegmentLine> lines, Segment first, Segment others)
    {
        for (var i = 0; i < lines.Count; i++)
            lines[i].Insert(0, i == 0 ? first : others);
        return lines;
    }

    private static List<SegmentLine> Wrap(Paragraph paragraph, RenderOptions options, int width) =>
        Segment.SplitLines(((IRenderable)paragraph).Render(options, Math.Max(1, width)), Math.Max(1, width));

    [GeneratedRegex(@"(?<!`)(?>(?<ticks>`+))(?<code>[^`](?:.*?[^`])?)\k<ticks>(?!`)|\*\*[^*]+\*\*|\*[^*\s][^*]*\*")]
    private static partial Regex Span();
}

/// <summary>Lines that are wrapped already.</summary>
/// <param name="lines">The lines.</param>
/// <param name="end">
/// The column in which each of them ends, whatever a terminal makes of the characters in it: not all agree on how wide an emoji
/// is, and what is to the right must not move. Null where there is nothing to the right.
/// </param>
internal sealed class Lines(IEnumerable<SegmentLine> lines, int? end = null) : Renderable
{
    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        foreach (var line in lines)
        {
            foreach (var segment in line)
                yield return segment;
            if (end is { } column)
            {
                yield return new Segment(new string(' ', Math.Max(0, maxWidth - line.CellCount())));
                yield return Segment.Control($"\e[{column}G");
            }

            yield return Segment.LineBreak;
        }
    }
}
