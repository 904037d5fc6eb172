using System.Diagnostics;
using System.Reactive;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>Requests for items, to steer <see cref="TokenStream.OnDemand{T}"/> with.</summary>
/// <remarks>
/// <code>
/// source    abcdef|
/// requests  2-----1---*
/// result    ab----c---[def|]    // source.OnDemand(demand)
/// </code>
/// <para><b>Demand:</b> requests add up and saturate at <see cref="long.MaxValue"/>, which stands for "no limit" (Reactive Streams 3.17).
/// What is requested while nobody listens is kept, and handed to the first subscriber. Several subscribers each get every request.
/// A subscription made by <c>OnDemand</c> that ends hands what it has not used back, so that <c>Retry</c> goes on where it was.</para>
/// <para><b>Errors:</b> a request that is not positive goes to the streams, which end with it (Reactive Streams 3.9).</para>
/// <para><b>Threading:</b> <see cref="Request"/> may be called from any thread, by several at once, and from inside <c>OnNext</c>
/// (Reactive Streams 3.2, 3.3). Subscribers other than <c>OnDemand</c> are called one at a time.</para>
/// </remarks>
[DebuggerDisplay("Outstanding = {_outstanding}, Subscribers = {_observers.Length}")]
public sealed class Demand : IObservable<long>
{
    private readonly Lock _gate = new();
    private IObserver<long>[] _observers = [];
    private ICreditLedger? _only; // where that is the one observer, as mostly: the short way to it
    private long _outstanding;
    private long? _refused;

    /// <summary>Demand without limit, for any number of streams.</summary>
    public static IObservable<long> Unbounded { get; } = CreateUnbounded();

    /// <summary>Asks for <paramref name="count"/> items more.</summary>
    /// <param name="count">How many items; <see cref="long.MaxValue"/> asks for all. A count below 1 ends the streams that
    /// listen with <see cref="ArgumentOutOfRangeException"/>; this call returns normally (Reactive Streams 3.9, 3.16).</param>
    public void Request(long count)
    {
        // A stream that ends while it is being asked takes nothing. If nobody else has taken the request either,
        // it is for whoever listens by then: the next subscription of a Retry, say.
        if (Volatile.Read(ref _only) is { } ledger && ledger.TryRequest(count))
            return;

        while (!TryHandOut(count))
        {
        }
    }

    /// <summary>Subscribes to the requests, beginning with what is outstanding.</summary>
    /// <param name="observer">Gets each request's count.</param>
    /// <returns>Unsubscribes when disposed.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="observer"/> is null.</exception>
    public IDisposable Subscribe(IObserver<long> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);

        var subscriber = observer is ICreditLedger ? observer : Observer.Synchronize(observer, preventReentrancy: true);
        long outstanding;
        long? refused;
        lock (_gate)
        {
            SetObserversLocked([.. _observers, subscriber]);
            outstanding = _outstanding;
            refused = _refused;
            _refused = null;
            if (outstanding != long.MaxValue)
                _outstanding = 0;
        }

        // It may have ended by now, on what another thread has requested meanwhile.
        if (outstanding > 0 && !TryHandTo(subscriber, outstanding))
            Request(outstanding);
        if (refused is { } count)
            subscriber.OnNext(count);

        return Disposable.Create((Demand: this, Subscriber: subscriber), static s => s.Demand.Unsubscribe(s.Subscriber));
    }

    /// <summary>Takes back what an ended subscription has not used, for the next one.</summary>
    internal void TakeBack(ICreditLedger ended, long unused)
    {
        lock (_gate)
        {
            RemoveLocked(ended); // it may have ended before it got the means to unsubscribe
            if (_observers.Length == 0)
                KeepLocked(unused);
        }
    }

    private bool TryHandOut(long count)
    {
        var observers = Volatile.Read(ref _observers);
        if (observers.Length == 0)
        {
            lock (_gate)
            {
                observers = _observers;
                if (observers.Length == 0)
                {
                    KeepLocked(count);
                    return true;
                }
            }
        }

        var isTaken = false;
        foreach (var observer in observers)
            isTaken |= TryHandTo(observer, count);
        return isTaken;
    }

    private bool TryHandTo(IObserver<long> observer, long count)
    {
        if (observer is not ICreditLedger ledger)
        {
            observer.OnNext(count);
            return true;
        }

        if (ledger.TryRequest(count))
            return true;
        Unsubscribe(ledger);
        return false;
    }

    private void KeepLocked(long count)
    {
        if (count <= 0)
            _refused = count;
        else
            _outstanding = Credit.Sum(_outstanding, count);
    }

    private void Unsubscribe(object subscriber)
    {
        lock (_gate)
            RemoveLocked(subscriber);
    }

    private void RemoveLocked(object subscriber) =>
        SetObserversLocked(Array.FindAll(_observers, other => !ReferenceEquals(other, subscriber)));

    private void SetObserversLocked(IObserver<long>[] observers)
    {
        Volatile.Write(ref _observers, observers);
        Volatile.Write(ref _only, observers is [ICreditLedger ledger] ? ledger : null);
    }

    private static Demand CreateUnbounded()
    {
        var demand = new Demand();
        demand.Request(long.MaxValue);
        return demand;
    }
}

/// <summary>An observer of requests that takes them from several threads at once.</summary>
internal interface ICreditLedger
{
    /// <summary>Takes a request; false if the stream has ended, and the request is for somebody else.</summary>
    bool TryRequest(long count);
}
