using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens.Tests;

/// <summary>A virtual clock that counts what is scheduled on it, and how much of that is still to come.</summary>
internal sealed class CountingScheduler(VirtualClock clock) : IScheduler
{
    public DateTimeOffset Now => clock.Now;

    public int Schedules { get; private set; }

    public int Alive { get; private set; }

    public int MostAlive { get; private set; }

    /// <summary>What <c>Schedule</c> throws, if anything.</summary>
    public Exception? Failure { get; set; }

    /// <summary>What the disposal of a timer throws, if anything.</summary>
    public Exception? DisposalFailure { get; set; }

    public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => Schedule(state, TimeSpan.Zero, action);

    public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) =>
        Schedule(state, dueTime - Now, action);

    public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
    {
        if (Failure is not null)
            throw Failure;

        Schedules++;
        Alive++;
        MostAlive = Math.Max(MostAlive, Alive);
        var end = Disposable.Create(() => Alive--);
        var work = clock.Schedule(state, dueTime, (_, s) =>
        {
            end.Dispose();
            return action(this, s);
        });
        return Disposable.Create(() =>
        {
            work.Dispose();
            end.Dispose();
            if (DisposalFailure is not null)
                throw DisposalFailure;
        });
    }
}
