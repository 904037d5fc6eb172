using System.Reactive.Linq;
using NUnit.Framework;
using RxTokens.Extensions;

namespace RxTokens.Tests;

public class StreamProbeTests
{
    [Test]
    public async Task StepByStep_OnAClockAlone()
    {
        var clock = new VirtualClock();
        var source = clock.Hot("-a--bc--d---|");
        await using var probe = clock.Probe(source.Throttle(2.Milliseconds(), clock));

        Assert.That(await probe.Next(), Is.EqualTo("a"));
        Assert.That(clock.Frame, Is.EqualTo(3));
        await probe.NoEvent(3.Milliseconds());
        Assert.That(clock.Frame, Is.EqualTo(6));
        Assert.That(await probe.Next(), Is.EqualTo("c"));
        Assert.That(await probe.Next(), Is.EqualTo("d"));
        await probe.Completed();
        Assert.That(clock.Frame, Is.EqualTo(12));
    }

    [Test]
    public async Task APullStream_IsReadWhenAStepAsks()
    {
        var clock = new VirtualClock();
        var source = clock.Pull("ab----c#");
        await using (var probe = clock.Probe(source))
        {
            Assert.That(source.Reads, Is.Empty);
            Assert.That(await probe.Next(), Is.EqualTo("a"));
            clock.AdvanceBy(3.Milliseconds());
            Assert.That(await probe.Next(), Is.EqualTo("b"));
            Assert.That(source.Reads, Is.EqualTo(new[] { 0, 3 }));
            await probe.NoEvent(2.Milliseconds());
            Assert.That(await probe.Next(), Is.EqualTo("c"));
            Assert.That(source.Reads, Is.EqualTo(new[] { 0, 3, 3 }), "what was asked for while nothing came is the next");
            Assert.That(await probe.Failed(), Is.TypeOf<MarbleException>());
        }

        Assert.That(source.Disposals, Is.EqualTo(new[] { 7 }));
    }

    [Test]
    public Task InAMarbleTest_WithItsHotSources() => MarbleTest.RunAsync(async m =>
    {
        var probe = m.Probe(m.Hot("--a|"));
        await probe.NoEvent(1.Milliseconds());
        Assert.That(await probe.Next(), Is.EqualTo("a"));
        await probe.Completed();
    });

    [Test]
    public async Task SoManyItems_OfAnyValue()
    {
        var clock = new VirtualClock();
        await using var probe = clock.Probe(clock.Pull("-ab-c|"), name: "p");
        Assert.That(await probe.Next(3), Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(clock.Frame, Is.EqualTo(4));
        Assert.That(() => probe.Next(0), Throws.TypeOf<ArgumentOutOfRangeException>());
        await probe.Completed();
    }

    [Test]
    public void FewerItems_Fail()
    {
        var clock = new VirtualClock();
        Fails(() => clock.Probe(clock.Cold("ab|"), name: "p").Next(3), "Probe \"p\" at frame 2 (2 ms): expected item 3 of 3, got OnCompleted\n  so far  ab|");
    }

    [Test]
    public async Task AnObservableUnderDemand_IsAskedWhenAStepAsks()
    {
        var clock = new VirtualClock();
        var source = clock.Pull("abc|");
        await using var probe = clock.Probe(requests => source.OnDemand(requests));
        clock.AdvanceToFrame(5);
        Assert.That(source.Reads, Is.Empty);
        Assert.That(await probe.Next(), Is.EqualTo("a"));
        clock.AdvanceToFrame(8);
        Assert.That(source.Reads, Is.EqualTo(new[] { 5 }));
        Assert.That(await probe.Next(2), Is.EqualTo(new[] { "b", "c" }));
        await probe.Completed();
    }

    [Test]
    public Task ATestThatAsks_AsksAlone() => MarbleTest.RunAsync(async m =>
    {
        var source = m.Cold("abcd|");
        var probe = m.Probe(requests => source.UnderDemand(requests));
        probe.Request(2);
        Assert.That(await probe.Next(2), Is.EqualTo(new[] { "a", "b" }));
        await probe.NoEvent(10.Milliseconds());
        probe.Request(1);
        Assert.That((await probe.Next(), m.Frame), Is.EqualTo(("c", 11)));
        await probe.NoEvent(1.Milliseconds());
        probe.Request(long.MaxValue);
        Assert.That(await probe.Next(), Is.EqualTo("d"));
        await probe.Completed();
    });

    [Test]
    public async Task ATestThatAsks_OfAPullStream()
    {
        var clock = new VirtualClock();
        var source = clock.Pull("abcd|");
        await using var probe = clock.Probe(source);
        probe.Request(2);
        clock.AdvanceToFrame(5);
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 0 }).Or.EqualTo(new[] { 0, 1 }));
        Assert.That(await probe.Next(2), Is.EqualTo(new[] { "a", "b" }));
        await probe.NoEvent(5.Milliseconds());
        Assert.That(source.Reads, Has.Count.EqualTo(2));
        probe.Request(3);
        Assert.That(await probe.Next(2), Is.EqualTo(new[] { "c", "d" }));
        await probe.Completed();
    }

    [Test]
    public void ATestThatDoesNotAskForMore_IsTold()
    {
        var clock = new VirtualClock();
        var probe = clock.Probe(clock.Pull("ab|"), name: "p");
        probe.Request(1);
        probe.Next();
        Fails(
            () => probe.Next(),
            "Probe \"p\" at frame 0 (0 ms): expected an item, but nothing came, and nothing is left to do in virtual time. All that was asked for has come: Request more\n  so far  a");
    }

    [Test]
    public void WhatTheTestDidNotAskFor_Fails()
    {
        var clock = new VirtualClock();
        var source = clock.Cold("abc|");
        var probe = clock.Probe(requests => source.UnderDemand(requests, DemandPolicy.Ignore), name: "p");
        probe.Request(1);
        probe.Next();
        clock.AdvanceToFrame(1);
        Fails(
            () => probe.DisposeAsync().AsTask(),
            "Probe \"p\" at frame 1 (1 ms): OnNext(b) is item 2, and 1 had been asked for\n  so far  ab");
    }

    [Test]
    public void ARequest_ThatCannotBe_IsRefused()
    {
        var clock = new VirtualClock();
        var probe = clock.Probe(clock.Pull("a|"), name: "p");
        Assert.That(() => probe.Request(0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => clock.Probe(clock.Cold("a|"), name: "p").Request(1),
            Throws.InvalidOperationException.With.Message.EqualTo("'p' is an observable that takes no requests. Make the probe of a function of them: Probe(requests => stream.OnDemand(requests))."));
        probe.Leave();
        Assert.That(() => probe.Request(1), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Leftovers_FailAndNameThemselves()
    {
        var clock = new VirtualClock();
        var debounced = clock.Cold("-a-b|");
        var probe = clock.Probe(debounced);
        clock.AdvanceToFrame(3);
        Fails(
            () => probe.DisposeAsync().AsTask(),
            """
            Probe "debounced" at frame 1 (1 ms): nobody asked about OnNext(a) at frame 1, OnNext(b) at frame 3. Take it, or say Leave()
              so far  -a-b
            """);
        Assert.That(() => probe.DisposeAsync().AsTask(), Throws.Nothing, "once is enough");
        Assert.That(async () => await probe.Next(), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Leftovers_FailAMarbleTest() => Assert.That(
        Failing.Message(m =>
        {
            var probe = m.Probe(m.Cold("[ab]|"), name: "twins");
            probe.Next();
        }),
        Does.StartWith("Probe \"twins\" at frame 0 (0 ms): nobody asked about OnNext(b) at frame 0"));

    [Test]
    public async Task Leave_HasNoInterestInTheRest()
    {
        var clock = new VirtualClock();
        var source = clock.Cold("-a-b|");
        await using var probe = clock.Probe(source);
        clock.AdvanceToFrame(3);
        await probe.Leave();
        Assert.That(source.Subscriptions, Is.EqualTo(new[] { new SubscriptionFrames(0, 3) }));
    }

    [Test]
    public void AnotherThingThanExpected_Fails()
    {
        var clock = new VirtualClock();
        Fails(() => clock.Probe(clock.Cold("-a|"), name: "p").Completed(), "Probe \"p\" at frame 1 (1 ms): expected the completion, got OnNext(a)\n  so far  -a");
        clock = new VirtualClock();
        Fails(() => clock.Probe(clock.Cold("-a|"), name: "p").Failed(), "Probe \"p\" at frame 1 (1 ms): expected a failure, got OnNext(a)\n  so far  -a");
        clock = new VirtualClock();
        Fails(() => clock.Probe(clock.Cold("-|"), name: "p").Next(), "Probe \"p\" at frame 1 (1 ms): expected an item, got OnCompleted\n  so far  -|");
        clock = new VirtualClock();
        Fails(
            () => clock.Probe(clock.Cold("-#"), name: "p").Next(),
            "Probe \"p\" at frame 1 (1 ms): expected an item, got OnError(MarbleException(\"#\"))\n  so far  -#");
        clock = new VirtualClock();
        Fails(
            () => clock.Probe(clock.Cold("-----a"), name: "p").NoEvent(9.Milliseconds()),
            "Probe \"p\" at frame 5 (5 ms): expected nothing for 9ms, got OnNext(a)\n  so far  -----a");
    }

    [Test]
    public void NothingComesAnyMore_Fails()
    {
        var clock = new VirtualClock();
        var probe = clock.Probe(clock.Cold("-a"), name: "p");
        probe.Next();
        Fails(
            () => probe.Next(),
            "Probe \"p\" at frame 1 (1 ms): expected an item, but nothing came, and nothing is left to do in virtual time\n  so far  -a");
        Assert.That(() => probe.DisposeAsync().AsTask(), Throws.Nothing, "the failure has been told");
    }

    [Test]
    public async Task PastTheEnd_Fails()
    {
        var clock = new VirtualClock();
        var probe = clock.Probe(clock.Pull("a|"), name: "p");
        await probe.Next();
        await probe.Completed();
        Fails(
            () => probe.Next(),
            "Probe \"p\" at frame 1 (1 ms): expected an item, but the stream has ended: OnCompleted at frame 1\n  so far  a|");
    }

    [Test]
    public async Task NoEvent_AfterWhatHasCome_Fails()
    {
        var clock = new VirtualClock();
        var probe = clock.Probe(clock.Cold("[ab]"), name: "p");
        await probe.Next();
        Fails(() => probe.NoEvent(TimeSpan.Zero), "Probe \"p\" at frame 0 (0 ms): expected nothing for 0ms, got OnNext(b)\n  so far  [ab]");
        Assert.That(() => probe.NoEvent(TimeSpan.FromTicks(-1)), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void ASignalOnAnotherThread_IsToldAsSuch() => Assert.That(
        Failing.Message(m => m.Probe(
            Observable.Create<string>(observer =>
            {
                var thread = new Thread(() => observer.OnNext("a"));
                thread.Start();
                thread.Join();
                return System.Reactive.Disposables.Disposable.Empty;
            }),
            name: "p")),
        Does.StartWith("Probe \"p\" at frame 0 (0 ms): 0:a came on another thread"));

    [Test]
    public void Arguments_ThatAreWrong_AreRefused()
    {
        var clock = new VirtualClock();
        Assert.That(() => clock.Probe((IObservable<int>)null!), Throws.ArgumentNullException);
        Assert.That(() => clock.Probe((IAsyncEnumerable<int>)null!), Throws.ArgumentNullException);
        Assert.That(() => clock.Probe((Func<IObservable<long>, IObservable<int>>)null!), Throws.ArgumentNullException);
        Assert.That(() => VirtualTimeExtensions.Probe(null!, Observable.Never<int>()), Throws.ArgumentNullException);
    }

    private static void Fails(Func<Task> step, string message) =>
        Assert.That(async () => await step(), Throws.TypeOf<MarbleAssertionException>().With.Message.EqualTo(message));
}
