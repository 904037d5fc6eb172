using System.Runtime.ExceptionServices;

namespace RxTokens;

/// <summary>What all sinks do with their source.</summary>
internal static class Consumption
{
    /// <summary>
    /// Reads the source to its end, one item at a time, and disposes it whatever happens. What was called off reads nothing more and
    /// fails, however quietly the source ends at that; and no failure of the disposal is lost, or hides the one before it.
    /// </summary>
    /// <param name="source">The source.</param>
    /// <param name="token">The token for the source.</param>
    /// <param name="consume">What is done with each item, before the next is asked for.</param>
    /// <param name="whyCalledOff">What to fail with where the reading has been called off, which <paramref name="token"/> has told the source; else null.</param>
    public static async Task ForEachAsync<TSource>(
        IAsyncEnumerable<TSource> source, CancellationToken token, Func<TSource, ValueTask> consume, Func<Exception?> whyCalledOff)
    {
        IAsyncEnumerator<TSource>? items = null;
        Exception? failure = null;
        try
        {
            if (whyCalledOff() is null)
            {
                items = source.GetAsyncEnumerator(token);
                while (whyCalledOff() is null && await items.MoveNextAsync().ConfigureAwait(false))
                    await consume(items.Current).ConfigureAwait(false);
            }
        }
        catch (Exception thrown)
        {
            failure = thrown;
        }

        var reason = whyCalledOff();
        var cleanupFailure = items is null ? null : await CleanUp.RunAsync(items, static i => i.DisposeAsync()).ConfigureAwait(false);
        var told = reason is null ? Ending.Combine(failure, cleanupFailure)
            : Ending.Combine(reason, CleanUp.Leftover(ReferenceEquals(failure, reason) ? null : failure, cleanupFailure));
        if (told is not null)
            ExceptionDispatchInfo.Throw(told);
    }
}
