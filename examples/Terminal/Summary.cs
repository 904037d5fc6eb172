using RxTokens;
using Spectre.Console;

namespace Terminal;

/// <summary>What is left on the screen when an answer has ended.</summary>
internal static class Summary
{
    private const int LabelWidth = 29;

    public static void Write(TextWriter output, Outcome outcome, Options options, Uri address, RecordingFile? recording, bool isStyled)
    {
        output.WriteLine(Style("── summary ".PadRight(60, '─'), isStyled, "grey"));
        foreach (var (label, value) in Rows(outcome, options, address, recording))
            output.WriteLine(Style(label.PadRight(LabelWidth), isStyled, "grey") + value);

        var (isEqual, line) = Verdict(outcome, options);
        output.WriteLine(Style(line, isStyled, isEqual ? "green bold" : "yellow bold"));
        if (outcome.IsStopped)
            output.WriteLine(Style(Stopped(outcome, options), isStyled, "yellow bold"));
        output.Flush();
    }

    private static IEnumerable<(string Label, string Value)> Rows(Outcome outcome, Options options, Uri address, RecordingFile? recording)
    {
        var now = outcome.Figures;
        var boundary = options.Strategy is Strategy.Wait or Strategy.DropOldest or Strategy.DropNewest ? $", buffer {options.Buffer}" : "";
        yield return ("model", $"{Failures.OneLine(options.Model)} at {Secrets.Show(address)}");
        yield return ("strategy", CommandLine.NameOf(options.Strategy) + boundary);
        yield return ("tokens read", now.Reading > TimeSpan.Zero
            ? $"{now.Read:N0} in {now.Reading.TotalSeconds:0.0} s, {(now.Read - 1) / now.Reading.TotalSeconds:N0} tokens/s"
            : $"{now.Read:N0}");
        yield return ("time to first token", now.FirstToken is { } first ? $"{first.TotalMilliseconds:N0} ms" : "none came");
        var drawing = now.Elapsed - (now.FirstToken ?? now.Elapsed);
        yield return ("frames drawn", drawing > TimeSpan.Zero
            ? $"{now.Frames:N0} in {drawing.TotalSeconds:0.0} s, {now.Frames / drawing.TotalSeconds:0} a second"
            : $"{now.Frames:N0}");
        yield return ("waiting", $"{now.Waiting:N0} at the end, {now.PeakWaiting:N0} at most");
        yield return ("merged", $"{now.Merged:N0}");
        yield return ("dropped", $"{now.Dropped:N0}");
        yield return ("model waited for the screen", $"{now.Held.TotalSeconds:0.00} s");
        if (outcome.FinishReason is { } reason && reason != OpenAI.Chat.ChatFinishReason.Stop)
            yield return ("the model ended with", reason.ToString());
        foreach (var call in outcome.ToolCalls)
            yield return ("the model asked for", Failures.OneLine(call));
        if (now.Thoughts > 0)
            yield return ("the model thought first", $"{outcome.TextThought.Length:N0} characters, no part of the answer");
        if (recording is not null)
            yield return ("recorded", $"{recording.Chunks:N0} {(recording.Chunks == 1 ? "chunk" : "chunks")} to {recording.Path.Printable(ControlCharacters.Show)}");
    }

    private static (bool IsEqual, string Line) Verdict(Outcome outcome, Options options)
    {
        var question = options.Endpoint is null && !outcome.IsKept ? "text shown equals text sent" : "text shown equals text received";
        var now = outcome.Figures;
        if (outcome.TextShown == outcome.TextSent)
            return (true, $"{question}: yes");
        return (false, now.Dropped > 0
            ? $"{question}: no, {now.Dropped:N0} of {now.Read:N0} tokens lost"
            : $"{question}: no, {now.Shown:N0} of {outcome.TokensSent:N0} tokens shown");
    }

    private static string Stopped(Outcome outcome, Options options) =>
        $"stopped by you after {Failures.Counted(outcome.Figures.Read)}{Kept(outcome)}; " + outcome.Server switch
        {
            { WasComplete: true } => "the server had sent everything by then",
            { After: { } after } => $"the server stopped generating {after.TotalMilliseconds:N0} ms later",
            { After: null } => "the server has not stopped yet",
            null when options.Endpoint is not null => "the connection is closed",
            null => "the server had not begun",
        };

    private static string Kept(Outcome outcome) => outcome switch
    {
        { IsKept: false } => "",
        { Figures: var now } when now.Shown == now.Read => ", all kept",
        _ => $", {outcome.Figures.Shown:N0} kept",
    };

    private static string Style(string text, bool isStyled, string style)
    {
        if (!isStyled)
            return text;
        var (console, buffer) = Canvas.Create(1000, 1, Canvas.IsColorWanted);
        console.Markup($"[{style}]{text.EscapeMarkup()}[/]");
        return buffer.ToString();
    }
}
