using Spectre.Console;
using Spectre.Console.Rendering;

namespace Terminal;

/// <summary>One frame: the end of the answer, and the figures beside it, or below it in a narrow terminal, or nowhere in a tiny one.</summary>
internal sealed class LiveFrame(string title, TimeSpan screenTime, bool hasColors)
{
    private const int FiguresWidth = 32;
    private const int NarrowerThan = 74;
    private const int VeryNarrow = 52;
    private const int BelowHeight = 7;
    private const int LeastPanel = 3;

    private static readonly string[] Bars = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

    /// <summary>The frame as text with escapes, <paramref name="height"/> lines without a line end after the last.</summary>
    public string Render(string text, Figures figures, int width, int height)
    {
        var (console, buffer) = Canvas.Create(width, height, hasColors);
        var now = figures.Now;
        var arrivals = figures.RecentArrivals;
        var layout = new Layout();
        if (height < LeastPanel)
            layout.Update(new Lines(Markdown.LastLines(text, OptionsOf(console), width, height)));
        else if (width >= NarrowerThan)
            layout.SplitColumns(
                new Layout(Answer(text, console, width - FiguresWidth, height)),
                new Layout(Beside(now, arrivals)).Size(FiguresWidth));
        else if (height >= LeastPanel + BelowHeight)
            layout.SplitRows(
                new Layout(Answer(text, console, width, height - BelowHeight)),
                new Layout(Below(now, width)).Size(BelowHeight));
        else
            layout.Update(Answer(text, console, width, height));

        console.Write(layout);
        return buffer.ToString().TrimEnd('\n', '\r');
    }

    private Panel Answer(string text, IAnsiConsole console, int width, int height)
    {
        var lines = Markdown.LastLines(text, OptionsOf(console), Math.Max(1, width - 4), height - 2);
        return Framed(new Lines(lines), title);
    }

    private static RenderOptions OptionsOf(IAnsiConsole console) => RenderOptions.Create(console, console.Profile.Capabilities);

    private Panel Beside(FiguresNow now, int[] arrivals)
    {
        var rows = Grid(2, FiguresWidth - 4);
        foreach (var (label, value) in Figures(now))
            rows.AddRow(new Text(label, new Style(Color.Grey)), value);
        return Framed(
            new Rows(
                rows,
                new Text(""),
                new Text("tokens per 1/10 s", new Style(Color.Grey)),
                new Text(Sparkline(arrivals), new Style(Color.Green)),
                new Text(""),
                new Text("Ctrl+C stops the model", new Style(Color.Grey))),
            Clock(now));
    }

    private Panel Below(FiguresNow now, int width)
    {
        var columns = width < VeryNarrow ? 1 : 2;
        var rows = Grid(2 * columns, width - 4);
        foreach (var row in Figures(now).Chunk(columns))
            rows.AddRow([.. row.SelectMany(figure => new IRenderable[] { new Text(figure.Label, new Style(Color.Grey)), figure.Value })]);
        return Framed(rows, Clock(now));
    }

    private static string Clock(FiguresNow now) => $"{now.Elapsed.TotalSeconds:0.0} s";

    private IEnumerable<(string Label, Text Value)> Figures(FiguresNow now)
    {
        yield return ("tokens read", Value($"{now.Read:N0}", Color.White));
        yield return ("tokens/s", Value($"{now.Rate:N0}", Color.White));
        yield return ("first token", Value(now.FirstToken is { } first ? $"{first.TotalMilliseconds:N0} ms" : "…", Color.White));
        yield return ("frames drawn", Value($"{now.Frames:N0}", Color.White));
        yield return ("waiting", Value($"{now.Waiting:N0}", now.Waiting > 200 ? Color.Red : Color.Green));
        yield return ("merged", Value($"{now.Merged:N0}", Color.Green));
        yield return ("dropped", Value($"{now.Dropped:N0}", now.Dropped > 0 ? Color.Red : Color.Green));
        yield return ("model waited", Value($"{now.Held.TotalSeconds:0.00} s", now.Held.TotalSeconds > 1 ? Color.Yellow : Color.Green));
        if (screenTime > FrameClock.Shortest)
            yield return ("frame takes", Value($"{screenTime.TotalMilliseconds:N0} ms", Color.Yellow));
    }

    private static Text Value(string text, Color color) => new(text, new Style(color, decoration: Decoration.Bold));

    /// <summary>Labels and values in turn, over the whole width.</summary>
    private static Grid Grid(int columns, int width)
    {
        const int gap = 2;
        var each = Math.Max(1, width / columns);
        var grid = new Grid();
        for (var i = 0; i < columns; i++)
        {
            var isLast = i == columns - 1;
            grid.AddColumn(new GridColumn
            {
                NoWrap = true,
                Alignment = i % 2 == 0 ? Justify.Left : Justify.Right,
                Padding = new Padding(0, 0, isLast ? 0 : gap, 0),
                Width = Math.Max(1, each - (isLast ? 0 : gap)),
            });
        }

        return grid;
    }

    private static string Sparkline(int[] counts)
    {
        var most = Math.Max(1, counts.Max());
        return string.Concat(counts.Select(count => Bars[(int)Math.Ceiling(count * (Bars.Length - 1.0) / most)]));
    }

    private static Panel Framed(IRenderable content, string title) => new(content)
    {
        Header = new PanelHeader($" {title.EscapeMarkup()} "),
        Border = BoxBorder.Rounded,
        BorderStyle = new Style(Color.Grey),
        Expand = true,
    };
}
