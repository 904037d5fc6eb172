namespace RxTokens;

/// <summary>A cold pull stream: every enumeration starts an enumerator of its own.</summary>
internal sealed class PullStream<T>(Func<CancellationToken, IAsyncEnumerator<T>> start) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => start(cancellationToken);
}
