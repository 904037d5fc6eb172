using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>Demand that is there before the subscription is read in turns too, so that what the observers schedule on Rx's trampoline is heard.</summary>
public class OnDemandGivesWayTests
{
    private static IEnumerable<TestCaseData> Requests()
    {
        yield return Case("Unbounded", Demand.Unbounded);
        yield return Case("asked before", DemandOf(1_000_000));
        yield return Case("asked before without limit", DemandOf(long.MaxValue));
        yield return Case("Return", Observable.Return(1_000_000L));
        yield return Case("Return and Never", Observable.Return(1_000_000L).Concat(Observable.Never<long>()));

        static TestCaseData Case(string name, IObservable<long> requests) => new TestCaseData(requests).SetArgDisplayNames(name);

        static Demand DemandOf(long count)
        {
            var demand = new Demand();
            demand.Request(count);
            return demand;
        }
    }

    [TestCaseSource(nameof(Requests))]
    public void SelectManyThenTake_OverAReadySource_ReadsAHandful(IObservable<long> requests)
    {
        var source = new ReadySource<int>(i => i, 100_000);
        var got = new List<int>();
        source.OnDemand(requests).SelectMany(x => Observable.Range(x, 2)).Take(5).Subscribe(got.Add);

        Assert.That(got, Has.Count.EqualTo(5));
        Assert.That(source.Reads, Is.LessThan(20));
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Requests))]
    public void Take_OverAReadySource_ReadsWhatItTakes(IObservable<long> requests)
    {
        var source = new ReadySource<int>(i => i, 100_000);
        var got = new List<int>();
        source.OnDemand(requests).Take(5).Subscribe(got.Add);

        Assert.That((got.Count, source.Reads, source.Disposals), Is.EqualTo((5, 5, 1)));
    }

    [Test]
    public void DemandThatGivesWay_IsUsedToTheLastUnit()
    {
        var demand = new Demand();
        demand.Request(5000);
        var source = new ReadySource<int>(i => i, 100_000);
        var count = 0;
        using var subscription = source.OnDemand(demand).Subscribe(_ => count++);

        Assert.That((count, source.Reads), Is.EqualTo((5000, 5000)));
    }
}
