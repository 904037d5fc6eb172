namespace RxTokens;

/// <summary>
/// A cold pull stream whose enumerators are outlets: whoever reads it from inside the library cancels them without a token.
/// (Each operator derives its own, which holds the arguments: a third of what a closure and its delegate take.)
/// </summary>
internal abstract class OutletStream<T> : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => Start(cancellationToken);

    public abstract Outlet<T> Start(CancellationToken cancellationToken);
}
