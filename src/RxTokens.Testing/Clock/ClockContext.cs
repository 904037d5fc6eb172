using System.Reactive.Concurrency;

namespace RxTokens;

/// <summary>
/// Brings what was awaited elsewhere back onto the clock: a test that awaits goes on inside the clock's run, whoever completed
/// what it awaits.
/// </summary>
internal sealed class ClockContext(VirtualTimeScheduler<long, long> clock) : SynchronizationContext
{
    private const int Deepest = 64;

    private readonly int _thread = Environment.CurrentManagedThreadId;
    private int _depth;

    public override void Post(SendOrPostCallback d, object? state)
    {
        // On the test's own thread at once: value tasks post what awaits them even where it could go on inline, and inline is what
        // keeps the order of an instant. A loop of yields has to come up for air all the same.
        if (Environment.CurrentManagedThreadId == _thread && _depth < Deepest)
        {
            _depth++;
            try
            {
                d(state);
            }
            finally
            {
                _depth--;
            }

            return;
        }

        clock.Schedule((d, state), static (_, work) =>
        {
            work.d(work.state);
            return System.Reactive.Disposables.Disposable.Empty;
        });
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("Nothing on another thread can wait for a virtual clock: use Post.");

    public override SynchronizationContext CreateCopy() => this;
}
