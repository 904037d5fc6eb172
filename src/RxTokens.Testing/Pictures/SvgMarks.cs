using System.Text;

namespace RxTokens;

/// <summary>Draws what is on the lines. The same item has the same colour in all rows, and one made of such letters has theirs.</summary>
internal sealed class SvgMarks
{
    private const int MostLetters = 12;
    private const int Half = ChartCell.MarbleHeight / 2;

    private readonly StringBuilder _svg;
    private readonly Dictionary<string, int> _colours = [];

    public SvgMarks(StringBuilder svg, IEnumerable<ChartRow> rows)
    {
        _svg = svg;
        var items = rows.SelectMany(row => row.Symbols).Where(symbol => symbol.Kind == MarbleKind.Value).Select(symbol => symbol.Text).Distinct().ToList();

        // Letters first, in order of appearance: what is made of them needs no colour of its own.
        foreach (var item in items.Where(item => TextWidth.Characters(item).Count() == 1))
            _colours.Add(item, _colours.Count % ChartStyle.Colours);
        var others = items.Where(item => !_colours.ContainsKey(item) && Letters(item) is null).ToList();
        foreach (var item in others)
            _colours.Add(item, _colours.Count % ChartStyle.Colours);
    }

    public void Draw(SvgRow row, ChartCell cell, int x)
    {
        if (cell.IsGroup)
            _svg.Line($"<rect class=\"group\" x=\"{x - cell.Left}\" y=\"{row.Y - (cell.Height / 2)}\" width=\"{cell.Left + cell.RightOfMarks}\" height=\"{cell.Height}\" rx=\"{Half + ChartCell.Padding}\"/>");
        foreach (var mark in cell.Marks)
        {
            var words = mark.IsRest ? $"{mark.Text} at {SvgText.Time(mark.Symbol.Time)}" : ChartWords.Of(mark.Symbol, row.Row.Kind);
            _svg.Line($"<g class=\"mark\"><title>{Printable.Xml(words)}</title>");
            Draw(mark, x + mark.X, row.Y + mark.Y);
            _svg.Append("</g>\n");
        }
    }

    private void Draw(ChartMark mark, int x, int y)
    {
        switch (mark.Symbol.Kind)
        {
            case MarbleKind.Completion:
                _svg.Line($"<path class=\"ending\" d=\"M{x} {y - Half}V{y + Half}\"/>");
                break;
            case MarbleKind.Error:
                _svg.Line($"<path class=\"cross\" d=\"M{x - 7} {y - 7}l14 14M{x - 7} {y + 7}l14 -14\"/>");
                if (mark.Text.Length > 0)
                    _svg.Line($"<text class=\"failure\" x=\"{x + 14}\" y=\"{y + 4}\">{Printable.Xml(mark.Text)}</text>");
                break;
            case MarbleKind.Subscribe:
                _svg.Line($"<path class=\"bracket\" d=\"M{x + 3} {y - 9}h-4v18h4\"/>");
                break;
            case MarbleKind.Unsubscribe:
                _svg.Line($"<path class=\"bracket\" d=\"M{x - 3} {y - 9}h4v18h-4\"/>");
                break;
            case MarbleKind.Cancellation:
                _svg.Line($"<circle class=\"request\" cx=\"{x}\" cy=\"{y}\" r=\"8\"/><path class=\"cross cancel\" d=\"M{x - 3} {y - 3}l6 6M{x - 3} {y + 3}l6 -6\"/>");
                break;
            case MarbleKind.Request:
                var half = mark.Width / 2;
                _svg.Line($"<path class=\"request\" d=\"M{x - half} {y + 10}v-15l{half} -7l{half} 7v15z\"/><text class=\"count{(mark.Symbol.Count == long.MaxValue ? " all" : "")}\" x=\"{x}\" y=\"{y + 6}\">{mark.Text}</text>");
                break;
            default:
                DrawItem(mark, x, y);
                break;
        }
    }

    private void DrawItem(ChartMark mark, int x, int y)
    {
        var left = x - (mark.Width / 2);
        if (mark.IsRest)
            _svg.Line($"<rect class=\"request\" x=\"{left}\" y=\"{y - Half}\" width=\"{mark.Width}\" height=\"{2 * Half}\" rx=\"4\"/>");
        else if (_colours.TryGetValue(mark.Symbol.Text, out var colour) && mark.Width == 2 * Half)
            _svg.Line($"<circle class=\"marble c{colour} e{colour}\" cx=\"{x}\" cy=\"{y}\" r=\"{Half}\"/>");
        else if (_colours.TryGetValue(mark.Symbol.Text, out colour))
            _svg.Line($"<rect class=\"marble c{colour} e{colour}\" x=\"{left}\" y=\"{y - Half}\" width=\"{mark.Width}\" height=\"{2 * Half}\" rx=\"{Half}\"/>");
        else
            DrawLetters(Letters(mark.Symbol.Text)!, left, y, mark.Width);
        _svg.Line($"<text class=\"value\" x=\"{x}\" y=\"{y + 4}.5\">{Printable.Xml(mark.Text)}</text>");
    }

    /// <summary>A marble in stripes, each in the colour of its letter.</summary>
    private void DrawLetters(IReadOnlyList<string> letters, int left, int y, int width)
    {
        var widths = letters.Select(letter => SvgText.Width(letter, SvgText.Normal)).ToList();
        var begin = left + ((width - widths.Sum()) / 2);
        var x = left;
        for (var i = 0; i < letters.Count; i++)
        {
            begin += widths[i];
            var end = i == letters.Count - 1 ? left + width : begin;
            var (first, last) = (i == 0 ? Half : 0, i == letters.Count - 1 ? Half : 0);
            _svg.Line($"<path class=\"c{_colours[letters[i]]}\" d=\"M{x + first} {y - Half}H{end - last}{Turn(last, 1)}H{x + first}{Turn(first, -1)}z\"/>");
            x = end;
        }

        _svg.Line($"<rect class=\"outline\" x=\"{left}\" y=\"{y - Half}\" width=\"{width}\" height=\"{2 * Half}\" rx=\"{Half}\"/>");

        static string Turn(int radius, int down) => radius == 0
            ? SvgText.Format($"v{down * 2 * Half}")
            : SvgText.Format($"a{radius} {radius} 0 0 1 0 {down * 2 * radius}");
    }

    private List<string>? Letters(string item)
    {
        var letters = TextWidth.Characters(item).Take(MostLetters + 1).ToList();
        return letters.Count is > 1 and <= MostLetters && letters.TrueForAll(_colours.ContainsKey) ? letters : null;
    }
}
