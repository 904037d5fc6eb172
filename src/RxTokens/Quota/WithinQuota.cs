using System.Diagnostics;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Charges each item to a user's token quota before it is delivered, and closes the stream, and its source, when that is used up.</summary>
    /// <remarks>
    /// <code>
    /// source  abcde|
    /// result  abc#    // WithinQuota(quota, "ann", _ => 1): Ann had 3 tokens left
    /// </code>
    /// <para><b>At the beginning</b> <paramref name="promptTokens"/> are charged, and one token at least is reserved. If there are not as many the source is never started,
    /// nothing is charged, and the stream fails with a <see cref="TokenQuotaExceededException"/>, also where there is a <paramref name="last"/>: a server can still
    /// answer <c>429</c>, with its <see cref="TokenQuotaExceededException.RetryAfter"/>.</para>
    /// <para><b>In the middle</b> an item that costs more than what is left is not delivered and not charged (it is counted by <c>rxtokens.items.dropped</c>); what
    /// is left stays. The source is cancelled and disposed, and then the stream ends with the item that <paramref name="last"/> makes, or, where that is null, with a
    /// <see cref="TokenQuotaExceededException"/>.</para>
    /// <para><b>What is charged</b> is what was read from the source, not what somebody saw: also an item that a read brings after its consumer has left, as
    /// far as the quota has enough for it. The function is called once for each.</para>
    /// <para><b>Reserving ahead:</b> with 0 each item is one call of the quota, which charges it, and nothing is held meanwhile. With more, as many tokens are taken out of the quota
    /// at once and spent without a call; they are charged with the next one, at the latest after a third of the lease. That is for a quota behind a network.
    /// Other streams of the user find less left meanwhile; and a process that dies is forgiven what it had spent since the last call, which is never more than that.</para>
    /// <para><b>Leases</b> of what is held are renewed by time, on the quota's own clock: neither a model that thinks nor a client that is full loses its reservation. If
    /// it ends all the same (the process was stopped for as long, the network was away), nothing more is spent of it: the next item is a call, which fails, and so does the
    /// stream, with a <see cref="TokenReservationExpiredException"/>.</para>
    /// <para><b>Demand:</b> reads what is asked for, nothing ahead.</para>
    /// <para><b>Errors:</b> a cost that is negative fails the stream with an <see cref="ArgumentOutOfRangeException"/>. A throw of <paramref name="cost"/> or
    /// <paramref name="last"/>, and failures of the quota and of the source, arrive as they are. After a call that failed nothing more is settled: the lease gives back what was held.</para>
    /// <para><b>Disposal:</b> what was reserved and not used is given back at once, and that is awaited before the end is told, or the disposal returns. A stream that was abandoned without
    /// being disposed is settled when it has been collected, at the next renewal. Else as <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> a consumer that waits resumes where its item or the quota's answer arrived.</para>
    /// <code>
    /// // Conceptually (nothing reserved ahead, no last item):
    /// public static async IAsyncEnumerable&lt;T> WithinQuota&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, ITokenQuota quota, string user, Func&lt;T, int> cost, int promptTokens)
    /// {
    ///     var mine = await quota.ReserveAsync(user, promptTokens, hold: 1);
    ///     if (mine.Exceeded is { } fromTheBeginning)
    ///         throw new TokenQuotaExceededException(fromTheBeginning);
    ///     try
    ///     {
    ///         await foreach (var item in source)
    ///         {
    ///             var answer = await quota.SettleAsync(mine, cost(item), hold: 0);
    ///             if (answer.Exceeded is { } exceeded)
    ///                 throw new TokenQuotaExceededException(exceeded);
    ///             mine = answer;
    ///             yield return item;
    ///         }
    ///     }
    ///     finally
    ///     {
    ///         await quota.SettleAsync(mine, charge: 0, hold: 0);
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="quota">The quota; shared by any number of streams.</param>
    /// <param name="user">Whose: a user, a key, a tenant.</param>
    /// <param name="cost">How many tokens an item costs; 0 or more.</param>
    /// <param name="promptTokens">What is charged at the beginning; 0 or more.</param>
    /// <param name="reserve">How many tokens are reserved ahead of what is read; 0 or more.</param>
    /// <param name="last">Makes the item that ends a stream whose quota is used up. It fails instead, if this is null.</param>
    /// <returns>A pull stream; each enumeration reads the source anew, and is charged.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="quota"/>, <paramref name="user"/> or <paramref name="cost"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="user"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="promptTokens"/> or <paramref name="reserve"/> is negative.</exception>
    public static IAsyncEnumerable<TSource> WithinQuota<TSource>(
        this IAsyncEnumerable<TSource> source, ITokenQuota quota, string user, Func<TSource, int> cost, int promptTokens = 0, int reserve = 0, Func<QuotaExceeded, TSource>? last = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(quota);
        ArgumentException.ThrowIfNullOrEmpty(user);
        ArgumentNullException.ThrowIfNull(cost);
        ArgumentOutOfRangeException.ThrowIfNegative(promptTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(reserve);

        return new QuotaStream<TSource>(source, new(quota, user, cost, promptTokens, reserve, last));
    }
}

internal sealed record QuotaTerms<T>(ITokenQuota Quota, string User, Func<T, int> Cost, int PromptTokens, int Reserve, Func<QuotaExceeded, T>? Last);

[DebuggerDisplay("WithinQuota({_terms.User})")]
internal sealed class QuotaStream<T>(IAsyncEnumerable<T> source, QuotaTerms<T> terms) : OutletStream<T>
{
    private readonly QuotaTerms<T> _terms = terms;

    public override IOutlet<T> Start(CancellationToken cancellationToken) => new QuotaOutlet<T>(source, _terms, cancellationToken);
}
