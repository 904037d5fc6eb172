using System.Reactive.Linq;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>
/// Random sources, queries and consumers against the simplest model there is: LINQ to objects, which pulls as lazily as
/// Through promises to. The seeds are fixed, so every run checks the same thousands of cases.
/// </summary>
public class PropertyTests
{
    private const int Rounds = 2500;

    /// <summary>What the source does: items after these frames each, then an ending; or the same for ever.</summary>
    /// <param name="Delays">Frames before each item; 0 means that it is ready.</param>
    /// <param name="Ending">A dash that never ends, | or #.</param>
    /// <param name="IgnoresCancellation">Whether a read goes on when it is cancelled.</param>
    /// <param name="DisposalFrames">How long its disposal takes.</param>
    public sealed record SourceCase(int[] Delays, char Ending, bool IgnoresCancellation, int DisposalFrames)
    {
        public PullProbe<int> Build(VirtualClock clock)
        {
            var marbles = new List<Marble<int>>();
            long frame = 0;
            for (var i = 0; i < Delays.Length; i++)
                marbles.Add(Marble.Next(frame += Delays[i], i));
            if (Ending == '|')
                marbles.Add(Marble.End<int>(frame + 1));
            if (Ending == '#')
                marbles.Add(Marble.Error<int>(frame + 1, Marbles.Failure));
            return new PullProbe<int>(clock, marbles) { IgnoresCancellation = IgnoresCancellation, DisposalFrames = DisposalFrames };
        }

        public override string ToString() => $"source [{string.Join(' ', Delays)}]{Ending} ignoresCancellation={IgnoresCancellation} disposal={DisposalFrames}";
    }

    /// <summary>What the consumer does: is busy for these frames after each item; leaves after some, or cancels at a frame.</summary>
    public sealed record ConsumerCase(int[] Busy, int? LeavesAfter, int? CancelsAt)
    {
        public override string ToString() => $"consumer busy [{string.Join(' ', Busy)}] leavesAfter={LeavesAfter} cancelsAt={CancelsAt}";
    }

    /// <summary>An operator twice: for push, and for the model.</summary>
    public sealed record Stage(string Name, Func<IObservable<int>, IObservable<int>> Push, Func<IEnumerable<int>, IEnumerable<int>> Model)
    {
        public override string ToString() => Name;
    }

    private static readonly Stage[] Stages =
    [
        new("Select", o => o.Select(i => i + 1), s => s.Select(i => i + 1)),
        new("Where", o => o.Where(i => i % 3 == 0), s => s.Where(i => i % 3 == 0)),
        new("Buffer(2)", o => o.Buffer(2).Select(b => b.Sum()), s => s.Chunk(2).Select(b => b.Sum())),
        new("Buffer(5)", o => o.Buffer(5).Select(b => b.Sum()), s => s.Chunk(5).Select(b => b.Sum())),
        new("Take(3)", o => o.Take(3), s => s.Take(3)),
        new("Take(7)", o => o.Take(7), s => s.Take(7)),
        new("Skip(2)", o => o.Skip(2), s => s.Skip(2)),
        new("TakeWhile", o => o.TakeWhile(i => i < 12), s => s.TakeWhile(i => i < 12)),
        new("Scan", o => o.Scan(0, (sum, i) => sum + i), s => Scan(s)),
        new("SelectMany", o => o.SelectMany(i => new[] { i, i }), s => s.SelectMany(i => new[] { i, i })),
        new("SelectMany trampoline", o => o.SelectMany(i => new[] { i, i }.ToObservable()), s => s.SelectMany(i => new[] { i, i })),
        new("StartWith", o => o.StartWith(100), s => s.Prepend(100)),
        new("Concat", o => o.Concat(Observable.Range(200, 2)), s => s.Concat([200, 201])),
        new("Distinct", o => o.DistinctUntilChanged(), s => DistinctUntilChanged(s)),
    ];

    private static IEnumerable<int> Scan(IEnumerable<int> source)
    {
        var sum = 0;
        foreach (var i in source)
            yield return sum += i;
    }

    private static IEnumerable<int> DistinctUntilChanged(IEnumerable<int> source)
    {
        int? last = null;
        foreach (var i in source)
        {
            if (i != last)
                yield return i;
            last = i;
        }
    }

    private static readonly Gen<SourceCase> SourceCases =
        from delays in Gen.ListOf(Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(1, 4))))
        from ending in Gen.Elements('-', '|', '|', '|', '#')
        from ignores in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
        from disposal in Gen.Frequency((4, Gen.Constant(0)), (1, Gen.Choose(1, 3)))
        select new SourceCase([.. delays], ending, ignores, disposal);

    private static readonly Gen<ConsumerCase> ConsumerCases =
        from busy in Gen.NonEmptyListOf(Gen.Frequency((2, Gen.Constant(0)), (2, Gen.Choose(1, 5)), (1, Gen.Constant(50))))
        from leaves in Gen.Frequency((2, Gen.Constant<int?>(null)), (1, Gen.Choose(0, 8).Select(i => (int?)i)))
        from cancels in Gen.Frequency((3, Gen.Constant<int?>(null)), (1, Gen.Choose(0, 30).Select(i => (int?)i)))
        select new ConsumerCase([.. busy], leaves, cancels);

    private static readonly Gen<Stage[]> Queries =
        from count in Gen.Choose(0, 3)
        from stages in Gen.ArrayOf(Gen.Elements(Stages), count)
        select stages;

    private static void ForAll<T>(Gen<T> cases, ulong seed, Action<T> check)
    {
        var rounds = 0;
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Rounds).WithEndSize(20).WithReplay(seed, 1),
            Prop.ForAll(cases.ToArbitrary(), c =>
            {
                rounds++;
                check(c);
            }));
        TestContext.Out.WriteLine($"{rounds} rounds");
        Assert.That(rounds, Is.EqualTo(Rounds));
    }

    /// <summary>Runs the consumer to its end or to the end of time; returns what it got.</summary>
    private static (List<T> Items, Exception? Failure, bool Ended, bool Left, bool Cancelled) Run<T>(VirtualClock clock, IAsyncEnumerable<T> stream, ConsumerCase consumer)
    {
        using var cancellation = new CancellationTokenSource();
        if (consumer.CancelsAt is { } frame)
            clock.At(frame, cancellation.Cancel);
        var result = (Items: new List<T>(), Failure: (Exception?)null, Ended: false, Left: false, Cancelled: false);
        clock.At(0, () => _ = Consume());
        clock.Start();
        return result;

        async Task Consume()
        {
            try
            {
                if (consumer.LeavesAfter != 0)
                {
                    await foreach (var item in stream.WithCancellation(cancellation.Token))
                    {
                        result.Items.Add(item);
                        result.Left = result.Items.Count == consumer.LeavesAfter;
                        if (result.Left)
                            break;
                        if (consumer.Busy[(result.Items.Count - 1) % consumer.Busy.Length] is var busy and > 0)
                            await clock.Delay(TimeSpan.FromMilliseconds(busy));
                    }
                }
            }
            catch (Exception failure)
            {
                result.Failure = failure;
                result.Cancelled = cancellation.IsCancellationRequested;
            }

            result.Left |= consumer.LeavesAfter == 0;
            result.Ended = true;
        }
    }

    /// <summary>
    /// Cancelled; a source that ignores it and never ends keeps its consumer waiting, and one that fails afterwards all the same says so from its disposal.
    /// </summary>
    private static bool IsInterrupted<T>((List<T> Items, Exception? Failure, bool Ended, bool Left, bool Cancelled) result, ConsumerCase consumer) =>
        consumer.CancelsAt is not null && (result.Failure is OperationCanceledException || !result.Ended || (result.Cancelled && result.Failure == Marbles.Failure));

    private static void AssertUsedWell(PullProbe<int> source, bool ended)
    {
        Assert.That(source.Violations, Is.Empty);
        Assert.That(source.Enumerations, Has.Count.LessThanOrEqualTo(1));
        if (ended)
            Assert.That(source.Disposals, Has.Count.EqualTo(source.Enumerations.Count), "disposals");
    }

    [Test]
    public void Through_DoesWhatLinqDoes_WithTheSameReads() => ForAll(
        from source in SourceCases from query in Queries from consumer in ConsumerCases select (source, query, consumer), 7,
        c =>
        {
            var clock = new VirtualClock();
            var source = c.source.Build(clock);
            var result = Run(clock, source.Through(o => c.query.Aggregate(o, (q, stage) => stage.Push(q))), c.consumer);

            // The model: a source of the same items that never ends by itself stops the model by an exception of its own.
            var reads = 0;
            var model = c.query.Aggregate(Items(), (q, stage) => stage.Model(q)).GetEnumerator();
            var expected = new List<int>();
            Exception? failure = null;
            var isComplete = false;
            var wanted = result.Left ? result.Items.Count : int.MaxValue;
            try
            {
                while (expected.Count < wanted)
                {
                    if (!model.MoveNext())
                    {
                        isComplete = true;
                        break;
                    }

                    expected.Add(model.Current);
                }
            }
            catch (Exception e)
            {
                failure = e;
            }

            var what = $"{c.source} | {string.Join('.', c.query.Select(s => s.Name))} | {c.consumer}\n"
                + $"got [{string.Join(' ', result.Items)}] {result.Failure?.GetType().Name} ended={result.Ended}; model [{string.Join(' ', expected)}] {failure?.GetType().Name} complete={isComplete}";
            if (IsInterrupted(result, c.consumer))
                Assert.That(result.Items, Is.EqualTo(expected.Take(result.Items.Count)), what);
            else
            {
                Assert.That(result.Items, Is.EqualTo(expected), what);
                if (!result.Left)
                {
                    Assert.That(result.Ended, Is.EqualTo(isComplete || failure == Marbles.Failure), what);
                    Assert.That(result.Failure, Is.SameAs(failure == Marbles.Failure ? failure : null), what);
                }
            }

            Assert.That(source.Reads, Has.Count.LessThanOrEqualTo(reads), what);
            AssertUsedWell(source, result.Ended);

            IEnumerable<int> Items()
            {
                for (var i = 0; i < c.source.Delays.Length; i++)
                {
                    reads++;
                    yield return i;
                }

                reads++;
                if (c.source.Ending == '#')
                    throw Marbles.Failure;
                if (c.source.Ending == '-')
                    throw new TimeoutException("waits for ever");
            }
        });

    [Test]
    public void EndlessSynchronousSources_AreReadAsFarAsTheModelNeeds() => ForAll(
        from query in Queries from take in Gen.Choose(1, 20) select (query, take), 11,
        c =>
        {
            var source = new ReadySource<int>(i => i);
            var reads = 0;
            var expected = c.query.Aggregate(Endless(), (q, stage) => stage.Model(q)).Take(c.take).ToList();
            var items = source.Through(o => c.query.Aggregate(o, (q, stage) => stage.Push(q))).TakeItems(c.take);

            Assert.That(items, Is.EqualTo(expected));
            Assert.That(source.Reads, Is.LessThanOrEqualTo(reads));
            Assert.That(source.Disposals, Is.EqualTo(source.Reads > 0 ? 1 : 0));

            IEnumerable<int> Endless()
            {
                while (true)
                    yield return reads++;
            }
        });

    [Test]
    public void Boundaries_LoseNothingSilently() => ForAll(
        from source in SourceCases from consumer in ConsumerCases from capacity in Gen.Choose(1, 6) from kind in Gen.Choose(0, 5)
        select (source, consumer, capacity, kind), 13,
        c =>
        {
            var clock = new VirtualClock();
            var source = c.source.Build(clock);
            var dropped = new List<int>();
            IAsyncEnumerable<int> numbers = source;
            var stream = c.kind switch
            {
                0 => numbers.Buffered(c.capacity).Single(),
                1 => numbers.Buffered(c.capacity, Overflow.DropOldest, onDropped: dropped.Add).Single(),
                2 => numbers.Buffered(c.capacity, Overflow.DropWrite, onDropped: dropped.Add).Single(),
                3 => numbers.KeepLatest(dropped.Add).Single(),
                4 => numbers.Conflate(i => new List<int> { i }, (l, i) => [.. l, i]),
                _ => numbers.Through(o => o.Select(i => i + ",")).Conflate(c.capacity)
                    .Through(o => o.Select(t => t.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToList())),
            };
            var result = Run(clock, stream, c.consumer);
            var got = result.Items.SelectMany(l => l).ToList();
            var what = $"{c.source} | kind {c.kind} capacity {c.capacity} | {c.consumer}: got [{string.Join(' ', got)}] dropped [{string.Join(' ', dropped)}] {result.Failure}";

            Assert.That(got, Is.Ordered.Ascending.And.Unique, what);
            var total = got.Count + dropped.Count;
            Assert.That(got.Concat(dropped).Order(), Is.EqualTo(Enumerable.Range(0, total)).Or.Matches<IEnumerable<int>>(_ => result.Left || IsInterrupted(result, c.consumer)), what);
            if (!result.Left && !IsInterrupted(result, c.consumer))
            {
                Assert.That(total, Is.EqualTo(c.source.Delays.Length), what);
                Assert.That(result.Ended, Is.EqualTo(c.source.Ending != '-'), what);
                Assert.That(result.Failure, Is.SameAs(c.source.Ending == '#' ? Marbles.Failure : null), what);
                if (c.source.Delays.Length > 0 && c.kind is not 2)
                    Assert.That(got[^1], Is.EqualTo(c.source.Delays.Length - 1), what);
            }

            if (c.kind == 0)
                Assert.That(source.Reads.Count - got.Count, Is.LessThanOrEqualTo(c.capacity + 1), what);
            AssertUsedWell(source, result.Ended);
        });

    [Test]
    public void OnDemand_DeliversWhatIsRequestedAndReadsNoFurther() => ForAll(
        from source in SourceCases
        from requests in Gen.ListOf(from frame in Gen.Choose(0, 60) from count in Gen.Frequency((6, Gen.Choose(1, 4)), (1, Gen.Constant(int.MaxValue))) select (frame, count))
        from disposes in Gen.Frequency((3, Gen.Constant<int?>(null)), (1, Gen.Choose(0, 40).Select(i => (int?)i)))
        from fromInside in Gen.Elements(false, true)
        select (source, requests, disposes, fromInside), 17,
        c =>
        {
            var clock = new VirtualClock();
            var source = c.source.Build(clock);
            var demand = new Demand();
            var recorder = clock.Record<int>();
            long requested = 0;
            void Request(long count)
            {
                requested += count;
                demand.Request(count);
            }

            recorder.OnItem = i =>
            {
                Assert.That(recorder.Items, Has.Count.LessThanOrEqualTo(requested));
                if (c.fromInside && i % 2 == 0)
                    Request(1);
            };
            var subscription = source.OnDemand(demand).Subscribe(recorder);
            foreach (var (frame, count) in c.requests)
                clock.At(frame, () => Request(count == int.MaxValue ? 1_000_000 : count));
            if (c.disposes is { } at)
                clock.At(at, subscription.Dispose);
            clock.Start();

            var available = c.source.Delays.Length;
            Assert.That(recorder.Items, Is.EqualTo(Enumerable.Range(0, recorder.Items.Count)));
            Assert.That(recorder.Violations, Is.Empty);
            Assert.That(source.Reads, Has.Count.LessThanOrEqualTo(Math.Min(requested, available + 1)));
            var ended = recorder.Received.Count > recorder.Items.Count;
            if (c.disposes is null)
            {
                Assert.That(recorder.Items, Has.Count.EqualTo(Math.Min(requested, available)));
                Assert.That(ended, Is.EqualTo(requested > available && c.source.Ending != '-'));
            }

            var neverReturns = c.source is { IgnoresCancellation: true, Ending: '-' };
            AssertUsedWell(source, ended || (c.disposes is not null && !neverReturns));
        });
}

internal static class PropertyTestExtensions
{
    /// <summary>Each item as a list of its own.</summary>
    public static IAsyncEnumerable<List<int>> Single(this IAsyncEnumerable<int> source) => source.Through(o => o.Select(i => new List<int> { i }));

    public static List<T> TakeItems<T>(this IAsyncEnumerable<T> source, int count)
    {
        var items = new List<T>();
        var task = Task.Run(async () =>
        {
            await foreach (var item in source)
            {
                items.Add(item);
                if (items.Count == count)
                    break;
            }
        });
        task.Wait(TimeSpan.FromSeconds(10));
        Assert.That(task.IsCompletedSuccessfully, Is.True, "ends by itself");
        return items;
    }
}
