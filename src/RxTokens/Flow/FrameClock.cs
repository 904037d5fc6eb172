using System.Diagnostics;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>Frames of one length, for any number of streams, on one timer: <see cref="TokenStream.PerFrame"/> tells an item a frame.</summary>
/// <remarks>
/// <code>
/// frames  x---x---x---x---x    // new FrameClock(4 ms, …): a frame begins at each x
/// source  -abc--de-f|
/// result  -a--c---e---f---|    // Conflate((_, x) => x).PerFrame(frames)
/// </code>
/// <para><b>The grid</b> begins when the clock is made, and keeps its phase: frame n lies from n × <see cref="Period"/> on. A screen's own beat
/// is not known to it.</para>
/// <para><b>Timers:</b> one while somebody waits for the next frame, none else. One that is late skips the frames that it has missed, and the next
/// is on the grid again. On timers of whole milliseconds, as the system's, a frame is told up to one after it has begun, never before.</para>
/// <para><b>Threading:</b> may be used from any thread. Streams that waited for a frame go on one after the other, on the scheduler's thread, in the
/// order in which they began to wait. Where one of them keeps that thread for longer than a frame, the others go on with the next timer.</para>
/// </remarks>
[DebuggerDisplay("FrameClock({Period}, {_waiting.Count} waiting)")]
public sealed class FrameClock
{
    // All are touched under the lock alone; the scheduler and the waiters are called outside it.
    private readonly Lock _gate = new();
    private readonly IScheduler _scheduler;
    private readonly IStopwatch _watch;
    private readonly LinkedList<IFrameWaiter> _waiting = new();
    private readonly LinkedList<IFrameWaiter> _ticking = new(); // those whose frame has come
    private SingleAssignmentDisposable? _timer;
    private bool _isCoarse; // the scheduler's timers come early: the system's count whole milliseconds, and leave out the rest
    private int _tellers; // threads that tell those of _ticking; each goes on until there are none

    /// <summary>Makes a clock whose first frame begins now.</summary>
    /// <param name="period">How long a frame is, for example <c>TimeSpan.FromSeconds(1.0 / 60)</c>.</param>
    /// <param name="scheduler">Its clock.</param>
    /// <exception cref="ArgumentNullException"><paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="period"/> is not positive.</exception>
    public FrameClock(TimeSpan period, IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);

        Period = period;
        _scheduler = scheduler;
        _watch = SteadyWatch.Start(scheduler);
    }

    /// <summary>Makes a clock whose first frame begins now.</summary>
    /// <param name="period">How long a frame is, for example <c>TimeSpan.FromSeconds(1.0 / 60)</c>.</param>
    /// <param name="timeProvider">Its clock.</param>
    /// <exception cref="ArgumentNullException"><paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="period"/> is not positive.</exception>
    public FrameClock(TimeSpan period, TimeProvider timeProvider)
        : this(period, timeProvider.AsScheduler())
    {
    }

    /// <summary>How long a frame is.</summary>
    public TimeSpan Period { get; }

    /// <summary>The number of the frame that it is now.</summary>
    internal long Frame => _watch.Elapsed.Ticks / Period.Ticks;

    /// <summary>Has the waiter told when the next frame begins; once, however often it asks for it.</summary>
    internal void WaitForNext(LinkedListNode<IFrameWaiter> waiter)
    {
        lock (_gate)
        {
            if (waiter.List is null)
                _waiting.AddLast(waiter);
        }

        EnsureTimer();
    }

    /// <summary>The waiter does not wait any more.</summary>
    internal void Forget(LinkedListNode<IFrameWaiter> waiter)
    {
        IDisposable? unused = null;
        lock (_gate)
        {
            waiter.List?.Remove(waiter);
            if (_waiting.Count == 0)
                (unused, _timer) = (_timer, null);
        }

        unused?.Dispose();
    }

    private void EnsureTimer()
    {
        SingleAssignmentDisposable timer;
        bool isCoarse;
        lock (_gate)
        {
            if (_timer is not null || _waiting.Count == 0)
                return;
            timer = _timer = new SingleAssignmentDisposable();
            isCoarse = _isCoarse;
        }

        try
        {
            var elapsed = _watch.Elapsed.Ticks;
            var toNext = Period.Ticks - elapsed % Period.Ticks;
            var time = isCoarse ? TimeSpan.FromMilliseconds((toNext + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond) : TimeSpan.FromTicks(toNext);
            timer.Disposable = _scheduler.Schedule((Clock: this, Timer: timer, Due: elapsed + toNext), time, static (_, s) =>
            {
                s.Clock.OnTimer(s.Timer, s.Due);
                return Disposable.Empty;
            });
        }
        catch
        {
            // Who has come meanwhile relies on this timer: let them try for themselves. Inside a tick that is not done here, once more for each.
            Tick(timer, isNeeded: false);
            throw;
        }
    }

    private void OnTimer(SingleAssignmentDisposable timer, long due)
    {
        if (_watch.Elapsed.Ticks >= due)
        {
            Tick(timer, isNeeded: true);
            return;
        }

        // Nobody is told before the frame has begun: each would only wait once more.
        lock (_gate)
        {
            if (_timer != timer)
                return;
            (_timer, _isCoarse) = (null, true);
        }

        try
        {
            EnsureTimer();
        }
        catch
        {
            // Those who wait have tried for themselves by now, and tell what the scheduler has thrown.
        }
    }

    /// <param name="timer">Whose time has come.</param>
    /// <param name="isNeeded">Whether to tell those whose frame it is also where somebody is at it.</param>
    private void Tick(SingleAssignmentDisposable timer, bool isNeeded)
    {
        lock (_gate)
        {
            if (_timer != timer)
                return; // nobody waited any more

            // Not in the place of those of the tick before, which another thread may still be at: a stream is slow, or runs the scheduler.
            _timer = null;
            while (_waiting.First is { } waiter)
            {
                _waiting.RemoveFirst();
                _ticking.AddLast(waiter);
            }

            if (!isNeeded && _tellers > 0)
                return;
            _tellers++;
        }

        while (TakeNext() is { } waiter)
        {
            try
            {
                waiter.OnFrame();
            }
            catch (Exception thrown)
            {
                // An observer's, further down: it is not to take the others' frame.
                Unobserved.Throw(thrown);
            }
        }
    }

    private IFrameWaiter? TakeNext()
    {
        lock (_gate)
        {
            if (_ticking.First is not { } next)
            {
                _tellers--;
                return null;
            }

            _ticking.RemoveFirst();
            return next.Value;
        }
    }
}

/// <summary>Who waits for a frame.</summary>
internal interface IFrameWaiter
{
    /// <summary>A frame has begun.</summary>
    void OnFrame();
}
