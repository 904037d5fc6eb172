using System.Diagnostics;
using System.Globalization;
using System.Reactive.Concurrency;
using System.Threading.RateLimiting;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Hands out items at the pace of a rate limiter: each needs a permit, and nothing is read that cannot be delivered.</summary>
    /// <remarks>
    /// <code>
    /// source  [abc|]
    /// result  a---b---c---|    // Pace(limiter), of one permit, and one more every 4 ms
    /// </code>
    /// <para><b>Demand:</b> without <paramref name="cost"/> the permit comes first, then the read; so the end needs a permit too, and nothing is read ahead. With a
    /// cost an item has to be known before it can be paid for: one is read, and waits for its permits.</para>
    /// <para><b>Leases</b> are disposed when the consumer comes back for the next item or leaves, and before the source cleans up. So a
    /// <see cref="ConcurrencyLimiter"/> that several streams share bounds how many of their consumers are at work at once.</para>
    /// <para><b>Errors:</b> a limiter that refuses (its queue is full: <c>QueueLimit</c> is 0 unless it is set) fails the stream with an
    /// <see cref="InvalidOperationException"/>, in whose message is when to try again, where the limiter knows. A cost that is negative, or more than the
    /// limiter can ever give, fails it with an <see cref="ArgumentOutOfRangeException"/>. A throw of <paramref name="cost"/>, failures of the limiter, of
    /// its leases and of the source arrive as they are. An item that cannot be paid for is counted by <c>rxtokens.items.dropped</c>.</para>
    /// <para><b>Disposal:</b> leaving and cancelling cancel a request for permits, and await it: a limiter that ignores its token holds its consumer, unless
    /// <see cref="Detach"/> stands behind. The limiter is the caller's to dispose. Else as <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> a consumer that waits resumes where its item or its permit arrived. The framework's limiters take no scheduler: they go by the
    /// machine's clock. In virtual time use <see cref="Pace{TSource}(IAsyncEnumerable{TSource}, double, int, IScheduler)"/>.</para>
    /// <code>
    /// // Conceptually (without a cost):
    /// public static async IAsyncEnumerable&lt;T> Pace&lt;T>(this IAsyncEnumerable&lt;T> source, RateLimiter limiter)
    /// {
    ///     await using var reading = source.GetAsyncEnumerator();
    ///     while (true)
    ///     {
    ///         using var lease = await limiter.AcquireAsync();
    ///         if (!lease.IsAcquired)
    ///             throw new InvalidOperationException();
    ///         if (!await reading.MoveNextAsync())
    ///             break;
    ///         yield return reading.Current;
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="limiter">Gives the permits; any, of this or another package, shared by any number of streams.</param>
    /// <param name="cost">How many permits an item needs: its tokens, for example. 0 needs none. One each, if it is null.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="limiter"/> is null.</exception>
    public static IAsyncEnumerable<TSource> Pace<TSource>(this IAsyncEnumerable<TSource> source, RateLimiter limiter, Func<TSource, int>? cost = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(limiter);

        return new PacedStream<TSource>(source, () => limiter, cost);
    }

    /// <summary>Hands out so many items a second, after a burst at the beginning: a token bucket.</summary>
    /// <remarks>
    /// <code>
    /// source  [abcd|]
    /// result  [ab]---c---d---|    // Pace(itemsPerSecond: 250, burst: 2, scheduler)
    /// </code>
    /// <para><b>The bucket</b> is full at the first request, and never holds more than <paramref name="burst"/>; it fills while nobody asks, too. While somebody waits,
    /// time counts to the tick: a timer that is late makes nothing late but its own item. Each enumeration has a bucket of its own.</para>
    /// <para><b>Demand:</b> an item is read when it can be delivered, and so is the end. Nothing is read ahead.</para>
    /// <para><b>Errors:</b> failures of the source arrive as they are.</para>
    /// <para><b>Disposal:</b> leaving and cancelling do not wait for the next item's time. Else as <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> a consumer that waits resumes where its item arrived, or on <paramref name="scheduler"/>.</para>
    /// <code>
    /// // Conceptually (for a rate that divides a second into whole ticks):
    /// public static async IAsyncEnumerable&lt;T> Pace&lt;T>(this IAsyncEnumerable&lt;T> source, double itemsPerSecond, int burst, IScheduler scheduler)
    /// {
    ///     await using var reading = source.GetAsyncEnumerator();
    ///     var (period, fullAt) = (TimeSpan.FromSeconds(1 / itemsPerSecond), scheduler.Now);
    ///     while (true)
    ///     {
    ///         var wait = fullAt - (burst - 1) * period - scheduler.Now;
    ///         if (wait > TimeSpan.Zero)
    ///             await Task.Delay(wait, scheduler.AsTimeProvider());
    ///         fullAt = (fullAt > scheduler.Now ? fullAt : scheduler.Now) + period;
    ///         if (!await reading.MoveNextAsync())
    ///             break;
    ///         yield return reading.Current;
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="itemsPerSecond">How many items a second; positive, at most 10,000,000, one a tick.</param>
    /// <param name="burst">How many the bucket holds; at least 1.</param>
    /// <param name="scheduler">The clock.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="itemsPerSecond"/> is not positive, above 10,000,000 or so small that an item would take longer than
    /// a <see cref="TimeSpan"/>, or <paramref name="burst"/> is less than 1.</exception>
    public static IAsyncEnumerable<TSource> Pace<TSource>(this IAsyncEnumerable<TSource> source, double itemsPerSecond, int burst, IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(scheduler);
        if (!(itemsPerSecond >= TokenBucket.Slowest && itemsPerSecond <= TimeSpan.TicksPerSecond))
            throw new ArgumentOutOfRangeException(nameof(itemsPerSecond), itemsPerSecond, $"A pace lies between {TokenBucket.Slowest} and {TimeSpan.TicksPerSecond:N0} items a second.");
        ArgumentOutOfRangeException.ThrowIfLessThan(burst, 1);

        return new PacedStream<TSource>(source, () => new TokenBucket((decimal)itemsPerSecond, burst, scheduler), cost: null);
    }
}

[DebuggerDisplay("Pace()")]
internal sealed class PacedStream<T>(IAsyncEnumerable<T> source, Func<RateLimiter> limiter, Func<T, int>? cost) : OutletStream<T>
{
    public override IOutlet<T> Start(CancellationToken cancellationToken) => new PaceOutlet<T>(source, limiter(), cost, cancellationToken);
}

/// <summary>Asks the limiter before the source, or, where an item has its price, behind it.</summary>
/// <remarks>
/// <code>
/// field            written by                  read by       ordered by
/// _cancellation    constructor                 everyone      readonly; a CancellationTokenSource is safe
/// _answer          who completes the request,  the runner    volatile, before its note News; one request at a time
///                  once
/// all others       the runner                  the runner    the turn
/// </code>
/// </remarks>
internal sealed class PaceOutlet<T>(IAsyncEnumerable<T> source, RateLimiter limiter, Func<T, int>? cost, CancellationToken cancellationToken)
    : OneByOne<T>(source, cancellationToken)
{
    private readonly CancellationTokenSource _cancellation = new();
    private volatile Task<RateLimitLease>? _answer;
    private bool _isAcquiring;
    private int _asked; // how many permits the last request was for
    private RateLimitLease? _lease; // for the next item, or for the one that the consumer has
    private bool _isTaken; // the latter
    private bool _hasItem; // read, and waiting for its permits
    private T _item = default!;

    protected override void OnAsked()
    {
        if (_isTaken && GiveBack() is { } failure)
        {
            if (IsOpen)
                Fail(failure);
            else
                FailedToCleanUp(failure);
        }

        if (cost is null && IsOpen)
            Acquire(1);
    }

    protected override bool MayRead() => IsAsking && !_isAcquiring && (cost is null ? _lease is not null : !_hasItem);

    protected override bool OnItem(T item)
    {
        (_hasItem, _item) = (true, item);
        var price = 0;
        try
        {
            price = cost?.Invoke(item) ?? 0;
            ArgumentOutOfRangeException.ThrowIfNegative(price, nameof(cost));
        }
        catch (Exception failure)
        {
            Fail(failure);
            return false;
        }

        if (price == 0)
            HandOut();
        else
            Acquire(price);
        return false;
    }

    private void HandOut()
    {
        var item = _item;
        (_hasItem, _item, _isTaken) = (false, default!, true);
        Serve(item);
    }

    private void Acquire(int permits)
    {
        _asked = permits;
        _isAcquiring = true;
        Task<RateLimitLease> answer;
        try
        {
            answer = limiter.AcquireAsync(permits, _cancellation.Token).AsTask();
        }
        catch (Exception failure)
        {
            answer = Task.FromException<RateLimitLease>(failure);
        }

        if (answer.IsCompleted)
            OnAnswered(answer);
        else
            _ = answer.ContinueWith(
                static (task, outlet) => ((PaceOutlet<T>)outlet!).OnAnswer(task), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>The limiter has answered, on whatever thread.</summary>
    private void OnAnswer(Task<RateLimitLease> answer)
    {
        _answer = answer;
        PostFromTask(Note.News);
    }

    protected override void OnNews(Note notes)
    {
        if (_answer is not { } answer)
            return;

        _answer = null;
        OnAnswered(answer);
    }

    private void OnAnswered(Task<RateLimitLease> answer)
    {
        _isAcquiring = false;
        LookAtNotes(); // what fails may be what a note has cancelled
        try
        {
            _lease = answer.GetAwaiter().GetResult() ?? throw new InvalidOperationException($"AcquireAsync of '{limiter.GetType()}' returned null.");
            if (!IsOpen)
                return;
            if (!_lease.IsAcquired)
                Fail(Refusal(_lease));
            else if (_hasItem)
                HandOut();
        }
        catch (Exception failure)
        {
            if (IsOpen)
                Fail(failure is ArgumentOutOfRangeException { ActualValue: { } value } && value.Equals(_asked) ? TooMuch(failure) : failure);
            else if (failure is not OperationCanceledException)
                FailedToCleanUp(failure);
        }
    }

    private ArgumentOutOfRangeException TooMuch(Exception inner) =>
        new($"{Permits} more than the limiter can ever give at once: {inner.Message}", inner);

    private InvalidOperationException Refusal(RateLimitLease lease)
    {
        var after = lease.TryGetMetadata(MetadataName.RetryAfter, out var time) ? string.Create(CultureInfo.InvariantCulture, $" Try again after {time.TotalMilliseconds:0.###} ms.") : "";
        var reason = lease.TryGetMetadata(MetadataName.ReasonPhrase, out var phrase) && phrase is { Length: > 0 } ? $" ({phrase})" : "";
        return new($"{Permits} refused by the rate limiter{reason}.{after} Those who are to wait need a queue: its QueueLimit, which is 0 unless it is set.");
    }

    private string Permits => _asked == 1 ? "A permit was" : $"{_asked} permits were";

    private Exception? GiveBack()
    {
        var lease = _lease;
        (_lease, _isTaken) = (null, false);
        try
        {
            lease?.Dispose();
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    protected override void Discard()
    {
        if (_hasItem)
            Discard(_item);
        (_hasItem, _item) = (false, default!);
    }

    protected override void OnClosed() => Unobserved.Cancel(_cancellation);

    protected override void Interrupt()
    {
        base.Interrupt();
        Unobserved.Cancel(_cancellation);
    }

    protected override bool MayDispose()
    {
        if (_isAcquiring || !base.MayDispose())
            return false;

        Discard(); // what could not be paid for
        if (GiveBack() is { } failure)
            FailedToCleanUp(failure);
        return true;
    }
}
