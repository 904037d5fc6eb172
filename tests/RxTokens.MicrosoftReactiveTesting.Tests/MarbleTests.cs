using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Microsoft.Reactive.Testing;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>The marble functions and recorders of RxTokens.Testing on Microsoft's TestScheduler.</summary>
public class MarbleTests
{
    private static void Run(Action<MarbleTest> test, TimeSpan? frameSize = null) =>
        MarbleTest.Run(test, new MarbleOptions { Clock = new TestScheduler(), FrameSize = frameSize ?? TimeSpan.FromMilliseconds(1) });

    // MarbleTest

    [Test]
    public void TheClock_IsTheTestScheduler() => Run(m =>
    {
        Assert.That(m.Clock, Is.TypeOf<TestScheduler>());
        m.At(3, () => Assert.That(m.Frame, Is.EqualTo(3)));
    });

    [Test]
    public void HotAndCold_WithExpectationsOfValuesAndSubscriptions() => Run(m =>
    {
        var hot = m.Hot("-a-^-b---c|");
        var cold = m.Cold("a-b|");
        m.Expect(hot).ToBe("--b---c|");
        m.Expect(hot, "---^").ToBe("------c|");
        m.Expect(cold.Concat(cold)).ToBe("a-ba-b|");
        m.Expect(hot.Delay(m.Time("--|"), m.Clock)).ToBe("----b---c|");
        m.ExpectSubscriptions(cold).ToBe("^--!", "---^--!");
    });

    [Test]
    public void APullSource_WithADemandRow_AndTheReadsItSees() => Run(m =>
    {
        var source = m.Pull("abcdef|");
        m.Expect(source.Through(o => o.Buffer(2).Select(b => string.Concat(b))), demand: "1   ---1   ---1   -1")
            .ToBe("                                                                       -{ab}--{cd}---{ef}-|");
        m.ExpectPulls(source).ToBe("                                                                   [^2]---2   ---2   -[1!]");
    });

    [Test]
    public void AStreamUnderDemand() => Run(m =>
    {
        var source = m.Pull("-a--b--c--d--|");
        m.Expect(requests => source.OnDemand(requests), demand: "2-------1---*").ToBe("-a--b---c---d|");
        m.ExpectPulls(source).ToBe("[^1]1------1---2!");
    });

    [Test]
    public void ATimeQueryInThrough_OnItsClock() => Run(m =>
    {
        var source = m.Pull("a-b-c-d-e-f-g|");
        m.Expect(source.Through(o => o.Sample(m.Time("-----|"), m.Clock)), demand: "1-----------1--------!").ToBe("-----c------d");
        m.ExpectPulls(source).ToBe("                                                                            [^2]-1-1----------------!");
    });

    [Test]
    public void BoundariesOverPullAndPush() => Run(m =>
    {
        m.Expect(m.Pull("a-b-c-d|").Conflate(), demand: "1----1---11").ToBe("a----{bc}---d|");
        m.Expect(m.Hot("-a-b-c-d|").KeepLatest(), demand: "1-----1--11").ToBe("-a----c--d|");
        m.Expect(m.Hot("-abcdef|").Buffered(2), demand: "1---------111").ToBe("-a--------bc#", error: typeof(BackpressureException));
    });

    [Test]
    public void LeavingDuringARead_IsACancellationAndADisposal() => Run(m =>
    {
        var source = m.Pull("a----b|");
        m.Expect(source.Through(o => o), demand: "2--!").ToBe("a");
        m.ExpectPulls(source).ToBe("[^2]--[x!]");
    });

    [Test]
    public void AFailingExpectation_IsAnAlignedDiagram()
    {
        var failure = Assert.Throws<MarbleAssertionException>(() => Run(m =>
        {
            var tokens = m.Pull("a-b-c|", name: "tokens");
            m.Expect(tokens.Through(o => o), demand: "3", name: "stream").ToBe("a-b---c");
        }));
        Assert.That(failure!.Message, Is.EqualTo(
            """
            Marble mismatch in "stream" at frame 4 (4 ms): OnNext(c) arrived 2 frames early
              frame     0
              tokens    a   -b-c|       pull
              pulls     [^2]-1
              requests  3
              expected  a   -b---c
              actual    a   -b-c--
                               ^ got OnNext(c), expected it at frame 6
              to accept the actual result:  a-b-c--
            """));
    }

    [Test]
    public Task AnAsynchronousTest_IsContinuedByTheScheduler() => MarbleTest.RunAsync(
        async m =>
        {
            var seen = new List<string>();
            await foreach (var text in m.Pull("a-b--c|").Conflate())
            {
                seen.Add($"{m.Frame}:{text}");
                await m.Delay(4);
            }

            Assert.That(seen, Is.EqualTo(new[] { "0:a", "4:b", "8:c" }));
        },
        new MarbleOptions { Clock = new TestScheduler() });

    [Test]
    public void OrdersOfAnInstant_AreTheSchedulersOwnAffair()
    {
        Assert.That(
            () => MarbleTest.Run(_ => { }, new MarbleOptions { Clock = new TestScheduler(), Seed = 1 }),
            Throws.ArgumentException.With.Message.Contains("TestScheduler"));
        Assert.That(
            () => MarbleTest.Explore(_ => { }, options: new MarbleOptions { Clock = new TestScheduler() }),
            Throws.ArgumentException);
    }

    // A frame of many ticks hides that work due now runs at Clock + 1; a frame of one tick shows it.

    [Test]
    public void WorkDueNow_StaysInItsFrame_WhereAFrameIsAMillisecond() => Run(m =>
        m.Expect(m.Cold("-a-b|").ObserveOn(m.Clock).SelectMany(x => Observable.Return(x, m.Clock))).ToBe("-a-b|"));

    [Test]
    public void ATickTooEarly_IsItsFrameToo([Values(1, 100)] long ticks) => Run(m =>
    {
        // An absolute time, so that what the subscription has been pushed off by does not make up for it.
        var due = m.Clock.Now + TimeSpan.FromTicks((3 * TimeSpan.TicksPerMillisecond) - ticks);
        m.Expect(Observable.Timer(due, m.Clock).Select(_ => "x")).ToBe("---[x|]");
        m.At(3, () => Assert.That(m.Frame, Is.EqualTo(3)));
    });

    [Test]
    public void MoreThanAHundredTicksTooEarly_AreNot() => Run(m =>
    {
        var due = m.Clock.Now + TimeSpan.FromTicks((3 * TimeSpan.TicksPerMillisecond) - 101);
        m.Expect(Observable.Timer(due, m.Clock).Select(_ => "x")).ToBe("2.9899ms [x|]");
    });

    [Test]
    public void WorkDueNow_ArrivesAFrameLater_WhereAFrameIsATick()
    {
        const string source = "--a---b|";

        // The subscription at 0 is a frame late, and what ObserveOn passes on is another.
        Run(m => m.Expect(m.Cold(source).ObserveOn(m.Clock)).ToBe("----a---b|"), TimeSpan.FromTicks(1));
        MarbleTest.Run(m => m.Expect(m.Cold(source).ObserveOn(m.Clock)).ToBe(source), new MarbleOptions { FrameSize = TimeSpan.FromTicks(1) });
    }

    // Sources and recorders without a MarbleTest

    [Test]
    public void SourcesAndRecorders_OnAScheduler()
    {
        var scheduler = new TestScheduler();
        var pull = scheduler.Pull("-a-b|");
        var hot = scheduler.Hot("--x-|");
        var consumer = scheduler.Consume(pull.Through(o => o)).AskAt(0, 2, 4, 6);
        var recorder = scheduler.Record<string>();
        hot.Subscribe(recorder);
        scheduler.Start();

        Assert.That(string.Join(' ', consumer.Received), Is.EqualTo("1:a 3:b 4:| 6:|"));
        Assert.That(string.Join(' ', recorder.Received), Is.EqualTo("2:x 4:|"));
        Assert.That(pull.Reads, Is.EqualTo(new[] { 0, 2, 4 }));
        Assert.That((pull.Disposals.Count, pull.Violations.Count, recorder.Violations.Count), Is.EqualTo((1, 0, 0)));
    }

    [Test]
    public async Task AProbe_TakesAPushStreamStepByStep()
    {
        var scheduler = new TestScheduler();
        await using var probe = scheduler.Probe(scheduler.Hot("-a-b------c|").Throttle(TimeSpan.FromMilliseconds(3), scheduler));

        await probe.NoEvent(TimeSpan.FromMilliseconds(5));
        Assert.That(await probe.Next(), Is.EqualTo("b"));
        Assert.That(await probe.Next(), Is.EqualTo("c"));
        await probe.Completed();
    }

    [Test]
    public async Task AProbe_TakesAPullStreamStepByStep()
    {
        var scheduler = new TestScheduler();
        var source = scheduler.Pull("a--b--c|");
        await using var probe = scheduler.Probe(source.Through(o => o.Select(x => x.ToUpperInvariant())));

        Assert.That(await probe.Next(), Is.EqualTo("A"));
        await probe.NoEvent(TimeSpan.FromMilliseconds(2));
        Assert.That(await probe.Next(), Is.EqualTo("B"));
        Assert.That(await probe.Next(), Is.EqualTo("C"));
        await probe.Completed();
        Assert.That(source.Reads, Has.Count.EqualTo(4));
    }
}
