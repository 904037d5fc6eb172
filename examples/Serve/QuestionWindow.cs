using System.Threading.RateLimiting;

namespace Serve;

/// <summary>The framework's sliding window, which also says when a refused one may come back: by itself it does not.</summary>
/// <remarks>
/// <code>
/// field       written by    read by     ordered by
/// _granted    everyone      everyone    _gate, also around the window itself: permits are noted in the order in which they were granted
/// </code>
/// </remarks>
internal sealed class QuestionWindow : RateLimiter
{
    private const int Segments = 10;

    private readonly Lock _gate = new();
    private readonly Queue<long> _granted = new(); // when; the oldest first, as many as there are permits
    private readonly SlidingWindowRateLimiter _window;
    private readonly int _permits;
    private readonly TimeSpan _length;
    private readonly TimeProvider _time;

    public QuestionWindow(int permits, TimeSpan length, TimeProvider time)
    {
        (_permits, _length, _time) = (permits, length, time);
        _window = new SlidingWindowRateLimiter(new() { PermitLimit = permits, Window = length, SegmentsPerWindow = Segments, QueueLimit = 0, AutoReplenishment = true });
    }

    public override TimeSpan? IdleDuration => _window.IdleDuration;

    public override RateLimiterStatistics? GetStatistics() => _window.GetStatistics();

    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        lock (_gate)
        {
            var lease = _window.AttemptAcquire(permitCount);
            if (!lease.IsAcquired)
                return new Refused(ComesBack());

            for (var i = 0; i < permitCount; i++)
                _granted.Enqueue(_time.GetTimestamp());
            while (_granted.Count > _permits)
                _granted.Dequeue();
            return lease;
        }
    }

    /// <summary>Nobody waits here.</summary>
    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) => new(AttemptAcquireCore(permitCount));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _window.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>A permit is back when the window has left the segment in which it was granted, at the latest a window later; and a timer is late.</summary>
    private TimeSpan ComesBack()
    {
        var left = _granted.TryPeek(out var oldest) ? _length - _time.GetElapsedTime(oldest) : TimeSpan.Zero;
        var late = _length / Segments / 10;
        return (left > TimeSpan.Zero ? left : TimeSpan.Zero) + late;
    }

    private sealed class Refused(TimeSpan after) : RateLimitLease
    {
        public override bool IsAcquired => false;

        public override IEnumerable<string> MetadataNames => [MetadataName.RetryAfter.Name];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = metadataName == MetadataName.RetryAfter.Name ? after : null;
            return metadata is not null;
        }
    }
}
