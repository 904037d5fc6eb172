using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static async IAsyncEnumerable<R> Through<T, R>(this IAsyncEnumerable<T> source, Func<IObservable<T>, IObservable<R>> query)
    {
        var (results, asked) = (Channel.CreateUnbounded<R>(), new TaskCompletionSource());
        var items = new Subject<T>();
        using var subscription = query(items).Subscribe(
            result => results.Writer.TryWrite(result), failure => results.Writer.Complete(failure), () => results.Writer.Complete());
        using var reading = ReadWhenAsked().AsObservable().Subscribe(items);
        do
        {
            while (results.Reader.TryRead(out var result))
            {
                if (asked.Task.IsCompleted)
                    asked = new();
                yield return result;
            }

            asked.TrySetResult(); // nothing is there: read on
        }
        while (await results.Reader.WaitToReadAsync());

        async IAsyncEnumerable<T> ReadWhenAsked([EnumeratorCancellation] CancellationToken leaving = default)
        {
            await asked.Task.WaitAsync(leaving);
            await foreach (var item in source.WithCancellation(leaving))
            {
                yield return item; // into the query, which may have a result now
                await asked.Task.WaitAsync(leaving);
                if (!items.HasObservers)
                    break;
            }

            await asked.Task.WaitAsync(leaving); // the end, too, waits until the consumer is done with its item
        }
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    /// <summary>A stage of a query; those with a clock make results at times of their own.</summary>
    public sealed record Stage(string Name, Func<IObservable<int>, VirtualClock, IObservable<int>> Apply)
    {
        public override string ToString() => Name;
    }

    private static readonly Stage[] Stages =
    [
        new("Select", (o, _) => o.Select(i => i + 1)),
        new("Where", (o, _) => o.Where(i => i % 3 == 0)),
        new("Buffer(2)", (o, _) => o.Buffer(2).Select(b => b.Sum())),
        new("Buffer(5)", (o, _) => o.Buffer(5).Select(b => b.Sum())),
        new("Take(3)", (o, _) => o.Take(3)),
        new("Take(7)", (o, _) => o.Take(7)),
        new("Scan", (o, _) => o.Scan((sum, i) => sum + i)),
        new("SelectMany", (o, _) => o.SelectMany(i => new[] { i, i })),
        new("StartWith", (o, _) => o.StartWith(100)),
        new("Concat", (o, _) => o.Concat(Observable.Range(200, 2))),
        new("Zip with itself", (o, _) => o.Zip(o.Skip(1), (a, b) => a * b)),
        new("Take, and the rest", (o, _) => o.Take(2).Concat(o)),
        // With a clock:
        new("Sample", (o, clock) => o.Sample(4.Frames(), clock)),
        new("Throttle", (o, clock) => o.Throttle(2.Frames(), clock)),
        new("Timed Buffer, Take(3)", (o, clock) => o.Buffer(5.Frames(), clock).Take(3).Select(b => b.Sum())),
        new("Buffer by time or count", (o, clock) => o.Buffer(6.Frames(), 3, clock).Take(4).Select(b => b.Count)),
        new("Merge with a timer", (o, clock) => o.Merge(Observable.Timer(7.Frames(), clock).Select(_ => 1000))),
        new("TakeUntil a timer", (o, clock) => o.TakeUntil(Observable.Timer(9.Frames(), clock))),
        new("Timeout", (o, clock) => o.Timeout(20.Frames(), clock)),
    ];

    private static readonly int TimelessStages = Array.FindIndex(Stages, stage => stage.Name == "Sample");

    /// <summary>
    /// The consumer is a tick late: where it would ask in the very instant in which a timer rings, the model does not say who is first.
    /// A failure, too, waits until the consumer is done with its item, which the model leaves out: no timers beside a source that fails.
    /// </summary>
    [Test]
    public void Through() => Same(
        from source in SourceCases
        from consumer in ConsumerCases
        from count in Gen.Choose(0, 3)
        from query in Gen.ArrayOf(Gen.Elements(source.Ending == '#' ? Stages[..TimelessStages] : Stages), count)
        select (source, consumer: consumer with { Lateness = TimeSpan.FromTicks(1) }, query), 104,
        (c, w) => w.Consume(TokenStream.Through(w.Pull(c.source), o => Query(o, c.query, w.Clock)), c.consumer),
        (c, w) => w.Consume(Concept.Through(w.Pull(c.source), o => Query(o, c.query, w.Clock)), c.consumer));

    private static IObservable<int> Query(IObservable<int> o, Stage[] stages, VirtualClock clock) =>
        stages.Aggregate(o, (query, stage) => stage.Apply(query, clock));
}
