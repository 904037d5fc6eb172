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
    /// <param name="source">The source.</param>
    /// <param name="limit">How long it may be silent.</param>
    /// <param name="scheduler">The clock.</param>
    /// <param name="lastSign">When there was a sign of life that made no item, such as a comment in an event stream.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async IAsyncEnumerable<T> FailIfSilent<T>(
        this IAsyncEnumerable<T> source, TimeSpan limit, IScheduler scheduler, Func<DateTimeOffset>? lastSign = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var isSilent = false;
        await using var items = source.GetAsyncEnumerator(reading.Token);
        while (true)
        {
            bool hasItem;
            using (scheduler.Schedule(limit, again =>
            {
                var isAliveFor = (lastSign?.Invoke() ?? DateTimeOffset.MinValue) - (scheduler.Now - limit);
                if (isAliveFor > TimeSpan.Zero)
                {
                    again(isAliveFor);
                    return;
                }

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
