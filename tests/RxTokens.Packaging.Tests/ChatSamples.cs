using System.Reactive.Linq;
using Microsoft.Extensions.AI;
using NUnit.Framework;
using OpenAI.Chat;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace RxTokens.Packaging.Tests;

/// <summary>The samples of docs/guide.md that take a model's answer to a screen: OpenAI's client is compiled, an IChatClient is run.</summary>
public class ChatSamples
{
    /// <summary>Compiled only: it wants a model.</summary>
    internal static async Task OpenAI(ChatClient chat, OpenAI.Chat.ChatMessage[] messages, SynchronizationContext ui, Screen screen)
    {
        await chat.CompleteChatStreamingAsync(messages)                      // the ChatClient of the OpenAI package
            .Through(updates => updates
                .SelectMany(update => update.ContentUpdate)
                .Select(part => part.Text))
            .Conflate()
            .RenderOnAsync(ui, screen.Append);
    }

    /// <summary>Compiled only: it wants a model.</summary>
    internal static async Task Everything(
        ChatClient chat, OpenAI.Chat.ChatMessage[] messages, CancellationTokenSource stop, IObservable<bool> isVisible, FrameClock frames, SynchronizationContext ui, Screen screen)
    {
        await chat.CompleteChatStreamingAsync(messages)
            .Detach()                                                        // who leaves is free at once, even if the connection hangs
            .TakeUntil(stop.Token)                                           // the Stop button: completes, and keeps the text
            .Timeout(first: TimeSpan.FromSeconds(20), between: TimeSpan.FromSeconds(5), TimeProvider.System)
            .Valve(isVisible)                                                // while the tab is hidden, the model waits
            .Through(updates => updates.SelectMany(update => update.ContentUpdate).Select(part => part.Text))
            .Conflate()
            .PerFrame(frames)                                                // var frames = new FrameClock(TimeSpan.FromSeconds(1.0 / 60), TimeProvider.System)
            .RenderOnAsync(ui, screen.Append);
    }

    /// <summary>Compiled only: the text operators have tests of their own.</summary>
    internal static async Task Speech(IAsyncEnumerable<string> tokens, TimeProvider clock, ISpeech speech)
    {
        await foreach (var sentence in tokens.Through(o => o
            .Lanes("<think>", "</think>").Where(lane => !lane.IsInside).Select(lane => lane.Text)   // without what was thought
            .StopAt(["\nUser:"])                                                                    // and the model is cancelled there
            .Sentences(flushAfter: TimeSpan.FromMilliseconds(100), clock)))                         // at ends, or every 100 ms
            await speech.SayAsync(sentence);
    }

    internal interface ISpeech
    {
        Task SayAsync(string sentence);
    }

    /// <summary>Compiled only: how one becomes the other.</summary>
    internal static IChatClient Adapted(ChatClient chat)
    {
        IChatClient client = chat.AsIChatClient();                           // from Microsoft.Extensions.AI.OpenAI
        return client;
    }

    [Test]
    public void AnIChatClient_FillsAScreen()
    {
        var screen = new Screen();
        MarbleTest.RunAsync(async m =>
        {
            IChatClient client = new Model(m.Pull("ab(cde)(fg)|", Said));
            var ui = m.UiThread();
            var question = "How many?";

            await client.GetStreamingResponseAsync(question)                     // any IChatClient of Microsoft.Extensions.AI
                .Through(updates => updates
                    .Select(update => update.Text)
                    .Where(text => text.Length > 0))
                .Conflate()
                .RenderOnAsync(ui, screen.Append);
        });

        Assert.That(string.Concat(screen.Texts), Is.EqualTo("There are 42."));
    }

    /// <summary>The first try fails, the second breaks off and is gone on with.</summary>
    [TestCase(false, "Because I say so.")]
    [TestCase(true, "Polly: late")]
    public void SecondTries_AndAPolicyAroundThem(bool isLate, string expected)
    {
        var screen = new Screen();
        MarbleTest.RunAsync(async m =>
        {
            var model = new Unsteady(m, isLate);
            var otherModel = new Unsteady(m, isLate: true);
            var clock = m.TimeProvider;
            var ui = m.UiThread();

            var answer = model.Ask("Why?")
                .RetryBeforeFirst(retries: 3, (retry, failure) => TimeSpan.FromSeconds(retry), clock, failure => failure is HttpRequestException)
                .ResumeWith((text, failure) => model.GoOn("Why?", text), times: 2, leastOverlap: 8, restart: "\n…\n")
                .Hedge(TimeSpan.FromSeconds(10), otherModel.Ask("Why?"), clock);

            try
            {
                var policy = new ResiliencePipelineBuilder { TimeProvider = clock }
                    .AddCircuitBreaker(new CircuitBreakerStrategyOptions { MinimumThroughput = 5, BreakDuration = TimeSpan.FromMinutes(1) })
                    .AddTimeout(TimeSpan.FromMinutes(2))
                    .Build();
                await policy.ExecuteAsync(async leaving => await answer.RenderOnAsync(ui, screen.Append, leaving));
            }
            catch (TimeoutRejectedException)
            {
                Assert.That(m.Frame * TimeSpan.FromSeconds(1), Is.EqualTo(TimeSpan.FromMinutes(2)));
                screen.Append("Polly: late");
            }

            Assert.That(model.Tries, Is.EqualTo(isLate ? 1 : 2));
        }, new MarbleOptions { FrameSize = TimeSpan.FromSeconds(1) });

        Assert.That(string.Concat(screen.Texts), Is.EqualTo(expected));
    }

    private sealed class Unsteady(MarbleTest m, bool isLate)
    {
        private readonly IAsyncEnumerable<string>[] _tries = isLate
            ? [m.Pull("", [("a", "")])]
            : [m.Pull("-#", [("a", "")], error: new HttpRequestException()), m.Pull("-ab#", [("a", "Because "), ("b", "I say")], error: new IOException())];

        private readonly IAsyncEnumerable<string> _rest = m.Pull("-ab|", [("a", "se I "), ("b", "say so.")]);

        public int Tries { get; private set; }

        public IAsyncEnumerable<string> Ask(string question) => new Deferred(() => _tries[Tries++]);

        public IAsyncEnumerable<string>? GoOn(string question, string text) => text == "Because I say" ? _rest : null;

        private sealed class Deferred(Func<IAsyncEnumerable<string>> make) : IAsyncEnumerable<string>
        {
            public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default) => make().GetAsyncEnumerator(cancellationToken);
        }
    }

    [Test]
    public void WholeUpdates_AreJoined_AndNothingOfThemIsLost()
    {
        var responses = new List<ChatResponse>();
        MarbleTest.RunAsync(async m =>
        {
            var answer = new Answer(responses, drawing: () => m.Delay(4));
            IChatClient client = new Model(m.Pull("ab(cde)(fg)|", Said));
            var ui = m.UiThread();
            var question = "How many?";
            var options = new ChatOptions();

            await client.GetStreamingResponseAsync(question, options)
                .Conflate(
                    first => new List<ChatResponseUpdate> { first },
                    (waiting, next) => { waiting.Add(next); return waiting; })
                .RenderOnAsync(ui, waiting => answer.ShowAsync(waiting.ToChatResponse()));   // joins the texts, keeps tool calls, usage, the reason of the end
        });

        var contents = responses.SelectMany(r => r.Messages).SelectMany(r => r.Contents).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(responses.Select(r => string.Join("/", r.Messages)), Is.EqualTo(new[] { "There ", "are /42.", "" }), "what came while one was drawn is the next");
            Assert.That(responses[1].Messages.Select(r => r.MessageId), Is.EqualTo(new[] { "1", "2" }), "two messages are not made one");
            Assert.That(contents.OfType<FunctionCallContent>().Single().Name, Is.EqualTo("count"));
            Assert.That(responses[2].Usage?.OutputTokenCount, Is.EqualTo(6));
            Assert.That(responses[2].FinishReason, Is.EqualTo(Microsoft.Extensions.AI.ChatFinishReason.Stop));
        });
    }

    private static MarbleValues<ChatResponseUpdate> Said =>
    [
        ("a", Text("1", "There ")),
        ("b", Text("1", "are ")),
        ("c", new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent("call", "count")]) { MessageId = "1" }),
        ("d", Text("2", "4")),
        ("e", Text("2", "2.")),
        ("f", new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(new() { OutputTokenCount = 6 })]) { MessageId = "2" }),
        ("g", new ChatResponseUpdate(ChatRole.Assistant, "") { MessageId = "2", FinishReason = Microsoft.Extensions.AI.ChatFinishReason.Stop }),
    ];

    private static ChatResponseUpdate Text(string message, string text) => new(ChatRole.Assistant, text) { MessageId = message };

    internal sealed class Screen
    {
        public List<string> Texts { get; } = [];

        public void Append(string text) => Texts.Add(text);
    }

    private sealed class Answer(List<ChatResponse> responses, Func<Task> drawing)
    {
        public async ValueTask ShowAsync(ChatResponse response)
        {
            responses.Add(response);
            await drawing();
        }
    }

    private sealed class Model(IAsyncEnumerable<ChatResponseUpdate> answer) : IChatClient
    {
        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<Microsoft.Extensions.AI.ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => answer;

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<Microsoft.Extensions.AI.ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
