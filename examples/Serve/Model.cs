using System.ClientModel;
using System.ClientModel.Primitives;
using System.Reactive.Linq;
using OpenAI;
using OpenAI.Chat;
using RxTokens;

namespace Serve;

/// <summary>What is asked: any OpenAI-compatible server.</summary>
internal sealed class Model
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);

    private readonly ChatClient _chat;

    public Model(Uri endpoint, string model, bool isEmbedded)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = !isEmbedded,
            // By default a response that is left in the middle is read on for a while: a model that goes on generating.
            ResponseDrainTimeout = TimeSpan.Zero,
            MaxResponseDrainSize = 0,
        };
        _chat = new ChatClient(model, new ApiKeyCredential((isEmbedded ? null : Secrets.Key) ?? "none"), new OpenAIClientOptions
        {
            Endpoint = endpoint,
            NetworkTimeout = Timeout.InfiniteTimeSpan, // Timeout() watches, and knows when nobody is reading
            Transport = new HttpClientPipelineTransport(new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan }),
        });
    }

    /// <summary>The pieces of an answer, each of them a token. Nothing is asked before it is read, and who stops reading stops the model.</summary>
    public IAsyncEnumerable<string> Answer(string question) => _chat
        .CompleteChatStreamingAsync([new UserChatMessage(question)])
        .Timeout(first: LongestSilence, between: LongestSilence, TimeProvider.System)
        .Through(updates => updates
            .FailIfTheServerSaysSo()
            .FailIfCutOff(CancellationToken.None)
            .SelectMany(Said.In));
}
