using System.CommandLine;
using Spectre.Console.Rendering;

namespace Terminal;

/// <summary>The program without its console, so that a test can be its user.</summary>
internal sealed class App(TextWriter output, TextWriter error, bool isTerminal)
{
    private const int Complete = 0;
    private const int Failed = 1;
    private const int WrongOptions = 2;
    private const int Stopped = 130;

    private const int WidestText = 100;

    private readonly TimeProvider _time = TimeProvider.System;

    public static Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, bool isTerminal = false, CancellationToken stop = default) =>
        new App(output, error, isTerminal).RunAsync(args, stop);

    private async Task<int> RunAsync(string[] args, CancellationToken stop)
    {
        var parsed = CommandLine.Create(RunAsync).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var complaint in parsed.Errors)
                error.WriteLine($"error: {complaint.Message}");
            error.WriteLine("Try --help.");
            return WrongOptions;
        }

        // Ctrl+C is ours: the summary comes after it.
        var console = new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
        try
        {
            return await parsed.InvokeAsync(console, stop);
        }
        catch (IOException full)
        {
            error.WriteLine($"error: the output cannot be written: {full.Message}");
            return Failed;
        }
    }

    private Task<int> RunAsync(Options options, CancellationToken stop) =>
        options.Compare ? CompareAsync(options, stop) : RecordAsync(options, stop);

    private async Task<int> RecordAsync(Options options, CancellationToken stop)
    {
        RecordingFile? recording;
        try
        {
            recording = options.Record is { } path ? new RecordingFile(path, $"{options.Model}: {options.Prompt}", _time) : null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            error.WriteLine($"error: --record cannot write the file: {Failures.OneLine(refused.Message)}");
            return WrongOptions;
        }

        using (recording)
            return await AnswerAsync(options, recording, stop);
    }

    private async Task<int> AnswerAsync(Options options, RecordingFile? recording, CancellationToken stop)
    {
        var isLive = isTerminal && !options.Plain;
        await using var embedded = options.Endpoint is null
            ? await Endpoint.StartAsync(new Manner(options.Tokens, options.Rate, options.Fault), _time)
            : null;
        var address = options.Endpoint ?? embedded!.Address;

        var outcome = await new Conversation(options, address, embedded, _time, recording)
            .RunAsync(options.Strategy, (figures, frames) => isLive ? OpenLive(options, address, figures, frames) : new PlainScreen(output, figures), stop);

        // It is whole before anybody reads that it is there.
        recording?.Dispose();

        if (isLive && outcome.TextShown.Length > 0)
            WriteAnswer(outcome.TextShown.TrimEnd());

        // Where nothing came, the reason is all there is to say.
        if (outcome.Failure is null || outcome.Figures.Read > 0)
        {
            output.WriteLine();
            Summary.Write(output, outcome, options, address, recording, isLive);
        }

        return Conclude(outcome, address);
    }

    private async Task<int> CompareAsync(Options options, CancellationToken stop)
    {
        var (trouble, address) = await new Compare(options, output, isTerminal && !options.Plain, _time).RunAsync(stop);
        if (trouble is { IsStopped: true })
            output.WriteLine("stopped by you");
        return trouble is null ? Complete : Conclude(trouble, address);
    }

    private int Conclude(Outcome outcome, Uri address)
    {
        if (outcome.IsStopped)
            return Stopped;
        if (outcome.Failure is null)
            return Complete;

        error.WriteLine($"error: {Failures.Describe(outcome.Failure, address, outcome.Figures.Read)}");
        return Failed;
    }

    private LiveScreen OpenLive(Options options, Uri address, Figures figures, FrameClock frames)
    {
        var frame = new LiveFrame($"{options.Model} · {CommandLine.NameOf(options.Strategy)} · {address.Authority}", options.ScreenTime, Canvas.IsColorWanted);
        return new LiveScreen(output, figures, frame, static () => Canvas.Size, frames);
    }

    /// <summary>What stays on the screen: the live view was on the terminal's other one.</summary>
    private void WriteAnswer(string text)
    {
        var width = Math.Min(Canvas.Size.Width, WidestText);
        var (console, buffer) = Canvas.Create(width, Canvas.Size.Height, Canvas.IsColorWanted);
        console.Write(new Lines(Markdown.LastLines(text, RenderOptions.Create(console, console.Profile.Capabilities), width)));
        output.Write(buffer.ToString());
    }
}
