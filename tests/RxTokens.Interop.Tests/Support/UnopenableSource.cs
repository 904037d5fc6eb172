namespace RxTokens.Interop.Tests;

internal sealed class UnopenableSource : IAsyncEnumerable<int>
{
    public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        throw new IOException("the model is not there");
}
