namespace RxTokens.Tests;

internal static class CountedStream
{
    /// <summary>Says for each item of the source that it has been read. Hands on the source's token.</summary>
    public static IAsyncEnumerable<T> Counted<T>(this IAsyncEnumerable<T> source, Action onItem) => new Stream<T>(source, onItem);

    private sealed class Stream<T>(IAsyncEnumerable<T> source, Action onItem) : IAsyncEnumerable<T>
    {
        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
            new Enumerator<T>(source.GetAsyncEnumerator(cancellationToken), onItem);
    }

    private sealed class Enumerator<T>(IAsyncEnumerator<T> source, Action onItem) : IAsyncEnumerator<T>
    {
        public T Current => source.Current;

        public async ValueTask<bool> MoveNextAsync()
        {
            var hasItem = await source.MoveNextAsync();
            if (hasItem)
                onItem();
            return hasItem;
        }

        public ValueTask DisposeAsync() => source.DisposeAsync();
    }
}
