namespace RxTokens;

/// <summary>Thrown by a stream within a quota (<see cref="TokenStream.WithinQuota"/>) that is used up. The message says whose, how many, and when to try again.</summary>
/// <param name="exceeded">What was wanted, and what there was.</param>
/// <exception cref="ArgumentNullException"><paramref name="exceeded"/> is null.</exception>
public sealed class TokenQuotaExceededException(QuotaExceeded exceeded) : InvalidOperationException(MessageOf(exceeded))
{
    /// <summary>What was wanted, and what there was.</summary>
    public QuotaExceeded Exceeded { get; } = exceeded;

    /// <summary>When to try again, counted from the refusal: what a server answers as <c>Retry-After</c>, rounded up to seconds. Null if that is of no use.</summary>
    public TimeSpan? RetryAfter => Exceeded.RetryAfter;

    private static string MessageOf(QuotaExceeded exceeded)
    {
        ArgumentNullException.ThrowIfNull(exceeded);

        return exceeded.ToString();
    }
}
