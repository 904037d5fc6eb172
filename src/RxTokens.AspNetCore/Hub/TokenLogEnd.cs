namespace RxTokens;

/// <summary>How a text has ended.</summary>
/// <param name="EventType">The name of the event that says so, of <see cref="TokenEvents"/>: <see cref="TokenEvents.End"/> where it is complete.</param>
/// <param name="Message">What is said; safe for the client to read. Null for nothing.</param>
/// <param name="RetryAfter">When it is worth trying again, if that is known.</param>
public sealed record TokenLogEnd(string EventType, string? Message = null, TimeSpan? RetryAfter = null)
{
    /// <summary>It is complete.</summary>
    public static TokenLogEnd Complete { get; } = new(TokenEvents.End);

    /// <summary>Nobody knows how it would have ended: its log is forgotten.</summary>
    public static TokenLogEnd Interrupted { get; } = new(TokenEvents.Interrupted, "The rest of the answer is not kept.");
}
