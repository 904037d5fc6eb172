using System.Reactive.Linq;

namespace RxTokens.Stress;

/// <summary>
/// Requests from inside <c>OnNext</c>, which are added without an interlocked operation, and from other threads at the same time: as
/// many items come as were requested. (Requests from other threads alone are in <see cref="OnDemandRaces"/>.)
/// </summary>
public sealed class NestedRequestRaces
{
    private const int Rounds = 400;

    [Test]
    public void Requests_FromInsideOnNextAlone_ArePushedInOneGo()
    {
        const int count = 200_000;
        var referee = new Referee();
        var source = new ReadySource(referee);
        var demand = new Demand();
        var observer = new RacingObserver(referee)
        {
            OnItem = n =>
            {
                if (n < count - 1)
                    demand.Request(1);
            },
        };
        using var subscription = source.OnDemand(demand).Subscribe(observer);

        demand.Request(1);

        Assert.That(observer.Items, Has.Count.EqualTo(count));
        Assert.That(source.Reads, Is.EqualTo(count));
        Assert.That(referee.Violations, Is.Empty);
    }

    [TestCase(1)]
    [TestCase(2)]
    public void Requests_FromInsideOnNextAndFromOtherThreads_AddUp(int threads) => Race.Run(Rounds, (referee, random) =>
    {
        var source = new ReadySource(referee);
        var round = new Requests(referee, random, insides: 200, outsides: 200, threads);
        var subscription = source.OnDemand(round.Demand).Subscribe(round.Observer);

        return new Round(
            [.. Enumerable.Repeat(round.RequestFromOutside, threads)],
            () => round.Observer.Count == round.Requested,
            () =>
            {
                subscription.Dispose();
                round.Check();
                Assert.That(source.Reads, Is.EqualTo(round.Requested));
                Assert.That(source.IsSettled, Is.True);
            },
            () => $"{source}; {round}");
    });

    [Test]
    public void Requests_ForItemsFromThePool_AddUp() => Race.Run(Rounds / 2, (referee, random) =>
    {
        var source = RacingSource.Numbers(referee, random, count: int.MaxValue);
        var round = new Requests(referee, random, insides: 30, outsides: 30, threads: 2);
        var subscription = source.OnDemand(round.Demand).Subscribe(round.Observer);

        return new Round(
            [round.RequestFromOutside, round.RequestFromOutside],
            () => round.Observer.Count == round.Requested,
            () =>
            {
                subscription.Dispose();
                Assert.That(Race.Until(() => source.IsSettled), () => $"not disposed. {source}");
                round.Check();
            },
            () => $"{source}; {round}");
    });

    [TestCase(1)]
    [TestCase(7)]
    public void Retry_OfASourceThatFailsAgainAndAgain_LosesNoneOfThem(int failsEvery) => Race.Run(Rounds / 2, (referee, random) =>
    {
        var source = new ReadySource(referee) { FailsEvery = failsEvery };
        var round = new Requests(referee, random, insides: 50, outsides: 50, threads: 2);
        var subscription = source.OnDemand(round.Demand).Retry().Subscribe(round.Observer);

        return new Round(
            [round.RequestFromOutside, round.RequestFromOutside],
            () => round.Observer.Count == round.Requested,
            () =>
            {
                subscription.Dispose();
                Assert.That(Race.Until(() => source.IsSettled), () => $"not disposed. {source}");
                round.Check();
            },
            () => $"{source}; {round}");
    });

    [Test]
    public void Retry_OfItemsFromThePool_LosesNoneOfThem() => Race.Run(Rounds / 2, (referee, random) =>
    {
        var source = RacingSource.Numbers(referee, random, count: int.MaxValue, failure: new IOException("cut off"), failsEvery: 3);
        var round = new Requests(referee, random, insides: 20, outsides: 20, threads: 2);
        var subscription = source.OnDemand(round.Demand).Retry().Subscribe(round.Observer);

        return new Round(
            [round.RequestFromOutside, round.RequestFromOutside],
            () => round.Observer.Count == round.Requested,
            () =>
            {
                subscription.Dispose();
                Assert.That(Race.Until(() => source.IsSettled), () => $"not disposed. {source}");
                round.Check();
            },
            () => $"{source}; {round}");
    });

    [Test]
    public void Dispose_WhileRequestsComeFromInsideAndOutside_HandsBackWhatWasNotUsed() => Race.Run(Rounds, (referee, random) =>
    {
        var source = new ReadySource(referee);
        var round = new Requests(referee, random, insides: 50, outsides: 50, threads: 1);
        var subscription = source.OnDemand(round.Demand).Subscribe(round.Observer);

        return new Round(
            [round.RequestFromOutside, subscription.Dispose],
            () => source.IsSettled,
            () =>
            {
                long outstanding = 0;
                round.Demand.Subscribe(count => outstanding += count);
                // An item that was read or delivered while the subscription ended may not have been seen by the observer.
                Assert.That(round.RequestedSoFar - outstanding, Is.InRange(round.Observer.Items.Count, source.Reads));
            },
            () => $"{source}; {round}");
    });

    private sealed class Requests
    {
        private readonly int _insides;
        private readonly int _outsides;
        private readonly int _seed;
        private int _madeInside;
        private int _threads;
        private long _requested;
        private int _working;

        public Requests(Referee referee, Random random, int insides, int outsides, int threads)
        {
            _insides = insides;
            _outsides = outsides;
            _working = threads;
            _seed = random.Next();
            var ofObserver = new Random(random.Next());
            Observer = new RacingObserver(referee)
            {
                OnItem = _ =>
                {
                    // None, one, or two after the other.
                    for (var i = ofObserver.Next(3); i > 0 && _madeInside < _insides; i--)
                    {
                        _madeInside++;
                        Request(1 + ofObserver.Next(2));
                    }
                },
            };
        }

        public Demand Demand { get; } = new();

        public RacingObserver Observer { get; }

        public long RequestedSoFar => Volatile.Read(ref _requested);

        /// <summary>How many items were requested, once all that can come has; less than nothing before.</summary>
        public long Requested => Volatile.Read(ref _working) == 0 ? RequestedSoFar : -1;

        public void RequestFromOutside()
        {
            var random = new Random(_seed + Interlocked.Increment(ref _threads));
            for (var i = 0; i < _outsides; i++)
            {
                Request(1 + random.Next(3));
                Thread.SpinWait(random.Next(20));
            }

            Interlocked.Decrement(ref _working);
        }

        public void Check() => Assert.That(Observer.Items.SequenceEqual(Enumerable.Range(0, (int)Requested)), Is.True, ToString());

        public override string ToString() => $"requested: {RequestedSoFar}, {_madeInside} times from inside; {Observer}";

        private void Request(int count)
        {
            Interlocked.Add(ref _requested, count);
            Demand.Request(count);
        }
    }
}
