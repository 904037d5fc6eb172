using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>Where a boundary's items come from: a pull source that is read, or a push source that is listened to.</summary>
internal abstract class Inlet<T, R>
{
    /// <summary>Begins to feed the boundary.</summary>
    public abstract void Start(Boundary<T, R> boundary);

    /// <summary>The consumer has asked or taken: there may be room.</summary>
    public abstract void Wake();

    /// <summary>Stops for good, and tells the boundary when everything is cleaned up.</summary>
    public abstract void Stop();
}

/// <summary>Reads a pull source while the boundary has room.</summary>
internal sealed class PullInlet<T, R>(IAsyncEnumerable<T> source, int maxBurst = int.MaxValue) : Inlet<T, R>
{
    private Pump<T, Boundary<T, R>.Target> _pump = null!; // from Start on; nothing is asked or stopped before

    public override void Start(Boundary<T, R> boundary) => _pump = new Pump<T, Boundary<T, R>.Target>(source, new Boundary<T, R>.Target(boundary), maxBurst);

    public override void Wake() => _pump.Wake();

    public override void Stop() => _pump.Stop();
}

/// <summary>Listens to a push source from the first request on.</summary>
internal sealed class PushInlet<T, R>(IObservable<T> source) : Inlet<T, R>
{
    private readonly SingleAssignmentDisposable _subscription = new();
    private Boundary<T, R> _boundary = null!; // from Start on

    public override void Start(Boundary<T, R> boundary)
    {
        _boundary = boundary;
        _subscription.Disposable = source.Subscribe(boundary);
    }

    public override void Wake()
    {
        // A push source does not wait to be asked.
    }

    public override void Stop() => End(failure: null);

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
