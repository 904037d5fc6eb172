namespace RxTokens;

/// <summary>
/// Tells whether anything of a test is on the thread pool. While it is, the clock stands still; and while the clock is at work, what is on the pool
/// waits: of all the threads that a test is on, one alone has its turn, so that no order is left to luck.
/// </summary>
/// <remarks>
/// <code>
/// field          written by               read by               ordered by
/// _open          all                      all                   interlocked
/// _inside        the pool's threads;      all                   _gate; outside of it a hint. It is replaced, never changed
///                the test's: none
/// _turn          all                      all                   _gate; outside of it a hint
/// _abandoned     all                      all                   _gate; outside of it a hint
/// _isPrepared    each run's test thread   the next run's        volatile
/// _ofThisThread  each test's thread       the same              it has one for each thread
/// all others     the test's thread        the test's thread
/// </code>
/// <para>What belongs to a test is known by who queues it (<see cref="PoolItems"/>): the test's thread, or what belongs to it already. Each item is open
/// from then until its end is seen.</para>
/// <para>A thread that is blocked, and not for a moment only, does not keep its turn: it may wait for the others. It has to have it again before
/// what it says counts.</para>
/// </remarks>
internal sealed class PoolWatch(TimeSpan patience)
{
    private const int Passes = 3;
    private const int MaxLooks = 5;
    private const int Starving = 10; // times as patient with a pool that has not begun
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);
    private static readonly PoolItems Items = new();
    private static readonly AsyncLocal<PoolWatch?> Flow = new(OnFlowChanged);
    private static volatile bool _isPrepared;

    [ThreadStatic]
    private static PoolWatch? _ofThisThread;

    private readonly object _gate = new();
    private readonly Thread _thread = Thread.CurrentThread;
    private PoolWatch? _outer;
    private PoolWatch? _outerOfThread;
    private int _open;
    private volatile Thread[] _inside = [];
    private volatile Thread? _turn;
    private volatile int _abandoned;
    private TimeSpan? _realTimer;

    /// <summary>The test whose own thread the calling one is.</summary>
    public static PoolWatch? OfThisThread => _ofThisThread;

    /// <summary>The test to which what the calling thread does belongs.</summary>
    public static PoolWatch? Current => _ofThisThread ?? Flow.Value;

    /// <summary>How long the timer runs that the test has started last in real time; null if there is none.</summary>
    public TimeSpan? RealTimer => _realTimer;

    /// <summary>Whether the test's thread is at work: what others say now comes at a time that means nothing.</summary>
    public bool IsAtWork => _turn == _thread && !IsBlocked(_thread);

    private bool IsOutOfTurn => _turn is { } other && other != Thread.CurrentThread && !IsBlocked(other);

    private bool IsAnyInside => _inside.Length > 0;

    private bool IsQuiet => PoolItems.IsTelling && Volatile.Read(ref _open) <= _abandoned;

    /// <summary>From here on, what the test's thread begins belongs to the test, until <see cref="End"/>.</summary>
    public void Begin()
    {
        Prepare();
        (_outer, _outerOfThread) = (Flow.Value, _ofThisThread);
        Flow.Value = this;
        _ofThisThread = this;
        Resume();
    }

    /// <summary>The test is over: what is still there goes its own way.</summary>
    public void End()
    {
        Flow.Value = _outer;
        _ofThisThread = _outerOfThread;
        Pause();
    }

    /// <summary>
    /// Whether the caller, on another thread than the test's, has its turn: what it says belongs to the instant. One that is on the pool for the
    /// test, and has lost its turn while it was blocked, waits for it.
    /// </summary>
    public bool TryTakeTurn()
    {
        var thread = Thread.CurrentThread;
        if (_turn == thread)
            return true;
        if (!_inside.Contains(thread))
            return false;

        lock (_gate)
            WaitForTurn(thread);
        return true;
    }

    /// <summary>Waits until nothing of the test is on the pool. From the test's thread, which others may have relieved of its turn while it was blocked.</summary>
    public void Rest(Watchdog? watchdog)
    {
        if (_turn == _thread && IsQuiet)
            return;

        Pause();
        var waited = SeenTime.Start();
        var spin = default(SpinWait);
        while (!IsQuiet && !IsHopeless(ref waited))
        {
            watchdog?.Tick();
            if (!spin.NextSpinWillYield)
            {
                spin.SpinOnce();
                continue;
            }

            // A thread that has found nothing more to do is not known to have come to its end: it gets something.
            if (!IsAnyInside)
                PoolItems.Queue(new Mark(), preferLocal: false);
            lock (_gate)
            {
                if (!IsQuiet)
                    Monitor.Wait(_gate, millisecondsTimeout: 1);
            }
        }

        Resume();
    }

    /// <summary>The test's thread has nothing to do: others may.</summary>
    public void Pause()
    {
        lock (_gate)
        {
            if (_turn == _thread)
                PassOn();
        }
    }

    /// <summary>The test's thread goes on, once nobody else is at work; it does not wait for ever.</summary>
    public void Resume()
    {
        var waited = SeenTime.Start();
        var spin = default(SpinWait);
        while (!TryResume(always: waited.Look() > patience))
            spin.SpinOnce(sleep1Threshold: -1);
    }

    private bool TryResume(bool always)
    {
        lock (_gate)
        {
            if (!always && IsOutOfTurn)
                return false;
            _turn = _thread;
            return true;
        }
    }

    /// <summary>The test's thread has started a timer that its clock does not drive. Those of other threads may be the framework's.</summary>
    public void OnRealTimer(TimeSpan time) => _realTimer = time;

    /// <summary>Something of the test is queued, or begins unheard of.</summary>
    public void Open() => Interlocked.Increment(ref _open);

    /// <summary>It has come to its end.</summary>
    /// <param name="isGivenUp">Whether it was no longer waited for.</param>
    public void Close(bool isGivenUp)
    {
        if (isGivenUp)
        {
            lock (_gate)
                _abandoned = Math.Max(_abandoned - 1, 0);
        }

        var open = Interlocked.Decrement(ref _open);
        if (open > _abandoned)
            return;

        lock (_gate)
        {
            _abandoned = Math.Min(_abandoned, open);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The runtime does not tell at once: a thread of the pool asks now and then, between two items, whether anybody listens.</summary>
    private void Prepare()
    {
        GC.KeepAlive(Items);
        var waited = SeenTime.Start();
        while (!PoolItems.IsTelling && !_isPrepared && waited.Look() < Grace)
            HasBegunAll(ref waited);
        _isPrepared = true;
    }

    /// <summary>Whether what is open is no longer waited for: it takes too long, or its end has not been seen (as of a task that was run by who waits for it).</summary>
    private bool IsHopeless(ref SeenTime waiting)
    {
        var waited = waiting.Look();
        var isAnyInside = IsAnyInside;
        var isLost = !isAnyInside && (waited > Grace || !PoolItems.IsTelling) && ThreadPool.PendingWorkItemCount == 0
            && HasBegunAll(ref waiting) && !IsAnyInside;
        if (!isLost && waited <= (isAnyInside ? patience : patience * Starving))
            return false;

        // Who is there now is not waited for any more, and what they say comes out of turn.
        lock (_gate)
        {
            _abandoned = Volatile.Read(ref _open);
            _inside = [];
            _turn = null;
        }

        return true;
    }

    /// <summary>The pool takes things in order: what is queued now begins after what was queued before.</summary>
    private bool HasBegunAll(ref SeenTime waiting)
    {
        for (var pass = 0; pass < Passes; pass++)
        {
            var mark = new Mark();
            PoolItems.Queue(mark, preferLocal: false);
            var spin = default(SpinWait);
            while (!mark.HasBegun)
            {
                if (waiting.Look() > patience * Starving)
                    return false;
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }

        return true;
    }

    private void Enter(Thread thread)
    {
        lock (_gate)
        {
            _inside = [.. _inside, thread];
            WaitForTurn(thread);
        }
    }

    /// <returns>Whether it was still waited for.</returns>
    private bool Leave(Thread thread)
    {
        lock (_gate)
        {
            var isWaitedFor = _inside.Contains(thread);
            _inside = Array.FindAll(_inside, other => other != thread);
            if (_turn == thread)
                PassOn();
            return isWaitedFor;
        }
    }

    /// <summary>With the lock, which it lets go of meanwhile. Who has the turn and is blocked for a moment, for a lock, keeps it.</summary>
    private void WaitForTurn(Thread thread)
    {
        for (var looks = 0; _turn is { } other && other != thread && looks < MaxLooks; looks = IsBlocked(other) ? looks + 1 : 0)
            Monitor.Wait(_gate, millisecondsTimeout: 1);
        _turn = thread;
    }

    private void PassOn()
    {
        _turn = null;
        Monitor.PulseAll(_gate);
    }

    private static bool IsBlocked(Thread thread) => (thread.ThreadState & System.Threading.ThreadState.WaitSleepJoin) != 0;

    private static void OnFlowChanged(AsyncLocalValueChangedArgs<PoolWatch?> change)
    {
        var thread = Thread.CurrentThread;
        if (!change.ThreadContextChanged || !thread.IsThreadPoolThread)
            return;

        var slot = PoolItems.OfThisThread;
        if (change.PreviousValue is { } left)
        {
            var isGivenUp = !left.Leave(thread);
            if (slot.Item == left)
                slot.Mark(isGivenUp);
            else
                left.Close(isGivenUp);
        }

        if (change.CurrentValue is { } entered)
        {
            if (slot.Item != entered)
                entered.Open();
            if (slot.Item is null)
                slot.Begin(entered);
            entered.Enter(thread);
        }
    }

    private sealed class Mark : IThreadPoolWorkItem
    {
        private volatile bool _hasBegun;

        public bool HasBegun => _hasBegun;

        public void Execute() => _hasBegun = true;
    }
}
