using System.Threading.RateLimiting;
using RxTokens.Tests;

namespace RxTokens.Stress;

/// <summary>
/// A permit that comes on another thread in the moment in which the consumer cancels or leaves: as many leases are disposed as were given, each once
/// and none after the end; each item is told, or dropped and counted.
/// </summary>
[NonParallelizable]
public sealed class PaceRaces
{
    private const int Rounds = 3000;
    private const int Count = 4;

    private Counters _counters = null!;

    [SetUp]
    public void SetUp() => _counters = new Counters();

    [TearDown]
    public void TearDown() => _counters.Dispose();

    [TestCase(false, false)]
    [TestCase(false, true)]
    [TestCase(true, false)]
    [TestCase(true, true)]
    public void ACancellationRacesPermits(bool hasCost, bool isDeaf) => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var cancellation = new CancellationTokenSource();
        var source = RacingSource.Numbers(referee, random, Count, Pace.AtRandom);
        var limiter = new RacingLimiter(referee, random, isDeaf);
        var consumer = new LeanConsumer<int>(source.Pace(limiter, hasCost ? item => item % 3 : null), cancellation.Token)
        {
            OnEnding = () => referee.Require(source.IsSettled && limiter.IsSettled, "told before everything was given back"),
        };

        return new Round(
            [() => consumer.Run(), cancellation.Cancel],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null.Or.InstanceOf<OperationCanceledException>());
                if (consumer.Error is OperationCanceledException cancelled)
                    Assert.That(cancelled.CancellationToken, Is.EqualTo(cancellation.Token));
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, consumer.Items.Count)));
                Assert.That(consumer.Items.Count + _counters.Dropped - before, Is.EqualTo(source.ItemsRead), "told, or dropped and counted");
                Assert.That((source.IsSettled, limiter.IsSettled), Is.EqualTo((true, true)));
            },
            () => $"{source}; {consumer}; {limiter}");
    });

    [TestCase(false)]
    [TestCase(true)]
    public void LeavingRacesAPermit(bool hasCost) => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var source = RacingSource.Numbers(referee, random, Count, Pace.OnArrival);
        source.Arrive(Count + 1);
        var limiter = new RacingLimiter(referee, random, isDeaf: true) { IsByHand = true };
        var reading = source.Pace(limiter, hasCost ? _ => 1 : null).GetAsyncEnumerator();
        var read = reading.MoveNextAsync().AsTask();
        Task? leaving = null;

        return new Round(
            [limiter.Grant, () => leaving = reading.DisposeAsync().AsTask()],
            () => read.IsCompleted && leaving is { IsCompleted: true },
            () =>
            {
                Assert.That((read.IsCompletedSuccessfully, leaving!.IsCompletedSuccessfully), Is.EqualTo((true, true)));
                Assert.That((read.Result ? 1 : 0) + _counters.Dropped - before, Is.EqualTo(source.ItemsRead));
                Assert.That((source.IsSettled, limiter.IsSettled), Is.EqualTo((true, true)));
            },
            () => $"{source}; read: {read.Status}; leaving: {leaving?.Status}; {limiter}");
    });

    /// <summary>Answers at once, from the pool, or when its token is cancelled, as chance has it; or by hand.</summary>
    private sealed class RacingLimiter(Referee referee, Random random, bool isDeaf) : RateLimiter
    {
        private Request? _waiting;
        private int _given;
        private int _disposed;

        public bool IsByHand { get; init; }

        public bool IsSettled => Volatile.Read(ref _given) == Volatile.Read(ref _disposed);

        public override TimeSpan? IdleDuration => null;

        public override RateLimiterStatistics? GetStatistics() => null;

        public void Grant() => Answer(_waiting!);

        public void Violate(string what) => referee.Violate(what);

        public override string ToString() => $"limiter: {_given} leases given, {_disposed} disposed";

        protected override RateLimitLease AttemptAcquireCore(int permitCount) => throw new NotSupportedException();

        protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
        {
            referee.Require(permitCount > 0, "asked for nothing");
            referee.Require(_waiting is null or { Task.IsCompleted: true }, "asked twice at once");
            var spin = random.Next(-40, 80);
            if (spin < 0 && !IsByHand)
                return new(new Lease(this));

            var waiting = _waiting = new();
            if (!isDeaf)
                cancellationToken.Register(() =>
                {
                    if (waiting.TryClaim())
                        waiting.SetCanceled(cancellationToken);
                });
            if (IsByHand)
                return new(waiting.Task);
            ThreadPool.UnsafeQueueUserWorkItem(_ =>
            {
                Thread.SpinWait(spin);
                Answer(waiting);
            }, null);
            return new(waiting.Task);
        }

        private void Answer(Request waiting)
        {
            if (waiting.TryClaim())
                waiting.SetResult(new Lease(this));
        }

        /// <summary>Answered once, by who claims it.</summary>
        private sealed class Request : TaskCompletionSource<RateLimitLease>
        {
            private int _isClaimed;

            public bool TryClaim() => Interlocked.Exchange(ref _isClaimed, 1) == 0;
        }

        private sealed class Lease : RateLimitLease
        {
            private readonly RacingLimiter _limiter;
            private int _disposals;

            public Lease(RacingLimiter limiter)
            {
                _limiter = limiter;
                Interlocked.Increment(ref limiter._given);
            }

            public override bool IsAcquired => true;

            public override IEnumerable<string> MetadataNames => [];

            public override bool TryGetMetadata(string metadataName, out object? metadata)
            {
                metadata = null;
                return false;
            }

            protected override void Dispose(bool disposing)
            {
                if (Interlocked.Increment(ref _disposals) > 1)
                    _limiter.Violate("a lease disposed twice");
                Interlocked.Increment(ref _limiter._disposed);
            }
        }
    }
}
