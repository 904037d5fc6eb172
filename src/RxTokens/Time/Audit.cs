using System.Reactive.Concurrency;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Tells, for a while after a value, nothing, and then the newest.</summary>
    /// <remarks>
    /// <code>
    /// source  ab-c-d----e   |
    /// result  ----c----d-[e|]    // Audit(4 ms)
    /// </code>
    /// <para><b>The window</b> is opened by a value that finds none, and not by one that is told at its end. What a newer value replaces is dropped.</para>
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
    /// <returns>The values that are told.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="period"/> is not positive.</exception>
    public static IObservable<TSource> Audit<TSource>(this IObservable<TSource> source, TimeSpan period, IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(scheduler);

        var window = Windows.Of<TSource>(period, scheduler);
        return new PushOperator<TSource, TSource>(source, observer => new ThrottleSink<TSource>(observer, window, leading: false, trailing: true, reopens: false));
    }

    /// <summary>Tells, for a while after a value, nothing, and then the newest.</summary>
    /// <remarks>
    /// <code>
    /// source  ab-c-d----e   |
    /// result  ----c----d-[e|]    // Audit(4 ms)
    /// </code>
    /// <para>As <see cref="Audit{TSource}(IObservable{TSource}, TimeSpan, IScheduler)"/>, on <paramref name="timeProvider"/>'s timers.</para>
    /// <para><b>Demand:</b> none of its own.</para>
    /// <para><b>Errors:</b> a failure of the source arrives at once; what waits is dropped.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> values are told inside the source's calls, or where <paramref name="timeProvider"/> calls its timers back, one at a time.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the values.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="period">How long it is quiet; more than zero.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <returns>The values that are told.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="period"/> is not positive.</exception>
    public static IObservable<TSource> Audit<TSource>(this IObservable<TSource> source, TimeSpan period, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return source.Audit(period, timeProvider.AsScheduler());
    }

    /// <summary>Tells nothing until a stream that is made of a value says something, and then the newest.</summary>
    /// <remarks>
    /// <code>
    /// source    ab-c-d----e   |
    /// source 2  ----x              // duration
    /// result    ----c----d-[e|]    // Audit(x => source 2)
    /// </code>
    /// <para>As <see cref="Audit{TSource}(IObservable{TSource}, TimeSpan, IScheduler)"/>, but a window is over when the stream that <paramref name="duration"/> makes of
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
    /// <returns>The values that are told.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="duration"/> is null.</exception>
    public static IObservable<TSource> Audit<TSource, TDuration>(this IObservable<TSource> source, Func<TSource, IObservable<TDuration>> duration)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(duration);

        var window = Windows.Of(duration);
        return new PushOperator<TSource, TSource>(source, observer => new ThrottleSink<TSource>(observer, window, leading: false, trailing: true, reopens: false));
    }
}
