using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace RxTokens.Stress;

public sealed class ThroughRaces
{
    private const int Rounds = 2000;

    [Test]
    public void Through_AQueryWithoutTimers_ReadsOnlyWhatIsAskedFor() => Race.Run(Rounds, (referee, random) =>
    {
        IRacingConsumer? consumer = null;
        var source = RacingSource.Numbers(referee, random, count: 30, mayHaveRead: () => consumer!.Asked);
        consumer = Consume(source.Through(o => o.Select(n => n)));
        consumer.OnEnding = () => referee.Require(source.IsSettled, "the end came before the disposal");

        return new Round(
            [() => consumer.Run(spin: random.Next(30))],
            () => consumer.HasEnded,
            () => Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, 30))),
            () => $"{source}; {consumer}");
    });

    [TestCase(Pace.AtRandom)]
    [TestCase(Pace.OnArrival)]
    public void Through_MergedWithItemsFromAnotherThread_DeliversAllInOrder(Pace pace) => Race.Run(Rounds, (referee, random) =>
    {
        var other = new Subject<int>();
        var source = RacingSource.Numbers(referee, random, count: 10, pace);
        var consumer = Consume(source.Through(o => o.Merge(other)));
        consumer.OnEnding = () => referee.Require(source.IsSettled, "the end came before the disposal");

        return new Round(
            [
                () => consumer.Run(spin: random.Next(30)),
                () =>
                {
                    Race.Until(() => other.HasObservers);
                    for (var i = 0; i < 10; i++)
                        other.OnNext(1000 + i);
                    other.OnCompleted();
                },
                () =>
                {
                    if (pace == Pace.OnArrival)
                        source.Arrive(11);
                },
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                Assert.That(consumer.Items.Where(n => n < 1000), Is.EqualTo(Enumerable.Range(0, 10)));
                Assert.That(consumer.Items.Where(n => n >= 1000), Is.EqualTo(Enumerable.Range(1000, 10)));
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void Through_BufferWithATimer_LosesNothing() => Race.Run(Rounds, (referee, random) =>
    {
        var soon = new SoonScheduler(random.Next(200));
        var source = RacingSource.Numbers(referee, random, count: 20);
        var consumer = Consume(source.Through(o => o.Buffer(TimeSpan.FromTicks(1), 3, soon).Where(b => b.Count > 0)), b => b);
        consumer.OnEnding = () => referee.Require(source.IsSettled, "the end came before the disposal");

        return new Round(
            [() => consumer.Run(spin: random.Next(60))],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, 20)));
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void Through_BufferWithATimerOfThePool_LosesNothing() => Race.Run(100, (referee, random) =>
    {
        var source = RacingSource.Numbers(referee, random, count: 200);
        var consumer = Consume(source.Through(o => o.Buffer(TimeSpan.FromMilliseconds(1), 50)), b => b);

        return new Round(
            [() => consumer.Run(spin: 100)],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, 200)));
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void Through_Sample_DeliversInOrderAndEnds() => Race.Run(Rounds, (referee, random) =>
    {
        var soon = new SoonScheduler(random.Next(200));
        var source = RacingSource.Numbers(referee, random, count: 20);
        var consumer = Consume(source.Through(o => o.Sample(TimeSpan.FromTicks(1), soon)));

        return new Round(
            [() => consumer.Run(spin: random.Next(60))],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                Assert.That(consumer.Items, Is.Ordered.And.Unique);
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void Through_ATimerOfThePool_AnswersBesideTheItems() => Race.Run(300, (referee, random) =>
    {
        var source = RacingSource.Numbers(referee, random, count: 20);
        var consumer = Consume(source.Through(o => o.Merge(Observable.Timer(TimeSpan.FromTicks(1)).Select(_ => 1000))));

        return new Round(
            [() => consumer.Run(spin: random.Next(200))],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Items.Where(n => n < 1000), Is.EqualTo(Enumerable.Range(0, 20)));
                Assert.That(consumer.Items, Has.One.EqualTo(1000));
            },
            () => $"{source}; {consumer}");
    });

    [TestCase(false)]
    [TestCase(true)]
    public void Cancel_AgainstAnItem_EndsWithTheCancellationAfterTheItemOrWithoutIt(bool ignoresCancellation) => Race.Run(Rounds, (referee, random) =>
    {
        var cancellation = new CancellationTokenSource();
        var source = RacingSource.Numbers(referee, random, count: 100, Pace.OnArrival);
        var stream = ignoresCancellation ? Deaf(source) : source;
        var consumer = Consume(stream.Through(o => o.Select(n => n)), cancellation.Token);
        consumer.OnEnding = () => referee.Require(source.IsSettled, "the end came before the disposal");
        consumer.Run();

        return new Round(
            [cancellation.Cancel, source.Arrive],
            () => consumer.HasEnded || Nudge(source, ignoresCancellation),
            () =>
            {
                Assert.That(consumer.Error, Is.InstanceOf<OperationCanceledException>());
                Assert.That(consumer.Items, Is.Empty.Or.EqualTo(new[] { 0 }));
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void DisposeAsync_AgainstTheQuerysEndAndTheSourcesEnd_DisposesTheSourceOnce() => Race.Run(Rounds, (referee, random) =>
    {
        var stop = new Subject<int>();
        var source = RacingSource.Numbers(referee, random, count: 0, Pace.OnArrival);
        var consumer = Consume(source.Through(o => o.TakeUntil(stop)));
        consumer.Run();

        return new Round(
            [consumer.Leave, () => stop.OnNext(0), source.Arrive],
            () => consumer.HasEnded && source.IsSettled,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                Assert.That(consumer.LeavingError, Is.Null);
                Assert.That(consumer.Items, Is.Empty);
                Assert.That(source.Disposals, Is.EqualTo(1));
                Assert.That(stop.HasObservers, Is.False);
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void TheQuerysEnd_AgainstTheSourcesEnd_ArrivesAfterTheQueryIsUnsubscribed() => Race.Run(4 * Rounds, (referee, random) =>
    {
        var stop = new Subject<int>();
        var isUnsubscribed = false;
        var source = RacingSource.Numbers(referee, random, count: 0, Pace.OnArrival);
        var consumer = Consume(source.Through(o => Observable.Create<int>(observer =>
        {
            var ends = stop.Subscribe(_ => observer.OnCompleted());
            var items = o.Subscribe(observer);
            return () =>
            {
                ends.Dispose();
                items.Dispose();
                Thread.SpinWait(100);
                Volatile.Write(ref isUnsubscribed, true);
            };
        })));
        consumer.OnEnding = () =>
        {
            referee.Require(source.IsSettled, "the end came before the disposal");
            referee.Require(Volatile.Read(ref isUnsubscribed), "the end came before the query was unsubscribed");
        };
        consumer.Run();

        return new Round(
            [() => stop.OnNext(0), source.Arrive],
            () => consumer.HasEnded,
            () => Assert.That(source.Disposals, Is.EqualTo(1)),
            () => $"{source}; {consumer}");
    });

    [TestCase(0)]
    [TestCase(100)]
    public void Overflow_AgainstTheConsumer_DeliversAllOrFailsAfterAPrefix(int spin) => Race.Run(Rounds, (referee, random) =>
    {
        const int maxPending = 4;
        var other = new Subject<int>();
        var source = RacingSource.Numbers(referee, random, count: 0, Pace.OnArrival);
        var consumer = Consume(source.Through(o => o.Merge(other), maxPending));
        consumer.OnEnding = () => referee.Require(source.IsSettled, "the end came before the disposal");

        return new Round(
            [
                () => consumer.Run(spin: spin),
                () =>
                {
                    Race.Until(() => other.HasObservers);
                    for (var i = 0; i < 20; i++)
                        other.OnNext(i);
                    other.OnCompleted();
                    source.Arrive();
                },
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, consumer.Items.Count)));
                if (consumer.Items.Count == 20 && consumer.Error is null)
                    return;
                Assert.That(consumer.Error, Is.TypeOf<BackpressureException>());
                Assert.That(consumer.Items, Has.Count.GreaterThanOrEqualTo(maxPending));
            },
            () => $"{source}; {consumer}");
    });

    [TestCase(false)]
    [TestCase(true)]
    public void TheQuerysEnd_WhoseCleanupThrows_FailsTheStream(bool waits)
    {
        var referee = new Referee();
        var source = RacingSource.Numbers(referee, new Random(0), count: 9, Pace.OnArrival);
        var consumer = Consume(source.Through(o => o.Take(2).Finally(() => throw new IOException("the clean-up"))));
        if (!waits)
            source.Arrive(2);

        consumer.Run();
        if (waits)
            source.Arrive(2);

        Assert.That(consumer.HasEnded, Is.True, consumer.ToString());
        Assert.That(consumer.Items, Is.EqualTo(new[] { 0, 1 }));
        Assert.That(consumer.Error, Is.TypeOf<IOException>());
        Assert.That(source.Disposals, Is.EqualTo(1));
        Assert.That(referee.Violations, Is.Empty);
    }

    private static IRacingConsumer Consume(IAsyncEnumerable<int> stream, CancellationToken cancellationToken = default) =>
        new RacingConsumer<int>(stream, static n => [n], cancellationToken);

    private static IRacingConsumer Consume<R>(IAsyncEnumerable<R> stream, Func<R, IEnumerable<int>> items) =>
        new RacingConsumer<R>(stream, items);

    /// <summary>A source that never hears of the cancellation.</summary>
    private static async IAsyncEnumerable<int> Deaf(IAsyncEnumerable<int> source)
    {
        await foreach (var item in source.ConfigureAwait(false))
            yield return item;
    }

    /// <summary>A source that does not hear of the cancellation needs an item to come to rest.</summary>
    private static bool Nudge(RacingSource<int> source, bool ignoresCancellation)
    {
        if (ignoresCancellation)
            source.Arrive();
        return false;
    }
}
