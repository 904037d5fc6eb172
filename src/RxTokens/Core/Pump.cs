using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace RxTokens;

/// <summary>What a <see cref="Pump{T,TTarget}"/> reads for. Calls never overlap, except <see cref="OnRest"/>.</summary>
internal interface IPumpTarget<in T>
{
    /// <summary>A thread begins to read, or goes on. What depends on the thread alone is the same until <see cref="OnRest"/>.</summary>
    void OnEnter();

    /// <summary>Whether the consumer has what it asked for, so that nothing but its next request can ask for more.</summary>
    bool IsServed { get; }

    /// <summary>Whether one more item is asked for now.</summary>
    bool MayPull();

    /// <summary>One item. A throw stops the pump, and surfaces once the source is disposed.</summary>
    void OnItem(T item);

    /// <summary>The source has ended, failed or been stopped, and is disposed. Called once.</summary>
    void OnEnd(Ending ending);

    /// <summary>The pump holds nothing and is inside no call: the time to run a consumer's continuation.</summary>
    void OnRest();
}

/// <summary>
/// Owns the one enumerator of a pull source and uses it correctly: one <c>MoveNextAsync</c> at a time and only while the
/// target asks for more, one <c>DisposeAsync</c>, never during a pull, and in a loop instead of recursion.
/// </summary>
/// <remarks>
/// Whichever thread brings news (more demand, a pull that landed, a stop) advances the pump; if another thread is at it
/// already, the news is left for that one. Fields below the gate belong to the thread inside it.
/// </remarks>
/// <typeparam name="T">The type of the items.</typeparam>
/// <typeparam name="TTarget">A struct that does nothing but pass the calls on, for which the compiler makes code of its own: the
/// loop over what is ready then calls the target directly, not through the interface.</typeparam>
internal sealed class Pump<T, TTarget>
    where TTarget : struct, IPumpTarget<T>
{
    private enum Phase { Ready, Pulling, CleaningUp, Ended }

    private readonly IAsyncEnumerable<T> _source;
    private readonly TTarget _target;
    private readonly int _maxBurst;
    private readonly bool _isHeldByConsumer;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly Action _onLanded;

    private volatile bool _landed;
    private volatile bool _stopping;
    private DrainGate _gate;
    private int _drainer; // the thread inside the gate, as far as that thread itself is concerned

    private bool _lookAgain;
    private Phase _phase;
    private IAsyncEnumerator<T>? _enumerator;
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _pull;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _cleanup;
    private Exception? _failure;
    private Exception? _cleanupFailure;
    private ExceptionDispatchInfo? _thrownByTarget;

    /// <param name="source">The source, enumerated at the first pull.</param>
    /// <param name="target">What to read for.</param>
    /// <param name="maxBurst">
    /// How many items that are ready at once may be read in one go. Targets that take everything bound it, or an endless
    /// synchronous source would never let go of the thread; the next <see cref="Wake()"/> goes on.
    /// </param>
    /// <param name="isHeldByConsumer">Whether <see cref="WakeForConsumer"/> is used.</param>
    public Pump(IAsyncEnumerable<T> source, TTarget target, int maxBurst = int.MaxValue, bool isHeldByConsumer = false)
    {
        _isHeldByConsumer = isHeldByConsumer;
        _source = source;
        _target = target;
        _maxBurst = maxBurst;
        _onLanded = () =>
        {
            _landed = true;
            Wake();
        };
    }

    /// <summary>The token the source was given; cancelled by <see cref="Stop"/>.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>Something has changed: look again. From any thread, also from inside the target.</summary>
    public void Wake() => Drain(_maxBurst, refills: true);

    /// <summary>The same, but reads no more than a number of items that are ready.</summary>
    /// <returns>Whether they were used up: then there may be more, and it is for the caller to come again.</returns>
    public bool Wake(int items) => Drain(items, refills: false);

    /// <summary>From inside the target or the source: the loop under us looks again, and needs no interlocked note to do so.</summary>
    /// <returns>Whether that is where the call came from.</returns>
    public bool TryWakeFromInside() => TryWakeFromInside(ThisThread.Number);

    /// <summary>
    /// The same, from inside a consumer's request. If that is answered at once, and nothing is in flight, the consumer holds the gate
    /// until its next request: a stream that is always ready is then read without an interlocked operation.
    /// </summary>
    /// <param name="thread">The <see cref="ThisThread.Number"/>.</param>
    public void WakeForConsumer(int thread)
    {
        if (TryWakeFromInside(thread) || !_gate.TryEnterAsHolder())
            return;

        var left = _maxBurst;
        do
            Advance(_maxBurst, refills: true, ref left, thread);
        while (!(_phase == Phase.Ready && _target.IsServed ? _gate.TryHold() : _gate.TryLeave()));

        _target.OnRest();
    }

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
    private bool Drain(int items, bool refills)
    {
        var thread = ThisThread.Number;
        return !TryWakeFromInside(thread) && _gate.TryEnter() && DrainInside(items, refills, thread);
    }

    private bool DrainInside(int items, bool refills, int thread)
    {
        var left = items;
        do
            Advance(items, refills, ref left, thread);
        while (!_gate.TryLeave());

        _target.OnRest();
        return left == 0;
    }

    /// <summary>Cancels the source; once a pending pull has returned, disposes it and reports the end.</summary>
    public void Stop()
    {
        if (!_stopping)
        {
            _stopping = true;
            Unobserved.Cancel(_cancellation);
        }

        // A consumer that holds the gate may not come again for long.
        var thread = ThisThread.Number;
        if (TryWakeFromInside(thread))
            return;
        if (_isHeldByConsumer && _gate.TryRevoke())
            DrainInside(_maxBurst, refills: true, thread);
        else
            Wake();
    }

    private void Advance(int items, bool refills, ref int left, int thread)
    {
        _drainer = thread;
        _target.OnEnter();
        do
        {
            _lookAgain = false;
            if (refills)
                left = items;
            Advance(ref left);
        }
        while (_lookAgain);
        _drainer = 0;
    }

    private void Advance(ref int left)
    {
        while (true)
        {
            switch (_phase)
            {
                case Phase.Ready:
                    if (!TryPull(ref left))
                        return;
                    break;

                case Phase.Pulling:
                    if (!_landed)
                        return;
                    Land();
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
    private bool TryPull(ref int left)
    {
        var isDelivering = false;
        try
        {
            while (!_stopping)
            {
                if (left == 0 || !_target.MayPull())
                    return false;

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
                _target.OnItem(item);
                isDelivering = false;
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

    private IAsyncEnumerator<T> Enumerate() => _source.GetAsyncEnumerator(_cancellation.Token)
        ?? throw new InvalidOperationException($"GetAsyncEnumerator of '{_source.GetType()}' returned null.");

    private void Await(ValueTask<bool> pull)
    {
        _pull = pull.ConfigureAwait(false).GetAwaiter();
        _phase = Phase.Pulling;
        _landed = false;

        // Not UnsafeOnCompleted: ambient values (the current activity, log scopes) follow the items, as through an await.
        _pull.OnCompleted(_onLanded);
    }

    private void Land()
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
            BeginCleanup();
            return;
        }

        if (!hasItem)
            BeginCleanup();
        else if (!_stopping)
            Deliver(item);
    }

    private void NoteFailedPull(Exception failure)
    {
        // Nobody is left to ask what a cancelled pull became.
        if (!_stopping)
            _failure = failure;
    }

    private void Deliver(T item)
    {
        try
        {
            _target.OnItem(item);
        }
        catch (Exception thrown)
        {
            StopThrowing(thrown);
        }
    }

    private void StopThrowing(Exception thrown)
    {
        _thrownByTarget = ExceptionDispatchInfo.Capture(thrown);
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
        cleanup.OnCompleted(_onLanded);
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
            _cleanupFailure = failure;
    }

    private void End()
    {
        _phase = Phase.Ended;
        _stopping = true; // what has ended by itself is not cancelled any more
        _enumerator = null;
        _pull = default;
        _cleanup = default;

        if (_thrownByTarget is null)
        {
            _target.OnEnd(new Ending(_failure, _cleanupFailure));
            return;
        }

        // The throw leaves through the open gate's holder: nothing is left to drain, so the gate may stay shut.
        if (_cleanupFailure is not null)
            throw Ending.Combine(_thrownByTarget.SourceException, _cleanupFailure)!;
        _thrownByTarget.Throw();
    }
}
