using System.Runtime.ExceptionServices;

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

    /// <summary>Throws where nobody catches: out of the code that runs on the current context, else on the pool, as <c>async void</c> does.</summary>
    public static void Throw(Exception failure)
    {
        var thrown = ExceptionDispatchInfo.Capture(failure);
        if (SynchronizationContext.Current is { } context)
            context.Post(static t => ((ExceptionDispatchInfo)t!).Throw(), thrown);
        else
            ThreadPool.UnsafeQueueUserWorkItem(static t => ((ExceptionDispatchInfo)t!).Throw(), thrown);
    }

    /// <summary>Cancels; what the source's own callbacks throw at that is not the canceller's to handle.</summary>
    public static void Cancel(CancellationTokenSource cancellation) => Cancel(cancellation, static c => c.Cancel());

    /// <summary>The same for what is cancelled in another way.</summary>
    public static void Cancel<TCancellable>(TCancellable cancellable, Action<TCancellable> cancel)
    {
        try
        {
            cancel(cancellable);
        }
        catch (Exception thrownByACallback)
        {
            Report(thrownByACallback);
        }
    }
}
