using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens.Tests;

/// <summary>Counts what waits, and never lets it ring.</summary>
internal sealed class Timers : IScheduler
{
    public int Pending { get; private set; }

    public DateTimeOffset Now => VirtualClock.Epoch;

    public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => action(this, state);

    public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => Schedule(state, dueTime - Now, action);

    public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
    {
        Pending++;
        return Disposable.Create(() => Pending--);
    }
}
