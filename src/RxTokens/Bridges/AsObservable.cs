namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Pushes every item of a pull source as soon as it can be read: a plain bridge to Rx, without backpressure.</summary>
    /// <remarks>
    /// <code>
    /// source  -a--b--c--|
    /// result  -a--b--c--|    // AsObservable()
    /// </code>
    /// <para><b>Demand:</b> unbounded; an observer that is slower than the source holds the source up only by not returning from
    /// <c>OnNext</c>. To keep the source from running ahead use <see cref="Through"/> or <see cref="OnDemand"/>.
    /// Each subscription reads the source anew. An observer that has enough after five items (<c>Take(5)</c>) makes exactly five
    /// reads, of an endless source that never waits too.</para>
    /// <para><b>Errors:</b> a failure of <c>GetAsyncEnumerator</c>, of a read or of the clean-up arrives as <c>OnError</c>, after the
    /// source has been disposed. If an observer's <c>OnNext</c> throws, the source is disposed first, then the exception surfaces on
    /// the thread that called it: out of <c>Subscribe</c> for items that were ready. Where the disposal takes time, it surfaces on
    /// the thread that completes that.</para>
    /// <para><b>Disposal:</b> cancels a read that is pending, by the source's token; the source is disposed, once, as soon as that has returned
    /// and the observer is done with its item. Without a pending read the token is not cancelled, and a clean-up may take its time. If it fails, nobody is left to be told: the failure goes to <see cref="TaskScheduler.UnobservedTaskException"/>.</para>
    /// <para><b>Threading:</b> subscribing reads what is ready on the subscriber's thread, on Rx's current-thread trampoline; later
    /// items arrive on the threads that complete the reads. Any number of items uses constant stack.</para>
    /// <code>
    /// // Conceptually:
    /// public static IObservable&lt;T> AsObservable&lt;T>(this IAsyncEnumerable&lt;T> source) => Observable.Create&lt;T>(async (observer, leaving) =>
    /// {
    ///     await foreach (var item in source.WithCancellation(leaving))
    ///     {
    ///         observer.OnNext(item);
    ///         leaving.ThrowIfCancellationRequested(); // who has enough is not read for
    ///     }
    /// });
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <returns>A cold push stream.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public static IObservable<TSource> AsObservable<TSource>(this IAsyncEnumerable<TSource> source)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new OnDemandObservable<TSource>(source, requests: null);
    }
}
