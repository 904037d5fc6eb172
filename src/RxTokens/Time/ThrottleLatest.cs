using System.Reactive.Concurrency;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Tells the first value at once, then at most one in a period, the newest, and the last always.</summary>
    /// <remarks>
    /// <code>
    /// source    ab-c-d----e   |
    /// result    a---c---d--[e|]    // ThrottleLatest(4 ms)
    /// result 2  ----c---d--[e|]    // ThrottleLatest(4 ms, leading: false)
    /// </code>
    /// <para><b>The window:</b> a value that is told opens one; its end tells the newest that has come in it, which opens the next. A window in which nothing has
    /// come closes silently, and leaves no timer. What a newer value replaces is dropped. Without <paramref name="leading"/> the value that opens a window waits for its end, too.</para>
    /// <para><b>The end</b> tells what waits at once, and completes: RxJS lets it wait for the end of the window, though nothing can replace it any more.</para>
    /// <para><b>Demand:</b> none of its own. Inside <see cref="Through"/>: reads until something is told.</para>
    /// <para><b>Errors:</b> a failure of the source arrives at once; what waits is dropped.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer. No timer is left behind an end.</para>
    /// <para><b>Threading:</b> values are told inside the source's calls, or on <paramref name="scheduler"/>, one at a time.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the values.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="period">How long it is quiet; more than zero.</param>
    /// <param name="scheduler">The clock.</param>
    /// <param name="leading">Whether a value that finds no window is told at once.</param>
    /// <returns>The values that are told.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="period"/> is not positive.</exception>
    public static IObservable<TSource> ThrottleLatest<TSource>(this IObservable<TSource> source, TimeSpan period, IScheduler scheduler, bool leading = true)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(scheduler);

        var window = Windows.Of<TSource>(period, scheduler);
        return new PushOperator<TSource, TSource>(source, observer => new ThrottleSink<TSource>(observer, window, leading, trailing: true, reopens: true));
    }

    /// <summary>Tells the first value at once, then at most one in a period, the newest, and the last always.</summary>
    /// <remarks>
    /// <code>
    /// source    ab-c-d----e   |
    /// result    a---c---d--[e|]    // ThrottleLatest(4 ms)
    /// result 2  ----c---d--[e|]    // ThrottleLatest(4 ms, leading: false)
    /// </code>
    /// <para>As <see cref="ThrottleLatest{TSource}(IObservable{TSource}, TimeSpan, IScheduler, bool)"/>, on <paramref name="timeProvider"/>'s timers.</para>
    /// <para><b>Demand:</b> none of its own.</para>
    /// <para><b>Errors:</b> a failure of the source arrives at once; what waits is dropped.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> values are told inside the source's calls, or where <paramref name="timeProvider"/> calls its timers back, one at a time.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the values.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="period">How long it is quiet; more than zero.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="leading">Whether a value that finds no window is told at once.</param>
    /// <returns>The values that are told.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="period"/> is not positive.</exception>
    public static IObservable<TSource> ThrottleLatest<TSource>(this IObservable<TSource> source, TimeSpan period, TimeProvider timeProvider, bool leading = true)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return source.ThrottleLatest(period, timeProvider.AsScheduler(), leading);
    }

    /// <summary>Tells the first value at once, then the newest at the end of each window, which a stream that is made of the last value ends, and the last always.</summary>
    /// <remarks>
    /// <code>
    /// source    ab-c-d----e   |
    /// source 2  ----x              // duration
    /// result    a---c---d--[e|]    // ThrottleLatest(x => source 2)
    /// </code>
    /// <para>As <see cref="ThrottleLatest{TSource}(IObservable{TSource}, TimeSpan, IScheduler, bool)"/>, but a window is over when the stream that <paramref name="duration"/> makes of
    /// the value before it says something, or ends.</para>
    /// <para><b>Demand:</b> none of its own.</para>
    /// <para><b>Errors:</b> a failure of the source arrives at once; what waits is dropped. So does what <paramref name="duration"/> throws, and a failure of its stream.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and that of the window.</para>
    /// <para><b>Threading:</b> values are told inside the calls of the source or of the window's stream, one at a time.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the values.</typeparam>
    /// <typeparam name="TDuration">The type of what ends a window.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="duration">Makes the stream that ends a window, of the value that opened it.</param>
    /// <param name="leading">Whether a value that finds no window is told at once.</param>
    /// <returns>The values that are told.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="duration"/> is null.</exception>
    public static IObservable<TSource> ThrottleLatest<TSource, TDuration>(this IObservable<TSource> source, Func<TSource, IObservable<TDuration>> duration, bool leading = true)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(duration);

        var window = Windows.Of(duration);
        return new PushOperator<TSource, TSource>(source, observer => new ThrottleSink<TSource>(observer, window, leading, trailing: true, reopens: true));
    }
}
