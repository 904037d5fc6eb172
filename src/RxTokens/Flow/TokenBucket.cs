using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Threading.RateLimiting;

namespace RxTokens;

/// <summary>A token bucket on a scheduler's clock, exact to the tick, for one stream, which asks once at a time.</summary>
/// <remarks>
/// What there is in it is counted in parts of a token of which one second brings <c>rate × 10,000,000</c>: so each tick brings a whole number of
/// them where the rate is one, and nothing is rounded.
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

    private const decimal Token = TimeSpan.TicksPerSecond;
    private static readonly RateLimitLease Acquired = new Permit();

    private readonly decimal _rate;
    private readonly decimal _capacity;
    private readonly IScheduler _scheduler;
    private readonly IStopwatch _watch;
    private decimal _content;
    private long _seen; // up to when time has been counted

    public TokenBucket(decimal rate, int burst, IScheduler scheduler)
    {
        (_rate, _capacity, _scheduler) = (rate, burst * Token, scheduler);
        _watch = scheduler.StartStopwatch();
        _content = _capacity;
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
        _content += (now - _seen) * _rate;
        _seen = now;
    }

    private bool TryTake()
    {
        if (_content < Token)
            return false;
        _content -= Token;
        return true;
    }

    private TimeSpan ToNext => TimeSpan.FromTicks((long)Math.Ceiling((Token - _content) / _rate));

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
                static (waiting, token) =>
                {
                    var self = (Waiting)waiting!;
                    self._timer.Dispose();
                    self._source.TrySetCanceled(token);
                },
                this);
            Schedule(); // last: the timer's thread finds the registration
        }

        public Task<RateLimitLease> Task => _source.Task;

        private void Schedule() => _timer.Disposable = _bucket._scheduler.Schedule(this, _bucket.ToNext, static (_, self) => self.OnTimer());

        private IDisposable OnTimer()
        {
            _bucket.Fill();
            if (!_bucket.TryTake())
            {
                Schedule(); // the timer was early
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
