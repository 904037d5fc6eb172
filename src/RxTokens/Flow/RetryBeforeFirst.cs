using System.Diagnostics;
using System.Reactive.Concurrency;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Tries a source again that fails before its first item; one that fails later is not tried again, for what was shown would come twice.</summary>
    /// <remarks>
    /// <code>
    /// source 1  -#
    /// source 2   --a-b#    // what its next enumeration brings
    /// result    ---a-b#    // RetryBeforeFirst(retries: 5)
    /// </code>
    /// <para><b>Every item counts</b> that arrives here, also an empty one: where a source begins with a chunk that says nothing, filter before this operator.
    /// A source that ends without an item has answered, and is not tried again.</para>
    /// <para><b>Demand:</b> reads what is asked for, nothing ahead. The next try begins, at once, when the source is disposed.</para>
    /// <para><b>Errors:</b> the last failure arrives as it is, and those before it are forgotten. What a clean-up failed with stands beside it, in an
    /// <see cref="AggregateException"/>, also for <paramref name="when"/>; so does what <paramref name="when"/> throws.</para>
    /// <para><b>Disposal:</b> each enumerator is disposed before the next is made. Cancelling and leaving end it, whatever try it is. Else as <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> <paramref name="when"/> is called, and the source enumerated again, where the failure arrived.</para>
    /// <code>
    /// // Conceptually:
    /// public static IAsyncEnumerable&lt;T> RetryBeforeFirst&lt;T>(this IAsyncEnumerable&lt;T> source, int retries, Func&lt;Exception, bool> when) =>
    ///     source.RetryBeforeFirst(retries, (_, _) => TimeSpan.Zero, Scheduler.Immediate, when);
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="retries">How often it may be tried again; at least 0.</param>
    /// <param name="when">Which failures are worth another try; all, if there is none.</param>
    /// <returns>A pull stream; each enumeration has as many tries.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="retries"/> is negative.</exception>
    public static IAsyncEnumerable<TSource> RetryBeforeFirst<TSource>(this IAsyncEnumerable<TSource> source, int retries, Func<Exception, bool>? when = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(retries);

        return new RetryStream<TSource>(source, retries, delay: null, Scheduler.Immediate, when);
    }

    /// <summary>Tries a source again, after a while, that fails before its first item.</summary>
    /// <remarks>
    /// <code>
    /// source 1  -#
    /// source 2     -a-b|    // its next enumeration, at 3
    /// result    ----a-b|    // RetryBeforeFirst(5, (retry, failure) => retry * 2 ms, scheduler)
    /// </code>
    /// <para><b>Time:</b> the delay runs from the disposal of the try before. None at all needs no timer.</para>
    /// <para><b>Every item counts</b> that arrives here, also an empty one. A source that ends without an item has answered.</para>
    /// <para><b>Demand:</b> reads what is asked for, nothing ahead.</para>
    /// <para><b>Errors:</b> the last failure arrives as it is, and those before it are forgotten. What <paramref name="delay"/> or
    /// <paramref name="when"/> throws stands beside it, in an <see cref="AggregateException"/>; so does an
    /// <see cref="ArgumentOutOfRangeException"/> for a negative delay.</para>
    /// <para><b>Disposal:</b> each enumerator is disposed before the delay begins. Cancelling and leaving end the delay at once. Else as <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> the functions are called where the failure arrived; the source is enumerated again on <paramref name="scheduler"/>.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;T> RetryBeforeFirst&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, int retries, Func&lt;int, Exception, TimeSpan> delay, IScheduler scheduler, Func&lt;Exception, bool> when)
    /// {
    ///     for (var retry = 1; ; retry++)
    ///     {
    ///         Exception? failure;
    ///         await using (var reading = source.GetAsyncEnumerator())
    ///         {
    ///             (var hasItem, failure) = await FirstAsync(reading);
    ///             for (; hasItem; hasItem = await reading.MoveNextAsync())
    ///                 yield return reading.Current;
    ///         }
    ///
    ///         if (failure is null)
    ///             yield break;
    ///         if (retry > retries || !when(failure))
    ///             throw failure;
    ///         await scheduler.Sleep(delay(retry, failure));
    ///     }
    ///
    ///     static async Task&lt;(bool HasItem, Exception? Failure)> FirstAsync(IAsyncEnumerator&lt;T> reading)
    ///     {
    ///         try
    ///         {
    ///             return (await reading.MoveNextAsync(), null);
    ///         }
    ///         catch (Exception failure)
    ///         {
    ///             return (false, failure);
    ///         }
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="retries">How often it may be tried again; at least 0.</param>
    /// <param name="delay">How long to wait before which retry, counted from 1, after what failure (which may say it, as <c>Retry-After</c> does); zero or more.</param>
    /// <param name="scheduler">The clock.</param>
    /// <param name="when">Which failures are worth another try; all, if there is none.</param>
    /// <returns>A pull stream; each enumeration has as many tries.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="delay"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="retries"/> is negative.</exception>
    public static IAsyncEnumerable<TSource> RetryBeforeFirst<TSource>(
        this IAsyncEnumerable<TSource> source, int retries, Func<int, Exception, TimeSpan> delay, IScheduler scheduler, Func<Exception, bool>? when = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(retries);
        ArgumentNullException.ThrowIfNull(delay);
        ArgumentNullException.ThrowIfNull(scheduler);

        return new RetryStream<TSource>(source, retries, delay, scheduler, when);
    }

    /// <summary>Tries a source again, after a while, that fails before its first item.</summary>
    /// <remarks>
    /// <code>
    /// source 1  -#
    /// source 2     -a-b|    // its next enumeration, at 3
    /// result    ----a-b|    // RetryBeforeFirst(5, (retry, failure) => retry * 2 ms, timeProvider)
    /// </code>
    /// <para><b>Time</b> and all else as by the overload for an <see cref="IScheduler"/>, on <paramref name="timeProvider"/>'s timers.</para>
    /// <para><b>Demand:</b> reads what is asked for, nothing ahead.</para>
    /// <para><b>Errors:</b> the last failure arrives as it is, and those before it are forgotten.</para>
    /// <para><b>Disposal:</b> each enumerator is disposed before the delay begins. Cancelling and leaving end the delay at once.</para>
    /// <para><b>Threading:</b> the functions are called where the failure arrived; the source is enumerated again where
    /// <paramref name="timeProvider"/> calls its timers back.</para>
    /// <code>
    /// // Conceptually:
    /// public static IAsyncEnumerable&lt;T> RetryBeforeFirst&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, int retries, Func&lt;int, Exception, TimeSpan> delay, TimeProvider timeProvider, Func&lt;Exception, bool> when) =>
    ///     source.RetryBeforeFirst(retries, delay, timeProvider.AsScheduler(), when);
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="retries">How often it may be tried again; at least 0.</param>
    /// <param name="delay">How long to wait before which retry, counted from 1, after what failure (which may say it, as <c>Retry-After</c> does); zero or more.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="when">Which failures are worth another try; all, if there is none.</param>
    /// <returns>A pull stream; each enumeration has as many tries.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="delay"/> or <paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="retries"/> is negative.</exception>
    public static IAsyncEnumerable<TSource> RetryBeforeFirst<TSource>(
        this IAsyncEnumerable<TSource> source, int retries, Func<int, Exception, TimeSpan> delay, TimeProvider timeProvider, Func<Exception, bool>? when = null)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return source.RetryBeforeFirst(retries, delay, timeProvider.AsScheduler(), when);
    }
}

[DebuggerDisplay("RetryBeforeFirst({_retries})")]
internal sealed class RetryStream<T>(
    IAsyncEnumerable<T> source, int retries, Func<int, Exception, TimeSpan>? delay, IScheduler scheduler, Func<Exception, bool>? when) : OutletStream<T>
{
    private readonly int _retries = retries;

    public IAsyncEnumerable<T> Source => source;

    public override IOutlet<T> Start(CancellationToken cancellationToken) => new RetryOutlet<T>(this, cancellationToken);

    /// <summary>How long to wait before this retry; null where there is none.</summary>
    public TimeSpan? DelayOf(int retry, Exception failure)
    {
        if (retry > _retries || (when is not null && !when(failure)))
            return null;
        if (delay is null)
            return TimeSpan.Zero;

        var time = delay(retry, failure);
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, nameof(delay));
        return time;
    }

    public Alarm Pause(IAwakened outlet, TimeSpan time) => new(outlet, scheduler, time);
}

/// <summary>Begins its source anew where the stage asks what to read next.</summary>
/// <remarks>
/// <code>
/// field         written by    read by       ordered by
/// all           the runner    the runner    the turn
/// </code>
/// </remarks>
internal sealed class RetryOutlet<T>(RetryStream<T> tries, CancellationToken cancellationToken) : OneByOne<T>(tries.Source, cancellationToken, mayBeHeld: true)
{
    private RetryStream<T>? _tries = tries; // none when the first item has come, or the end
    private int _retry;
    private Alarm? _pause; // none when it is over

    protected override void OnNews(Note notes)
    {
        // Not where the next try begins: from inside the timer's disposal somebody may leave.
        if (_pause is { HasRung: true })
            Disarm(ref _pause);
    }

    protected override bool MayRead() => IsAsking && _pause is null;

    protected override bool OnItem(T item)
    {
        _tries = null;
        Serve(item);
        return false;
    }

    protected override IAsyncEnumerable<T>? NextSource()
    {
        if (_tries is not { } tries || SourceFailure is null)
            return null;

        try
        {
            if (tries.DelayOf(++_retry, Ending.Combine([SourceFailure, .. CleanupFailures])!) is not { } time)
                return null;

            if (time > TimeSpan.Zero)
            {
                _pause = tries.Pause(this, time);
                _pause.Start();
            }

            return tries.Source;
        }
        catch (Exception thrown)
        {
            FailedToCleanUp(thrown);
            return null;
        }
    }

    protected override void OnClosed() => Disarm(ref _pause);

    protected override void OnEnd()
    {
        _tries = null;
        Disarm(ref _pause);
    }
}
