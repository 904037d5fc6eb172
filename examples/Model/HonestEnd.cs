using System.Reactive.Linq;
using OpenAI.Chat;

namespace Examples;

/// <summary>The stream ended without saying that the answer is complete.</summary>
internal sealed class CutOffException() : IOException("The stream ended without a finish reason.");

/// <summary>The server says in the stream that it has failed.</summary>
internal sealed class ServerFailureException(string message) : IOException(message);

/// <summary>Makes failures of what the client takes for an answer that is complete.</summary>
internal static class HonestEnd
{
    /// <summary>
    /// The client hands an error event on as an update that says nothing, which would be lost in what follows.
    /// </summary>
    public static IObservable<StreamingChatCompletionUpdate> FailIfTheServerSaysSo(this IObservable<StreamingChatCompletionUpdate> updates) =>
        updates.Do(update =>
        {
            if (ServerMessage.In(update) is { } message)
                throw new ServerFailureException(message); // a throw in here is an error of the stream
        });

    /// <summary>
    /// The client ends a stream that was cut in the middle just like one that is complete. Only the finish reason tells, unless
    /// it was the user who stopped it.
    /// </summary>
    public static IObservable<StreamingChatCompletionUpdate> FailIfCutOff(this IObservable<StreamingChatCompletionUpdate> updates, CancellationToken stop) =>
        Observable.Defer(() =>
        {
            var isFinished = false;
            return updates.Do(
                update => isFinished |= update.FinishReason is not null,
                () =>
                {
                    if (!isFinished && !stop.IsCancellationRequested)
                        throw new CutOffException();
                });
        });
}
