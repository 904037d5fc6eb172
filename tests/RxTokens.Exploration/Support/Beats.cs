using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens.Exploration;

/// <summary>A scheduler whose periodic work is done a few times, for a schedule has to end.</summary>
internal sealed class Beats(Ticks ticks) : IScheduler, IServiceProvider, ISchedulerPeriodic
{
    private const int Count = 3;

    public DateTimeOffset Now => ticks.Now;

    public object? GetService(Type serviceType) => serviceType == typeof(ISchedulerPeriodic) ? this : null;

    public IDisposable SchedulePeriodic<TState>(TState state, TimeSpan period, Func<TState, TState> action)
    {
        for (var i = 1; i <= Count; i++)
        {
            ticks.Schedule(state, period * i, (_, _) =>
            {
                state = action(state);
                return Disposable.Empty;
            });
        }

        return Disposable.Empty;
    }

    public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => ticks.Schedule(state, action);

    public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) => ticks.Schedule(state, dueTime, action);

    public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => ticks.Schedule(state, dueTime, action);
}
