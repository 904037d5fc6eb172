namespace RxTokens;

internal static class Enumerations
{
    /// <summary>Enumerates a source of anybody's, who may break the rule that there is an enumerator.</summary>
    public static IAsyncEnumerator<T> Enumerate<T>(this IAsyncEnumerable<T> source, CancellationToken cancellationToken) =>
        source.GetAsyncEnumerator(cancellationToken) ?? throw new InvalidOperationException($"GetAsyncEnumerator of '{source.GetType()}' returned null.");
}
