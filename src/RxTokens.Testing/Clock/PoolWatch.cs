using System.Diagnostics;

namespace RxTokens;

/// <summary>
/// Tells whether anything of a test is on the thread pool. While it is, the clock stands still; and while the clock is at work, what is on the pool
/// waits: of all the threads that a test is on, one alone has its turn, so that no order is left to luck.
/// </summary>
/// <remarks>
/// <code>
/// field          written by               read by               ordered by
/// _inside        the pool's threads       all                   _gate
/// _turn          all                      all                   _gate; outside of it a hint
/// _lastKnown     each run's test thread   the next run's        volatile: a guess, which the first rest corrects
/// all others     the test's thread        the test's thread
/// </code>
/// <para>What runs on the pool for the test is known by its execution context. What still waits for a thread is not. So the pool counts as
/// free of it while no more of its threads are busy than when it last was, and none has finished anything since: it is the same ones that are.
/// Else everything that was queued before a certain moment has to have begun, for the pool takes things in order.</para>
/// <para>A thread that is blocked does not keep its turn: it may wait for the others.</para>
/// </remarks>
internal sealed class PoolWatch(TimeSpan patience)
{
    private const int Passes = 3;
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(200);

    private static volatile int _lastKnown = int.MaxValue; // busy with others, by the runs before

    private static readonly AsyncLocal<PoolWatch?> Flow = new(OnFlowChanged);

    private readonly object _gate = new();
    private readonly Thread _thread = Thread.CurrentThread;
    private int _inside;
    private volatile Thread? _turn;
    private int _abandoned;
    private int _busyWithOthers;
    private long _completed;

    /// <summary>Whether the caller comes at a time when it is not its turn.</summary>
    public bool IsOutOfTurn => _turn is { } other && other != Thread.CurrentThread && !IsBlocked(other);

    /// <summary>Whether the caller, on another thread than the test's, has its turn: what it says belongs to the instant.</summary>
    public bool HasTurn => _turn == Thread.CurrentThread;

    private bool IsAnyInside => Volatile.Read(ref _inside) > _abandoned;

    private static int Busy
    {
        get
        {
            ThreadPool.GetMaxThreads(out var most, out _);
            ThreadPool.GetAvailableThreads(out var available, out _);
            return most - available;
        }
    }

    /// <summary>From here on, what the test's thread begins belongs to the test, until <see cref="End"/>.</summary>
    /// <returns>What is to be given back.</returns>
    public PoolWatch? Begin()
    {
        // Whoever worked for the run before may still be on its way to sleep: a number read now could be too high.
        _busyWithOthers = Math.Min(Busy, _lastKnown);
        _completed = -1;
        var outer = Flow.Value;
        Flow.Value = this;
        Resume();
        return outer;
    }

    /// <summary>The test is over: what is still there goes its own way.</summary>
    public void End(PoolWatch? outer)
    {
        Flow.Value = outer;
        Pause();
    }

    /// <summary>Waits until nothing of the test is on the pool. From the test's thread.</summary>
    public void Rest()
    {
        if (_turn != _thread || IsUnchanged())
            return;

        Pause();
        var start = RealTime();
        var spin = default(SpinWait);
        while (!HasBegunAll(start) || !Remember(start))
        {
            if (RealTime() - start > patience)
            {
                _abandoned = Volatile.Read(ref _inside);
                break;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }

        Resume();
    }

    /// <summary>The test's thread has nothing to do: others may.</summary>
    public void Pause()
    {
        lock (_gate)
            PassOn();
    }

    /// <summary>The test's thread goes on.</summary>
    public void Resume()
    {
        lock (_gate)
            _turn = _thread;
    }

    private bool IsUnchanged() =>
        !IsAnyInside && ThreadPool.PendingWorkItemCount == 0 && IsAsIdle() && ThreadPool.CompletedWorkItemCount == _completed;

    /// <summary>Whether no more threads are busy than others need, as far as is known: the fewest that have been.</summary>
    private bool IsAsIdle()
    {
        var busy = Busy;
        if (busy < _busyWithOthers)
            _busyWithOthers = busy;
        return busy <= _busyWithOthers;
    }

    /// <summary>Nothing of the test is on the pool now: whoever is busy there is not for us. More than before only if they have been for long.</summary>
    private bool Remember(TimeSpan start)
    {
        var isLong = RealTime() - start > Grace;
        _completed = ThreadPool.CompletedWorkItemCount;
        if (!isLong && (ThreadPool.PendingWorkItemCount != 0 || !IsAsIdle()))
            return false;

        if (isLong)
            _busyWithOthers = Busy;
        _lastKnown = _busyWithOthers;
        return _completed == ThreadPool.CompletedWorkItemCount && !IsAnyInside;
    }

    /// <summary>The pool takes things in order: what is queued now begins after what was queued before.</summary>
    private bool HasBegunAll(TimeSpan start)
    {
        for (var pass = 0; pass < Passes; pass++)
        {
            if (IsAnyInside)
                return false;

            var mark = new Mark();
            ThreadPool.UnsafeQueueUserWorkItem(mark, preferLocal: false);
            var spin = default(SpinWait);
            while (!mark.HasBegun)
            {
                if (RealTime() - start > patience)
                    return false;
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }

        return !IsAnyInside;
    }

#pragma warning disable RS0030 // The pool's time is real, and no scheduler's.
    private static TimeSpan RealTime() => Stopwatch.GetElapsedTime(0);
#pragma warning restore RS0030

    private void Enter(Thread thread)
    {
        lock (_gate)
        {
            _inside++;
            while (IsOutOfTurn)
                Monitor.Wait(_gate, millisecondsTimeout: 1);
            _turn = thread;
        }
    }

    private void Leave(Thread thread)
    {
        lock (_gate)
        {
            _inside--;
            if (_turn == thread)
                PassOn();
        }
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

        if (change.PreviousValue is { } left && left._thread != thread)
            left.Leave(thread);
        if (change.CurrentValue is { } entered && entered._thread != thread)
            entered.Enter(thread);
    }

    private sealed class Mark : IThreadPoolWorkItem
    {
        private volatile bool _hasBegun;

        public bool HasBegun => _hasBegun;

        public void Execute() => _hasBegun = true;
    }
}
