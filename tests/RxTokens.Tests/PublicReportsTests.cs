using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Where bridges between pull and push go wrong today, with the public report of each.</summary>
public class PublicReportsTests
{
    // System.Linq.Async: ToObservable reads an endless synchronous source on for ever after Take(5).
    [Test]
    public void Take5_OfAnEndlessSynchronousSource_Reads5AndDisposes()
    {
        var source = new ReadySource<int>(i => i);
        source.AsObservable().Take(5).Subscribe(_ => { }, () => source.Log.Add("completed"));

        Assert.That(source.Reads, Is.EqualTo(5));
        Assert.That(source.Disposals, Is.EqualTo(1));
        Assert.That(source.IsCancelled, Is.False, "no read is pending, and the clean-up may take its time");
        // Rx's own Take completes its observer before it lets go of what is upstream; inside Through the order is ours.
        Assert.That(source.Log, Is.EqualTo(new[] { "completed", "disposed" }));
    }

    [Test]
    public async Task ThroughTake5_OfAnEndlessSynchronousSource_Reads5ThenDisposesThenCompletes()
    {
        var source = new ReadySource<int>(i => i);
        var items = await source.Through(o => o.Take(5)).Drain();
        source.Log.Add("completed");

        Assert.That(items, Is.EqualTo(new[] { 0, 1, 2, 3, 4 }));
        Assert.That(source.Reads, Is.EqualTo(5));
        Assert.That(source.Log, Is.EqualTo(new[] { "disposed", "completed" }));
    }

    // dotnet/reactive#1677: a throw from GetAsyncEnumerator ends the process.
    [TestCase("GetAsyncEnumerator", 0)]
    [TestCase("MoveNextAsync", 1)]
    [TestCase("Current", 1)]
    [TestCase("DisposeAsync", 1)]
    public void AThrow_FromAnyCall_ArrivesAsAFailureOnce(string where, int disposals)
    {
        var failure = new InvalidDataException(where);

        var source = new ThrowingSource(where, failure);
        var recorder = new VirtualClock().Record<string>();
        source.AsObservable().Subscribe(recorder);
        Assert.That(recorder.Received[^1].Notification.Exception, Is.SameAs(failure));
        Assert.That(recorder.Violations, Is.Empty);
        Assert.That(source.Disposals, Is.EqualTo(disposals));

        foreach (var pull in Pipelines.All.Where(p => p.IsAlone))
        {
            source = new ThrowingSource(where, failure);
            Assert.That(() => pull.Over(source).Drain(), Throws.Exception.SameAs(failure), pull.Name);
            Assert.That(source.Disposals, Is.EqualTo(disposals), pull.Name);
        }
    }

    [Test]
    public void GetAsyncEnumerator_ThatReturnsNull_IsAFailureThatNamesTheSource()
    {
        foreach (var pull in Pipelines.All.Where(p => p.IsAlone))
            Assert.That(
                () => pull.Over(new ThrowingSource("null", new InvalidDataException())).Drain(),
                Throws.InvalidOperationException.With.Message.Contains(nameof(ThrowingSource)), pull.Name);
    }

    // dotnet/reactive#2212: disposing while MoveNextAsync is pending is a NotSupportedException from every compiler-made iterator.
    [Test]
    public void Dispose_DuringAPull_CancelsAwaitsThePullAndDisposesOnce()
    {
        var clock = new VirtualClock();
        var source = clock.Pull(Marbles.Of("a----b|"));
        var recorder = clock.Record<string>();
        var subscription = source.AsObservable().Subscribe(recorder);
        clock.At(3, subscription.Dispose);
        clock.Start();

        Assert.That(Marbles.Show(recorder.Received), Is.EqualTo("0:a"));
        Assert.That(source.Cancellations, Is.EqualTo(new[] { 3 }));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 3 }));
        Assert.That(source.Violations, Is.Empty);
    }

    [Test]
    public void Dispose_DuringAPullOfACompilerMadeIterator_RunsItsFinally()
    {
        var clock = new VirtualClock();
        var log = new List<string>();
        var subscription = Waiting(clock, log).AsObservable().Subscribe(_ => { }, e => log.Add(e.ToString()));
        clock.At(3, subscription.Dispose);
        clock.Start();

        Assert.That(log, Is.EqualTo(new[] { "cancelled at 3", "finally at 3" }));
    }

    private static async IAsyncEnumerable<int> Waiting(
        VirtualClock clock, List<string> log, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            yield return 1;
            try
            {
                await clock.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                log.Add($"cancelled at {clock.Frame}");
                throw;
            }

            yield return 2;
        }
        finally
        {
            log.Add($"finally at {clock.Frame}");
        }
    }

    // dotnet/reactive#1157, #968, #1726: cancelling an enumeration over an observable never ends, or is a NullReferenceException.
    [Test]
    public void Cancel_OfAnEnumerationOverAnObservable_EndsAtOnce()
    {
        foreach (var push in Pipelines.OverPush)
        {
            var clock = new VirtualClock();
            var source = clock.Hot(Marbles.Of("-a------b|"));
            using var cancellation = new CancellationTokenSource();
            var consumer = clock.Consume(push.Over(source), cancellation.Token).AskAt(0, 2);
            clock.At(4, cancellation.Cancel);
            clock.Start();

            Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:a 4:#OperationCanceledException"), push.Name);
            Assert.That(source.Subscriptions, Is.EqualTo(new[] { new SubscriptionFrames(0, 4) }), push.Name);
        }
    }

    // Cysharp/R3#361: after a break, or a throw in the body, the source is read for ever.
    [Test]
    public async Task Break_InsideAwaitForeach_UnsubscribesOnce([Values] bool throws)
    {
        foreach (var push in Pipelines.OverPush)
        {
            using var subject = new ReplaySubject<string>();
            subject.OnNext("a");
            var unsubscriptions = 0;
            try
            {
                await foreach (var item in push.Over(subject.Finally(() => unsubscriptions++)))
                {
                    Assert.That(item, Is.EqualTo("a"), push.Name);
                    if (throws)
                        throw new FormatException();
                    break;
                }
            }
            catch (FormatException) when (throws)
            {
            }

            Assert.That(unsubscriptions, Is.EqualTo(1), push.Name);
            Assert.That(subject.HasObservers, Is.False, push.Name);
        }
    }

    // dotnet/reactive#1144: many synchronous items overflowed the stack of old versions.
    [Test]
    [Category(Categories.Long)]
    public void TenMillionSynchronousItems_UseConstantStack()
    {
        const int count = 10_000_000;
        long sum = 0;

        new ReadySource<int>(i => i, count).AsObservable().Subscribe(i => sum += i);
        Assert.That(sum, Is.EqualTo((long)count * (count - 1) / 2));
    }

    [Test]
    [Category(Categories.Long)]
    public void TenMillionSynchronousItems_EachOnNextRequestingTheNext_UseConstantStack()
    {
        const int count = 10_000_000;
        long sum = 0;
        var demand = new Demand();

        new ReadySource<int>(i => i, count).OnDemand(demand).Subscribe(i =>
        {
            sum += i;
            demand.Request(1);
        });
        demand.Request(1);
        Assert.That(sum, Is.EqualTo((long)count * (count - 1) / 2));
    }

    [Test]
    [Category(Categories.Long)]
    public async Task AMillionSynchronousItems_ThroughEveryOperator_UseConstantStack()
    {
        const int count = 1_000_000;
        foreach (var pull in Pipelines.All)
        {
            var length = 0;
            var source = new ReadySource<string>(_ => "a", count);
            await foreach (var text in pull.Over(source))
                length += text.Length;
            Assert.That(pull.IsLossless ? length : count, Is.EqualTo(count), pull.Name);
            Assert.That(source.Disposals, Is.EqualTo(1), pull.Name);
        }
    }

    // R3 reads on: 5.1 million items in 300 ms, from a source that ignores its token and is left during a pull.
    [Test]
    public void ASourceThatIgnoresItsToken_LeftDuringAPull_IsNotPulledAgainAndDisposedWhenThePullReturns()
    {
        var clock = new VirtualClock();
        var source = IgnoringItsToken(clock);
        var recorder = clock.Record<string>();
        var subscription = source.AsObservable().Subscribe(recorder);
        clock.At(2, subscription.Dispose);
        clock.Start();
        Assert.That(Marbles.Show(recorder.Received), Is.EqualTo("0:a"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 0 }));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 5 }));
        Assert.That(source.Violations, Is.Empty);

        foreach (var pull in Pipelines.All.Where(p => p.IsPatient))
        {
            clock = new VirtualClock();
            source = IgnoringItsToken(clock);
            var consumer = clock.Consume(pull.Over(source)).AskAt(0, 1);
            long left = 0;
            clock.At(2, async () =>
            {
                await consumer.Leave();
                left = clock.Frame;
            });
            clock.Start();

            Assert.That(source.Reads, Has.Count.EqualTo(2), pull.Name);
            Assert.That(source.Disposals, Is.EqualTo(new[] { 5 }), pull.Name);
            Assert.That(left, Is.EqualTo(5), pull.Name);
            Assert.That(source.Violations, Is.Empty, pull.Name);
        }
    }

    private static PullProbe<string> IgnoringItsToken(VirtualClock clock) =>
        new(clock, Marbles.Of("a----bcdef")) { IgnoresCancellation = true };

    // dotnet/reactive#19: 2,000,000 tokens in memory for 1,164 rendered.
    [Test]
    public void ASlowConsumer_HoldsNoMoreThanTheDocumentedBound()
    {
        foreach (var pull in Pipelines.All.Where(p => p.ReadAhead is not null))
        {
            var clock = new VirtualClock();
            var read = 0;
            var taken = 0;
            var most = 0;
            var source = new ReadySource<string>(_ =>
            {
                most = Math.Max(most, ++read - taken);
                return "a";
            }, 10_000);
            var stream = pull.Over(source);
            var done = ConsumeSlowly();
            clock.Start();

            Assert.That(done.IsCompletedSuccessfully, Is.True, pull.Name);
            Assert.That(taken, Is.EqualTo(10_000), pull.Name);
            // One was asked for; the rest was read ahead.
            Assert.That(most - 1, Is.EqualTo(pull.ReadAhead), pull.Name);

            async Task ConsumeSlowly()
            {
                await foreach (var text in stream)
                {
                    taken += text.Length;
                    await clock.Delay(TimeSpan.FromMilliseconds(16));
                }
            }
        }
    }

    [Test]
    public void AnOnNextThatThrows_OnASynchronousItem_DisposesTheSourceThenSurfacesFromSubscribe()
    {
        var source = new ReadySource<int>(i => i);
        Assert.That(
            () => source.AsObservable().Subscribe(i =>
            {
                if (i == 3)
                    throw new FormatException("broken observer");
            }),
            Throws.TypeOf<FormatException>());
        Assert.That(source.Reads, Is.EqualTo(4));
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [Test]
    public void AnOnNextThatThrows_OnALaterItem_DisposesTheSourceThenSurfacesWhereItWasCalled()
    {
        var clock = new VirtualClock();
        var source = clock.Pull(Marbles.Of("a--b--c|"));
        source.AsObservable().Subscribe(item =>
        {
            if (item == "b")
                throw new FormatException("broken observer");
        });

        // As with Rx's own timers: the call that ran the clock sees it.
        Assert.That(clock.Start, Throws.TypeOf<FormatException>());
        Assert.That(source.Reads, Has.Count.EqualTo(2));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 3 }));
    }

    [Test]
    public void AnOnNextThatThrows_AndADisposalThatFails_SurfaceTogether()
    {
        var clock = new VirtualClock();
        var broken = new FormatException("broken observer");
        var source = new PullProbe<string>(clock, Marbles.Of("a|")) { DisposalFailure = Marbles.Failure, DisposalFrames = 4 };
        source.AsObservable().Subscribe(_ => throw broken);

        Assert.That(clock.Start, Throws.TypeOf<AggregateException>()
            .With.Property(nameof(AggregateException.InnerExceptions)).EqualTo(new[] { broken, Marbles.Failure }));
        Assert.That(clock.Frame, Is.EqualTo(4));
    }
}
