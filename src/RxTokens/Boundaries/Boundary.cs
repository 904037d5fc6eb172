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

    /// <summary>Whether one more item may be taken in, in a single look at the state.</summary>
    protected abstract bool HasRoom { get; }

    /// <summary>Takes in one item. A throw ends the stream with it.</summary>
    protected abstract void Accept(T item);

    protected sealed override void Start() => inlet.Start(this);

    protected sealed override void Request() => inlet.Wake();

    protected sealed override void Stop() => inlet.Stop();

    /// <summary>Whether one more item may be read.</summary>
    // Room first: whoever closes the stream also clears it, and that is no room to read for.
    public bool MayPull() => HasRoom && !IsClosed;

    public void OnItem(T item)
    {
        try
        {
            Accept(item);
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    public void OnEnd(Ending ending)
    {
        lock (Gate)
            EndLocked(ending);
    }

    public void OnRest() => Resume();

    void IObserver<T>.OnNext(T value)
    {
        OnItem(value);
        Resume();
    }

    void IObserver<T>.OnError(Exception error) => EndPush(error);

    void IObserver<T>.OnCompleted() => EndPush(failure: null);

    private void EndPush(Exception? failure)
    {
        ((PushInlet<T, R>)inlet).End(failure);
        Resume();
    }
}
