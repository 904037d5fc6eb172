using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using RxTokens.Tests;

namespace RxTokens.Stress;

/// <summary>
/// The timer of a second try, the answers of two sources, a cancellation and a leaving in one moment: each item is told, or dropped and
/// counted, each enumerator that was made is disposed once, and nothing is left.
/// </summary>
[NonParallelizable]
public sealed class SecondTriesRaces
{
    private const int Rounds = 800;
    private const int Count = 4;
    private const int OfSecond = 100;

    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(1);
    private static readonly IOException Broken = new("cut off");

    private Counters _counters = null!;

    [SetUp]
    public void SetUp() => _counters = new Counters();

    [TearDown]
    public void TearDown() => _counters.Dispose();

    private static RacingSource<int> Second(Referee referee, Random random, int count = Count, Exception? failure = null) =>
        new(referee, random, count, static n => OfSecond + n) { Pace = Pace.OnArrival, Failure = failure };

    // Hedge

    [Test]
    public void Hedge_BothAnswer_AndOneStays() => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var first = RacingSource.Numbers(referee, random, Count, Pace.OnArrival);
        var second = Second(referee, random);
        var consumer = Consume(first.Hedge(TimeSpan.Zero, second, new Bell(0)), referee, first, second);
        consumer.Run();

        return new Round(
            [() => first.Arrive(Count + 1), () => second.Arrive(Count + 1)],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Told, Is.Null);
                AssertWhole(consumer);
                AssertToldOrDropped(consumer, before, first, second);
            },
            () => $"{first}; {second}; {consumer}");
    });

    [Test]
    public void Hedge_TheDelayRacesTheFirstAnswer() => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var bell = new Bell(random.Next(40));
        var first = RacingSource.Numbers(referee, random, Count, Pace.OnArrival);
        var second = Second(referee, random);
        second.Arrive(Count + 1);
        var consumer = Consume(first.Hedge(Delay, second, bell), referee, first, second);
        consumer.Run();

        return new Round(
            [() => first.Arrive(Count + 1), bell.Ring],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Told, Is.Null);
                AssertWhole(consumer);
                if (consumer.Items[0] >= OfSecond)
                    Assert.That(second.Enumerations, Is.EqualTo(1));
                AssertToldOrDropped(consumer, before, first, second);
                Assert.That(bell.Alive, Is.Zero);
            },
            () => $"{first}; {second}; {consumer}; timers: {bell.Alive}");
    });

    [Test]
    public void Hedge_OneFailsWhileTheOtherAnswers_AndTheDelayEnds() => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var bell = new Bell(random.Next(40));
        var firstFails = random.Next(2) == 0;
        var first = RacingSource.Numbers(referee, random, firstFails ? 0 : Count, Pace.OnArrival, firstFails ? Broken : null);
        var second = Second(referee, random, firstFails ? Count : 0, firstFails ? null : Broken);
        var consumer = Consume(first.Hedge(Delay, second, bell), referee, first, second);
        consumer.Run();

        return new Round(
            [() => first.Arrive(Count + 1), () => second.Arrive(Count + 1), bell.Ring],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Told, Is.Null);
                AssertWhole(consumer);
                Assert.That(consumer.Items[0] >= OfSecond, Is.EqualTo(firstFails));
                AssertToldOrDropped(consumer, before, first, second);
                Assert.That(bell.Alive, Is.Zero);
            },
            () => $"{first}; {second}; {consumer}; timers: {bell.Alive}");
    });

    [Test]
    public void Hedge_BothFail_WithBothFailures() => Race.Run(Rounds, (referee, random) =>
    {
        var other = new InvalidDataException("of the second");
        var first = RacingSource.Numbers(referee, random, 0, Pace.OnArrival, Broken);
        var second = Second(referee, random, 0, other);
        var consumer = Consume(first.Hedge(TimeSpan.Zero, second, new Bell(0)), referee, first, second);
        consumer.Run();

        return new Round(
            [first.Arrive, second.Arrive],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That((consumer.Told as AggregateException)?.InnerExceptions, Is.EqualTo(new Exception[] { Broken, other }));
                AssertOnce(first, second);
            },
            () => $"{first}; {second}; {consumer}");
    });

    [Test]
    public void Hedge_ACancellationRacesBothAnswers() => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var cancellation = new CancellationTokenSource();
        var first = RacingSource.Numbers(referee, random, Count, Pace.OnArrival);
        var second = Second(referee, random);
        var consumer = Consume(first.Hedge(TimeSpan.Zero, second, new Bell(0)), referee, first, second, cancellation.Token);
        consumer.Run();

        return new Round(
            [() => first.Arrive(Count + 1), () => second.Arrive(Count + 1), cancellation.Cancel],
            () => consumer.HasEnded,
            () =>
            {
                AssertEndedOrCancelled(consumer, cancellation.Token);
                AssertToldOrDropped(consumer, before, first, second);
            },
            () => $"{first}; {second}; {consumer}");
    });

    [Test]
    public void Hedge_ACancellationRacesTheDelay_AndTheFirstFailure() => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var bell = new Bell(random.Next(40));
        var cancellation = new CancellationTokenSource();
        var first = RacingSource.Numbers(referee, random, 0, Pace.OnArrival, Broken);
        var second = Second(referee, random);
        second.Arrive(Count + 1);
        var consumer = Consume(first.Hedge(Delay, second, bell), referee, first, second, cancellation.Token);
        consumer.Run();

        return new Round(
            [first.Arrive, bell.Ring, cancellation.Cancel],
            () => consumer.HasEnded,
            () =>
            {
                AssertEndedOrCancelled(consumer, cancellation.Token);
                AssertToldOrDropped(consumer, before, first, second);
                Assert.That(bell.Alive, Is.Zero);
            },
            () => $"{first}; {second}; {consumer}; timers: {bell.Alive}");
    });

    [Test]
    public void Hedge_LeavingRacesBothAnswers_AndTheDelay() => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var bell = new Bell(random.Next(40));
        var first = RacingSource.Numbers(referee, random, 1, Pace.OnArrival);
        var second = Second(referee, random, 1);
        second.Arrive();
        var reading = first.Hedge(Delay, second, bell).GetAsyncEnumerator();
        var read = reading.MoveNextAsync().AsTask();
        Task? leaving = null;

        return new Round(
            [first.Arrive, bell.Ring, () => leaving = reading.DisposeAsync().AsTask()],
            () => read.IsCompleted && leaving is { IsCompleted: true },
            () =>
            {
                Assert.That((read.IsCompletedSuccessfully, leaving!.IsCompletedSuccessfully), Is.EqualTo((true, true)));
                Assert.That((read.Result ? 1 : 0) + _counters.Dropped - before, Is.EqualTo(first.ItemsRead + second.ItemsRead));
                AssertOnce(first, second);
                Assert.That(bell.Alive, Is.Zero);
            },
            () => $"{first}; {second}; read: {read.Status}; leaving: {leaving?.Status}; timers: {bell.Alive}");
    });

    // RetryBeforeFirst

    [Test]
    public void RetryBeforeFirst_ACancellationRacesTheDelay() => Race.Run(Rounds, (referee, random) =>
    {
        var bell = new Bell(random.Next(40));
        var cancellation = new CancellationTokenSource();
        var source = new Turns(referee, random);
        var consumer = new LeanConsumer<int>(source.RetryBeforeFirst(3, (_, _) => Delay, bell), cancellation.Token);
        consumer.Run();

        return new Round(
            [bell.Ring, cancellation.Cancel],
            () => consumer.HasEnded,
            () =>
            {
                AssertEndedOrCancelled(consumer, cancellation.Token);
                Assert.That(source.Enumerations, Is.InRange(1, 2));
                Assert.That((source.Disposals, bell.Alive), Is.EqualTo((source.Enumerations, 0)));
            },
            () => $"{source}; {consumer}; timers: {bell.Alive}");
    });

    [Test]
    public void RetryBeforeFirst_LeavingRacesTheDelay() => Race.Run(Rounds, (referee, random) =>
    {
        var bell = new Bell(random.Next(40));
        var source = new Turns(referee, random);
        var reading = source.RetryBeforeFirst(3, (_, _) => Delay, bell).GetAsyncEnumerator();
        var read = reading.MoveNextAsync().AsTask();
        Task? leaving = null;

        return new Round(
            [bell.Ring, () => leaving = reading.DisposeAsync().AsTask()],
            () => read.IsCompleted && leaving is { IsCompleted: true },
            () =>
            {
                // A try that fails when it is given up counts as the clean-up.
                Assert.That(read.IsCompletedSuccessfully && (leaving!.Exception is null || leaving.Exception.InnerException == Broken), Is.True, $"{leaving!.Exception}");
                Assert.That(source.Enumerations, Is.InRange(1, 2));
                Assert.That((source.Disposals, bell.Alive), Is.EqualTo((source.Enumerations, 0)));
            },
            () => $"{source}; read: {read.Status}; leaving: {leaving?.Status}; timers: {bell.Alive}");
    });

    [Test]
    public void RetryBeforeFirst_ACancellationRacesTriesThatFail() => Race.Run(Rounds, (referee, random) =>
    {
        var cancellation = new CancellationTokenSource();
        var source = RacingSource.Numbers(referee, random, 0, Pace.OnArrival, Broken);
        var consumer = new LeanConsumer<int>(source.RetryBeforeFirst(3), cancellation.Token) { OnEnding = () => referee.Require(source.IsSettled, "told before the disposal") };
        consumer.Run();

        return new Round(
            [() => source.Arrive(2), () => source.Arrive(2), cancellation.Cancel],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Told, Is.SameAs(Broken).Or.InstanceOf<OperationCanceledException>());
                Assert.That(source.Enumerations, Is.InRange(1, 4));
                Assert.That(source.Disposals, Is.EqualTo(source.Enumerations));
            },
            () => $"{source}; {consumer}");
    });

    // ResumeWith

    [TestCase(false)]
    [TestCase(true)]
    public void ResumeWith_ACancellationRacesABreak(bool overlaps) => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var cancellation = new CancellationTokenSource();
        var source = RacingSource.Numbers(referee, random, 3 * Count, Pace.OnArrival, Broken, failsEvery: Count);
        var stream = overlaps
            ? source.ResumeWith((received, _) => received.Count == 3 * Count ? null : source, 5, 1, -1).Through(o => o)
            : source.ResumeWith((received, _) => received.Count == 3 * Count ? null : source, 5);
        var consumer = new LeanConsumer<int>(stream, cancellation.Token) { OnEnding = () => referee.Require(source.IsSettled, "told before the disposal") };
        consumer.Run();

        return new Round(
            [() => source.Arrive(2 * Count), () => source.Arrive(2 * Count), cancellation.Cancel],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Told, Is.SameAs(Broken).Or.InstanceOf<OperationCanceledException>());
                var items = consumer.Items.Where(i => i >= 0).ToList();
                Assert.That(items, Is.EqualTo(Enumerable.Range(0, items.Count)));
                if (consumer.Told is OperationCanceledException cancelled)
                    Assert.That(cancelled.CancellationToken, Is.EqualTo(cancellation.Token));
                else
                    Assert.That(items, Has.Count.EqualTo(3 * Count));
                if (!overlaps)
                    Assert.That(items.Count + _counters.Dropped - before, Is.EqualTo(source.ItemsRead), "told, or dropped and counted");
                Assert.That(source.Disposals, Is.EqualTo(source.Enumerations));
            },
            () => $"{source}; {consumer}");
    });

    private static LeanConsumer<int> Consume(
        IAsyncEnumerable<int> stream, Referee referee, RacingSource<int> first, RacingSource<int> second, CancellationToken cancellationToken = default) =>
        new(stream, cancellationToken) { OnEnding = () => referee.Require(first.IsSettled && second.IsSettled, "told before the disposal") };

    private static void AssertWhole(LeanConsumer<int> consumer) =>
        Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, Count)).Or.EqualTo(Enumerable.Range(OfSecond, Count)));

    private static void AssertEndedOrCancelled(LeanConsumer<int> consumer, CancellationToken cancellationToken)
    {
        if (consumer.Told is OperationCanceledException cancelled)
            Assert.That(cancelled.CancellationToken, Is.EqualTo(cancellationToken));
        else
            Assert.That((consumer.Told, consumer.Items.Count), Is.EqualTo(((Exception?)null, Count)));
        if (consumer.Items.Count > 0)
            Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(consumer.Items[0] < OfSecond ? 0 : OfSecond, consumer.Items.Count)), "all of one source");
    }

    private void AssertToldOrDropped(LeanConsumer<int> consumer, long before, RacingSource<int> first, RacingSource<int> second)
    {
        Assert.That(consumer.Items.Count + _counters.Dropped - before, Is.EqualTo(first.ItemsRead + second.ItemsRead), "told, or dropped and counted");
        AssertOnce(first, second);
    }

    private static void AssertOnce(RacingSource<int> first, RacingSource<int> second)
    {
        Assert.That((first.Enumerations, first.Disposals), Is.EqualTo((1, 1)));
        Assert.That(second.Enumerations, Is.LessThanOrEqualTo(1));
        Assert.That(second.Disposals, Is.EqualTo(second.Enumerations));
    }

    /// <summary>The first enumeration fails, the second is whole.</summary>
    private sealed class Turns(Referee referee, Random random) : IAsyncEnumerable<int>
    {
        private readonly RacingSource<int> _fails = RacingSource.Numbers(referee, random, 0, failure: Broken);
        private readonly RacingSource<int> _whole = RacingSource.Numbers(referee, random, Count);

        public int Enumerations => _fails.Enumerations + _whole.Enumerations;

        public int Disposals => _fails.Disposals + _whole.Disposals;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            referee.Require(_fails.IsSettled && _whole.IsSettled, "begun before the one before was disposed");
            return (Enumerations == 0 ? _fails : _whole).GetAsyncEnumerator(cancellationToken);
        }

        public override string ToString() => $"{_fails}; {_whole}";
    }

    /// <summary>A clock whose only timer rings when it is told to: now, or, where there is none yet, when there is one; or late, after it was disposed.</summary>
    private sealed class Bell(int spin) : LocalScheduler
    {
        private readonly Lock _gate = new();
        private Action? _work;
        private bool _hasRung;
        private int _alive;

        public int Alive => Volatile.Read(ref _alive);

        public void Ring()
        {
            Action? work;
            lock (_gate)
                (work, _hasRung) = (_work, true);
            Thread.SpinWait(spin);
            work?.Invoke();
        }

        public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
        {
            Interlocked.Increment(ref _alive);
            bool hasRung;
            lock (_gate)
                (_work, hasRung) = (() => action(this, state), _hasRung);
            if (hasRung)
                action(this, state);
            return Disposable.Create(() => Interlocked.Decrement(ref _alive));
        }
    }
}
