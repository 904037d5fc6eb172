using System.Diagnostics;

namespace RxTokens;

/// <summary>A UI thread in virtual time: what is posted to it runs one after the other, on the clock, when the thread is not busy.</summary>
/// <remarks>
/// <code>
/// busy      --^--!        // made by m.UiThread("--^--!")
/// posted    -a-b-c|
/// runs      -a---(bc)
/// </code>
/// <para>Give it to what takes a synchronization context: <c>RenderOnAsync(ui, …)</c>, Rx's <c>ObserveOn(ui)</c>. An <c>async</c> handler that runs on it goes on
/// on it. <see cref="BusyFor"/> says from inside such work how long what is posted after it has to wait.</para>
/// <para><b>Errors:</b> what work throws fails the test.</para>
/// <para><b>Threading:</b> post from any thread; the work runs on the test's.</para>
/// </remarks>
[DebuggerDisplay("{_posted.Count} waiting, busy until {_busyUntil}")]
public sealed class UiThread : SynchronizationContext
{
    private readonly Timeline _clock;
    private readonly IReadOnlyList<(TimeSpan From, TimeSpan To)> _busy;
    private readonly Lock _lock = new();
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();
    private bool _isScheduled;
    private TimeSpan _busyUntil;

    internal UiThread(Timeline clock, IReadOnlyList<(TimeSpan From, TimeSpan To)> busy)
    {
        _clock = clock;
        _busy = busy;
    }

    /// <summary>The work that is under way keeps the thread so long: what is posted after it waits.</summary>
    /// <remarks>
    /// The call itself returns at once, for time does not pass inside a piece of work: what the work does next, such as asking a stream for its
    /// next item, it does at once too. A screen that is slow to draw awaits: <c>RenderOnAsync(ui, async text => { …; await Task.Delay(time, m.TimeProvider); })</c>.
    /// </remarks>
    /// <param name="time">How long; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is negative.</exception>
    public void BusyFor(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);

        var from = _clock.Now > _busyUntil ? _clock.Now : _busyUntil;
        _busyUntil = TimeSpan.FromTicks(Amount.Sum(from.Ticks, time.Ticks));
    }

    /// <summary>Queues work.</summary>
    /// <param name="d">The work.</param>
    /// <param name="state">What it gets.</param>
    /// <exception cref="ArgumentNullException"><paramref name="d"/> is null.</exception>
    public override void Post(SendOrPostCallback d, object? state)
    {
        ArgumentNullException.ThrowIfNull(d);

        _clock.AssertIsInTurn("work for the UI thread");
        lock (_lock)
        {
            _posted.Enqueue((d, state));
            if (_isScheduled)
                return;
            _isScheduled = true;
        }

        Schedule();
    }

    /// <summary>Not to be called: on a clock of one thread, nobody can wait for another.</summary>
    /// <param name="d">The work.</param>
    /// <param name="state">What it would get.</param>
    /// <exception cref="NotSupportedException">Always, unless the caller runs on this thread already.</exception>
    public override void Send(SendOrPostCallback d, object? state)
    {
        ArgumentNullException.ThrowIfNull(d);

        if (Current != this)
            throw new NotSupportedException("Nothing can wait for a UI thread in virtual time, for it runs on the same thread as the test: use Post.");
        d(state);
    }

    /// <summary>This one: it has no state of a caller's.</summary>
    /// <returns>This thread.</returns>
    public override SynchronizationContext CreateCopy() => this;

    private void Schedule() => _clock.At(NextFree(_clock.Now), this, "UI thread", RunNext);

    private void RunNext()
    {
        if (NextFree(_clock.Now) > _clock.Now)
        {
            Schedule(); // it has become busy meanwhile
            return;
        }

        (SendOrPostCallback Callback, object? State) next;
        lock (_lock)
            next = _posted.Dequeue();
        try
        {
            ClockContext.Run(this, next.Callback, next.State);
        }
        finally
        {
            bool isMore; // of our own: once we have let go of the lock, whoever posts schedules for itself
            lock (_lock)
                _isScheduled = isMore = _posted.Count > 0;
            if (isMore)
                Schedule();
        }
    }

    private TimeSpan NextFree(TimeSpan now)
    {
        var free = now > _busyUntil ? now : _busyUntil;
        foreach (var (from, to) in _busy)
        {
            if (free >= from && free < to)
                free = to;
        }

        return free;
    }
}
