#pragma warning disable RS0030 // Real time, and a thread that blocks, are the point here.
namespace RxTokens;

/// <summary>Interrupts a test that blocks its own thread: on it runs the clock, so what it waits for would never come.</summary>
/// <remarks>
/// <code>
/// field           written by           read by             ordered by
/// _pieces         the test's thread    the timer           volatile
/// _isWaiting      the test's thread    the timer           volatile
/// _seen           the timer            the timer           _gate
/// _isOver         the test's thread    the timer           _gate: once it is, nobody is interrupted
/// _interrupted    the timer            the test's thread   volatile; before the interrupt
/// </code>
/// </remarks>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(20);

    private readonly Thread _thread = Thread.CurrentThread;
    private readonly Timer _timer;
    private readonly Lock _gate = new();
    private volatile int _pieces;
    private int _seen = -1;
    private volatile bool _isWaiting;
    private volatile bool _isOver;
    private volatile bool _interrupted;

    /// <param name="patience">How long one piece of work may block; at most twice that.</param>
    public Watchdog(TimeSpan patience)
    {
        patience = patience < Shortest ? Shortest : patience;
        _timer = new Timer(static self => ((Watchdog)self!).Look(), this, patience, patience);
    }

    /// <summary>Whether the test was interrupted.</summary>
    public bool HasInterrupted => _interrupted;

    /// <summary>A piece of work begins.</summary>
    public void Tick() => _pieces++;

    /// <summary>Whether the clock waits for what may come: that is not for long, and no fault of the test.</summary>
    public bool IsWaiting
    {
        set => _isWaiting = value;
    }

    /// <summary>The test is over; an interrupt that it no longer waited for is taken back.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        try
        {
            lock (_gate)
                _isOver = true;
        }
        catch (ThreadInterruptedException)
        {
            _isOver = true;
            return;
        }

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
        lock (_gate)
        {
            var pieces = _pieces;
            var isBlocked = !_isWaiting && (_thread.ThreadState & ThreadState.WaitSleepJoin) != 0;
            if (isBlocked && pieces == _seen && !_interrupted && !_isOver)
            {
                _interrupted = true;
                _thread.Interrupt();
            }

            _seen = isBlocked ? pieces : -1;
        }
    }
}
