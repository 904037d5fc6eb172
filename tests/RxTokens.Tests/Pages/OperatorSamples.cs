using System.Net.Http.Json;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace RxTokens.Tests.Pages;

/// <summary>The samples of the pages in <c>docs/operators</c>: a method an operator, whose lines stand there as they stand here.</summary>
internal static class OperatorSamples
{
    public static async Task Through(IAsyncEnumerable<string> tokens)
    {
        await foreach (var line in tokens.Through(o => o.Buffer(20).Select(texts => string.Concat(texts))))
            Console.WriteLine(line); // the model waits while this writes
    }

    public static void OnDemand(IAsyncEnumerable<string> tokens)
    {
        var demand = new Demand();
        using var subscription = tokens.OnDemand(demand).Subscribe(Console.Write);
        demand.Request(100); // a hundred now; the next when they are asked for
    }

    public static void AsObservable(IAsyncEnumerable<string> tokens)
    {
        using var subscription = tokens.AsObservable().Scan(0, (count, _) => count + 1).Subscribe(count => Console.Title = $"{count} tokens");
    }

    public static async Task SelectAwait(IAsyncEnumerable<string> questions, HttpClient client)
    {
        await foreach (var answer in questions.SelectAwait((question, token) => new ValueTask<string>(client.GetStringAsync($"answer?{question}", token)), maxConcurrency: 4))
            Console.WriteLine(answer); // in the order of the questions
    }

    public static async Task Buffered(IAsyncEnumerable<string> tokens)
    {
        await foreach (var text in tokens.Buffered(256)) // reads on while this writes, up to 256 ahead
            Console.Write(text);
    }

    public static async Task Conflate(IAsyncEnumerable<string> tokens)
    {
        await foreach (var text in tokens.Conflate()) // what came while this wrote, in one string
            Console.Write(text);
    }

    public static async Task KeepLatest(IAsyncEnumerable<double> progress)
    {
        await foreach (var share in progress.KeepLatest())
            Console.Write($"\r{share:P0}");
    }

    public static async Task PerFrame(IAsyncEnumerable<string> tokens, FrameClock frames)
    {
        await foreach (var text in tokens.Conflate().PerFrame(frames)) // one FrameClock for all streams of a screen
            Console.Write(text);
    }

    public static async Task Pace(IAsyncEnumerable<string> prompts, IScheduler clock)
    {
        await foreach (var prompt in prompts.Pace(itemsPerSecond: 2, burst: 10, clock))
            Console.WriteLine(prompt);
    }

    public static async Task Valve(IAsyncEnumerable<string> tokens, IObservable<bool> isVisible)
    {
        await foreach (var text in tokens.Valve(isVisible)) // a hidden tab holds the model
            Console.Write(text);
    }

    public static async Task Timeout(IAsyncEnumerable<string> tokens, IScheduler clock)
    {
        await foreach (var text in tokens.Timeout(first: TimeSpan.FromSeconds(20), between: TimeSpan.FromSeconds(5), clock))
            Console.Write(text);
    }

    public static async Task TakeUntil(IAsyncEnumerable<string> tokens, CancellationToken stop)
    {
        var answer = string.Concat(await tokens.TakeUntil(stop).ToListAsync()); // no exception: what came is kept
    }

    public static async Task Detach(IAsyncEnumerable<string> tokens, CancellationToken leave)
    {
        await foreach (var text in tokens.Detach().WithCancellation(leave)) // leaves at once, whatever the source does
            Console.Write(text);
    }

    public static async Task WithinQuota(IAsyncEnumerable<string> tokens, ITokenQuota quota, string user)
    {
        await foreach (var text in tokens.WithinQuota(quota, user, cost: text => 1, promptTokens: 200))
            Console.Write(text);
    }

    public static async Task RetryBeforeFirst(IAsyncEnumerable<string> tokens, IScheduler clock)
    {
        var answer = tokens.RetryBeforeFirst(retries: 3, (attempt, _) => TimeSpan.FromSeconds(1 << attempt), clock, when: e => e is HttpRequestException);
        await foreach (var text in answer)
            Console.Write(text);
    }

    public static async Task ResumeWith(IAsyncEnumerable<string> tokens, Func<string, IAsyncEnumerable<string>> goOn)
    {
        await foreach (var text in tokens.ResumeWith((soFar, failure) => goOn(soFar), times: 2))
            Console.Write(text);
    }

    public static async Task Hedge(IAsyncEnumerable<string> large, IAsyncEnumerable<string> small, IScheduler clock)
    {
        await foreach (var text in large.Hedge(TimeSpan.FromSeconds(2), small, clock))
            Console.Write(text);
    }

    public static async Task Share(IAsyncEnumerable<string> tokens, IScheduler clock, Func<string, ValueTask> show, Func<string, ValueTask> save)
    {
        var shared = tokens.ShareText(TimeSpan.FromSeconds(5), clock);
        await Task.WhenAll( // one call to the model
            Parallel.ForEachAsync(shared.JoinConflated(), (text, _) => show(text)),
            Parallel.ForEachAsync(shared.Join(256, Overflow.Wait), (text, _) => save(text)));
    }

    public static async Task Printable(IAsyncEnumerable<string> tokens)
    {
        await foreach (var text in tokens.Printable())
            Console.Write(text);
    }

    public static async Task Lines(IAsyncEnumerable<string> tokens)
    {
        await foreach (var line in tokens.Through(o => o.Lines()))
            Console.WriteLine(line);
    }

    public static async Task Graphemes(IAsyncEnumerable<string> tokens, IScheduler clock)
    {
        await foreach (var character in tokens.Through(o => o.Graphemes()).Pace(itemsPerSecond: 200, burst: 20, clock))
            Console.Write(character);
    }

    public static async Task Words(IAsyncEnumerable<string> tokens)
    {
        await foreach (var word in tokens.Through(o => o.Words(WordBorders.AfterSpace)))
            Console.Write(word); // "Hello, ", "world!"
    }

    public static async Task Sentences(IAsyncEnumerable<string> tokens, Func<string, Task> say, TimeProvider clock)
    {
        await foreach (var sentence in tokens.Through(o => o.Sentences(flushAfter: TimeSpan.FromSeconds(1), clock)))
            await say(sentence);
    }

    public static async Task Segments(IAsyncEnumerable<string> tokens, Action<string> link, Action<string> show)
    {
        await foreach (var segment in tokens.Through(o => o.Segments(new Regex(@"\[\d{1,3}\]"))))
            (segment.IsMatch ? link : show)(segment.Text);
    }

    public static async Task StopAt(IAsyncEnumerable<string> tokens)
    {
        await foreach (var text in tokens.Through(o => o.StopAt(["\nUser:", "</answer>"])))
            Console.Write(text); // and the model is cancelled there
    }

    public static async Task TakeTokens(IAsyncEnumerable<string> tokens, Func<string, int> countTokens)
    {
        await foreach (var text in tokens.Through(o => o.TakeTokens(500, countTokens, wholeWords: true, onCut: n => Console.Error.WriteLine($"cut after {n} tokens"))))
            Console.Write(text);
    }

    public static async Task Lanes(IAsyncEnumerable<string> tokens, Action<string> think, Action<string> answer)
    {
        await foreach (var (text, isInside) in tokens.Through(o => o.Lanes("<think>", "</think>")))
            (isInside ? think : answer)(text);
    }

    public static async Task CodeFences(IAsyncEnumerable<string> tokens, Action<string, string> open)
    {
        await foreach (var code in tokens.Through(o => o.CodeFences(whole: true)))
            open(code.Language, code.Text);
    }

    public static async Task MarkdownBlocks(IAsyncEnumerable<string> tokens, List<string> views, Func<string, string> render)
    {
        await foreach (var block in tokens.Through(o => o.MarkdownBlocks(growing: true)))
        {
            views.RemoveRange(block.Index, views.Count - block.Index); // those before it are settled
            views.Add(render(block.Text));
        }
    }

    public static async Task PartialJson(IAsyncEnumerable<string> arguments, Action<string> show)
    {
        await foreach (var document in arguments.Through(o => o.PartialJson()).KeepLatest())
            show(document); // {"city":"Par"}, {"city":"Paris"}
    }

    public static async Task ShapeText(IAsyncEnumerable<(string? Text, string? Tool)> updates, Action<(string? Text, string? Tool)> show)
    {
        var shaped = updates.ShapeText(update => update.Text, (update, text) => (text, null), texts => texts.Through(o => o.Sentences()));
        await foreach (var update in shaped)
            show(update); // sentences, and each tool call after the text before it
    }

    public static IDisposable ThrottleFirst(IObservable<string> clicks, Action<string> ask, TimeProvider clock)
    {
        return clicks.ThrottleFirst(TimeSpan.FromSeconds(1), clock).Subscribe(ask);
    }

    public static async Task ThrottleLatest(IAsyncEnumerable<string> tokens, TimeProvider clock)
    {
        var answer = tokens.Through(o => o.Scan("", (text, more) => text + more).ThrottleLatest(TimeSpan.FromMilliseconds(100), clock));
        await foreach (var text in answer)
            Console.Title = text;
    }

    public static IDisposable Audit(IObservable<double> progress, TimeProvider clock)
    {
        return progress.Audit(TimeSpan.FromMilliseconds(250), clock).Subscribe(share => Console.Title = $"{share:P0}");
    }

    public static async Task BatchBy(IAsyncEnumerable<string> lines, Func<IList<string>, Task> write, IScheduler clock)
    {
        var batches = lines.Through(o => o.BatchBy(100, TimeSpan.FromSeconds(1), line => line.Length, maxWeight: 64_000, clock));
        await foreach (var batch in batches)
            await write(batch);
    }

    public static async Task BufferUntil(IAsyncEnumerable<string> lines)
    {
        await foreach (var message in lines.Through(o => o.BufferUntil(line => line.Length == 0)))
            Console.WriteLine(string.Join('\n', message)); // up to the empty line
    }

    public static async Task SampleFlush(IAsyncEnumerable<string> tokens, TimeProvider clock)
    {
        var counts = tokens.Through(o => o.Scan(0, (count, _) => count + 1).SampleFlush(TimeSpan.FromMilliseconds(500), clock));
        await foreach (var count in counts)
            Console.Title = $"{count} tokens"; // the last one is the whole
    }

    public static IDisposable DistinctFrames(IObservable<string> states, Action<string> draw, TimeProvider clock)
    {
        return states.DistinctFrames(TimeSpan.FromMilliseconds(16), clock).Subscribe(draw);
    }

    public static async Task FromChannel(ChannelReader<string> reader)
    {
        await foreach (var text in TokenStream.FromChannel(reader).Conflate())
            Console.Write(text);
    }

    public static async Task FromBlocking(IEnumerable<string> tokens)
    {
        await foreach (var text in TokenStream.FromBlocking(tokens)) // it blocks a thread of its own
            Console.Write(text);
    }

    public static async Task FromStream(HttpResponseMessage response)
    {
        await foreach (var text in TokenStream.FromStream(await response.Content.ReadAsStreamAsync()).DecodeUtf8())
            Console.Write(text);
    }

    public static async Task DecodeUtf8(IAsyncEnumerable<ReadOnlyMemory<byte>> bytes)
    {
        await foreach (var text in bytes.DecodeUtf8())
            Console.Write(text);
    }

    public static async Task CopyToAsync(IAsyncEnumerable<string> tokens, ChannelWriter<string> writer)
    {
        await tokens.CopyToAsync(writer); // waits where the channel is full
    }

    public static async Task RenderOnAsync(IAsyncEnumerable<string> tokens, SynchronizationContext ui, Action<string> append)
    {
        await tokens.Conflate().RenderOnAsync(ui, append);
    }
}
