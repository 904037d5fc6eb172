using System.Reactive.Concurrency;

namespace RxTokens.Stress;

public sealed class ClockRaces
{
    private const int Rounds = 2000;

    private static readonly TimeSpan Never = Timeout.InfiniteTimeSpan;

    /// <summary>Real ones, and one whose timers ring as soon as they are set.</summary>
    private static IEnumerable<IScheduler> Schedulers =>
        [TaskPoolScheduler.Default, DefaultScheduler.Instance, new SoonScheduler(spin: 50)];

    [TestCaseSource(nameof(Schedulers))]
    public void ATimerOfZero_ThatIsDisposed_IsSilentAfterDisposeAsync(IScheduler scheduler) => Race.Run(Rounds, (referee, _) =>
    {
        var subject = new Subject(referee, scheduler, TimeSpan.Zero, Never);

        return new Round(
            [subject.Close, () => subject.Timer.Change(TimeSpan.Zero, Never), subject.Timer.Dispose],
            () => subject.IsClosed,
            subject.Check,
            subject.ToString);
    });

    [TestCaseSource(nameof(Schedulers))]
    public void APeriodicTimer_ThatIsChangedAndDisposed_IsSilentAfterDisposeAsync(IScheduler scheduler) => Race.Run(Rounds, (referee, random) =>
    {
        var period = TimeSpan.FromTicks(random.Next(1, 3000));
        var subject = new Subject(referee, scheduler, TimeSpan.Zero, period);

        return new Round(
            [
                () => Change(subject.Timer, TimeSpan.Zero, period, 10),
                () => Change(subject.Timer, period, TimeSpan.Zero, 10),
                subject.Close,
            ],
            () => subject.IsClosed,
            subject.Check,
            subject.ToString);
    });

    [TestCaseSource(nameof(Schedulers))]
    public void TheLastOfManyChanges_Rings(IScheduler scheduler) => Race.Run(Rounds / 10, (referee, _) =>
    {
        var subject = new Subject(referee, scheduler, TimeSpan.Zero, TimeSpan.Zero);

        return new Round(
            [() => Change(subject.Timer, TimeSpan.Zero, Never, 10), () => Change(subject.Timer, TimeSpan.Zero, Never, 10)],
            () => subject.Rings > 0,
            () =>
            {
                var before = subject.Rings;
                subject.Timer.Change(TimeSpan.Zero, Never);
                Assert.That(Race.Until(() => subject.Rings > before), "the timer still rings");
                subject.Close();
                Assert.That(Race.Until(() => subject.IsClosed));
                Assert.That(subject.Rings, Is.LessThanOrEqualTo(22), "never more often than it was set");
            },
            subject.ToString);
    });

    [Test]
    public void WorkOfTheSystemsTime_ThatIsDisposed_DoesNotBeginAfterwards_ButForOne() => Race.Run(Rounds, (referee, _) =>
    {
        var scheduler = TimeProvider.System.AsScheduler();
        var runs = 0;
        var inside = 0;
        IDisposable work = scheduler.SchedulePeriodic(TimeSpan.Zero, () =>
        {
            referee.Require(Interlocked.Exchange(ref inside, 1) == 0, "two runs of one periodic work at once");
            Interlocked.Increment(ref runs);
            Volatile.Write(ref inside, 0);
        });

        return new Round(
            [
                () => Race.Until(() => Volatile.Read(ref runs) > 0),
                () =>
                {
                    work.Dispose();
                    var seen = Volatile.Read(ref runs);
                    Thread.SpinWait(1000);
                    referee.Require(Volatile.Read(ref runs) <= seen + 1, "work begins after its disposal");
                    Interlocked.Increment(ref runs);
                },
            ],
            () => true,
            () => { },
            () => $"{runs} runs");
    });

    private static void Change(ITimer timer, TimeSpan dueTime, TimeSpan period, int times)
    {
        for (var i = 0; i < times; i++)
            timer.Change(dueTime, period);
    }

    private sealed class Subject
    {
        private readonly Referee _referee;
        private Task? _closing;
        private int _rings;

        public Subject(Referee referee, IScheduler scheduler, TimeSpan dueTime, TimeSpan period)
        {
            _referee = referee;
            Timer = scheduler.AsTimeProvider().CreateTimer(_ => Ring(), null, dueTime, period);
        }

        public ITimer Timer { get; }

        public int Rings => Volatile.Read(ref _rings);

        public bool IsClosed => Volatile.Read(ref _closing) is { IsCompleted: true };

        public void Close() => Volatile.Write(ref _closing, Timer.DisposeAsync().AsTask());

        public void Check()
        {
            Assert.That(_closing!.IsCompletedSuccessfully);
            Assert.That(Timer.Change(TimeSpan.Zero, TimeSpan.FromTicks(1)), Is.False);
        }

        public override string ToString() => $"{Rings} rings, {(IsClosed ? "closed" : "open")}";

        private void Ring()
        {
            _referee.Require(!IsClosed, "a callback begins after DisposeAsync has ended");
            Interlocked.Increment(ref _rings);
            Thread.SpinWait(20);
            _referee.Require(!IsClosed, "DisposeAsync has ended during a callback");
        }
    }
}
