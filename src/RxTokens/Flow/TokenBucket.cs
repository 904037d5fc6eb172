using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Threading.RateLimiting;

namespace RxTokens;

/// <summary>A token bucket on a scheduler's clock, exact to the tick, for one stream, which asks once at a time.</summary>
/// <remarks>
/// What there is in it is counted in the ticks that it took to come in, so that time adds whole numbers, and only what a token takes is a fraction.
/// <code>
/// field         written by                                  read by    ordered by
/// _content,     the stream that asks, or, while it waits,   the same   its waiting
///   _seen         the timer
/// of a Waiting  its constructor, before its timer           both       readonly; what is in them is safe
/// </code>
/// </remarks>
internal sealed class TokenBucket : RateLimiter
{
    /// <summary>One item in some thirty years; there has to be an end somewhere.</summary>
    public const double Slowest = 1e-9;

    /// <summary>So much of a tick may be missing: a third of an item a second is no exact number, and its items are to come every 3 s all the same.</summary>
    private const decimal Rounding = 0.001m;

    // The system's timers leave out what their time has beyond whole milliseconds.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private static readonly RateLimitLease Acquired = new Permit();

    private readonly decimal _token; // what one takes to come in
    private readonly decimal _capacity;
    private readonly IScheduler _scheduler;
    private readonly IStopwatch _watch;
    private decimal _content;
    private long _seen; // up to when time has been counted

    public TokenBucket(decimal rate, int burst, IScheduler scheduler)
    {
        (_token, _scheduler) = (TimeSpan.TicksPerSecond / rate, scheduler);
        _watch = SteadyWatch.Start(scheduler);
        _content = _capacity = burst * _token;
    }

    public override TimeSpan? IdleDuration => null;

    public override RateLimiterStatistics? GetStatistics() => null;

    protected override RateLimitLease AttemptAcquireCore(int permitCount) => throw new NotSupportedException("A stream waits.");

    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
    {
        Fill();
        _content = Math.Min(_content, _capacity); // what nobody waited for has run over
        return TryTake() ? new ValueTask<RateLimitLease>(Acquired) : new ValueTask<RateLimitLease>(new Waiting(this, cancellationToken).Task);
    }

    private void Fill()
    {
        var now = _watch.Elapsed.Ticks;
        _content += now - _seen;
        _seen = now;
    }

    private bool TryTake()
    {
        if (Missing > 0)
            return false;
        _content -= _token;
        return true;
    }

    private decimal Missing => _token - _content - Rounding;

    private TimeSpan ToNext => TimeSpan.FromTicks((long)Math.Ceiling(Missing));

    /// <summary>Who waits for the next token.</summary>
    private sealed class Waiting
    {
        private readonly TokenBucket _bucket;
        private readonly TaskCompletionSource<RateLimitLease> _source = new();
        private readonly SerialDisposable _timer = new();
        private readonly CancellationTokenRegistration _registration;

        public Waiting(TokenBucket bucket, CancellationToken cancellationToken)
        {
            _bucket = bucket;
            _registration = cancellationToken.UnsafeRegister(
                static (waiting, token) => ((Waiting)waiting!).OnCancelled(token), this);
            Schedule(_bucket.ToNext); // last: the timer's thread finds the registration
        }

        public Task<RateLimitLease> Task => _source.Task;

        private void OnCancelled(CancellationToken token)
        {
            try
            {
                _timer.Dispose();
            }
            catch (Exception thrown)
            {
                _source.TrySetException(thrown);
            }

            _source.TrySetCanceled(token);
        }

        private void Schedule(TimeSpan time)
        {
            try
            {
                _timer.Disposable = _bucket._scheduler.Schedule(this, time < Alarm.Longest ? time : Alarm.Longest, static (_, self) => self.OnTimer());
            }
            catch (Exception thrown)
            {
                _source.TrySetException(thrown);
            }
        }

        private IDisposable OnTimer()
        {
            _bucket.Fill();
            if (!_bucket.TryTake())
            {
                // The timer was early, and one for the rest might be so again and again.
                var rest = _bucket.ToNext;
                Schedule(rest > Shortest ? rest : Shortest);
                return Disposable.Empty;
            }

            _registration.Unregister();
            _source.TrySetResult(Acquired);
            return Disposable.Empty;
        }
    }

    private sealed class Permit : RateLimitLease
    {
        public override bool IsAcquired => true;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
