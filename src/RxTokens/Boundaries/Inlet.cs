using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>Where a boundary's items come from: a pull source that is read, or a push source that is listened to.</summary>
internal interface IInlet<T, R>
{
    /// <summary>Begins to feed the boundary.</summary>
    void Start(Boundary<T, R> boundary);

    /// <summary>The consumer has asked or taken: there may be room.</summary>
    void Wake();

    /// <summary>Whether it has read all that it may in one go, and waits for a <see cref="Wake"/>.</summary>
    bool IsPaused { get; }

    /// <summary>Stops for good, and tells the boundary when everything is cleaned up.</summary>
    void Stop();
}

/// <summary>Reads a pull source while the boundary has room.</summary>
internal sealed class PullInlet<T, R>(IAsyncEnumerable<T> source, int maxBurst = int.MaxValue) : Pump<T>(source, maxBurst), IInlet<T, R>
{
    private Boundary<T, R> _boundary = null!; // from Start on; nothing is asked or stopped before

    public void Start(Boundary<T, R> boundary) => _boundary = boundary;

    protected override bool MayPull() => _boundary.MayPull();

    protected override bool OnItem(T item) => _boundary.OnItem(item);

    protected override void OnEnd(Ending ending) => _boundary.OnEnd(ending);

    protected override void OnRest() => _boundary.OnRest();
}

/// <summary>Listens to a push source from the first request on.</summary>
internal sealed class PushInlet<T, R>(IObservable<T> source) : IInlet<T, R>
{
    private readonly SingleAssignmentDisposable _subscription = new();
    private Boundary<T, R> _boundary = null!; // from Start on

    public void Start(Boundary<T, R> boundary)
    {
        _boundary = boundary;
        _subscription.Disposable = source.Subscribe(boundary);
    }

    public bool IsPaused => false;

    public void Wake()
    {
        // A push source does not wait to be asked.
    }

    public void Stop() => End(failure: null);

    /// <summary>Unsubscribes, then reports the end.</summary>
    public void End(Exception? failure)
    {
        Exception? cleanupFailure = null;
        try
        {
            _subscription.Dispose();
        }
        catch (Exception thrown)
        {
            cleanupFailure = thrown;
        }

        _boundary.OnEnd(new Ending(failure, cleanupFailure));
    }
}

/// <summary>A pull stream of boundaries over a source of either kind.</summary>
internal abstract class BoundaryStream<T, R>(IAsyncEnumerable<T>? pull, IObservable<T>? push, int maxBurst = int.MaxValue) : OutletStream<R>
{
    protected IInlet<T, R> CreateInlet() => pull is not null ? new PullInlet<T, R>(pull, maxBurst) : new PushInlet<T, R>(push!);
}
