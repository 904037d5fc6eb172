using System.Reactive.Concurrency;

namespace RxTokens;

/// <summary>Brings what was awaited elsewhere back onto the clock: a test that awaits goes on inside the clock's run, whoever completed what it awaits.</summary>
internal sealed class ClockContext(VirtualTimeScheduler<long, long> clock) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => clock.Schedule((d, state), static (_, work) =>
    {
        work.d(work.state);
        return System.Reactive.Disposables.Disposable.Empty;
    });

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing can wait for a virtual clock on another thread: use Post.");

    public override SynchronizationContext CreateCopy() => this;
}
