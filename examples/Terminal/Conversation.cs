using System.ClientModel;
using System.ClientModel.Primitives;
using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;
using OpenAI;
using OpenAI.Chat;

namespace Terminal;

/// <summary>How a conversation ended.</summary>
/// <param name="Figures">The final figures.</param>
/// <param name="FinishReason">Why the model says that it stopped.</param>
/// <param name="TextShown">What was drawn.</param>
/// <param name="TextSent">What the embedded endpoint says it sent; for another server what the client received.</param>
/// <param name="TokensSent">The number of tokens in it.</param>
/// <param name="Failure">What went wrong, if something did.</param>
/// <param name="IsStopped">Whether the user stopped it.</param>
/// <param name="Server">What the embedded model was doing when the user stopped it.</param>
internal sealed record Outcome(
    FiguresNow Figures, ChatFinishReason? FinishReason, string TextShown, string TextSent, int TokensSent,
    Exception? Failure, bool IsStopped, ServerStop? Server);

/// <summary>What the user's stop did to the generation.</summary>
/// <param name="WasComplete">Whether everything had been sent by then.</param>
/// <param name="After">Time from the stop to the end of the generation; null if it has not ended.</param>
internal sealed record ServerStop(bool WasComplete, TimeSpan? After);

/// <summary>One question, one answer, one screen.</summary>
internal sealed class Conversation(Options options, Uri address, Endpoint? embedded, TimeProvider time, RecordingFile? recording = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<Outcome> RunAsync(Strategy strategy, Func<Figures, FrameClock, IScreen> openScreen, CancellationToken stop)
    {
        using var cancellation = new CancellationTokenSource();
        long? stoppedAt = null;
        using var stopping = stop.Register(() =>
        {
            stoppedAt = time.GetTimestamp();
            cancellation.Cancel();
        });

        using var screenThread = new EventLoopScheduler(start => new Thread(start) { Name = "screen", IsBackground = true });
        using var figures = new Figures(screenThread, strategy);
        var frames = new FrameClock(screenThread, options.ScreenTime > FrameClock.Shortest ? options.ScreenTime : FrameClock.Shortest);
        var answer = Ask(CreateClient())
            .FailIfSilent(options.Timeout, Scheduler.Default)
            .MeasureHeld(figures);

        Exception? failure = null;
        FiguresNow final;
        using (var screen = openScreen(figures, frames))
        {
            try
            {
                await Pipeline.DrawAsync(answer, strategy, options.Buffer, figures, recording, frames, screen.Draw, cancellation.Token);
            }
            catch (OperationCanceledException) when (stoppedAt is not null)
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
        var sent = embedded?.LastAnswer;
        return new Outcome(
            final, figures.FinishReason, figures.TextShown, embedded is null ? figures.TextReceived : sent?.TextSent ?? "",
            embedded is null ? final.Read : sent?.TokensSent ?? 0, stoppedAt is null ? failure : null, stoppedAt is not null, server);
    }

    private ChatClient CreateClient()
    {
        var key = embedded is null ? Environment.GetEnvironmentVariable("OPENAI_API_KEY") : null;
        return new ChatClient(options.Model, new ApiKeyCredential(string.IsNullOrEmpty(key) ? "none" : key), new OpenAIClientOptions
        {
            Endpoint = address,
            // Who runs a demonstration wants to see a refusal, not wait for a fourth one.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan, // FailIfSilent watches, and knows when nobody is reading
            Transport = new HttpClientPipelineTransport(CreateHttpClient()),
        });
    }

    private HttpClient CreateHttpClient() => new(new SocketsHttpHandler
    {
        UseProxy = embedded is null,
        // By default a response that is left in the middle is read on for up to two seconds, in the hope of using the
        // connection again. Here that is a model that goes on generating.
        ResponseDrainTimeout = TimeSpan.Zero,
        MaxResponseDrainSize = 0,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private async IAsyncEnumerable<StreamingChatCompletionUpdate> Ask(ChatClient client, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new ChatCompletionOptions { MaxOutputTokenCount = embedded is null ? options.Tokens : null };
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage(options.Prompt)], request, cancellationToken).ConfigureAwait(false))
            yield return update;
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
