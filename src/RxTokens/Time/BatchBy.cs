using System.Reactive.Concurrency;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Collects items into batches: a batch is told when it has so many, when its first item has waited for so long, or before it becomes too heavy.</summary>
    /// <remarks>
    /// <code>
    /// source  abc    --d------e-   |
    /// result  --{abc}------d----[e|]    // BatchBy(3, 4 ms)
    /// </code>
    /// <para><b>A batch</b> is never empty. Its time is counted from its first item: while nothing has come there is no timer.</para>
    /// <para><b>The end</b> tells what is left at once.</para>
    /// <para><b>Demand:</b> none of its own. Inside <see cref="Through"/>: reads until a batch is told.</para>
    /// <para><b>Errors:</b> a failure of the source arrives at once, and the batch that was not full is dropped, as by Rx's <c>Buffer</c>.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> batches are told inside the source's calls, or on <paramref name="scheduler"/>, one at a time.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="count">How many items a batch has at most; at least 1.</param>
    /// <param name="maxWait">How long the first item of a batch waits at most; more than zero.</param>
    /// <param name="scheduler">The clock.</param>
    /// <returns>The batches, each a list of its own.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> or <paramref name="maxWait"/> is not positive.</exception>
    public static IObservable<IList<TSource>> BatchBy<TSource>(this IObservable<TSource> source, int count, TimeSpan maxWait, IScheduler scheduler) =>
        source.BatchBy(count, maxWait, static _ => 0, long.MaxValue, scheduler);

    /// <summary>Collects items into batches, on any clock.</summary>
    /// <remarks>
    /// <code>
    /// source  abc    --d------e-   |
    /// result  --{abc}------d----[e|]    // BatchBy(3, 4 ms)
    /// </code>
    /// <para>As <see cref="BatchBy{TSource}(IObservable{TSource}, int, TimeSpan, IScheduler)"/>, on <paramref name="timeProvider"/>'s timers.</para>
    /// <para><b>Demand:</b> none of its own.</para>
    /// <para><b>Errors:</b> a failure of the source arrives at once, and the batch that was not full is dropped.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> batches are told inside the source's calls, or where <paramref name="timeProvider"/> calls its timers back, one at a time.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="count">How many items a batch has at most; at least 1.</param>
    /// <param name="maxWait">How long the first item of a batch waits at most; more than zero.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <returns>The batches, each a list of its own.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> or <paramref name="maxWait"/> is not positive.</exception>
    public static IObservable<IList<TSource>> BatchBy<TSource>(this IObservable<TSource> source, int count, TimeSpan maxWait, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return source.BatchBy(count, maxWait, timeProvider.AsScheduler());
    }

    /// <summary>Collects items into batches that are bounded by their weight, too, such as characters, tokens or bytes.</summary>
    /// <remarks>
    /// <code>
    /// source  {aa}-{bbb}-c     ---|
    /// result  -   -{aa} -{bbbc}---|    // BatchBy(9, 4 ms, text => text.Length, 4)
    /// </code>
    /// <para><b>A batch</b> is told before an item that would make it heavier than <paramref name="maxWeight"/>, and as soon as it is that heavy. An item that is heavier
    /// by itself is a batch by itself. Else as <see cref="BatchBy{TSource}(IObservable{TSource}, int, TimeSpan, IScheduler)"/>.</para>
    /// <para><b>Demand:</b> none of its own. Inside <see cref="Through"/>: reads until a batch is told.</para>
    /// <para><b>Errors:</b> a failure of the source, what <paramref name="weight"/> throws, and an <see cref="ArgumentOutOfRangeException"/> where it is
    /// negative, arrive at once, and the batch that was not full is dropped.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> batches are told inside the source's calls, or on <paramref name="scheduler"/>, one at a time.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="count">How many items a batch has at most; at least 1.</param>
    /// <param name="maxWait">How long the first item of a batch waits at most; more than zero.</param>
    /// <param name="weight">The weight of an item; not negative. Called once for each.</param>
    /// <param name="maxWeight">How heavy a batch of several items is at most; at least 1.</param>
    /// <param name="scheduler">The clock.</param>
    /// <returns>The batches, each a list of its own.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="weight"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/>, <paramref name="maxWait"/> or <paramref name="maxWeight"/> is not positive.</exception>
    public static IObservable<IList<TSource>> BatchBy<TSource>(
        this IObservable<TSource> source, int count, TimeSpan maxWait, Func<TSource, long> weight, long maxWeight, IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(maxWait, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxWeight, 1);
        ArgumentNullException.ThrowIfNull(scheduler);

        return new PushOperator<TSource, IList<TSource>>(source, observer => new BatchSink<TSource>(observer, count, maxWait, weight, maxWeight, scheduler));
    }
}

internal sealed class BatchSink<T>(IObserver<IList<T>> observer, int count, TimeSpan maxWait, Func<T, long> weight, long maxWeight, IScheduler scheduler)
    : TimeSink<T, IList<T>>(observer)
{
    private List<T> _batch = [];
    private long _weight;

    private bool IsFull => _batch.Count >= count || _weight >= maxWeight;

    protected override void Add(T value)
    {
        long its;
        try
        {
            its = weight(value);
            ArgumentOutOfRangeException.ThrowIfNegative(its, nameof(weight));
        }
        catch (Exception failure)
        {
            Fail(failure);
            return;
        }

        // The item is in its batch before anything is told: what an observer pushes meanwhile comes behind it.
        var before = _batch.Count > 0 && its > maxWeight - _weight ? Take() : null;
        _batch.Add(value);
        _weight += its;
        if (_batch.Count == 1 && !IsFull)
            WaitFor(maxWait, scheduler, AddEnd);
        if (before is not null)
            Tell(before);
        if (IsFull)
            AddEnd();
    }

    protected override void AddEnd()
    {
        if (_batch.Count > 0)
            Tell(Take());
    }

    private List<T> Take()
    {
        StopWaiting();
        var batch = _batch;
        (_batch, _weight) = ([], 0);
        return batch;
    }
}
