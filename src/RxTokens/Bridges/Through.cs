using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
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
    /// ending again, but after a failure nobody may subscribe once more: <c>Retry</c> and <c>Catch</c> inside the query cannot restart
    /// the source, so the stream fails with an <see cref="InvalidOperationException"/> that says to retry outside, on the pull side. So does a
    /// query that resubscribes to a completed source more than 1,000 times within one request.</para>
    /// <para><b>Bound:</b> results that nobody waits for yet are queued in order: those of one item, and what timers make. Past
    /// <paramref name="maxPending"/> the stream ends with a <see cref="BackpressureException"/> after those that are queued. Queries
    /// with asynchronous stages (<c>SelectMany</c> with a task, <c>ObserveOn</c>, <c>Delay</c>) are fed for as long as the consumer
    /// waits, whatever they have in work: <see cref="SelectAwait"/> bounds that.</para>
    /// <para><b>Errors:</b> failures of the source and of its clean-up go into the query as <c>OnError</c>; what comes out of it,
    /// a throw from <paramref name="query"/> itself, and <see cref="InvalidOperationException"/> where it returns null, come from
    /// <c>MoveNextAsync</c>, after queued results.</para>
    /// <para><b>Disposal:</b> when the query ends, the consumer leaves or the enumeration is cancelled, the query is unsubscribed at once. The
    /// source is disposed, once, when the consumer asks again or leaves: the item it has stays good until then. A read that is pending is
    /// cancelled and awaited first; without one the source's token is cancelled only if the enumeration's is, and a clean-up may take its
    /// time. Then the end arrives: for a cancelled enumeration an <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> items are pushed one at a time, on the thread that completes the read. A waiting consumer resumes on the
    /// thread that made its result: that of the read, or a timer's; what lands inside a timer's call is pushed once that has returned, on the
    /// thread's <see cref="SynchronizationContext"/>, else on the pool. A request made on Rx's current-thread trampoline (in the
    /// <c>OnNext</c> of an <c>Observable.Range</c>, say) reads when its turn has come: do not block there for the result.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;R> Through&lt;T, R>(this IAsyncEnumerable&lt;T> source, Func&lt;IObservable&lt;T>, IObservable&lt;R>> query)
    /// {
    ///     var (results, asked) = (Channel.CreateUnbounded&lt;R>(), new TaskCompletionSource());
    ///     var items = new Subject&lt;T>();
    ///     using var subscription = query(items).Subscribe(
    ///         result => results.Writer.TryWrite(result), failure => results.Writer.Complete(failure), () => results.Writer.Complete());
    ///     using var reading = ReadWhenAsked().AsObservable().Subscribe(items);
    ///     do
    ///     {
    ///         while (results.Reader.TryRead(out var result))
    ///         {
    ///             if (asked.Task.IsCompleted)
    ///                 asked = new();
    ///             yield return result;
    ///         }
    ///
    ///         asked.TrySetResult(); // nothing is there: read on
    ///     }
    ///     while (await results.Reader.WaitToReadAsync());
    ///
    ///     async IAsyncEnumerable&lt;T> ReadWhenAsked([EnumeratorCancellation] CancellationToken leaving = default)
    ///     {
    ///         await asked.Task.WaitAsync(leaving);
    ///         await foreach (var item in source.WithCancellation(leaving))
    ///         {
    ///             yield return item; // into the query, which may have a result now
    ///             await asked.Task.WaitAsync(leaving);
    ///             if (!items.HasObservers)
    ///                 break;
    ///         }
    ///
    ///         await asked.Task.WaitAsync(leaving); // the end, too, waits until the consumer is done with its item
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the source's items.</typeparam>
    /// <typeparam name="TResult">The type of the query's results.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="query">The query; called once per enumeration.</param>
    /// <param name="maxPending">The most results that may wait for the consumer; at least 1.</param>
    /// <returns>A pull stream; each enumeration reads the source anew, through a query of its own.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="query"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxPending"/> is less than 1.</exception>
    /// <exception cref="ArgumentException">The results of <paramref name="query"/> are push streams themselves (<c>Window</c>, <c>GroupBy</c>):
    /// outside the query nothing would ever arrive in them.</exception>
    public static IAsyncEnumerable<TResult> Through<TSource, TResult>(
        this IAsyncEnumerable<TSource> source, Func<IObservable<TSource>, IObservable<TResult>> query, int maxPending = 1024)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPending, 1);

        if (PushStreams.Include(typeof(TResult)))
            throw new ArgumentException(
                $"The results of the query are push streams ({typeof(TResult).Name}), which are silent outside it, because the source is read only while the "
                + "consumer waits for the next result. Use them up inside: o.Window(3).SelectMany(w => w.ToList()), or GroupBy(…).SelectMany(g => …).",
                nameof(query));

        return new ThroughStream<TSource, TResult>(source, query, maxPending);
    }
}

/// <summary>Tells which types are push streams, by their names alone: no reflection that trimming could break.</summary>
internal static class PushStreams
{
    public static bool Include(Type type) =>
        type is { IsInterface: true, IsGenericType: true }
        && (type.GetGenericTypeDefinition() is var definition)
        && (definition == typeof(IObservable<>) || definition == typeof(System.Reactive.Linq.IGroupedObservable<,>)
            || definition == typeof(ISubject<>) || definition == typeof(System.Reactive.Subjects.IConnectableObservable<>));
}

[DebuggerDisplay("Through({_query.Method}, {_maxPending})")]
internal sealed class ThroughStream<T, R>(IAsyncEnumerable<T> source, Func<IObservable<T>, IObservable<R>> query, int maxPending) : OutletStream<R>
{
    private readonly Func<IObservable<T>, IObservable<R>> _query = query;
    private readonly int _maxPending = maxPending;

    public override IOutlet<R> Start(CancellationToken cancellationToken) => new ThroughOutlet<T, R>(source, _query, _maxPending, cancellationToken);
}

/// <summary>Stands on both sides of the query: the consumer's outlet, the query's source and the query's observer.</summary>
/// <remarks>
/// <code>
/// field              written by                    read by          ordered by
/// _items             Rx                            everyone         itself
/// _subscription      the runner                    who interrupts   itself: Rx's own, so it may be disposed before it is there
/// _results           the query: adds               the runner       the queue itself; TellConsumer
///                    the runner: takes
/// _source            the runner                    subscribers      volatile; set before the query is told
/// _sourceFailure     the runner                    subscribers      before _source
/// _isStarting        the runner                    who interrupts   volatile: a hint; a note says the same
/// _speaker           the query                     everyone         interlocked: who finds another thread's number speaks at the same time;
///                                                                   the runner finds its own only where it wrote it itself
/// _goesOnAfter       the runner, where it is the   the speaker      one thread
///                    speaker; the speaker: false
/// _resubscriptions   subscribers; the runner: 0    subscribers      interlocked; it is a limit, not a count
/// all others         the runner                    the runner       the turn
/// </code>
/// <para>“The query” is one at a time, as Rx demands, but on any thread, a timer's for one. What it says from inside the runner's own
/// call, which is nearly everything, goes to the consumer directly.</para>
/// <para>A consumer that a timer's result resumes runs inside the timer's call, and what it does there may land a read or the end. The query
/// is told of it only after its call has returned (<see cref="HasSpoken"/>): an operator that is fed while it speaks, and by the
/// same thread, which no lock keeps out, may lose an item or say one twice.</para>
/// </remarks>
internal sealed class ThroughOutlet<T, R> : Outlet<T, R>, IObservable<T>, IObserver<R>
{
    private const int MaxResubscriptions = 1000;

    private enum Source : byte
    {
        Running,
        Completed,
        Failed,
    }

    private readonly Func<IObservable<T>, IObservable<R>> _query;
    private readonly int _maxPending;
    private readonly Subject<T> _items = new();
    private readonly SingleAssignmentDisposable _subscription = new();
    private SpscQueue<R>? _results; // none before one has to wait
    private volatile Source _source;
    private Exception? _sourceFailure;
    private int _resubscriptions;
    private int _speaker; // the thread on which the query speaks, if it is not in a call of the runner's, or 0

    private volatile bool _isStarting;
    private bool _isPushing;
    private bool _isQueryOver;
    private bool _isOnTrampoline;
    private bool _hasTurn; // the trampoline has come to us
    private int _turnAskedFor; // the thread on whose trampoline we wait for our turn, or 0
    private bool _hasHeld; // an item for which nobody listened, or which landed while the query spoke
    private T _held = default!;
    private bool _isHeldBack; // until the query has spoken: the held item, or the end
    private bool _goesOnAfter; // the query has something to hear once it has spoken

    public ThroughOutlet(
        IAsyncEnumerable<T> source, Func<IObservable<T>, IObservable<R>> query, int maxPending, CancellationToken cancellationToken)
        : base(source, cancellationToken, mayBeHeld: true)
    {
        _query = query;
        _maxPending = maxPending;
    }

    protected override bool IsPushedTo => true;

    protected override bool IsComplete => _isQueryOver;

    private bool IsInsideTheQuery => _speaker != 0 && _speaker == ThisThread.Number;

    private bool HasResults => Volatile.Read(ref _results) is { Count: > 0 };

    protected override bool TryTake([MaybeNullWhen(false)] out R item)
    {
        item = default;
        return Volatile.Read(ref _results) is { } results && results.TryTake(out item);
    }

    protected override void Discard() => Volatile.Read(ref _results)?.Clear();

    protected override long OnEnter()
    {
        _isOnTrampoline = Trampoline.IsRunning;
        return long.MaxValue;
    }

    protected override void OnStart()
    {
        _isStarting = true;
        try
        {
            Trampoline.Subscribe(this, static self => self.Subscribe());
        }
        finally
        {
            _isStarting = false;
        }
    }

    private void Subscribe()
    {
        var results = _query(this)
            ?? throw new InvalidOperationException("The query given to Through returned null instead of an observable.");
        _subscription.Disposable = results.Subscribe(this);
    }

    protected override void OnAsked() => _resubscriptions = 0;

    protected override void OnNews(Note notes)
    {
        if ((notes & Note.OnTrampoline) != 0)
        {
            _turnAskedFor = 0;
            _hasTurn = true;
        }

        if (_isHeldBack && IsInsideTheQuery)
        {
            _goesOnAfter = true; // it speaks once more: this may be the news that was to come behind its call before
        }
        else if (_isHeldBack)
        {
            _isHeldBack = false;
            if (IsSourceDisposed)
                PushEnd();
            else if (_hasHeld && _items.HasObservers)
                PushHeld();
        }
    }

    /// <summary>Our call returns, the operator's has not: what it has to hear comes on this thread's context, which waits for that, or on another thread.</summary>
    private void HasSpoken()
    {
        if (_goesOnAfter)
        {
            _goesOnAfter = false;
            if (SynchronizationContext.Current is not { } context || !TryPost(context))
                PostToThePool();
        }

        Volatile.Write(ref _speaker, 0); // after it: a context that runs at once what is posted is told apart by that
    }

    private bool TryPost(SynchronizationContext context)
    {
        try
        {
            context.Post(static self => ((ThroughOutlet<T, R>)self!).ComeBack(), this);
            return true;
        }
        catch (Exception)
        {
            return false; // it takes nothing any more: a window that is closed
        }
    }

    private void PostToThePool() => ThreadPool.QueueUserWorkItem(static self => self.Post(Note.News), this, preferLocal: false);

    private void ComeBack()
    {
        if (IsInsideTheQuery)
            PostToThePool();
        else
            Post(Note.News);
    }

    protected override Due OnRest(bool isUsedUp)
    {
        _hasTurn = false; // a turn that nobody wanted is not kept
        return base.OnRest(isUsedUp);
    }

    // The query's source.

    IDisposable IObservable<T>.Subscribe(IObserver<T> observer)
    {
        if (_source == Source.Failed)
            return Refuse("The query subscribed once more to a source that has failed.");
        if (_source == Source.Completed && Interlocked.Increment(ref _resubscriptions) > MaxResubscriptions)
            return Refuse($"The query resubscribed {MaxResubscriptions} times to a source that has ended.");

        var subscription = _items.Subscribe(observer);
        if (!IsInside)
            Post(Note.News);
        return subscription;
    }

    private IDisposable Refuse(string what)
    {
        EndPush(new InvalidOperationException(
            $"{what} Inside Through the source is enumerated once: put Retry or Repeat outside, around the pull stream.", _sourceFailure));
        if (IsInside)
            LookAtNotes(); // it may be a loop
        return Disposable.Empty;
    }

    protected override bool MayRead() => IsListenedTo && ((!_isOnTrampoline && !_hasHeld && _speaker == 0) || MayReadAfterOthers());

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool MayReadAfterOthers()
    {
        if (IsInsideTheQuery)
        {
            _goesOnAfter = true;
            return false;
        }

        if (!IsOurTurn())
            return false;
        if (!_hasHeld)
            return true;

        PushHeld();
        return IsListenedTo && IsOurTurn();
    }

    private bool IsListenedTo => IsAsking && !HasResults && _items.HasObservers;

    /// <summary>
    /// On Rx's trampoline, what the query has scheduled runs only after us: the rest of a subscription that is still being
    /// made (without it a Take could not stop a synchronous source), the inner sequences of a SelectMany (without their
    /// results we would read on for nothing). So there each read queues up behind them.
    /// </summary>
    private bool IsOurTurn()
    {
        if (!_isOnTrampoline || _hasTurn)
        {
            _hasTurn = false;
            return true;
        }

        var thread = ThisThread.Number;
        if (_turnAskedFor == thread)
            return false;

        _turnAskedFor = thread;
        Trampoline.Schedule(this, static self => self.Post(Note.OnTrampoline));
        return false;
    }

    protected override bool OnItem(T item)
    {
        var mayPush = _speaker == 0 || MayPush();
        if (mayPush && _items.HasObservers)
        {
            Push(item);
        }
        else
        {
            _held = item;
            _hasHeld = true;
        }

        return MayRead();
    }

    /// <summary>Whether the query may be told of something now. Else it will be, once it has spoken.</summary>
    private bool MayPush()
    {
        if (!IsInsideTheQuery)
            return true;

        _isHeldBack = true;
        _goesOnAfter = true;
        return false;
    }

    private void PushHeld()
    {
        var held = _held;
        _hasHeld = false;
        _held = default!;
        Push(held);
    }

    private void Push(T item)
    {
        _isPushing = true;
        try
        {
            _items.OnNext(item);
        }
        catch (Exception thrown)
        {
            OnQueryThrew(thrown);
        }

        _isPushing = false;
    }

    protected override void OnEnd()
    {
        if (_isQueryOver)
            return;

        if (MayPush())
            PushEnd();
    }

    private void PushEnd()
    {
        if (_isQueryOver || _source != Source.Running)
            return;

        _sourceFailure = PassOnFailure();
        _source = _sourceFailure is null ? Source.Completed : Source.Failed;
        _isPushing = true;
        try
        {
            if (_sourceFailure is null)
                _items.OnCompleted();
            else
                _items.OnError(_sourceFailure);
        }
        catch (Exception thrown)
        {
            OnQueryThrew(thrown);
        }

        _isPushing = false;
        LookAtNotes();
    }

    /// <summary>The query threw where Rx lets it through: out of a signal, perhaps after its own ending.</summary>
    private void OnQueryThrew(Exception thrown)
    {
        LookAtNotes();
        if (IsOpen)
            Fail(thrown);
        else if (thrown is not Interruption)
            FailedToCleanUp(thrown);
    }

    protected override void OnClosed()
    {
        if (_isQueryOver)
            return;

        _isQueryOver = true;
        _hasHeld = false;
        _held = default!;
        try
        {
            _subscription.Dispose();
        }
        catch (Exception thrown)
        {
            FailedToCleanUp(thrown);
        }
    }

    protected override void Interrupt()
    {
        // A loop inside the query's Subscribe may never come to us. One that an item has begun does, and must not be silenced before we can leave it.
        CancelSource();
        if (_isStarting)
            Unobserved.Cancel(_subscription, static s => s.Dispose());
    }

    // The query's observer.

    void IObserver<R>.OnNext(R value)
    {
        if (!IsInside)
        {
            if (IsListening)
                OnNextFromElsewhere(value);
            return;
        }

        if (IsListening)
        {
            if (IsAsking && !HasResults)
            {
                Serve(value);
                return;
            }

            TryAdd(value);
        }

        // It may be a loop inside a Subscribe, which only we can see the end of. One that an item has begun cannot be unsubscribed from yet.
        LookAtNotes();
        if (_isPushing && !IsOpen)
            throw new Interruption();
    }

    private void OnNextFromElsewhere(R value)
    {
        var thread = ThisThread.Number;
        var speaker = Interlocked.CompareExchange(ref _speaker, thread, 0);
        if (speaker != 0 && speaker != thread)
        {
            EndPush(new InvalidOperationException(
                "The query given to Through called OnNext while another call of OnNext had not returned, which Rx forbids: results would be lost. "
                + "If it is fed from several threads, end it with Synchronize(): Through(o => ….Synchronize())."));
            return;
        }

        try
        {
            if (TryAdd(value))
                TellConsumer(isFenced: false);
        }
        finally
        {
            if (speaker == 0)
                HasSpoken();
        }
    }

    private bool TryAdd(R value)
    {
        var results = _results;
        if (results is null)
            Volatile.Write(ref _results, results = new SpscQueue<R>());
        if (!results.Holds(_maxPending))
        {
            results.Add(value);
            return true;
        }

        EndPush(new BackpressureException(
            $"The query made more results than the {_maxPending} that may wait for the consumer (maxPending). "
            + "Put Conflate or KeepLatest behind Through, make the query say less (Sample, Buffer with a count), or raise maxPending.",
            _maxPending));
        return false;
    }

    void IObserver<R>.OnError(Exception error) => EndPush(error);

    void IObserver<R>.OnCompleted() => EndPush(failure: null);
}
