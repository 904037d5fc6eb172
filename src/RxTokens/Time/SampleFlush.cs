using System.Reactive.Concurrency;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Tells the newest value once in a period, if there is a new one, and the last at the end: Rx's <c>Sample</c>, which keeps the last.</summary>
    /// <remarks>
    /// <code>
    /// source  -ab----c-d|
    /// result  ----b---c-[d|]    // SampleFlush(4 ms)
    /// </code>
    /// <para><b>Ticks</b> are counted from the subscription, and go on while nothing comes. A tick without a new value says nothing. What a newer value replaces is dropped.</para>
    /// <para><b>The end</b> tells what waits at once, and completes; <c>Sample</c> loses it, or tells it at the next tick.</para>
    /// <para><b>Demand:</b> none of its own. Inside <see cref="Through"/>: reads until something is told.</para>
    /// <para><b>Errors:</b> a failure of the source arrives at once; what waits is dropped.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> values are told on <paramref name="scheduler"/>, the last inside the source's call, one at a time.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the values.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="period">The time from tick to tick; more than zero.</param>
    /// <param name="scheduler">The clock.</param>
    /// <returns>The values that are told.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="period"/> is not positive.</exception>
    public static IObservable<TSource> SampleFlush<TSource>(this IObservable<TSource> source, TimeSpan period, IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(scheduler);

        return new PushOperator<TSource, TSource>(source, observer => new SampleFlushSink<TSource>(observer, period, scheduler));
    }

    /// <summary>Tells the newest value once in a period, if there is a new one, and the last at the end, on any clock.</summary>
    /// <remarks>
    /// <code>
    /// source  -ab----c-d|
    /// result  ----b---c-[d|]    // SampleFlush(4 ms)
    /// </code>
    /// <para>As <see cref="SampleFlush{TSource}(IObservable{TSource}, TimeSpan, IScheduler)"/>, on <paramref name="timeProvider"/>'s timers.</para>
    /// <para><b>Demand:</b> none of its own.</para>
    /// <para><b>Errors:</b> a failure of the source arrives at once; what waits is dropped.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> values are told where <paramref name="timeProvider"/> calls its timers back, the last inside the source's call, one at a time.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the values.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="period">The time from tick to tick; more than zero.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <returns>The values that are told.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="period"/> is not positive.</exception>
    public static IObservable<TSource> SampleFlush<TSource>(this IObservable<TSource> source, TimeSpan period, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return source.SampleFlush(period, timeProvider.AsScheduler());
    }
}

internal sealed class SampleFlushSink<T>(IObserver<T> observer, TimeSpan period, IScheduler scheduler) : TimeSink<T, T>(observer)
{
    private bool _hasNewest;
    private T _newest = default!;

    protected override void Begin() => WaitFor((tick, _) => scheduler.SchedulePeriodic(period, tick), AddEnd);

    protected override void Add(T value) => (_hasNewest, _newest) = (true, value);

    protected override void AddEnd()
    {
        if (!_hasNewest)
            return;

        var newest = _newest;
        (_hasNewest, _newest) = (false, default!); // before it is told: an observer may push
        Tell(newest);
    }
}
