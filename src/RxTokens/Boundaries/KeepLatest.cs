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
    /// counter <c>rxtokens.items.dropped</c> counts it. The first item and the last always arrive.</para>
    /// <para><b>Errors:</b> a failure of the source, of its clean-up or of <paramref name="onDropped"/> arrives after the item that waits.</para>
    /// <para><b>Disposal:</b> cancels the source's token, awaits a pending read, disposes the source once, then returns.
    /// Cancelling the enumeration does the same and ends it with <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> the source is read on the thread that completes its reads or, where it completes them synchronously, on the consumer's.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="onDropped">Called with each item that is dropped, on the reading thread, outside every lock.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public static IAsyncEnumerable<T> KeepLatest<T>(this IAsyncEnumerable<T> source, Action<T>? onDropped = null)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new KeepLatestStream<T>(source, push: null, onDropped);
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
    /// counter <c>rxtokens.items.dropped</c> counts it. The first item and the last always arrive.</para>
    /// <para><b>Errors:</b> a failure of the source, of unsubscribing or of <paramref name="onDropped"/> arrives after the item that waits.</para>
    /// <para><b>Disposal:</b> unsubscribes once; so does cancelling the enumeration, which ends it at once with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> a waiting consumer resumes on the source's thread, at the end of its <c>OnNext</c>.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="onDropped">Called with each item that is dropped, on the source's thread, outside every lock.</param>
    /// <returns>A pull stream; each enumeration subscribes anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public static IAsyncEnumerable<T> KeepLatest<T>(this IObservable<T> source, Action<T>? onDropped = null)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new KeepLatestStream<T>(pull: null, source, onDropped);
    }
}

internal sealed class KeepLatestStream<T>(IAsyncEnumerable<T>? pull, IObservable<T>? push, Action<T>? onDropped)
    : BoundaryStream<T, T>(pull, push, Boundary<T, T>.Burst)
{
    public override Outlet<T> Start(CancellationToken cancellationToken) => new KeepLatestBoundary<T>(CreateInlet(), onDropped, cancellationToken);
}

/// <summary>Keeps one item.</summary>
internal sealed class KeepLatestBoundary<T>(IInlet<T, T> inlet, Action<T>? onDropped, CancellationToken cancellationToken)
    : Boundary<T, T>(inlet, cancellationToken)
{
    private bool _hasLatest;
    private T _latest = default!;

    protected override bool HasRoom() => true;

    protected override bool TryTakeLocked([MaybeNullWhen(false)] out T item)
    {
        item = _latest;
        var taken = _hasLatest;
        ClearLocked();
        return taken;
    }

    protected override void ClearLocked()
    {
        _latest = default!;
        _hasLatest = false;
    }

    protected override bool Accept(T item)
    {
        bool drops;
        T dropped;
        lock (Gate)
        {
            if (IsClosed || TryHandOverLocked(item))
                return true;

            drops = _hasLatest;
            dropped = _latest;
            _latest = item;
            _hasLatest = true;
        }

        if (drops)
        {
            if (Metrics.Dropped.Enabled)
                Metrics.Dropped.Add(1);
            onDropped?.Invoke(dropped);
        }

        return true;
    }
}
