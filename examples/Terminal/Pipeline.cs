using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using OpenAI.Chat;
using RxTokens;

namespace Terminal;

/// <summary>From the model to the screen. This is the part to copy.</summary>
internal static class Pipeline
{
    /// <summary>The answer while the user may stop it and keep the text, or pause it, and the server must not be silent for too long.</summary>
    public static IAsyncEnumerable<StreamingChatCompletionUpdate> Steer(
        this IAsyncEnumerable<StreamingChatCompletionUpdate> answer, CancellationToken stop, IObservable<bool> isOpen,
        TimeSpan limit, IObservable<Unit> signs, IScheduler clock) =>
        answer
            .Detach()                                           // whoever leaves is free at once, whatever the connection is at
            .TakeUntil(stop)                                    // completes: what was read is drawn
            .LimitSilence(limit, signs, clock)                  // of the server's time: neither a slow screen nor a pause counts
            .Valve(isOpen);                                     // while it is shut the model waits

    /// <summary>Draws the answer, and lets the screen count its tokens, until both are over.</summary>
    public static async Task DrawAsync(
        this IAsyncEnumerable<StreamingChatCompletionUpdate> answer, // pull: nothing is read until it is asked for
        Strategy strategy, int buffer, Figures figures, RecordingFile? recording, IScreen screen, IScheduler screenThread, FrameClock frames,
        CancellationToken stop, CancellationToken cancellationToken)
    {
        var tokens = answer
            .Through(updates => updates                         // any Rx query, and still nobody reads ahead
                .FailIfTheServerSaysSo()
                .FailIfCutOff(stop)
                .Do(figures.OnUpdate)
                .Do(update => Think(update, figures, screen))
                .SelectMany(Said.In)
                .Do(figures.OnToken))
            .RecordIn(recording)                                // before the boundary: the pace is the model's own
            .Share();                                           // the answer is read once, for two panes

        var drawing = tokens                                    // joins first: it must not miss anything
            .Meet(strategy, buffer, figures.OnDropped)          // two rates meet: .Conflate() unless asked otherwise
            .RenderOnAsync(screenThread, frames, screen.Draw, cancellationToken); // the next text is asked for when this one is drawn, and its frame over

        using var isDrawn = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var counting = screen.CountAsync(
            tokens.JoinConflated(_ => 1, (count, _) => count + 1), // never holds the answer back, whatever the screen is at
            isDrawn.Token);

        try
        {
            await drawing.ConfigureAwait(false);
        }
        finally
        {
            isDrawn.Cancel();
            await counting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // what has ended the answer is told by the drawing
        }
    }

    /// <summary>Beside the answer, which it is no part of: it is shown, and neither drawn at the screen's pace nor recorded.</summary>
    private static void Think(StreamingChatCompletionUpdate update, Figures figures, IScreen screen)
    {
        if (Said.Thought(update) is not { Length: > 0 } thought)
            return;
        figures.OnThought(thought);
        screen.Think(thought);
    }

    private static IAsyncEnumerable<string> RecordIn(this IAsyncEnumerable<string> tokens, RecordingFile? recording) =>
        recording is null ? tokens : recording.Record(tokens);

    private static IAsyncEnumerable<string> Meet(this IAsyncEnumerable<string> tokens, Strategy strategy, int buffer, Action<string> onDropped) =>
        strategy switch
        {
            Strategy.Conflate => tokens.Conflate(),
            Strategy.Wait => tokens.Buffered(buffer, Overflow.Wait),
            Strategy.DropOldest => tokens.Buffered(buffer, Overflow.DropOldest, onDropped: onDropped),
            Strategy.DropNewest => tokens.Buffered(buffer, Overflow.DropWrite, onDropped: onDropped),
            Strategy.Latest => tokens.KeepLatest(onDropped),
            Strategy.Push => tokens.AsObservable().Buffered(int.MaxValue), // a bound that is none: what comes of pushing
            _ => throw new ArgumentOutOfRangeException(nameof(strategy), strategy, "There is no such strategy."),
        };
}
