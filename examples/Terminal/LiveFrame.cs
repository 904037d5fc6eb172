using Spectre.Console;
using Spectre.Console.Rendering;

namespace Terminal;

/// <summary>
/// One frame: the end of the answer with the rate below it, and the figures beside them; in a narrow terminal all below each
/// other, and in a tiny one the answer alone.
/// </summary>
internal sealed class LiveFrame(string title, TimeSpan screenTime, bool hasColors, Controls controls)
{
    private const int FiguresWidth = 32;
    private const int NarrowerThan = 74;
    private const int VeryNarrow = 52;
    private const int LeastPanel = 3;
    private const int LeastAnswer = 5;
    private const int LeastFigures = 3; // with fewer there is no room for the rate
    private const int Borders = 2;
    private const int Padding = 4;

    /// <summary>The rows of the frame as text with escapes, at most <paramref name="height"/> of them; each is to be written at its place.</summary>
    public string[] Render(string thoughts, string text, FiguresNow now, RateNow rate, int width, int height)
    {
        var (console, buffer) = Canvas.Create(width, height, hasColors);
        var below = Below(now, rate, width, height);
        var layout = new Layout();
        if (height < LeastPanel)
            layout.Update(new Lines(Markdown.LastLines(thoughts, text, OptionsOf(console), width, height)));
        else if (width >= NarrowerThan)
            layout.SplitColumns(
                AnswerAndRate(thoughts, text, rate, console, width - FiguresWidth, height),
                new Layout(Beside(now)).Size(FiguresWidth));
        else if (below.Count > 0)
            layout.SplitRows(
                new Layout(Answer(thoughts, text, console, width, height - below.Count - Borders)),
                new Layout(Framed(new Rows(below), controls.HasKeys ? $"{Clock(now)} · {PauseKey}, s stops" : Clock(now))).Size(below.Count + Borders));
        else
            layout.Update(Answer(thoughts, text, console, width, height));

        console.Write(layout);
        return buffer.ToString().TrimEnd('\n', '\r').Split('\n');
    }

    private Layout AnswerAndRate(string thoughts, string text, RateNow rate, IAnsiConsole console, int width, int height)
    {
        if (height < LeastAnswer + LeastPanel)
            return new Layout(Answer(thoughts, text, console, width, height));
        return new Layout().SplitRows(
            new Layout(Answer(thoughts, text, console, width, height - LeastPanel)),
            new Layout(Framed(RateRow(rate, width - Padding), "tokens/s")).Size(LeastPanel));
    }

    private Panel Answer(string thoughts, string text, IAnsiConsole console, int width, int height)
    {
        var inner = Math.Max(1, width - Padding);
        var lines = Markdown.LastLines(thoughts, text, OptionsOf(console), inner, height - Borders);
        return Framed(new Lines(lines, end: inner + (Padding / 2) + 1), title, controls.IsPaused);
    }

    private static RenderOptions OptionsOf(IAnsiConsole console) => RenderOptions.Create(console, console.Profile.Capabilities);

    private Panel Beside(FiguresNow now) => Framed(
        new Rows(
        [
            .. FiguresOf(now).Select(figure => Row([figure], FiguresWidth - Padding)),
            new Text(""),
            .. Keys.Select(line => new Text(line, new Style(Color.Grey))),
        ]),
        Clock(now));

    private static Text RateRow(RateNow rate, int width) => new(RatePane.Row(rate, width), new Style(Color.Green));

    /// <summary>As many figures as there is room for, the most important ones, and the rate: the answer keeps some lines.</summary>
    private List<IRenderable> Below(FiguresNow now, RateNow rate, int width, int height)
    {
        var all = FiguresOf(now).ToArray();
        var columns = width < VeryNarrow ? 1 : 2;
        var room = Math.Max(0, height - LeastAnswer - Borders);
        var hasRate = room > LeastFigures;
        var rows = Math.Min(hasRate ? room - 1 : room, (all.Length + columns - 1) / columns);
        return
        [
            .. hasRate ? [RateRow(rate, width - Padding)] : (IRenderable[])[],
            .. all.OrderBy(figure => figure.Rank).Take(rows * columns)
                .OrderBy(figure => Array.IndexOf(all, figure)).Chunk(columns).Select(row => Row(row, width - Padding, columns)),
        ];
    }

    private string PauseKey => controls.IsPaused ? "p goes on" : "p pauses";

    private string[] Keys => controls.HasKeys
        ? [PauseKey, "s stops, and keeps the text", "Ctrl+C stops at once"]
        : ["Ctrl+C stops the model"];

    private static string Clock(FiguresNow now) => $"{now.Elapsed.TotalSeconds:0.0} s";

    private IEnumerable<Figure> FiguresOf(FiguresNow now)
    {
        yield return new(1, "tokens read", $"{now.Read:N0}", Color.White);
        yield return new(6, "first token", now.FirstToken is { } first ? $"{first.TotalMilliseconds:N0} ms" : "…", Color.White);
        yield return new(5, "frames drawn", $"{now.Frames:N0}", Color.White);
        yield return new(0, "waiting", $"{now.Waiting:N0}", now.Waiting > 200 ? Color.Red : Color.Green);
        yield return new(4, "merged", $"{now.Merged:N0}", Color.Green);
        yield return new(3, "dropped", $"{now.Dropped:N0}", now.Dropped > 0 ? Color.Red : Color.Green);
        yield return new(2, "model waited", $"{now.Held.TotalSeconds:0.00} s", now.Held.TotalSeconds > 1 ? Color.Yellow : Color.Green);
        if (screenTime > Options.ShortestFrame)
            yield return new(7, "frame takes", $"{screenTime.TotalMilliseconds:N0} ms", Color.Yellow);
    }

    /// <summary>Labels at the left of their columns and values at the right, in one row; where it is too narrow a label is cut.</summary>
    private static Paragraph Row(IReadOnlyList<Figure> figures, int width, int columns = 1)
    {
        const int gap = 2;
        var row = new Paragraph { Overflow = Overflow.Crop };
        var each = Math.Max(1, (width - (gap * (columns - 1))) / columns);
        for (var i = 0; i < figures.Count; i++)
        {
            var (_, label, value, color) = figures[i];
            var room = Math.Max(0, each - value.Length - 1);
            if (label.Length > room)
                label = room == 0 ? "" : label[..(room - 1)] + "…";
            row.Append(i == 0 ? "" : new string(' ', gap));
            row.Append(label, new Style(Color.Grey));
            row.Append(new string(' ', Math.Max(0, each - label.Length - value.Length)));
            row.Append(value.Length > each ? value[..each] : value, new Style(color, decoration: Decoration.Bold));
        }

        return row;
    }

    private static Panel Framed(IRenderable content, string title, bool isPaused = false) => new(content)
    {
        Header = new PanelHeader($"╴{(isPaused ? "[yellow bold]paused[/] · " : "")}{title.EscapeMarkup()}╶"), // spaces are trimmed
        Border = BoxBorder.Rounded,
        BorderStyle = new Style(Color.Grey),
        Expand = true,
    };

    /// <summary>A figure of the run; the lower its rank, the more it matters.</summary>
    private readonly record struct Figure(int Rank, string Label, string Value, Color Color);
}
