using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>A virtual clock's timers, on a clock of its own that can be set.</summary>
internal sealed class SettableScheduler(VirtualClock clock) : IScheduler
{
    /// <summary>By how much the clock is ahead.</summary>
    public TimeSpan Offset { get; set; }

    /// <summary>As the system's: a timer comes early, by what its time has beyond whole milliseconds.</summary>
    public bool LeavesOutFractions { get; init; }

    public Exception? Failure { get; set; }

    public Exception? DisposalFailure { get; init; }

    public int Schedules { get; private set; }

    public DateTimeOffset Now => clock.Now + Offset;

    public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => Schedule(state, TimeSpan.Zero, action);

    public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => Schedule(state, dueTime - Now, action);

    public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
    {
        if (Failure is not null)
            throw Failure;
        Assert.That(++Schedules, Is.LessThan(1000), "again and again");
        var timer = clock.Schedule(state, LeavesOutFractions ? TimeSpan.FromMilliseconds((long)dueTime.TotalMilliseconds) : dueTime, action);
        return Disposable.Create(() =>
        {
            timer.Dispose();
            if (DisposalFailure is not null)
                throw DisposalFailure;
        });
    }
}
