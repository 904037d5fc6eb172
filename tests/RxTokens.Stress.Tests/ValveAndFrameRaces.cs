using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Subjects;

namespace RxTokens.Stress;

/// <summary>A valve that is switched, and frames that begin, in the moment in which items land and streams are left.</summary>
public sealed class ValveAndFrameRaces
{
    private const int Rounds = 3000;
    private const int Count = 12;
    private const int Streams = 6;
    private const int Frames = 12;

    [Test]
    public void AValveThatIsSwitched_WhileItemsLand_LosesNone() => Race.Run(Rounds, (referee, random) =>
    {
        var isOpen = new Subject<bool>();
        var source = RacingSource.Numbers(referee, random, Count, Pace.OnArrival);
        var consumer = new LeanConsumer<int>(source.Valve(isOpen)) { OnEnding = () => referee.Require(source.IsSettled, "told before the disposal") };
        consumer.Run();

        return new Round(
            [() => source.Arrive(Count + 1), () => Switch(isOpen, times: 8)],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, Count)));
                Assert.That((source.Enumerations, source.Disposals, isOpen.HasObservers), Is.EqualTo((1, 1, false)));
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void AValveThatIsSwitched_WhileItIsCancelled_EndsOnce() => Race.Run(Rounds, (referee, random) =>
    {
        var cancellation = new CancellationTokenSource();
        var isOpen = new Subject<bool>();
        var source = RacingSource.Numbers(referee, random, Count, Pace.OnArrival);
        var consumer = new LeanConsumer<int>(source.Valve(isOpen), cancellation.Token) { OnEnding = () => referee.Require(source.IsSettled, "told before the disposal") };
        consumer.Run();

        return new Round(
            [() => source.Arrive(3), () => Switch(isOpen, times: 3), cancellation.Cancel],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.InstanceOf<OperationCanceledException>().With.Property(nameof(OperationCanceledException.CancellationToken)).EqualTo(cancellation.Token));
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, consumer.Items.Count)));
                Assert.That((source.Enumerations, source.Disposals, isOpen.HasObservers), Is.EqualTo((1, 1, false)));
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void FramesThatBegin_WhileStreamsAreCancelled_LeaveNothingOnTheClock() => Race.Run(Rounds, (referee, random) =>
    {
        var clock = new HandTicked();
        var frames = new FrameClock(HandTicked.Frame, clock);
        var cancellations = Enumerable.Range(0, Streams).Select(_ => new CancellationTokenSource()).ToArray();
        var sources = cancellations.Select(_ => new ReadySource(referee)).ToArray();
        var consumers = sources.Zip(cancellations, (source, cancellation) => new LeanConsumer<int>(source.PerFrame(frames), cancellation.Token)).ToArray();
        foreach (var consumer in consumers)
            consumer.Run();

        return new Round(
            [() => clock.Tick(Frames), () => Array.ForEach(cancellations, cancellation => cancellation.Cancel())],
            () => Array.TrueForAll(consumers, consumer => consumer.HasEnded),
            () =>
            {
                foreach (var consumer in consumers)
                {
                    Assert.That(consumer.Error, Is.InstanceOf<OperationCanceledException>());
                    Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, consumer.Items.Count)));
                    Assert.That(consumer.Items, Has.Count.InRange(1, Frames + 1), "one a frame");
                }

                Assert.That(sources.Select(source => source.Disposals), Is.All.EqualTo(1));
                Assert.That(clock.Alive, Is.Zero);
            },
            () => $"{string.Join("; ", (object[])consumers)}; timers: {clock.Alive}");
    });

    [Test]
    public void FramesThatBegin_WhileItemsLand_TellEach_InItsOrder() => Race.Run(Rounds, (referee, random) =>
    {
        var clock = new HandTicked();
        var frames = new FrameClock(HandTicked.Frame, clock);
        var source = RacingSource.Numbers(referee, random, Count, Pace.OnArrival);
        var consumer = new LeanConsumer<int>(source.PerFrame(frames)) { OnEnding = () => referee.Require(source.IsSettled, "told before the disposal") };
        consumer.Run();

        return new Round(
            [
                () => source.Arrive(Count + 1),
                () =>
                {
                    while (!consumer.HasEnded)
                        clock.Tick(1);
                },
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, Count)));
                Assert.That((source.Enumerations, source.Disposals, clock.Alive), Is.EqualTo((1, 1, 0)));
            },
            () => $"{source}; {consumer}; timers: {clock.Alive}");
    });

    private static void Switch(Subject<bool> isOpen, int times)
    {
        for (var i = 0; i < times; i++)
        {
            isOpen.OnNext(false);
            Thread.SpinWait(10);
            isOpen.OnNext(true);
        }
    }

    /// <summary>A clock that goes on frame by frame, when it is told to.</summary>
    private sealed class HandTicked : IScheduler, IServiceProvider, IStopwatchProvider, IStopwatch
    {
        public static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(1);

        private readonly Lock _lock = new();
        private List<(IDisposable IsAlive, Action Work)> _timers = [];
        private long _frames;
        private int _alive;

        public DateTimeOffset Now => DateTimeOffset.UnixEpoch + Elapsed;

        public TimeSpan Elapsed => Volatile.Read(ref _frames) * Frame;

        public int Alive => Volatile.Read(ref _alive);

        public void Tick(int frames)
        {
            for (var i = 0; i < frames; i++)
            {
                List<(IDisposable IsAlive, Action Work)> due;
                lock (_lock)
                {
                    (due, _timers) = (_timers, []);
                    _frames++;
                }

                foreach (var (isAlive, work) in due)
                {
                    isAlive.Dispose();
                    work(); // also one that has been given up: a timer may be late
                }
            }
        }

        public object? GetService(Type serviceType) => serviceType == typeof(IStopwatchProvider) ? this : null;

        public IStopwatch StartStopwatch() => this;

        public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => Schedule(state, TimeSpan.Zero, action);

        public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => Schedule(state, dueTime - Now, action);

        public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
        {
            Interlocked.Increment(ref _alive);
            var isAlive = Disposable.Create(() => Interlocked.Decrement(ref _alive));
            lock (_lock)
                _timers.Add((isAlive, () => action(this, state)));
            return isAlive;
        }
    }
}
