using System.Diagnostics;
using System.Reactive;
using System.Reactive.Disposables;
using System.Runtime.ExceptionServices;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Pushes the items of a pull source as far as they are requested, and reads no further.</summary>
    /// <remarks>
    /// <code>
    /// source    -   a--b--c--d--|
    /// requests  2   -------1---*
    /// pulls     [^1]1------1---2!    // c is there at 7, and read at 8, when it is asked for
    /// result    -   a--b---c---d|    // OnDemand(requests)
    /// </code>
    /// <para><b>Demand:</b> requests add up and saturate at <see cref="long.MaxValue"/> = no limit (Reactive Streams 3.8, 3.17); the
    /// source is read only while some are left (1.1), read-ahead 0. Each subscription has a ledger of its own and reads the source
    /// anew. Where the source ends is found out by reading: completion needs one request more than there are items, unless the source
    /// ends early or <paramref name="requests"/> completes.</para>
    /// <para><b>Ending:</b> completes with the source; or, once <paramref name="requests"/> has completed, with the last item that was
    /// requested. A request below 1 ends it with <see cref="ArgumentOutOfRangeException"/> (3.9); a failure of
    /// <paramref name="requests"/>, of the source or of its clean-up ends it with that failure (1.4). Nothing follows the ending (1.7).</para>
    /// <para><b>Disposal:</b> cancels a read that is pending, by the source's token; the source is disposed, once, as soon as that has returned
    /// and the observer is done with its item (3.5-3.7, 3.12). Without a pending read the token is not cancelled, and a clean-up may take its
    /// time. Items that are ready arrive before <c>Subscribe</c> returns: an observer that has enough from inside <c>OnNext</c> then calls
    /// <see cref="Demand.Cancel"/> (or is behind a <c>Take</c>). Requests that were not used go back to their <see cref="Demand"/>. Where the stream ends by itself the source is disposed before the ending arrives. If cleaning up after an
    /// unsubscribe fails, nobody is left to be told: the failure goes to <see cref="TaskScheduler.UnobservedTaskException"/>.
    /// If an observer's <c>OnNext</c> throws, the source is disposed first, then the exception surfaces on the thread that called it
    /// or, where the disposal takes time, on the one that completes that.</para>
    /// <para><b>Threading:</b> <c>OnNext</c> is called one at a time (1.3), on the thread that completes the read or, for items that are
    /// ready, that makes the request; requests from inside <c>OnNext</c> do not recurse (3.3).</para>
    /// <code>
    /// // Conceptually:
    /// public static IObservable&lt;T> OnDemand&lt;T>(this IAsyncEnumerable&lt;T> source, IObservable&lt;long> requests) => Observable.Create&lt;T>(async (observer, leaving) =>
    /// {
    ///     var (credits, credit) = (Channel.CreateUnbounded&lt;long>(), 0L);
    ///     using var listening = requests.Subscribe(
    ///         count => credits.Writer.TryWrite(count), failure => credits.Writer.Complete(failure), () => credits.Writer.Complete());
    ///     if (!await MayRead())
    ///         return;
    ///     await foreach (var item in source.WithCancellation(leaving))
    ///     {
    ///         observer.OnNext(item);
    ///         if (!await MayRead())
    ///             return;
    ///     }
    ///
    ///     async Task&lt;bool> MayRead()
    ///     {
    ///         leaving.ThrowIfCancellationRequested();
    ///         if (credit == 0 &amp;&amp; await credits.Reader.WaitToReadAsync(leaving))
    ///             credit = await credits.Reader.ReadAsync(leaving);
    ///         return credit-- > 0;
    ///     }
    /// });
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="requests">How many items more, each time: usually a <see cref="Demand"/>.</param>
    /// <returns>A cold push stream.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IObservable<TSource> OnDemand<TSource>(this IAsyncEnumerable<TSource> source, IObservable<long> requests)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(requests);

        return new OnDemandObservable<TSource>(source, requests);
    }
}

[DebuggerDisplay("{Display,nq}")]
internal sealed class OnDemandObservable<T>(IAsyncEnumerable<T> source, IObservable<long>? requests) : IObservable<T>
{
    private readonly IObservable<long>? _requests = requests;

    private string Display => _requests is null ? "AsObservable()" : $"OnDemand({_requests})";

    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer); // Reactive Streams 1.9

        var subscription = new OnDemandSubscription<T>(source, _requests, observer);
        // The first item must not arrive before the subscriber has its disposable, or a Take could not stop a source
        // that completes synchronously: this is what Rx's trampoline is for.
        Trampoline.Schedule(subscription, static s => s.Begin());
        return subscription;
    }
}

/// <summary>A stage whose consumer is pushed to, as far as its credit goes.</summary>
/// <remarks>
/// <code>
/// field             written by                       read by       ordered by
/// _credit           who requests; the runner: closes everyone      itself
/// _isGiven          who requests, to true            the demand    volatile
/// _requestsEnded    the requests, to true            the runner    volatile, before the note News
/// _failure          the requests, once               the runner    interlocked, before the note Ended
/// _requesting       Begin                            the runner    Rx's own, so it may be disposed before it is there
/// all others        the runner                       the runner    the turn
/// </code>
/// </remarks>
internal sealed class OnDemandSubscription<T> : Stage<T>, IObserver<long>, ICreditLedger, IDisposable
{
    private const int MaxTurn = 1024;
    private static readonly IObserver<T> Nobody = Observer.Create<T>(static _ => { }, static _ => { });

    private readonly IObservable<long>? _requests;
    private readonly SingleAssignmentDisposable _requesting = new();
    private Credit _credit;
    private volatile bool _isGiven;
    private volatile bool _requestsEnded;
    private Exception? _failure;

    private IObserver<T> _observer;
    private long _creditSeen;
    private long _requested; // that, and what was requested from inside OnNext
    private long _delivered;
    private bool _isLeft;
    private ExceptionDispatchInfo? _thrown; // by the observer
    private bool _isThrowDue;
    private int _turn = 1;
    private bool _isOnTrampoline;
    private bool _isTurnAskedFor;

    public OnDemandSubscription(IAsyncEnumerable<T> source, IObservable<long>? requests, IObserver<T> observer)
        : base(source)
    {
        _requests = requests;
        _observer = observer;
        if (requests is null)
            _credit.TryAdd(long.MaxValue);
    }

    bool ICreditLedger.IsUntouched => !_isGiven;

    void ICreditLedger.Touch() => _isGiven = true;

    object? ICreditLedger.Ticket { get; set; }

    public void Begin()
    {
        if (_requests is not null)
        {
            try
            {
                _requesting.Disposable = _requests.Subscribe(this);
            }
            catch (Exception failure)
            {
                End(failure);
            }
        }

        Post(Note.News);
    }

    /// <summary>
    /// On Rx's trampoline it gives way from time to time to what the observers have scheduled there (the inner sequences of a SelectMany,
    /// say), which an endless synchronous source would starve. Turns grow, so that giving way costs nothing to speak of.
    /// </summary>
    protected override long OnEnter()
    {
        _isOnTrampoline = Trampoline.IsRunning;
        return _isOnTrampoline ? _turn : long.MaxValue;
    }

    protected override void OnNotes(Note notes)
    {
        if ((notes & Note.OnTrampoline) != 0)
            _isTurnAskedFor = false;
        if ((notes & Note.Left) != 0)
        {
            _isLeft = true;
            _observer = Nobody; // 3.13: whoever keeps the subscription does not keep the observer
            LetGoOfRequests();
            Stop();
        }

        if ((notes & Note.Ended) != 0)
        {
            Stop();
            CancelSource();
        }
    }

    protected override bool MayRead()
    {
        if (_delivered < _requested)
            return true;

        // Read in this order: what was requested before the requests ended is seen.
        var requestsEnded = _requestsEnded;
        Look(_credit.Amount);
        if (_delivered < _requested)
            return true;

        if (requestsEnded)
            Stop();
        return false;
    }

    private void Look(long credit)
    {
        _requested = Credit.Sum(_requested, credit - _creditSeen);
        _creditSeen = credit;
    }

    protected override bool OnItem(T item)
    {
        _delivered++;
        try
        {
            _observer.OnNext(item);
        }
        catch (Exception thrown)
        {
            _thrown = ExceptionDispatchInfo.Capture(thrown);
            Stop();
            return false;
        }

        return MayRead();
    }

    protected override void OnEnd()
    {
        LetGoOfRequests();
        var observer = _observer;
        _observer = Nobody;
        if (_thrown is not null)
        {
            _isThrowDue = true;
            return;
        }

        if (_isLeft)
        {
            Unobserved.Report(Ending.Combine(CleanupFailures));
            return;
        }

        try
        {
            if (Ending.Combine([_failure, SourceFailure, .. CleanupFailures]) is { } error)
                observer.OnError(error);
            else
                observer.OnCompleted();
        }
        catch (Exception thrown)
        {
            _thrown = ExceptionDispatchInfo.Capture(thrown);
            _isThrowDue = true;
        }
    }

    protected override Due OnRest(bool isUsedUp)
    {
        var due = Due.None;
        if (isUsedUp && _isOnTrampoline && !IsStopped && !_isTurnAskedFor)
        {
            _isTurnAskedFor = true;
            _turn = Math.Min(_turn * 2, MaxTurn);
            due = Due.Continue;
        }

        if (!_isThrowDue)
            return due;

        _isThrowDue = false;
        return due | Due.Throw;
    }

    protected override void Do(Due due)
    {
        if ((due & Due.Continue) != 0)
            Trampoline.Schedule(this, static s => s.Post(Note.OnTrampoline));

        if ((due & Due.Throw) == 0)
            return;

        // The throw takes the place of the ending.
        if (CleanupFailures.Length > 0)
            throw Ending.Combine([_thrown!.SourceException, .. CleanupFailures])!;
        _thrown!.Throw();
    }

    public void Dispose() => PostEnding(Note.Left);

    void ICreditLedger.Cancel() => Dispose();

    void IObserver<long>.OnNext(long count) => TryRequest(count);

    public bool TryRequest(long count)
    {
        if (count <= 0)
        {
            End(new ArgumentOutOfRangeException(
                nameof(count), count, "A stream was asked for a number of items that is not positive (Reactive Streams 3.9)."));
            return true;
        }

        _isGiven = true;

        // From inside OnNext nobody else can be there to add, and we look again after it.
        if (IsInside)
        {
            if (_credit.IsClosed)
                return false;
            _requested = Credit.Sum(_requested, count);
            return true;
        }

        if (!_credit.TryAdd(count))
            return false;
        Post(Note.News);
        return true;
    }

    bool ICreditLedger.TryAdd(long count)
    {
        if (count > 0)
            _isGiven = true;
        return _credit.TryAdd(count);
    }

    void ICreditLedger.Wake() => Post(Note.News);

    void IObserver<long>.OnError(Exception error) => End(error);

    void IObserver<long>.OnCompleted()
    {
        _requestsEnded = true;
        Post(Note.News);
    }

    private void End(Exception failure)
    {
        Interlocked.CompareExchange(ref _failure, failure, null);
        PostEnding(Note.Ended);
    }

    /// <summary>Unsubscribes from the requests, and hands back those that were not used.</summary>
    private void LetGoOfRequests()
    {
        if (_credit.IsClosed)
            return;

        Look(_credit.Close());
        try
        {
            // In this order: the demand looks for a successor, which is one that came after us.
            var unused = _requested == long.MaxValue ? _requested : _requested - _delivered;
            (_requests as Demand)?.TakeBack(this, unused);
            _requesting.Dispose();
        }
        catch (Exception failure)
        {
            FailedToCleanUp(failure);
        }
    }
}
