using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;

namespace Terminal;

/// <summary>Two things that only the reader of a pull stream can know: how long the source was not asked, and how long it did not answer.</summary>
internal static class Reading
{
    /// <summary>
    /// Measures how long the source waits between handing over an item and being asked for the next. Socket buffers hide
    /// from the server that nobody reads; here nothing is hidden.
    /// </summary>
    public static async IAsyncEnumerable<T> MeasureHeld<T>(
        this IAsyncEnumerable<T> source, Figures figures, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var item in source.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var held = figures.HoldBegins();
            yield return item;
            figures.HoldEnds(held);
        }
    }

    /// <summary>
    /// Fails if the source leaves one request unanswered for too long. Rx's Timeout would count the time in which nobody
    /// asked as well, and blame the server for a slow screen.
    /// </summary>
    public static async IAsyncEnumerable<T> FailIfSilent<T>(
        this IAsyncEnumerable<T> source, TimeSpan limit, IScheduler scheduler, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var isSilent = false;
        await using var items = source.GetAsyncEnumerator(reading.Token);
        while (true)
        {
            bool hasItem;
            using (scheduler.Schedule(limit, () =>
            {
                isSilent = true;
                reading.Cancel();
            }))
            {
                try
                {
                    hasItem = await items.MoveNextAsync().ConfigureAwait(false);
                }
                catch (Exception) when (isSilent && !cancellationToken.IsCancellationRequested)
                {
                    throw new SilentServerException(limit);
                }
            }

            if (!hasItem)
                yield break;
            yield return items.Current;
        }
    }
}
