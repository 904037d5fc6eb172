using System.Text.RegularExpressions;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Terminal;

/// <summary>As much of Markdown as a growing answer in a terminal needs, wrapped to a width.</summary>
internal static partial class Markdown
{
    private static readonly Style Heading = new(Color.Aqua, decoration: Decoration.Bold);
    private static readonly Style Code = new(Color.Grey70);
    private static readonly Style InlineCode = new(Color.Orange1);
    private static readonly Style Strong = new(decoration: Decoration.Bold);
    private static readonly Style Emphasis = new(decoration: Decoration.Italic);
    private static readonly Style Bullet = new(Color.Aqua);
    private static readonly Style Quote = new(Color.Grey, decoration: Decoration.Italic);

    /// <summary>The last lines of the text, at most <paramref name="count"/> of them.</summary>
    public static List<SegmentLine> LastLines(string text, RenderOptions options, int width, int count = int.MaxValue)
    {
        var source = text.Split('\n');
        var wrapped = new List<SegmentLine>();
        var isCode = false;
        for (var i = 0; i < source.Length; i++)
        {
            var isFence = source[i].StartsWith("```", StringComparison.Ordinal);

            // Each line of the source makes at least one on the screen, but for fences; so many more cannot be seen.
            if (!isFence && (source.Length - i) / 2 <= count)
                wrapped.AddRange(isCode ? WrapCode(source[i], width) : WrapProse(source[i], options, width));
            isCode ^= isFence;
        }

        return wrapped.Count > count ? wrapped[^count..] : wrapped;
    }

    private static List<SegmentLine> WrapCode(string line, int width) =>
        line.Length == 0 ? [[]] : Indent(Segment.SplitLines([new Segment(line, Code)], Math.Max(1, width - 4)), new Segment("  │ ", Quote), new Segment("  │ ", Quote));

    private static List<SegmentLine> WrapProse(string line, RenderOptions options, int width)
    {
        if (HeadingLine().Match(line) is { Success: true } heading)
            return Wrap(heading.Groups[1].Value, Heading, options, width);
        if (line.StartsWith("> ", StringComparison.Ordinal))
            return Indent(Wrap(line[2..], Quote, options, width - 2), new Segment("▌ ", Bullet), new Segment("▌ ", Bullet));
        if (BulletLine().Match(line) is { Success: true } bullet)
        {
            var sign = bullet.Groups[1].Value is "-" or "*" ? " •" : bullet.Groups[1].Value;
            return Indent(
                Wrap(bullet.Groups[2].Value, Style.Plain, options, width - sign.Length - 1),
                new Segment($"{sign} ", Bullet),
                new Segment(new string(' ', sign.Length + 1)));
        }

        return Wrap(line, Style.Plain, options, width);
    }

    private static List<SegmentLine> Wrap(string text, Style style, RenderOptions options, int width)
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
                '`' => (span.Value[1..^1], InlineCode),
                _ when span.Value.StartsWith("**", StringComparison.Ordinal) => (span.Value[2..^2], Strong),
                _ => (span.Value[1..^1], Emphasis),
            };
            paragraph.Append(inner, style.Combine(look));
            position = span.Index + span.Length;
        }

        paragraph.Append(text[position..], style);
        return Segment.SplitLines(((IRenderable)paragraph).Render(options, Math.Max(1, width)), Math.Max(1, width));
    }

    private static List<SegmentLine> Indent(List<SegmentLine> lines, Segment first, Segment others)
    {
        for (var i = 0; i < lines.Count; i++)
            lines[i].Insert(0, i == 0 ? first : others);
        return lines;
    }

    [GeneratedRegex(@"^#{1,6} (.*)$")]
    private static partial Regex HeadingLine();

    [GeneratedRegex(@"^\s*([-*]|\d+\.) (.*)$")]
    private static partial Regex BulletLine();

    [GeneratedRegex(@"`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*")]
    private static partial Regex Span();
}

/// <summary>Lines that are wrapped already.</summary>
internal sealed class Lines(IEnumerable<SegmentLine> lines) : Renderable
{
    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        foreach (var line in lines)
        {
            foreach (var segment in line)
                yield return segment;
            yield return Segment.LineBreak;
        }
    }
}
