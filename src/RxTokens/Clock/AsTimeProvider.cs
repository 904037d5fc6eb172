using System.Diagnostics;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Runtime.CompilerServices;

namespace RxTokens;

public static partial class ClockExtensions
{
    /// <summary>Two callers that compare timestamps must have them from one provider.</summary>
    private static readonly ConditionalWeakTable<IScheduler, SchedulerTimeProvider> Providers = [];

    /// <summary>The time of a scheduler, virtual or real, for everything that takes a <see cref="TimeProvider"/>.</summary>
    /// <remarks>
    /// <code>
    /// TimeProvider time = scheduler.AsTimeProvider();
    /// await Task.Delay(TimeSpan.FromHours(1), time);              // over when the scheduler's hour is over
    /// using var timer = new PeriodicTimer(period, time);          // ticks with it
    /// using var timeout = new CancellationTokenSource(limit, time);
    /// </code>
    /// <para>One scheduler has one provider: each call returns the same. The provider of a scheduler that came from
    /// <see cref="AsScheduler"/> is the original one.</para>
    /// <para><b>Time:</b> <c>GetUtcNow</c> is the scheduler's <c>Now</c>. Timestamps are ticks of 100 ns; they come from the
    /// scheduler's stopwatch, so that they never go back on a real scheduler and agree with <c>Now</c> on a virtual one.
    /// The local time zone is the machine's, unless the scheduler offers one as a service (<see cref="IServiceProvider"/>, <see cref="TimeZoneInfo"/>).</para>
    /// <para><b>Timers</b> keep the rules and limits of the system's, but not its rounding to milliseconds. A periodic timer
    /// rings at its due time plus whole periods, however late a callback was; on a virtual clock that is moved over many periods
    /// it rings once for each. Where whole periods have passed unheard (a scheduler that was busy, a machine that slept,
    /// <c>Sleep</c> of a virtual scheduler) it does not make up for them, as the system's does not.</para>
    /// <para><b>Errors:</b> what a callback throws surfaces as from any work of the scheduler: on a virtual clock, to whoever runs it.
    /// A periodic timer goes on. It falls silent when its scheduler is disposed.</para>
    /// <para><b>Disposal:</b> once <c>Dispose</c> has returned no callback begins; one that has begun may still be running, and
    /// <c>DisposeAsync</c> waits for it. <c>Change</c> then returns <see langword="false"/>.</para>
    /// <para><b>Threading:</b> callbacks run on the scheduler, with the execution context that was there when the timer was made
    /// unless its flow was suppressed, and outside every lock. As with the system's, they may overlap where the scheduler has many
    /// threads. <see cref="ImmediateScheduler"/> and <see cref="CurrentThreadScheduler"/> pass time by blocking whoever makes the
    /// timer: they are not fit for this, and for periodic timers least of all.</para>
    /// </remarks>
    /// <param name="scheduler">The scheduler.</param>
    /// <returns>Its time.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="scheduler"/> is null.</exception>
    public static TimeProvider AsTimeProvider(this IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(scheduler);

        return scheduler is TimeProviderScheduler adapter
            ? adapter.TimeProvider
            : Providers.GetValue(scheduler, static s => new SchedulerTimeProvider(s));
    }
}

/// <summary>Reads time from a scheduler, and has timers run by it.</summary>
internal sealed class SchedulerTimeProvider(IScheduler scheduler) : TimeProvider
{
    private const long MaxMilliseconds = uint.MaxValue - 1;

    private readonly TimeSpan _origin = TimeSpan.FromTicks(scheduler.Now.UtcTicks);
    private readonly IStopwatch _stopwatch = scheduler.StartStopwatch();

    public IScheduler Scheduler => scheduler;

    /// <summary>The scheduler's, where it has one to offer, as a virtual clock may.</summary>
    public override TimeZoneInfo LocalTimeZone =>
        (scheduler as IServiceProvider)?.GetService(typeof(TimeZoneInfo)) as TimeZoneInfo ?? base.LocalTimeZone;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    private TimeSpan Present => _origin + _stopwatch.Elapsed;

    public override DateTimeOffset GetUtcNow() => scheduler.Now.ToUniversalTime();

    public override long GetTimestamp() => Present.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        dueTime = Checked(dueTime, nameof(dueTime));
        period = Checked(period, nameof(period));

        var timer = new Timer(this, callback, state);
        timer.Set(dueTime, period);
        return timer;
    }

    /// <summary>The system's limits, to the millisecond: what it takes for infinite and for zero is infinite and zero here.</summary>
    private static TimeSpan Checked(TimeSpan time, string name)
    {
        var milliseconds = (long)time.TotalMilliseconds;
        if (milliseconds is < -1 or > MaxMilliseconds)
            throw new ArgumentOutOfRangeException(name, time, $"Neither infinite nor from 0 to {MaxMilliseconds} milliseconds.");

        return milliseconds == -1 ? Timeout.InfiniteTimeSpan
            : time < TimeSpan.Zero ? TimeSpan.Zero
            : time;
    }

    /// <summary>Has at most one alarm set. What rings and is not that one has been called off.</summary>
    private sealed class Timer(SchedulerTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private readonly Lock _gate = new();
        private Alarm? _alarm;
        private int _running;
        private bool _isDisposed;
        private TaskCompletionSource? _silence;

        public bool Change(TimeSpan dueTime, TimeSpan period) =>
            Set(Checked(dueTime, nameof(dueTime)), Checked(period, nameof(period)));

        public bool Set(TimeSpan dueTime, TimeSpan period)
        {
            var alarm = dueTime == Timeout.InfiniteTimeSpan ? null : new Alarm(this, clock.Present + dueTime, period);
            Alarm? before;
            lock (_gate)
            {
                if (_isDisposed)
                    return false;
                before = _alarm;
                _alarm = alarm;
            }

            before?.CallOff();
            alarm?.Start(clock.Scheduler, dueTime);
            return true;
        }

        public void Dispose()
        {
            Alarm? before;
            lock (_gate)
            {
                _isDisposed = true;
                before = _alarm;
                _alarm = null;
            }

            before?.CallOff();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            lock (_gate)
            {
                if (_running == 0)
                    return default;

                // Without RunContinuationsAsynchronously: on a virtual clock what awaits this belongs into the clock's run.
                _silence ??= new TaskCompletionSource();
                return new ValueTask(_silence.Task);
            }
        }

        private void Ring(Alarm alarm)
        {
            Alarm? next;
            var present = clock.Present;
            lock (_gate)
            {
                if (_alarm != alarm)
                    return;
                _alarm = next = alarm.Next(present);
                _running++;
            }

            // The next alarm first: the callback may change or dispose this timer, run the clock, or throw.
            try
            {
                next?.StartAgain(clock.Scheduler, present);
                CallBack();
            }
            finally
            {
                Return();
            }
        }

        private void CallBack()
        {
            if (_context is null)
                callback(state);
            else
                ExecutionContext.Run(_context, new ContextCallback(callback), state);
        }

        private void Return()
        {
            TaskCompletionSource? silence;
            lock (_gate)
            {
                Debug.Assert(_running > 0, "a callback returns once");
                silence = --_running == 0 ? _silence : null;
            }

            silence?.SetResult();
        }

        private sealed class Alarm(Timer timer, TimeSpan time, TimeSpan period)
        {
            private readonly SingleAssignmentDisposable _work = new();

            public void Start(IScheduler scheduler, TimeSpan dueTime) =>
                _work.Disposable = scheduler.Schedule(this, dueTime, static (_, alarm) =>
                {
                    alarm.Ring();
                    return Disposable.Empty;
                });

            /// <summary>A scheduler that was disposed has dropped all its work. It is no failure of the timer's that it takes no more.</summary>
            public void StartAgain(IScheduler scheduler, TimeSpan present)
            {
                try
                {
                    Start(scheduler, time - present);
                }
                catch (ObjectDisposedException)
                {
                }
            }

            public void CallOff() => _work.Dispose();

            /// <summary>The alarm at the first of the times due + n periods that is not over yet; null if this was the only one.</summary>
            public Alarm? Next(TimeSpan present)
            {
                if (period <= TimeSpan.Zero)
                    return null;

                var next = time + period;
                if (next <= present)
                    next += period * ((present - next).Ticks / period.Ticks + 1);
                return new Alarm(timer, next, period);
            }

            private void Ring() => timer.Ring(this);
        }
    }
}
