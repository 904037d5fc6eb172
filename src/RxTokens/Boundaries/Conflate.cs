using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

public static partial class TokenStream
{
    private const int DefaultMaxChars = 65_536;

    /// <summary>While the consumer is busy, keeps reading and merges what arrives into one item; nothing is lost, and the source is never held up.</summary>
    /// <remarks>
    /// <code>
    /// source    a-b-c-   d|
    /// requests  1----1   ---1
    /// result    a----{bc}---d    // Conflate((x, y) => x + y)
    /// </code>
    /// <para><b>Demand:</b> reads nothing before the first <c>MoveNextAsync</c>, and at the source's pace from then on; of items that
    /// are ready at once at most 1,024 in one go. One item waits at the most: what <paramref name="merge"/> makes of them.
    /// The first item passes at once, the last always arrives.</para>
    /// <para><b>Errors:</b> a failure of the source, of its clean-up or of <paramref name="merge"/> arrives after the item that waits.</para>
    /// <para><b>Disposal:</b> a pending read is cancelled and awaited; the source is disposed, once, when the consumer asks again and nothing waits
    /// for it, or leaves. Cancelling the enumeration cancels the source's token at once and ends it with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> <paramref name="merge"/> runs on the reading thread, one call at a time, outside every lock.</para>
    /// <code>
    /// // Conceptually:
    /// public static IAsyncEnumerable&lt;T> Conflate&lt;T>(this IAsyncEnumerable&lt;T> source, Func&lt;T, T, T> merge) => source.Conflate(item => item, merge);
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="merge">Makes one item of the one that waits and the one that has arrived.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IAsyncEnumerable<TSource> Conflate<TSource>(this IAsyncEnumerable<TSource> source, Func<TSource, TSource, TSource> merge)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(merge);

        return source.Conflate(static item => item, merge);
    }

    /// <summary>While the consumer is busy, keeps reading and adds what arrives to a result of another type.</summary>
    /// <remarks>
    /// <code>
    /// source    a-b-c-d|
    /// requests  1----1---1
    /// result    1----2---1    // Conflate(x => 1, (count, x) => count + 1)
    /// </code>
    /// <para><b>Demand:</b> reads nothing before the first <c>MoveNextAsync</c>, and at the source's pace from then on; of items that
    /// are ready at once at most 1,024 in one go. How much waits is up to <paramref name="add"/>.</para>
    /// <para><b>Errors:</b> a failure of the source, of its clean-up or of a function arrives after the result that waits.</para>
    /// <para><b>Disposal:</b> a pending read is cancelled and awaited; the source is disposed, once, when the consumer asks again and nothing waits
    /// for it, or leaves. Cancelling the enumeration cancels the source's token at once and ends it with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> both functions run on the reading thread, one call at a time, outside every lock; a result belongs to
    /// the consumer from the moment it has it.</para>
    /// <code>
    /// // Conceptually:
    /// public static IAsyncEnumerable&lt;R> Conflate&lt;T, R>(this IAsyncEnumerable&lt;T> source, Func&lt;T, R> seed, Func&lt;R, T, R> add) =>
    ///     source.AsObservable().Conflate(seed, add);
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <typeparam name="TResult">The type of the results.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="seed">Begins a result with the first item that the consumer has not seen.</param>
    /// <param name="add">Adds an item to the result that waits, and returns it or a new one.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IAsyncEnumerable<TResult> Conflate<TSource, TResult>(this IAsyncEnumerable<TSource> source, Func<TSource, TResult> seed, Func<TResult, TSource, TResult> add)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(seed);
        ArgumentNullException.ThrowIfNull(add);

        return new ConflateStream<TSource, TResult>(source, push: null, seed, add);
    }

    /// <summary>While the consumer is busy, keeps reading text and joins it: the next request gets all of it, in order, in time proportional to its length.</summary>
    /// <remarks>
    /// <code>
    /// source    a-b-c-   d|
    /// requests  1----1   ---1
    /// result    a----{bc}---d    // Conflate()
    /// </code>
    /// <para><b>Demand:</b> reads nothing before the first <c>MoveNextAsync</c>, and at the source's pace from then on, until
    /// <paramref name="maxChars"/> characters wait, or as many items without text; it goes on when the consumer has taken
    /// them. So at most <paramref name="maxChars"/> − 1 characters and one item more wait.</para>
    /// <para><b>Surrogate pairs</b> are never split: half a one at the end of an item waits for the next item, and does not count until then; at the
    /// end, or before a failure, it arrives as it is.</para>
    /// <para><b>Errors:</b> a failure of the source or of its clean-up arrives after the text that waits.</para>
    /// <para><b>Disposal:</b> a pending read is cancelled and awaited; the source is disposed, once, when the consumer asks again and nothing waits
    /// for it, or leaves. Cancelling the enumeration cancels the source's token at once and ends it with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> the source is read on the thread that completes its reads or, where it completes them synchronously, on the consumer's.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;string> Conflate(this IAsyncEnumerable&lt;string> source, int maxChars)
    /// {
    ///     var (waiting, taken) = (0, new TaskCompletionSource());
    ///     await foreach (var all in ReadAhead().Conflate((before, text) => before + text))
    ///     {
    ///         waiting = 0;
    ///         taken.TrySetResult();
    ///         yield return all;
    ///     }
    ///
    ///     async IAsyncEnumerable&lt;string> ReadAhead([EnumeratorCancellation] CancellationToken leaving = default)
    ///     {
    ///         await foreach (var text in source.WithCancellation(leaving))
    ///         {
    ///             waiting += text.Length;
    ///             yield return text;
    ///             if (waiting >= maxChars)
    ///                 await (taken = new()).Task.WaitAsync(leaving);
    ///         }
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <param name="source">The pull source.</param>
    /// <param name="maxChars">The characters (UTF-16 code units) at which reading stops; at least 1.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxChars"/> is less than 1.</exception>
    public static IAsyncEnumerable<string> Conflate(this IAsyncEnumerable<string> source, int maxChars = DefaultMaxChars)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return new ConflateTextStream(source, push: null, maxChars);
    }

    /// <summary>While the consumer is busy, merges what a push source says into one item; nothing is lost.</summary>
    /// <remarks>
    /// <code>
    /// source    a-b-c-   d|
    /// requests  1----1   ---1
    /// result    a----{bc}---d    // Conflate((x, y) => x + y)
    /// </code>
    /// <para><b>Demand:</b> subscribes at the first <c>MoveNextAsync</c>; what a hot source said before is not heard.
    /// One item waits at the most.</para>
    /// <para><b>Errors:</b> a failure of the source, of unsubscribing or of <paramref name="merge"/> arrives after the item that waits.</para>
    /// <para><b>Disposal:</b> unsubscribes once; so does cancelling the enumeration, which ends it at once with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> <paramref name="merge"/> runs on the source's thread, outside every lock; a waiting consumer resumes
    /// there too, at the end of <c>OnNext</c>.</para>
    /// <code>
    /// // Conceptually:
    /// public static IAsyncEnumerable&lt;T> Conflate&lt;T>(this IObservable&lt;T> source, Func&lt;T, T, T> merge) => source.Conflate(item => item, merge);
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="merge">Makes one item of the one that waits and the one that has arrived.</param>
    /// <returns>A pull stream; each enumeration subscribes anew.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IAsyncEnumerable<TSource> Conflate<TSource>(this IObservable<TSource> source, Func<TSource, TSource, TSource> merge)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(merge);

        return source.Conflate(static item => item, merge);
    }

    /// <summary>While the consumer is busy, adds what a push source says to a result of another type.</summary>
    /// <remarks>
    /// <code>
    /// source    a-b-c-d|
    /// requests  1----1---1
    /// result    1----2---1    // Conflate(x => 1, (count, x) => count + 1)
    /// </code>
    /// <para><b>Demand:</b> subscribes at the first <c>MoveNextAsync</c>; what a hot source said before is not heard.</para>
    /// <para><b>Errors:</b> a failure of the source, of unsubscribing or of a function arrives after the result that waits.</para>
    /// <para><b>Disposal:</b> unsubscribes once; so does cancelling the enumeration, which ends it at once with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> both functions run on the source's thread, outside every lock; a waiting consumer resumes there too,
    /// at the end of <c>OnNext</c>.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;R> Conflate&lt;T, R>(this IObservable&lt;T> source, Func&lt;T, R> seed, Func&lt;R, T, R> add)
    /// {
    ///     // What is written takes the place of what waits.
    ///     var waiting = Channel.CreateBounded&lt;R>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    ///     using var subscription = source.Select(item => waiting.Reader.TryPeek(out var result) ? add(result, item) : seed(item)).Subscribe(
    ///         result => waiting.Writer.TryWrite(result), failure => waiting.Writer.Complete(failure), () => waiting.Writer.Complete());
    ///     await foreach (var result in waiting.Reader.ReadAllAsync())
    ///         yield return result;
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <typeparam name="TResult">The type of the results.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="seed">Begins a result with the first item that the consumer has not seen.</param>
    /// <param name="add">Adds an item to the result that waits, and returns it or a new one.</param>
    /// <returns>A pull stream; each enumeration subscribes anew.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IAsyncEnumerable<TResult> Conflate<TSource, TResult>(this IObservable<TSource> source, Func<TSource, TResult> seed, Func<TResult, TSource, TResult> add)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(seed);
        ArgumentNullException.ThrowIfNull(add);

        return new ConflateStream<TSource, TResult>(pull: null, source, seed, add);
    }

    /// <summary>While the consumer is busy, joins the text that a push source says; nothing is lost.</summary>
    /// <remarks>
    /// <code>
    /// source    a-b-c-   d|
    /// requests  1----1   ---1
    /// result    a----{bc}---d    // Conflate()
    /// </code>
    /// <para><b>Demand:</b> subscribes at the first <c>MoveNextAsync</c>; what a hot source said before is not heard. A push source
    /// cannot wait: text that would make more than <paramref name="maxChars"/> characters wait ends the stream with a
    /// <see cref="BackpressureException"/>, after what waits has been delivered.</para>
    /// <para><b>Surrogate pairs</b> are never split: half a one at the end of an item waits for the next item; at the end, or before a failure, it arrives as it is.</para>
    /// <para><b>Errors:</b> a failure of the source or of unsubscribing arrives after the text that waits.</para>
    /// <para><b>Disposal:</b> unsubscribes once; so does cancelling the enumeration, which ends it at once with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> a waiting consumer resumes on the source's thread, at the end of its <c>OnNext</c>.</para>
    /// <code>
    /// // Conceptually:
    /// public static IAsyncEnumerable&lt;string> Conflate(this IObservable&lt;string> source, int maxChars) => source.Conflate((before, text) =>
    ///     before.Length == 0 || before.Length + text.Length &lt;= maxChars ? before + text : throw new BackpressureException("Too much text waits.", maxChars));
    /// </code>
    /// </remarks>
    /// <param name="source">The push source.</param>
    /// <param name="maxChars">The most characters (UTF-16 code units) that may wait; at least 1.</param>
    /// <returns>A pull stream; each enumeration subscribes anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxChars"/> is less than 1.</exception>
    public static IAsyncEnumerable<string> Conflate(this IObservable<string> source, int maxChars = DefaultMaxChars)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return new ConflateTextStream(pull: null, source, maxChars);
    }
}

[DebuggerDisplay("Conflate({_seed.Method}, {_add.Method})")]
internal sealed class ConflateStream<T, R>(IAsyncEnumerable<T>? pull, IObservable<T>? push, Func<T, R> seed, Func<R, T, R> add) : OutletStream<R>
{
    private readonly Func<T, R> _seed = seed;
    private readonly Func<R, T, R> _add = add;

    public override IOutlet<R> Start(CancellationToken cancellationToken) => new ConflateBoundary<T, R>(pull, push, seat: null, _seed, _add, cancellationToken);
}

/// <summary>Keeps one result, to which items are added.</summary>
internal sealed class ConflateBoundary<T, R>(
    IAsyncEnumerable<T>? pull, IObservable<T>? push, Seat<T>? seat, Func<T, R> seed, Func<R, T, R> add, CancellationToken cancellationToken)
    : Boundary<T, R>(pull, push, seat, cancellationToken), IMergeCount
{
    private readonly NewestLast<R> _pending = new(capacity: 1);
    private long _merged; // written by the filler

    public long Merged => Volatile.Read(ref _merged);

    protected override R First(T item) => seed(item);

    protected override bool TryTakeAlone([MaybeNullWhen(false)] out R item, out bool mayGoOn)
    {
        mayGoOn = IsHeldUp;
        return _pending.TryTake(out item);
    }

    protected override bool TryTake([MaybeNullWhen(false)] out R item) => _pending.TryTake(out item);

    protected override void Discard() => _pending.TryTake(out _);

    protected override bool Add(T item)
    {
        // The result is taken out while the caller's function works on it: a consumer that asks meanwhile
        // waits for it, and can never be handed a result that is still being changed.
        if (!_pending.TryTake(out var pending))
        {
            _pending.Put(seed(item), out _);
            return false;
        }

        try
        {
            pending = add(pending, item);
        }
        finally
        {
            _pending.Put(pending, out _); // what came before a failure arrives before it
        }

        Volatile.Write(ref _merged, _merged + 1);
        if (Metrics.Merged.Enabled)
            Metrics.Merged.Add(1);
        return false;
    }
}
