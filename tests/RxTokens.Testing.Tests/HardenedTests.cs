using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Threading.Channels;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What once passed and should have failed, failed and should have passed, or ended the process.</summary>
public class HardenedTests
{
    private static readonly MarbleOptions Patient = new() { MaxRealWait = TimeSpan.FromSeconds(20) };

    // Nothing is looked away from

    [Test]
    public void AfterFlush_ExpectationsStillHold()
    {
        Assert.That(
            Failing.Message(m =>
            {
                var subject = new Subject<string>();
                m.Expect(subject, name: "subject").ToBe("-a");
                m.At(1, () => subject.OnNext("a"));
                m.Flush();
                subject.OnNext("unexpected");
            }),
            Does.Contain("\"subject\"").And.Contain("OnNext(unexpected) was not expected"));
        Assert.That(
            Failing.Message(m =>
            {
                var source = m.Pull("-a");
                m.ExpectPulls(source).ToBe();
                m.Flush();
                source.GetAsyncEnumerator();
            }),
            Does.Contain("GetAsyncEnumerator was not expected"));
    }

    [Test]
    public void AfterTheTest_NothingCanBeDeclared()
    {
        MarbleTest late = null!;
        MarbleTest.Run(m => late = m);
        foreach (var call in new Action[] { () => late.Cold("-a|"), () => late.Hot("a"), () => late.Pull("a"), () => late.At(1, () => { }), () => late.Expect(Observable.Never<int>()) })
            Assert.That(call, Throws.InvalidOperationException.With.Message.Contains("over"));
    }

    [Test]
    public void WhatIsDeclaredDuringTheRun_HappensOnAForeignClockToo()
    {
        foreach (var clock in new Func<System.Reactive.Concurrency.VirtualTimeScheduler<long, long>>[] { () => new VirtualClock(), () => new HistoricalTicks() })
        {
            Assert.That(
                () => MarbleTest.Run(m => m.At(1, () => m.At(3, () => throw new InvalidDataException("seen"))), new MarbleOptions { Clock = clock() }),
                Throws.TypeOf<InvalidDataException>());
            Assert.That(
                () => MarbleTest.Run(m => m.At(1, () => m.Expect(m.Hot("---a|")).ToBe("--")), new MarbleOptions { Clock = clock() }),
                Throws.TypeOf<MarbleAssertionException>());
        }
    }

    [Test]
    public void WhatIsDeclaredLate_KeepsTheOrderOfItsFrame() => MarbleTest.RunAsync(async m =>
    {
        var hot = m.Hot("--------a");
        await m.Delay(2);
        m.Expect(hot, "--^-----!").ToBe("---------");
    });

    [Test]
    public void AHotSourceMadeLate_DoesNotRepeatItsPast() => MarbleTest.Run(m =>
    {
        var seen = new List<string>();
        m.At(5, () => m.Hot("-a-b-----c").Subscribe(x => seen.Add($"{m.Frame}{x}")));
        m.Flush();
        Assert.That(seen, Is.EqualTo(new[] { "9c" }));
    });

    [Test]
    public void AnAsyncTestGivenToRun_DoesNotCompile()
    {
        foreach (var name in new[] { nameof(MarbleTest.Run), nameof(MarbleTest.Explore) })
        {
            var trap = typeof(MarbleTest).GetMethods().Single(x => x.Name == name && x.GetParameters()[0].ParameterType == typeof(Func<MarbleTest, Task>));
            Assert.That(trap.GetCustomAttributes(typeof(ObsoleteAttribute), false).Cast<ObsoleteAttribute>().Single().IsError);
        }
    }

    [Test]
    public void AtWithAnAwait_IsWaitedFor()
    {
        var log = new List<string>();
        MarbleTest.Run(m => m.At(1, async () =>
        {
            await m.Delay(3);
            log.Add($"{m.Frame}");
        }));
        Assert.That(log, Is.EqualTo(new[] { "4" }));
        Assert.That(
            () => MarbleTest.Run(m => m.At(1, async () =>
            {
                await m.Delay(1);
                throw new InvalidDataException("seen");
            })),
            Throws.TypeOf<InvalidDataException>());
        Assert.That(Failing.Message(m => m.At(1, () => new TaskCompletionSource().Task)), Does.Contain("has not come to its end"));
        Assert.That(() => MarbleTest.Run(m => m.At(1, (Func<Task>)null!)), Throws.ArgumentNullException);
    }

    [Test]
    public void RunAsync_FailsAtOnce_AlsoIfNobodyAwaitsIt()
    {
        Assert.That(() => { _ = MarbleTest.RunAsync(async m => { m.Expect(m.Cold("-a|")).ToBe("-b|"); await m.Delay(1); }); }, Throws.TypeOf<MarbleAssertionException>());
        Assert.That(() => { _ = MarbleTest.RunAsync(_ => null!); }, Throws.InvalidOperationException.With.Message.Contains("null"));
    }

    // What broke the rules unseen

    [Test]
    public void ASignalAfterLeaving_IsAViolation()
    {
        var mismatches = Failing.Run(m => m.Expect(
            new Unprotected<string>(observer =>
            {
                m.At(5, () => observer.OnNext("a"));
                return System.Reactive.Disposables.Disposable.Empty;
            }),
            "^-!").ToBe("-")).Mismatches;
        Assert.That(mismatches.Single().Message, Is.EqualTo("5:a came after it had been left"));
    }

    [Test]
    public void AFailureInsteadOfACancellation_IsTold()
    {
        var mismatches = Failing.Run(m => m.Expect(FailsWhenCancelled(m), "*-!").ToBe("a")).Mismatches;
        Assert.That(mismatches.Single().Message, Does.Contain("InvalidDataException(\"real bug\")").And.Contain("had been left"));

        static async IAsyncEnumerable<string> FailsWhenCancelled(
            MarbleTest m, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return "a";
            var cancelled = new TaskCompletionSource();
            cancellationToken.Register(cancelled.SetResult);
            await cancelled.Task;
            throw new InvalidDataException("real bug");
        }
    }

    [Test]
    public void ADisposalThatFailsLater_FailsTheProbe()
    {
        var clock = new VirtualClock();
        var source = new PullProbe<string>(clock, Marble.Parse("a-b|")) { DisposalFailure = new InvalidDataException("disk full"), DisposalFrames = 2 };
        var probe = clock.Probe(source);
        probe.Next();
        Assert.That(async () => await probe.DisposeAsync(), Throws.TypeOf<MarbleAssertionException>().With.Message.Contains("disk full"));
    }

    // Awaiting what the clock does not drive

    [Test]
    public void AwaitsOnThePool_ComeBackToTheClock() => MarbleTest.RunAsync(
        async m =>
        {
            var thread = Environment.CurrentManagedThreadId;
            await Task.Run(() => Thread.Sleep(20));
            Assert.That(Environment.CurrentManagedThreadId, Is.EqualTo(thread));
            var reached = new TaskCompletionSource();
            m.At(3, reached.SetResult);
            await reached.Task;
            Assert.That(m.Frame, Is.EqualTo(3));
            var probe = m.Probe(m.Cold("-a-b|"));
            Assert.That((await probe.Next(), m.Frame), Is.EqualTo(("a", 4)));
            await probe.Leave();
        },
        Patient);

    [Test]
    public void AsynchronousContinuations_AreContinuedInTheirInstant() => MarbleTest.RunAsync(
        async m =>
        {
            var elsewhere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            m.At(2, elsewhere.SetResult);
            m.At(9, () => { });
            await elsewhere.Task;
            Assert.That(m.Frame, Is.EqualTo(2));

            using var semaphore = new SemaphoreSlim(0);
            m.At(4, () => semaphore.Release());
            await semaphore.WaitAsync();
            Assert.That(m.Frame, Is.EqualTo(4));

            await Task.Yield();
            Assert.That(m.Frame, Is.EqualTo(4));
        },
        Patient);

    [Test]
    public void ALoopOfYields_ComesUpForAir() => MarbleTest.RunAsync(async m =>
    {
        for (var i = 0; i < 20_000; i++)
            await Task.Yield();
        Assert.That(m.Frame, Is.Zero);
    });

    [Test]
    public void LinqsAsyncOperators_StayOnTheClock() => MarbleTest.RunAsync(async m =>
    {
        var seen = new List<string>();
        await foreach (var x in m.Pull("-a-b|").Where(x => x != "z").Select(x => x + x))
            seen.Add($"{m.Frame}{x}");
        Assert.That(seen, Is.EqualTo(new[] { "1aa", "3bb" }));
    });

    [Test]
    public void AChannelWithSynchronousContinuations_StaysOnTheClock() => MarbleTest.RunAsync(async m =>
    {
        var channel = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { AllowSynchronousContinuations = true });
        m.At(1, () => channel.Writer.TryWrite("a"));
        m.At(3, () => channel.Writer.TryWrite("b"));
        m.At(4, () => channel.Writer.Complete());
        var seen = new List<string>();
        await foreach (var x in channel.Reader.ReadAllAsync())
            seen.Add($"{m.Frame}{x}");
        Assert.That(seen, Is.EqualTo(new[] { "1a", "3b" }));
    });

    // Without end

    [Test]
    public void AnIteratorWithoutEnd_AfterAnAwait_FailsAtTheLimit()
    {
        Assert.That(Failing.Message(m => m.Expect(Forever(m)).ToBe("-1"), new MarbleOptions { MaxActions = 1000 }), Does.Contain("1,000 requests"));

        static async IAsyncEnumerable<int> Forever(MarbleTest m)
        {
            await m.Delay(1);
            while (true)
                yield return 1;
        }
    }

    [Test]
    public void APushStreamWithoutEnd_FailsAtTheLimit()
    {
        var options = new MarbleOptions { MaxActions = 1000 };
        Assert.That(Failing.Message(m => m.Expect(m.Hot("-a|").Repeat()).ToBe("-a"), options), Does.Contain("'source' was subscribed 1,000 times"));
        Assert.That(Failing.Message(m => m.Expect(m.Cold("#").Retry()).ToBe("-"), options), Does.Contain("1,000"));
        Assert.That(Failing.Message(m => m.Expect(Observable.Repeat(1)).ToBe("-1"), options), Does.Contain("1,000 items"));
        Assert.That(Failing.Message(m => m.Hot("-#").Retry().Subscribe(), options), Does.Contain("subscribed 1,000 times"));
    }

    [Test]
    public void ALimitInAStep_PrintsTheDiagramToo() => Assert.That(
        Failing.Message(
            m =>
            {
                m.Cold("-a|", name: "shown").Subscribe();
                m.Probe(Observable.Interval(m.Time("-|"), m.Clock).Where(_ => false)).Next();
            },
            new MarbleOptions { MaxActions = 100 }),
        Does.Contain("MaxActions").And.Contain("shown"));

    [Test]
    public void TheEndOfTime_NeverComes() => MarbleTest.Run(m =>
    {
        m.Expect(m.Cold("-a|").Timeout(TimeSpan.MaxValue, m.Clock)).ToBe("-a|");
        m.Expect(m.Cold("-a|").SelectMany(_ => Observable.Timer(TimeSpan.MaxValue, m.Clock))).ToBe("-");
        var clock = new VirtualClock();
        clock.AdvanceToFrame(1);
        Assert.That(clock.Delay(TimeSpan.MaxValue).IsCompleted, Is.False);
        Assert.That(() => clock.AdvanceToFrame(long.MaxValue / 100), Throws.TypeOf<OverflowException>());
    });

    // Probes and consumers

    [Test]
    public void WorkDeclaredInsideAStep_IsRun() => MarbleTest.Run(m =>
    {
        var subject = new Subject<string>();
        m.At(1, () => m.At(2, () => subject.OnNext("x")));
        var probe = m.Probe(subject);
        Assert.That(probe.Next().Result, Is.EqualTo("x"));
    });

    [Test]
    public async Task AProbe_StopsAForeignClockForItsOwnStepsOnly()
    {
        var clock = new HistoricalTicks();
        var probe = clock.Probe(clock.Cold("-a-b-c"));
        Assert.That(await probe.Next(), Is.EqualTo("a"));
        Assert.That(clock.Clock, Is.EqualTo(10_000));
        clock.Start();
        Assert.That(clock.Clock, Is.EqualTo(50_000));
        Assert.That(await probe.Next() + await probe.Next(), Is.EqualTo("bc"));
        await probe.NoEvent(TimeSpan.Zero);
        await probe.DisposeAsync();
    }

    [Test]
    public void RunAsync_OnAForeignClock() => MarbleTest.RunAsync(
        async m =>
        {
            m.Expect(m.Pull("-a-b|")).ToBe("-a-b|");
            await m.Delay(2);
            Assert.That(m.Frame, Is.EqualTo(2));
            await Task.Run(() => { });
            await m.Delay(5);
        },
        Patient with { Clock = new HistoricalTicks() });

    [Test]
    public async Task APullProbe_SaysItsEndAgain_AndForgetsTheToken()
    {
        var clock = new VirtualClock();
        using var cancellation = new CancellationTokenSource();
        var source = clock.Pull("a|");
        var enumerator = source.GetAsyncEnumerator(cancellation.Token);
        clock.AdvanceToFrame(5);
        Assert.That((await enumerator.MoveNextAsync(), await enumerator.MoveNextAsync(), await enumerator.MoveNextAsync()), Is.EqualTo((true, false, false)));
        await enumerator.DisposeAsync();
        await cancellation.CancelAsync();
        Assert.That(source.Cancellations, Is.Empty);
    }

    [Test]
    public void AConsumer_NeverAsksTwiceAtATime()
    {
        var clock = new VirtualClock();
        var source = clock.Pull("----a-b|");
        var consumer = clock.Consume(source).AskAt(0, 1, 2);
        clock.Start();
        Assert.That(consumer.Received.Select(x => x.ToString()), Is.EqualTo(new[] { "4:a", "6:b", "7:|" }));
        Assert.That(source.Violations, Is.Empty);
    }

    // Options

    [Test]
    public void AClockOfOnesOwn_BringsItsFrames_AndIsLeftAsItWas()
    {
        var clock = new VirtualClock(TimeSpan.FromMilliseconds(10));
        MarbleTest.Run(m => m.Expect(m.Cold("-a|").Delay(TimeSpan.FromMilliseconds(20), m.Clock)).ToBe("---a|"), new MarbleOptions { Clock = clock, Seed = 5 });

        var log = "";
        foreach (var letter in "abcdefgh")
            clock.At(clock.Frame + 1, () => log += letter);
        clock.Start();
        Assert.That(log, Is.EqualTo("abcdefgh"));
        Assert.That(() => MarbleTest.Run(_ => { }, new MarbleOptions { MaxRealWait = TimeSpan.FromSeconds(-5) }), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("MaxRealWait"));
    }

    private sealed class Unprotected<T>(Func<IObserver<T>, IDisposable> subscribe) : IObservable<T>
    {
        public IDisposable Subscribe(IObserver<T> observer) => subscribe(observer);
    }
}
