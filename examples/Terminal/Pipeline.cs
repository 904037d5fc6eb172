using System.Reactive.Concurrency;
using System.Reactive.Linq;
using OpenAI.Chat;
using RxTokens;

namespace Terminal;

/// <summary>From the model to the screen. This is the part to copy.</summary>
internal static class Pipeline
{
    public static Task DrawAsync(
        IAsyncEnumerable<StreamingChatCompletionUpdate> answer, // pull: nothing is read until it is asked for
        Strategy strategy, int buffer, Figures figures, RecordingFile? recording, IScheduler frames, Action<string> draw, CancellationToken cancellationToken) =>
        answer
            .Through(updates => updates                         // any Rx query, and still nobody reads ahead
                .Do(figures.OnUpdate)
                .FailIfCutOff()
                .SelectMany(update => update.ContentUpdate)
                .Select(part => part.Text)
                .Where(text => !string.IsNullOrEmpty(text))
                .Do(figures.OnToken))
            .RecordIn(recording)                                // before the boundary: the pace is the model's own
            .Meet(strategy, buffer, figures.OnDropped)          // two rates meet: .Conflate() unless asked otherwise
            .RenderOnAsync(frames, draw, cancellationToken);    // the next text is asked for when this one is drawn

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

    /// <summary>
    /// The client ends a stream that was cut in the middle just like one that is complete, and swallows an error event.
    /// Only the finish reason tells.
    /// </summary>
    private static IObservable<StreamingChatCompletionUpdate> FailIfCutOff(this IObservable<StreamingChatCompletionUpdate> updates) =>
        Observable.Defer(() =>
        {
            var isFinished = false;
            return updates.Do(
                update => isFinished |= update.FinishReason is not null,
                () =>
                {
                    if (!isFinished)
                        throw new CutOffException(); // a throw in here is an error of the stream
                });
        });
}
