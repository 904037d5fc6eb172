using System.Text;

namespace RxTokens;

/// <summary>Rows as a picture: a time line for each, with names on the left and frames above.</summary>
internal sealed class ChartSvg
{
    private const int Margin = 20;
    private const int WidestName = 24;
    private const int NarrowestPicture = 360;
    private const int WidestForText = 720;
    private const int Heading = 15;
    private const int RulerHeight = 34;
    private const int HeadingHeight = 28;
    private const int MostRows = 64;

    private readonly StringBuilder _svg = new();
    private readonly TimeSpan _frameSize;
    private readonly string? _title;
    private readonly List<SvgRow> _rows;
    private readonly List<string> _remarks = [];
    private readonly ChartAxis _axis;
    private readonly SvgMarks _marks;
    private readonly int _top;
    private readonly int _width;
    private readonly int _bottom;

    public ChartSvg(IReadOnlyList<ChartRow> rows, TimeSpan frameSize, string? title)
    {
        _frameSize = frameSize;
        _title = string.IsNullOrWhiteSpace(title) ? null : title;
        _rows = [.. rows.Take(MostRows).Select(row => new SvgRow(row, frameSize))];

        var labels = _rows.SelectMany(row => row.Kind.Select(kind => SvgText.Width(kind, SvgText.Small)).Append(SvgText.Width(Name(row), SvgText.Normal)));
        var left = Margin + labels.Append(SvgText.Width("subscribed", SvgText.Small)).Max() + 16;
        _axis = new ChartAxis(_rows.SelectMany(row => row.Times), [.. _rows.Select(row => row.Cells)], frameSize, left);
        _marks = new SvgMarks(_svg, _rows.Select(row => row.Row));

        var headers = _rows.Where(row => row.HasHeader).Select(row => SvgText.Width(Printable.Of(row.Row.Label), SvgText.Normal) + (4 * Margin));
        var heading = SvgText.Width(Printable.Of(_title ?? ""), Heading) + (2 * Margin);
        _width = Math.Max(Math.Max(_axis.Right + Margin, NarrowestPicture), Math.Min(WidestForText, headers.Append(heading).Max()));
        _top = _title is null ? 10 : 10 + HeadingHeight;

        var y = _top + RulerHeight;
        foreach (var row in _rows)
            y = row.Place(y, Math.Max(120, _width - left - (2 * Margin)));
        if (_axis.End is { } end)
            _remarks.Add(SvgText.Number(_rows.Sum(row => row.Row.Symbols.Count(symbol => symbol.Time >= end))) + $" more marks from {SvgText.Time(end)} on are not drawn");
        if (rows.Count > MostRows)
            _remarks.Add(SvgText.Number(rows.Count - MostRows) + " more rows are not drawn");
        if (rows.Count == 0)
            _remarks.Add("no rows");
        _bottom = y + 12;
    }

    public string Draw()
    {
        var height = _bottom + (18 * _remarks.Count) + (_remarks.Count > 0 ? 4 : 0);
        _svg.Line($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{_width}\" height=\"{height}\" viewBox=\"0 0 {_width} {height}\" role=\"img\" class=\"marbles\">");
        _svg.Line($"<title>{Printable.Xml(_title ?? "Marble diagram")}</title>");
        var words = _rows.Select(row => ChartWords.Of(row.Row, row.Windows)).Concat(_remarks.Select(remark => $"{remark}."));
        _svg.Line($"<desc>{string.Join('\n', words.Select(Printable.Xml))}</desc>");
        ChartStyle.Write(_svg);
        _svg.Line($"<rect class=\"ground\" x=\"0.5\" y=\"0.5\" width=\"{_width - 1}\" height=\"{height - 1}\" rx=\"10\"/>");
        if (_title is not null)
            _svg.Line($"<text class=\"heading\" x=\"{Margin}\" y=\"30\">{Printable.Xml(SvgText.Cut(Printable.Of(_title), Heading, _width - (2 * Margin)))}</text>");

        foreach (var row in _rows.Where(row => row.IsResult))
            DrawPanel(row);
        if (_rows.Count > 0)
            DrawRuler();
        foreach (var row in _rows)
            DrawRow(row);
        for (var i = 0; i < _remarks.Count; i++)
            _svg.Line($"<text class=\"quiet\" x=\"{Margin}\" y=\"{_bottom + 8 + (18 * i)}\">{Printable.Xml(_remarks[i])}</text>");
        return _svg.Append("</svg>\n").ToString();
    }

    private static string Name(SvgRow row) => row.HasHeader ? "" : TextWidth.Cut(Printable.Of(row.Row.Label), WidestName);

    /// <summary>What comes out lies on a panel.</summary>
    private void DrawPanel(SvgRow row) =>
        _svg.Line($"<rect class=\"panel\" x=\"8.5\" y=\"{row.Top}.5\" width=\"{_width - 17}\" height=\"{row.Bottom - row.Top}\" rx=\"7\"/>");

    /// <summary>An operator's call is the heading of its panel.</summary>
    private void DrawHeader(SvgRow row)
    {
        var y = row.Top + SvgRow.HeaderHeight;
        _svg.Line($"<path class=\"panel\" d=\"M8.5 {y}.5v-{SvgRow.HeaderHeight - 7}a7 7 0 0 1 7 -7H{_width - 16}.5a7 7 0 0 1 7 7v{SvgRow.HeaderHeight - 7}z\"/>");
        _svg.Line($"<text class=\"code\" x=\"{_width / 2}\" y=\"{y - 8}\">{Printable.Xml(SvgText.Cut(Printable.Of(row.Row.Label), SvgText.Normal, _width - (2 * Margin)))}</text>");
    }

    private void DrawRuler()
    {
        var y = _top + 20;
        _svg.Line($"<g class=\"ruler\">");
        _svg.Line($"<text class=\"quiet\" x=\"{Margin}\" y=\"{y}\">frame ({SvgText.Time(_frameSize)})</text>");
        var guides = new StringBuilder();
        var ticks = new StringBuilder();
        foreach (var (frame, x, isNumbered) in _axis.Ticks())
        {
            ticks.Append(SvgText.Format($"M{x} {y + 10}v-{(isNumbered ? 6 : 3)}"));
            if (!isNumbered)
                continue;

            guides.Append(SvgText.Format($"M{x} {y + 12}V{_rows[^1].Bottom}"));
            _svg.Line($"<text class=\"at\" x=\"{x}\" y=\"{y}\">{frame}</text>");
        }

        foreach (var silence in _axis.Breaks)
        {
            _svg.Line($"<text class=\"at\" x=\"{(silence.Left + silence.Right) / 2}\" y=\"{y}\">{SvgText.Time(silence.Length)}</text>");
            ticks.Append(SvgText.Format($"M{silence.Left + 3} {y + 4}l-3 3l3 3M{silence.Right - 3} {y + 4}l3 3l-3 3M{silence.Left} {y + 7}H{silence.Right}"));
        }

        _svg.Line($"<path class=\"guide\" d=\"{guides}\"/>");
        _svg.Line($"<path class=\"tick\" d=\"{ticks}\"/>");
        _svg.Append("</g>\n");
    }

    private void DrawRow(SvgRow row)
    {
        _svg.Line($"<g class=\"row {row.Class}\">");
        if (row.HasHeader)
            DrawHeader(row);
        DrawLabel(row);
        DrawLine(row);
        foreach (var (time, cell) in row.Cells)
        {
            if (_axis.Shows(time))
                _marks.Draw(row, cell, _axis.Of(time));
        }

        for (var lane = 0; lane < row.Lanes.Count; lane++)
        {
            foreach (var window in row.Lanes[lane].Where(window => _axis.Shows(window.From)))
                DrawWindow(window, row.LaneY(lane));
        }

        for (var i = 0; i < row.Legend.Count; i++)
            _svg.Line($"<text class=\"quiet\" x=\"{_axis.Left}\" y=\"{row.LegendY(i)}\">{Printable.Xml(row.Legend[i])}</text>");
        _svg.Append("</g>\n");
    }

    private void DrawLabel(SvgRow row)
    {
        var name = Name(row);
        var y = row.Y - ((row.Kind.Count * 14) / 2) + (name.Length > 0 ? 4 : -3);
        if (name.Length > 0)
            _svg.Line($"<text class=\"name\" x=\"{Margin}\" y=\"{y}\">{Printable.Xml(name)}</text>");
        for (var i = 0; i < row.Kind.Count; i++)
            _svg.Line($"<text class=\"quiet\" x=\"{Margin}\" y=\"{y + 14 + (14 * i)}\">{Printable.Xml(row.Kind[i])}</text>");
        for (var i = 0; i < row.LaneNotes.Count; i++)
            _svg.Line($"<text class=\"quiet\" x=\"{Margin}\" y=\"{row.LaneY(i) + 4}\">{row.LaneNotes[i]}</text>");
    }

    private void DrawLine(SvgRow row)
    {
        var from = row.Begin is { } begin ? Math.Min(_axis.Of(begin), _axis.Right) : _axis.Left;
        var isOver = row.End is { } last && _axis.Shows(last);
        var to = isOver ? _axis.Of(row.End!.Value) : _axis.Right;
        if (isOver && row.IsItems && row.Cells[row.End!.Value] is { } cell)
            to += cell.Marks[^1].X;

        DrawLine(row.LineClass, from, to, row.Y, slash: 6);
        if (!isOver && row.IsItems)
            _svg.Line($"<path class=\"arrowhead\" d=\"M{to + 5} {row.Y}l-10 -5v10z\"/>");
    }

    /// <summary>A silence that is drawn short interrupts a line.</summary>
    private void DrawLine(string kind, int from, int to, int y, int slash)
    {
        var path = new StringBuilder(SvgText.Format($"M{from} {y}"));
        var dots = new StringBuilder();
        foreach (var silence in _axis.Breaks.Where(s => s.Left > from && s.Right < to))
        {
            path.Append(SvgText.Format($"H{silence.Left}m-3 {slash}l6 -{2 * slash}M{silence.Right - 3} {y + slash}l6 -{2 * slash}M{silence.Right} {y}"));
            var middle = (silence.Left + silence.Right) / 2;
            dots.Append(SvgText.Format($"M{middle - 7} {y}h0M{middle} {y}h0M{middle + 7} {y}h0"));
        }

        _svg.Line($"<path class=\"{kind}\" d=\"{path}H{to}\"/>");
        if (dots.Length > 0)
            _svg.Line($"<path class=\"dots\" d=\"{dots}\"/>");
    }

    private void DrawWindow(ChartWindow window, int y)
    {
        var (from, to) = (_axis.Of(window.From), window.To is { } end && _axis.Shows(end) ? _axis.Of(end) : _axis.Right);
        var isOpen = window.To is not { } last || !_axis.Shows(last);
        if (to - from < 4)
            to = from + 4;
        _svg.Line($"<g class=\"subscription\"><title>{Printable.Xml(ChartWords.Of(window))}</title>");
        DrawLine("window", from, to, y, slash: 4);
        _svg.Line($"<path class=\"bracket\" d=\"M{from + 5} {y - 5}H{from + 1}V{y + 5}H{from + 5}\"/>");
        _svg.Line($"<path class=\"bracket\" d=\"{(isOpen ? SvgText.Format($"M{to - 4} {y - 4}L{to} {y}L{to - 4} {y + 4}") : SvgText.Format($"M{to - 5} {y - 5}H{to - 1}V{y + 5}H{to - 5}"))}\"/></g>");
    }
}
