namespace RxTokens;

/// <summary>
/// Where two rates meet: takes items at the source's pace, hands them out at the consumer's. What happens to those
/// that the consumer has not taken yet is the derived class's business.
/// </summary>
internal abstract class Boundary<T, R>(IInlet<T, R> inlet, CancellationToken cancellationToken)
    : Outlet<R>(cancellationToken), IObserver<T>
{
    /// <summary>
    /// How many items that are ready at once a boundary without a bound of its own takes before it lets its consumer run.
    /// </summary>
    public const int Burst = 1024;

    protected IInlet<T, R> Inlet => inlet;

    /// <summary>Whether one more item may be taken in, in a single look at the state. For who takes them in.</summary>
    protected abstract bool HasRoom();

    /// <summary>Whether items wait that were added without the lock.</summary>
    protected virtual bool HasItems => false;

    /// <summary>Whether the last item, if it waits, was followed by a full fence already.</summary>
    protected virtual bool IsFenced => true;

    /// <summary>Takes in one item. A throw ends the stream with it.</summary>
    /// <returns>What <see cref="HasRoom"/> says after it.</returns>
    protected abstract bool Accept(T item);

    protected sealed override void Start() => inlet.Start(this);

    protected sealed override void Request() => inlet.Wake();

    protected sealed override void Stop() => inlet.Stop();

    /// <summary>Whether one more item may be read.</summary>
    // Room first: whoever closes the stream may also clear it, and that is no room to read for.
    public bool MayPull() => HasRoom() && !IsClosed;

    /// <summary>Takes in one item.</summary>
    /// <returns>What <see cref="MayPull"/> says after it.</returns>
    public bool OnItem(T item)
    {
        try
        {
            return Accept(item) && !IsClosed;
        }
        catch (Exception failure)
        {
            Fail(failure);
            return false;
        }
    }

    public void OnEnd(Ending ending)
    {
        lock (Gate)
            EndLocked(ending);
    }

    /// <summary>Serves and resumes a consumer that waits. Behind a full fence: see <see cref="TryHandOver"/>.</summary>
    public void OnRest()
    {
        if (IsAskedFor && HasItems)
        {
            lock (Gate)
                ServeLocked();
            inlet.Wake(); // there is room again
        }

        Resume();
    }

    /// <summary>
    /// For items that are added without the lock otherwise: gives one to a consumer that asks. True: it has it, or nobody wants it.
    /// </summary>
    /// <remarks>
    /// The consumer may begin to ask just after the look at it, and just before the item can be seen. Both then look once more, each behind
    /// a fence: the consumer before it waits, the other side when it comes to rest. So one of them finds the other.
    /// </remarks>
    protected bool TryHandOver(R item)
    {
        if (!IsAskedFor)
            return IsClosed;

        lock (Gate)
        {
            if (IsClosed)
                return true;
            ServeLocked(); // what came before, if that was missed
            return TryHandOverLocked(item);
        }
    }

    void IObserver<T>.OnNext(T value)
    {
        OnItem(value);
        if (!IsFenced)
            Interlocked.MemoryBarrier();
        OnRest();
    }

    void IObserver<T>.OnError(Exception error) => EndPush(error);

    void IObserver<T>.OnCompleted() => EndPush(failure: null);

    private void EndPush(Exception? failure)
    {
        ((PushInlet<T, R>)inlet).End(failure);
        Resume();
    }
}
