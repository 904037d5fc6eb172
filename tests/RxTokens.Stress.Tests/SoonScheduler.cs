using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens.Stress;

/// <summary>A scheduler whose every time is over after a short spin, on the pool: timers that race with everything.</summary>
public sealed class SoonScheduler(int spin) : LocalScheduler
{
    public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
    {
        var work = new SingleAssignmentDisposable();
        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                Thread.SpinWait(spin);
                if (!work.IsDisposed)
                    work.Disposable = action(this, state);
            },
            state: null);
        return work;
    }
}
