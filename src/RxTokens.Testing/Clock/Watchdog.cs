#pragma warning disable RS0030 // Real time, and a thread that blocks, are the point here.
namespace RxTokens;

/// <summary>
/// Interrupts a test that blocks its own thread: on it runs the clock, so what it waits for would never come. Again and again, for it may block in
/// a finally block, or catch what it is thrown.
/// </summary>
/// <remarks>
/// <code>
/// field           written by           read by             ordered by
/// _pieces, _isOff the test's thread    the timer           volatile
/// _seen, _looks   the timer            the timer           one callback at a time: each sets the timer for the next
/// _state          both                 both                interlocked: over only while nobody looks, and no look after that
/// _interrupted    the timer            the test's thread   volatile; before the interrupt
/// </code>
/// </remarks>
internal sealed class Watchdog : IDisposable
{
    private const int Idle = 0;
    private const int Looking = 1;
    private const int Over = 2;

    private const int MaxLooks = 5; // several, so that a process that stood still is not taken for a test that does: after that comes one look, too late

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(20);

    private readonly Thread _thread = Thread.CurrentThread;
    private readonly TimeSpan _period;
    private readonly Timer _timer;
    private volatile int _pieces;
    private volatile bool _isOff;
    private int _seen;
    private int _looks = -1; // that have found it blocked in the same piece of work, after the first
    private int _state;
    private volatile bool _interrupted;

    /// <param name="patience">How long one piece of work may block; it is found out up to a fifth later.</param>
    public Watchdog(TimeSpan patience)
    {
        _period = (patience < Shortest ? Shortest : patience) / MaxLooks;

        // Without the test's context: the pool's watch would take us for something of the test's, and have us wait for our turn.
        var isSuppressed = ExecutionContext.IsFlowSuppressed();
        if (!isSuppressed)
            ExecutionContext.SuppressFlow();
        _timer = new Timer(static self => ((Watchdog)self!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (!isSuppressed)
            ExecutionContext.RestoreFlow();
        _timer.Change(_period, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the test was interrupted.</summary>
    public bool HasInterrupted => _interrupted;

    /// <summary>A piece of work begins.</summary>
    public void Tick() => _pieces++;

    /// <summary>Whether we wait ourselves for what may come, and not for ever.</summary>
    public bool IsOff { set => _isOff = value; }

    /// <summary>For a test that has come to its end although it was interrupted: somebody has swallowed that.</summary>
    public void ThrowIfInterrupted()
    {
        if (_interrupted)
            throw new ThreadInterruptedException();
    }

    /// <summary>The test is over; an interrupt that it no longer waited for is taken back.</summary>
    public void Dispose()
    {
        while (Interlocked.CompareExchange(ref _state, Over, Idle) == Looking)
            Thread.Yield(); // which no interrupt ends
        _timer.Dispose();
        if (!_interrupted)
            return;

        try
        {
            Thread.Sleep(1);
        }
        catch (ThreadInterruptedException)
        {
        }
    }

    private void Look()
    {
        if (Interlocked.CompareExchange(ref _state, Looking, Idle) != Idle)
            return;

        var pieces = _pieces;
        if (_isOff || (_thread.ThreadState & ThreadState.WaitSleepJoin) == 0)
        {
            _looks = -1;
        }
        else
        {
            _looks = pieces == _seen ? _looks + 1 : 0;
            _seen = pieces;
        }

        if (_looks == MaxLooks)
        {
            _interrupted = true;
            _looks = 0; // interrupted again, if it blocks on
            _thread.Interrupt();
        }

        _timer.Change(_period, Timeout.InfiniteTimeSpan); // not periodic: where the pool is busy, two would come one right after the other
        Volatile.Write(ref _state, Idle);
    }
}
