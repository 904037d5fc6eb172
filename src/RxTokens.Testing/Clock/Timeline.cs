using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>Any virtual clock, seen from the moment a test began: what sources and recorders need of it.</summary>
internal sealed class Timeline
{
    // Microsoft's TestScheduler runs what is due now a tick later, and what that brings about another tick later:
    // a frame is where an event belongs, not the ticks it has been pushed off by. Who makes up for them comes as much too early.
    private const long MaxDrift = 100;

    private readonly VirtualTimeScheduler<long, long> _scheduler;
    private readonly long _origin;
    private readonly bool _drifts;
    private readonly int _thread;
    private bool _isStoppable;

    public Timeline(VirtualTimeScheduler<long, long> scheduler, TimeSpan frameSize, bool fromNow = false)
    {
        _scheduler = scheduler;
        _origin = fromNow ? scheduler.Clock : 0;
        _drifts = scheduler is not VirtualClock && frameSize.Ticks > 10 * MaxDrift;
        _thread = fromNow ? Environment.CurrentManagedThreadId : 0;
        FrameSize = frameSize;
    }

    /// <summary>Whether we are on another thread than the test, and the clock does not wait for it.</summary>
    public bool IsElsewhere => _thread != 0 && _thread != Environment.CurrentManagedThreadId && (Pool is null || !Pool.TryTakeTurn());

    /// <summary>What is on the pool for the test.</summary>
    public PoolWatch? Pool { get; init; }

    /// <summary>Something comes, perhaps from another thread while the clock is at work.</summary>
    public void AssertIsInTurn(string what) => (_scheduler as VirtualClock)?.Context?.AssertIsInTurn(what);

    public TimeSpan FrameSize { get; }

    /// <summary>How much a stream may say, or be asked, before it counts as endless.</summary>
    public int Limit { get; init; } = 100_000;

    public VirtualTimeScheduler<long, long> Scheduler => _scheduler;

    public TimeSpan Now => TimeSpan.FromTicks(_drifts ? Snap(_scheduler.Clock - _origin) : _scheduler.Clock - _origin);

    public long Frame => Now.Ticks / FrameSize.Ticks;

    /// <summary>Does something at a time. Work of one lane keeps its order under exploration.</summary>
    public IDisposable At(TimeSpan time, object? lane, string name, Action action, Phase phase = Phase.Run)
    {
        var ticks = Amount.Sum(_origin, time.Ticks);
        if (_scheduler is VirtualClock clock)
            return clock.Schedule(ticks, phase, lane, name, action);

        return _scheduler.ScheduleAbsolute(action, ticks, static (_, run) =>
        {
            run();
            return Disposable.Empty;
        });
    }

    /// <summary>Runs the clock until something has happened or nothing is left to do. A foreign clock runs until <see cref="Interrupt"/>.</summary>
    public void RunUntil(Func<bool> hasHappened)
    {
        if (_scheduler is not VirtualClock clock)
        {
            if (hasHappened())
                return;

            _isStoppable = true;
            _scheduler.Start();
            _isStoppable = false;
            return;
        }

        while (!hasHappened() && clock.RunNext())
        {
        }
    }

    /// <summary>What a foreign clock is run for has happened: it goes on no further.</summary>
    public void Interrupt()
    {
        if (_isStoppable)
            _scheduler.Stop();
    }

    /// <summary>Runs the clock to a time.</summary>
    public void AdvanceTo(TimeSpan time)
    {
        if (_scheduler is VirtualClock clock)
            clock.AdvanceBy(time - Now);
        else
            _scheduler.AdvanceTo(Math.Max(_origin + time.Ticks, _scheduler.Clock));
    }

    /// <summary>Runs what is due now. A foreign clock cannot do that without going on.</summary>
    public void FinishInstant()
    {
        if (_scheduler is VirtualClock clock)
            clock.AdvanceBy(TimeSpan.Zero);
    }

    public static Timeline Of(VirtualTimeScheduler<long, long> scheduler) =>
        new(scheduler, (scheduler as VirtualClock)?.FrameSize ?? TimeSpan.FromMilliseconds(1));

    private long Snap(long ticks)
    {
        var drift = ticks % FrameSize.Ticks;
        return drift <= MaxDrift ? ticks - drift
            : FrameSize.Ticks - drift <= MaxDrift ? ticks - drift + FrameSize.Ticks
            : ticks;
    }
}
