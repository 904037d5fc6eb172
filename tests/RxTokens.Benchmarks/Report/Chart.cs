using System.Security;
using System.Text;

namespace RxTokens.Benchmarks;

/// <summary>Draws what an item costs: a group of bars for each scenario, ours first.</summary>
internal static class Chart
{
    private const int Width = 960;
    private const int Margin = 28;
    private const int BarLeft = 300;
    private const int BarRight = Width - 100; // the longest bar's figure stands behind it
    private const int Top = 104;
    private const int BarHeight = 14;
    private const int Row = 20;
    private const int Heading = 26;
    private const int Gap = 12;
    private const int Foot = 58;

    private const string Style = """
        text { fill: #3b4250; font-size: 12.5px; }
        .title { fill: #14181f; font-size: 20px; font-weight: 600; }
        .heading { fill: #14181f; font-size: 13.5px; font-weight: 600; }
        .ours { fill: #0b6bcb; font-weight: 600; }
        rect.rival { fill: #a9b4c4; }
        .grid { stroke: #e2e6ec; }
        .small { fill: #5b6472; font-size: 12px; }
        """;

    public static string Draw(IReadOnlyList<Comparison> comparisons)
    {
        var all = comparisons.SelectMany(Bars).Select(bar => bar.Nanoseconds).ToList();
        var scale = new Scale(all.Min(), all.Max());
        var bottom = Top + comparisons.Sum(HeightOf);
        var svg = new StringBuilder();
        svg.Append($"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {bottom + Foot}" width="{Width}" height="{bottom + Foot}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif">
            <title>What an item costs, ours beside each rival</title>
            <style>
            {Style}
            </style>
            <rect width="100%" height="100%" rx="10" fill="#ffffff" stroke="#d5dae2"/>
            <text class="title" x="{Margin}" y="42">What an item costs, ours beside each rival</text>
            <rect class="ours" x="{Margin}" y="59" width="12" height="12" rx="2"/><text x="{Margin + 18}" y="70">RxTokens</text>
            <rect class="rival" x="{Margin + 96}" y="59" width="12" height="12" rx="2"/><text x="{Margin + 114}" y="70">what it is compared with</text>

            """);

        foreach (var tick in scale.Ticks)
            svg.Append($"""
                <text class="small" x="{scale.X(tick):F1}" y="{Top - 14}" text-anchor="middle">{tick:N0}</text>
                <text class="small" x="{scale.X(tick):F1}" y="{bottom + 18}" text-anchor="middle">{tick:N0}</text>

                """);

        var y = Top;
        foreach (var comparison in comparisons)
        {
            AddGroup(svg, comparison, scale, y);
            y += HeightOf(comparison);
        }

        svg.Append($"""
            <text class="small" x="{(BarLeft + BarRight) / 2}" y="{bottom + 42}" text-anchor="middle">{Scale.Label}</text>
            </svg>

            """);
        return svg.ToString();
    }

    private static void AddGroup(StringBuilder svg, Comparison comparison, Scale scale, int y)
    {
        svg.Append($"<text class=\"heading\" x=\"{Margin}\" y=\"{y + 17}\">{Escape(comparison.Name)}</text>\n");
        y += Heading;
        foreach (var tick in scale.Ticks) // beside the bars alone: a line through the headings would cross them out
            svg.Append($"""
                <line class="grid" x1="{scale.X(tick):F1}" y1="{y - 4}" x2="{scale.X(tick):F1}" y2="{y + (comparison.Rivals.Length + 1) * Row - 2}"/>

                """);

        foreach (var (name, nanoseconds, style) in Bars(comparison))
        {
            var end = scale.X(nanoseconds);
            svg.Append($"""
                <text class="{style}" x="{BarLeft - 10}" y="{y + 11.5}" text-anchor="end">{Escape(name)}</text>
                <rect class="{style}" x="{BarLeft}" y="{y}" width="{end - BarLeft:F1}" height="{BarHeight}" rx="2"/>
                <text class="{style}" x="{end + 6:F1}" y="{y + 11.5}">{nanoseconds:F1}</text>

                """);
            y += Row;
        }
    }

    private static IEnumerable<(string Name, double Nanoseconds, string Style)> Bars(Comparison comparison) =>
    [
        ("RxTokens", comparison.Ours.Nanoseconds, "ours"),
        .. comparison.Rivals.Select(rival => (rival.Rival, rival.Cost.Nanoseconds, "rival")),
    ];

    private static int HeightOf(Comparison comparison) => Heading + (comparison.Rivals.Length + 1) * Row + Gap;

    private static string Escape(string text) => SecurityElement.Escape(text);

    /// <summary>Logarithmic: the cheapest and the dearest item lie a factor of hundreds apart.</summary>
    private sealed class Scale(double least, double most)
    {
        public const string Label = "ns per item, lower is better (logarithmic scale: each line is ten times the one before)";

        private readonly double _from = Math.Floor(Math.Log10(least));
        private readonly double _to = Math.Log10(most);

        public IEnumerable<double> Ticks => Enumerable.Range((int)_from, (int)Math.Floor(_to) - (int)_from + 1).Select(power => Math.Pow(10, power));

        public double X(double nanoseconds) => BarLeft + (BarRight - BarLeft) * (Math.Log10(nanoseconds) - _from) / (_to - _from);
    }
}
