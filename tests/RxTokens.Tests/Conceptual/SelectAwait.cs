using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually (the functions' token aside):
    public static async IAsyncEnumerable<R> SelectAwait<T, R>(
        this IAsyncEnumerable<T> source, Func<T, ValueTask<R>> selector, int maxConcurrency, bool isOrdered)
    {
        var (work, finishing) = (Channel.CreateUnbounded<Task<R>>(), new Queue<TaskCompletionSource<R>>());
        var (mayRead, open) = (new TaskCompletionSource(), 0);
        using var reading = ReadWhenAsked().AsObservable().Subscribe(
            item => work.Writer.TryWrite(Start(item)), failure => work.Writer.Complete(failure), () => work.Writer.Complete());
        do
        {
            while (work.Reader.TryRead(out var next))
            {
                if (!next.IsCompleted && open < maxConcurrency)
                    mayRead.TrySetResult();
                var result = await next;
                open--;
                if (mayRead.Task.IsCompleted)
                    mayRead = new();
                yield return result;
            }

            mayRead.TrySetResult(); // nothing is in work
        }
        while (await work.Reader.WaitToReadAsync());

        async IAsyncEnumerable<T> ReadWhenAsked([EnumeratorCancellation] CancellationToken leaving = default)
        {
            await mayRead.Task.WaitAsync(leaving);
            await foreach (var item in source.WithCancellation(leaving))
            {
                if (++open == maxConcurrency && mayRead.Task.IsCompleted)
                    mayRead = new();
                yield return item;
                await mayRead.Task.WaitAsync(leaving);
            }
        }

        Task<R> Start(T item)
        {
            var result = selector(item).AsTask();
            if (isOrdered)
                return result;
            finishing.Enqueue(new());
            var place = finishing.Last().Task;
            result.ContinueWith(finished => finishing.Dequeue().SetFromTask(finished), TaskContinuationOptions.ExecuteSynchronously);
            return place; // of whichever finishes next
        }
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void SelectAwait([Values] bool isOrdered) => Same(
        from source in SourceCases from consumer in ConsumerCases from maxConcurrency in Gen.Choose(1, 4) from times in FunctionTimes
        select (source, consumer, maxConcurrency, times), isOrdered ? 105u : 106u,
        (c, w) => w.Consume(
            TokenStream.SelectAwait(w.Pull(c.source), (item, leaving) => Function(w, item, c.times, failsAt: null, leaving), c.maxConcurrency, isOrdered ? AwaitOrder.Source : AwaitOrder.Completion), c.consumer),
        (c, w) => w.Consume(
            Concept.SelectAwait(w.Pull(c.source), item => Function(w, item, c.times, failsAt: null, CancellationToken.None), c.maxConcurrency, isOrdered), c.consumer));

    /// <summary>
    /// The reads are not compared: the operator stops reading when a function fails, the model when it hears of it. Nobody leaves: whoever does
    /// is told of the failure of a function that was ahead of it, which the model keeps to itself.
    /// </summary>
    [Test]
    public void SelectAwait_OfAFunctionThatFails([Values] bool isOrdered) => Same(
        from source in SourceCases from consumer in ConsumerCases.Where(c => c.StopsAfter is null) from maxConcurrency in Gen.Choose(1, 4) from times in FunctionTimes from failsAt in Gen.Choose(0, 8)
        select (source, consumer, maxConcurrency, times, failsAt), isOrdered ? 107u : 108u,
        (c, w) => w.WithoutReads().Consume(
            TokenStream.SelectAwait(w.Pull(c.source), (item, leaving) => Function(w, item, c.times, c.failsAt, leaving), c.maxConcurrency, isOrdered ? AwaitOrder.Source : AwaitOrder.Completion), c.consumer),
        (c, w) => w.WithoutReads().Consume(
            Concept.SelectAwait(w.Pull(c.source), item => Function(w, item, c.times, c.failsAt, CancellationToken.None), c.maxConcurrency, isOrdered), c.consumer));

    private static readonly Gen<int[]> FunctionTimes = Gen.NonEmptyListOf(Gen.Frequency((1, Gen.Constant(0)), (3, Gen.Choose(1, 8)))).Select(times => times.ToArray());

    private static async ValueTask<string> Function(World world, int item, int[] times, int? failsAt, CancellationToken leaving)
    {
        if (times[item % times.Length] is var time and > 0)
            await world.Clock.Delay(time.Frames(), leaving);
        return item == failsAt ? throw Marbles.Failure : $"f{item}";
    }
}
