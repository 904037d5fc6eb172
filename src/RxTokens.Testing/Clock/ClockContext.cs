using System.Collections.Concurrent;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>
/// Where a marble test's awaits go on: on the test's own thread, in the order in which they were posted, each after the piece of work that
/// is under way and before the next. Never inside <see cref="Post"/>: whoever posts may hold a lock, and what it guards be half changed.
/// </summary>
/// <remarks>
/// <code>
/// field         written by     read by             ordered by
/// _posted       everyone       the test's thread   itself
/// _intruder     other threads  the test's thread   interlocked: the first counts
/// Arrived       the test's     other threads       set before the test awaits for the first time
///               thread
/// all others    the test's     the test's thread
///               thread
/// </code>
/// </remarks>
internal sealed class ClockContext : SynchronizationContext
{
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _posted = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly VirtualTimeScheduler<long, long>? _foreignClock;
    private readonly PoolWatch? _pool;
    private string? _intruder;

    /// <param name="clock">The clock; a foreign one takes what was posted as work of its own, because nothing else can be put between its work.</param>
    /// <param name="patience">How long to wait, in real time, for what is on the pool.</param>
    public ClockContext(VirtualTimeScheduler<long, long> clock, TimeSpan patience)
    {
        if (clock is VirtualClock)
            _pool = new PoolWatch(patience);
        else
            _foreignClock = clock;
    }

    /// <summary>Called when something was posted from another thread.</summary>
    public Action? Arrived { get; set; }

    /// <summary>What is on the pool; none for a foreign clock, which does not wait.</summary>
    public PoolWatch? Pool => _pool;

    /// <summary>Who looks whether the test blocks.</summary>
    public Watchdog? Watchdog { get; set; }

    private bool IsElsewhere => Environment.CurrentManagedThreadId != _thread;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsElsewhere)
        {
            AssertIsInTurn(WorkName.OfContinuation(state));
            _posted.Enqueue((d, state));
            Arrived?.Invoke();
        }
        else
        {
            _posted.Enqueue((d, state));
            _foreignClock?.Schedule(this, static (_, self) =>
            {
                self.RunNext();
                return Disposable.Empty;
            });
        }
    }

    /// <summary>Something comes, perhaps from another thread: while the clock is at work, that fails the run.</summary>
    public void AssertIsInTurn(string what)
    {
        if (IsElsewhere && _pool is { IsAtWork: true } && !_pool.TryTakeTurn())
            Interlocked.CompareExchange(ref _intruder, what, null);
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (IsElsewhere)
            throw new NotSupportedException("Nothing on another thread can wait for a virtual clock: use Post.");
        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs what was posted first, once nothing of the test is on the pool. False: nothing was.</summary>
    public bool RunNext()
    {
        Watchdog?.Tick();
        if (_posted.IsEmpty)
            _pool?.Rest(Watchdog);
        if (Volatile.Read(ref _intruder) is { } intruder)
            throw new ElsewhereException(intruder);
        if (!_posted.TryDequeue(out var next))
            return false;

        Run(this, next.Callback, next.State);
        return true;
    }

    /// <summary>Runs something in a context, on the calling thread.</summary>
    public static void Run(SynchronizationContext context, SendOrPostCallback callback, object? state)
    {
        var before = Current;
        SetSynchronizationContext(context);
        try
        {
            callback(state);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}

/// <summary>Something came back from another thread while the clock was going on.</summary>
internal sealed class ElsewhereException(string what) : Exception(what);
