using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

public class AsSchedulerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private ManualTimeProvider _time = null!;
    private IScheduler _scheduler = null!;
    private DateTimeOffset _start;
    private List<string> _log = null!;

    [SetUp]
    public void SetUp()
    {
        _time = new ManualTimeProvider();
        _start = _time.GetUtcNow();
        _scheduler = _time.AsScheduler();
        _log = [];
    }

    // Arguments

    [Test]
    public void ANullArgument_Throws()
    {
        Assert.That(() => ((TimeProvider)null!).AsScheduler(), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("timeProvider"));
        Assert.That(() => _scheduler.Schedule(0, TimeSpan.Zero, null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("action"));
        Assert.That(() => _scheduler.Schedule(0, _start, null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("action"));
        Assert.That(() => _scheduler.Schedule(0, null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("action"));
        Assert.That(() => Periodic.SchedulePeriodic(0, TimeSpan.Zero, null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("action"));
    }

    [Test]
    public void ANegativePeriod_Throws() =>
        Assert.That(
            () => Periodic.SchedulePeriodic(0, Milliseconds(-1), n => n),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("period"));

    // Identity and time

    [Test]
    public void AsScheduler_GoesBackToTheProvider() => Assert.That(_scheduler.AsTimeProvider(), Is.SameAs(_time));

    [Test]
    public void Now_And_Stopwatches_AreTheProviders()
    {
        var stopwatch = _scheduler.StartStopwatch();

        _time.Advance(Milliseconds(250));

        Assert.That(_scheduler.Now, Is.EqualTo(_start.AddMilliseconds(250)));
        Assert.That(stopwatch.Elapsed, Is.EqualTo(Milliseconds(250)));
    }

    // Work

    [Test]
    public void WorkThatIsDueNow_IsNotRunInsideSchedule_AndInOrder()
    {
        _scheduler.Schedule(() => Log("first"));
        _scheduler.Schedule(Milliseconds(-5), () => Log("second"));
        _scheduler.Schedule(_start.AddDays(-1), () => Log("third"));
        Assert.That(_log, Is.Empty);

        _time.Advance(TimeSpan.Zero);

        Assert.That(_log, Is.EqualTo(new[] { "0 first", "0 second", "0 third" }));
        Assert.That(_time.Set, Is.Zero);
    }

    [Test]
    public void Work_IsRunAtItsTime_RelativeOrAbsolute()
    {
        _scheduler.Schedule(_start.AddMilliseconds(20), () => Log("absolute"));
        _scheduler.Schedule(Milliseconds(10), () => Log("relative"));

        _time.Advance(Milliseconds(100));

        Assert.That(_log, Is.EqualTo(new[] { "10 relative", "20 absolute" }));
    }

    [Test]
    public void WorkThatIsLate_IsRun_AndWorkFromInside()
    {
        _scheduler.Schedule(Milliseconds(10), again =>
        {
            Log("work");
            if (_log.Count < 3)
                again(Milliseconds(10));
        });
        _time.Stall(Milliseconds(15));

        _time.Advance(Milliseconds(100));

        Assert.That(_log, Has.Count.EqualTo(3));
    }

    [Test]
    public void ATimeLongerThanATimers_IsWaitedForInParts()
    {
        _scheduler.Schedule(TimeSpan.FromDays(1000), () => _log.Add($"{(_time.GetUtcNow() - _start).TotalDays}"));

        _time.Advance(TimeSpan.FromDays(999));
        Assert.That(_log, Is.Empty);
        _time.Advance(TimeSpan.FromDays(2));

        Assert.That(_log, Is.EqualTo(new[] { "1000" }));
        Assert.That(_time.Longest.TotalMilliseconds, Is.EqualTo(int.MaxValue));
    }

    [Test]
    public void TheLongestTimesThereAre_AreTaken_AndCancelled()
    {
        var system = TimeProvider.System.AsScheduler();

        using (system.Schedule(TimeSpan.MaxValue, () => { }))
        using (system.Schedule(DateTimeOffset.MaxValue, () => { }))
        using (system.SchedulePeriodic(TimeSpan.MaxValue, () => { }))
        {
        }
    }

    // Periodic work

    [Test]
    public void PeriodicWork_KeepsItsGrid_AndItsState()
    {
        using var work = Periodic.SchedulePeriodic(1, Milliseconds(10), n =>
        {
            Log($"{n}");
            if (n == 1)
                _time.Stall(Milliseconds(25));
            return n + 1;
        });

        _time.Advance(Milliseconds(55));

        Assert.That(_log, Is.EqualTo(new[] { "10 1", "35 2", "35 3", "40 4", "50 5" }), "20 and 30 come late, the rest in time");
    }

    [Test]
    public void PeriodicWork_IsStopped_FromInside()
    {
        var stop = new SingleAssignmentDisposable();
        stop.Disposable = _scheduler.SchedulePeriodic(TimeSpan.Zero, () =>
        {
            Log("work");
            if (_log.Count == 3)
                stop.Dispose();
        });

        _time.Advance(Milliseconds(1));

        Assert.That(_log, Is.EqualTo(new[] { "0 work", "0 work", "0 work" }), "a period of zero is as soon as possible");
    }

    // Errors

    [Test]
    public void AThrow_SurfacesToWhoMovesTheTime_AndPeriodicWorkIsOver()
    {
        var failure = new InvalidDataException();
        using var work = _scheduler.SchedulePeriodic(Milliseconds(10), () =>
        {
            Log("work");
            throw failure;
        });

        Assert.That(() => _time.Advance(Milliseconds(100)), Throws.Exception.SameAs(failure));
        _time.Advance(Milliseconds(100));

        Assert.That(_log, Is.EqualTo(new[] { "10 work" }));
        Assert.That(_time.Set, Is.Zero);
    }

    // Disposal

    [Test]
    public void Dispose_CancelsWork_AndItsTimer()
    {
        var work = _scheduler.Schedule(Milliseconds(10), () => Log("work"));

        work.Dispose();
        work.Dispose();
        Assert.That(_time.Set, Is.Zero);
        _time.Advance(Milliseconds(100));

        Assert.That(_log, Is.Empty);
    }

    [Test]
    public void Dispose_DisposesWhatTheWorkReturned()
    {
        var work = _scheduler.Schedule(0, (_, _) => Disposable.Create(() => Log("undone")));
        _time.Advance(TimeSpan.Zero);
        Assert.That(_log, Is.Empty);

        work.Dispose();

        Assert.That(_log, Is.EqualTo(new[] { "0 undone" }));
    }

    [Test]
    public void ATimerThatRingsAfterTheDisposal_DoesNothing()
    {
        var late = new LateTimeProvider();
        var work = late.AsScheduler().Schedule(Milliseconds(10), () => Log("work"));

        work.Dispose();
        late.Ring();

        Assert.That(_log, Is.Empty);
    }

    // Rx's operators

    [Test]
    public void Interval_Throttle_And_Timeout_GoByTheProvider()
    {
        using var typed = new Subject<char>();
        Observable.Interval(Milliseconds(40), _scheduler).Take(2).Subscribe(n => Log($"interval {n}"));
        typed.Throttle(Milliseconds(10), _scheduler).Subscribe(c => Log($"throttle {c}"));
        typed.Timeout(Milliseconds(50), _scheduler).Subscribe(_ => { }, e => Log(e.GetType().Name));

        typed.OnNext('a');
        _time.Advance(Milliseconds(5));
        typed.OnNext('b');
        _time.Advance(Milliseconds(200));

        Assert.That(_log, Is.EqualTo(new[] { "15 throttle b", "40 interval 0", "55 TimeoutException", "80 interval 1" }));
        Assert.That(_time.Set, Is.Zero);
    }

    // The system's time

    [Test]
    public async Task TheSystems_RunsOnThePool_AtItsTime()
    {
        var scheduler = TimeProvider.System.AsScheduler();
        var stopwatch = scheduler.StartStopwatch();
        var ran = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);

        using var work = scheduler.Schedule(Milliseconds(50), () => ran.SetResult(Thread.CurrentThread.IsThreadPoolThread));

        Assert.That(await ran.Task.WaitAsync(Patience), Is.True);
        Assert.That(stopwatch.Elapsed, Is.GreaterThan(Milliseconds(45)));
        Assert.That(scheduler.Now, Is.EqualTo(DateTimeOffset.UtcNow).Within(Patience));
    }

    [Test]
    public async Task TheSystems_RunsRx()
    {
        var scheduler = TimeProvider.System.AsScheduler();
        var ticks = new TaskCompletionSource<IList<long>>(TaskCreationOptions.RunContinuationsAsynchronously);

        using var subscription = Observable.Range(0, 1000, scheduler).Select(n => (long)n)
            .Concat(Observable.Interval(TimeSpan.FromMicroseconds(500), scheduler).Take(20))
            .ObserveOn(scheduler)
            .ToList()
            .Subscribe(ticks.SetResult);

        Assert.That(await ticks.Task.WaitAsync(Patience), Is.EqualTo(Enumerable.Range(0, 1000).Concat(Enumerable.Range(0, 20)).Select(n => (long)n)));
    }

    private static TimeSpan Milliseconds(double count) => TimeSpan.FromMilliseconds(count);

    private ISchedulerPeriodic Periodic => (ISchedulerPeriodic)((IServiceProvider)_scheduler).GetService(typeof(ISchedulerPeriodic))!;

    private void Log(string what) => _log.Add($"{(_time.GetUtcNow() - _start).TotalMilliseconds} {what}");

    /// <summary>Has a timer under way already when it is disposed.</summary>
    private sealed class LateTimeProvider : TimeProvider
    {
        public Action Ring { get; private set; } = () => { };

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Ring = () => callback(state);
            return new ManualTimeProvider().CreateTimer(_ => { }, null, dueTime, period);
        }
    }
}
