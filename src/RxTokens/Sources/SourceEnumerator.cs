using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace RxTokens;

/// <summary>
/// What all sources keep in common: one read at a time; a cancelled enumeration reads nothing more and ends with the caller's
/// <see cref="OperationCanceledException"/>, whatever its source makes of the token; one that is left during a read cancels the read,
/// waits for it, and cleans up once.
/// </summary>
/// <remarks>
/// A compiler-made iterator keeps none of it: it refuses to be disposed during a read, and reads on for as long as its source is ready.
/// Three parties meet here: the consumer (one call at a time, but <c>DisposeAsync</c> may come during a read), the read (where it
/// lands, on any thread), and the caller's cancellation. Whoever moves <c>_state</c> owns what it says:
/// <code>
/// field           written by                        read by               ordered by
/// _state          consumer and read, interlocked    both                  itself
/// _current        the read, while Reading           the consumer          _state, then _promise
/// _registration   the first read                    the read that ends    one read at a time
/// _step           MoveNextAsync, while Reading      OnStep                the step's own completion
/// _hasEnded,
/// _untold         the read that ends                MoveNextAsync, OnStep the step's own completion
///                                                   DisposeAsync          _state, once Closed
/// _promise        MoveNextAsync, then OnStep        the consumer          _state; its own completion
/// _reading        registration, DisposeAsync        the source's token    a CancellationTokenSource is safe
/// _gone           whoever cleans up, once           whoever disposes      a TaskCompletionSource is safe
/// </code>
/// What derives from it is called by one party at a time, and needs no order of its own.
/// </remarks>
[DebuggerDisplay("{_state}, current = {_current}")]
internal abstract class SourceEnumerator<TSource> : IAsyncEnumerator<TSource>, IValueTaskSource<bool>
{
    private readonly CancellationToken _callerToken;
    private readonly CancellationTokenSource _reading = new();
    private readonly TaskCompletionSource _gone = new();
    private readonly Action _onStep;
    private ManualResetValueTaskSourceCore<bool> _promise;
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _step;
    private CancellationTokenRegistration _registration;
    private volatile int _state;
    private TSource _current = default!;
    private bool _hasEnded;
    private Exception? _untold;

    protected SourceEnumerator(CancellationToken cancellationToken)
    {
        _callerToken = cancellationToken;
        _onStep = OnStep;
    }

    // Not an enum: the systematic exploration knows no compare-and-exchange of one.
    private static class State
    {
        /// <summary>Between two requests: the consumer's.</summary>
        public const int Idle = 0;

        /// <summary>A request is under way: the read's.</summary>
        public const int Reading = 1;

        /// <summary>Left during a read: still the read's, which cleans up when it lands.</summary>
        public const int Left = 2;

        /// <summary>The read has found an ending, and cleans up.</summary>
        public const int Ending = 3;

        /// <summary>The read has ended everything.</summary>
        public const int Closed = 4;

        /// <summary>Left between two requests: DisposeAsync's, which cleans up.</summary>
        public const int Disposed = 5;
    }

    public TSource Current => _current;

    /// <summary>Waits until there may be something to take; false at the end.</summary>
    protected abstract ValueTask<bool> WaitAsync(CancellationToken cancellationToken);

    /// <summary>Takes what was waited for, unless it makes no item yet. Not called when nobody wants it any more.</summary>
    protected abstract bool TryTake(out TSource item);

    /// <summary>Called once, and never during the other two.</summary>
    protected abstract ValueTask CleanUpAsync();

    /// <summary>Whether an item is of use after the clean-up.</summary>
    protected virtual bool ItemsOutliveTheCleanUp => true;

    public ValueTask<bool> MoveNextAsync()
    {
        switch (Interlocked.CompareExchange(ref _state, State.Reading, State.Idle))
        {
            case State.Idle:
                break;
            case State.Closed or State.Disposed:
                return new ValueTask<bool>(false);
            default:
                throw new InvalidOperationException("MoveNextAsync was called again before the call before it had completed.");
        }

        var step = StepAsync();
        if (step.IsCompleted)
        {
            if (_hasEnded)
                TellTheOneWhoLeaves(_untold);
            return step;
        }

        // Not the step itself: DisposeAsync returns after the request it has put an end to, and a step cannot do anything after its end.
        _promise.Reset();
        var request = new ValueTask<bool>(this, _promise.Version);
        _step = step.ConfigureAwait(false).GetAwaiter();
        _step.UnsafeOnCompleted(_onStep);
        return request;
    }

    public ValueTask DisposeAsync()
    {
        switch (Interlocked.CompareExchange(ref _state, State.Disposed, State.Idle))
        {
            case State.Idle:
                _ = LeaveAsync();
                break;
            case State.Reading:
                if (Interlocked.CompareExchange(ref _state, State.Left, State.Reading) != State.Reading)
                    return DisposeAsync(); // it has landed meanwhile
                Unobserved.Cancel(_reading);
                break;
            case State.Closed:
                TellTheOneWhoLeaves(_untold); // now, for this may run inside the telling of the end, which comes first
                break;
        }

        return new ValueTask(_gone.Task);
    }

    private async Task LeaveAsync()
    {
        _registration.Unregister();
        TellTheOneWhoLeaves(await CleanUp.RunAsync(this, static e => e.CleanUpAsync()).ConfigureAwait(false));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> StepAsync()
    {
        Exception? failure = null;
        var isTaken = false;
        try
        {
            _callerToken.ThrowIfCancellationRequested();
            if (_registration == default)
                _registration = _callerToken.UnsafeRegister(static r => Unobserved.Cancel((CancellationTokenSource)r!), _reading);

            while (await WaitAsync(_reading.Token).ConfigureAwait(false))
            {
                if (_callerToken.IsCancellationRequested || _state != State.Reading)
                    break;

                isTaken = TryTake(out _current);
                if (isTaken)
                {
                    if (Interlocked.CompareExchange(ref _state, State.Idle, State.Reading) == State.Reading)
                        return true;
                    isTaken = ItemsOutliveTheCleanUp; // left in this moment: nobody else can have it, so it is handed out all the same
                    break;
                }
            }
        }
        catch (Exception thrown)
        {
            failure = thrown;
        }

        return await EndAsync(failure, isTaken).ConfigureAwait(false);
    }

    private async ValueTask<bool> EndAsync(Exception? failure, bool isTaken)
    {
        var isLeft = Interlocked.CompareExchange(ref _state, State.Ending, State.Reading) == State.Left;
        var isCancelled = !isTaken && _callerToken.IsCancellationRequested;
        _registration.Unregister();

        var cleanupFailure = await CleanUp.RunAsync(this, static e => e.CleanUpAsync()).ConfigureAwait(false);
        if (!isTaken)
            _current = default!;

        var told = isCancelled ? new OperationCanceledException(_callerToken)
            : isLeft ? null
            : Ending.Combine(failure, cleanupFailure);
        _untold = isCancelled || isLeft ? CleanUp.Leftover(failure, cleanupFailure) : null;
        _hasEnded = true;
        _state = State.Closed;

        if (told is not null)
            ExceptionDispatchInfo.Throw(told);
        return isTaken;
    }

    private void OnStep()
    {
        // Looked at before the consumer is told: from then on the next request may be under way.
        var hasEnded = _hasEnded;
        var hasItem = false;
        Exception? failure = null;
        try
        {
            hasItem = _step.GetResult();
        }
        catch (Exception thrown)
        {
            failure = thrown;
        }

        if (failure is null)
            _promise.SetResult(hasItem);
        else
            _promise.SetException(failure);
        if (hasEnded)
            TellTheOneWhoLeaves(_untold);
    }

    private void TellTheOneWhoLeaves(Exception? failure)
    {
        if (failure is null)
            _gone.TrySetResult();
        else
            _gone.TrySetException(failure);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _promise.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _promise.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _promise.OnCompleted(continuation, state, token, flags);
}
