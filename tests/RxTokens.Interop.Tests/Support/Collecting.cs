namespace RxTokens.Interop.Tests;

internal static class Collecting
{
    /// <summary>Reads everything. Not called ToListAsync, which two libraries here already have.</summary>
    public static async Task<List<T>> CollectAsync<T>(this IAsyncEnumerable<T> source, int atMost = int.MaxValue)
    {
        var items = new List<T>();
        await foreach (var item in source)
        {
            items.Add(item);
            if (items.Count == atMost)
                break;
        }

        return items;
    }
}
