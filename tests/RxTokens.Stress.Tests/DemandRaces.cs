namespace RxTokens.Stress;

public sealed class DemandRaces
{
    private const int Rounds = 2000;

    [Test]
    public void Request_FromThreeThreadsBeforeSubscribing_KeepsTheExactSum() => Race.Run(Rounds, (_, _) =>
    {
        var demand = new Demand();

        return new Round(
            [() => Request(demand, 1, 20), () => Request(demand, 2, 20), () => Request(demand, 3, 20)],
            () => true,
            () =>
            {
                long sum = 0;
                demand.Subscribe(count => sum += count);
                Assert.That(sum, Is.EqualTo(20 * (1 + 2 + 3)));
            },
            () => "");
    });

    [Test]
    public void Request_FromTwoThreadsWhileSubscribing_KeepsTheExactSum() => Race.Run(Rounds, (referee, _) =>
    {
        var demand = new Demand();
        long sum = 0;
        var inside = 0;

        return new Round(
            [
                () => Request(demand, 1, 20),
                () => Request(demand, 2, 20),
                () => demand.Subscribe(count =>
                {
                    referee.Require(Interlocked.Exchange(ref inside, 1) == 0, "a request during a request");
                    sum += count;
                    Volatile.Write(ref inside, 0);
                }),
            ],
            () => true,
            () => Assert.That(sum, Is.EqualTo(20 * (1 + 2))),
            () => $"sum: {sum}");
    });

    [Test]
    public void Request_FromTwoThreadsWhileAStreamSubscribes_PushesTheExactSum() => Race.Run(Rounds, (referee, random) =>
    {
        var demand = new Demand();
        var source = RacingSource.Numbers(referee, random, count: 1000);
        var observer = new RacingObserver(referee);
        IDisposable? subscription = null;

        return new Round(
            [
                () => Request(demand, 1, 10),
                () => Request(demand, 2, 10),
                () => subscription = source.OnDemand(demand).Subscribe(observer),
            ],
            () => observer.Count == 30,
            () =>
            {
                subscription!.Dispose();
                Assert.That(Race.Until(() => source.IsSettled), () => $"not disposed. {source}");
                Assert.That(source.Reads, Is.EqualTo(30));
            },
            () => $"{source}; {observer}");
    });

    [Test]
    public void Request_NearTheLimitFromTwoThreads_Saturates() => Race.Run(Rounds, (_, _) =>
    {
        var demand = new Demand();

        return new Round(
            [() => demand.Request(long.MaxValue - 1), () => demand.Request(long.MaxValue - 1)],
            () => true,
            () =>
            {
                long sum = 0;
                demand.Subscribe(count => sum = count);
                Assert.That(sum, Is.EqualTo(long.MaxValue));
            },
            () => "");
    });

    private static void Request(Demand demand, long count, int times)
    {
        for (var i = 0; i < times; i++)
            demand.Request(count);
    }
}
