using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens.Exploration;

/// <summary>Timers of which one rings, as the explorer chooses: in time, or late, when it has been given up.</summary>
internal sealed class Deadlines(Scene scene) : IScheduler
{
    private readonly List<Action> _timers = [];

    public DateTimeOffset Now => DateTimeOffset.UnixEpoch;

    /// <summary>The body of the thread on which it rings.</summary>
    public void Ring()
    {
        var number = scene.Choose(4);
        if (!scene.WaitUntil(() => _timers.Count > number))
            return;

        for (var pauses = scene.Choose(20); pauses > 0; pauses--)
            Scene.Pause();
        _timers[number]();
    }

    public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => Schedule(state, TimeSpan.Zero, action);

    public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => Schedule(state, dueTime - Now, action);

    public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
    {
        _timers.Add(() => action(this, state));
        return Disposable.Empty;
    }
}
