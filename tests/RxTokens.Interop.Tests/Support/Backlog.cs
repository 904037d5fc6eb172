namespace RxTokens.Interop.Tests;

/// <summary>What waits in memory for a consumer that has asked for the first item only.</summary>
internal static class Backlog
{
    /// <summary>Pushes so many items and the end, and counts what comes after the first.</summary>
    public static async Task<int> OfAsync(IAsyncEnumerable<int> stream, int count, Action<int> onNext, Action onCompleted)
    {
        await using var items = stream.GetAsyncEnumerator();
        var first = items.MoveNextAsync();

        for (var n = 1; n <= count; n++)
            onNext(n);
        onCompleted();

        Assert.That(await first);
        var waited = 0;
        while (await items.MoveNextAsync())
            waited++;
        return waited;
    }
}
