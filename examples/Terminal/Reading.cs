using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using RxTokens;

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
    /// Fails if the source is asked, and is silent for too long. A sign of life that makes no item, such as a comment in an
    /// event stream, counts as one that the limit sees, and nobody else.
    /// </summary>
    public static IAsyncEnumerable<T> LimitSilence<T>(this IAsyncEnumerable<T> source, TimeSpan limit, IObservable<Unit> signs, IScheduler clock)
        where T : class =>
        source
            .Through(items => items.Select(item => (T?)item).Merge(signs.Select(_ => (T?)null).TakeUntil(items.Count())))
            .Timeout(first: limit, between: limit, clock)
            .OfType<T>();
}
