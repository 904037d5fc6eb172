using System.Reactive.Concurrency;

namespace Terminal;

/// <summary>A scheduler that runs what it is given at the next frame: never two within one period, the first one at once.</summary>
internal sealed class FrameScheduler(IScheduler scheduler, TimeSpan period) : IScheduler
{
    /// <summary>The shortest time between two frames: 60 a second.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1.0 / 60);

    private readonly Lock _gate = new();
    private DateTimeOffset _next = DateTimeOffset.MinValue;

    public DateTimeOffset Now => scheduler.Now;

    public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => Schedule(state, Now, action);

    public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) =>
        Schedule(state, Now + dueTime, action);

    public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action)
    {
        DateTimeOffset frame;
        lock (_gate)
        {
            frame = Later(dueTime, _next);
            _next = frame + period;
        }

        return scheduler.Schedule((Clock: this, State: state, Action: action), frame, static (self, work) =>
        {
            work.Clock.OnFrame();
            return work.Action(self, work.State);
        });
    }

    /// <summary>A frame that comes late moves the next one back, so that two are never closer than the period.</summary>
    private void OnFrame()
    {
        lock (_gate)
            _next = Later(_next, Now + period);
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
