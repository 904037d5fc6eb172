using System.Reactive.Linq;
using Microsoft.Reactive.Testing;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Microsoft's TestScheduler, as published for Rx 3, drives System.Reactive 6.</summary>
public class TestSchedulerTests : ReactiveTest
{
    private TestScheduler _scheduler = null!;

    [SetUp]
    public void SetUp() => _scheduler = new TestScheduler();

    private static TimeSpan Ticks(long ticks) => TimeSpan.FromTicks(ticks);

    [Test]
    public void TheBinary_IsThePublishedOne_AndItsSchedulerIsOfTodaysSystemReactive()
    {
        Assert.That(typeof(TestScheduler).Assembly.GetName().Version, Is.EqualTo(new Version(3, 0, 3000, 0)));
        Assert.That(typeof(TestScheduler).BaseType!.Assembly, Is.SameAs(typeof(Observable).Assembly));
        Assert.That(typeof(Observable).Assembly.GetName().Version, Is.GreaterThanOrEqualTo(new Version(6, 1)));
    }

    [Test]
    public void Start_SubscribesAt200_AndRecordsWhatTheOperatorSays()
    {
        var source = _scheduler.CreateHotObservable(OnNext(150, 1), OnNext(210, 2), OnNext(220, 3), OnCompleted<int>(230));
        var result = _scheduler.Start(() => source.Select(x => x * 10));

        result.Messages.AssertEqual(OnNext(210, 20), OnNext(220, 30), OnCompleted<int>(230));
        source.Subscriptions.AssertEqual(Subscribe(200, 230));
    }

    [Test]
    public void ACold_CountsFromItsSubscription()
    {
        var source = _scheduler.CreateColdObservable(OnNext(10, 1), OnNext(20, 2), OnCompleted<int>(30));
        var result = _scheduler.Start(() => source.Concat(source), created: 50, subscribed: 100, disposed: 145);

        result.Messages.AssertEqual(OnNext(110, 1), OnNext(120, 2), OnNext(140, 1));
        source.Subscriptions.AssertEqual(Subscribe(100, 130), Subscribe(130, 145));
    }

    [Test]
    public void OperatorsWithAClock_RunOnIt()
    {
        var source = _scheduler.CreateHotObservable(
            OnNext(210, 1), OnNext(220, 2), OnNext(260, 3), OnNext(330, 4), OnCompleted<int>(340));
        var sampled = _scheduler.CreateObserver<int>();
        var throttled = _scheduler.CreateObserver<int>();
        var delayed = _scheduler.CreateObserver<int>();
        source.Sample(Ticks(100), _scheduler).Subscribe(sampled);
        source.Throttle(Ticks(15), _scheduler).Subscribe(throttled);
        source.Delay(Ticks(5), _scheduler).Subscribe(delayed);
        _scheduler.Start();

        sampled.Messages.AssertEqual(OnNext(300, 3), OnNext(400, 4), OnCompleted<int>(400));
        throttled.Messages.AssertEqual(OnNext(235, 2), OnNext(275, 3), OnNext(340, 4), OnCompleted<int>(340));
        delayed.Messages.AssertEqual(OnNext(215, 1), OnNext(225, 2), OnNext(265, 3), OnNext(335, 4), OnCompleted<int>(345));
    }

    [Test]
    public void AFailure_IsRecordedAndCompared()
    {
        var failure = new InvalidDataException("the source broke");
        var source = _scheduler.CreateHotObservable(OnNext(210, 1), OnError<int>(220, failure));
        var result = _scheduler.Start(() => source.Where(x => x > 0));

        ReactiveAssert.AreElementsEqual([OnNext(210, 1), OnError<int>(220, failure)], result.Messages);
        result.Messages.AssertEqual(OnNext<int>(210, x => x == 1), OnError<int>(220, e => e is InvalidDataException));
    }

    [Test]
    public void WhatDiffers_FailsTheAssertion()
    {
        var source = _scheduler.CreateHotObservable(OnNext(210, 1));
        var result = _scheduler.Start(() => source);

        Assert.That(() => result.Messages.AssertEqual(OnNext(211, 1)), Throws.Exception.With.Message.Contains("OnNext(1)@210"));
        Assert.That(() => result.Messages.AssertEqual(OnNext(210, 2)), Throws.Exception);
        Assert.That(() => result.Messages.AssertEqual(), Throws.Exception);
    }
}
