using System.Text;

namespace RxTokens;

/// <summary>Rows as lines of text, with names on the left, frames above, and a caret below.</summary>
internal sealed class ChartText(IReadOnlyList<ChartRow> rows, TimeSpan frameSize)
{
    private const string Indent = "  ";
    private const string Cut = "…";
    private const int WidestLabel = 28;

    public int MaxWidth { get; init; } = int.MaxValue;

    public void Draw(StringBuilder text, TimeSpan? at = null, string? note = null)
    {
        var layout = new ChartLayout(rows, frameSize);
        var caret = at is { } time ? layout.ColumnOf(time) : 0;

        // A long chart is cut to what surrounds the caret, or to its end.
        var from = 0;
        if (layout.Width > MaxWidth)
            from = Math.Max(0, (at is null ? layout.Width : Math.Min(layout.Width, caret + (MaxWidth / 3))) - MaxWidth);
        var margin = Math.Max("frame".Length, rows.Max(row => TextWidth.Of(Label(row))));

        Line("frame", layout.Ruler(), "");
        for (var i = 0; i < rows.Count; i++)
            Line(Label(rows[i]), layout.Line(i), Printable.Of(rows[i].Note));
        if (at is not null)
            text.Append(Indent).Append(' ', margin + 2 + Math.Max(0, caret - from) + (from > 0 ? 1 : 0)).Append("^ ").Append(Printable.Of(note ?? "")).Append('\n');
        if (!layout.IsExact)
            text.Append(Indent).Append("(some of these are less than a frame apart, and drawn in the same column)\n");

        void Line(string label, string row, string remark)
        {
            var window = Window(row, from);
            var line = new StringBuilder(Indent).Append(label).Append(' ', margin + 2 - TextWidth.Of(label)).Append(window);
            if (remark.Length > 0)
                line.Append(' ', Math.Max(6, Math.Min(layout.Width, MaxWidth) - TextWidth.Of(window) + 6)).Append(remark);
            text.Append(line.ToString().TrimEnd()).Append('\n');
        }
    }

    private static string Label(ChartRow row) => Printable.Name(row.Label, WidestLabel);

    /// <summary>The columns that are shown; a wide character that lies across an edge is left out.</summary>
    private string Window(string row, int from)
    {
        var width = TextWidth.Of(row);
        if (from == 0 && width <= MaxWidth)
            return row;

        var window = new StringBuilder(from > 0 ? Cut : "");
        var room = MaxWidth - window.Length;
        var column = 0;
        foreach (var character in TextWidth.Characters(row))
        {
            var next = column + TextWidth.Of(character);
            if (column >= from && next <= from + room)
                window.Append(character);
            else if (column < from && next > from)
                window.Append(' ', next - from);
            column = next;
        }

        return window.Append(width > from + room ? Cut : "").ToString();
    }
}
