using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace RxTokens;

/// <summary>
/// The consumer's side of an operator: an enumerator that is served by whoever has an item, from any thread,
/// and that reports its end only after everything upstream has been cleaned up.
/// </summary>
/// <remarks>
/// Methods named <c>…Locked</c> run inside <see cref="Gate"/>; everything that may call foreign code runs outside.
/// Serving a waiting consumer and resuming it are two steps, so that an operator can finish what it is doing first.
/// </remarks>
internal abstract class Outlet<T>(CancellationToken cancellationToken) : IAsyncEnumerator<T>, IValueTaskSource<bool>
{
    private enum Consumer
    {
        /// <summary>Busy with what it has, or not there yet.</summary>
        Away,

        /// <summary>Inside MoveNextAsync, its stack still under us.</summary>
        Asking,

        /// <summary>Inside MoveNextAsync, and what it will return is settled.</summary>
        Answered,

        /// <summary>Suspended on the promise.</summary>
        Waiting,

        /// <summary>Suspended, and its promise is settled: <see cref="Resume"/> is due.</summary>
        Due,
    }

    /// <summary>What has happened so far. Set and unset under the lock; a stream that runs has none of them.</summary>
    [Flags]
    private enum Marks
    {
        None = 0,
        NotStarted = 1,

        /// <summary>Upstream is cleaned up.</summary>
        Ended = 2,

        /// <summary>The consumer has called DisposeAsync.</summary>
        Left = 4,
        Cancelled = 8,
        Failed = 16,

        /// <summary>The consumer knows of the end.</summary>
        Reported = 32,
    }

    /// <summary>The lock: the outlet itself, which saves every stream an object. Whoever has an enumerator has no reason to lock it.</summary>
    protected object Gate => this;

    private volatile Consumer _consumer;
    private volatile Marks _marks = Marks.NotStarted;
    private int _askingThread; // the one inside MoveNextAsync, if it went the short way; else 0
    private ManualResetValueTaskSourceCore<bool> _promise;
    private object? _registration; // a CancellationTokenRegistration, where the token can be cancelled
    private TaskCompletionSource? _gone;
    private T _current = default!;
    private bool _hasCurrent; // else, once that is reported: the end

    private Exception? _failure; // in the end, all that went wrong
    private Ending? _ending;

    public T Current => _current;

    /// <summary>Whether the consumer wants an item and has none yet.</summary>
    protected bool IsAskedFor => _consumer is Consumer.Asking or Consumer.Waiting;

    /// <summary>Whether the consumer, still inside MoveNextAsync, has been given what it asked for.</summary>
    protected bool IsServed => _consumer == Consumer.Answered;

    /// <summary>Whether nothing that arrives from now on will be delivered, so that nothing may be read either, although
    /// <see cref="Stop"/> may still be to come.</summary>
    protected bool IsClosed => Has(Marks.Ended | Marks.Left | Marks.Cancelled | Marks.Failed);

    private bool Has(Marks any) => (_marks & any) != 0;

    /// <summary>Takes the next finished item, if there is one.</summary>
    protected abstract bool TryTakeLocked([MaybeNullWhen(false)] out T item);

    /// <summary>Forgets all items: nobody will ask for them.</summary>
    protected abstract void ClearLocked();

    /// <summary>The same while the consumer, on another thread, may be taking an item without the lock.</summary>
    protected virtual void AbandonLocked() => ClearLocked();

    /// <summary>Connects to what is upstream, at the first request.</summary>
    protected abstract void Start();

    /// <summary>The consumer has asked: go on as far as that allows. Items may be served before it returns.</summary>
    protected abstract void Request();

    /// <summary>The same, where the consumer went the short way: <see cref="TryAnswer"/> works.</summary>
    /// <param name="thread">The <see cref="ThisThread.Number"/>.</param>
    protected virtual void Request(int thread) => Request();

    /// <summary>Cancels and cleans up what is upstream, which leads to <see cref="EndLocked"/>, at once or later.</summary>
    protected abstract void Stop();

    /// <summary>What a consumer that begins to ask finds without the lock.</summary>
    protected enum Finding
    {
        /// <summary>It must look again, with the lock.</summary>
        Unclear,

        /// <summary>No item that was there before this request.</summary>
        Nothing,

        /// <summary>The next item, taken.</summary>
        Item,
    }

    /// <summary>Looks for an item without the lock. Nobody else takes meanwhile: the consumer does not ask yet.</summary>
    protected virtual Finding TakeAlone(out T item)
    {
        item = default!;
        return Finding.Unclear;
    }

    public ValueTask<bool> MoveNextAsync()
    {
        // The short way: nothing has happened that would have to be decided under the lock.
        if (_consumer == Consumer.Away && _marks == Marks.None && !cancellationToken.IsCancellationRequested)
        {
            switch (TakeAlone(out var item))
            {
                case Finding.Item:
                    // Who leaves while it asks, on another thread, empties the store beside us: what we have is perhaps no item.
                    Volatile.ReadBarrier();
                    if (Has(Marks.Left))
                        break;
                    _current = item;
                    return new ValueTask<bool>(true);

                case Finding.Nothing:
                    return AskAlone();
            }
        }

        return Ask();
    }

    private ValueTask<bool> AskAlone()
    {
        // Should something come about right now, whoever brings it either finds us asking, or is found when we settle down to wait.
        var thread = ThisThread.Number;
        _askingThread = thread;
        _consumer = Consumer.Asking;
        Request(thread);
        if (_consumer != Consumer.Answered || !_hasCurrent)
            return Answer();

        _consumer = Consumer.Away;
        return new ValueTask<bool>(true);
    }

    // What follows the short way keeps out of it, so that it needs no large frame.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ValueTask<bool> Ask()
    {
        bool connect, request;
        lock (Gate)
        {
            _askingThread = 0;
            if (_consumer != Consumer.Away)
                throw new InvalidOperationException("MoveNextAsync was called again before the call before it had completed.");
            if (Has(Marks.Left | Marks.Reported))
                return new ValueTask<bool>(false);

            connect = Has(Marks.NotStarted);
            _marks &= ~Marks.NotStarted;
            if (cancellationToken.IsCancellationRequested || Has(Marks.Cancelled))
            {
                _marks |= connect ? Marks.Cancelled | Marks.Ended : Marks.Cancelled;
                ClearLocked();
            }

            _consumer = Consumer.Asking;
            ServeLocked();
            request = !Has(Marks.Ended);
        }

        if (request)
        {
            if (connect)
                Connect();
            Request();
        }

        return Answer();
    }

    /// <summary>What MoveNextAsync returns: the answer if there is one, or a promise.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ValueTask<bool> Answer()
    {
        if (_consumer == Consumer.Asking)
        {
            lock (Gate)
            {
                // Another thread may have answered just now, or left something that nobody has looked at.
                ServeLocked();
                if (_consumer == Consumer.Asking)
                {
                    _promise.Reset();
                    _consumer = Consumer.Waiting;
                    return new ValueTask<bool>(this, _promise.Version);
                }
            }

            // What was left there may have been what kept others from going on.
            Request();
        }

        Debug.Assert(_consumer == Consumer.Answered, "only this call moves on from Asking, or what answers it");
        _consumer = Consumer.Away;
        return _hasCurrent || _failure is null ? new ValueTask<bool>(_hasCurrent) : ValueTask.FromException<bool>(_failure);
    }

    public ValueTask DisposeAsync()
    {
        lock (Gate)
        {
            if (Has(Marks.Left))
                return _gone is null ? default : new ValueTask(_gone.Task);

            _marks |= Marks.Left;
            ClearLocked();
            if (Has(Marks.NotStarted | Marks.Ended))
                return LeaveLocked();
        }

        Unregister();
        Stop();
        Resume();

        lock (Gate)
        {
            if (Has(Marks.Ended))
                return LeaveLocked();

            _gone = new TaskCompletionSource();
            return new ValueTask(_gone.Task);
        }
    }

    /// <summary>Gives an item to a consumer that asks; false if it does not. Call <see cref="Resume"/> after the lock.</summary>
    protected bool TryHandOverLocked(T item)
    {
        if (!IsAskedFor)
            return false;

        _current = item;
        _hasCurrent = true;
        SettleLocked();
        return true;
    }

    /// <summary>
    /// Gives an item to a consumer that is under us on the stack, inside its MoveNextAsync, without the lock. For who holds back
    /// the stream's end meanwhile: then nobody else can answer, and only that consumer itself could begin to wait.
    /// </summary>
    protected bool TryAnswer(T item)
    {
        if (_consumer != Consumer.Asking || _askingThread != ThisThread.Number || IsClosed)
            return false;

        _current = item;
        _hasCurrent = true;
        _consumer = Consumer.Answered;
        return true;
    }

    /// <summary>If the consumer asks and there is something to tell, settles it. Call <see cref="Resume"/> after the lock.</summary>
    protected void ServeLocked()
    {
        if (!IsAskedFor)
            return;

        if (!Has(Marks.Left | Marks.Cancelled) && TryTakeLocked(out var item))
        {
            TryHandOverLocked(item);
        }
        else if (Has(Marks.Ended))
        {
            _current = default!;
            _hasCurrent = false;
            _marks |= Marks.Reported;
            _failure = Has(Marks.Left) ? null
                : Has(Marks.Cancelled) ? new OperationCanceledException(cancellationToken)
                : Ending.Combine(_failure, _ending?.Error);
            SettleLocked();
        }
    }

    private void SettleLocked() => _consumer = _consumer == Consumer.Asking ? Consumer.Answered : Consumer.Due;

    /// <summary>Resumes a consumer that has been served, and one that waits for the end of its DisposeAsync.</summary>
    protected void Resume()
    {
        // Nothing to do, mostly: the consumer was answered inside its call. Whoever makes it Due, or ends the stream, comes here after.
        if (_consumer == Consumer.Due || _gone is not null)
            ResumeDue();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ResumeDue()
    {
        bool resume;
        TaskCompletionSource? gone;
        lock (Gate)
        {
            resume = _consumer == Consumer.Due;
            if (resume)
                _consumer = Consumer.Away;
            gone = Has(Marks.Ended) ? _gone : null;
        }

        if (resume)
        {
            if (_hasCurrent || _failure is null)
                _promise.SetResult(_hasCurrent);
            else
                _promise.SetException(_failure);
        }

        if (gone is null)
            return;
        if (_ending?.CleanupFailure is { } failure)
            gone.TrySetException(failure);
        else
            gone.TrySetResult();
    }

    /// <summary>Ends the stream with this failure, once what came before has been delivered and upstream is cleaned up.</summary>
    protected void Fail(Exception failure)
    {
        lock (Gate)
        {
            if (IsClosed)
                return;
            _failure = failure;
            _marks |= Marks.Failed;
        }

        Stop();
    }

    /// <summary>Upstream is cleaned up: nothing more will come. Call <see cref="Resume"/> after the lock.</summary>
    protected void EndLocked(Ending ending)
    {
        if (Has(Marks.Ended))
            return;

        _marks |= Marks.Ended;
        _ending = ending;
        Unregister();
        ServeLocked();
    }

    private void Connect()
    {
        try
        {
            Start();
        }
        catch (Exception failure)
        {
            Fail(failure);
        }

        // After Start, which a cancellation undoes: a token that is cancelled by now calls back at once.
        if (cancellationToken.CanBeCanceled)
            _registration = cancellationToken.UnsafeRegister(static outlet => ((Outlet<T>)outlet!).Cancel(), this);
        if (Has(Marks.Ended))
            Unregister();
    }

    private void Unregister()
    {
        if (_registration is CancellationTokenRegistration registration)
            registration.Unregister();
    }

    /// <summary>What a cancelled token does.</summary>
    public void Cancel()
    {
        lock (Gate)
        {
            if (Has(Marks.Ended | Marks.Left))
                return;
            _marks |= Marks.Cancelled;
            AbandonLocked();
        }

        Stop();
        Resume();
    }

    private ValueTask LeaveLocked()
    {
        _marks |= Marks.Ended;
        // What the consumer was not told by MoveNextAsync and still has to know: that cleaning up went wrong.
        // A cancellation that it was told of says nothing about that.
        var failure = Has(Marks.Reported) && _failure is not null && !Has(Marks.Cancelled) ? null : _ending?.CleanupFailure;
        _ending = null;
        return failure is null ? default : ValueTask.FromException(failure);
    }

    /// <summary>What awaiting the last MoveNextAsync does, for who has a static function and its state: that needs no delegate of its own.</summary>
    public void OnCompleted(Action<object?> continuation, object state) =>
        _promise.OnCompleted(continuation, state, _promise.Version, ValueTaskSourceOnCompletedFlags.FlowExecutionContext);

    bool IValueTaskSource<bool>.GetResult(short token) => _promise.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _promise.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _promise.OnCompleted(continuation, state, token, flags);
}
