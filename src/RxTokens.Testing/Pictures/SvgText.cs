using System.Globalization;
using System.Text;

namespace RxTokens;

/// <summary>How wide text is drawn, without a font at hand, and times and numbers as they are written in a picture.</summary>
internal static class SvgText
{
    /// <summary>Of what is written in marbles, and names.</summary>
    public const int Normal = 13;

    /// <summary>Of everything else.</summary>
    public const int Small = 11;

    /// <summary>Pixels, on the safe side: fonts of fixed pitch take about 0.6 of their size.</summary>
    public static int Width(string text, int size) => ((TextWidth.Of(text) * size * 62) + 99) / 100;

    /// <summary>As much of a text as fits.</summary>
    public static string Cut(string text, int size, int width) => TextWidth.Cut(text, Math.Max(1, width * 100 / (size * 62)));

    /// <summary>A text in lines, divided between words.</summary>
    public static IReadOnlyList<string> Lines(string text, int size, int width, int most)
    {
        var lines = new List<string>();
        var line = "";
        foreach (var word in text.Split(' '))
        {
            var longer = line.Length == 0 ? word : $"{line} {word}";
            if (line.Length == 0 || Width(longer, size) <= width)
            {
                line = longer;
            }
            else
            {
                lines.Add(line);
                line = word;
            }
        }

        lines.Add(line);
        if (lines.Count > most)
            lines[most - 1] += " …";
        return [.. lines.Take(most).Select(l => Cut(l, size, width))];
    }

    /// <summary>A time as people write it: <c>95 ms</c>, <c>2 s</c>.</summary>
    public static string Time(TimeSpan time)
    {
        var culture = CultureInfo.InvariantCulture;
        var ticks = time.Ticks;
        if (ticks != 0 && ticks % TimeSpan.TicksPerMinute == 0)
            return string.Create(culture, $"{ticks / TimeSpan.TicksPerMinute} min");
        if (ticks != 0 && ticks % TimeSpan.TicksPerSecond == 0)
            return string.Create(culture, $"{ticks / TimeSpan.TicksPerSecond} s");

        return string.Create(culture, $"{(decimal)ticks / TimeSpan.TicksPerMillisecond:0.####} ms");
    }

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Adds a line, with numbers as everybody writes them.</summary>
    public static void Line(this StringBuilder svg, FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
