using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

/// <summary>
/// Where two rates meet: takes items at the source's pace, hands them out at the consumer's. What happens to those
/// that the consumer has not taken yet is the derived class's store's business.
/// </summary>
/// <remarks>
/// <code>
/// field             written by               read by          ordered by
/// _push, _seat      constructor              everyone         readonly; what is in it says so itself
/// _isHeldUp         the filler               the emptier      a fence on both sides, where it matters: HasRoomOrSaysWhen and OnTaken
/// the store         the filler: the runner, the push source or who is shared; the emptier: the consumer while Away, else the runner in its place
/// all others        the runner               the runner       the turn
/// </code>
/// <para>A store has one filler and one emptier, and keeps them apart by itself. So items need no turn while there are some and there is room:
/// the short way of the consumer, and that of a push source. Only the first of several, and the last, is an event.</para>
/// </remarks>
internal abstract class Boundary<T, R> : Outlet<T, R>, IObserver<T>, IJoined<T>
{
    /// <summary>
    /// How many items that are ready at once a boundary without a bound of its own takes before it lets its consumer run.
    /// </summary>
    private const int Burst = 1024;

    private readonly PushSource<T>? _push;
    private readonly Seat<T>? _seat;
    private volatile bool _isHeldUp;
    private bool _isFree = true;

    /// <param name="pull">What is read, or null.</param>
    /// <param name="push">What is subscribed to, or null.</param>
    /// <param name="seat">Where others listen, too, or null.</param>
    /// <param name="cancellationToken">The consumer's.</param>
    protected Boundary(IAsyncEnumerable<T>? pull, IObservable<T>? push, Seat<T>? seat, CancellationToken cancellationToken)
        : base(pull, cancellationToken)
    {
        if (push is not null)
            _push = new PushSource<T>(push);
        _seat = seat;
    }

    /// <summary>Whether reading has stopped until the consumer has made room. For the filler; for the emptier a hint.</summary>
    protected bool IsHeldUp => _isHeldUp;

    /// <summary>Whether the store bounds by itself how much is read; else it would never let go of an endless source that is always ready.</summary>
    protected virtual bool IsBounded => false;

    /// <summary>Whether one more item may be read into the store. For the filler.</summary>
    protected virtual bool HasRoom => true;

    /// <summary>For how many more there is room, where there is some. For the filler.</summary>
    protected virtual int Room => 1;

    protected sealed override bool IsPushedTo => _push is not null || _seat is not null;

    protected sealed override bool IsComplete => _isFree;

    /// <summary>Whether an item may go straight to a consumer that waits: nothing is missing of it. For the filler.</summary>
    protected virtual bool IsFinished(T item) => true;

    /// <summary>What an item is when it goes straight to a consumer that waits. For the runner.</summary>
    protected abstract R First(T item);

    /// <summary>Puts an item into the store. For the filler. A throw ends the stream with it.</summary>
    /// <returns>Whether a full fence has followed, so that what was added can be seen.</returns>
    protected abstract bool Add(T item);

    /// <summary>Puts into the store what was kept back until more comes: no more does. For the filler.</summary>
    protected virtual void AddRest()
    {
    }

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
        if (_seat is null)
            Post(Note.News);
        else
            _seat.GoOn();
        ambient.Restore();
    }

    protected sealed override void OnAsked()
    {
        if (_seat is null || !IsOpen)
            return;

        long number;
        do
        {
            // In this order: what comes after the look at the number is seen in the store, or makes the number too small to be waited for.
            number = _seat.Number;
            TryServe();
        }
        while (IsAsking && !_seat.TryAsk(number + 1));
    }

    /// <summary>The item that was asked for may have been taken before its number was written: then another is to be asked for.</summary>
    protected sealed override void OnWaiting()
    {
        if (_seat is not null && _seat.Number >= _seat.Asked)
            OnAsked();
    }

    protected sealed override void OnTaken()
    {
        if (_seat is not { Holds: true })
            return;

        Interlocked.MemoryBarrier();
        if (_isHeldUp)
            _seat.GoOn();
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
            _seat?.Leave(IsCancelled);
        }
        catch (Exception thrown)
        {
            FailedToCleanUp(thrown);
        }

        SeeWhetherFree();
    }

    /// <summary>Here alone: whether it is complete does not change without what there is to be told with it.</summary>
    private void SeeWhetherFree()
    {
        if (_seat is null)
            return;

        _isFree = _seat.IsFree;
        if (_isFree && _seat.TakeFailure() is { } failure)
            FailedToCleanUp(failure);
    }

    protected sealed override void Interrupt()
    {
        CancelSource();
        _seat?.Interrupt();
        if (_push is not null)
            Unobserved.Cancel(_push, static p => p.Unsubscribe());
    }

    protected sealed override void OnNews(Note notes)
    {
        // What came too late, from a push source that had not heard of the end.
        if (IsSourceDisposed)
            Discard();
        SeeWhetherFree();
    }

    protected sealed override bool MayRead() => !IsPushedTo && HasRoomOrSaysWhen();

    private bool HasRoomOrSaysWhen()
    {
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
            if (IsAsking && IsFinished(item))
            {
                Serve(First(item));
            }
            else
            {
                Add(item);
                if (IsAsking)
                    TryServe();
            }
        }
        catch (Exception failure)
        {
            Fail(failure);
        }

        return MayRead();
    }

    /// <summary>One that is pushed, from inside a call that the runner has made.</summary>
    private void OnItemInside(T item)
    {
        if (IsAsking)
            TryServe(); // from another thread one may have come before it
        OnItem(item);
    }

    protected sealed override Due OnRest(bool isUsedUp)
    {
        if (isUsedUp)
            _isHeldUp = true;
        return base.OnRest(isUsedUp);
    }

    // Who is shared.

    int IJoined<T>.RoomOrSaysWhen() => HasRoomOrSaysWhen() ? Room : 0;

    void IJoined<T>.Remember(T item)
    {
        OnPast();
        Tell(new ReadOnlySpan<T>(in item), _seat!.Number + 1);
    }

    /// <summary>What comes next was there before this consumer.</summary>
    protected virtual void OnPast()
    {
    }

    void IJoined<T>.Tell(ReadOnlySpan<T> items, long number) => Tell(items, number);

    void IJoined<T>.End(Exception? failure) => Guarded(static (self, failure) => self.EndStore(failure), failure);

    void IJoined<T>.Free() => Guarded(static (self, _) => self.Post(Note.News), 0);

    /// <summary>What its consumer's code throws is no affair of who is shared.</summary>
    private void Guarded<TState>(Action<Boundary<T, R>, TState> tell, TState state)
    {
        try
        {
            tell(this, state);
        }
        catch (Exception thrown)
        {
            Unobserved.Throw(thrown);
        }
    }

    private void Tell(ReadOnlySpan<T> items, long number)
    {
        var isInside = IsInside;
        foreach (var item in items)
            Tell(item, isInside);
        _seat!.Number = number; // before who waits is told, and asks again; a fence follows
        if (!isInside)
            Guarded(static (self, _) => self.TellConsumer(isFenced: false), 0);
    }

    private void Tell(T item, bool isInside)
    {
        if (isInside)
            LookAtNotes(); // it may have left from inside the source

        try
        {
            if (IsPushOver || _seat!.HasLeft)
                OnDiscarded(item);
            else if (isInside)
                OnItemInside(item);
            else
                Add(item);
        }
        catch (Exception failure)
        {
            Guarded(static (self, failure) => self.EndStore(failure), failure);
        }
    }

    /// <summary>The filler has no more.</summary>
    private void EndStore(Exception? failure)
    {
        AddRest();
        EndPush(failure);
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
                OnItemInside(value);
            else
                isFenced = Add(value);
        }
        catch (Exception failure) when (isOpen)
        {
            EndStore(failure);
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

    void IObserver<T>.OnError(Exception error) => EndToSpeak(error);

    void IObserver<T>.OnCompleted() => EndToSpeak(failure: null);

    private void EndToSpeak(Exception? failure)
    {
        // Where a call of OnNext has not returned, which Rx forbids, the store is still that call's.
        if (IsListening && _push!.TryBeginToSpeak())
        {
            AddRest();
            _push.EndToSpeak();
        }

        EndPush(failure);
    }
}
