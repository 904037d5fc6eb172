using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>Where a boundary's items come from: a pull source that is read, or a push source that is listened to.</summary>
internal abstract class Inlet<T>
{
    /// <summary>Begins to feed the boundary.</summary>
    public abstract void Start<R>(Boundary<T, R> boundary);

    /// <summary>The consumer has asked or taken: there may be room.</summary>
    public abstract void Wake();

    /// <summary>Stops for good, and tells the boundary when everything is cleaned up.</summary>
    public abstract void Stop();
}

/// <summary>Reads a pull source while the boundary has room.</summary>
internal sealed class PullInlet<T>(IAsyncEnumerable<T> source, int maxBurst = int.MaxValue) : Inlet<T>
{
    /// <summary>
    /// How many items that are ready at once a boundary without a bound of its own takes before it lets its consumer run.
    /// </summary>
    public const int Burst = 1024;

    private Pump<T> _pump = null!; // from Start on; nothing is asked or stopped before

    public override void Start<R>(Boundary<T, R> boundary) => _pump = new Pump<T>(source, boundary, maxBurst);

    public override void Wake() => _pump.Wake();

    public override void Stop() => _pump.Stop();
}

/// <summary>Listens to a push source from the first request on.</summary>
internal sealed class PushInlet<T>(IObservable<T> source) : Inlet<T>
{
    private readonly SingleAssignmentDisposable _subscription = new();
    private IPumpTarget<T> _target = null!; // from Start on

    public override void Start<R>(Boundary<T, R> boundary)
    {
        _target = boundary;
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

        _target.OnEnd(new Ending(failure, cleanupFailure));
    }
}
