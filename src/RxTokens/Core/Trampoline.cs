using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>Rx's current-thread trampoline: what is scheduled on it runs when the work that is under way on this thread has returned.</summary>
internal static class Trampoline
{
    /// <summary>Whether work is under way on it, on this thread.</summary>
    public static bool IsRunning => !CurrentThreadScheduler.IsScheduleRequired;

    /// <summary>Behind what is scheduled already; at once, with all that it schedules itself, if nothing is under way.</summary>
    public static void Schedule<TState>(TState state, Action<TState> work) =>
        CurrentThreadScheduler.Instance.Schedule((State: state, Work: work), static (_, s) =>
        {
            s.Work(s.State);
            return Disposable.Empty;
        });

    /// <summary>
    /// Subscribes, on the trampoline: else a source that speaks inside its <c>Subscribe</c> would have said everything before there is
    /// anything to dispose.
    /// </summary>
    public static void Subscribe<TState>(TState state, Action<TState> subscribe)
    {
        if (IsRunning)
            subscribe(state);
        else
            Schedule(state, subscribe);
    }
}
