using System.Globalization;

namespace RxTokens;

/// <summary>A quota did not have as many tokens as were wanted: whose, how many, and when to try again.</summary>
/// <param name="User">Whose quota.</param>
/// <param name="Limit">How many tokens the user has within <paramref name="Window"/>.</param>
/// <param name="Window">The time for which a token stays charged.</param>
/// <param name="Charged">How many of them are charged.</param>
/// <param name="Left">How many could still be charged. The rest is held by the user's other streams.</param>
/// <param name="Asked">How many were wanted, all or none.</param>
/// <param name="RetryAfter">
/// When as many will be free, counted from now, if nobody takes any before: what is held may be back earlier, or be charged. Null if they never will be,
/// for they are more than the limit.
/// </param>
public sealed record QuotaExceeded(string User, long Limit, TimeSpan Window, long Charged, long Left, long Asked, TimeSpan? RetryAfter)
{
    /// <summary>The same in a sentence or two.</summary>
    /// <returns>A text for logs and exceptions.</returns>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"The token quota of '{User}' does not allow {Asked} more: {Charged} of {Limit} tokens within {Window:c} are charged, and {Left} are left. ")
        + (RetryAfter is { } time ? string.Create(CultureInfo.InvariantCulture, $"Try again after {time.TotalSeconds:0.###} s.") : "That is more than it ever will.");
}
