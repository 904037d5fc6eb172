using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using RxTokens.Tests;

namespace RxTokens.Stress;

/// <summary>
/// A deadline, a stop or a cancellation in the moment in which an item lands: each item is told, or dropped and counted, one ending comes,
/// the source is disposed once, and no orphan is left.
/// </summary>
[NonParallelizable]
public sealed class FlowRaces
{
    private const int Rounds = 3000;
    private const int Count = 4;

    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(1);

    private Counters _counters = null!;

    [SetUp]
    public void SetUp() => _counters = new Counters();

    [TearDown]
    public void TearDown() => _counters.Dispose();

    [Test]
    public void Timeout_TheDeadlineRacesItems()
    {
        var timedOut = 0;
        Race.Run(Rounds, (referee, random) =>
        {
            var before = _counters.Dropped;
            var timer = new HandRungScheduler(random.Next(40));
            var source = RacingSource.Numbers(referee, random, Count, Pace.OnArrival);
            var consumer = new LeanConsumer<int>(source.Timeout(Limit, Limit, timer)) { OnEnding = () => referee.Require(source.IsSettled, "told before the disposal") };
            consumer.Run();

            return new Round(
                [() => source.Arrive(Count + 1), timer.Ring],
                () => consumer.HasEnded,
                () =>
                {
                    timedOut += consumer.Error is null ? 0 : 1;
                    Assert.That(consumer.Error, Is.Null.Or.InstanceOf<TimeoutException>());
                    Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, consumer.Items.Count)));
                    Assert.That(consumer.Items.Count + _counters.Dropped - before, Is.EqualTo(source.ItemsRead), "told, or dropped and counted");
                    if (consumer.Error is null)
                        Assert.That(consumer.Items, Has.Count.EqualTo(Count));
                    Assert.That((source.Enumerations, source.Disposals), Is.EqualTo((1, 1)));
                    Assert.That(timer.Alive, Is.Zero);
                },
                () => $"{source}; {consumer}; timers: {timer.Alive}");
        });
        TestContext.Out.WriteLine($"{timedOut} of {Rounds} rounds timed out");
    }

    [Test]
    public void Timeout_TheDeadlineRacesACancellation() => Race.Run(Rounds, (referee, random) =>
    {
        var timer = new HandRungScheduler(random.Next(40));
        var cancellation = new CancellationTokenSource();
        var source = RacingSource.Numbers(referee, random, Count, Pace.OnArrival);
        var consumer = new LeanConsumer<int>(source.Timeout(Limit, Limit, timer), cancellation.Token);
        consumer.Run();

        return new Round(
            [cancellation.Cancel, timer.Ring],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.InstanceOf<TimeoutException>().Or.InstanceOf<OperationCanceledException>());
                if (consumer.Error is OperationCanceledException cancelled)
                    Assert.That(cancelled.CancellationToken, Is.EqualTo(cancellation.Token));
                Assert.That((source.Enumerations, source.Disposals, timer.Alive), Is.EqualTo((1, 1, 0)));
            },
            () => $"{source}; {consumer}");
    });

    [TestCase(Pace.OnArrival)]
    [TestCase(Pace.AtRandom)]
    public void TakeUntil_TheStopRacesItems_AndLosesNone(Pace pace)
    {
        var stopped = 0;
        Race.Run(Rounds, (referee, random) =>
        {
            var before = _counters.Dropped;
            var stop = new CancellationTokenSource();
            var source = RacingSource.Numbers(referee, random, Count, pace);
            var consumer = new LeanConsumer<int>(source.TakeUntil(stop.Token)) { OnEnding = () => referee.Require(source.IsSettled, "told before the disposal") };
            if (pace == Pace.OnArrival)
                consumer.Run();

            return new Round(
                [pace == Pace.OnArrival ? () => source.Arrive(Count + 1) : () => consumer.Run(), stop.Cancel],
                () => consumer.HasEnded,
                () =>
                {
                    stopped += consumer.Items.Count < Count ? 1 : 0;
                    Assert.That(consumer.Error, Is.Null);
                    Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, source.ItemsRead)), "all that was read");
                    Assert.That(_counters.Dropped, Is.EqualTo(before));
                    Assert.That(source.IsSettled, Is.True);
                },
                () => $"{source}; {consumer}");
        });
        TestContext.Out.WriteLine($"{stopped} of {Rounds} rounds were stopped in time");
    }

    [Test]
    public void TakeUntil_TheStopRacesACancellation_AndAnItem() => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var stop = new CancellationTokenSource();
        var cancellation = new CancellationTokenSource();
        var source = RacingSource.Numbers(referee, random, Count, Pace.OnArrival);
        var consumer = new LeanConsumer<int>(source.TakeUntil(stop.Token), cancellation.Token);
        consumer.Run();

        return new Round(
            [() => source.Arrive(2), stop.Cancel, cancellation.Cancel],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null.Or.InstanceOf<OperationCanceledException>());
                if (consumer.Error is OperationCanceledException cancelled)
                    Assert.That(cancelled.CancellationToken, Is.EqualTo(cancellation.Token));
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, consumer.Items.Count)));
                Assert.That(consumer.Items.Count + _counters.Dropped - before, Is.EqualTo(source.ItemsRead));
                Assert.That((source.Enumerations, source.Disposals), Is.EqualTo((1, 1)));
            },
            () => $"{source}; {consumer}");
    });

    [TestCase(Pace.OnArrival)]
    [TestCase(Pace.AtRandom)]
    public void Detach_ACancellationRacesItems_AndEachIsToldOrGivenBack(Pace pace) => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var dropped = new List<int>();
        var cancellation = new CancellationTokenSource();
        var source = RacingSource.Numbers(referee, random, Count, pace);
        var consumer = new LeanConsumer<int>(
            source.Detach(
                item =>
                {
                    referee.Require(source.Disposals == 0, "given back after the disposal");
                    lock (dropped)
                        dropped.Add(item);
                },
                failure => referee.Violate($"{failure}")),
            cancellation.Token);
        if (pace == Pace.OnArrival)
            consumer.Run();

        return new Round(
            [pace == Pace.OnArrival ? () => source.Arrive(Count + 1) : () => consumer.Run(), cancellation.Cancel],
            () => consumer.HasEnded && source.IsSettled && _counters.Orphans == 0,
            () => AssertToldOrGivenBack(consumer, source, dropped, before),
            () => $"{source}; {consumer}; orphans: {_counters.Orphans}");
    });

    [Test]
    public void Detach_LeavingRacesAnItem_WhichIsToldOrGivenBack() => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var dropped = new List<int>();
        var source = RacingSource.Numbers(referee, random, 1, Pace.OnArrival);
        var reading = source.Detach(item =>
        {
            lock (dropped)
                dropped.Add(item);
        }).GetAsyncEnumerator();
        var read = reading.MoveNextAsync().AsTask();
        Task? leaving = null;

        return new Round(
            [source.Arrive, () => leaving = reading.DisposeAsync().AsTask()],
            () => read.IsCompleted && leaving is { IsCompleted: true } && source.IsSettled && _counters.Orphans == 0,
            () =>
            {
                Assert.That((read.IsCompletedSuccessfully, leaving!.IsCompletedSuccessfully), Is.EqualTo((true, true)));
                Assert.That((read.Result ? 1 : 0) + dropped.Count, Is.EqualTo(source.ItemsRead));
                Assert.That(_counters.Dropped - before, Is.EqualTo(dropped.Count));
                Assert.That((source.Enumerations, source.Disposals), Is.EqualTo((1, 1)));
            },
            () => $"{source}; read: {read.Status}; leaving: {leaving?.Status}; orphans: {_counters.Orphans}");
    });

    [Test]
    public void DetachAndTimeout_TheDeadlineRacesItems_AndEachIsToldOrGivenBack() => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var dropped = new List<int>();
        var timer = new HandRungScheduler(random.Next(40));
        var source = RacingSource.Numbers(referee, random, Count, Pace.AtRandom); // which ignores its token
        var consumer = new LeanConsumer<int>(
            source.Detach(item =>
            {
                lock (dropped)
                    dropped.Add(item);
            }).Timeout(Limit, Limit, timer));

        return new Round(
            [() => consumer.Run(), timer.Ring],
            () => consumer.HasEnded && source.IsSettled && _counters.Orphans == 0,
            () =>
            {
                Assert.That(consumer.Error, Is.Null.Or.InstanceOf<TimeoutException>());

                // What was on its way to Timeout is counted there, and told to Detach's callback all the same.
                Assert.That(consumer.Items.Concat(dropped), Is.EqualTo(Enumerable.Range(0, source.ItemsRead)), "each told or given back, once");
                Assert.That(_counters.Dropped - before, Is.EqualTo(dropped.Count));
                Assert.That((source.Enumerations, source.Disposals, timer.Alive), Is.EqualTo((1, 1, 0)));
            },
            () => $"{source}; {consumer}; orphans: {_counters.Orphans}");
    });

    private void AssertToldOrGivenBack(LeanConsumer<int> consumer, RacingSource<int> source, List<int> dropped, long before)
    {
        Assert.That(consumer.Error, Is.Null.Or.InstanceOf<OperationCanceledException>());
        Assert.That(consumer.Items.Concat(dropped), Is.EqualTo(Enumerable.Range(0, source.ItemsRead)), "each told or given back, once");
        Assert.That(_counters.Dropped - before, Is.EqualTo(dropped.Count));
        Assert.That(source.Disposals, Is.EqualTo(source.Enumerations));
    }

    /// <summary>A timer that rings when it is told to, or, as a thread that was put aside, a little after it was still wanted.</summary>
    private sealed class HandRungScheduler(int spin) : LocalScheduler
    {
        private readonly Lock _gate = new();
        private Action? _latest;
        private int _alive;

        public int Alive => Volatile.Read(ref _alive);

        public void Ring()
        {
            Action? latest;
            lock (_gate)
                latest = _latest;
            Thread.SpinWait(spin);
            latest?.Invoke();
        }

        public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
        {
            Interlocked.Increment(ref _alive);
            lock (_gate)
                _latest = () => action(this, state);
            return Disposable.Create(() => Interlocked.Decrement(ref _alive));
        }
    }
}
