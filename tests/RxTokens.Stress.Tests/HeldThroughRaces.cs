using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace RxTokens.Stress;

/// <summary>A query of the rounds, and what comes out of it.</summary>
public sealed record HeldCase(string Name, Func<IObservable<int>, IObservable<int>> Query, Func<IEnumerable<int>, IEnumerable<int>> Model)
{
    public override string ToString() => Name;
}

/// <summary>
/// Sources that are always ready, and a consumer that asks in a tight loop: it holds the pump between its requests, while another
/// thread cancels, ends the query or has the query say something.
/// </summary>
public sealed class HeldThroughRaces
{
    private const int Rounds = 3000;

    private static readonly HeldCase[] Queries =
    [
        new("Select", o => o.Select(n => n + 1), s => s.Select(n => n + 1)),
        new("Where", o => o.Where(n => n % 3 == 0), s => s.Where(n => n % 3 == 0)),
        new("SelectMany", o => o.SelectMany(n => new[] { n, n }), s => s.SelectMany(n => new[] { n, n })),
        new("Buffer", o => o.Buffer(2).Select(b => b.Sum()), s => s.Chunk(2).Select(c => c.Sum())),
    ];

    [TestCaseSource(nameof(Queries))]
    public void Cancel_WhenTheConsumerHasStoppedAsking_CancelsTheSourceWithoutIt_AndDisposesItWhenItComesBack(HeldCase c) => Race.Run(Rounds, (referee, random) =>
    {
        var cancellation = new CancellationTokenSource();
        var source = new ReadySource(referee);
        var consumer = new LeanConsumer<int>(source.Through(c.Query), cancellation.Token) { Spin = random.Next(6) };
        var times = random.Next(2, 40);
        consumer.Run(times: 1);
        Assert.That(consumer.Received, Is.EqualTo(1));

        return new Round(
            [() => consumer.Run(times), cancellation.Cancel],
            () => source.IsCancelled && consumer.HasPaused,
            () =>
            {
                AssertBeginsAsTheModel(c, consumer.Items);
                if (consumer.HasEnded)
                {
                    Assert.That(source.Disposals, Is.EqualTo(1));
                    Assert.That(consumer.Error, Is.InstanceOf<OperationCanceledException>());
                    return;
                }

                Assert.That(source.Disposals, Is.Zero, "it may be at work on its item");
                Assert.That(consumer.Received, Is.EqualTo(1 + times));
                consumer.Run();
                Assert.That(consumer.HasEnded, Is.True, "it ends at once when asked again");
                Assert.That(consumer.Error, Is.InstanceOf<OperationCanceledException>());
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void Cancel_LongAfterTheConsumerHasStoppedAsking_CancelsTheSourceBeforeItReturns() => Race.Run(Rounds / 3, (referee, random) =>
    {
        var cancellation = new CancellationTokenSource();
        var source = new ReadySource(referee);
        var consumer = new LeanConsumer<int>(source.Through(o => o.Select(n => n)), cancellation.Token);
        var times = random.Next(1, 10);
        consumer.Run(times);

        return new Round(
            [
                () =>
                {
                    Assert.That(source.Reads, Is.EqualTo(times));
                    cancellation.Cancel();
                    Assert.That((source.IsCancelled, source.Disposals), Is.EqualTo((true, 0)));
                },
            ],
            () => true,
            () => Assert.That(source.Reads, Is.EqualTo(times)),
            () => $"{source}; {consumer}");
    });

    [TestCase(0)]
    [TestCase(5)]
    public void Cancel_InTheMiddleOfTheLoop_EndsItWithTheCancellation(int hopsOneIn) => Race.Run(Rounds, (referee, random) =>
    {
        var c = Queries[random.Next(Queries.Length)];
        var cancellation = new CancellationTokenSource();
        var source = new ReadySource(referee);
        var consumer = new LeanConsumer<int>(source.Through(c.Query), cancellation.Token)
        {
            Spin = random.Next(6),
            HopsOneIn = hopsOneIn,
            OnEnding = () => referee.Require(source.IsSettled, "the end came before the disposal"),
        };

        return new Round(
            [
                () => consumer.Run(),
                () =>
                {
                    Race.Until(() => consumer.Received > 0);
                    Thread.SpinWait(random.Next(200));
                    cancellation.Cancel();
                },
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.InstanceOf<OperationCanceledException>());
                Assert.That(source.Disposals, Is.EqualTo(1));
                AssertBeginsAsTheModel(c, consumer.Items);
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void Leave_AgainstACancellation_DisposesTheSourceOnce() => Race.Run(Rounds, (referee, random) =>
    {
        var cancellation = new CancellationTokenSource();
        var source = new ReadySource(referee);
        var consumer = new LeanConsumer<int>(source.Through(o => o.Select(n => n)), cancellation.Token);
        consumer.Run(random.Next(1, 10));

        return new Round(
            [() => _ = consumer.LeaveAsync(), cancellation.Cancel],
            () => consumer.HasEnded,
            () => Assert.That(source.Disposals, Is.EqualTo(1)),
            () => $"{source}; {consumer}");
    });

    [TestCase(0)]
    [TestCase(5)]
    public void TakeUntil_FiredByAnotherThread_EndsTheLoop(int hopsOneIn) => Race.Run(Rounds, (referee, random) =>
    {
        var stop = new Subject<int>();
        var source = new ReadySource(referee);
        var consumer = new LeanConsumer<int>(source.Through(o => o.TakeUntil(stop)))
        {
            HopsOneIn = hopsOneIn,
            OnEnding = () => referee.Require(source.IsSettled, "the end came before the disposal"),
        };

        return new Round(
            [
                () => consumer.Run(),
                () =>
                {
                    Race.Until(() => consumer.Received > 0);
                    Thread.SpinWait(random.Next(200));
                    stop.OnNext(0);
                },
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                Assert.That(source.Disposals, Is.EqualTo(1));
                Assert.That(stop.HasObservers, Is.False);
                AssertCounts(consumer.Items);
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void TakeUntil_FiredWhenTheConsumerHasStoppedAsking_EndsTheQueryWithoutIt_AndDisposesTheSourceWhenItComesBack() => Race.Run(Rounds, (referee, random) =>
    {
        var stop = new Subject<int>();
        var source = new ReadySource(referee);
        var consumer = new LeanConsumer<int>(source.Through(o => o.TakeUntil(stop)));
        var times = random.Next(1, 40);
        consumer.Run(times: 1);

        return new Round(
            [() => consumer.Run(times), () => stop.OnNext(0)],
            () => !stop.HasObservers && consumer.HasPaused,
            () =>
            {
                AssertCounts(consumer.Items);
                if (!consumer.HasEnded)
                    consumer.Run(times: 1);
                Assert.That(consumer.HasEnded, Is.True);
                Assert.That(source.Disposals, Is.EqualTo(1));
                Assert.That(consumer.Error, Is.Null);
            },
            () => $"{source}; {consumer}");
    });

    [TestCase(0)]
    [TestCase(20)]
    public void Merge_WithWhatAnotherThreadSays_DeliversAllInOrder(int hopsOneIn) => Race.Run(Rounds / 6, (referee, random) =>
    {
        const int own = 300;
        const int others = 30;
        var other = new Subject<int>();
        var source = new ReadySource(referee, own);
        var consumer = new LeanConsumer<int>(source.Through(o => o.Merge(other)))
        {
            Spin = random.Next(6),
            HopsOneIn = hopsOneIn,
            OnEnding = () => referee.Require(source.IsSettled, "the end came before the disposal"),
        };
        var spin = random.Next(60);

        return new Round(
            [
                () => consumer.Run(),
                () =>
                {
                    Race.Until(() => other.HasObservers);
                    for (var n = 0; n < others; n++)
                    {
                        other.OnNext(1000 + n);
                        Thread.SpinWait(spin);
                    }

                    other.OnCompleted();
                },
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                AssertCounts([.. consumer.Items.Where(n => n < 1000)], own);
                AssertCounts([.. consumer.Items.Where(n => n >= 1000).Select(n => n - 1000)], others);
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void Merge_OfAnotherThreadAlone_AnswersWhileTheConsumersThreadReads() => Race.Run(Rounds / 3, (referee, _) =>
    {
        // The source's items come to nothing: the loop reads on and on, and only the other thread can answer.
        const int others = 20;
        var other = new Subject<int>();
        var source = new ReadySource(referee);
        var consumer = new LeanConsumer<int>(source.Through(o => o.IgnoreElements().Merge(other).Take(others)));

        return new Round(
            [
                () => consumer.Run(),
                () =>
                {
                    Race.Until(() => other.HasObservers);
                    for (var n = 0; n < others; n++)
                        other.OnNext(n);
                },
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                AssertCounts(consumer.Items, others);
                Assert.That(source.IsSettled, Is.True);
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void Sample_TakenByAnotherThread_DeliversInOrderAndEnds() => Race.Run(Rounds / 4, (referee, random) =>
    {
        var ticks = new Subject<int>();
        var source = new ReadySource(referee, 500);
        var consumer = new LeanConsumer<int>(source.Through(o => o.Sample(ticks))) { Spin = random.Next(6) };
        var spin = random.Next(100);

        return new Round(
            [
                () => consumer.Run(),
                () => Race.Until(() =>
                {
                    ticks.OnNext(0);
                    Thread.SpinWait(spin);
                    return consumer.HasEnded;
                }),
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                Assert.That(consumer.Items, Is.Ordered.And.Unique);
                Assert.That(consumer.Items[^1], Is.EqualTo(499));
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void Amb_AgainstAnotherThread_DeliversAllOfOneOfThem() => Race.Run(Rounds, (referee, random) =>
    {
        var other = new Subject<int>();
        var source = new ReadySource(referee, 50);
        var consumer = new LeanConsumer<int>(source.Through(o => o.Amb(other)));
        var spin = random.Next(200);

        return new Round(
            [
                () => consumer.Run(),
                () =>
                {
                    Race.Until(() => other.HasObservers || consumer.HasEnded);
                    Thread.SpinWait(spin);
                    for (var n = 0; n < 20; n++)
                        other.OnNext(1000 + n);
                    other.OnCompleted();
                },
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                if (consumer.Items[0] == 0)
                    AssertCounts(consumer.Items, 50);
                else
                    AssertCounts([.. consumer.Items.Select(n => n - 1000)], 20);
                Assert.That(source.IsSettled, Is.True);
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void Switch_ToTheSourceByAnotherThread_GoesOnWithTheNextItem() => Race.Run(Rounds / 6, (referee, random) =>
    {
        // Between two switches nothing listens for a moment: what is read then is kept.
        var switches = new Subject<int>();
        var source = new ReadySource(referee, 200);
        var consumer = new LeanConsumer<int>(source.Through(o => switches.StartWith(0).Select(_ => o).Switch()));

        return new Round(
            [
                () => consumer.Run(),
                () =>
                {
                    Race.Until(() => switches.HasObservers);
                    for (var n = 0; n < 10; n++)
                    {
                        switches.OnNext(n);
                        Thread.SpinWait(random.Next(100));
                    }

                    switches.OnCompleted();
                },
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                Assert.That(consumer.Items, Is.Ordered.And.Unique);
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {consumer}");
    });

    private static void AssertBeginsAsTheModel(HeldCase c, List<int> items)
    {
        var model = c.Model(Enumerable.Range(0, int.MaxValue)).Take(items.Count);
        if (!items.SequenceEqual(model))
            Assert.Fail($"{c}: {string.Join(' ', items)}");
    }

    private static void AssertCounts(List<int> items, int? count = null)
    {
        if (!items.SequenceEqual(Enumerable.Range(0, count ?? items.Count)))
            Assert.Fail($"of {count}: {string.Join(' ', items)}");
    }
}
