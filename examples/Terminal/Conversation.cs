using System.ClientModel;
using System.ClientModel.Primitives;
using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using RxTokens;

namespace Terminal;

/// <summary>How a conversation ended.</summary>
/// <param name="Figures">The final figures.</param>
/// <param name="FinishReason">Why the model says that it stopped.</param>
/// <param name="IsRefusal">Whether what it said is a refusal.</param>
/// <param name="ToolCalls">The tools that it asked for.</param>
/// <param name="TextThought">What it thought before.</param>
/// <param name="TextShown">What was drawn.</param>
/// <param name="TextSent">What the embedded endpoint says it sent; for another server, and where the user stopped it and kept the text, what the client received.</param>
/// <param name="TokensSent">The number of tokens in it.</param>
/// <param name="Failure">What went wrong, if something did.</param>
/// <param name="IsStopped">Whether the user stopped it.</param>
/// <param name="IsKept">Whether the user stopped it so that everything that had been read was drawn.</param>
/// <param name="Server">What the embedded model was doing when the user stopped it.</param>
internal sealed record Outcome(
    FiguresNow Figures, ChatFinishReason? FinishReason, bool IsRefusal, string[] ToolCalls, string TextThought, string TextShown, string TextSent, int TokensSent,
    Exception? Failure, bool IsStopped, bool IsKept, ServerStop? Server);

/// <summary>What the user's stop did to the generation.</summary>
/// <param name="WasComplete">Whether everything had been sent by then.</param>
/// <param name="After">Time from the stop to the end of the generation; null if it has not ended.</param>
internal sealed record ServerStop(bool WasComplete, TimeSpan? After);

/// <summary>One question, one answer, one screen.</summary>
internal sealed class Conversation(Options options, Uri address, Endpoint? embedded, TimeProvider time, RecordingFile? recording = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<Outcome> RunAsync(Strategy strategy, Controls controls, Func<Figures, IScheduler, FrameClock, IScreen> openScreen, CancellationToken stop)
    {
        using var leaving = new CancellationTokenSource();
        using var keeping = new CancellationTokenSource();
        long? stoppedAt = null;
        void Stop(CancellationTokenSource how)
        {
            stoppedAt ??= time.GetTimestamp();
            how.Cancel();
        }

        using var left = stop.Register(() => Stop(leaving));
        using var kept = controls.Stop.Register(() => Stop(keeping));

        using var screenThread = new EventLoopScheduler(start => new Thread(start) { Name = "screen", IsBackground = true });
        var figures = new Figures(screenThread, strategy);
        var frames = new FrameClock(options.Frame, screenThread);
        using var wire = new Wire(CreateHandler());
        var answer = Ask(wire)
            .MeasureHeld(figures)
            .Steer(keeping.Token, controls.IsOpen, options.Timeout, wire.Signs, Scheduler.Default);

        Exception? failure = null;
        FiguresNow final;
        using (var screen = openScreen(figures, screenThread, frames))
        {
            try
            {
                await answer.DrawAsync(strategy, options.Buffer, figures, recording, screen, screenThread, frames, keeping.Token, leaving.Token);
            }
            catch (OperationCanceledException) when (leaving.IsCancellationRequested)
            {
                // The user has seen enough.
            }
            catch (Exception thrown)
            {
                failure = thrown;
            }

            final = figures.Now;
        }

        var server = await WaitForServerAsync(stoppedAt);

        // Whoever leaves is not told what broke at that. Whoever keeps the text is, and has stopped nothing that was complete.
        var isStopped = leaving.IsCancellationRequested || (keeping.IsCancellationRequested && failure is null && figures.FinishReason is null);
        var isKept = isStopped && !leaving.IsCancellationRequested;
        var (textSent, tokensSent) = embedded is null || isKept
            ? (figures.TextReceived, final.Read)
            : (embedded.LastAnswer?.TextSent ?? "", embedded.LastAnswer?.TokensSent ?? 0);
        return new Outcome(
            final, figures.FinishReason, figures.IsRefusal, figures.ToolCalls, figures.TextThought, figures.TextShown, textSent, tokensSent,
            isStopped ? null : failure, isStopped, isKept, server);
    }

    private ChatClient CreateClient(Wire wire)
    {
        var key = embedded is null ? Secrets.Key : null;
        return new ChatClient(options.Model, new ApiKeyCredential(key ?? "none"), new OpenAIClientOptions
        {
            Endpoint = address,
            // Who runs a demonstration wants to see a refusal, not wait for a fourth one.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan, // LimitSilence watches, and knows when nobody is reading
            Transport = new HttpClientPipelineTransport(new HttpClient(wire) { Timeout = Timeout.InfiniteTimeSpan }),
        });
    }

    private SocketsHttpHandler CreateHandler() => new()
    {
        UseProxy = embedded is null,
        // By default a response that is left in the middle is read on for up to two seconds, in the hope of using the
        // connection again. Here that is a model that goes on generating.
        ResponseDrainTimeout = TimeSpan.Zero,
        MaxResponseDrainSize = 0,
    };

    private async IAsyncEnumerable<StreamingChatCompletionUpdate> Ask(Wire wire, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var client = CreateClient(wire);
        var request = new ChatCompletionOptions { MaxOutputTokenCount = embedded is null ? options.Tokens : null };
        await using var updates = client.CompleteChatStreamingAsync([new UserChatMessage(options.Prompt)], request, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        var hasUpdates = false;
        while (await ReadAsync(updates, wire).ConfigureAwait(false))
        {
            hasUpdates = true;
            yield return updates.Current;
        }

        // To the client, everything that has no events in it is a stream that is empty.
        if (!hasUpdates && !wire.IsStream)
        {
            var kind = $"{wire.MediaType ?? "something of no known type"}{(wire.Compression is null ? "" : $", compressed ({wire.Compression})")}";
            throw new NoStreamException(kind, wire.Compression is null ? ServerMessage.In(wire.Recent, wire.MediaType) : null);
        }
    }

    /// <summary>Reads an update. What the client says about an event that it cannot read depends on what it stumbles over.</summary>
    private static async ValueTask<bool> ReadAsync(IAsyncEnumerator<StreamingChatCompletionUpdate> updates, Wire wire)
    {
        try
        {
            return await updates.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception thrown) when (thrown is JsonException or FormatException or InvalidOperationException or ArgumentException or KeyNotFoundException or OverflowException)
        {
            if (ServerMessage.InEvents(Encoding.UTF8.GetString(wire.Recent)) is { } message)
                throw new ServerFailureException(message);
            throw new MalformedEventException(thrown);
        }
    }

    private async Task<ServerStop?> WaitForServerAsync(long? stoppedAt)
    {
        if (stoppedAt is not { } stop || embedded?.LastAnswer is not { } answer)
            return null;

        try
        {
            var after = time.GetElapsedTime(stop, await answer.Ended.WaitAsync(Patience, time));
            return new ServerStop(!answer.ClientLeft, after);
        }
        catch (TimeoutException)
        {
            return new ServerStop(WasComplete: false, After: null);
        }
    }
}
