using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Reads up to <paramref name="capacity"/> items ahead of the consumer, and lets the source wait when they pile up.</summary>
    /// <remarks>
    /// <code>
    /// source    a   bcdef|
    /// requests  1   -----------1---1
    /// pulls     [^2]1----------1---1    // a, b and c, and then it waits; d when the backlog has drained to 1
    /// result    a   -----------b---c    // Buffered(2)
    /// </code>
    /// <para><b>Demand:</b> reads nothing before the first <c>MoveNextAsync</c>; from then on at most <paramref name="capacity"/>
    /// items more than were asked for. Stops reading when the buffer is full, and goes on when the backlog has drained to
    /// <paramref name="resumeAt"/>, so that the source is woken for a run of items instead of for each.</para>
    /// <para><b>Errors:</b> a failure of the source or of its clean-up arrives after the items that came before it.</para>
    /// <para><b>Disposal:</b> a pending read is cancelled and awaited; the source is disposed, once, when the consumer asks again and nothing waits
    /// for it, or leaves. Cancelling the enumeration cancels the source's token at once and ends it with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> the source is read ahead on the thread that completes its reads or, where it completes them
    /// synchronously, on the consumer's; for a source that blocks, see <see cref="FromBlocking{T}(IEnumerable{T})"/>.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;T> Buffered&lt;T>(this IAsyncEnumerable&lt;T> source, int capacity, int resumeAt)
    /// {
    ///     var (waiting, drained) = (Channel.CreateUnbounded&lt;T>(), new TaskCompletionSource());
    ///     using var reading = ReadAhead().AsObservable().Subscribe(
    ///         item => waiting.Writer.TryWrite(item), failure => waiting.Writer.Complete(failure), () => waiting.Writer.Complete());
    ///     await foreach (var item in waiting.Reader.ReadAllAsync())
    ///     {
    ///         if (waiting.Reader.Count &lt;= resumeAt)
    ///             drained.TrySetResult();
    ///         yield return item;
    ///     }
    ///
    ///     async IAsyncEnumerable&lt;T> ReadAhead([EnumeratorCancellation] CancellationToken leaving = default)
    ///     {
    ///         await foreach (var item in source.WithCancellation(leaving))
    ///         {
    ///             yield return item; // to the consumer, or to those that wait for it
    ///             if (waiting.Reader.Count == capacity)
    ///                 await (drained = new()).Task.WaitAsync(leaving);
    ///         }
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="capacity">The most items the buffer holds; at least 1.</param>
    /// <param name="resumeAt">The backlog, in items from 0 to <paramref name="capacity"/> − 1, at which reading goes on after the
    /// buffer was full; half the capacity unless given.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> or <paramref name="resumeAt"/> is out of its range.</exception>
    public static IAsyncEnumerable<TSource> Buffered<TSource>(this IAsyncEnumerable<TSource> source, int capacity, int? resumeAt = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        if (resumeAt is { } backlog)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(backlog, nameof(resumeAt));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(backlog, capacity, nameof(resumeAt));
        }

        return new BufferedStream<TSource>(source, push: null, capacity, Overflow.Wait, resumeAt ?? capacity / 2, onDropped: null);
    }

    /// <summary>Reads up to <paramref name="capacity"/> items ahead of the consumer, and does what it is told when they pile up.</summary>
    /// <remarks>
    /// <code>
    /// source    abcde|
    /// requests  1----1-1-1
    /// result 1  a----d-e-|     // Buffered(2, Overflow.DropOldest): b and c are dropped
    /// result 2  a----b-e-|     // DropNewest: c and d, which waited last
    /// result 3  a----b-c-|     // DropWrite: d and e, which found the buffer full
    /// </code>
    /// <para><b>Demand:</b> reads nothing before the first <c>MoveNextAsync</c>; from then on at the source's pace, unless it is told to
    /// <see cref="Overflow.Wait"/>. Of items that are ready at once it takes at most 1,024 in one go.</para>
    /// <para><b>Loss:</b> <paramref name="onDropped"/> is called with each item that is dropped, and with each that still waits when the
    /// consumer leaves or cancels; the counter <c>rxtokens.items.dropped</c> counts those that were dropped because the buffer was full.</para>
    /// <para><b>Errors:</b> a failure of the source, of its clean-up or of <paramref name="onDropped"/> arrives after the items
    /// that came before it.</para>
    /// <para><b>Disposal:</b> a pending read is cancelled and awaited; the source is disposed, once, when the consumer asks again and nothing waits
    /// for it, or leaves. Cancelling the enumeration cancels the source's token at once and ends it with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> the source is read ahead on the thread that completes its reads or, where it completes them
    /// synchronously, on the consumer's; for a source that blocks, see <see cref="FromBlocking{T}(IEnumerable{T})"/>.</para>
    /// <code>
    /// // Conceptually, for with these policies the source never waits:
    /// public static IAsyncEnumerable&lt;T> Buffered&lt;T>(this IAsyncEnumerable&lt;T> source, int capacity, BoundedChannelFullMode overflow, Action&lt;T>? onDropped) =>
    ///     source.AsObservable().Buffered(capacity, overflow, onDropped);
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="capacity">The most items the buffer holds; at least 1.</param>
    /// <param name="overflow">What to do with the next item when the buffer is full.</param>
    /// <param name="onDropped">Called with each item that is dropped, on the reading thread, and with those that nobody will ask for, outside every lock.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> or <paramref name="overflow"/> is out of its range.</exception>
    public static IAsyncEnumerable<TSource> Buffered<TSource>(
        this IAsyncEnumerable<TSource> source, int capacity, Overflow overflow, Action<TSource>? onDropped = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ThrowIfNotDefined(overflow);

        return new BufferedStream<TSource>(source, push: null, capacity, overflow, capacity / 2, onDropped);
    }

    /// <summary>Holds up to <paramref name="capacity"/> items of a push source for a consumer that pulls, and says what happens when they pile up.</summary>
    /// <remarks>
    /// <code>
    /// source    --a-bcd-----|
    /// requests  1-------1-1-1
    /// result    --a-----c-d-|    // Buffered(2, DropOldest): b is dropped
    /// </code>
    /// <para><b>Demand:</b> subscribes at the first <c>MoveNextAsync</c>; what a hot source said before is not heard.</para>
    /// <para><b>Loss:</b> <paramref name="onDropped"/> is called with each item that is dropped, and with each that still waits when the
    /// consumer leaves or cancels; the counter <c>rxtokens.items.dropped</c> counts those that were dropped because the buffer was full.</para>
    /// <para><b>Errors:</b> a failure of the source, of unsubscribing or of <paramref name="onDropped"/> arrives after the items
    /// that came before it. A source that speaks from two threads at once ends the stream with
    /// <see cref="InvalidOperationException"/>: put <c>Synchronize()</c> before.</para>
    /// <para><b>Disposal:</b> unsubscribes once; so does cancelling the enumeration, which ends it at once with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> a waiting consumer resumes on the source's thread, at the end of its <c>OnNext</c>.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;T> Buffered&lt;T>(this IObservable&lt;T> source, int capacity, BoundedChannelFullMode overflow, Action&lt;T>? onDropped)
    /// {
    ///     var waiting = Channel.CreateBounded(new BoundedChannelOptions(capacity) { FullMode = overflow }, onDropped);
    ///     using var subscription = source.Do(Write).Subscribe(
    ///         _ => { }, failure => waiting.Writer.Complete(failure), () => waiting.Writer.Complete());
    ///     await foreach (var item in waiting.Reader.ReadAllAsync())
    ///         yield return item;
    ///
    ///     void Write(T item)
    ///     {
    ///         if (waiting.Writer.TryWrite(item)) // always, but for Fail: that is BoundedChannelFullMode.Wait without the waiting
    ///             return;
    ///         onDropped?.Invoke(item);
    ///         throw new BackpressureException("The buffer is full.", capacity);
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="capacity">The most items the buffer holds; at least 1.</param>
    /// <param name="overflow">What to do with the next item when the buffer is full. Unless told to drop, the stream fails: no loss is silent.</param>
    /// <param name="onDropped">Called with each item that is dropped, on the source's thread, and with those that nobody will ask for, outside every lock.</param>
    /// <returns>A pull stream; each enumeration subscribes anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> or <paramref name="overflow"/> is out of its range.</exception>
    /// <exception cref="ArgumentException"><paramref name="overflow"/> is <see cref="Overflow.Wait"/>: a push source cannot.</exception>
    public static IAsyncEnumerable<TSource> Buffered<TSource>(
        this IObservable<TSource> source, int capacity, Overflow overflow = Overflow.Fail, Action<TSource>? onDropped = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ThrowIfNotDefined(overflow);
        if (overflow == Overflow.Wait)
            throw new ArgumentException(
                "Overflow.Wait is for pull sources: a push source does not wait. Say what may be dropped (DropOldest, DropNewest, DropWrite), "
                + "let it Fail, or bridge from the pull source that is behind it.",
                nameof(overflow));

        return new BufferedStream<TSource>(pull: null, source, capacity, overflow, resumeAt: 0, onDropped);
    }

    internal static void ThrowIfNotDefined(Overflow overflow)
    {
        if (!Enum.IsDefined(overflow))
            throw new ArgumentOutOfRangeException(nameof(overflow), overflow, "Not a value of Overflow.");
    }
}

[DebuggerDisplay("Buffered({_capacity}, {_overflow})")]
internal sealed class BufferedStream<T>(
    IAsyncEnumerable<T>? pull, IObservable<T>? push, int capacity, Overflow overflow, int resumeAt, Action<T>? onDropped)
    : OutletStream<T>
{
    private readonly int _capacity = capacity;
    private readonly Overflow _overflow = overflow;

    public override IOutlet<T> Start(CancellationToken cancellationToken) => _overflow == Overflow.DropNewest
        ? new KeepLatestBoundary<T>(pull, push, seat: null, _capacity, onDropped, cancellationToken)
        : new BufferedBoundary<T>(pull, push, seat: null, _capacity, _overflow, resumeAt, onDropped, cancellationToken);
}

/// <summary>Keeps items in a queue of a given capacity, which is filled and emptied without a lock.</summary>
/// <remarks>
/// <code>
/// field      written by                    read by     ordered by
/// _past      the filler                    the filler  nothing
/// _items     filler: adds, emptier: takes  both        itself; with DropOldest the filler takes too, with onDropped who leaves: who takes claims the item first
/// </code>
/// </remarks>
internal sealed class BufferedBoundary<T> : Boundary<T, T>
{
    private readonly int _capacity;
    private readonly Overflow _overflow;
    private readonly int _resumeAt;
    private readonly Action<T>? _onDropped;
    private readonly SpscQueue<T> _items = new();
    private int _past;

    public BufferedBoundary(
        IAsyncEnumerable<T>? pull, IObservable<T>? push, Seat<T>? seat, int capacity, Overflow overflow, int resumeAt, Action<T>? onDropped,
        CancellationToken cancellationToken)
        : base(pull, push, seat, cancellationToken)
    {
        _capacity = capacity;
        _overflow = overflow;
        _resumeAt = resumeAt;
        _onDropped = onDropped;
    }

    protected override bool IsBounded => _overflow == Overflow.Wait;

    protected override bool HasRoom =>
        _overflow != Overflow.Wait || (IsHeldUp ? _items.Count <= _resumeAt : !IsFull);

    protected override int Room => _capacity - (int)Math.Min(_items.Count, _items.Added - _past);

    /// <summary>What was there before the consumer does not count.</summary>
    private bool IsFull => _items.Holds(_capacity) && (_past == 0 || _items.Added - _past >= _capacity);

    protected override void OnPast() => _past++;

    protected override T First(T item) => item;

    protected override bool TryTakeAlone([MaybeNullWhen(false)] out T item, out bool mayGoOn)
    {
        mayGoOn = false;
        if (!TryTake(out item))
            return false;

        if (_overflow != Overflow.Wait)
        {
            mayGoOn = IsHeldUp;
        }
        else if (_items.LeftSeen <= _resumeAt)
        {
            Interlocked.MemoryBarrier();
            mayGoOn = IsHeldUp && _items.Count <= _resumeAt;
        }

        return true;
    }

    // Claimed, too, where each item is accounted for: who leaves beside a consumer that takes discards what waits.
    protected override bool TryTake([MaybeNullWhen(false)] out T item) =>
        _overflow == Overflow.DropOldest || _onDropped is not null ? _items.TryTakeShared(out item) : _items.TryTake(out item);

    protected override void Discard()
    {
        while (_items.TryTakeShared(out var item))
            Discard(item);
    }

    protected override void OnDiscarded(T item) => _onDropped?.Invoke(item);

    protected override void OnTakenInVain(T item) => _onDropped?.Invoke(item);

    protected override bool Add(T item)
    {
        switch (_overflow)
        {
            case Overflow.Wait:
                _items.Add(item);
                return false;

            // In this order: the claim on what is dropped is the fence after what was added. The consumer may have made room meanwhile.
            case Overflow.DropOldest:
                _items.Add(item);
                if (!_items.TryTakeBeyond(_capacity, out var oldest))
                    return false;
                Drop(oldest);
                return true;

            default:
                if (IsFull)
                    Drop(item);
                else
                    _items.Add(item);
                return false;
        }
    }

    private void Drop(T item)
    {
        _onDropped?.Invoke(item); // first: a listener of the metrics may throw
        if (Metrics.Dropped.Enabled)
            Metrics.Dropped.Add(1);
        if (_overflow == Overflow.Fail)
            throw new BackpressureException(
                $"The buffer is full: {_capacity} items wait for a consumer that is slower than the source. "
                + "Give it more capacity, let it drop (DropOldest, DropNewest, DropWrite), merge with Conflate, or keep the newest alone with KeepLatest.",
                _capacity);
    }
}
