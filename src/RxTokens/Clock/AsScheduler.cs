using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens;

public static partial class ClockExtensions
{
    /// <summary>The time of a <see cref="TimeProvider"/>, virtual or real, for every operator that takes a scheduler.</summary>
    /// <remarks>
    /// <code>
    /// IScheduler scheduler = timeProvider.AsScheduler();
    /// Observable.Interval(TimeSpan.FromSeconds(1), scheduler)     // ticks with the provider
    /// source.Throttle(TimeSpan.FromMilliseconds(200), scheduler)
    /// </code>
    /// <para>The scheduler of a provider that came from <see cref="AsTimeProvider"/> is the original one.</para>
    /// <para><b>Time:</b> <c>Now</c> is the provider's <c>GetUtcNow</c>; stopwatches read its timestamps. Work that is due at an absolute
    /// time waits for as long as the provider's clock says when it is scheduled: setting the clock later does not move it.
    /// Times longer than the longest of a timer (49 days) are waited for in parts. Resolution is the provider's: the system's rounds
    /// down to milliseconds.</para>
    /// <para>Periodic work is due at its start plus whole periods, as measured by timestamps. One run is over before the next begins; runs
    /// that come late follow one another without a pause, so that a virtual clock that is moved over many periods in one go gives a run
    /// for each. On a real one that means: an <c>Interval</c> of a second over a machine that sleeps for eight hours makes up for it with
    /// 28,800 runs in a burst. Where only the latest matters put <c>KeepLatest</c> or <c>Sample</c> behind it, or use Rx's own scheduler.</para>
    /// <para><b>Errors:</b> what work throws surfaces where the provider's timers run: to whoever moves a virtual clock; on the pool it ends
    /// the process. Periodic work that threw is not run again.</para>
    /// <para><b>Disposal:</b> disposing cancels work that has not begun, and stops periodic work after a run that has.</para>
    /// <para><b>Threading:</b> work runs where the provider runs its timers: the system's on the pool, two pieces of work possibly at once.
    /// Work that is due now is run by a timer of zero, as soon as possible and never inside <c>Schedule</c>. Where a provider rings such a
    /// timer while it is being set, as Microsoft's <c>FakeTimeProvider</c> does, the work waits for its turn on Rx's current-thread
    /// trampoline, so that <c>Observable.Repeat(x, scheduler).Take(5)</c> ends; only where no trampoline runs, outside any
    /// <c>Subscribe</c>, does it run inside <c>Schedule</c>. The execution context flows as it does to the provider's timers.</para>
    /// </remarks>
    /// <param name="timeProvider">The time provider.</param>
    /// <returns>A scheduler by its time.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="timeProvider"/> is null.</exception>
    public static IScheduler AsScheduler(this TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return timeProvider is SchedulerTimeProvider adapter ? adapter.Scheduler : new TimeProviderScheduler(timeProvider);
    }
}

/// <summary>Runs work by a time provider's timers, one for each piece of work.</summary>
internal sealed class TimeProviderScheduler(TimeProvider timeProvider) : LocalScheduler, ISchedulerPeriodic
{
    /// <summary>What <see cref="System.TimeProvider.CreateTimer"/> promises to take. The system's takes twice as much.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(int.MaxValue);

    public TimeProvider TimeProvider => timeProvider;

    public override DateTimeOffset Now => timeProvider.GetUtcNow();

    public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
    {
        ArgumentNullException.ThrowIfNull(action);

        var work = new Work<TState>(this, state, action);
        work.Wait(dueTime);
        return work;
    }

    // LocalScheduler's own goes by the system's clock.
    public override IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) =>
        Schedule(state, dueTime - Now, action);

    public IDisposable SchedulePeriodic<TState>(TState state, TimeSpan period, Func<TState, TState> action)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(period, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(action);

        var work = new PeriodicWork<TState>(timeProvider, state, period, action);
        work.Wait(period);
        return work;
    }

    public override IStopwatch StartStopwatch() => new Stopwatch(timeProvider);

    private sealed class Stopwatch(TimeProvider timeProvider) : IStopwatch
    {
        private readonly long _start = timeProvider.GetTimestamp();

        public TimeSpan Elapsed => timeProvider.GetElapsedTime(_start);
    }

    /// <summary>Waits for a time of any length.</summary>
    /// <remarks>
    /// <code>
    /// field           written by                    read by                        ordered by
    /// _inAll, _start  Wait                          the ring that it leads to      the timer
    /// _settingThread  Wait, on its thread           the same thread, when it rings its own program order
    /// _isDisposed     whoever disposes, once        any ring                       volatile; one that has begun goes on
    /// </code>
    /// </remarks>
    private abstract class Countdown : IDisposable
    {
        private readonly TimeProvider _timeProvider;
        private readonly ITimer _timer;
        private TimeSpan _inAll; // zero: the timer's time is all
        private long _start;
        private int _settingThread;
        private volatile bool _isDisposed;

        // In two steps: a timer of zero may ring before it is stored.
        protected Countdown(TimeProvider timeProvider)
        {
            _timeProvider = timeProvider;
            _timer = timeProvider.CreateTimer(
                static countdown => ((Countdown)countdown!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Wait(TimeSpan time)
        {
            var part = time < TimeSpan.Zero ? TimeSpan.Zero
                : time > LongestTimer ? LongestTimer
                : time;
            _inAll = time > part ? time : TimeSpan.Zero;
            if (time > part)
                _start = _timeProvider.GetTimestamp(); // a part may ring late
            _settingThread = Environment.CurrentManagedThreadId;
            try
            {
                _timer.Change(part, Timeout.InfiniteTimeSpan);
            }
            finally
            {
                _settingThread = 0;
            }
        }

        public virtual void Dispose()
        {
            _isDisposed = true;
            _timer.Dispose();
        }

        protected abstract void OnZero();

        protected void ReleaseTimer() => _timer.Dispose();

        private void OnTimer()
        {
            // From inside Change, what is scheduled could not be stopped yet: nobody has its disposable before Schedule returns.
            if (_settingThread == Environment.CurrentManagedThreadId)
                Trampoline.Schedule(this, static countdown => countdown.Ring());
            else
                Ring();
        }

        private void Ring()
        {
            if (_isDisposed)
                return;
            if (_inAll > TimeSpan.Zero)
                Wait(_inAll - _timeProvider.GetElapsedTime(_start));
            else
                OnZero();
        }
    }

    private sealed class Work<TState>(TimeProviderScheduler scheduler, TState state, Func<IScheduler, TState, IDisposable> action)
        : Countdown(scheduler.TimeProvider)
    {
        private readonly SingleAssignmentDisposable _followUp = new();

        public override void Dispose()
        {
            base.Dispose();
            _followUp.Dispose();
        }

        protected override void OnZero()
        {
            ReleaseTimer();
            _followUp.Disposable = action(scheduler, state);
        }
    }

    private sealed class PeriodicWork<TState>(TimeProvider timeProvider, TState state, TimeSpan period, Func<TState, TState> action)
        : Countdown(timeProvider)
    {
        private readonly Stopwatch _stopwatch = new(timeProvider);
        private readonly TimeSpan _period = period;
        private TState _state = state;
        private TimeSpan _due = period;

        protected override void OnZero()
        {
            _state = action(_state);
            _due += _period;
            Wait(_due - _stopwatch.Elapsed);
        }
    }
}
