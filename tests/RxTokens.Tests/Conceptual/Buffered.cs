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
    public static async IAsyncEnumerable<T> Buffered<T>(this IAsyncEnumerable<T> source, int capacity, int resumeAt)
    {
        var (waiting, drained) = (Channel.CreateUnbounded<T>(), new TaskCompletionSource());
        using var reading = ReadAhead().AsObservable().Subscribe(
            item => waiting.Writer.TryWrite(item), failure => waiting.Writer.Complete(failure), () => waiting.Writer.Complete());
        await foreach (var item in waiting.Reader.ReadAllAsync())
        {
            if (waiting.Reader.Count <= resumeAt)
                drained.TrySetResult();
            yield return item;
        }

        async IAsyncEnumerable<T> ReadAhead([EnumeratorCancellation] CancellationToken leaving = default)
        {
            await foreach (var item in source.WithCancellation(leaving))
            {
                yield return item; // to the consumer, or to those that wait for it
                if (waiting.Reader.Count == capacity)
                    await (drained = new()).Task.WaitAsync(leaving);
            }
        }
    }
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static async IAsyncEnumerable<T> Buffered<T>(this IObservable<T> source, int capacity, BoundedChannelFullMode overflow, Action<T>? onDropped)
    {
        var waiting = Channel.CreateBounded(new BoundedChannelOptions(capacity) { FullMode = overflow }, onDropped);
        using var subscription = source.Do(Write).Subscribe(
            _ => { }, failure => waiting.Writer.Complete(failure), () => waiting.Writer.Complete());
        await foreach (var item in waiting.Reader.ReadAllAsync())
            yield return item;

        void Write(T item)
        {
            if (waiting.Writer.TryWrite(item)) // always, but for Fail: that is BoundedChannelFullMode.Wait without the waiting
                return;
            onDropped?.Invoke(item);
            throw new BackpressureException("The buffer is full.", capacity);
        }
    }
    // </conceptual>

    // <conceptual>
    // Conceptually, for with these policies the source never waits:
    public static IAsyncEnumerable<T> Buffered<T>(this IAsyncEnumerable<T> source, int capacity, BoundedChannelFullMode overflow, Action<T>? onDropped) =>
        source.AsObservable().Buffered(capacity, overflow, onDropped);
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void Buffered() => Same(
        from source in SourceCases from consumer in ConsumerCases from capacity in Gen.Choose(1, 6) from resumeAt in Gen.Choose(0, capacity - 1)
        select (source, consumer, capacity, resumeAt), 109,
        (c, w) => w.Consume(TokenStream.Buffered(w.Pull(c.source), c.capacity, resumeAt: c.resumeAt), c.consumer),
        (c, w) => w.Consume(Concept.Buffered(w.Pull(c.source), c.capacity, c.resumeAt), c.consumer));

    // What the operators call these, and what channels do.
    private static readonly (Overflow Overflow, BoundedChannelFullMode Mode)[] Policies =
    [
        (Overflow.DropOldest, BoundedChannelFullMode.DropOldest),
        (Overflow.DropNewest, BoundedChannelFullMode.DropNewest),
        (Overflow.DropWrite, BoundedChannelFullMode.DropWrite),
        (Overflow.Fail, BoundedChannelFullMode.Wait),
    ];

    [Test]
    public void Buffered_WithAnOverflow() => Same(
        from source in SourceCases from consumer in ConsumerCases from capacity in Gen.Choose(1, 6) from policy in Gen.Elements(Policies)
        select (source, consumer, capacity, policy), 110,
        (c, w) => w.Consume(TokenStream.Buffered(w.Pull(c.source), c.capacity, c.policy.Overflow, onDropped: w.Dropped), c.consumer),
        (c, w) => w.Consume(Concept.Buffered(w.Pull(c.source), c.capacity, c.policy.Mode, w.Dropped), c.consumer));

    [Test]
    public void Buffered_OfAPushSource() => Same(
        from source in SourceCases from consumer in ConsumerCases from capacity in Gen.Choose(1, 6) from policy in Gen.Elements(Policies)
        select (source, consumer, capacity, policy), 111,
        (c, w) => w.Consume(TokenStream.Buffered(w.Push(c.source), c.capacity, c.policy.Overflow, w.Dropped), c.consumer),
        (c, w) => w.Consume(Concept.Buffered(w.Push(c.source), c.capacity, c.policy.Mode, w.Dropped), c.consumer));
}
