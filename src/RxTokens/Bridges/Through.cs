using System.Diagnostics.CodeAnalysis;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Runs an Rx query between a pull source and a pull consumer, and reads the source only while the consumer waits for the query's next result.</summary>
    /// <remarks>
    /// <code>
    /// source    a   b   cde   f|
    /// requests  1   -   --1   ---1   -1
    /// pulls     [^2]-   --2   ---2   -[1!]    // c and d are read when they are asked for
    /// result    -   {ab}--{cd}---{ef}-|       // Through(o => o.Buffer(2))
    /// </code>
    /// <para><b>Demand:</b> subscribes the query at the first <c>MoveNextAsync</c>. While a consumer waits and the query has said
    /// nothing, it reads one item, pushes it into the query, and looks again; at the first result it stops. So <c>Buffer(10)</c> reads
    /// exactly 10 items per list, <c>Where</c> reads up to the next match, and <c>Sample</c> reads only while somebody waits for the
    /// sample. A read in flight when a timer answers the consumer is pushed when it lands: read-ahead 0, or 1 with timers in the query.
    /// Nothing is read while the query does not listen; an item that lands then waits until it listens again.</para>
    /// <para><b>The query sees one shared enumeration</b>, as in <c>Publish(selector)</c>: <c>o.Zip(o.Skip(1), …)</c> reads the source
    /// once, and <c>o.Take(2).Concat(o)</c> goes on with the third item. After the source has ended, each later subscriber gets that
    /// ending again: <c>Retry</c> inside the query cannot restart the source, so retry outside, on the pull side. A query that
    /// resubscribes to an ended source more than 1,000 times within one request fails.</para>
    /// <para><b>Bound:</b> results that nobody waits for yet are queued in order: those of one item, and what timers make. Past
    /// <paramref name="maxPending"/> the stream ends with a <see cref="BackpressureException"/> after those that are queued. Queries
    /// with asynchronous stages (<c>SelectMany</c> with a task, <c>ObserveOn</c>, <c>Delay</c>) are fed for as long as the consumer
    /// waits, whatever they have in work: <see cref="SelectAsync"/> bounds that.</para>
    /// <para><b>Errors:</b> failures of the source and of its clean-up go into the query as <c>OnError</c>; what comes out of it,
    /// a throw from <paramref name="query"/> itself, and <see cref="InvalidOperationException"/> where it returns null, come from
    /// <c>MoveNextAsync</c>, after queued results.</para>
    /// <para><b>Disposal:</b> when the query ends, the consumer leaves or the enumeration is cancelled, the query is unsubscribed, the
    /// source's token cancelled, a pending read awaited and the source disposed once; only then does the end arrive.
    /// A cancelled enumeration ends with <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> items are pushed one at a time, on the thread that completes the read. A waiting consumer resumes on the
    /// thread that made its result: that of the read, or a timer's. A request made on Rx's current-thread trampoline (in the
    /// <c>OnNext</c> of an <c>Observable.Range</c>, say) reads when its turn has come: do not block there for the result.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the source's items.</typeparam>
    /// <typeparam name="R">The type of the query's results.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="query">The query; called once per enumeration.</param>
    /// <param name="maxPending">The most results that may wait for the consumer; at least 1.</param>
    /// <returns>A pull stream; each enumeration reads the source anew, through a query of its own.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="query"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxPending"/> is less than 1.</exception>
    public static IAsyncEnumerable<R> Through<T, R>(
        this IAsyncEnumerable<T> source, Func<IObservable<T>, IObservable<R>> query, int maxPending = 1024)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPending, 1);

        return new ThroughStream<T, R>(source, query, maxPending);
    }
}

/// <summary>Stands on both sides of the query: the consumer's outlet, the query's source and the query's observer.</summary>
internal sealed class ThroughStream<T, R>(IAsyncEnumerable<T> source, Func<IObservable<T>, IObservable<R>> query, int maxPending) : OutletStream<R>
{
    public override Outlet<R> Start(CancellationToken cancellationToken) => new ThroughOutlet<T, R>(source, query, maxPending, cancellationToken);
}

internal sealed class ThroughOutlet<T, R> : Outlet<R>, IObservable<T>, IObserver<R>
{
    private const int MaxResubscriptions = 1000;

    private enum Source : byte
    {
        Running,
        Ended,

        /// <summary>And the query has been told.</summary>
        Done,
    }

    private readonly Func<IObservable<T>, IObservable<R>> _query;
    private readonly int _maxPending;
    private readonly Reader _pump;
    private readonly Subject<T> _items = new();
    private Queue<R>? _results; // none before one has to wait
    private IDisposable? _subscription;

    private volatile bool _isStarting;
    private volatile bool _isPushing;
    private bool _isOnTrampoline; // the thread inside the pump
    private volatile bool _hasTurn;
    private bool _hasHeld;
    private T _held = default!;
    private int _resubscriptions;

    private bool _queryEnded;
    private bool _isUnsubscribed;
    private Source _source;
    private Ending _ending = Ending.Clean;

    public ThroughOutlet(
        IAsyncEnumerable<T> source, Func<IObservable<T>, IObservable<R>> query, int maxPending, CancellationToken cancellationToken)
        : base(cancellationToken)
    {
        _query = query;
        _maxPending = maxPending;
        _pump = new Reader(this, source);
    }

    private sealed class Reader(ThroughOutlet<T, R> outlet, IAsyncEnumerable<T> source) : Pump<T>(source, isHeldByConsumer: true)
    {
        protected override bool IsServed => outlet.IsServed;

        protected override void OnEnter() => outlet._isOnTrampoline = !CurrentThreadScheduler.IsScheduleRequired;

        protected override bool MayPull() => outlet.MayPull();

        protected override bool OnItem(T item)
        {
            outlet.OnItem(item);
            return outlet.MayPull();
        }

        protected override void OnEnd(Ending ending) => outlet.OnEnd(ending);

        protected override void OnRest() => outlet.Resume();
    }

    protected override Finding TakeAlone(out R item)
    {
        item = default!;
        // Results are queued by one thread at a time, as Rx demands; what is queued from now on finds the consumer asking, or stops the reading.
        return HasResults ? Finding.Unclear : Finding.Nothing;
    }

    private bool HasResults => _results is { Count: > 0 };

    protected override bool TryTakeLocked([MaybeNullWhen(false)] out R item)
    {
        item = default;
        return _results is not null && _results.TryDequeue(out item);
    }

    protected override void ClearLocked() => _results?.Clear();

    protected override void Start()
    {
        // Nothing is read before the whole query is subscribed: the request that follows begins.
        _isStarting = true;
        try
        {
            var results = _query(this)
                ?? throw new InvalidOperationException("The query given to Through returned null instead of an observable.");
            var subscription = results.Subscribe(this);
            bool hasEnded;
            lock (Gate)
            {
                _subscription = subscription;
                hasEnded = _queryEnded;
            }

            if (hasEnded)
                subscription.Dispose();
        }
        finally
        {
            _isStarting = false;
        }
    }

    protected override void Request()
    {
        _resubscriptions = 0;
        _pump.Wake();
    }

    protected override void Request(int thread)
    {
        _resubscriptions = 0;
        _pump.WakeForConsumer(thread);
    }

    protected override void Stop() => EndQuery(failure: null);

    // The query's source.

    IDisposable IObservable<T>.Subscribe(IObserver<T> observer)
    {
        if (_source != Source.Running && ++_resubscriptions > MaxResubscriptions)
        {
            Fail(new InvalidOperationException(
                $"The query resubscribed {MaxResubscriptions} times to a source that has ended. Inside Through the source is enumerated once: "
                + "put Retry or Repeat outside, around the pull stream."));
            return Disposable.Empty;
        }

        var subscription = _items.Subscribe(observer);
        _pump.Wake();
        return subscription;
    }

    private bool MayPull() => IsListenedTo && ((!_isOnTrampoline && !_hasHeld) || MayPullAfterOthers());

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool MayPullAfterOthers()
    {
        if (!IsOurTurn())
            return false;
        if (!_hasHeld)
            return true;

        var held = _held;
        _hasHeld = false;
        _held = default!;
        Push(held);
        return IsListenedTo && IsOurTurn();
    }

    private bool IsListenedTo =>
        IsAskedFor && !IsClosed && !_isStarting && !_queryEnded && !HasResults && _items.HasObservers;

    /// <summary>
    /// On Rx's trampoline, what the query has scheduled runs only after us: the rest of a subscription that is still being
    /// made (without it a Take could not stop a synchronous source), the inner sequences of a SelectMany (without their
    /// results we would read on for nothing). So there each pull queues up behind them.
    /// </summary>
    private bool IsOurTurn()
    {
        if (!_isOnTrampoline || _hasTurn)
        {
            _hasTurn = false;
            return true;
        }

        CurrentThreadScheduler.Instance.Schedule(this, static (_, self) =>
        {
            self._hasTurn = true;
            self._pump.Wake();
            self._hasTurn = false; // a turn that nobody wanted is not kept
            return Disposable.Empty;
        });
        return false;
    }

    private void OnItem(T item)
    {
        if (_items.HasObservers)
        {
            Push(item);
            return;
        }

        _held = item;
        _hasHeld = true;
    }

    private void OnEnd(Ending ending)
    {
        bool queryEnded;
        lock (Gate)
        {
            _source = Source.Ended;
            queryEnded = _queryEnded;
            if (queryEnded)
                _ending = _ending with { CleanupFailure = Ending.Combine(_ending.CleanupFailure, ending.CleanupFailure) };
        }

        if (!queryEnded)
            PushTerminal(ending.Error);

        // Only now: a throw out of the terminal is part of the ending, also where the query has ended before it threw.
        lock (Gate)
            _source = Source.Done;
        EndIfBothEnded();
    }

    // Written out twice: one method for both would take a delegate, which each item would pay for.
    private void Push(T item)
    {
        _isPushing = true;
        try
        {
            _items.OnNext(item);
        }
        catch (Exception thrown)
        {
            EndThrowing(thrown);
        }

        _isPushing = false;
    }

    private void PushTerminal(Exception? error)
    {
        _isPushing = true;
        try
        {
            if (error is null)
                _items.OnCompleted();
            else
                _items.OnError(error);
        }
        catch (Exception thrown)
        {
            EndThrowing(thrown);
        }

        _isPushing = false;
    }

    // The query's observer.

    void IObserver<R>.OnNext(R value)
    {
        // In answer to an item that the asking consumer is having pushed: the pump's gate is held, so the end cannot come between.
        if (_isPushing && !_queryEnded && !HasResults && TryAnswer(value))
            return;

        var overflows = false;
        lock (Gate)
        {
            if (_queryEnded || IsClosed)
                return;

            if (HasResults || !TryHandOverLocked(value))
            {
                _results ??= new Queue<R>();
                overflows = _results.Count == _maxPending;
                if (!overflows)
                    _results.Enqueue(value);
                ServeLocked();
            }
        }

        if (overflows)
            Fail(new BackpressureException(
                $"The query made more results than the {_maxPending} that may wait for the consumer (maxPending). "
                + "Put Conflate or KeepLatest behind Through, make the query say less (Sample, Buffer with a count), or raise maxPending.",
                _maxPending));
        ResumeUnlessPushing();
    }

    void IObserver<R>.OnError(Exception error) => EndQuery(error);

    void IObserver<R>.OnCompleted() => EndQuery(failure: null);

    private void EndQuery(Exception? failure)
    {
        IDisposable? subscription;
        lock (Gate)
        {
            if (_queryEnded)
                return;
            _queryEnded = true;
            _ending = new Ending(failure, CleanupFailure: null);
            subscription = _subscription;
        }

        Exception? cleanupFailure = null;
        try
        {
            subscription?.Dispose();
        }
        catch (Exception thrown)
        {
            cleanupFailure = thrown;
        }

        lock (Gate)
        {
            _isUnsubscribed = true;
            _ending = _ending with { CleanupFailure = Ending.Combine(cleanupFailure, _ending.CleanupFailure) };
        }

        _pump.Stop();
        EndIfBothEnded();
        ResumeUnlessPushing();
    }

    /// <summary>The query threw where Rx lets it through: out of a signal, perhaps after its own ending.</summary>
    private void EndThrowing(Exception thrown)
    {
        lock (Gate)
        {
            if (_queryEnded)
                _ending = _ending with { CleanupFailure = Ending.Combine(_ending.CleanupFailure, thrown) };
        }

        EndQuery(thrown);
    }

    private void EndIfBothEnded()
    {
        lock (Gate)
        {
            if (_isUnsubscribed && _source == Source.Done)
                EndLocked(_ending);
        }
    }

    /// <summary>
    /// While an item is being pushed, the pump resumes the consumer when it has come to rest: the consumer's own code
    /// should not run inside the query, with half of the item's results still to come.
    /// </summary>
    private void ResumeUnlessPushing()
    {
        if (!_isPushing)
            Resume();
    }
}
