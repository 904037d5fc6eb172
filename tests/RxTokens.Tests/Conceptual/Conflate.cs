using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static async IAsyncEnumerable<R> Conflate<T, R>(this IObservable<T> source, Func<T, R> seed, Func<R, T, R> add)
    {
        // What is written takes the place of what waits.
        var waiting = Channel.CreateBounded<R>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        using var subscription = source.Select(item => waiting.Reader.TryPeek(out var result) ? add(result, item) : seed(item)).Subscribe(
            result => waiting.Writer.TryWrite(result), failure => waiting.Writer.Complete(failure), () => waiting.Writer.Complete());
        await foreach (var result in waiting.Reader.ReadAllAsync())
            yield return result;
    }
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static IAsyncEnumerable<R> Conflate<T, R>(this IAsyncEnumerable<T> source, Func<T, R> seed, Func<R, T, R> add) =>
        source.AsObservable().Conflate(seed, add);
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static IAsyncEnumerable<T> Conflate<T>(this IObservable<T> source, Func<T, T, T> merge) => source.Conflate(item => item, merge);
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static IAsyncEnumerable<T> Conflate<T>(this IAsyncEnumerable<T> source, Func<T, T, T> merge) => source.Conflate(item => item, merge);
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static async IAsyncEnumerable<string> Conflate(this IAsyncEnumerable<string> source, int maxChars)
    {
        var (waiting, taken) = (0, new TaskCompletionSource());
        await foreach (var all in ReadAhead().Conflate((before, text) => before + text))
        {
            waiting = 0;
            taken.TrySetResult();
            yield return all;
        }

        async IAsyncEnumerable<string> ReadAhead([EnumeratorCancellation] CancellationToken leaving = default)
        {
            await foreach (var text in source.WithCancellation(leaving))
            {
                waiting += text.Length;
                yield return text;
                if (waiting >= maxChars)
                    await (taken = new()).Task.WaitAsync(leaving);
            }
        }
    }
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static IAsyncEnumerable<string> Conflate(this IObservable<string> source, int maxChars) => source.Conflate((before, text) =>
        before.Length == 0 || before.Length + text.Length <= maxChars ? before + text : throw new BackpressureException("Too much text waits.", maxChars));
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void Conflate_WithASeed() => Same(
        from source in SourceCases from consumer in ConsumerCases select (source, consumer), 114,
        (c, w) => w.Consume(TokenStream.Conflate(w.Pull(c.source), Seed, Add), c.consumer),
        (c, w) => w.Consume(Concept.Conflate(w.Pull(c.source), Seed, Add), c.consumer));

    [Test]
    public void Conflate_WithASeed_OfAPushSource() => Same(
        from source in SourceCases from consumer in ConsumerCases select (source, consumer), 115,
        (c, w) => w.Consume(TokenStream.Conflate(w.Push(c.source), Seed, Add), c.consumer),
        (c, w) => w.Consume(Concept.Conflate(w.Push(c.source), Seed, Add), c.consumer));

    [Test]
    public void Conflate_WithAFunctionThatFails() => Same(
        from source in SourceCases from consumer in ConsumerCases from failsAt in Gen.Choose(0, 8) select (source, consumer, failsAt), 116,
        (c, w) => w.Consume(TokenStream.Conflate(w.Pull(c.source), (a, b) => b == c.failsAt ? throw Marbles.Failure : (a * 10) + b), c.consumer),
        (c, w) => w.Consume(Concept.Conflate(w.Pull(c.source), (a, b) => b == c.failsAt ? throw Marbles.Failure : (a * 10) + b), c.consumer));

    [Test]
    public void Conflate_OfAPushSource_WithAFunctionThatFails() => Same(
        from source in SourceCases from consumer in ConsumerCases from failsAt in Gen.Choose(0, 8) select (source, consumer, failsAt), 117,
        (c, w) => w.Consume(TokenStream.Conflate(w.Push(c.source), (a, b) => b == c.failsAt ? throw Marbles.Failure : (a * 10) + b), c.consumer),
        (c, w) => w.Consume(Concept.Conflate(w.Push(c.source), (a, b) => b == c.failsAt ? throw Marbles.Failure : (a * 10) + b), c.consumer));

    [Test]
    public void Conflate_OfText() => Same(
        from source in SourceCases from consumer in ConsumerCases from maxChars in Gen.Choose(1, 9) select (source, consumer, maxChars), 118,
        (c, w) => w.Consume(TokenStream.Conflate(w.PullText(c.source), c.maxChars), c.consumer),
        (c, w) => w.Consume(Concept.Conflate(w.PullText(c.source), c.maxChars), c.consumer));

    [Test]
    public void Conflate_OfPushedText() => Same(
        from source in SourceCases from consumer in ConsumerCases from maxChars in Gen.Choose(1, 12) select (source, consumer, maxChars), 119,
        (c, w) => w.Consume(TokenStream.Conflate(w.PushText(c.source), c.maxChars), c.consumer),
        (c, w) => w.Consume(Concept.Conflate(w.PushText(c.source), c.maxChars), c.consumer));

    private static string Seed(int item) => $"{item}";

    private static string Add(string result, int item) => $"{result}+{item}";
}
