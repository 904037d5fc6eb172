using System.Text;
using Spectre.Console;

namespace Terminal;

/// <summary>The classic trade-off: the same stream, the same slow screen, one strategy after another.</summary>
internal sealed class Compare(Options options, TextWriter output, bool isStyled, TimeProvider time)
{
    private const int RoomForAll = 100;
    private const string ClearLine = "\r\e[2K";

    private static readonly Strategy[] Strategies = [Strategy.Push, Strategy.Wait, Strategy.DropOldest, Strategy.Latest, Strategy.Conflate];

    private static readonly string[] Headings =
        ["strategy", "most waiting", "memory", "frames", "merged", "lost", "model waited", "done after", "text"];

    private static readonly string[] Dispensable = ["memory", "frames", "merged"];

    /// <summary>Plays all of them; the outcome of the first one that fails or is stopped, if any.</summary>
    public async Task<(Outcome? Trouble, Uri Address)> RunAsync(CancellationToken stop)
    {
        var tokens = options.Tokens!.Value;
        await using var endpoint = await Endpoint.StartAsync(new Manner(tokens, options.Rate, options.Fault), time);
        await using var controls = new Controls(); // which nobody touches
        var conversation = new Conversation(options, endpoint.Address, endpoint, time);
        await WarmUpAsync(stop);

        output.WriteLine($"{tokens:N0} tokens, {Rate()}, drawn by a screen that needs {options.ScreenTime.TotalMilliseconds:N0} ms a frame:");
        output.WriteLine();
        output.Flush();

        var rows = new List<string[]>();
        var flawless = new List<string>();
        var isTooFast = false;
        Outcome? trouble = null;
        foreach (var strategy in Strategies)
        {
            var outcome = await conversation.RunAsync(
                strategy, controls, (figures, _, _) => new BlankScreen(figures, now => ShowProgress(rows.Count, strategy, now, tokens)), stop);
            if (outcome.Failure is not null || outcome.IsStopped)
            {
                trouble = outcome;
                break;
            }

            rows.Add(Row(strategy, outcome));
            if (IsFlawless(outcome))
                flawless.Add(NameOf(strategy));
            isTooFast |= strategy == Strategy.Wait && outcome.Figures.Held < outcome.Figures.Elapsed / 4;
        }

        if (isStyled)
            output.Write(ClearLine);
        if (rows.Count > 0)
            WriteTable(rows);
        if (trouble is null)
        {
            output.WriteLine();
            output.WriteLine(isTooFast
                ? "This screen keeps up by itself: there is little to choose. Try a slower one (--screen-ms) or a longer answer (--tokens)."
                : $"Nothing lost, the model not held, the screen not late: {(flawless.Count > 0 ? string.Join(", ", flawless) : "none of them")}.");
            output.WriteLine("(memory: what the waiting tokens take as strings; model waited: see --help)");
        }

        output.Flush();
        return (trouble, endpoint.Address);
    }

    /// <summary>Every token shown; the model held for less than a twentieth of the time, or a moment; the last token shown within three frames.</summary>
    private bool IsFlawless(Outcome outcome)
    {
        var now = outcome.Figures;
        var late = now.Elapsed - now.Reading - (now.FirstToken ?? TimeSpan.Zero);
        return outcome.TextShown == outcome.TextSent
            && now.Held < TimeSpan.FromMilliseconds(Math.Max(now.Elapsed.TotalMilliseconds / 20, 50))
            && late < (3 * options.ScreenTime) + TimeSpan.FromMilliseconds(100);
    }

    /// <summary>The first run would otherwise count the time in which the code is compiled as waiting.</summary>
    private async Task WarmUpAsync(CancellationToken stop)
    {
        await using var endpoint = await Endpoint.StartAsync(new Manner(Tokens: 50, Rate: 0), time);
        await using var controls = new Controls();
        var quick = options with { ScreenTime = TimeSpan.Zero };
        foreach (var strategy in (Strategy[])[Strategy.Conflate, Strategy.Latest])
            await new Conversation(quick, endpoint.Address, endpoint, time).RunAsync(strategy, controls, (figures, _, _) => new BlankScreen(figures, _ => { }), stop);
    }

    private string Rate() => options.Rate == 0 ? "as fast as possible" : $"{options.Rate:N0} a second";

    private void ShowProgress(int done, Strategy strategy, FiguresNow now, int tokens)
    {
        if (!isStyled)
            return;
        output.Write($"{ClearLine}{done + 1} of {Strategies.Length}  {NameOf(strategy)}  {now.Read:N0} of {tokens:N0} tokens read, {now.Waiting:N0} waiting");
        output.Flush();
    }

    private string NameOf(Strategy strategy) => strategy switch
    {
        Strategy.Push => "push, unbounded",
        Strategy.Wait => $"Buffered({options.Buffer}, Wait)",
        Strategy.DropOldest => $"Buffered({options.Buffer}, DropOldest)",
        Strategy.Latest => "KeepLatest()",
        _ => "Conflate()",
    };

    private string[] Row(Strategy strategy, Outcome outcome)
    {
        var now = outcome.Figures;
        return
        [
            NameOf(strategy), $"{now.PeakWaiting:N0}", $"{now.PeakBytes / 1024.0:0.0} KB", $"{now.Frames:N0}", $"{now.Merged:N0}", $"{now.Dropped:N0}",
            $"{now.Held.TotalSeconds:0.0} s", $"{now.Elapsed.TotalSeconds:0.0} s", outcome.TextShown == outcome.TextSent ? "whole" : "broken",
        ];
    }

    private void WriteTable(List<string[]> rows)
    {
        if (isStyled)
            WriteStyled(rows);
        else
            WritePlain(rows);
    }

    private void WritePlain(List<string[]> rows)
    {
        var widths = Headings.Select((heading, i) => rows.Select(row => row[i].Length).Append(heading.Length).Max()).ToArray();
        foreach (var cells in rows.Prepend([.. widths.Select(width => new string('-', width))]).Prepend(Headings))
        {
            var line = new StringBuilder();
            for (var i = 0; i < cells.Length; i++)
                line.Append(i == 0 ? cells[i].PadRight(widths[i]) : cells[i].PadLeft(widths[i] + 2));
            output.WriteLine(line);
        }
    }

    private void WriteStyled(List<string[]> rows)
    {
        var width = Canvas.Size.Width;
        var (console, buffer) = Canvas.Create(width, 40, Canvas.IsColorWanted);
        var table = new Table { Border = TableBorder.Rounded, BorderStyle = new Style(Color.Grey) };
        var columns = Enumerable.Range(0, Headings.Length).Where(i => width >= RoomForAll || !Dispensable.Contains(Headings[i])).ToArray();
        foreach (var i in columns)
        {
            var heading = new Text(Headings[i].Replace(' ', '\n'), new Style(Color.Aqua));
            table.AddColumn(new TableColumn(heading) { Alignment = i == 0 ? Justify.Left : Justify.Right, NoWrap = i > 0 });
        }

        foreach (var cells in rows)
            table.AddRow(columns.Select(i => new Text(cells[i], LookOf(cells[i], i, isWinner: cells == rows[^1]))));
        console.Write(table);
        output.Write(buffer.ToString());
    }

    private static Style LookOf(string cell, int column, bool isWinner) => Headings[column] switch
    {
        "text" => new Style(cell == "whole" ? Color.Green : Color.Red),
        "lost" when cell != "0" => new Style(Color.Red),
        "strategy" => new Style(decoration: isWinner ? Decoration.Bold : Decoration.None),
        _ => Spectre.Console.Style.Plain,
    };
}
