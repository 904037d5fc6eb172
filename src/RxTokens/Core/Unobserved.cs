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

    /// <summary>Cancels; what the source's own callbacks throw at that is not the canceller's to handle.</summary>
    public static void Cancel(CancellationTokenSource cancellation)
    {
        try
        {
            cancellation.Cancel();
        }
        catch (Exception thrownByACallback)
        {
            Report(thrownByACallback);
        }
    }
}
