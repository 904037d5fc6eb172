namespace RxTokens;

public static partial class TokenStream
{
    private const int DefaultMaxCount = 1 << 20;

    /// <summary>Collects items into lists, each of which ends with an item that says so.</summary>
    /// <remarks>
    /// <code>
    /// source  a-b-.    -c-    |
    /// result  ----{ab.}---[{c}|]    // BufferUntil(x => x == ".")
    /// </code>
    /// <para><b>A list</b> ends with the first item for which <paramref name="isLast"/> is true, which belongs to it. The end of the source tells what is left; there is
    /// no empty list.</para>
    /// <para><b>Demand:</b> none of its own. Inside <see cref="Through"/>: reads until a list has ended.</para>
    /// <para><b>Errors:</b> a failure of the source, and what <paramref name="isLast"/> throws, arrive at once, and the list that had not ended is dropped, as by Rx's <c>Buffer</c>.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's.</para>
    /// <para><b>Threading:</b> lists are told inside the source's calls.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="isLast">Whether a list ends with an item. Called once for each.</param>
    /// <param name="maxCount">How many items a list has at most; at least 1.</param>
    /// <returns>The lists. Fails with a <see cref="BackpressureException"/> at an item that would be one more.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="isLast"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxCount"/> is less than 1.</exception>
    public static IObservable<IList<TSource>> BufferUntil<TSource>(this IObservable<TSource> source, Func<TSource, bool> isLast, int maxCount = DefaultMaxCount)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(isLast);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxCount, 1);

        return new PushOperator<TSource, IList<TSource>>(source, observer => new BufferUntilSink<TSource>(observer, isLast, maxCount));
    }
}

internal sealed class BufferUntilSink<T>(IObserver<IList<T>> observer, Func<T, bool> isLast, int maxCount) : TimeSink<T, IList<T>>(observer)
{
    private List<T> _list = [];

    protected override void Add(T value)
    {
        bool isEnd;
        try
        {
            isEnd = isLast(value);
        }
        catch (Exception failure)
        {
            Fail(failure);
            return;
        }

        if (_list.Count == maxCount)
        {
            Fail(new BackpressureException($"A list would have more than {maxCount:N0} items. Raise maxCount, or end lists earlier.", maxCount));
            return;
        }

        _list.Add(value);
        if (isEnd)
            AddEnd();
    }

    protected override void AddEnd()
    {
        var list = _list;
        _list = []; // before it is told: an observer may push
        if (list.Count > 0)
            Tell(list);
    }
}
