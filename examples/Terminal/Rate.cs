using System.Reactive.Concurrency;

namespace Terminal;

/// <summary>How fast the tokens come, at one moment.</summary>
/// <param name="Quarters">Tokens in each quarter of a second that is over, the newest last.</param>
/// <param name="PerSecond">Tokens in the last four of them.</param>
/// <param name="Peak">The most that ever was.</param>
internal sealed record RateNow(int[] Quarters, int PerSecond, int Peak);

/// <summary>Counts what arrives in quarters of a second. Tokens arrive on one thread, and are looked at on another.</summary>
internal sealed class Rate(IScheduler clock)
{
    private const int Remembered = 240;

    private static readonly TimeSpan Quarter = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly IStopwatch _watch = clock.StartStopwatch();
    private readonly Queue<int> _quarters = new();
    private long _quarter; // the number of the one that it is now
    private int _count; // in that one
    private int _peak;

    public RateNow Now
    {
        get
        {
            lock (_gate)
            {
                Advance();
                return new RateNow([.. _quarters], LastSecond, _peak);
            }
        }
    }

    private int LastSecond => _quarters.TakeLast(4).Sum();

    /// <summary>Counts what arrives until it ends.</summary>
    /// <param name="arrivals">How many there are, as they come.</param>
    /// <param name="cancellationToken">Ends the counting.</param>
    public async Task CountAsync(IAsyncEnumerable<int> arrivals, CancellationToken cancellationToken)
    {
        await foreach (var tokens in arrivals.WithCancellation(cancellationToken).ConfigureAwait(false))
            Add(tokens);
    }

    public void Add(int tokens)
    {
        lock (_gate)
        {
            Advance();
            _count += tokens;
        }
    }

    private void Advance()
    {
        for (var now = _watch.Elapsed.Ticks / Quarter.Ticks; _quarter < now; _quarter++)
        {
            _quarters.Enqueue(_count);
            _count = 0;
            if (_quarters.Count > Remembered)
                _quarters.Dequeue();
            _peak = Math.Max(_peak, LastSecond);
        }
    }
}
