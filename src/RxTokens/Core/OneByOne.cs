using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

/// <summary>A stage that reads an item when its consumer asks, hands it on as it is, and keeps none.</summary>
internal abstract class OneByOne<T>(IAsyncEnumerable<T> source, CancellationToken cancellationToken, bool mayBeHeld = false)
    : Outlet<T, T>(source, cancellationToken, mayBeHeld)
{
    protected sealed override bool IsPushedTo => false;

    /// <summary>What lands when nobody wants it any more is dropped, and counted.</summary>
    protected override void OnDiscarded(T item)
    {
        Metrics.Dropped.Add(1);
        TellDropped(item);
    }

    /// <summary>Tells who wants to know, be it before other stages of this kind: they hand on the very items.</summary>
    protected virtual void TellDropped(T item) => (Inner as OneByOne<T>)?.TellDropped(item);

    protected override bool TryTake([MaybeNullWhen(false)] out T item)
    {
        item = default;
        return false;
    }

    protected override void Discard()
    {
    }
}
