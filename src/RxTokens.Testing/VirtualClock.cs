using System.Diagnostics;
using System.Reactive.Concurrency;

namespace RxTokens;

/// <summary>A scheduler whose time moves only when a test moves it: every operator with a clock runs on it, single-threaded and in no time.</summary>
/// <remarks>
/// <code>
/// due now       runs in the same instant, first in first out
/// due later     runs when the clock gets there
/// </code>
/// <para>Times are ticks inside; a frame is one millisecond. Work that is due in the present instant runs in that instant:
/// it is not put off to the next tick.</para>
/// <para><b>Threading:</b> use it from one thread.</para>
/// </remarks>
[DebuggerDisplay("Frame = {Frame}")]
public sealed class VirtualClock : VirtualTimeScheduler<long, long>
{
    /// <summary>The length of a frame: one millisecond.</summary>
    public static TimeSpan FrameSize { get; } = TimeSpan.FromMilliseconds(1);

    /// <summary>The present time, in whole frames since the start.</summary>
    public long Frame => Clock / FrameSize.Ticks;

    /// <summary>Runs everything that is due up to and including a frame, and leaves the clock there.</summary>
    /// <param name="frame">The frame to go to; not before the present one.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="frame"/> is in the past.</exception>
    public void AdvanceToFrame(long frame)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frame, Frame);

        var target = Math.Max(frame * FrameSize.Ticks, Clock);
        while (GetNext() is { } next && next.DueTime <= target)
        {
            Clock = Math.Max(Clock, next.DueTime);
            next.Invoke();
        }

        Clock = target;
    }

    /// <summary>Runs everything that falls due within a time from now, and leaves the clock at its end.</summary>
    /// <param name="time">How far to go; not negative. Zero runs what is due now.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is negative.</exception>
    public void AdvanceBy(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);

        AdvanceToFrame((Clock + time.Ticks) / FrameSize.Ticks);
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

        ScheduleAt(frame * FrameSize.Ticks, action);
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
        var timer = ScheduleAt(Clock + time.Ticks, () => delay.TrySetResult());
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
    /// <param name="dueTime">When, in ticks since the start.</param>
    /// <param name="action">The work.</param>
    /// <returns>Cancels the work when disposed.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="action"/> is null.</exception>
    public override IDisposable ScheduleAbsolute<TState>(TState state, long dueTime, Func<IScheduler, TState, IDisposable> action)
    {
        ArgumentNullException.ThrowIfNull(action);

        return base.ScheduleAbsolute((state, action), dueTime, static (clock, work) => RunWithoutContext(clock, work.state, work.action));
    }

    /// <summary>
    /// Test frameworks install a synchronization context, and under one the continuation of a task runs on the pool, or is posted,
    /// instead of inside the clock's run.
    /// </summary>
    private static IDisposable RunWithoutContext<TState>(IScheduler clock, TState state, Func<IScheduler, TState, IDisposable> action)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return action(clock, state);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>A pull source whose items become available at their frames, counted from the enumeration's start, and are delivered when asked for.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="marbles">The items and the ending, in order of frames; without an ending the source never ends.</param>
    /// <returns>The source, which records how it is used.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="marbles"/> is null.</exception>
    /// <exception cref="ArgumentException">The marbles are not in order, or something follows the ending.</exception>
    public PullProbe<T> Pull<T>(params IReadOnlyList<Marble<T>> marbles) => new(this, marbles);

    /// <summary>A push source that says the same to each subscriber, counted from its subscription.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="marbles">The items and the ending, in order of frames.</param>
    /// <returns>The source, which records who subscribes.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="marbles"/> is null.</exception>
    /// <exception cref="ArgumentException">The marbles are not in order, or something follows the ending.</exception>
    public PushProbe<T> Cold<T>(params IReadOnlyList<Marble<T>> marbles) => new(this, Marble.Check(marbles), isHot: false);

    /// <summary>A push source that speaks at its frames, counted from now, to whoever is subscribed then. Late subscribers get its ending.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="marbles">The items and the ending, in order of frames.</param>
    /// <returns>The source, which records who subscribes.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="marbles"/> is null.</exception>
    /// <exception cref="ArgumentException">The marbles are not in order, or something follows the ending.</exception>
    public PushProbe<T> Hot<T>(params IReadOnlyList<Marble<T>> marbles) => new(this, Marble.Check(marbles), isHot: true);

    /// <summary>A consumer of a pull stream that asks when the test says so, and records what it gets at which frame.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="stream">The stream.</param>
    /// <param name="cancellationToken">The token to enumerate with.</param>
    /// <returns>The consumer.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    public PullConsumer<T> Consume<T>(IAsyncEnumerable<T> stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);

        return new PullConsumer<T>(this, stream.GetAsyncEnumerator(cancellationToken));
    }

    /// <summary>An observer that records what it gets at which frame.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <returns>The observer.</returns>
    public PushRecorder<T> Record<T>() => new(this);

    /// <inheritdoc/>
    protected override long Add(long absolute, long relative) => absolute + relative;

    /// <inheritdoc/>
    protected override DateTimeOffset ToDateTimeOffset(long absolute) => new(absolute, TimeSpan.Zero);

    /// <inheritdoc/>
    protected override long ToRelative(TimeSpan timeSpan) => timeSpan.Ticks;

    internal IDisposable ScheduleAt(long ticks, Action action) =>
        ScheduleAbsolute(action, ticks, static (_, run) =>
        {
            run();
            return System.Reactive.Disposables.Disposable.Empty;
        });
}
