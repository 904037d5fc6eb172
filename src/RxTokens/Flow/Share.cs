using System.Reactive.Concurrency;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Shares one enumeration of a source among many consumers, each with a bound and a policy of its own.</summary>
    /// <remarks>
    /// <code>
    /// source    -a-b-c-d|
    /// result 1  -a-b-c-d|    // one consumer of the shared stream: Share(history: 1)
    /// result 2  ----bc-d|    // another, which joins at 4
    /// </code>
    /// <para><b>Late consumers</b> get the last <paramref name="history"/> items first, then what is new; those are not counted as waiting.</para>
    /// <para><b>Demand:</b> the source is read when a consumer asks, and none that holds it back is full: <see cref="SharedStream{T}"/> says how each joins.</para>
    /// <para><b>Errors:</b> the end and the failure come to all, also to those that join later. A consumer that fails, throws, cancels or leaves is no affair of the others. A
    /// failure that nobody is ever told goes to <see cref="TaskScheduler.UnobservedTaskException"/>.</para>
    /// <para><b>Disposal:</b> the source is enumerated when the first consumer asks, once and never again. When the last one leaves, it is cancelled and disposed, after
    /// <paramref name="grace"/> if there is such a time and nobody has joined meanwhile; who joins later gets the history and an <see cref="InvalidOperationException"/> that says so.</para>
    /// <para><b>Threading:</b> the source is read on the thread of the consumer that asks; consumers resume there one after the other, in the order in which they have joined.</para>
    /// <code>
    /// // Conceptually (but that nobody can hold this back, and that it goes on when all have left):
    /// public static IObservable&lt;T> Share&lt;T>(this IAsyncEnumerable&lt;T> source, int history) => source.AsObservable().Replay(history).AutoConnect();
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="history">How many of the last items a late consumer gets; at least 0.</param>
    /// <param name="grace">How long the source outlives its last consumer; zero for not at all, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="scheduler">The clock, where there is a time to wait.</param>
    /// <returns>The shared stream.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null; or <paramref name="scheduler"/>, where <paramref name="grace"/> is a time to wait.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="history"/> is negative, or <paramref name="grace"/> is and is not infinite.</exception>
    public static SharedStream<TSource> Share<TSource>(
        this IAsyncEnumerable<TSource> source, int history = 0, TimeSpan grace = default, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(history);

        return Shared(source, history == 0 ? new History<TSource>.Nothing() : new History<TSource>.Last(history), grace, scheduler);
    }

    /// <summary>Shares one enumeration of a source among many consumers; late ones get all that has come, merged into one item.</summary>
    /// <remarks>
    /// <code>
    /// source    -a-b-c-d|
    /// result 1  -a-b-c-d|
    /// result 2  ------{abc}d|    // another, which joins at 6: Share((x, y) => x + y)
    /// </code>
    /// <para><b>Demand:</b> the source is read when a consumer asks, and none that holds it back is full.</para>
    /// <para><b>Errors:</b> what <paramref name="merge"/> throws fails the shared stream, after the item. All else as the overload for a number of items.</para>
    /// <para><b>Disposal:</b> as the overload for a number of items.</para>
    /// <para><b>Threading:</b> <paramref name="merge"/> runs where the item arrives; all else as the overload for a number of items.</para>
    /// <code>
    /// // Conceptually (but that nobody can hold this back, and that it goes on when all have left):
    /// public static IObservable&lt;T> Share&lt;T>(this IAsyncEnumerable&lt;T> source, Func&lt;T, T, T> merge)
    /// {
    ///     var before = new List&lt;T>();
    ///     var shared = source.AsObservable().Do(item => before = [before.Aggregate(item, (all, _) => merge(before[0], item))]).Publish().AutoConnect();
    ///     return Observable.Defer(() => shared.StartWith(before));
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="merge">Makes one item of all that came before and the one that has arrived.</param>
    /// <param name="grace">How long the source outlives its last consumer; zero for not at all, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="scheduler">The clock, where there is a time to wait.</param>
    /// <returns>The shared stream.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="merge"/> is null; or <paramref name="scheduler"/>, where <paramref name="grace"/> is a time to wait.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="grace"/> is negative and not infinite.</exception>
    public static SharedStream<TSource> Share<TSource>(
        this IAsyncEnumerable<TSource> source, Func<TSource, TSource, TSource> merge, TimeSpan grace = default, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(merge);

        return Shared(source, new History<TSource>.Merged(merge), grace, scheduler);
    }

    /// <summary>Shares one enumeration of a text among many consumers; late ones get the whole text so far as one item.</summary>
    /// <remarks>
    /// <code>
    /// source    -a-b-c-d|
    /// result 1  -a-b-c-d|
    /// result 2  ------{abc}d|    // another, which joins at 6: ShareText()
    /// </code>
    /// <para><b>Demand:</b> the source is read when a consumer asks, and none that holds it back is full. The whole text is kept.</para>
    /// <para><b>Errors:</b> as by <c>Share</c> for a number of items.</para>
    /// <para><b>Disposal:</b> as by <c>Share</c> for a number of items.</para>
    /// <para><b>Threading:</b> as by <c>Share</c> for a number of items.</para>
    /// <code>
    /// // Conceptually:
    /// public static SharedStream&lt;string> ShareText(this IAsyncEnumerable&lt;string> source) => TokenStream.Share(source, (before, text) => before + text);
    /// </code>
    /// </remarks>
    /// <param name="source">The pull source.</param>
    /// <param name="grace">How long the source outlives its last consumer; zero for not at all, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="scheduler">The clock, where there is a time to wait.</param>
    /// <returns>The shared stream.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null; or <paramref name="scheduler"/>, where <paramref name="grace"/> is a time to wait.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="grace"/> is negative and not infinite.</exception>
    public static SharedStream<string> ShareText(this IAsyncEnumerable<string> source, TimeSpan grace = default, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);

        return Shared(source, new TextHistory(), grace, scheduler);
    }

    /// <summary>Joins as a consumer that never holds the source back: text that comes while it is busy is joined.</summary>
    /// <remarks>
    /// <code>
    /// source    abc-d|
    /// result 1  abc-d|             // shared, read by another consumer
    /// requests  1-----1--1
    /// result 2  a-----{bcd}--|    // JoinConflated()
    /// </code>
    /// <para><b>Demand:</b> one string waits at the most. More than <paramref name="maxChars"/> characters that wait end this consumer's stream, and no other's, with a
    /// <see cref="BackpressureException"/>, after what waits. Half a surrogate pair at the end of an item waits for the next item.</para>
    /// <para><b>Errors:</b> the source's end and failure come after the text that waits.</para>
    /// <para><b>Disposal:</b> as <see cref="SharedStream{T}.Join"/>.</para>
    /// <para><b>Threading:</b> as <see cref="SharedStream{T}.Join"/>.</para>
    /// <code>
    /// // Conceptually:
    /// public static IAsyncEnumerable&lt;string> JoinConflated(this SharedStream&lt;string> shared, int maxChars) => shared.JoinConflated((before, text) =>
    ///     before.Length == 0 || before.Length + text.Length &lt;= maxChars ? before + text : throw new BackpressureException("Too much text waits.", maxChars));
    /// </code>
    /// </remarks>
    /// <param name="shared">The shared text.</param>
    /// <param name="maxChars">The most characters (UTF-16 code units) that may wait; at least 1.</param>
    /// <returns>A pull stream; each enumeration is a consumer.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="shared"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxChars"/> is less than 1.</exception>
    public static IAsyncEnumerable<string> JoinConflated(this SharedStream<string> shared, int maxChars = DefaultMaxChars)
    {
        ArgumentNullException.ThrowIfNull(shared);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return new JoinedConflateTextStream(shared.Source, maxChars);
    }

    private static SharedStream<T> Shared<T>(IAsyncEnumerable<T> source, History<T> history, TimeSpan grace, IScheduler? scheduler)
    {
        if (grace != System.Threading.Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        if (grace != TimeSpan.Zero && !Alarm.IsNever(grace))
            ArgumentNullException.ThrowIfNull(scheduler);

        return new SharedStream<T>(new SharedSource<T>(source, history, grace, scheduler));
    }
}
