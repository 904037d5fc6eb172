using System.Reactive.Linq;

namespace RxTokens.Stress;

public sealed class AsObservableRaces
{
    private const int Rounds = 2000;

    [TestCase(1)]
    [TestCase(5)]
    public void Dispose_AgainstItems_DisposesTheSourceOnce(int items) => Race.Run(Rounds, (referee, random) =>
    {
        var source = RacingSource.Numbers(referee, random, count: 100, Pace.OnArrival);
        var observer = new RacingObserver(referee);
        var subscription = source.AsObservable().Subscribe(observer);

        return new Round(
            [() => source.Arrive(items), subscription.Dispose],
            () => source.IsSettled,
            () =>
            {
                Assert.That(observer.Items, Is.EqualTo(Enumerable.Range(0, observer.Items.Count)));
                Assert.That(observer.HasEnded, Is.False);
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {observer}");
    });

    [TestCase(false)]
    [TestCase(true)]
    public void Dispose_AgainstTheSourcesEnd_EndsOnceAtMost(bool fails) => Race.Run(Rounds, (referee, random) =>
    {
        var source = RacingSource.Numbers(referee, random, count: 2, Pace.OnArrival, fails ? new IOException("cut off") : null);
        var observer = new RacingObserver(referee) { OnEnding = () => referee.Require(source.IsSettled, "the ending came before the disposal") };
        var subscription = source.AsObservable().Subscribe(observer);
        source.Arrive(2);

        return new Round(
            [source.Arrive, subscription.Dispose],
            () => source.IsSettled,
            () =>
            {
                Assert.That(observer.Items, Is.EqualTo([0, 1]));
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {observer}");
    });

    [Test]
    public void Dispose_FromTwoThreadsDuringItems_DisposesTheSourceOnce() => Race.Run(Rounds, (referee, random) =>
    {
        var source = RacingSource.Numbers(referee, random, count: 100, Pace.OnArrival);
        var observer = new RacingObserver(referee);
        var subscription = source.AsObservable().Subscribe(observer);

        return new Round(
            [subscription.Dispose, () => source.Arrive(2), subscription.Dispose],
            () => source.IsSettled,
            () => Assert.That(source.Disposals, Is.EqualTo(1)),
            () => $"{source}; {observer}");
    });

    [Test]
    public void Take_OfItemsFromOtherThreads_ReadsExactlySoMany() => Race.Run(Rounds, (referee, random) =>
    {
        var source = RacingSource.Numbers(referee, random, count: 100, mayHaveRead: () => 7);
        var observer = new RacingObserver(referee);

        return new Round(
            [() => source.AsObservable().Take(7).Subscribe(observer)],
            () => observer.HasEnded && source.IsSettled,
            () =>
            {
                Assert.That(observer.Items, Is.EqualTo(Enumerable.Range(0, 7)));
                Assert.That(source.Reads, Is.EqualTo(7));
            },
            () => $"{source}; {observer}");
    });

    [Test]
    public void Subscribe_ToItemsFromOtherThreads_PushesAllInOrder() => Race.Run(Rounds, (referee, random) =>
    {
        var source = RacingSource.Numbers(referee, random, count: 30);
        var observer = new RacingObserver(referee) { OnEnding = () => referee.Require(source.IsSettled, "the ending came before the disposal") };

        return new Round(
            [() => source.AsObservable().Subscribe(observer)],
            () => observer.HasEnded,
            () => Assert.That(observer.Items, Is.EqualTo(Enumerable.Range(0, 30))),
            () => $"{source}; {observer}");
    });
}
