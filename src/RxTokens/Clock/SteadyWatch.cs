using System.Reactive.Concurrency;

namespace RxTokens;

/// <summary>
/// The time since it was made, by the clock of a scheduler that has no stopwatch of its own. (The one that Rx makes up for such a scheduler
/// stands still after the clock is set back, for as long as it was set back by.)
/// </summary>
/// <remarks>
/// <code>
/// field               written by    read by     ordered by
/// _scheduler          constructor   everyone    readonly
/// _seen, _elapsed     everyone      everyone    _gate, also around the look at the clock
/// </code>
/// </remarks>
internal sealed class SteadyWatch : IStopwatch
{
    private readonly object _gate = new(); // no Lock: the systematic exploration knows none
    private readonly IScheduler _scheduler;
    private DateTimeOffset _seen;
    private TimeSpan _elapsed;

    private SteadyWatch(IScheduler scheduler) => (_scheduler, _seen) = (scheduler, scheduler.Now);

    public static IStopwatch Start(IScheduler scheduler) => scheduler.AsStopwatchProvider()?.StartStopwatch() ?? new SteadyWatch(scheduler);

    public TimeSpan Elapsed
    {
        get
        {
            // The clock is looked at inside: two looks that changed places would count their time twice.
            lock (_gate)
            {
                var now = _scheduler.Now;
                if (now > _seen)
                    _elapsed += now - _seen;
                _seen = now;
                return _elapsed;
            }
        }
    }
}
