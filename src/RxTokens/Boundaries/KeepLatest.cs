using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Keeps the newest item alone for a consumer that is busy: for progress bars and other states, not for text.</summary>
    /// <remarks>
    /// <code>
    /// source    a-b-c-d|
    /// requests  1----1---1
    /// result    a----c---d    // KeepLatest(): b is dropped
    /// </code>
    /// <para><b>Demand:</b> reads nothing before the first <c>MoveNextAsync</c>, and at the source's pace from then on; of items
    /// that are ready at once at most 1,024 in one go. One item waits at the most.</para>
    /// <para><b>Loss:</b> every item that a newer one replaces is dropped: <paramref name="onDropped"/> is called with it, and the
    /// counter <c>rxtokens.items.dropped</c> counts it. The first item and the last always arrive. <paramref name="onDropped"/> is also called
    /// with an item that still waits when the consumer leaves or cancels.</para>
    /// <para><b>Errors:</b> a failure of the source, of its clean-up or of <paramref name="onDropped"/> arrives after the item that waits.</para>
    /// <para><b>Disposal:</b> a pending read is cancelled and awaited; the source is disposed, once, when the consumer asks again and nothing waits
    /// for it, or leaves. Cancelling the enumeration cancels the source's token at once and ends it with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> the source is read on the thread that completes its reads or, where it completes them synchronously, on the consumer's.</para>
    /// <code>
    /// // Conceptually:
    /// public static IAsyncEnumerable&lt;T> KeepLatest&lt;T>(this IAsyncEnumerable&lt;T> source, Action&lt;T>? onDropped) =>
    ///     source.Buffered(1, BoundedChannelFullMode.DropOldest, onDropped);
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="onDropped">Called with each item that is dropped, on the reading thread, outside every lock.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public static IAsyncEnumerable<TSource> KeepLatest<TSource>(this IAsyncEnumerable<TSource> source, Action<TSource>? onDropped = null)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new KeepLatestStream<TSource>(source, push: null, onDropped);
    }

    /// <summary>Keeps the newest item alone of a push source for a consumer that is busy.</summary>
    /// <remarks>
    /// <code>
    /// source    a-b-c-d|
    /// requests  1----1---1
    /// result    a----c---d    // KeepLatest(): b is dropped
    /// </code>
    /// <para><b>Demand:</b> subscribes at the first <c>MoveNextAsync</c>; what a hot source said before is not heard.</para>
    /// <para><b>Loss:</b> every item that a newer one replaces is dropped: <paramref name="onDropped"/> is called with it, and the
    /// counter <c>rxtokens.items.dropped</c> counts it. The first item and the last always arrive. <paramref name="onDropped"/> is also called
    /// with an item that still waits when the consumer leaves or cancels.</para>
    /// <para><b>Errors:</b> a failure of the source, of unsubscribing or of <paramref name="onDropped"/> arrives after the item that waits.</para>
    /// <para><b>Disposal:</b> unsubscribes once; so does cancelling the enumeration, which ends it at once with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> a waiting consumer resumes on the source's thread, at the end of its <c>OnNext</c>.</para>
    /// <code>
    /// // Conceptually:
    /// public static IAsyncEnumerable&lt;T> KeepLatest&lt;T>(this IObservable&lt;T> source, Action&lt;T>? onDropped) =>
    ///     source.Buffered(1, BoundedChannelFullMode.DropOldest, onDropped);
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="onDropped">Called with each item that is dropped, on the source's thread, outside every lock.</param>
    /// <returns>A pull stream; each enumeration subscribes anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public static IAsyncEnumerable<TSource> KeepLatest<TSource>(this IObservable<TSource> source, Action<TSource>? onDropped = null)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new KeepLatestStream<TSource>(pull: null, source, onDropped);
    }
}

[DebuggerDisplay("KeepLatest({_onDropped})")]
internal sealed class KeepLatestStream<T>(IAsyncEnumerable<T>? pull, IObservable<T>? push, Action<T>? onDropped) : OutletStream<T>
{
    private readonly Action<T>? _onDropped = onDropped;

    public override IOutlet<T> Start(CancellationToken cancellationToken) => new KeepLatestBoundary<T>(pull, push, seat: null, capacity: 1, _onDropped, cancellationToken);
}

/// <summary>Keeps so many items; one that finds no room replaces the newest. (One item is <c>KeepLatest</c>, more are <c>DropNewest</c>.)</summary>
internal sealed class KeepLatestBoundary<T>(
    IAsyncEnumerable<T>? pull, IObservable<T>? push, Seat<T>? seat, int capacity, Action<T>? onDropped, CancellationToken cancellationToken)
    : Boundary<T, T>(pull, push, seat, cancellationToken)
{
    private readonly NewestLast<T> _items = new(capacity);

    protected override T First(T item) => item;

    protected override bool TryTakeAlone([MaybeNullWhen(false)] out T item, out bool mayGoOn)
    {
        mayGoOn = IsHeldUp;
        return _items.TryTake(out item);
    }

    protected override bool TryTake([MaybeNullWhen(false)] out T item) => _items.TryTake(out item);

    protected override void Discard()
    {
        while (_items.TryTake(out var item))
            Discard(item);
    }

    protected override void OnDiscarded(T item) => onDropped?.Invoke(item);

    protected override void OnTakenInVain(T item) => onDropped?.Invoke(item);

    protected override bool Add(T item)
    {
        if (_items.Put(item, out var replaced))
        {
            onDropped?.Invoke(replaced); // first: a listener of the metrics may throw
            if (Metrics.Dropped.Enabled)
                Metrics.Dropped.Add(1);
        }

        return false;
    }
}
