using System.Threading.RateLimiting;

namespace RxTokens.Tests;

/// <summary>A limiter that gives what it is asked for, lets wait, or misbehaves.</summary>
internal sealed class ScriptedLimiter : RateLimiter
{
    private TaskCompletionSource<RateLimitLease>? _waiting;

    /// <summary>How many permits each request was for.</summary>
    public List<int> Asked { get; } = [];

    public List<Lease> Leases { get; } = [];

    public IEnumerable<int> Disposals => Leases.Select(lease => lease.Disposals);

    /// <summary>Whether the request of this number, from 1, is answered by <see cref="Grant"/> alone.</summary>
    public Func<int, bool> Waits { get; set; } = _ => false;

    /// <summary>What <c>AcquireAsync</c> throws, if anything.</summary>
    public Exception? Fails { get; set; }

    /// <summary>Called inside <c>AcquireAsync</c>, before its answer.</summary>
    public Action<CancellationToken>? OnAsked { get; set; }

    /// <summary>Whether who waits is told when its token is cancelled.</summary>
    public bool IgnoresCancellation { get; init; }

    /// <summary>What a request that is cancelled answers with, if that is no cancellation.</summary>
    public Exception? CancellationFailure { get; init; }

    /// <summary>Makes a lease; none may be its answer.</summary>
    public Func<Lease?> Makes { get; init; } = () => new Lease();

    public override TimeSpan? IdleDuration => null;

    public override RateLimiterStatistics? GetStatistics() => null;

    /// <summary>Answers who waits, if somebody does still.</summary>
    public void Grant()
    {
        if (_waiting is { Task.IsCompleted: false } waiting)
            waiting.SetResult(New()!);
    }

    public void Refuse(Exception failure) => _waiting!.SetException(failure);

    protected override RateLimitLease AttemptAcquireCore(int permitCount) => throw new NotSupportedException();

    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
    {
        Asked.Add(permitCount);
        OnAsked?.Invoke(cancellationToken);
        if (Fails is not null)
            throw Fails;
        if (!Waits(Asked.Count))
            return new(New()!);
        var waiting = _waiting = new();
        if (!IgnoresCancellation)
        {
            cancellationToken.Register(() =>
            {
                if (CancellationFailure is not null)
                    waiting.TrySetException(CancellationFailure);
                else
                    waiting.TrySetCanceled(cancellationToken);
            });
        }

        return new(waiting.Task);
    }

    private Lease? New()
    {
        var lease = Makes();
        if (lease is not null)
            Leases.Add(lease);
        return lease;
    }

    public sealed class Lease : RateLimitLease
    {
        public int Disposals { get; private set; }

        public Func<bool> IsGranted { get; init; } = () => true;

        public Action OnDisposed { get; init; } = () => { };

        public Func<string, object?> Metadata { get; init; } = _ => null;

        public override bool IsAcquired => IsGranted();

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata) => (metadata = Metadata(metadataName)) is not null;

        protected override void Dispose(bool disposing)
        {
            Disposals++;
            OnDisposed();
        }
    }
}
