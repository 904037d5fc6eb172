using System.Diagnostics;
using System.Reactive.Concurrency;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Ends the stream with a <see cref="TimeoutException"/> if its source lets the first item, or a later one, wait for too long.</summary>
    /// <remarks>
    /// <code>
    /// source    --a--b------------c|
    /// requests  1--------1--1
    /// result    --a------b-------#    // Timeout(first: 4 ms, between: 5 ms): b was there when it was asked for
    /// </code>
    /// <para><b>Time:</b> that of the source alone: from a request to its answer. Time in which the consumer is busy does not count, unlike in
    /// Rx's <c>Timeout</c> inside <see cref="Through"/>. The end of the source is an answer, too. What comes in the very instant in which the time is
    /// over, and was scheduled before, is in time. A source that is ready costs no timer; one that is not has one at a time.</para>
    /// <para><b>Demand:</b> reads what is asked for, nothing ahead.</para>
    /// <para><b>Errors:</b> the message of the <see cref="TimeoutException"/> says which of the two limits it was, and how long. What the
    /// cancelled read or the clean-up still fails with is told beside it, in an <see cref="AggregateException"/>. Failures of the source arrive as they are.</para>
    /// <para><b>Disposal:</b> when the time is over, the source's token is cancelled, the read awaited and the source disposed, and only then the
    /// failure is told: a source that ignores its token delays it. <c>source.Detach().Timeout(…)</c> does not wait. An item that such a read still
    /// brings is dropped, and counted by <c>rxtokens.items.dropped</c>. Else as <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> the source is read on the consumer's thread; a consumer that waits resumes where the item arrived, or on
    /// <paramref name="scheduler"/>. A read that blocks its thread cannot be timed.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;T> Timeout&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, TimeSpan first, TimeSpan between, IScheduler scheduler)
    /// {
    ///     using var tooLate = new CancellationTokenSource();
    ///     await using var reading = source.GetAsyncEnumerator(tooLate.Token);
    ///     for (var limit = first; await ReadAsync(limit); limit = between)
    ///         yield return reading.Current;
    ///
    ///     async Task&lt;bool> ReadAsync(TimeSpan limit)
    ///     {
    ///         var read = reading.MoveNextAsync();
    ///         if (read.IsCompleted)
    ///             return await read;
    ///         using var timer = limit == InfiniteTimeSpan ? null : scheduler.Schedule(limit, tooLate.Cancel);
    ///         try
    ///         {
    ///             return await read;
    ///         }
    ///         finally
    ///         {
    ///             if (tooLate.IsCancellationRequested)
    ///                 throw new TimeoutException();
    ///         }
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="first">How long the first item may take from the first request; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="between">How long each later one may take from the request for it; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="scheduler">The clock.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="first"/> or <paramref name="between"/> is zero, or negative and not infinite.</exception>
    public static IAsyncEnumerable<TSource> Timeout<TSource>(this IAsyncEnumerable<TSource> source, TimeSpan first, TimeSpan between, IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(scheduler);
        ThrowIfNoLimit(first);
        ThrowIfNoLimit(between);

        return new TimeoutStream<TSource>(source, first, between, scheduler);
    }

    /// <summary>Ends the stream with a <see cref="TimeoutException"/> if its source lets the first item, or a later one, wait for too long.</summary>
    /// <remarks>
    /// <code>
    /// source    --a--b------------c|
    /// requests  1--------1--1
    /// result    --a------b-------#    // Timeout(first: 4 ms, between: 5 ms): b was there when it was asked for
    /// </code>
    /// <para><b>Time:</b> that of the source alone, as by <see cref="Timeout{TSource}(IAsyncEnumerable{TSource}, TimeSpan, TimeSpan, IScheduler)"/>, on
    /// <paramref name="timeProvider"/>'s timers.</para>
    /// <para><b>Demand:</b> reads what is asked for, nothing ahead.</para>
    /// <para><b>Errors:</b> the message of the <see cref="TimeoutException"/> says which of the two limits it was, and how long. Failures of the source
    /// arrive as they are.</para>
    /// <para><b>Disposal:</b> when the time is over, the source's token is cancelled, the read awaited and the source disposed, and only then the
    /// failure is told. Else as <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> a consumer that waits resumes where the item arrived, or where <paramref name="timeProvider"/> calls its timers back.</para>
    /// <code>
    /// // Conceptually:
    /// public static IAsyncEnumerable&lt;T> Timeout&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, TimeSpan first, TimeSpan between, TimeProvider timeProvider) =>
    ///     source.Timeout(first, between, timeProvider.AsScheduler());
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="first">How long the first item may take from the first request; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="between">How long each later one may take from the request for it; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="first"/> or <paramref name="between"/> is zero, or negative and not infinite.</exception>
    public static IAsyncEnumerable<TSource> Timeout<TSource>(this IAsyncEnumerable<TSource> source, TimeSpan first, TimeSpan between, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return source.Timeout(first, between, timeProvider.AsScheduler());
    }

    private static void ThrowIfNoLimit(TimeSpan limit, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(limit))] string? name = null)
    {
        if (limit != System.Threading.Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, name);
    }
}

[DebuggerDisplay("Timeout({_first}, {_between})")]
internal sealed class TimeoutStream<T>(IAsyncEnumerable<T> source, TimeSpan first, TimeSpan between, IScheduler scheduler) : OutletStream<T>
{
    private readonly TimeSpan _first = first;
    private readonly TimeSpan _between = between;

    public override IOutlet<T> Start(CancellationToken cancellationToken) => new TimeoutOutlet<T>(source, _first, _between, scheduler, cancellationToken);
}

/// <summary>Has a timer while a read is under way, and at no other time.</summary>
/// <remarks>
/// <code>
/// field         written by    read by       ordered by
/// all           the runner    the runner    the turn
/// </code>
/// </remarks>
internal sealed class TimeoutOutlet<T>(IAsyncEnumerable<T> source, TimeSpan first, TimeSpan between, IScheduler scheduler, CancellationToken cancellationToken)
    : OneByOne<T>(source, cancellationToken, mayBeHeld: true)
{
    private Alarm? _deadline;
    private TimeSpan _limit = first;
    private bool _hasCome; // the first item

    protected override bool MayRead() => IsAsking;

    protected override bool OnItem(T item)
    {
        Disarm(ref _deadline);
        (_hasCome, _limit) = (true, between);
        Serve(item);
        return false;
    }

    protected override void OnNews(Note notes)
    {
        // What has landed by now was in time.
        if (_deadline is { HasRung: true } && IsReading && IsOpen)
        {
            Fail(new TimeoutException(_hasCome
                ? $"The next item has not come within {_limit:c} of the request for it (the time limit between items)."
                : $"The first item has not come within {_limit:c} of the first request (the time limit to the first item)."));
        }
    }

    protected override Due OnRest(bool isUsedUp)
    {
        if (!IsReading || !IsOpen)
            Disarm(ref _deadline);
        else if (_deadline is null && !Alarm.IsNever(_limit))
            Arm();
        return base.OnRest(isUsedUp);
    }

    private void Arm()
    {
        _deadline = new Alarm(this, scheduler, _limit);
        try
        {
            _deadline.Start();
        }
        catch (Exception failure)
        {
            Fail(failure);
            Post(Note.News); // to have it seen to: we are about to rest
        }
    }
}
