namespace RxTokens;

/// <summary>How a user's quota stands, at one moment.</summary>
/// <param name="Limit">How many tokens the user has.</param>
/// <param name="Charged">How many are charged.</param>
/// <param name="Held">How many are held by reservations.</param>
public readonly record struct TokenUsage(long Limit, long Charged, long Held)
{
    /// <summary>How many are free.</summary>
    public long Available => Limit - Charged - Held;
}
