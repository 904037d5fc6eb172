using System.Reactive.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.AI;

namespace RxTokens.Cookbook.Tests;

/// <summary>The recipes of <c>docs/cookbook.md</c>: a method a recipe, whose lines stand there as they stand here.</summary>
internal static class Recipes
{
    public static async Task ConsoleAt30Frames(IAsyncEnumerable<string> answer, TextWriter console, TimeProvider clock)
    {
        var frames = new FrameClock(TimeSpan.FromSeconds(1.0 / 30), clock);
        await foreach (var text in answer.Printable().Conflate().PerFrame(frames))
            await console.WriteAsync(text);
    }

    public static async Task SentencesOrEvery100Milliseconds(IAsyncEnumerable<string> answer, Func<string, Task> say, TimeProvider clock)
    {
        var flushAfter = TimeSpan.FromMilliseconds(100);
        await foreach (var piece in answer.Through(o => o.Sentences(flushAfter, clock)))
            await say(piece);
    }

    public static async Task TwoPanes(IAsyncEnumerable<string> tokens, Action<string> append, Action<int> count, SynchronizationContext ui)
    {
        var shared = tokens.ShareText();
        await Task.WhenAll(
            shared.JoinConflated().RenderOnAsync(ui, append),
            shared.Join(256).Through(o => o.Scan(0, (seen, _) => seen + 1)).KeepLatest().RenderOnAsync(ui, count));
    }

    public static async Task<string> StopAndKeep(IAsyncEnumerable<string> answer, Action<string> show, CancellationToken stop)
    {
        var text = "";
        await foreach (var more in answer.Conflate().TakeUntil(stop))
            show(text += more);
        return text; // whole, or what had come when somebody pressed Stop
    }

    public static async Task LimitAndOneRetry(IAsyncEnumerable<string> answer, Action<string> show, TimeProvider clock)
    {
        var patient = answer
            .Timeout(first: TimeSpan.FromSeconds(20), between: TimeSpan.FromSeconds(5), clock)
            .RetryBeforeFirst(retries: 1, when: failure => failure is TimeoutException or HttpRequestException);

        await foreach (var text in patient.Conflate())
            show(text);
    }

    public static async Task ChatClient(IChatClient client, string question, SynchronizationContext ui, Action<ChatResponse> show)
    {
        await client.GetStreamingResponseAsync(question)
            .Conflate(
                first => new List<ChatResponseUpdate> { first },
                (waiting, next) => { waiting.Add(next); return waiting; })
            .RenderOnAsync(ui, waiting => show(waiting.ToChatResponse()));
    }

    public static void ServerSentEvents(WebApplication app, Func<string, IAsyncEnumerable<string>> ask, TimeProvider clock)
    {
        app.MapGet("/answer", (string question) => TokenResults.ServerSentEvents(
            ask(question)
                .Timeout(first: TimeSpan.FromSeconds(60), between: TimeSpan.FromSeconds(20), clock)
                .Conflate()));
    }

    public static async Task SharedBudget(IEnumerable<IAsyncEnumerable<string>> answers, Func<string, int> countTokens, Func<string, Task> show, TimeProvider clock)
    {
        var quota = new TokenQuota(limit: 20_000, window: TimeSpan.FromHours(1), clock);
        await Task.WhenAll(answers.Select(async answer =>
        {
            await foreach (var text in answer.WithinQuota(quota, "ada", countTokens, last: _ => " [the budget is used up]"))
                await show(text);
        }));
    }
}
