namespace RxTokens;

/// <summary>Where failures go that have no consumer left to be told.</summary>
internal static class Unobserved
{
    /// <summary>
    /// Hands the failure to <see cref="TaskScheduler.UnobservedTaskException"/>, the platform's own place for it,
    /// by way of a faulted task that nobody awaits.
    /// </summary>
    public static void Report(Exception? failure)
    {
        if (failure is not null)
            _ = Task.FromException(failure);
    }
}
