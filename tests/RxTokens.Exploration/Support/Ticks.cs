using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens.Exploration;

/// <summary>A clock on which each timer rings in its turn, given up or not, and time is the number of those that have rung.</summary>
internal sealed class Ticks(Scene scene) : IScheduler, IServiceProvider, IStopwatchProvider, IStopwatch
{
    public static readonly TimeSpan One = TimeSpan.FromMinutes(1);

    private readonly List<Action> _timers = [];
    private int _rung;

    public DateTimeOffset Now => DateTimeOffset.UnixEpoch + Elapsed;

    public TimeSpan Elapsed => _rung * One;

    /// <summary>The body of the thread on which they ring.</summary>
    public void Ring()
    {
        while (scene.WaitUntil(() => _timers.Count > _rung))
        {
            for (var pauses = scene.Choose(4); pauses > 0; pauses--)
                Scene.Pause();
            var timer = _timers[_rung];
            _rung++;
            timer();
        }
    }

    public object? GetService(Type serviceType) => serviceType == typeof(IStopwatchProvider) ? this : null;

    public IStopwatch StartStopwatch() => this;

    public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => Schedule(state, TimeSpan.Zero, action);

    public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => Schedule(state, dueTime - Now, action);

    public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
    {
        _timers.Add(() => action(this, state));
        return Disposable.Empty;
    }
}
