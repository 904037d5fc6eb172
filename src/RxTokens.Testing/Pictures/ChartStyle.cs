using System.Text;

namespace RxTokens;

/// <summary>Colours and fonts of a picture, for light and dark screens.</summary>
internal static class ChartStyle
{
    // Of each: the fill and the edge on a light screen, and on a dark one.
    private static readonly (string Fill, string Edge, string DarkFill, string DarkEdge)[] _items =
    [
        ("#d9e8fd", "#3a74c9", "#1b3a63", "#6ba3ee"),
        ("#ffe4cc", "#bd5f10", "#573012", "#e8965a"),
        ("#d5f0db", "#2b8249", "#1a432a", "#5fbf83"),
        ("#fddce6", "#c04068", "#571f37", "#eb80a4"),
        ("#e8e0fb", "#7a54c4", "#3b2b63", "#b197ec"),
        ("#f8ecb4", "#8f6f0c", "#473a0e", "#d1b045"),
        ("#cfeeee", "#1d7f82", "#134345", "#56bcbe"),
        ("#e9e4dc", "#7b6b55", "#3f382d", "#b8a78b"),
    ];

    /// <summary>How many items can be told apart by colour.</summary>
    public static int Colours => _items.Length;

    public static void Write(StringBuilder svg)
    {
        svg.Append("<style>\n");
        Rule(svg, "text", "font:11px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans',Arial,sans-serif;white-space:pre");
        Rule(svg, ".name,.value,.count,.code", "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace");
        Rule(svg, ".name,.value,.code", "font-size:13px");
        Rule(svg, ".heading,.all", "font-size:15px");
        Rule(svg, ".heading,.name,.count", "font-weight:600");
        Rule(svg, ".value,.count,.code,.at", "text-anchor:middle");
        Rule(svg, "path", "fill:none;stroke-linecap:round;stroke-linejoin:round");
        Rule(svg, ".line,.dashed,.window,.outline,.marble", "stroke-width:1.5");
        Rule(svg, ".thick,.bracket,.dots", "stroke-width:2");
        Rule(svg, ".ending,.cross", "stroke-width:3");
        Rule(svg, ".cancel", "stroke-width:2");
        Rule(svg, ".outline", "fill:none");
        Rule(svg, ".dashed", "stroke-dasharray:1 5");
        Rule(svg, ".guide", "stroke-dasharray:1 4");
        Colour(svg, ground: "#ffffff", panel: "#f3f6f9", frame: "#d5dbe3", ink: "#1f2328", muted: "#59636e", line: "#76818d", error: "#c8242f", dark: false);
        svg.Append("@media (prefers-color-scheme:dark){\n");
        Colour(svg, ground: "#0f141a", panel: "#19212b", frame: "#343d49", ink: "#e8edf3", muted: "#9ba5b1", line: "#7f8a97", error: "#ff7b78", dark: true);
        svg.Append("}\n</style>\n");
    }

    private static void Colour(StringBuilder svg, string ground, string panel, string frame, string ink, string muted, string line, string error, bool dark)
    {
        Rule(svg, ".ground", $"fill:{ground};stroke:{frame}");
        Rule(svg, ".panel", $"fill:{panel};stroke:{frame}");
        Rule(svg, ".group", $"fill:{ground};stroke:{line}");
        Rule(svg, ".request", $"fill:{panel};stroke:{line}");
        Rule(svg, "text,.arrowhead", $"fill:{ink}");
        Rule(svg, ".quiet,.at", $"fill:{muted}");
        Rule(svg, ".failure", $"fill:{error}");
        Rule(svg, ".source .arrowhead", $"fill:{line}");
        Rule(svg, ".line,.dashed,.window,.bracket,.dots,.tick,.outline", $"stroke:{line}");
        Rule(svg, ".guide", $"stroke:{frame}");
        Rule(svg, ".thick,.ending", $"stroke:{ink}");
        Rule(svg, ".cross", $"stroke:{error}");
        for (var i = 0; i < _items.Length; i++)
        {
            var (fill, edge) = dark ? (_items[i].DarkFill, _items[i].DarkEdge) : (_items[i].Fill, _items[i].Edge);
            Rule(svg, SvgText.Format($".c{i}"), $"fill:{fill}");
            Rule(svg, SvgText.Format($".e{i}"), $"stroke:{edge}");
        }
    }

    /// <summary>A rule for this picture alone, whatever page it is put into.</summary>
    private static void Rule(StringBuilder svg, string selectors, string declarations) =>
        svg.Append(string.Join(',', selectors.Split(',').Select(selector => $".marbles {selector}"))).Append('{').Append(declarations).Append("}\n");
}
