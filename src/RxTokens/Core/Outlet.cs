using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace RxTokens;

/// <summary>
/// A stage whose consumer pulls: its enumerator. It hands out items as they come, and says the end only after everything upstream has been
/// cleaned up, for which it waits until the consumer is done with its item.
/// </summary>
/// <remarks>
/// <code>
/// field                    written by                    read by            ordered by
/// _token                   constructor                   everyone           readonly
/// _gone                    the first who leaves          everyone           interlocked, before its note
/// _isOpen                  the runner                    everyone           volatile: a hint, whose reader looks again or leaves a note
/// _pushFailure             who pushes, once              the runner         interlocked, before its note Ended
/// _isPushOver              who pushes, to true           everyone           volatile: a hint
/// _isWaiting               the runner                    who pushes         a fence on both sides: OnRest and TellConsumer
/// _consumer, _current,     the consumer while Away,      both               the turn: Asked hands them to the runner,
///   _hasCurrent,             from then on the runner                          the answer hands them back
///   _promise
/// Failures.Told            the runner                    both               the answer
/// all others               the runner                    the runner         the turn
/// </code>
/// <para>What is done after a turn (<see cref="Do"/>) reads what was settled in it: nothing changes an answer, or a last failure, once that is due.</para>
/// </remarks>
[DebuggerDisplay("{_consumer}, left = {_isLeft}, ended = {_isEndSaid}, current = {_current}")]
internal abstract class Outlet<T, R> : Stage<T>, IOutlet<R>, IValueTaskSource<bool>
{
    private enum Consumer : byte
    {
        /// <summary>Busy with what it has, or not there yet.</summary>
        Away,

        /// <summary>It has left a note that it asks.</summary>
        Announced,

        /// <summary>Inside its MoveNextAsync, which runs the stage.</summary>
        Asking,

        /// <summary>Suspended on the promise.</summary>
        Waiting,

        /// <summary>Still inside MoveNextAsync, and what that will return is settled.</summary>
        Answered,

        /// <summary>Suspended, and what the promise will say is settled.</summary>
        Due,
    }

    private readonly CancellationToken _token;
    private TaskCompletionSource? _gone;
    private volatile bool _isOpen;
    private Exception? _pushFailure;
    private volatile bool _isPushOver;
    private volatile bool _isWaiting;

    private Consumer _consumer;
    private bool _hasCurrent; // else, once that is said: the end
    private bool _isStarted;
    private bool _isCancelled;
    private bool _isLeft;
    private bool _isEndSaid;
    private bool _isGoneSaid;
    private bool _isCleanupSaid;
    private R _current = default!;
    private ManualResetValueTaskSourceCore<bool> _promise;
    private object? _registration; // a CancellationTokenRegistration, boxed: most tokens cannot be cancelled

    protected Outlet(IAsyncEnumerable<T>? source, CancellationToken token, bool mayBeHeld = false)
        : base(source, mayBeHeld) => _token = token;

    public R Current => _current;

    /// <summary>Whether the stage has begun, and has been neither left nor cancelled, nor has failed itself. What it is not told any more is of no use.</summary>
    protected bool IsOpen => _isOpen;

    /// <summary>Whether who pushes has ended, failed, or broken the rules.</summary>
    protected bool IsPushOver => _isPushOver;

    /// <summary>Whether what is pushed is of use. For who pushes.</summary>
    protected bool IsListening => _isOpen && !_isPushOver;

    /// <summary>Whether the consumer wants an item and has none yet. For the runner.</summary>
    protected bool IsAsking => _consumer is Consumer.Asking or Consumer.Waiting;

    /// <summary>Whether the consumer's token has been cancelled, in time. For the runner.</summary>
    protected bool IsCancelled => _isCancelled;

    /// <summary>Whether nobody will ask for what is there. For the runner.</summary>
    protected bool IsGivenUp => _isCancelled || _isLeft;

    /// <summary>Whether items come from who pushes, too, without a turn: then <see cref="TellConsumer"/> follows each.</summary>
    protected abstract bool IsPushedTo { get; }

    /// <summary>Whether nothing but the disposal of the source is missing for the end.</summary>
    protected virtual bool IsComplete => true;

    /// <summary>Connects to what is upstream, at the first request. A throw ends the stream with it.</summary>
    protected virtual void OnStart()
    {
    }

    /// <summary>The consumer asks.</summary>
    protected virtual void OnAsked()
    {
    }

    /// <summary>The consumer asks, and has said so to who pushes: what that has done before is seen by now. Called at the end of each turn.</summary>
    protected virtual void OnWaiting()
    {
    }

    /// <summary>Something else than requests, cancellations and reads has happened.</summary>
    protected virtual void OnNews(Note notes)
    {
    }

    /// <summary>Takes the next finished item, if there is one, for a consumer that asks.</summary>
    protected abstract bool TryTake([MaybeNullWhen(false)] out R item);

    /// <summary>The consumer has an item that had waited.</summary>
    protected virtual void OnTaken()
    {
    }

    /// <summary>Lets go of all items: nobody will ask for them, nor does anybody take one meanwhile.</summary>
    protected abstract void Discard();

    public virtual ValueTask<bool> MoveNextAsync() => Ask();

    protected ValueTask<bool> Ask()
    {
        if (_consumer != Consumer.Away)
            throw new InvalidOperationException("MoveNextAsync was called again before the call before it had completed.");

        var ambient = AmbientValues.Capture();
        Due due;
        if (TryVisit())
        {
            _consumer = Consumer.Asking;
            due = Run(Note.Asked, mayHold: true);
        }
        else
        {
            _promise.Reset();
            _consumer = Consumer.Announced;
            due = Announce(Note.Asked);
        }

        ambient.Restore();
        if (due != Due.Answered)
            return AnswerLater(due);
        return _hasCurrent ? new ValueTask<bool>(true) : End();
    }

    // What is not the short way keeps out of it, so that that needs no large frame.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ValueTask<bool> AnswerLater(Due due)
    {
        // Whoever answers the promise, nobody resets it before it has been awaited.
        var isAnswered = (due & Due.Answered) != 0;
        var answer = isAnswered ? default : new ValueTask<bool>(this, _promise.Version);
        Do(due & ~Due.Answered);
        return !isAnswered ? answer : _hasCurrent ? new ValueTask<bool>(true) : End();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ValueTask<bool> End()
    {
        if (ToldFailure is not { } failure)
            return new ValueTask<bool>(false);

        // By way of the promise, which knows a cancellation from a failure.
        _promise.Reset();
        _promise.SetException(failure);
        return new ValueTask<bool>(this, _promise.Version);
    }

    public ValueTask DisposeAsync()
    {
        var gone = new TaskCompletionSource();
        var other = Interlocked.CompareExchange(ref _gone, gone, null);
        if (other is not null)
            return other.Task.IsCompleted ? default : new ValueTask(other.Task);

        var ambient = AmbientValues.Capture();
        PostEnding(Note.Left);
        ambient.Restore();
        return new ValueTask(gone.Task);
    }

    public void Cancel() => PostEnding(Note.Cancelled);

    public void OnCompleted(Action<object?> continuation, object state) =>
        _promise.OnCompleted(continuation, state, _promise.Version, ValueTaskSourceOnCompletedFlags.FlowExecutionContext);

    /// <summary>Whether the consumer may take an item by itself, without a turn: it is not asking, and nobody has ended it.</summary>
    protected bool MayTakeAlone => _isOpen && _consumer == Consumer.Away && !_token.IsCancellationRequested;

    /// <summary>What the consumer has taken by itself.</summary>
    /// <returns>Whether it may have it. Who leaves while it asks, on another thread, lets go of the items beside it: what it has is perhaps no item.</returns>
    protected bool TrySetCurrent(R item)
    {
        Volatile.ReadBarrier();
        if (Volatile.Read(ref _gone) is not null)
            return false;

        _current = item;
        return true;
    }

    /// <summary>Who pushes has ended, failed, or broken the rules. From any thread.</summary>
    protected void EndPush(Exception? failure)
    {
        if (failure is not null)
            Interlocked.CompareExchange(ref _pushFailure, failure, null);
        _isPushOver = true;
        PostEnding(Note.Ended);
    }

    /// <summary>Gives an item to a consumer that asks.</summary>
    protected void Serve(R item)
    {
        Debug.Assert(IsAsking, "only who asks is answered, and once");
        _current = item;
        _hasCurrent = true;
        _consumer = _consumer == Consumer.Asking ? Consumer.Answered : Consumer.Due;
    }

    /// <summary>Ends the stream with this failure, once what came before has been delivered and upstream is cleaned up.</summary>
    protected void Fail(Exception failure)
    {
        if (!_isOpen)
        {
            if (IsGivenUp)
                Failures.OfStage ??= failure; // what of it is the clean-up's, whoever leaves is told
            return;
        }

        Failures.OfStage = failure;
        Close();
        if (!IsAsking)
            CancelSource(); // it may be away for long, and the source is not disposed before it comes back
    }

    /// <summary>Ends the stream: what comes from now on is of no use.</summary>
    protected void Close()
    {
        _isOpen = false;
        Stop();
        OnClosed();
    }

    /// <summary>Unsubscribes from who pushes. Called at once, and perhaps again.</summary>
    protected virtual void OnClosed()
    {
    }

    protected sealed override void OnNotes(Note notes)
    {
        if ((notes & (Note.Left | Note.Cancelled)) != 0)
            OnGivenUp(notes);
        if ((notes & (Note.News | Note.Ended | Note.OnTrampoline)) != 0)
        {
            OnNews(notes);
            if ((notes & Note.Ended) != 0)
                OnPushEnded();
        }

        if ((notes & Note.Asked) != 0)
            OnAsked(announced: _consumer == Consumer.Announced);
        else if (IsAsking)
            TryServe();
    }

    private void OnAsked(bool announced)
    {
        if (announced)
            _consumer = Consumer.Waiting;
        if (!_isOpen || _token.IsCancellationRequested)
            OnAskedFirstOrLast();
        if (IsAsking)
        {
            OnAsked();
            if (IsAsking)
                TryServe();
        }
    }

    private void OnAskedFirstOrLast()
    {
        if (_isEndSaid || _isLeft)
        {
            Tell(null);
            SayEnd();
            return;
        }

        if (_token.IsCancellationRequested)
        {
            // Not left to the token's callback: one that throws may have kept ours from being called.
            OnGivenUp(Note.Cancelled);
        }

        if (_isStarted || IsGivenUp)
            return;

        _isStarted = true;
        _isOpen = true;

        // With its context: what a cancellation cleans up runs for the consumer, whoever cancels.
        if (_token.CanBeCanceled)
            _registration = _token.Register(static outlet => ((Outlet<T, R>)outlet!).Cancel(), this);
        try
        {
            OnStart();
        }
        catch (Exception failure)
        {
            // It may have failed before, or have been ended, from inside its Subscribe: then this comes second, or is a disposal that throws.
            LookAtNotes();
            if (_isOpen)
                Fail(failure);
            else
                FailedToCleanUp(failure);
        }

        if (_isPushOver)
            OnPushEnded(); // before there was anybody to be told
    }

    private void OnPushEnded()
    {
        if (_pushFailure is not null)
            Fail(_pushFailure);
        else if (_isOpen)
            Close();
    }

    private void OnGivenUp(Note notes)
    {
        _isLeft |= (notes & Note.Left) != 0;
        _isCancelled |= (notes & Note.Cancelled) != 0 && !_isEndSaid && !_isLeft;
        Close();
        if ((notes & Note.Cancelled) != 0)
            CancelSource();
    }

    protected void TryServe()
    {
        if (IsGivenUp || !TryTake(out var item))
            return;

        Serve(item);
        OnTaken();
    }

    protected override bool MayDispose()
    {
        if (_isLeft)
        {
            Discard();
            return true;
        }

        if (!IsAsking)
            return false;
        if (_isCancelled)
            Discard();
        else
            TryServe();
        return IsAsking;
    }

    /// <summary>Says the end, if it has come.</summary>
    protected sealed override void OnEnded()
    {
        if (!IsComplete)
            return;

        _isOpen = false;
        (_registration as CancellationTokenRegistration?)?.Unregister();
        _registration = null;
        if (IsAsking)
            TryServe();
        if (!IsAsking)
            return;

        // Its callback may not have been called yet, or not at all.
        _isCancelled |= _token.IsCancellationRequested && !_isLeft;
        _isCleanupSaid = !IsGivenUp;
        Tell(_isLeft ? null
            : _isCancelled ? new OperationCanceledException(_token)
            : Ending.Combine([OwnFailure, SourceFailure, .. OwnCleanupFailures]));
        SayEnd();
    }

    private void Tell(Exception? failure)
    {
        if (failure != ToldFailure)
            Failures.Told = failure;
    }

    private void SayEnd()
    {
        _isEndSaid = true;
        _current = default!;
        _hasCurrent = false;
        _consumer = _consumer == Consumer.Asking ? Consumer.Answered : Consumer.Due;
    }

    protected override Due OnRest(bool isUsedUp)
    {
        var due = Due.None;
        if (_consumer == Consumer.Asking && IsPushedTo)
            TryServe();
        switch (_consumer)
        {
            case Consumer.Answered:
                _consumer = Consumer.Away;
                due = Due.Answered;
                break;

            case Consumer.Due:
                due = Settle();
                break;

            case Consumer.Asking:
                _promise.Reset();
                _consumer = Consumer.Waiting;
                due = Wait();
                break;

            case Consumer.Waiting:
                due = Wait();
                break;
        }

        if (_isLeft && !_isGoneSaid && IsSourceDisposed && IsComplete)
        {
            _isGoneSaid = true;
            due |= Due.Gone;
        }

        return due;
    }

    private Due Wait()
    {
        if (!IsPushedTo)
            return Due.None;

        // Who pushes may have added just before it could see that. It looks after it has added, we after we have said so.
        _isWaiting = true;
        Interlocked.MemoryBarrier();
        TryServe();
        if (IsAsking)
            OnWaiting();
        return _consumer == Consumer.Due ? Settle() : Due.None;
    }

    private Due Settle()
    {
        _isWaiting = false;
        _consumer = Consumer.Away;
        return Due.Resume;
    }

    /// <summary>For who has pushed an item: a consumer that waits is served, one that does not will look for itself.</summary>
    /// <param name="isFenced">Whether a full fence has followed what was added.</param>
    protected void TellConsumer(bool isFenced)
    {
        if (!isFenced)
            Interlocked.MemoryBarrier();
        if (_isWaiting || !_isOpen)
            Post(Note.News);
    }

    protected override void Do(Due due)
    {
        try
        {
            if ((due & Due.Resume) != 0)
                Resume();
        }
        finally
        {
            if ((due & Due.Gone) != 0)
                SayGone();
        }
    }

    private void Resume()
    {
        if (!_hasCurrent && ToldFailure is { } failure)
            _promise.SetException(failure);
        else
            _promise.SetResult(_hasCurrent);
    }

    private void SayGone()
    {
        // What the consumer was not told by MoveNextAsync and still has to know: that cleaning up went wrong.
        // A cancellation that it was told of says nothing about that.
        // What was passed on, too, unless whoever got it has ended well all the same.
        if (!_isCleanupSaid && Ending.Combine(OwnFailure is null && _isPushOver ? OwnCleanupFailures : CleanupFailures) is { } failure)
            _gone!.SetException(failure);
        else
            _gone!.SetResult();
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _promise.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _promise.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _promise.OnCompleted(continuation, state, token, flags);
}
