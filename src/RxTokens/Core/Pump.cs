using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace RxTokens;

/// <summary>
/// Owns the one enumerator of a pull source and uses it correctly: one <c>MoveNextAsync</c> at a time and only while more is
/// asked for, one <c>DisposeAsync</c>, never during a pull, and in a loop instead of recursion.
/// </summary>
/// <remarks>
/// Whichever thread brings news (more demand, a pull that landed, a stop) advances the pump; if another thread is at it
/// already, the news is left for that one. Fields below the gate belong to the thread inside it. What the items are for, the
/// derived class says; of the methods it overrides only <see cref="OnRest"/> is called outside the gate. (A derived class, not an
/// interface to call: one virtual call an item is all that it costs, also where the types share their code.)
/// </remarks>
internal abstract class Pump<T>
{
    private enum Phase { Ready, Pulling, CleaningUp, Ended }

    private readonly int _maxBurst;
    private readonly bool _isHeldByConsumer;

    private Action? _onLanded; // none before there is something to wait for
    private volatile object? _cancellable; // what a stop cancels: a CancellationTokenSource or an Outlet, once the source is enumerated
    private volatile bool _landed;
    private volatile bool _stopping;
    private volatile bool _isPaused;
    private DrainGate _gate;
    private int _drainer; // the thread inside the gate, as far as that thread itself is concerned

    private bool _lookAgain;
    private Phase _phase;
    private IAsyncEnumerable<T>? _source; // until it is enumerated
    private IAsyncEnumerator<T>? _enumerator;
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _pull;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _cleanup;
    private Ending _ending = Ending.Clean;
    private ExceptionDispatchInfo? _thrown;

    /// <param name="source">The source, enumerated at the first pull.</param>
    /// <param name="maxBurst">
    /// How many items that are ready at once may be read in one go. Who takes everything bounds it, or an endless
    /// synchronous source would never let go of the thread; the next <see cref="Wake()"/> goes on.
    /// </param>
    /// <param name="isHeldByConsumer">Whether <see cref="WakeForConsumer"/> is used.</param>
    protected Pump(IAsyncEnumerable<T> source, int maxBurst = int.MaxValue, bool isHeldByConsumer = false)
    {
        _source = source;
        _maxBurst = maxBurst;
        _isHeldByConsumer = isHeldByConsumer;
    }

    /// <summary>A thread begins to read, or goes on. What depends on the thread alone stays the same until it rests.</summary>
    protected virtual void OnEnter()
    {
    }

    /// <summary>Whether one more item is asked for now.</summary>
    protected abstract bool MayPull();

    /// <summary>One item. A throw stops the pump, and surfaces once the source is disposed.</summary>
    /// <returns>What <see cref="MayPull"/> says after it.</returns>
    protected abstract bool OnItem(T item);

    /// <summary>The source has ended, failed or been stopped, and is disposed. Called once.</summary>
    protected abstract void OnEnd(Ending ending);

    /// <summary>The pump holds nothing and is inside no call: the time to run a consumer's continuation.</summary>
    protected virtual void OnRest()
    {
    }

    /// <summary>Whether the consumer has what it asked for, so that nothing but its next request can ask for more.</summary>
    protected virtual bool IsServed => false;

    /// <summary>Whether as many items have been read as may be in one go.</summary>
    public bool IsPaused => _isPaused;

    /// <summary>Something has changed: look again. From any thread, also from inside an override.</summary>
    public void Wake() => Drain(Burst, refills: true);

    /// <summary>The same, but reads no more than a number of items that are ready.</summary>
    /// <returns>Whether they were used up: then there may be more, and it is for the caller to come again.</returns>
    public bool Wake(int items) => Drain(items, refills: false);

    /// <summary>From inside an override or the source: the loop under us looks again, and needs no interlocked note to do so.</summary>
    /// <returns>Whether that is where the call came from.</returns>
    public bool TryWakeFromInside() => TryWakeFromInside(ThisThread.Number);

    /// <summary>
    /// The same, from inside a consumer's request. If that is answered at once, and nothing is in flight, the consumer holds the gate
    /// until its next request: a stream that is always ready is then read without an interlocked operation.
    /// </summary>
    /// <param name="thread">The <see cref="ThisThread.Number"/>.</param>
    public void WakeForConsumer(int thread)
    {
        if (!TryWakeFromInside(thread) && _gate.TryEnterAsHolder())
            DrainInside(Burst, refills: true, thread, mayHold: true);
    }

    // No bound means none: a long, since two milliards of items that are ready take less than a minute.
    private long Burst => _maxBurst == int.MaxValue ? long.MaxValue : _maxBurst;

    private bool TryWakeFromInside(int thread)
    {
        // Another thread never finds its own number here, and this one sees what it wrote itself.
        if (_drainer != thread)
            return false;

        _lookAgain = true;
        return true;
    }

    /// <param name="items">How many items that are ready may be read in one go.</param>
    /// <param name="refills">Whether news begins another go: whoever brings it while we are inside counts on us, and comes no second time.</param>
    private bool Drain(long items, bool refills)
    {
        var thread = ThisThread.Number;
        return !TryWakeFromInside(thread) && _gate.TryEnter() && DrainInside(items, refills, thread);
    }

    private bool DrainInside(long items, bool refills, int thread, bool mayHold = false)
    {
        var left = items;
        do
            Round(items, refills, ref left, thread);
        while (!(mayHold && _phase == Phase.Ready && IsServed ? _gate.TryHold() : _gate.TryLeave()));

        OnRest();
        return left == 0;
    }

    /// <summary>Cancels the source; once a pending pull has returned, disposes it and reports the end.</summary>
    public void Stop()
    {
        if (!_stopping)
        {
            _stopping = true;
            Interlocked.MemoryBarrier(); // see Enumerate
            Cancel();
        }

        // A consumer that holds the gate may not come again for long.
        var thread = ThisThread.Number;
        if (TryWakeFromInside(thread))
            return;
        if (_isHeldByConsumer && _gate.TryRevoke())
            DrainInside(Burst, refills: true, thread);
        else
            Wake();
    }

    private void Round(long items, bool refills, ref long left, int thread)
    {
        _drainer = thread;
        _isPaused = false;
        OnEnter();
        do
        {
            _lookAgain = false;
            if (refills)
                left = items;
            Advance(ref left);
        }
        while (_lookAgain);
        _isPaused = left == 0;
        _drainer = 0;
    }

    private void Advance(ref long left)
    {
        // What the last item's receiver said, until it is used: asked again, it might answer differently.
        bool? mayPull = null;
        while (true)
        {
            switch (_phase)
            {
                case Phase.Ready:
                    if (!_stopping && (left == 0 || !(mayPull ?? MayPull())))
                        return;
                    mayPull = null;
                    if (!TryPull(ref left))
                        return;
                    break;

                case Phase.Pulling:
                    if (!_landed)
                        return;
                    mayPull = Land();
                    break;

                case Phase.CleaningUp:
                    if (!_landed)
                        return;
                    Finish(_cleanup);
                    break;

                case Phase.Ended:
                    return;
            }
        }
    }

    /// <summary>Reads and hands over what is ready. False: nothing more is wanted; else there is a phase to look at.</summary>
    private bool TryPull(ref long left)
    {
        var isDelivering = false;
        try
        {
            while (!_stopping)
            {
                left--;
                var enumerator = _enumerator ??= Enumerate();
                var pull = enumerator.MoveNextAsync();
                if (!pull.IsCompleted)
                {
                    Await(pull);
                    return true;
                }

                if (!pull.Result)
                    break;
                var item = enumerator.Current;
                if (_stopping)
                    break;

                isDelivering = true;
                var mayPull = OnItem(item);
                isDelivering = false;
                if (!_stopping && (left == 0 || !mayPull))
                    return false;
            }
        }
        catch (Exception thrown) when (isDelivering)
        {
            StopThrowing(thrown);
        }
        catch (Exception failure)
        {
            NoteFailedPull(failure);
        }

        BeginCleanup();
        return true;
    }

    private IAsyncEnumerator<T> Enumerate()
    {
        var source = _source!;
        _source = null;
        if (source is OutletStream<T> stream)
        {
            var outlet = stream.Start(CancellationToken.None);
            _cancellable = outlet;
            CancelIfStopping();
            return outlet;
        }

        var cancellation = new CancellationTokenSource();
        _cancellable = cancellation;
        CancelIfStopping();
        return source.GetAsyncEnumerator(cancellation.Token)
            ?? throw new InvalidOperationException($"GetAsyncEnumerator of '{source.GetType()}' returned null.");
    }

    private void CancelIfStopping()
    {
        // Whoever stops us has seen what there is to cancel, or we see that we are stopped: each looks behind a fence.
        Interlocked.MemoryBarrier();
        if (_stopping)
            Cancel();
    }

    private void Cancel()
    {
        switch (_cancellable)
        {
            case CancellationTokenSource cancellation:
                Unobserved.Cancel(cancellation);
                break;

            case Outlet<T> outlet:
                Unobserved.Cancel(outlet, static o => o.Cancel());
                break;
        }
    }

    private void Await(ValueTask<bool> pull)
    {
        _pull = pull.ConfigureAwait(false).GetAwaiter();
        _phase = Phase.Pulling;
        _landed = false;

        // Not UnsafeOnCompleted: ambient values (the current activity, log scopes) follow the items, as through an await.
        if (_cancellable is Outlet<T> outlet)
            outlet.OnCompleted(static pump => ((Pump<T>)pump!).OnLanded(), this);
        else
            _pull.OnCompleted(_onLanded ??= OnLanded);
    }

    private void OnLanded()
    {
        _landed = true;
        Wake();
    }

    /// <returns>What the receiver said; null where there is none.</returns>
    private bool? Land()
    {
        _phase = Phase.Ready;
        bool hasItem;
        T item;
        try
        {
            hasItem = _pull.GetResult();
            item = hasItem ? _enumerator!.Current : default!;
        }
        catch (Exception failure)
        {
            NoteFailedPull(failure);
            hasItem = false;
            item = default!;
        }

        if (!hasItem)
        {
            BeginCleanup();
            return null;
        }

        return _stopping ? null : Deliver(item);
    }

    private void NoteFailedPull(Exception failure)
    {
        // Nobody is left to ask what a cancelled pull became.
        if (!_stopping)
            _ending = _ending with { Failure = failure };
    }

    private bool? Deliver(T item)
    {
        try
        {
            return OnItem(item);
        }
        catch (Exception thrown)
        {
            StopThrowing(thrown);
            return null;
        }
    }

    private void StopThrowing(Exception thrown)
    {
        _thrown = ExceptionDispatchInfo.Capture(thrown);
        Stop();
    }

    private void BeginCleanup()
    {
        if (_enumerator is null)
        {
            End();
            return;
        }

        ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter cleanup;
        try
        {
            cleanup = _enumerator.DisposeAsync().ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception failure)
        {
            FailedCleanup(failure);
            End();
            return;
        }

        if (cleanup.IsCompleted)
        {
            Finish(cleanup);
            return;
        }

        _cleanup = cleanup;
        _phase = Phase.CleaningUp;
        _landed = false;
        cleanup.OnCompleted(_onLanded ??= OnLanded);
    }

    private void Finish(ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter cleanup)
    {
        try
        {
            cleanup.GetResult();
        }
        catch (Exception failure)
        {
            FailedCleanup(failure);
        }

        End();
    }

    private void FailedCleanup(Exception failure)
    {
        // A clean-up that gives way to our own cancellation has not failed.
        if (!(_stopping && failure is OperationCanceledException))
            _ending = _ending with { CleanupFailure = failure };
    }

    private void End()
    {
        _phase = Phase.Ended;
        _stopping = true; // what has ended by itself is not cancelled any more
        _enumerator = null;
        _pull = default;
        _cleanup = default;

        if (_thrown is null)
        {
            OnEnd(_ending);
            return;
        }

        // The throw leaves through the open gate's holder: nothing is left to drain, so the gate may stay shut.
        if (_ending.CleanupFailure is { } cleanupFailure)
            throw Ending.Combine(_thrown.SourceException, cleanupFailure)!;
        _thrown.Throw();
    }
}
