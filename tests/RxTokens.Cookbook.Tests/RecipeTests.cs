using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace RxTokens.Cookbook.Tests;

public class RecipeTests
{
    [Test]
    public Task ConsoleAt30Frames() => MarbleTest.RunAsync(async m =>
    {
        var console = new Console(m);
        await Recipes.ConsoleAt30Frames(m.Pull(string.Concat(Enumerable.Repeat("a", 100)) + "|"), console, m.TimeProvider);

        Assert.That(string.Concat(console.Written.Select(w => w.Text)), Is.EqualTo(new string('a', 100)));
        Assert.That(console.Written, Has.Count.EqualTo(4), "in 100 ms");
        Assert.That(console.Written.Select(w => w.Frame), Is.EqualTo(new long[] { 0, 33, 66, 99 }));
    });

    [Test]
    public Task SentencesOrEvery100Milliseconds() => MarbleTest.RunAsync(async m =>
    {
        var said = new List<string>();
        var answer = m.Pull("a b 300ms c|", [("a", "It rains. I "), ("b", "think"), ("c", " so.")]);
        await Recipes.SentencesOrEvery100Milliseconds(answer, Say, m.TimeProvider);

        Assert.That(said, Is.EqualTo(new[] { "0: It rains. ", "100: I think", "303:  so." }));

        Task Say(string piece)
        {
            said.Add($"{m.Frame}: {piece}");
            return Task.CompletedTask;
        }
    });

    [Test]
    public Task TwoPanes() => MarbleTest.RunAsync(async m =>
    {
        var (text, counts) = (new StringBuilder(), new List<int>());
        var source = m.Pull("a-b-(cd)-e|");
        await Recipes.TwoPanes(source, more => text.Append(more), counts.Add, m.UiThread());

        Assert.That(text.ToString(), Is.EqualTo("abcde"));
        Assert.That(counts[^1], Is.EqualTo(5));
        m.ExpectPulls(source).ToBe("[^2]-1-2----1!"); // enumerated once
        Assert.That(counts, Is.Ordered.Ascending);
    });

    [Test]
    public Task StopAndKeep() => MarbleTest.RunAsync(async m =>
    {
        using var stop = new CancellationTokenSource();
        using var pressed = Observable.Timer(TimeSpan.FromMilliseconds(5), m.Clock).Subscribe(_ => stop.Cancel());
        var shown = new List<string>();

        Assert.That(await Recipes.StopAndKeep(m.Pull("a-b-c-d-e-f|"), shown.Add, stop.Token), Is.EqualTo("abc"));
        Assert.That(shown, Is.EqualTo(new[] { "a", "ab", "abc" }));
    });

    [Test]
    public Task LimitAndOneRetry() => MarbleTest.RunAsync(async m =>
    {
        var tries = new Queue<IAsyncEnumerable<string>>([m.Pull("30s a|"), m.Pull("2s a-b|")]);
        var shown = new List<string>();
        await Recipes.LimitAndOneRetry(Enumerate(), text => shown.Add($"{m.Frame}: {text}"), m.TimeProvider);

        Assert.That(shown, Is.EqualTo(new[] { "22000: a", "22002: b" }));

        async IAsyncEnumerable<string> Enumerate([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await foreach (var text in tries.Dequeue().WithCancellation(cancellationToken))
                yield return text;
        }
    });

    [Test]
    public Task SharedBudget() => MarbleTest.RunAsync(async m =>
    {
        var shown = new StringBuilder();
        await Recipes.SharedBudget([m.Pull("a-b-c-d|"), m.Pull("-e-f-g|")], _ => 4_000, Show, m.TimeProvider);

        Assert.That(shown.ToString(), Is.EqualTo("aebfc [the budget is used up] [the budget is used up]"));

        Task Show(string text)
        {
            shown.Append(text);
            return Task.CompletedTask;
        }
    });

    [Test]
    public Task ChatClient() => MarbleTest.RunAsync(async m =>
    {
        var shown = new List<string>();
        using var client = new Model(m.Pull("a(bc)d|").Select(text => new ChatResponseUpdate(ChatRole.Assistant, text)));
        await Recipes.ChatClient(client, "Why?", m.UiThread(), response => shown.Add(response.Text));

        Assert.That(string.Concat(shown), Is.EqualTo("abcd"));
    });

    [Test]
    public async Task ServerSentEvents()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        Recipes.ServerSentEvents(app, question => new[] { $"To {question}:", " 42" }.ToAsyncEnumerable(), TimeProvider.System);
        await app.StartAsync();
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        var events = await client.GetStringAsync(new Uri($"{app.Urls.First()}/answer?question=why"));

        Assert.That(string.Concat(events.Split('\n').Where(l => l.StartsWith("data: ", StringComparison.Ordinal)).Select(l => l[6..])), Is.EqualTo("To why: 42"));
        Assert.That(events, Does.Contain("event: end"));
        await app.StopAsync();
    }

    private sealed class Model(IAsyncEnumerable<ChatResponseUpdate> answer) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => answer;

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    private sealed class Console(MarbleTest m) : StringWriter
    {
        public List<(long Frame, string Text)> Written { get; } = [];

        public override Task WriteAsync(string? value)
        {
            Written.Add((m.Frame, value!));
            return Task.CompletedTask;
        }
    }
}
