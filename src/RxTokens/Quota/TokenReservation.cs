namespace RxTokens;

/// <summary>Tokens that an <see cref="ITokenQuota"/> holds for somebody: a value, good until the next call with it.</summary>
/// <param name="User">Whose quota.</param>
/// <param name="Id">Which of the user's reservations; empty if it holds nothing.</param>
/// <param name="Held">How many tokens are held.</param>
/// <param name="Lease">For how long after the call that returned it, if nobody settles it before. No point in time, for clocks differ, and are set.</param>
public readonly record struct TokenReservation(string User, string Id, long Held, TimeSpan Lease)
{
    /// <summary>Why the last call was refused; null if it was granted.</summary>
    public QuotaExceeded? Exceeded { get; init; }
}
