using System.Reactive;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Demand.Cancel: the other half of a Reactive Streams subscription (3.5 to 3.7, 3.12).</summary>
public class DemandCancelTests
{
    [Test]
    public void Cancel_FromInsideTheFirstOnNext_LeavesBeforeSubscribeHasReturned()
    {
        var source = new ReadySource<int>(i => i, 1_000_000);
        var demand = new Demand();
        demand.Request(long.MaxValue);
        var got = new List<int>();
        var hasEnded = false;

        // The disposable is not there yet: Subscribe pushes what is ready before it returns.
        using var subscription = source.OnDemand(demand).Subscribe(
            i =>
            {
                got.Add(i);
                demand.Cancel();
            },
            () => hasEnded = true);

        Assert.That(got, Is.EqualTo(new[] { 0 }));
        Assert.That((source.Reads, source.Disposals, hasEnded), Is.EqualTo((1, 1, false)));
    }

    [Test]
    public void Cancel_EndsAllStreamsThatListen_AndThoseThatComeLater() => MarbleTest.Run(m =>
    {
        var demand = new Demand();
        var first = m.Pull("ab-----c|");
        var second = m.Pull("x------y|");
        demand.Request(9);
        var got = new List<string>();
        first.OnDemand(demand).Subscribe(got.Add, () => got.Add("end"));
        demand.Request(9);
        second.OnDemand(demand).Subscribe(got.Add, () => got.Add("end"));
        demand.Request(9);
        m.At(4, demand.Cancel);
        m.At(5, () => new ReadySource<string>(i => $"{i}", 3).OnDemand(demand).Subscribe(got.Add, () => got.Add("end")));
        m.At(6, () => demand.Request(5));
        m.Flush();

        Assert.That(got, Is.EqualTo(new[] { "a", "x", "b" }));
        Assert.That((first.Disposals.Count, second.Disposals.Count), Is.EqualTo((1, 1)));
    });

    [Test]
    public void Cancel_CompletesOtherSubscribers_Once()
    {
        var demand = new Demand();
        var heard = new List<string>();
        var observer = Observer.Create<long>(n => heard.Add($"{n}"), () => heard.Add("end"));
        using var subscription = demand.Subscribe(observer);
        demand.Request(2);
        demand.Cancel();
        demand.Cancel();
        demand.Request(3);
        using var later = demand.Subscribe(Observer.Create<long>(n => heard.Add($"later {n}"), () => heard.Add("later end")));

        Assert.That(heard, Is.EqualTo(new[] { "2", "end", "later end" }));
    }
}
