namespace RxTokens.Extensions;

/// <summary>Times as one says them: <c>50.Milliseconds()</c>. In a namespace of its own, since other libraries have the same.</summary>
public static class TimeSpanExtensions
{
    /// <summary>So many milliseconds.</summary>
    /// <param name="count">How many.</param>
    /// <returns>The time.</returns>
    public static TimeSpan Milliseconds(this int count) => TimeSpan.FromMilliseconds(count);

    /// <summary>So many seconds.</summary>
    /// <param name="count">How many.</param>
    /// <returns>The time.</returns>
    public static TimeSpan Seconds(this int count) => TimeSpan.FromSeconds(count);

    /// <summary>So many minutes.</summary>
    /// <param name="count">How many.</param>
    /// <returns>The time.</returns>
    public static TimeSpan Minutes(this int count) => TimeSpan.FromMinutes(count);
}
