using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Microsoft.Reactive.Testing;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>The operators of RxTokens on Microsoft's TestScheduler.</summary>
public class OperatorTests : ReactiveTest
{
    private static readonly Exception Failure = new InvalidDataException("the source broke");

    private TestScheduler _scheduler = null!;

    [SetUp]
    public void SetUp() => _scheduler = new TestScheduler();

    private static TimeSpan Ticks(long ticks) => TimeSpan.FromTicks(ticks);

    /// <summary>a, b, c, … each 10 ticks from 210 on, without an end.</summary>
    private TickSource<string> Letters(int count = 20) =>
        new(_scheduler, [.. Enumerable.Range(0, count).Select(i => OnNext(210 + (10 * i), ((char)('a' + i)).ToString()))]);

    private TickSource<string> FourLetters() => new(
        _scheduler, OnNext(210, "a"), OnNext(220, "b"), OnNext(230, "c"), OnNext(240, "d"), OnCompleted<string>(250));

    private ITestableObservable<string> FourLettersHot() => _scheduler.CreateHotObservable(
        OnNext(210, "a"), OnNext(220, "b"), OnNext(230, "c"), OnNext(240, "d"), OnCompleted<string>(250));

    private TickConsumer<T> Run<T>(IAsyncEnumerable<T> stream, params long[] asks)
    {
        var consumer = new TickConsumer<T>(_scheduler, stream).AskAt(asks);
        _scheduler.AdvanceTo(1000);
        return consumer;
    }

    // Pull to push

    [Test]
    public void AsObservable_WhatIsThereAlready_ArrivesAtTheTickOfTheSubscription()
    {
        var source = new TickSource<string>(
            _scheduler, OnNext(150, "a"), OnNext(200, "b"), OnNext(210, "c"), OnNext(220, "d"), OnCompleted<string>(230));
        var result = _scheduler.Start(() => source.AsObservable());

        result.Messages.AssertEqual(OnNext(200, "a"), OnNext(200, "b"), OnNext(210, "c"), OnNext(220, "d"), OnCompleted<string>(230));
        Assert.That(source.Reads, Is.EqualTo(new[] { 200, 200, 200, 210, 220 }));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 230 }));
    }

    [Test]
    public void AsObservable_Unsubscribed_CancelsAndDisposesAtThatTick()
    {
        var source = Letters();
        var result = _scheduler.Start(() => source.AsObservable(), created: 100, subscribed: 200, disposed: 225);

        result.Messages.AssertEqual(OnNext(210, "a"), OnNext(220, "b"));
        Assert.That(source.Cancellations, Is.EqualTo(new[] { 225 }));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 225 }));
    }

    [Test]
    public void AsObservable_BeforeOperatorsWithAClock_IsLikeAnyPushSource()
    {
        var result = _scheduler.Start(() => FourLetters().AsObservable().Buffer(Ticks(25), _scheduler).Select(b => string.Concat(b)));

        result.Messages.AssertEqual(OnNext(225, "ab"), OnNext(250, "cd"), OnNext(250, ""), OnCompleted<string>(250));
    }

    [Test]
    public void AsObservable_AFailureOfTheSource_IsOnError()
    {
        var source = new TickSource<string>(_scheduler, OnNext(210, "a"), OnError<string>(220, Failure));
        var result = _scheduler.Start(() => source.AsObservable());

        result.Messages.AssertEqual(OnNext(210, "a"), OnError<string>(220, Failure));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 220 }));
    }

    [Test]
    public void OnDemand_RequestsOfAHotObservable_ReadThatMany()
    {
        var source = FourLetters();
        var requests = _scheduler.CreateHotObservable(OnNext(205, 2L), OnNext(235, 1L), OnNext(260, long.MaxValue));
        var result = _scheduler.Start(() => source.OnDemand(requests));

        // c is there at 230 and read at 235, d is there at 240 and read at 260.
        result.Messages.AssertEqual(
            OnNext(210, "a"), OnNext(220, "b"), OnNext(235, "c"), OnNext(260, "d"), OnCompleted<string>(260));
        Assert.That(source.Reads, Is.EqualTo(new[] { 205, 210, 235, 260, 260 }));
        requests.Subscriptions.AssertEqual(Subscribe(200, 260));
    }

    [Test]
    public void OnDemand_WhenTheRequestsComplete_CompletesWithTheLastItemRequested()
    {
        var source = FourLetters();
        var requests = _scheduler.CreateHotObservable(OnNext(205, 2L), OnCompleted<long>(206));
        var result = _scheduler.Start(() => source.OnDemand(requests));

        result.Messages.AssertEqual(OnNext(210, "a"), OnNext(220, "b"), OnCompleted<string>(220));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 220 }));
    }

    [Test]
    public void OnDemand_ADemandServedAtTicks_AddsUp()
    {
        var source = Letters();
        var demand = new Demand();
        foreach (var (tick, count) in new[] { (215L, 1L), (216L, 2L), (300L, 1L) })
            _scheduler.ScheduleAbsolute(tick, () => demand.Request(count));
        var result = _scheduler.Start(() => source.OnDemand(demand));

        result.Messages.AssertEqual(OnNext(215, "a"), OnNext(220, "b"), OnNext(230, "c"), OnNext(300, "d"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 215, 216, 220, 300 }));
    }

    [Test]
    public void OnDemand_ARequestBelow1_IsOnErrorAtItsTick()
    {
        var requests = _scheduler.CreateHotObservable(OnNext(205, 1L), OnNext(215, 0L));
        var result = _scheduler.Start(() => Letters().OnDemand(requests));

        result.Messages.AssertEqual(OnNext(210, "a"), OnError<string>(215, e => e is ArgumentOutOfRangeException));
    }

    // Through

    [Test]
    public void Through_Where_ReadsToTheMatchAndNoFurther()
    {
        var source = Letters();
        var consumer = Run(source.Through(o => o.Where(x => x is "c" or "e")), 205, 300);

        consumer.Messages.AssertEqual(OnNext(230, "c"), OnNext(300, "e"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 205, 210, 220, 300, 300 }));
    }

    [Test]
    public void Through_Sample_ReadsWhileSomebodyWaits()
    {
        var source = Letters();
        var consumer = Run(source.Through(o => o.Sample(Ticks(25), _scheduler)), 205, 240, 300);

        // The first request subscribes, so the periods end at 230, 255, 280. c lands at 230 too, but its read was scheduled after
        // the timer. f is in flight when e is sampled: it lands at 260, is sampled at 280 and waits for the request at 300.
        consumer.Messages.AssertEqual(OnNext(230, "b"), OnNext(255, "e"), OnNext(300, "f"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 205, 210, 220, 240, 240, 250 }));
    }

    [Test]
    public void Through_Throttle_AnswersInTheFirstPause()
    {
        var source = new TickSource<string>(_scheduler, OnNext(210, "a"), OnNext(220, "b"), OnNext(260, "c"), OnCompleted<string>(300));
        var consumer = Run(source.Through(o => o.Throttle(Ticks(15), _scheduler)), 205, 240, 280);

        consumer.Messages.AssertEqual(OnNext(235, "b"), OnNext(275, "c"), OnCompleted<string>(300));
        Assert.That(source.Reads, Is.EqualTo(new[] { 205, 210, 220, 260 }));
    }

    [Test]
    public void Through_BufferOfTime_ListsWhatWasReadInThePeriod()
    {
        var source = Letters();
        var consumer = Run(source.Through(o => o.Buffer(Ticks(25), _scheduler).Select(b => string.Concat(b))), 205, 240, 300);

        consumer.Messages.AssertEqual(OnNext(230, "ab"), OnNext(255, "cde"), OnNext(300, "f"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 205, 210, 220, 240, 240, 250 }));
    }

    [Test]
    public void Through_BufferOfTimeOrCount_IsAnsweredByEither()
    {
        var consumer = Run(Letters().Through(o => o.Buffer(Ticks(25), 2, _scheduler).Select(b => string.Concat(b))), 205, 240, 250);

        // A full list restarts the period: none ends before the next list is full.
        consumer.Messages.AssertEqual(OnNext(220, "ab"), OnNext(240, "cd"), OnNext(260, "ef"));
    }

    [Test]
    public void Through_Timeout_FailsAtItsTick_AndCancelsTheRead()
    {
        var source = new TickSource<string>(_scheduler, OnNext(210, "a"), OnNext(250, "b"));
        var consumer = Run(source.Through(o => o.Timeout(Ticks(20), _scheduler)), 205, 215, 280);

        consumer.Messages.AssertEqual(OnNext(210, "a"), OnError<string>(230, e => e is TimeoutException), OnCompleted<string>(280));
        Assert.That(source.Cancellations, Is.EqualTo(new[] { 230 }));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 230 }));
    }

    [Test]
    public void Through_AFailureOfTheSource_ComesFromMoveNextAsync()
    {
        var source = new TickSource<string>(_scheduler, OnNext(210, "a"), OnError<string>(220, Failure));
        var consumer = Run(source.Through(o => o.Delay(Ticks(5), _scheduler)), 205, 216);

        // Delay passes a failure on at once.
        consumer.Messages.AssertEqual(OnNext(215, "a"), OnError<string>(220, Failure));
    }

    [Test]
    public void Through_AConsumerThatLeaves_DisposesTheSourceAtThatTick()
    {
        var source = Letters();
        var consumer = new TickConsumer<string>(_scheduler, source.Through(o => o.Sample(Ticks(100), _scheduler))).AskAt(205);
        _scheduler.ScheduleAbsolute(233, () => _ = consumer.Leave());

        // Returns only if nothing is left to run: the timer of Sample is gone.
        _scheduler.Start();

        consumer.Messages.AssertEqual(OnCompleted<string>(233));
        Assert.That(source.Cancellations, Is.EqualTo(new[] { 233 }));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 233 }));
        Assert.That(_scheduler.Clock, Is.EqualTo(233));
    }

    // Boundaries, over a pull source

    [Test]
    public void Buffered_OverAPullSource_WaitsWhenFull()
    {
        var source = FourLetters();
        var consumer = Run(source.Buffered(2), 205, 260, 270, 280, 290);

        consumer.Messages.AssertEqual(OnNext(210, "a"), OnNext(260, "b"), OnNext(270, "c"), OnNext(280, "d"), OnCompleted<string>(290));
        Assert.That(source.Reads, Is.EqualTo(new[] { 205, 210, 220, 260, 270 }));
    }

    [Test]
    public void Conflate_OverAPullSource_MergesWhatTheConsumerHasNotSeen()
    {
        var source = FourLetters();
        var consumer = Run(source.Conflate(), 205, 235, 260, 270);

        consumer.Messages.AssertEqual(OnNext(210, "a"), OnNext(235, "bc"), OnNext(260, "d"), OnCompleted<string>(270));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 270 }));
    }

    [Test]
    public void KeepLatest_OverAPullSource_TellsWhatItDrops()
    {
        var dropped = new List<string>();
        var consumer = Run(FourLetters().KeepLatest(x => dropped.Add($"{_scheduler.Clock}:{x}")), 205, 235, 260, 270);

        consumer.Messages.AssertEqual(OnNext(210, "a"), OnNext(235, "c"), OnNext(260, "d"), OnCompleted<string>(270));
        Assert.That(dropped, Is.EqualTo(new[] { "230:b" }));
    }

    [Test]
    public void Conflate_WithAConsumerThatIsBusy25TicksWithEach_LosesNothing()
    {
        var consumer = new TickConsumer<string>(_scheduler, FourLetters().Through(o => o.Select(x => x.ToUpperInvariant())).Conflate());
        var all = consumer.AskForAll(25);
        _scheduler.Start();

        Assert.That(all.IsCompletedSuccessfully, Is.True);
        consumer.Messages.AssertEqual(OnNext(210, "A"), OnNext(235, "BC"), OnNext(260, "D"), OnCompleted<string>(285));
    }

    // Boundaries, over a push source

    [Test]
    public void Buffered_OverAHotObservable_FailsWhenFull()
    {
        var source = FourLettersHot();
        var consumer = Run(source.Buffered(2), 205, 260, 270, 280);

        consumer.Messages.AssertEqual(
            OnNext(210, "a"), OnNext(260, "b"), OnNext(270, "c"), OnError<string>(280, e => e is BackpressureException));
        source.Subscriptions.AssertEqual(Subscribe(205, 240));
    }

    [Test]
    public void Buffered_OverAHotObservable_DropsByPolicy()
    {
        var dropped = new List<string>();
        var source = FourLettersHot();
        var consumer = Run(source.Buffered(2, PushOverflow.DropOldest, dropped.Add), 205, 260, 270, 280);

        consumer.Messages.AssertEqual(OnNext(210, "a"), OnNext(260, "c"), OnNext(270, "d"), OnCompleted<string>(280));
        Assert.That(dropped, Is.EqualTo(new[] { "b" }));
        source.Subscriptions.AssertEqual(Subscribe(205, 250));
    }

    [Test]
    public void Conflate_OverAHotObservable_MergesWhatTheConsumerHasNotSeen()
    {
        var source = FourLettersHot();
        var consumer = Run(source.Conflate(), 205, 235, 260, 270);

        consumer.Messages.AssertEqual(OnNext(210, "a"), OnNext(235, "bc"), OnNext(260, "d"), OnCompleted<string>(270));
        source.Subscriptions.AssertEqual(Subscribe(205, 250));
    }

    [Test]
    public void Conflate_WithSeed_OverAHotObservable_Counts()
    {
        var consumer = Run(FourLettersHot().Conflate(_ => 1, (n, _) => n + 1), 205, 245, 260);

        consumer.Messages.AssertEqual(OnNext(210, 1), OnNext(245, 3), OnCompleted<int>(260));
    }

    [Test]
    public void KeepLatest_OverAHotObservable_TellsWhatItDrops()
    {
        var dropped = new List<string>();
        var consumer = Run(FourLettersHot().KeepLatest(x => dropped.Add($"{_scheduler.Clock}:{x}")), 205, 235, 260, 270);

        consumer.Messages.AssertEqual(OnNext(210, "a"), OnNext(235, "c"), OnNext(260, "d"), OnCompleted<string>(270));
        Assert.That(dropped, Is.EqualTo(new[] { "230:b" }));
    }

    [Test]
    public void AHotObservable_BeforeTheFirstRequest_IsNotSubscribed()
    {
        var source = FourLettersHot();
        var consumer = Run(source.Conflate(), 225, 300, 310);

        consumer.Messages.AssertEqual(OnNext(230, "c"), OnNext(300, "d"), OnCompleted<string>(310));
        source.Subscriptions.AssertEqual(Subscribe(225, 250));
    }

    // A whole pipeline

    [Test]
    public void PullThroughAQueryToAConflatingScreen_AndBackToPush()
    {
        var source = FourLetters();
        var requests = _scheduler.CreateHotObservable(OnNext(205, 1L), OnNext(262, 1L), OnNext(270, 1L));
        var result = _scheduler.Start(() => source
            .Through(o => o.Timestamp(_scheduler).Select(x => $"{x.Value}{x.Timestamp.Ticks} "))
            .Conflate()
            .OnDemand(requests));

        result.Messages.AssertEqual(OnNext(210, "a210 "), OnNext(262, "b220 c230 d240 "), OnCompleted<string>(270));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 250 }));
    }
}
