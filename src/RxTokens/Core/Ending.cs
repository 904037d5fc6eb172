namespace RxTokens;

/// <summary>The one rule for several failures: none is lost, and none hides the first.</summary>
internal static class Ending
{
    /// <summary>The one exception to report, or null.</summary>
    public static Exception? Combine(Exception? first, Exception? second) =>
        first is null ? second
        : second is null || ReferenceEquals(first, second) ? first
        : new AggregateException("The stream failed, and cleaning up after it failed too.", first, second);
}
