using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace RxTokens.Stress;

public sealed class OnDemandRaces
{
    private const int Rounds = 2000;

    [TestCase(2)]
    [TestCase(3)]
    public void Request_FromSeveralThreadsDuringOnNext_PushesExactlyTheSum(int threads) => Race.Run(Rounds, (referee, random) =>
    {
        const int each = 8;
        var requested = 0;
        var demand = new Demand();
        var source = RacingSource.Numbers(referee, random, count: 1000, mayHaveRead: () => Volatile.Read(ref requested));
        var observer = new RacingObserver(referee);
        var subscription = source.OnDemand(demand).Subscribe(observer);

        void Request()
        {
            for (var i = 0; i < each; i++)
            {
                Interlocked.Increment(ref requested);
                demand.Request(1);
            }
        }

        return new Round(
            [.. Enumerable.Repeat(Request, threads)],
            () => observer.Count == each * threads,
            () =>
            {
                subscription.Dispose();
                Assert.That(Race.Until(() => source.IsSettled), () => $"not disposed. {source}");
                Assert.That(observer.Items, Is.EqualTo(Enumerable.Range(0, each * threads)));
                Assert.That(source.Reads, Is.EqualTo(each * threads));
                Assert.That(observer.HasEnded, Is.False);
            },
            () => $"{source}; {observer}");
    });

    [Test]
    public void Request_FromInsideOnNextAndFromAnotherThread_LosesNone() => Race.Run(Rounds, (referee, random) =>
    {
        const int inside = 10;
        const int outside = 10;
        var demand = new Demand();
        var source = RacingSource.Numbers(referee, random, count: 1000);
        var left = inside;
        var observer = new RacingObserver(referee)
        {
            OnItem = _ =>
            {
                if (left-- > 0)
                    demand.Request(1);
            },
        };
        var subscription = source.OnDemand(demand).Subscribe(observer);

        return new Round(
            [
                () => { for (var i = 0; i < outside; i++) demand.Request(1); },
                () => demand.Request(1),
            ],
            () => observer.Count == inside + outside + 1,
            () =>
            {
                subscription.Dispose();
                Assert.That(Race.Until(() => source.IsSettled), () => $"not disposed. {source}");
                Assert.That(observer.Items, Is.EqualTo(Enumerable.Range(0, inside + outside + 1)));
            },
            () => $"{source}; {observer}");
    });

    [Test]
    public void Request_AgainstDispose_DisposesTheSourceOnceAndLosesNoCredit() => Race.Run(Rounds, (referee, random) =>
    {
        const int requested = 3;
        var demand = new Demand();
        var source = RacingSource.Numbers(referee, random, count: 1000, mayHaveRead: () => requested);
        var observer = new RacingObserver(referee);
        var subscription = source.OnDemand(demand).Subscribe(observer);

        return new Round(
            [
                () => { for (var i = 0; i < requested; i++) demand.Request(1); },
                subscription.Dispose,
            ],
            () => source.IsSettled,
            () =>
            {
                Assert.That(observer.Items, Is.EqualTo(Enumerable.Range(0, observer.Items.Count)));
                Assert.That(observer.HasEnded, Is.False);
                Assert.That(source.Disposals, Is.LessThanOrEqualTo(1));

                long outstanding = 0;
                demand.Subscribe(count => outstanding += count);
                var used = requested - outstanding;
                Assert.That(used, Is.InRange(observer.Items.Count, source.ItemsRead), "what was not used is handed back");
            },
            () => $"{source}; {observer}");
    });

    [TestCase(false)]
    [TestCase(true)]
    public void Dispose_AgainstTheSourcesEnd_EndsOnceAtMost(bool fails) => Race.Run(Rounds, (referee, random) =>
    {
        var source = RacingSource.Numbers(referee, random, count: 1, Pace.OnArrival, fails ? new IOException("cut off") : null);
        var observer = new RacingObserver(referee) { OnEnding = () => referee.Require(source.IsSettled, "the ending came before the disposal") };
        var subscription = source.OnDemand(Demand.Unbounded).Subscribe(observer);
        source.Arrive();

        return new Round(
            [source.Arrive, subscription.Dispose],
            () => source.IsSettled,
            () =>
            {
                Assert.That(observer.Items, Is.EqualTo([0]));
                Assert.That(observer.Error, observer.HasEnded && fails ? Is.TypeOf<IOException>() : Is.Null);
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {observer}");
    });

    [Test]
    public void RequestOfZero_AgainstAnItem_EndsWithTheRefusalOnce() => Race.Run(Rounds, (referee, random) =>
    {
        var demand = new Demand();
        var source = RacingSource.Numbers(referee, random, count: 100, Pace.OnArrival);
        var observer = new RacingObserver(referee) { OnEnding = () => referee.Require(source.IsSettled, "the ending came before the disposal") };
        source.OnDemand(demand).Subscribe(observer);
        demand.Request(5);

        return new Round(
            [() => demand.Request(0), () => source.Arrive(3)],
            () => observer.HasEnded,
            () =>
            {
                Assert.That(observer.Error, Is.TypeOf<ArgumentOutOfRangeException>());
                Assert.That(observer.Items, Is.EqualTo(Enumerable.Range(0, observer.Items.Count)));
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {observer}");
    });

    [Test]
    public void RequestsCompleting_AgainstItems_CompletesAfterTheLastThatWasRequested() => Race.Run(Rounds, (referee, random) =>
    {
        var requests = new Subject<long>();
        var source = RacingSource.Numbers(referee, random, count: 100, Pace.OnArrival);
        var observer = new RacingObserver(referee) { OnEnding = () => referee.Require(source.IsSettled, "the ending came before the disposal") };
        source.OnDemand(requests).Subscribe(observer);
        requests.OnNext(1);

        return new Round(
            [
                () =>
                {
                    requests.OnNext(1);
                    requests.OnNext(2);
                    requests.OnCompleted();
                },
                () => source.Arrive(4),
            ],
            () => observer.HasEnded,
            () =>
            {
                Assert.That(observer.Error, Is.Null);
                Assert.That(observer.Items, Is.EqualTo([0, 1, 2, 3]));
                Assert.That(source.Reads, Is.EqualTo(4));
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {observer}");
    });

    [Test]
    public void RequestsCompleting_AgainstARequest_HonoursTheRequestOrNot() => Race.Run(Rounds, (referee, random) =>
    {
        var requests = new Subject<long>();
        var source = RacingSource.Numbers(referee, random, count: 100);
        var observer = new RacingObserver(referee);
        source.OnDemand(requests).Subscribe(observer);
        requests.OnNext(2);

        return new Round(
            [() => requests.OnNext(1), requests.OnCompleted],
            () => observer.HasEnded,
            () =>
            {
                Assert.That(observer.Error, Is.Null);
                Assert.That(observer.Items, Is.EqualTo(new[] { 0, 1 }).Or.EqualTo(new[] { 0, 1, 2 }));
                Assert.That(source.Reads, Is.EqualTo(observer.Items.Count));
            },
            () => $"{source}; {observer}");
    });

    [Test]
    public void Retry_WhileTwoThreadsRequest_LosesNoCredit() => Race.Run(Rounds, (referee, random) =>
    {
        const int each = 10;
        var demand = new Demand();
        var source = RacingSource.Numbers(referee, random, count: 1000, failure: new IOException("cut off"), failsEvery: 2);
        var observer = new RacingObserver(referee);
        var subscription = source.OnDemand(demand).Retry().Subscribe(observer);

        void Request()
        {
            for (var i = 0; i < each; i++)
                demand.Request(1);
        }

        return new Round(
            [Request, Request],
            () => observer.Count == 2 * each,
            () =>
            {
                subscription.Dispose();
                Assert.That(Race.Until(() => source.IsSettled), () => $"not disposed. {source}");
                Assert.That(observer.Items, Is.EqualTo(Enumerable.Range(0, 2 * each)));
            },
            () => $"{source}; {observer}");
    });

    [Test]
    public void Retry_OfASourceThatFailsWhileSubscribing_KeepsWhatWasRequestedBefore()
    {
        var demand = new Demand();
        demand.Request(5);
        var enumerations = 0;
        var received = new List<int>();

        using var subscription = FailsAfterTwo().OnDemand(demand).Retry().Subscribe(received.Add);

        Assert.That(received, Is.EqualTo([1, 1, 2, 2, 3]));

        async IAsyncEnumerable<int> FailsAfterTwo()
        {
            var number = ++enumerations;
            yield return number;
            yield return number;
            await Task.CompletedTask;
            throw new IOException("cut off");
        }
    }

    [Test]
    public void OnNext_ThatThrows_LeavesTheRequestsToTheNextSubscriber()
    {
        var demand = new Demand();
        using var subscription = Endless().OnDemand(demand).Subscribe(_ => throw new IOException("the observer"));

        Assert.That(() => demand.Request(3), Throws.TypeOf<IOException>());
        demand.Request(4);

        long outstanding = 0;
        demand.Subscribe(count => outstanding += count);
        Assert.That(outstanding, Is.EqualTo(2 + 4));

        static async IAsyncEnumerable<int> Endless()
        {
            await Task.CompletedTask;
            while (true)
                yield return 0;
        }
    }
}
