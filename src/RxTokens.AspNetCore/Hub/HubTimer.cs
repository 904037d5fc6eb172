namespace RxTokens;

/// <summary>Timers that outlive the request in which they are made: they do not keep what is ambient to it, and do not run with it.</summary>
internal static class HubTimer
{
    public static ITimer Create(TimeProvider clock, TimerCallback callback, object? state, TimeSpan due, TimeSpan period)
    {
        using (ExecutionContext.SuppressFlow())
            return clock.CreateTimer(callback, state, due, period);
    }
}
