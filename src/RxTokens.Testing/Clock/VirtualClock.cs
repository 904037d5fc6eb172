using System.Diagnostics;
using System.Reactive.Concurrency;

namespace RxTokens;

/// <summary>A scheduler whose time moves only when a test moves it: every operator with a clock runs on it, single-threaded and in no time.</summary>
/// <remarks>
/// <code>
/// due now       runs in the same instant, first in first out
/// due later     runs when the clock gets there
/// </code>
/// <para>Times are ticks inside. Work that is due in the present instant runs in that instant: it is not put off to the next tick.
/// <c>clock.AsTimeProvider()</c> is the same clock for <c>Task.Delay</c>, timers and limiters.</para>
/// <para><b>Threading:</b> run it from one thread; work may be scheduled from any. Work runs without a synchronization context:
/// under the one of a test framework, what awaits would go on later, on the pool, instead of inside the clock's run.</para>
/// </remarks>
[DebuggerDisplay("Frame = {Frame}, Due = {_work.Count}")]
public sealed class VirtualClock : VirtualTimeScheduler<long, long>
{
    private readonly WorkQueue _work = new();
    private int _actions;

    /// <summary>A clock at time zero.</summary>
    /// <param name="frameSize">The length of a frame; one millisecond if not given.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="frameSize"/> is not positive.</exception>
    public VirtualClock(TimeSpan? frameSize = null)
    {
        FrameSize = frameSize ?? TimeSpan.FromMilliseconds(1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FrameSize, TimeSpan.Zero, nameof(frameSize));
    }

    /// <summary>The date at time zero unless <see cref="StartDateTime"/> is set: the year 2000, for code that takes days off it.</summary>
    public static DateTimeOffset Epoch { get; } = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The length of a frame.</summary>
    public TimeSpan FrameSize { get; }

    /// <summary>What <see cref="VirtualTimeSchedulerBase{TAbsolute, TRelative}.Now"/> says at time zero: <see cref="Epoch"/> if not set.</summary>
    public DateTimeOffset StartDateTime { get; init; } = Epoch;

    /// <summary>The local time zone of <c>AsTimeProvider()</c>: UTC if not set, whatever the machine's is.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>The present time, in whole frames since the start.</summary>
    public long Frame => Clock / FrameSize.Ticks;

    /// <summary>How far the clock may go: one day if not set. Work that is due later fails the run instead.</summary>
    public TimeSpan MaxVirtualTime { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How much work the clock may run in its life: 100,000 pieces if not set. One more fails the run instead.</summary>
    public int MaxActions { get; init; } = 100_000;

    /// <summary>Runs everything that is due up to and including a frame, and leaves the clock there.</summary>
    /// <param name="frame">The frame to go to; not before the present one.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="frame"/> is in the past.</exception>
    /// <exception cref="OverflowException"><paramref name="frame"/> is further away than ticks can count.</exception>
    /// <exception cref="VirtualTimeLimitException">There was more to do than <see cref="MaxActions"/> or <see cref="MaxVirtualTime"/> allow.</exception>
    public void AdvanceToFrame(long frame)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frame, Frame);

        AdvanceToTicks(checked(frame * FrameSize.Ticks));
    }

    /// <summary>Runs everything that falls due within a time from now, and leaves the clock at its end.</summary>
    /// <param name="time">How far to go; not negative. Zero runs what is due now.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is negative.</exception>
    /// <exception cref="VirtualTimeLimitException">There was more to do than <see cref="MaxActions"/> or <see cref="MaxVirtualTime"/> allow.</exception>
    public void AdvanceBy(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);

        AdvanceToTicks(Add(Clock, time.Ticks));
    }

    /// <summary>Does something at a frame.</summary>
    /// <param name="frame">When; the present frame means as soon as the clock runs.</param>
    /// <param name="action">What to do.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="frame"/> is in the past.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="action"/> is null.</exception>
    public void At(long frame, Action action)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frame, Frame);
        ArgumentNullException.ThrowIfNull(action);

        Add(new Work(this, Math.Max(frame * FrameSize.Ticks, Clock), lane: null, $"At({frame})", action));
    }

    /// <summary>A task that ends after a virtual time; what awaits it continues inside the clock's run.</summary>
    /// <param name="time">How long; not negative.</param>
    /// <param name="cancellationToken">Ends the task early, as cancelled.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is negative.</exception>
    public Task Delay(TimeSpan time, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);

        // Without RunContinuationsAsynchronously: the continuation belongs into this clock's run, on this thread.
        var delay = new TaskCompletionSource();
        var timer = Add(new Work(this, Add(Clock, time.Ticks), lane: null, "Delay", () => delay.TrySetResult()));
        cancellationToken.UnsafeRegister(
            _ =>
            {
                timer.Dispose();
                delay.TrySetCanceled(cancellationToken);
            },
            state: null);
        return delay.Task;
    }

    /// <summary>Schedules work at a time.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="state">What the work gets.</param>
    /// <param name="dueTime">When, in ticks since the start; what is past is due now.</param>
    /// <param name="action">The work.</param>
    /// <returns>Cancels the work when disposed, or what the work has scheduled in its turn.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="action"/> is null.</exception>
    public override IDisposable ScheduleAbsolute<TState>(TState state, long dueTime, Func<IScheduler, TState, IDisposable> action)
    {
        ArgumentNullException.ThrowIfNull(action);

        // As in Rx, what has been missed keeps its place before what is due now.
        return Add(new Work(this, dueTime, lane: null, WorkName.Of(action), () => action(this, state)));
    }

    /// <summary>Work that keeps its order among all work of the same lane, whatever order of same-instant work is explored.</summary>
    internal IDisposable Schedule(long ticks, Phase phase, object? lane, string name, Action action) =>
        Add(new Work(this, ticks, lane, name, action) { Phase = phase });

    /// <summary>Which of several pieces of work, due in the same instant, is next; null is first in first out.</summary>
    internal Func<IReadOnlyList<Work>, int>? Choose { set => _work.Choose = value; }

    /// <summary>The context that work runs in; none, mostly.</summary>
    internal ClockContext? Context { get; set; }

    /// <summary>Signalled when there is work to do: for who waits for other threads.</summary>
    internal Action? WorkAdded { get; set; }

    /// <summary>Runs one piece of work; false if there is none.</summary>
    internal bool RunNext()
    {
        if (Next() is not { } next)
            return false;

        Clock = Math.Max(Clock, next.DueTime);
        next.Invoke();
        return true;
    }

    /// <inheritdoc/>
    protected override IScheduledItem<long>? GetNext() => Next();

    /// <summary>The next piece of work, when what the one before has posted is done.</summary>
    private Work? Next()
    {
        while (Context is { } context && context.RunNext())
        {
            if (++_actions > MaxActions)
                throw VirtualTimeLimitException.Actions(MaxActions, TimeSpan.FromTicks(Clock), "an await");
        }

        return _work.Peek();
    }

    /// <inheritdoc/>
    protected override long Add(long absolute, long relative) =>
        relative > 0 && absolute > long.MaxValue - relative ? long.MaxValue : absolute + relative;

    /// <inheritdoc/>
    protected override DateTimeOffset ToDateTimeOffset(long absolute) => StartDateTime.AddTicks(absolute);

    /// <inheritdoc/>
    protected override object? GetService(Type serviceType) => serviceType == typeof(TimeZoneInfo) ? TimeZone : base.GetService(serviceType);

    /// <inheritdoc/>
    protected override long ToRelative(TimeSpan timeSpan) => timeSpan.Ticks;

    internal void Run(Work work, Func<IDisposable?> action)
    {
        _work.Remove(work);
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(Context);
        var finished = false;
        try
        {
            if (work.DueTime > MaxVirtualTime.Ticks)
                throw VirtualTimeLimitException.Time(MaxVirtualTime, work);
            if (++_actions > MaxActions)
                throw VirtualTimeLimitException.Actions(MaxActions, TimeSpan.FromTicks(Clock), work.Name);
            work.Follow(action());
            finished = true;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
            // Rx leaves a scheduler whose work throws in the state of running, and it would never start again.
            if (!finished)
                Stop();
        }
    }

    private Work Add(Work work)
    {
        // What is due at the end of time never is.
        if (work.DueTime == long.MaxValue)
            return work;

        Context?.AssertIsInTurn(work.Name);
        _work.Add(work);
        WorkAdded?.Invoke();
        return work;
    }

    private void AdvanceToTicks(long ticks)
    {
        var target = Math.Max(ticks, Clock);
        while (Next() is { } next && next.DueTime <= target)
            RunNext();

        // What ran may have gone on further by itself.
        Clock = Math.Max(Clock, target);
    }
}
