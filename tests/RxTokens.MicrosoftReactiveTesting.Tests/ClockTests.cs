using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using Microsoft.Reactive.Testing;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>
/// Where TestScheduler and VirtualClock differ, and where not. Work that is due now, or overdue, runs at Clock + 1 on a TestScheduler
/// and in the same instant on a VirtualClock. Both count ticks here.
/// </summary>
public class ClockTests : ReactiveTest
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private static VirtualTimeScheduler<long, long>[] Both => [new TestScheduler(), new VirtualClock()];

    /// <summary>Runs the same on both.</summary>
    private static void Compare(Func<VirtualTimeScheduler<long, long>, string> run, string onTestScheduler, string onVirtualClock)
    {
        Assert.That(run(new TestScheduler()), Is.EqualTo(onTestScheduler), "on a TestScheduler");
        Assert.That(run(new VirtualClock()), Is.EqualTo(onVirtualClock), "on a VirtualClock");
    }

    private static string Consume<T>(VirtualTimeScheduler<long, long> clock, IAsyncEnumerable<T> stream, params long[] asks)
    {
        var consumer = new TickConsumer<T>(clock, stream).AskAt(asks);
        clock.AdvanceTo(1000);
        return consumer.ToString();
    }

    /// <summary>What a push stream says to a subscription at 200.</summary>
    private static string Observe<T>(VirtualTimeScheduler<long, long> clock, IObservable<T> stream)
    {
        var log = new List<string>();
        clock.ScheduleAbsolute(200, () => stream.Subscribe(x => log.Add($"{clock.Clock}:{x}"), () => log.Add($"{clock.Clock}:|")));
        clock.AdvanceTo(1000);
        return string.Join(' ', log);
    }

    private static TickSource<string> Ready(VirtualTimeScheduler<long, long> clock, string letters) =>
        new(clock, [.. letters.Select(c => OnNext(0, c.ToString())), OnCompleted<string>(0)]);

    private static TickSource<string> OnePerTick(VirtualTimeScheduler<long, long> clock, string letters, long from) =>
        new(clock, [.. letters.Select((c, i) => OnNext(from + i, c.ToString())), OnCompleted<string>(from + letters.Length)]);

    // The rule itself

    [Test]
    public void WorkDueNow_RunsOneTickLater_AndEachStepOfAChainCostsATick() => Compare(
        clock =>
        {
            var log = new List<long>();
            void Step(int left)
            {
                log.Add(clock.Clock);
                if (left > 0)
                    clock.Schedule(TimeSpan.Zero, () => Step(left - 1));
            }

            clock.ScheduleAbsolute(200, () => Step(3));
            clock.Start();
            return string.Join(' ', log);
        },
        onTestScheduler: "200 201 202 203",
        onVirtualClock: "200 200 200 200");

    [Test]
    public void WorkDueInThePast_RunsOneTickLater_AndTheClockNeverGoesBack() => Compare(
        clock =>
        {
            var log = new List<long>();
            clock.ScheduleAbsolute(200, () => clock.ScheduleAbsolute(50, () => log.Add(clock.Clock)));
            clock.Start();
            return string.Join(' ', log);
        },
        onTestScheduler: "201",
        onVirtualClock: "200");

    [Test]
    public void BeforeTheStart_Tick0IsNowAlready() => Compare(
        clock => Consume(clock, Ready(clock, "ab"), 0, 1),
        onTestScheduler: "1:a 1:b",
        onVirtualClock: "0:a 1:b");

    [Test]
    public void WorkDueNow_StandsBehindWhatWasScheduledForTheNextTickBefore_OnATestScheduler() => Compare(
        clock =>
        {
            var log = new List<string>();
            clock.ScheduleAbsolute(200, () => clock.Schedule(() => log.Add("scheduled at 200 for now")));
            clock.ScheduleAbsolute(200, () => log.Add("200"));
            clock.ScheduleAbsolute(201, () => log.Add("201"));
            clock.Start();
            return string.Join(", ", log);
        },
        // Ties run in the order of scheduling.
        onTestScheduler: "200, 201, scheduled at 200 for now",
        onVirtualClock: "200, scheduled at 200 for now, 201");

    [Test]
    public void AColdMarbleAt0_SubscribedAt200_ArrivesAt201()
    {
        var scheduler = new TestScheduler();
        var shifted = scheduler.CreateColdObservable(OnNext(0, "a"), OnNext(1, "b"), OnNext(2, "c"), OnCompleted<string>(2));
        Assert.That(Observe(scheduler, shifted), Is.EqualTo("201:a 201:b 202:c 202:|"), "a and b fall into one tick");

        var clock = new VirtualClock();
        var exact = clock.Cold(Marble.Next(0, "a"), Marble.Next(1, "b"), Marble.Next(2, "c"), Marble.End<string>(2));
        var recorder = clock.Record<string>();
        clock.At(200, () => exact.Subscribe(recorder));
        clock.Start();
        Assert.That(string.Join(' ', recorder.Received), Is.EqualTo("200:a 201:b 202:c 202:|"));
    }

    // What it means for operators: nothing, where they do not schedule

    [Test]
    public void APullSource_IsNotShifted_ForWhatIsThereIsNotScheduled()
    {
        foreach (var stream in new Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>>[]
        {
            s => s, s => s.Through(o => o), s => s.Through(o => o.Where(_ => true)), s => s.Buffered(2), s => s.Conflate((_, last) => last), s => s.KeepLatest(),
        })
        {
            foreach (var clock in Both)
            {
                var source = new TickSource<string>(clock, OnNext(100, "a"), OnNext(300, "b"), OnCompleted<string>(300));
                Assert.That(Consume(clock, stream(source), 200, 200, 400), Is.EqualTo("200:a 300:b 400:|"));
            }
        }
    }

    [Test]
    public void AsObservableAndOnDemand_AreNotShifted()
    {
        foreach (var clock in Both)
            Assert.That(Observe(clock, Ready(clock, "abc").AsObservable()), Is.EqualTo("200:a 200:b 200:c 200:|"));
        foreach (var clock in Both)
            Assert.That(Observe(clock, Ready(clock, "abc").OnDemand(Demand.Unbounded)), Is.EqualTo("200:a 200:b 200:c 200:|"));
    }

    [Test]
    public void TimeOperatorsInThrough_WithPeriodsOfATickOrMore_AreNotShifted()
    {
        foreach (var (query, expected) in new (Func<IObservable<string>, IScheduler, IObservable<string>>, string)[]
        {
            ((o, s) => o.Sample(Tick * 25, s), "225:b 260:c 300:e 400:|"),
            ((o, s) => o.Throttle(Tick * 15, s), "245:c 265:d 300:e 400:|"),
            ((o, s) => o.Buffer(Tick * 25, s).Select(b => string.Concat(b)), "225:ab 260:c 300: 400:"),
            ((o, s) => o.Timeout(Tick * 15, s), "210:a 260:#TimeoutException 300:| 400:|"),
            ((o, s) => o.Delay(Tick, s), "211:a 260:b 301:c 400:d"),
        })
        {
            foreach (var clock in Both)
            {
                var source = new TickSource<string>(
                    clock, OnNext(210, "a"), OnNext(220, "b"), OnNext(230, "c"), OnNext(250, "d"), OnNext(270, "e"), OnCompleted<string>(280));
                Assert.That(Consume(clock, source.Through(o => query(o, clock)), 200, 260, 300, 400), Is.EqualTo(expected));
            }
        }
    }

    // …and a tick for each hop, where they do

    [Test]
    public void AColdPushSource_BehindABoundary_AnswersATickAfterTheRequest()
    {
        foreach (var stream in new Func<IObservable<string>, IAsyncEnumerable<string>>[]
        {
            o => o.Buffered(2), o => o.Conflate(), o => o.KeepLatest(),
        })
        {
            Compare(
                clock => Consume(clock, stream(Observable.Timer(TimeSpan.Zero, clock).Select(_ => "a")), 200, 300),
                onTestScheduler: "201:a 300:|",
                onVirtualClock: "200:a 300:|");
        }
    }

    [Test]
    public void AQueryThatHops_AnswersATickLater()
    {
        foreach (var query in new Func<IObservable<string>, IScheduler, IObservable<string>>[]
        {
            (o, s) => o.Delay(TimeSpan.Zero, s), (o, s) => o.ObserveOn(s), (o, s) => o.Throttle(TimeSpan.Zero, s),
        })
        {
            Compare(
                clock => Consume(clock, new TickSource<string>(clock, OnNext(210, "a"), OnNext(400, "b")).Through(o => query(o, clock)), 200),
                onTestScheduler: "211:a",
                onVirtualClock: "210:a");
        }
    }

    [Test]
    public void TwoHops_TwoTicks() => Compare(
        clock => Consume(
            clock, new TickSource<string>(clock, OnNext(210, "a"), OnNext(400, "b")).Through(o => o.ObserveOn(clock).ObserveOn(clock)), 200),
        onTestScheduler: "212:a",
        onVirtualClock: "210:a");

    [Test]
    public void AGeneratorOnTheScheduler_TakesATickPerItem() => Compare(
        clock => Consume(clock, Observable.Range(1, 4, clock).Buffered(8), 200, 250, 260),
        onTestScheduler: "201:1 250:2 260:3",
        onVirtualClock: "200:1 250:2 260:3");

    [Test]
    public void Conflate_BehindAGeneratorOnTheScheduler_HasLessToMerge() => Compare(
        clock => Consume(clock, Observable.Range(1, 4, clock).Select(i => i.ToString()).Conflate(), 200, 202, 300),
        // Where each item takes a tick there is one to take at 202, not three.
        onTestScheduler: "201:1 202:2 300:34",
        onVirtualClock: "200:1 202:234 300:|");

    [Test]
    public void RenderOn_DrawsOneItemPerTick() => Compare(
        clock => Render(clock, Ready(clock, "abc")),
        onTestScheduler: "1:a 2:b 3:c",
        onVirtualClock: "0:a 0:b 0:c");

    [Test]
    public void RenderOn_DrawsATickAfterTheItem() => Compare(
        clock => Render(clock, new TickSource<string>(clock, OnNext(210, "a"), OnNext(220, "b"), OnCompleted<string>(230))),
        onTestScheduler: "211:a 221:b",
        onVirtualClock: "210:a 220:b");

    [Test]
    public void RenderOn_BehindConflate_KeepsUpWithATokenPerTickOnlyWhereDrawingTakesNoTime() => Compare(
        clock => Render(clock, OnePerTick(clock, "abcdef", from: 210).Conflate()),
        onTestScheduler: "211:a 212:b 213:c 214:d 215:e 216:f",
        onVirtualClock: "210:a 211:b 212:c 213:d 214:e 215:f");

    [Test]
    public void ARequestScheduledFromInsideOnNext_CostsATickPerItem() => Compare(
        clock =>
        {
            var demand = new Demand();
            var source = Ready(clock, "abc");
            clock.ScheduleAbsolute(200, () => demand.Request(1));
            return Observe(clock, source.OnDemand(demand).Do(_ => clock.Schedule(() => demand.Request(1))));
        },
        onTestScheduler: "200:a 201:b 202:c 203:|",
        onVirtualClock: "200:a 200:b 200:c 200:|");

    private static string Render(VirtualTimeScheduler<long, long> clock, IAsyncEnumerable<string> stream)
    {
        var drawn = new List<string>();
        var rendering = stream.RenderOnAsync(clock, x => drawn.Add($"{clock.Clock}:{x}"));
        clock.Start();
        Assert.That(rendering.IsCompletedSuccessfully, Is.True);
        return string.Join(' ', drawn);
    }

    // The other side of it: on a VirtualClock, what repeats without a pause never lets time pass

    [Test]
    public void APeriodOfZero_AdvancesATestScheduler_AndNeedsAnEndOnAVirtualClock()
    {
        var scheduler = new TestScheduler();
        var ticks = new List<long>();
        using (Repeat(scheduler, () => ticks.Add(scheduler.Clock)))
            scheduler.AdvanceTo(5);
        Assert.That(ticks, Is.EqualTo(new[] { 1, 2, 3, 4, 5 }));

        var clock = new VirtualClock();
        var repeating = new SerialDisposable();
        var times = 0;
        repeating.Disposable = Repeat(clock, () =>
        {
            if (++times == 1000)
                repeating.Dispose();
        });
        clock.AdvanceTo(5);
        Assert.That(times, Is.EqualTo(1000), "without the end AdvanceTo would not return");
    }

    private static IDisposable Repeat(IScheduler scheduler, Action action) => scheduler.Schedule(self =>
    {
        action();
        self();
    });

    // Ties

    [Test]
    public void AtTheTickOfTheSubscription_AHotMarbleIsMissed_AndAPullItemIsNot()
    {
        var scheduler = new TestScheduler();
        var hot = scheduler.CreateHotObservable(OnNext(200, "a"), OnNext(210, "b"));
        var pull = new TickSource<string>(scheduler, OnNext(200, "a"), OnNext(210, "b"));
        var result = scheduler.Start(() => hot.Select(x => "hot " + x).Merge(pull.AsObservable().Select(x => "pull " + x)));

        // The hot marbles are scheduled where they are created, before Start has scheduled the subscription.
        result.Messages.AssertEqual(OnNext(200, "pull a"), OnNext(210, "hot b"), OnNext(210, "pull b"));
    }

    [Test]
    public void AtTheTickOfTheDisposal_AHotMarbleStillArrives_AndAPullItemNoMore()
    {
        var scheduler = new TestScheduler();
        var hot = scheduler.CreateHotObservable(OnNext(1000, "a"));
        var pull = new TickSource<string>(scheduler, OnNext(1000, "a"));
        var result = scheduler.Start(() => hot.Select(x => "hot " + x).Merge(pull.AsObservable().Select(x => "pull " + x)));

        result.Messages.AssertEqual(OnNext(1000, "hot a"));
        Assert.That(pull.Cancellations, Is.EqualTo(new[] { 1000 }));
    }

    [Test]
    public void ARequestAtTheTickOfAMarble_ComesFirstOnlyIfItWasScheduledFirst()
    {
        foreach (var requestFirst in new[] { true, false })
        {
            var scheduler = new TestScheduler();
            IObservable<string> source = null!;
            var consumer = new TickConsumer<string>(scheduler, Observable.Defer(() => source).KeepLatest());
            if (requestFirst)
                consumer.AskAt(210);
            source = scheduler.CreateHotObservable(OnNext(210, "a"), OnNext(220, "b"));
            if (!requestFirst)
                consumer.AskAt(210);
            scheduler.Start();

            Assert.That(consumer.ToString(), Is.EqualTo(requestFirst ? "210:a" : "220:b"));
        }
    }

    // What holds for every VirtualTimeScheduler, and is easily got wrong

    [Test]
    public void AdvanceTo_ThePresent_DoesNothing_EvenForWorkDueNow()
    {
        foreach (var clock in Both)
        {
            clock.AdvanceTo(200);
            var ran = false;
            clock.Schedule(() => ran = true);

            clock.AdvanceTo(200);
            Assert.That(ran, Is.False);
            clock.AdvanceTo(201);
            Assert.That(ran, Is.True);
        }

        var own = new VirtualClock();
        var hasRun = false;
        own.Schedule(() => hasRun = true);
        own.AdvanceToFrame(0);
        Assert.That(hasRun, Is.True, "VirtualClock's own AdvanceToFrame runs it");
    }

    [Test]
    public void AdvanceTo_RunsWhatIsDueThen_AndLeavesTheClockThere_WhileStartLeavesItAtTheLastWork()
    {
        foreach (var clock in Both)
        {
            var ran = 0;
            clock.ScheduleAbsolute(200, () => ran++);
            clock.ScheduleAbsolute(300, () => ran++);

            clock.AdvanceTo(200);
            Assert.That((ran, clock.Clock), Is.EqualTo((1, 200L)));
            clock.AdvanceTo(250);
            Assert.That((ran, clock.Clock), Is.EqualTo((1, 250L)));
            Assert.That(() => clock.AdvanceTo(249), Throws.TypeOf<ArgumentOutOfRangeException>());
            clock.Start();
            Assert.That((ran, clock.Clock), Is.EqualTo((2, 300L)));
            clock.Start();
            Assert.That(clock.Clock, Is.EqualTo(300), "nothing to do, no time passes");
        }
    }

    [Test]
    public void FromInsideTheRun_StartDoesNothing_AndAdvanceToThrows()
    {
        foreach (var clock in Both)
        {
            var log = new List<string>();
            clock.ScheduleAbsolute(200, () =>
            {
                clock.Start();
                log.Add($"{clock.Clock}");
                Assert.That(clock.IsEnabled, Is.True);
                Assert.That(() => clock.AdvanceTo(250), Throws.InvalidOperationException);
            });
            clock.ScheduleAbsolute(220, () => log.Add("220"));
            clock.Start();

            Assert.That(log, Is.EqualTo(new[] { "200", "220" }));
        }
    }

    [Test]
    public void AThrowOutOfTheRun_LeavesItEnabled_SoThatStartDoesNothingUntilStop()
    {
        var clock = Throwing(new TestScheduler());
        clock.Start();
        Assert.That((clock.IsEnabled, clock.Clock), Is.EqualTo((true, 200L)));
        Assert.That(() => clock.AdvanceTo(300), Throws.InvalidOperationException);

        clock.Stop();
        clock.Start();
        Assert.That(clock.Clock, Is.EqualTo(210));
    }

    [Test]
    public void AThrowOutOfTheRun_LeavesAVirtualClockReadyToGoOn()
    {
        var clock = Throwing(new VirtualClock());
        Assert.That((clock.IsEnabled, clock.Clock), Is.EqualTo((false, 200L)));

        clock.Start();
        Assert.That(clock.Clock, Is.EqualTo(210));
    }

    private static VirtualTimeScheduler<long, long> Throwing(VirtualTimeScheduler<long, long> clock)
    {
        clock.ScheduleAbsolute(200, () => throw new InvalidDataException());
        clock.ScheduleAbsolute(210, () => { });
        Assert.That(clock.Start, Throws.TypeOf<InvalidDataException>());
        return clock;
    }

    [Test]
    public void Stop_FromInsideTheRun_EndsItAfterThisWork_AndStartGoesOn()
    {
        foreach (var clock in Both)
        {
            var ran = 0;
            clock.ScheduleAbsolute(200, () =>
            {
                ran++;
                clock.Stop();
            });
            clock.ScheduleAbsolute(200, () => ran++);

            clock.Start();
            Assert.That(ran, Is.EqualTo(1));
            clock.Start();
            Assert.That(ran, Is.EqualTo(2));
        }
    }

    [Test]
    public void AdvanceTo_StoppedFromInside_StillMovesTheClockToItsTarget_AndTheRestIsLate()
    {
        foreach (var clock in Both)
        {
            var log = new List<long>();
            clock.ScheduleAbsolute(200, () =>
            {
                log.Add(clock.Clock);
                clock.Stop();
            });
            clock.ScheduleAbsolute(210, () => log.Add(clock.Clock));

            clock.AdvanceTo(300);
            Assert.That(clock.Clock, Is.EqualTo(300));
            clock.Start();
            Assert.That(log, Is.EqualTo(new long[] { 200, 300 }));
        }
    }

    [Test]
    public void Sleep_MovesTheClockWithoutRunning_AndWhatIsOverdueRunsAtTheNewTime()
    {
        foreach (var clock in Both)
        {
            var log = new List<long>();
            clock.ScheduleAbsolute(200, () => log.Add(clock.Clock));
            clock.Sleep(300);
            Assert.That((log.Count, clock.Clock), Is.EqualTo((0, 300L)));

            clock.Start();
            Assert.That(log, Is.EqualTo(new long[] { 300 }), "it was scheduled in time: no tick is added, on either");
        }
    }

    [Test]
    public void UnderASynchronizationContext_WhatFollowsAnAwait_RunsInTheRunOfAVirtualClock_AndIsPostedByATestScheduler()
    {
        var context = new Collecting();
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            foreach (var clock in Both)
            {
                context.Posts.Clear();
                var consumer = Run(clock);
                var inTheRun = consumer.ToString();
                context.Posts.ForEach(post => post());

                Assert.That((inTheRun, consumer.ToString()), Is.EqualTo(clock is VirtualClock ? ("210:a", "210:a") : ("", "1000:a")));
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }

        static TickConsumer<string> Run(VirtualTimeScheduler<long, long> clock)
        {
            var source = new TickSource<string>(clock, OnNext(210, "a"), OnNext(2000, "b"));
            var consumer = new TickConsumer<string>(clock, source.Through(o => o)).AskAt(200);
            clock.AdvanceTo(1000);
            return consumer;
        }
    }

    private sealed class Collecting : SynchronizationContext
    {
        public List<Action> Posts { get; } = [];

        public override void Post(SendOrPostCallback callback, object? state) => Posts.Add(() => callback(state));
    }

    [Test]
    public void StartOfAPullStream_EndsAt1000_ByDisposingIt()
    {
        var scheduler = new TestScheduler();
        var source = new TickSource<string>(scheduler, OnNext(210, "a"));
        var result = scheduler.Start(() => source.Through(o => o.Sample(Tick * 100, scheduler)).AsObservable());

        // Without the disposal the timer of Sample would go on for ever, and Start with it.
        result.Messages.AssertEqual(OnNext(300, "a"));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 1000 }));
        Assert.That(scheduler.Clock, Is.EqualTo(1000));
    }

    [Test]
    public void TheUnitIsATickOf100Nanoseconds_AndTimeBeginsAtTheYear1_OrAt2000()
    {
        foreach (var clock in Both)
        {
            var beginning = clock is VirtualClock ? VirtualClock.Epoch : DateTimeOffset.MinValue;
            Assert.That(clock.Now, Is.EqualTo(beginning));
            clock.AdvanceBy(TimeSpan.FromMilliseconds(1).Ticks);
            Assert.That(clock.Clock, Is.EqualTo(10_000));
            Assert.That(clock.Now - beginning, Is.EqualTo(TimeSpan.FromMilliseconds(1)));
        }
    }
}
