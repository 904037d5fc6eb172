using System.CommandLine;
using System.Reactive.Concurrency;
using RxTokens;
using Spectre.Console.Rendering;

namespace Terminal;

/// <summary>The program without its console, so that a test can be its user.</summary>
internal sealed class App(TextWriter output, TextWriter error, Surface surface, IAsyncEnumerable<char>? keys)
{
    private const int Complete = 0;
    private const int Failed = 1;
    private const int WrongOptions = 2;
    private const int StoppedShort = 3;
    private const int Stopped = 130;
    private const int ReaderLeft = 141;

    private const int WidestText = 100;
    private const int LongestComplaint = 600;

    private readonly TimeProvider _time = TimeProvider.System;

    public static Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, Surface surface = Surface.Pipe, IAsyncEnumerable<char>? keys = null, CancellationToken stop = default) =>
        new App(output, error, surface, keys).RunAsync(args, stop);

    private async Task<int> RunAsync(string[] args, CancellationToken stop)
    {
        var parsed = CommandLine.Create(RunAsync).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var complaint in parsed.Errors)
                Complain(complaint.Message);
            Say("Try --help.");
            return WrongOptions;
        }

        // Ctrl+C is ours: the summary comes after it.
        var console = new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
        try
        {
            return await parsed.InvokeAsync(console, stop);
        }
        catch (ReaderLeftException)
        {
            // Whoever leaves early (head) has what it wanted.
            return ReaderLeft;
        }
        catch (Exception full) when (full is IOException or UnauthorizedAccessException)
        {
            Complain($"the output cannot be written: {full.Message}");
            return Failed;
        }
    }

    /// <summary>Everything that can be refused is refused before anything is opened.</summary>
    private Task<int> RunAsync(Options options, CancellationToken stop)
    {
        if (options.Endpoint is not null && Secrets.ComplaintAboutKey() is { } complaint)
        {
            Complain(complaint);
            return Task.FromResult(WrongOptions);
        }

        return options.Compare ? CompareAsync(options, stop) : RecordAsync(options, stop);
    }

    private async Task<int> RecordAsync(Options options, CancellationToken stop)
    {
        RecordingFile? recording;
        try
        {
            recording = options.Record is { } path ? new RecordingFile(path, $"{options.Model}: {options.Prompt}", _time) : null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            Complain($"--record cannot write the file: {refused.Message}");
            return WrongOptions;
        }

        using (recording)
            return await AnswerAsync(options, recording, stop);
    }

    private async Task<int> AnswerAsync(Options options, RecordingFile? recording, CancellationToken stop)
    {
        var isLive = surface == Surface.Terminal && !options.Plain;
        await using var controls = new Controls(isLive ? keys : null);
        await using var embedded = options.Endpoint is null
            ? await Endpoint.StartAsync(new Manner(options.Tokens, options.Rate, options.Fault), _time)
            : null;
        var peer = options.Endpoint is null ? new Peer(embedded!.Address, Proxy: null) : Peer.Elsewhere(options.Endpoint);

        var outcome = await new Conversation(options, peer.Address, embedded, _time, recording)
            .RunAsync(
                options.Strategy, controls,
                (figures, thread, frames) => isLive ? OpenLive(options, peer, controls, figures, thread, frames) : new PlainScreen(output, figures, surface), stop);

        // It is whole before anybody reads that it is there.
        recording?.Dispose();

        if (IsReaderGone(outcome.Failure))
            return ReaderLeft;
        if (isLive && (outcome.TextShown.Length > 0 || outcome.TextThought.Length > 0))
            WriteAnswer(outcome.TextThought.TrimEnd(), outcome.TextShown.TrimEnd());

        // Where nothing came, the reason is all there is to say.
        if (outcome.Failure is null || outcome.Figures is { Read: > 0 } or { Thoughts: > 0 })
        {
            output.WriteLine();
            Summary.Write(output, outcome, options, peer.Address, recording, isLive);
        }

        return Conclude(outcome, peer, options);
    }

    private async Task<int> CompareAsync(Options options, CancellationToken stop)
    {
        var (trouble, address) = await new Compare(options, output, surface == Surface.Terminal && !options.Plain, _time).RunAsync(stop);
        if (trouble is { IsStopped: true })
            output.WriteLine("stopped by you");
        return trouble is null ? Complete : Conclude(trouble, new Peer(address, Proxy: null), options);
    }

    private int Conclude(Outcome outcome, Peer peer, Options options)
    {
        if (outcome.IsStopped)
            return Stopped;
        if (IsReaderGone(outcome.Failure))
            return ReaderLeft;
        if (outcome.Failure is not null)
        {
            Complain(Failures.Describe(outcome.Failure, peer, outcome.Figures, options.Timeout));
            return Failed;
        }

        if (Ending.Shortfall(outcome.FinishReason, outcome.IsRefusal) is { } shortfall)
        {
            Complain(shortfall);
            return StoppedShort;
        }

        return Complete;
    }

    private static bool IsReaderGone(Exception? failure) =>
        failure is ReaderLeftException || (failure is AggregateException several && several.InnerExceptions.Any(IsReaderGone));

    private void Complain(string complaint) => Say($"error: {Failures.OneLine(complaint, LongestComplaint)}");

    private void Say(string line)
    {
        try
        {
            error.WriteLine(line);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            // There is nobody to hear it. The exit code says it, too.
        }
    }

    private LiveScreen OpenLive(Options options, Peer peer, Controls controls, Figures figures, IScheduler thread, FrameClock frames)
    {
        var frame = new LiveFrame($"{Failures.OneLine(options.Model)} · {CommandLine.NameOf(options.Strategy)} · {peer.Name}", options.ScreenTime, Canvas.IsColorWanted, controls);
        return new LiveScreen(output, figures, frame, static () => Canvas.Size, thread, frames);
    }

    /// <summary>What stays on the screen: the live view was on the terminal's other one.</summary>
    private void WriteAnswer(string thoughts, string text)
    {
        var width = Math.Min(Canvas.Size.Width, WidestText);
        var (console, buffer) = Canvas.Create(width, Canvas.Size.Height, Canvas.IsColorWanted);
        console.Write(new Lines(Markdown.LastLines(thoughts, text, RenderOptions.Create(console, console.Profile.Capabilities), width)));
        output.Write(buffer.ToString());
    }
}
