namespace RxTokens;

/// <summary>How a source ended: what it failed with, and what its clean-up failed with.</summary>
internal sealed record Ending(Exception? Failure, Exception? CleanupFailure)
{
    /// <summary>Nothing failed.</summary>
    public static readonly Ending Clean = new(null, null);

    /// <summary>The one exception to report, or null. A source that failed twice reports both.</summary>
    public Exception? Error => Combine(Failure, CleanupFailure);

    public static Exception? Combine(Exception? first, Exception? second) =>
        first is null ? second
        : second is null || ReferenceEquals(first, second) ? first
        : new AggregateException("The stream failed, and cleaning up after it failed too.", first, second);
}
