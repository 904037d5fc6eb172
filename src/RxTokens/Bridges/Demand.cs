using System.Diagnostics;
using System.Reactive;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>Requests for items, to steer <see cref="TokenStream.OnDemand"/> with.</summary>
/// <remarks>
/// <code>
/// source    abcdef|
/// requests  2-----1---*
/// result    ab----c---[def|]    // source.OnDemand(demand)
/// </code>
/// <para><b>Demand:</b> requests add up and saturate at <see cref="long.MaxValue"/>, which stands for "no limit" (Reactive Streams 3.17).
/// What is requested while nobody listens is kept, and handed to the first subscriber.</para>
/// <para><b>Several streams</b> on one demand each get every request that is made while they listen. What a stream made by <c>OnDemand</c> has
/// not used when it ends or is disposed is not lost: it goes to the first stream that has come after it and was given nothing yet (one that
/// replaces it, as in <c>Switch</c>), else to the next that comes (a <c>Retry</c>), each of those remainders to one stream.</para>
/// <para><b>Errors:</b> a request that is not positive goes to the streams, which end with it (Reactive Streams 3.9).</para>
/// <para><b>Threading:</b> <see cref="Request"/> and <see cref="Cancel"/> may be called from any thread, by several at once, and from inside
/// <c>OnNext</c> (Reactive Streams 3.2, 3.3). Subscribers other than <c>OnDemand</c> are called one at a time.</para>
/// </remarks>
[DebuggerDisplay("Kept = {_kept}, Subscribers = {_subscribers.Count}, Cancelled = {_isCancelled}")]
public sealed class Demand : IObservable<long>
{
    // field        written by               read by     ordered by
    // _only        everyone, under _gate    everyone    volatile: a copy of what is under the lock
    // _upTo        who requests             the same    interlocked; it only grows
    // all others   everyone                 everyone    _gate; everybody is called outside it
    private readonly object _gate = new();
    private readonly LinkedList<IObserver<long>> _subscribers = new(); // in the order in which they came
    private readonly Queue<long> _remainders = new();
    private IObserver<long>[]? _all; // of the subscribers, until they change
    private ICreditLedger? _only; // where that is the one subscriber, as mostly: the short way to it
    private long _kept;
    private long? _refused;
    private bool _isCancelled;
    private long _upTo; // what RequestUpTo has asked for in all

    /// <summary>Demand without limit, for any number of streams. It has nothing more to say after that, and keeps nobody.</summary>
    public static IObservable<long> Unbounded { get; } = new WithoutLimit();

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

    /// <summary>Asks for what is missing to <paramref name="total"/> items, of all that this method has asked for: a list asks for the lines up to the last one in view.</summary>
    /// <param name="total">How many items there are to be in all. Less than before asks for nothing: what has been asked for stays so.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="total"/> is negative.</exception>
    public void RequestUpTo(long total)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(total);

        for (var before = Volatile.Read(ref _upTo); total > before;)
        {
            var seen = Interlocked.CompareExchange(ref _upTo, total, before);
            if (seen == before)
            {
                Request(total - before);
                return;
            }

            before = seen;
        }
    }

    /// <summary>
    /// Ends all streams that listen at once, as if each had been disposed (Reactive Streams 3.5 to 3.7, 3.12), and those that come later too:
    /// also from inside an <c>OnNext</c> that is called before <c>Subscribe</c> has returned what there is to dispose. Requests do nothing from now on.
    /// </summary>
    public void Cancel()
    {
        IObserver<long>[] all;
        lock (_gate)
        {
            if (_isCancelled)
                return;

            _isCancelled = true;
            all = AllLocked();
            _kept = 0;
            _refused = null;
            _remainders.Clear();
        }

        foreach (var subscriber in all)
            Complete(subscriber);
    }

    /// <summary>Subscribes to the requests, beginning with what is outstanding.</summary>
    /// <param name="observer">Gets each request's count; completed when the demand is cancelled.</param>
    /// <returns>Unsubscribes when disposed.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="observer"/> is null.</exception>
    public IDisposable Subscribe(IObserver<long> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);

        var ledger = observer as ICreditLedger;
        var subscriber = ledger is not null ? observer : Observer.Synchronize(observer, preventReentrancy: true);
        LinkedListNode<IObserver<long>> node;
        long first;
        long? refused;
        bool isCancelled;
        lock (_gate)
        {
            isCancelled = _isCancelled;
            node = _subscribers.AddLast(subscriber);
            if (ledger is not null)
                ledger.Ticket = node;

            // Before anybody else sees it, and may bring it to its end, in which it hands this back with the rest. One that has been left takes none.
            var hasRemainder = _remainders.TryPeek(out var remainder);
            first = hasRemainder ? Credit.Sum(_kept, remainder) : _kept;
            if (ledger is null || ledger.TryAdd(first))
            {
                if (hasRemainder)
                    _remainders.Dequeue();
                if (_kept != long.MaxValue)
                    _kept = 0;
            }

            HasChangedLocked();
            refused = _refused;
            _refused = null;
        }

        if (isCancelled)
        {
            Unsubscribe(node);
            Complete(subscriber);
            return Disposable.Empty;
        }

        if (first > 0 && ledger is null)
            subscriber.OnNext(first);
        if (refused is { } count)
            subscriber.OnNext(count);

        return Disposable.Create((Demand: this, Node: node), static s => s.Demand.Unsubscribe(s.Node));
    }

    /// <summary>Takes back what an ended subscription has not used, for another one.</summary>
    internal void TakeBack(ICreditLedger ended, long unused)
    {
        ICreditLedger? successor = null;
        lock (_gate)
        {
            if (_isCancelled)
                return;

            // With the lock: whoever is to have it may end in the same moment, and its own successor comes only after it has been here.
            var own = (LinkedListNode<IObserver<long>>?)ended.Ticket;
            if (unused > 0)
            {
                for (var node = own?.List is null ? null : own.Next; node is not null && successor is null; node = node.Next)
                    successor = node.Value is ICreditLedger { IsUntouched: true } next && next.TryAdd(unused) ? next : null;
                if (successor is null)
                    _remainders.Enqueue(unused);
            }

            if (own is not null)
                RemoveLocked(own);
        }

        successor?.Wake();
    }

    private bool TryHandOut(long count)
    {
        IObserver<long>[] all;
        lock (_gate)
        {
            if (_isCancelled)
                return true;

            all = AllLocked();
            if (all.Length == 0)
            {
                if (count <= 0)
                    _refused = count;
                else
                    _kept = Credit.Sum(_kept, count);
                return true;
            }
        }

        // Before the first is told: one that ends at that looks for somebody who was given nothing, and none of these is one.
        foreach (var subscriber in all)
            (subscriber as ICreditLedger)?.Touch();

        var isTaken = false;
        foreach (var subscriber in all)
            isTaken |= TryHandTo(subscriber, count);
        return isTaken;
    }

    private bool TryHandTo(IObserver<long> subscriber, long count)
    {
        if (subscriber is not ICreditLedger ledger)
        {
            subscriber.OnNext(count);
            return true;
        }

        if (ledger.TryRequest(count))
            return true;
        Unsubscribe((LinkedListNode<IObserver<long>>)ledger.Ticket!);
        return false;
    }

    private static void Complete(IObserver<long> subscriber)
    {
        if (subscriber is ICreditLedger ledger)
            ledger.Cancel();
        else
            subscriber.OnCompleted();
    }

    private void Unsubscribe(LinkedListNode<IObserver<long>> node)
    {
        lock (_gate)
            RemoveLocked(node);
    }

    private void RemoveLocked(LinkedListNode<IObserver<long>> node)
    {
        if (node.List is null)
            return; // it may have ended before it got the means to unsubscribe

        _subscribers.Remove(node);
        HasChangedLocked();
    }

    private void HasChangedLocked()
    {
        _all = null;
        Volatile.Write(ref _only, _subscribers.Count == 1 ? _subscribers.First!.Value as ICreditLedger : null);
    }

    private IObserver<long>[] AllLocked() => _all ??= [.. _subscribers];

    private sealed class WithoutLimit : IObservable<long>
    {
        public IDisposable Subscribe(IObserver<long> observer)
        {
            ArgumentNullException.ThrowIfNull(observer);

            observer.OnNext(long.MaxValue);
            return Disposable.Empty;
        }
    }
}

/// <summary>An observer of requests that takes them from several threads at once.</summary>
internal interface ICreditLedger
{
    /// <summary>Whether it was never given anything, nor is about to be.</summary>
    bool IsUntouched { get; }

    /// <summary>It is about to be given something.</summary>
    void Touch();

    /// <summary>The demand's own: where it finds this among its subscribers.</summary>
    object? Ticket { get; set; }

    /// <summary>Takes a request; false if the stream has ended, and the request is for somebody else.</summary>
    bool TryRequest(long count);

    /// <summary>The same for who holds a lock: nothing runs before <see cref="Wake"/>, or the stream's start.</summary>
    bool TryAdd(long count);

    /// <summary>Has the stream look at what was added.</summary>
    void Wake();

    /// <summary>Ends the stream as a disposal does.</summary>
    void Cancel();
}
