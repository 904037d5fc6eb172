using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

/// <summary>
/// Where two rates meet: takes items at the source's pace, hands them out at the consumer's. What happens to those
/// that the consumer has not taken yet is the derived class's store's business.
/// </summary>
/// <remarks>
/// <code>
/// field             written by               read by          ordered by
/// _push             constructor              everyone         readonly; what is in it says so itself
/// _isHeldUp         the runner               the consumer     a fence on both sides, where it matters: MayRead
/// the store         the filler: the runner or the push source; the emptier: the consumer while Away, else the runner in its place
/// all others        the runner               the runner       the turn
/// </code>
/// <para>A store has one filler and one emptier, and keeps them apart by itself. So items need no turn while there are some and there is room:
/// the short way of the consumer, and that of a push source. Only the first of several, and the last, is an event.</para>
/// </remarks>
internal abstract class Boundary<T, R> : Outlet<T, R>, IObserver<T>
{
    /// <summary>
    /// How many items that are ready at once a boundary without a bound of its own takes before it lets its consumer run.
    /// </summary>
    private const int Burst = 1024;

    private readonly PushSource<T>? _push;
    private volatile bool _isHeldUp;

    protected Boundary(IAsyncEnumerable<T>? pull, IObservable<T>? push, CancellationToken cancellationToken)
        : base(pull, cancellationToken)
    {
        if (push is not null)
            _push = new PushSource<T>(push);
    }

    /// <summary>Whether reading has stopped until the consumer has made room. For the runner; for the consumer a hint.</summary>
    protected bool IsHeldUp => _isHeldUp;

    /// <summary>Whether the store bounds by itself how much is read; else it would never let go of an endless source that is always ready.</summary>
    protected virtual bool IsBounded => false;

    /// <summary>Whether one more item may be read into the store. For the runner.</summary>
    protected virtual bool HasRoom => true;

    protected sealed override bool IsPushedTo => _push is not null;

    /// <summary>What an item is when it goes straight to a consumer that waits. For the runner.</summary>
    protected abstract R First(T item);

    /// <summary>Puts an item into the store. For the filler. A throw ends the stream with it.</summary>
    /// <returns>Whether a full fence has followed, so that what was added can be seen.</returns>
    protected abstract bool Add(T item);

    /// <summary>Takes an item for the consumer, which does not ask yet.</summary>
    /// <param name="item">The item.</param>
    /// <param name="mayGoOn">Whether the source is held up and there is room for it now. Exact where a full fence lies between the two.</param>
    protected abstract bool TryTakeAlone([MaybeNullWhen(false)] out R item, out bool mayGoOn);

    /// <summary>The consumer has taken an item for itself, but somebody leaves in its place, beside it. The runner is another thread.</summary>
    protected virtual void OnTakenInVain(R item)
    {
    }

    public sealed override ValueTask<bool> MoveNextAsync()
    {
        if (!MayTakeAlone || !TryTakeAlone(out var item, out var mayGoOn))
            return Ask();
        if (!TrySetCurrent(item))
        {
            OnTakenInVain(item);
            return new ValueTask<bool>(false);
        }

        if (mayGoOn)
            GoOn();
        return new ValueTask<bool>(true);
    }

    private void GoOn()
    {
        var ambient = AmbientValues.Capture();
        Post(Note.News);
        ambient.Restore();
    }

    protected sealed override long OnEnter() => IsBounded ? long.MaxValue : Burst;

    protected sealed override void OnStart()
    {
        if (_push is not null)
            Trampoline.Subscribe(this, static self => self._push!.Subscribe(self));
    }

    protected sealed override void OnClosed()
    {
        try
        {
            _push?.Unsubscribe();
        }
        catch (Exception thrown)
        {
            FailedToCleanUp(thrown);
        }
    }

    protected sealed override void Interrupt()
    {
        CancelSource();
        if (_push is not null)
            Unobserved.Cancel(_push, static p => p.Unsubscribe());
    }

    protected sealed override void OnNews(Note notes)
    {
        // What came too late, from a push source that had not heard of the end.
        if (IsSourceDisposed)
            Discard();
    }

    protected sealed override bool MayRead()
    {
        if (_push is not null)
            return false;

        if (!HasRoom)
        {
            // Said before the second look: the consumer, which looks after it has taken, either sees it or has been seen.
            _isHeldUp = true;
            Interlocked.MemoryBarrier();
            if (!HasRoom)
                return false;
        }

        if (_isHeldUp)
            _isHeldUp = false;
        return true;
    }

    protected sealed override bool OnItem(T item)
    {
        try
        {
            // Who asks has emptied the store.
            if (IsAsking)
                Serve(First(item));
            else
                Add(item);
        }
        catch (Exception failure)
        {
            Fail(failure);
        }

        return MayRead();
    }

    protected sealed override Due OnRest(bool isUsedUp)
    {
        if (isUsedUp)
            _isHeldUp = true;
        return base.OnRest(isUsedUp);
    }

    // The push source's observer.

    void IObserver<T>.OnNext(T value)
    {
        if (!_push!.TryBeginToSpeak())
        {
            EndPush(new InvalidOperationException(
                "The push source called OnNext while another call of OnNext had not returned, which Rx forbids: items would be lost. "
                + "If it is fed from several threads, put Synchronize() before the operator: source.Synchronize()."));
            return;
        }

        var isFenced = false;
        var isInside = IsInside;
        var isOpen = IsListening;
        try
        {
            if (!isOpen)
                OnDiscarded(value);
            else if (isInside)
                OnItem(value);
            else
                isFenced = Add(value);
        }
        catch (Exception failure) when (isOpen)
        {
            EndPush(failure);
        }
        catch (Exception failure)
        {
            Unobserved.Report(failure);
        }

        _push.EndToSpeak();
        if (!isInside)
        {
            TellConsumer(isFenced);
            return;
        }

        // It may be a loop inside its Subscribe, which only we can see the end of.
        LookAtNotes();
    }

    void IObserver<T>.OnError(Exception error) => EndPush(error);

    void IObserver<T>.OnCompleted() => EndPush(failure: null);
}
