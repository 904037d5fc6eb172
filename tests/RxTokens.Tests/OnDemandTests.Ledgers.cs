using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

public partial class OnDemandTests
{
    // Ledgers

    [Test]
    public void EachSubscription_HasALedgerOfItsOwn()
    {
        var first = _clock.Record<string>();
        var second = _clock.Record<string>();
        var stream = Pull("abcdef|").OnDemand(_demand);
        stream.Subscribe(first);
        stream.Subscribe(second);
        RequestAt(0, 2);
        RequestAt(5, 1);
        _clock.Start();

        Assert.That(Marbles.Show(first.Received), Is.EqualTo("0:a 1:b 5:c"));
        Assert.That(Marbles.Show(second.Received), Is.EqualTo("0:a 1:b 5:c"));
    }

    [Test]
    public void WhatIsRequestedBeforeTheSubscription_IsOutstanding()
    {
        _demand.Request(2);
        _demand.Request(1);
        Subscribe(new ReadySource<string>(i => i.ToString()));

        Assert.That(Received, Is.EqualTo("0:0 0:1 0:2"));
    }

    [Test] // four are requested, and the failure between costs none
    public void Retry_GoesOnWithTheCreditThatTheFailedSubscriptionLeft() => MarbleTest.Run(m => m
        .Expect(requests => m.Pull("ab#", Marbles.Failure).OnDemand(DemandOf(requests)).Retry(2), demand: "4---------1")
        .ToBe("                                                                             abab------#", error: Marbles.Failure));

    [Test]
    public void ARequestThatReachesAStreamThatHasJustEnded_IsForTheNext()
    {
        // The stream ends inside its last OnNext's request, and the request made there has nobody left to take it.
        var source = new ReadySource<string>(i => i.ToString(), 1);
        _recorder.OnItem = _ => _demand.Request(1);
        Subscribe(source);
        _demand.Request(1);
        Assert.That(Received, Is.EqualTo("0:0 0:|"), "the request from inside found the end");

        _demand.Request(2);
        var next = _clock.Record<string>();
        new ReadySource<string>(i => i.ToString(), 9).OnDemand(_demand).Subscribe(next);
        Assert.That(next.Items, Has.Count.EqualTo(3), "two, and the one that only found the end");
    }

    [Test]
    public void WhatIsOutstanding_WhenAStreamEndsWhileItSubscribes_IsForTheNext()
    {
        // Synchronous all the way: the first subscription fails inside its Subscribe, with two of five unused.
        var source = new ReadySource<string>(i => i.ToString(), 3) { FailsAtTheEnd = Marbles.Failure };
        _demand.Request(5);
        source.OnDemand(_demand).Retry(2).Subscribe(_recorder);
        Assert.That(Received, Is.EqualTo("0:0 0:1 0:2 0:0 0:1"));
    }

    [Test]
    public void AnObserverThatThrows_LeavesItsUnusedCreditAndNoListener()
    {
        var source = new ReadySource<string>(i => i.ToString());
        source.OnDemand(_demand).Subscribe(_ => throw Marbles.Failure);
        Assert.That(() => _demand.Request(5), Throws.Exception.SameAs(Marbles.Failure));
        Assert.That(source.Disposals, Is.EqualTo(1));

        _demand.Request(1);
        Subscribe(new ReadySource<string>(i => i.ToString()));
        Assert.That(_recorder.Items, Has.Count.EqualTo(5), "four were left, and one came after");
    }

    [Test]
    public void ARequestThatFindsItsStreamEnding_GoesToWhoeverListensThen()
    {
        // The first request ends the stream from within; the second, made meanwhile, meets a stream that takes no more.
        var next = _clock.Record<string>();
        var source = new ReadySource<string>(i => i.ToString(), 0);
        var isEnding = false;
        source.OnDemand(_demand).Subscribe(_ => { }, () =>
        {
            isEnding = true;
            new ReadySource<string>(i => i.ToString()).OnDemand(_demand).Subscribe(next);
            _demand.Request(2);
        });
        _demand.Request(1);

        Assert.That(isEnding, Is.True);
        Assert.That(next.Items, Has.Count.EqualTo(3));
    }

    [Test]
    public void Retry_WithUnboundedDemand_StaysUnbounded() => MarbleTest.Run(m => m
        .Expect(requests => m.Pull("ab#", Marbles.Failure).OnDemand(DemandOf(requests)).Retry(2), demand: "*").ToBe("abab#", error: Marbles.Failure));

    [Test]
    public void Unbounded_IsForAnyNumberOfStreams()
    {
        for (var i = 0; i < 3; i++)
        {
            var recorder = new VirtualClock().Record<int>();
            new ReadySource<int>(n => n, 5).OnDemand(Demand.Unbounded).Subscribe(recorder);
            Assert.That(Marbles.Show(recorder.Received), Is.EqualTo("0:0 0:1 0:2 0:3 0:4 0:|"));
        }
    }

    [Test]
    public void ADemand_IsAnObservableForOthersToo_OneCallAtATime()
    {
        var seen = new List<long>();
        var inside = false;
        using var subscription = _demand.Subscribe(count =>
        {
            Assert.That(inside, Is.False);
            inside = true;
            seen.Add(count);
            if (count == 5)
                _demand.Request(6); // from inside: comes after, not within
            inside = false;
        });
        _demand.Request(5);
        _demand.Request(7);
        subscription.Dispose();
        _demand.Request(8);

        Assert.That(seen, Is.EqualTo(new long[] { 5, 6, 7 }));
    }

    // Rx around it

    [Test]
    public void Take_OfRx_StopsTheReading()
    {
        var source = new ReadySource<string>(i => i.ToString());
        _demand.Request(long.MaxValue);
        source.OnDemand(_demand).Take(5).Subscribe(_recorder);

        Assert.That(Received, Is.EqualTo("0:0 0:1 0:2 0:3 0:4 0:|"));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((5, 1)));
    }

    [Test]
    public void SelectMany_OverAnEndlessSynchronousSource_GetsItsTurns()
    {
        var source = new ReadySource<int>(i => i);
        var recorder = _clock.Record<int>();
        source.AsObservable().SelectMany(i => new[] { i, -i }.ToObservable()).Take(20).Subscribe(recorder);

        Assert.That(recorder.Items, Has.Count.EqualTo(20));
        Assert.That(source.Reads, Is.LessThan(100));
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [Test]
    public void Retry_OverAsObservable_ReadsTheSourceAnew()
    {
        var source = new ReadySource<string>(i => i.ToString(), 2) { FailsAtTheEnd = Marbles.Failure };
        source.AsObservable().Retry(3).Subscribe(_recorder);

        Assert.That(Received, Is.EqualTo("0:0 0:1 0:0 0:1 0:0 0:1 0:#InvalidDataException"));
        Assert.That(source.Disposals, Is.EqualTo(3));
    }

    [Test]
    public void RequestsThatComplete_WhenEverythingAskedForHasCome_EndTheStream()
    {
        using var requests = new System.Reactive.Subjects.Subject<long>();
        var source = Pull("[ab]---c|");
        source.OnDemand(requests).Subscribe(_recorder);
        requests.OnNext(2);
        _clock.AdvanceToFrame(2);
        Assert.That(Received, Is.EqualTo("0:a 0:b"));
        Assert.That(source.Disposals, Is.Empty);
        requests.OnCompleted();

        Assert.That(Received, Is.EqualTo("0:a 0:b 2:|"));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 2 }));
    }

    [TestCase("a|")]
    [TestCase("a#")]
    public void AnObserverWhoseEndingThrows_ThrowsThere(string diagram)
    {
        var failure = new FormatException();
        _demand.Request(9);
        Pull(diagram).OnDemand(_demand).Subscribe(new ThrowingAtTheEnd(failure));

        Assert.That(_clock.Start, Throws.Exception.SameAs(failure));
    }

    private sealed class ThrowingAtTheEnd(Exception failure) : IObserver<string>
    {
        public void OnNext(string value)
        {
        }

        public void OnError(Exception error) => throw failure;

        public void OnCompleted() => throw failure;
    }

    [Test]
    public void AmbientValues_FollowTheItems()
    {
        var ambient = new AsyncLocal<string> { Value = "the subscriber's" };
        var seen = new List<string?>();
        Pull("a--b|").AsObservable().Subscribe(_ => seen.Add(ambient.Value));
        ambient.Value = "somebody else's";
        _clock.Start();

        Assert.That(seen, Is.EqualTo(new[] { "the subscriber's", "the subscriber's" }));
    }
}
