using System.Reactive.Concurrency;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Tells a value at once, and then none for a while.</summary>
    /// <remarks>
    /// <code>
    /// source  ab-c-d----e|
    /// result  a----d----e|    // ThrottleFirst(4 ms)
    /// </code>
    /// <para><b>The window</b> is counted from when its value has been told, and ends with the timer: what comes in the same instant, and before that, lies in it. What
    /// comes in a window is dropped.</para>
    /// <para><b>Demand:</b> none of its own. Inside <see cref="Through"/>: reads until something is told.</para>
    /// <para><b>Errors:</b> a failure of the source arrives at once.</para>
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
    public static IObservable<TSource> ThrottleFirst<TSource>(this IObservable<TSource> source, TimeSpan period, IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(scheduler);

        var window = Windows.Of<TSource>(period, scheduler);
        return new PushOperator<TSource, TSource>(source, observer => new ThrottleSink<TSource>(observer, window, leading: true, trailing: false, reopens: false));
    }

    /// <summary>Tells a value at once, and then none for a while.</summary>
    /// <remarks>
    /// <code>
    /// source  ab-c-d----e|
    /// result  a----d----e|    // ThrottleFirst(4 ms)
    /// </code>
    /// <para>As <see cref="ThrottleFirst{TSource}(IObservable{TSource}, TimeSpan, IScheduler)"/>, on <paramref name="timeProvider"/>'s timers.</para>
    /// <para><b>Demand:</b> none of its own.</para>
    /// <para><b>Errors:</b> a failure of the source arrives at once.</para>
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
    public static IObservable<TSource> ThrottleFirst<TSource>(this IObservable<TSource> source, TimeSpan period, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return source.ThrottleFirst(period, timeProvider.AsScheduler());
    }

    /// <summary>Tells a value at once, and then none until a stream that is made of it says something.</summary>
    /// <remarks>
    /// <code>
    /// source    ab-c-d----e|
    /// source 2  ----x           // duration
    /// result    a----d----e|    // ThrottleFirst(x => source 2)
    /// </code>
    /// <para>As <see cref="ThrottleFirst{TSource}(IObservable{TSource}, TimeSpan, IScheduler)"/>, but a window is over when the stream that <paramref name="duration"/> makes of
    /// the value before it says something, or ends.</para>
    /// <para><b>Demand:</b> none of its own.</para>
    /// <para><b>Errors:</b> a failure of the source arrives at once. So does what <paramref name="duration"/> throws, and a failure of its stream.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and that of the window.</para>
    /// <para><b>Threading:</b> values are told inside the calls of the source or of the window's stream, one at a time.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the values.</typeparam>
    /// <typeparam name="TDuration">The type of what ends a window.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="duration">Makes the stream that ends a window, of the value that opened it.</param>
    /// <returns>The values that are told.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="duration"/> is null.</exception>
    public static IObservable<TSource> ThrottleFirst<TSource, TDuration>(this IObservable<TSource> source, Func<TSource, IObservable<TDuration>> duration)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(duration);

        var window = Windows.Of(duration);
        return new PushOperator<TSource, TSource>(source, observer => new ThrottleSink<TSource>(observer, window, leading: true, trailing: false, reopens: false));
    }
}
