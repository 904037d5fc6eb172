namespace Terminal;

/// <summary>Draws a rate as one row: a bar for each quarter of a second, and behind them the digits.</summary>
internal static class RatePane
{
    private const string Levels = " ▁▂▃▄▅▆▇█";

    /// <summary>One row of exactly this width: as many bars as there is room for, the newest at the right, then the rate and its peak.</summary>
    public static string Row(RateNow rate, int width)
    {
        var peak = $"{rate.Peak:N0}";
        var digits = $" {$"{rate.PerSecond:N0}".PadLeft(peak.Length)}/s, peak {peak}";
        return digits.Length <= width
            ? Sparkline(rate.Quarters, width - digits.Length) + digits
            : digits.TrimStart().PadRight(width)[..width];
    }

    /// <summary>The last of the counts as bars, at the right edge: nothing is blank, and the most of those that are seen is the highest.</summary>
    public static string Sparkline(ReadOnlySpan<int> counts, int width)
    {
        var seen = counts[^Math.Min(width, counts.Length)..];
        var most = 1;
        foreach (var count in seen)
            most = Math.Max(most, count);

        var bars = new char[seen.Length];
        for (var i = 0; i < bars.Length; i++)
            bars[i] = Levels[(int)Math.Ceiling(seen[i] * (Levels.Length - 1.0) / most)];
        return new string(bars).PadLeft(width);
    }
}
