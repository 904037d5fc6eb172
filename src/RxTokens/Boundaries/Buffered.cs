using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Reads up to <paramref name="capacity"/> items ahead of the consumer, and says what happens when they pile up.</summary>
    /// <remarks>
    /// <code>
    /// source    a   bcdef|
    /// requests  1   -----------1---1
    /// pulls     [^2]1----------1---1    // a, b and c, and then it waits; d when the backlog has drained to 1
    /// result    a   -----------b---c    // Buffered(2)
    /// </code>
    /// <para><b>Demand:</b> reads nothing before the first <c>MoveNextAsync</c>; from then on at most <paramref name="capacity"/>
    /// items more than were asked for. <see cref="Overflow.Wait"/> stops reading when the buffer is full, and goes on when the
    /// backlog has drained to <paramref name="resumeAt"/>, so that the source is woken for a run of items instead of for each.
    /// The other policies read at the source's pace; of items that are ready at once they take at most 1,024 in one go.</para>
    /// <para><b>Errors:</b> a failure of the source, of its clean-up or of <paramref name="onDropped"/> arrives after the items
    /// that came before it.</para>
    /// <para><b>Disposal:</b> cancels the source's token, awaits a pending read, disposes the source once, then returns.
    /// Cancelling the enumeration does the same and ends it with <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> the source is read ahead on the thread that completes its reads or, where it completes them
    /// synchronously, on the consumer's; for a source that blocks, see <see cref="FromBlocking{T}(IEnumerable{T})"/>.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="capacity">The most items the buffer holds; at least 1.</param>
    /// <param name="overflow">What to do with the next item when the buffer is full.</param>
    /// <param name="resumeAt">The backlog, in items from 0 to <paramref name="capacity"/> − 1, at which reading goes on after the
    /// buffer was full; half the capacity unless given. Only with <see cref="Overflow.Wait"/>.</param>
    /// <param name="onDropped">Called with each item that is dropped, on the reading thread, outside every lock.
    /// Not with <see cref="Overflow.Wait"/>, which drops nothing.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/>, <paramref name="overflow"/> or
    /// <paramref name="resumeAt"/> is out of its range.</exception>
    /// <exception cref="ArgumentException"><paramref name="resumeAt"/> or <paramref name="onDropped"/> is given for a policy it does not apply to.</exception>
    public static IAsyncEnumerable<T> Buffered<T>(
        this IAsyncEnumerable<T> source, int capacity, Overflow overflow = Overflow.Wait, int? resumeAt = null, Action<T>? onDropped = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        if (!Enum.IsDefined(overflow))
            throw new ArgumentOutOfRangeException(nameof(overflow), overflow, "Not a value of Overflow.");
        if (resumeAt is { } backlog)
        {
            if (overflow != Overflow.Wait)
                throw new ArgumentException($"resumeAt ({backlog}) applies to Overflow.Wait only: {overflow} never stops reading.", nameof(resumeAt));
            ArgumentOutOfRangeException.ThrowIfNegative(backlog, nameof(resumeAt));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(backlog, capacity, nameof(resumeAt));
        }

        if (onDropped is not null && overflow == Overflow.Wait)
            throw new ArgumentException("onDropped would never be called: Overflow.Wait drops nothing.", nameof(onDropped));

        // Only Wait has a bound on what it reads; the others must let go of an endless synchronous source by themselves.
        var maxBurst = overflow == Overflow.Wait ? int.MaxValue : Boundary<T, T>.Burst;
        return new BufferedStream<T>(source, push: null, maxBurst, capacity, overflow, resumeAt ?? capacity / 2, onDropped);
    }

    /// <summary>Holds up to <paramref name="capacity"/> items of a push source for a consumer that pulls, and says what happens when they pile up.</summary>
    /// <remarks>
    /// <code>
    /// source    --a-bcd-----|
    /// requests  1-------1-1-1
    /// result    --a-----c-d-|    // Buffered(2, DropOldest): b is dropped
    /// </code>
    /// <para><b>Demand:</b> subscribes at the first <c>MoveNextAsync</c>; what a hot source said before is not heard.</para>
    /// <para><b>Errors:</b> a failure of the source, of unsubscribing or of <paramref name="onDropped"/> arrives after the items
    /// that came before it.</para>
    /// <para><b>Disposal:</b> unsubscribes once; so does cancelling the enumeration, which ends it at once with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> a waiting consumer resumes on the source's thread, at the end of its <c>OnNext</c>.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="capacity">The most items the buffer holds; at least 1.</param>
    /// <param name="overflow">What to do with the next item when the buffer is full. Unless told to drop, the stream fails: no loss is silent.</param>
    /// <param name="onDropped">Called with each item that is dropped, on the source's thread, outside every lock.</param>
    /// <returns>A pull stream; each enumeration subscribes anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> or <paramref name="overflow"/> is out of its range.</exception>
    public static IAsyncEnumerable<T> Buffered<T>(
        this IObservable<T> source, int capacity, PushOverflow overflow = PushOverflow.Fail, Action<T>? onDropped = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        if (!Enum.IsDefined(overflow))
            throw new ArgumentOutOfRangeException(nameof(overflow), overflow, "Not a value of PushOverflow.");

        return new BufferedStream<T>(pull: null, source, maxBurst: 0, capacity, (Overflow)overflow, resumeAt: 0, onDropped);
    }
}

internal sealed class BufferedStream<T>(
    IAsyncEnumerable<T>? pull, IObservable<T>? push, int maxBurst, int capacity, Overflow overflow, int resumeAt, Action<T>? onDropped)
    : BoundaryStream<T, T>(pull, push, maxBurst)
{
    public override Outlet<T> Start(CancellationToken cancellationToken) =>
        new BufferedBoundary<T>(CreateInlet(), capacity, overflow, resumeAt, onDropped, cancellationToken);
}

/// <summary>Keeps items in a queue of a given capacity, which is filled and emptied without a lock.</summary>
internal sealed class BufferedBoundary<T>(
    IInlet<T, T> inlet, int capacity, Overflow overflow, int resumeAt, Action<T>? onDropped, CancellationToken cancellationToken)
    : Boundary<T, T>(inlet, cancellationToken)
{
    private readonly SpscQueue<T> _items = new();
    private volatile bool _isDraining;
    private bool _isFenced;

    protected override bool IsFenced => _isFenced;

    protected override bool HasItems => _items.Count > 0;

    protected override bool HasRoom()
    {
        if (_isDraining && _items.Count <= resumeAt)
            _isDraining = false;
        return !_isDraining;
    }

    protected override Finding TakeAlone(out T item)
    {
        if (!TryTake(out item!))
            return Finding.Unclear;

        if (overflow != Overflow.Wait)
        {
            if (Inlet.IsPaused)
                Inlet.Wake();
        }
        else if (_items.LeftSeen <= resumeAt)
        {
            // Behind a fence, as is the other side's look after it has begun to drain: one of the two sees the other.
            Interlocked.MemoryBarrier();
            if (_isDraining && _items.Count <= resumeAt)
                Inlet.Wake();
        }

        return Finding.Item;
    }

    protected override bool TryTakeLocked([MaybeNullWhen(false)] out T item) => TryTake(out item);

    private bool TryTake([MaybeNullWhen(false)] out T item) =>
        overflow == Overflow.DropOldest ? _items.TryTakeShared(out item) : _items.TryTake(out item);

    protected override void ClearLocked() => _items.Clear();

    protected override void AbandonLocked()
    {
        // The consumer empties the buffer when it comes again; until then what is in it stays.
    }

    protected override bool Accept(T item)
    {
        if (TryHandOver(item))
            return HasRoom();

        switch (overflow)
        {
            case Overflow.Wait:
                Debug.Assert(!_isDraining, "a source that waits is not read while the buffer is full");
                _items.Add(item);
                if (!_items.Holds(capacity))
                    return true;

                _isDraining = true;
                Interlocked.MemoryBarrier();
                return HasRoom();

            // In this order: the claim on what is dropped is the fence after what was added. The consumer may have made room meanwhile.
            case Overflow.DropOldest:
                _items.Add(item);
                _isFenced = _items.Holds(capacity + 1) && _items.TryTakeShared(out item!);
                if (_isFenced)
                    Drop(item);

                return true;

            default:
                if (_items.Holds(capacity))
                    Drop(item);
                else
                    _items.Add(item);
                return true;
        }
    }

    private void Drop(T item)
    {
        if (Metrics.Dropped.Enabled)
            Metrics.Dropped.Add(1);
        onDropped?.Invoke(item);
        if (overflow == Overflow.Fail)
            throw new BackpressureException(
                $"The buffer is full: {capacity} items wait for a consumer that is slower than the source. "
                + "Give it more capacity, let it drop (DropOldest, DropNewest), merge with Conflate, or keep the newest alone with KeepLatest.",
                capacity);
    }
}
