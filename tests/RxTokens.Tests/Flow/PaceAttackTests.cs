using System.Reactive.Concurrency;
using System.Threading.RateLimiting;
using NUnit.Framework;
using RxTokens.Tests.Issues;

namespace RxTokens.Tests;

/// <summary>Limiters, clocks, costs, sources and consumers that do what they should not.</summary>
public class PaceAttackTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private VirtualClock _clock = null!;
    private CancellationTokenSource _cancellation = null!;

    [SetUp]
    public void SetUp() => (_clock, _cancellation) = (new VirtualClock(), new CancellationTokenSource());

    [TearDown]
    public void TearDown() => _cancellation.Dispose();

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private static Func<string, int>? Cost(bool has) => has ? _ => 1 : null;

    // Limiters that answer badly

    [Test]
    public void ALimiterThatAnswersWithoutALease_FailsTheStream_AndIsNamed([Values] bool hasCost)
    {
        var limiter = new ScriptedLimiter { Makes = () => null };
        var source = Pull("[ab|]");
        var consumer = _clock.Consume(source.Pace(limiter, Cost(hasCost))).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#InvalidOperationException 1:|"));
        Assert.That(consumer.Received[0].Notification.Exception!.Message, Does.Contain(nameof(ScriptedLimiter)));
        Assert.That(source.Disposals.Count, Is.EqualTo(source.Enumerations.Count));
    }

    [TestCase("IsAcquired", "InvalidDataException")]
    [TestCase("its metadata", "InvalidDataException")]
    [TestCase("the type of its metadata", "InvalidCastException")]
    public void ALeaseThatThrowsWhenItIsLookedAt_FailsTheStream_AndIsGivenBack(string what, string expected)
    {
        var limiter = new ScriptedLimiter
        {
            Makes = () => new ScriptedLimiter.Lease
            {
                IsGranted = () => what == "IsAcquired" ? throw Marbles.Failure : false,
                Metadata = _ => what == "its metadata" ? throw Marbles.Failure : 7.0,
            },
        };
        var consumer = _clock.Consume(Pull("[ab|]").Pace(limiter)).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo($"0:#{expected} 1:|"));
        Assert.That(limiter.Disposals, Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public void AnAnswerThatCannotBeUsed_AndComesLate_FailsTheStreamToo([Values] bool isNone)
    {
        var limiter = new ScriptedLimiter { Waits = _ => true, Makes = () => isNone ? null : new() { IsGranted = () => throw Marbles.Failure } };
        var consumer = _clock.Consume(Pull("[ab|]").Pace(limiter)).AskAt(0);
        _clock.At(3, limiter.Grant);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo($"3:#{(isNone ? "InvalidOperationException" : "InvalidDataException")}"));
    }

    [Test]
    public void ALimiterThatFailsLate_FailsTheStream([Values] bool hasCost)
    {
        var limiter = new ScriptedLimiter { Waits = _ => true };
        var source = Pull("[ab|]");
        var consumer = _clock.Consume(source.Pace(limiter, Cost(hasCost))).AskAt(0);
        _clock.At(3, () => limiter.Refuse(Marbles.Failure));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("3:#InvalidDataException"));
        Assert.That(source.Disposals.Count, Is.EqualTo(hasCost ? 1 : 0));
    }

    [Test]
    public void AnArgumentThatIsNotTheirNumber_IsNotSaidToBe()
    {
        var odd = new ArgumentOutOfRangeException("dueTime");
        var consumer = _clock.Consume(Pull("[ab|]").Pace(new ScriptedLimiter { Fails = odd })).AskAt(0);
        _clock.Start();

        Assert.That(consumer.Received[0].Notification.Exception, Is.SameAs(odd));
    }

    [Test]
    public async Task ALimiterThatIsDisposed_FailsThoseWhoWait_AndThoseWhoCome()
    {
        var limiter = new ConcurrencyLimiter(new() { PermitLimit = 1, QueueLimit = 9 });
        await using var first = new ReadySource<int>(i => i).Pace(limiter).GetAsyncEnumerator();
        await using var second = new ReadySource<int>(i => i).Pace(limiter).GetAsyncEnumerator();
        Assert.That(await first.MoveNextAsync(), Is.True);
        var seconds = second.MoveNextAsync().AsTask();
        await limiter.DisposeAsync();

        Assert.That(() => seconds.WaitAsync(Long), Throws.InvalidOperationException.With.Message.StartsWith("A permit was refused"));
        Assert.That(() => first.MoveNextAsync().AsTask().WaitAsync(Long), Throws.TypeOf<ObjectDisposedException>());
    }

    // Leases

    [Test]
    public void ALeaseWhoseDisposalThrows_FailsTheStream_WhenTheConsumerComesBack([Values] bool hasCost)
    {
        var limiter = new ScriptedLimiter { Makes = () => new() { OnDisposed = () => throw Marbles.Failure } };
        var source = new ReadySource<string>(_ => "a");
        var consumer = _clock.Consume(source.Pace(limiter, Cost(hasCost))).AskAt(0, 1, 2);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#InvalidDataException 2:|"));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((1, 1)));
        Assert.That(limiter.Disposals, Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public void ALeaseWhoseDisposalThrows_IsToldWhoLeaves()
    {
        var limiter = new ScriptedLimiter { Makes = () => new() { OnDisposed = () => throw Marbles.Failure } };
        var source = Pull("[ab|]");
        var consumer = _clock.Consume(source.Pace(limiter)).AskAt(0);
        _clock.Start();

        Assert.That(() => consumer.Leave(), Throws.Exception.SameAs(Marbles.Failure));
        FlowAssert.Clean(source, 0);
    }

    [Test]
    public void ALeaseWhoseDisposalThrows_AtTheEnd_IsToldBehindTheSourcesFailure([Values] bool fails)
    {
        var thrown = new IOException("the lease");
        var limiter = new ScriptedLimiter { Makes = () => new() { OnDisposed = () => throw thrown } };
        var consumer = _clock.Consume(Pull(fails ? "#" : "|").Pace(limiter)).AskAt(0);
        _clock.Start();

        var told = consumer.Received.Single().Notification.Exception!;
        if (fails)
            Assert.That(((AggregateException)told).InnerExceptions, Is.EqualTo(new[] { Marbles.Failure, thrown }));
        else
            Assert.That(told, Is.SameAs(thrown));
    }

    [TestCase("left")]
    [TestCase("cancelled during the read")]
    [TestCase("ended")]
    [TestCase("failed")]
    public void ALeaseIsGivenBack_BeforeTheSourceCleansUp(string how)
    {
        var returns = new List<long>();
        var limiter = new ScriptedLimiter { Makes = () => new() { OnDisposed = () => returns.Add(_clock.Frame) } };
        var source = Pull(how switch { "ended" => "a-|", "failed" => "a-#", _ => "a-----b|" });
        source.DisposalFrames = 5;
        var consumer = _clock.Consume(source.Pace(limiter), _cancellation.Token).AskAt(0);
        Task? leaving = null;
        if (how == "left")
            _clock.At(2, () => leaving = consumer.Leave());
        else
            _ = consumer.AskAt(1);
        if (how.StartsWith("cancelled", StringComparison.Ordinal))
            _clock.At(2, _cancellation.Cancel);
        _clock.AdvanceToFrame(2);

        Assert.That(returns[^1], Is.EqualTo(2), "others need not wait for the clean-up");
        FlowAssert.Clean(source, 2);
        _clock.Start();
        Assert.That(limiter.Disposals, Is.All.EqualTo(1));
        Assert.That((leaving?.IsCompletedSuccessfully ?? consumer.HasEnded, _clock.Frame), Is.EqualTo((true, 7L)));
    }

    [Test]
    public void LeasesAcquired_AreLeasesDisposed_WhateverEndsTheStream(
        [Values("left", "cancelled", "ended", "failed", "limiter fails")] string how, [Values] bool hasCost, [Values] bool isDeaf, [Values] bool answersLate, [Range(0, 8)] int frame)
    {
        using var counters = new Counters();
        var given = 0;
        var source = Pull(how == "ended" ? "a-b--c|" : how == "failed" ? "a-b--#" : "a-b--c-d-e-f|");
        source.IgnoresCancellation = isDeaf;
        var limiter = new ScriptedLimiter { Waits = _ => answersLate };
        limiter.OnAsked = _ =>
        {
            if (answersLate)
                _clock.At(_clock.Frame + 1, limiter.Grant);
        };
        var consumer = FlowAssert.All(_clock, source.Counted(() => given++).Pace(limiter, Cost(hasCost)), _cancellation.Token);
        _clock.At(frame, () =>
        {
            if (how == "left")
                _ = consumer.Leave();
            else if (how == "cancelled")
                _cancellation.Cancel();
            else if (how == "limiter fails")
                limiter.Fails = Marbles.Failure;
        });
        _clock.Start();

        Assert.That(limiter.Disposals, Is.All.EqualTo(1));
        Assert.That(consumer.HasEnded, Is.True);
        Assert.That(consumer.Items.Count + counters.Dropped, Is.EqualTo(given), "told, or dropped and counted");
        Assert.That(source.Disposals, Has.Count.EqualTo(source.Enumerations.Count));
        Assert.That(source.Violations, Is.Empty);
    }

    // Costs

    [TestCase("throws")]
    [TestCase("is negative")]
    [TestCase("is too much")]
    [TestCase("is refused")]
    public void AnItemThatCannotBePaidFor_IsCounted(string cost)
    {
        using var counters = new Counters();
        var limiter = new ScriptedLimiter
        {
            Makes = () => new() { IsGranted = () => cost != "is refused" },
            Fails = cost == "is too much" ? new ArgumentOutOfRangeException("permitCount", int.MaxValue, "that is a lot") : null,
        };
        var source = Pull("[ab|]");
        var consumer = _clock.Consume(source.Pace(limiter, _ => cost == "throws" ? throw Marbles.Failure : cost == "is negative" ? -1 : int.MaxValue)).AskAt(0, 1);
        _clock.Start();

        Assert.That(consumer.Received.Select(m => m.Notification.Kind), Is.EqualTo(new[] { System.Reactive.NotificationKind.OnError, System.Reactive.NotificationKind.OnCompleted }));
        Assert.That(counters.Dropped, Is.EqualTo(1));
        Assert.That(source.Reads, Has.Count.EqualTo(1));
        FlowAssert.Clean(source, 0);
    }

    [TestCase("a cost", "left")]
    [TestCase("a cost", "cancelled")]
    [TestCase("a cost of nothing", "left")]
    [TestCase("a cost of nothing", "cancelled")]
    [TestCase("a request", "left")]
    [TestCase("a request", "cancelled")]
    [TestCase("a request that waits", "left")]
    [TestCase("a request that waits", "cancelled")]
    [TestCase("giving back", "left")]
    [TestCase("giving back", "cancelled")]
    public void EndedFromInside(string where, string how)
    {
        var isOver = false;
        Task? leaving = null;
        PullConsumer<string> consumer = null!;
        void End()
        {
            if (isOver)
                return;
            isOver = true;
            if (how == "left")
                leaving = consumer.Leave();
            else
                _cancellation.Cancel();
        }

        var limiter = new ScriptedLimiter
        {
            Makes = () => new() { OnDisposed = () => { if (where == "giving back") End(); } },
            Waits = _ => where == "a request that waits",
            OnAsked = _ => { if (where.StartsWith("a request", StringComparison.Ordinal)) End(); },
        };
        var source = Pull("[abc|]");
        consumer = _clock.Consume(
            source.Pace(limiter, where.StartsWith("a cost", StringComparison.Ordinal) ? _ => { End(); return where == "a cost" ? 1 : 0; } : null), _cancellation.Token).AskAt(0, 1);
        _clock.Start();

        Assert.That((isOver, consumer.HasEnded), Is.EqualTo((true, true)));
        if (how == "left")
            Assert.That(leaving!.IsCompletedSuccessfully, Is.True);
        else
            Assert.That(((OperationCanceledException)consumer.Received.First(r => r.Notification.Exception is not null).Notification.Exception!).CancellationToken, Is.EqualTo(_cancellation.Token));
        Assert.That(limiter.Disposals, Is.All.EqualTo(1));
        Assert.That(source.Disposals, Has.Count.EqualTo(source.Enumerations.Count));
        Assert.That(source.Violations, Is.Empty);
    }

    [Test]
    public void AskedForTheNext_FromInsideACost_OrALimiter_IsRefused_AndFailsTheStream([Values] bool hasCost)
    {
        IAsyncEnumerator<string> reading = null!;
        var source = Pull("[ab|]");
        var limiter = new ScriptedLimiter { OnAsked = token => { if (!hasCost) _ = reading.MoveNextAsync(); } };
        reading = source.Pace(limiter, hasCost ? _ => reading.MoveNextAsync().IsCompleted ? 1 : 2 : null).GetAsyncEnumerator();

        Assert.That(() => reading.MoveNextAsync().AsTask(), Throws.InvalidOperationException.With.Message.Contains("called again"));
        Assert.That(reading.MoveNextAsync().Result, Is.False);
        Assert.That(source.Violations, Is.Empty);
    }

    // Answers that come late, elsewhere, or never

    [TestCase("left")]
    [TestCase("cancelled")]
    public void ALimiterThatIgnoresItsToken_IsAwaited_AndItsLeaseGivenBack(string how)
    {
        var limiter = new ScriptedLimiter { Waits = _ => true, IgnoresCancellation = true };
        var source = Pull("[ab|]");
        var consumer = _clock.Consume(source.Pace(limiter), _cancellation.Token).AskAt(0);
        _clock.AdvanceToFrame(3);
        var leaving = how == "left" ? consumer.Leave() : null;
        _cancellation.Cancel();
        Assert.That((leaving?.IsCompleted ?? consumer.HasEnded, limiter.Leases.Count), Is.EqualTo((false, 0)));

        limiter.Grant();
        Assert.That((leaving?.IsCompletedSuccessfully ?? true, consumer.HasEnded), Is.EqualTo((true, true)));
        Assert.That(limiter.Disposals, Is.EqualTo(new[] { 1 }));
        Assert.That(source.Enumerations, Is.Empty);
    }

    [Test]
    public void ALimiterThatIgnoresItsToken_IsLeftBehindByDetach()
    {
        var limiter = new ScriptedLimiter { Waits = _ => true, IgnoresCancellation = true };
        var dropped = new List<string>();
        var source = Pull("[ab|]");
        var consumer = _clock.Consume(source.Pace(limiter, _ => 1).Detach(dropped.Add)).AskAt(0);
        _clock.AdvanceToFrame(3);
        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
        Assert.That(limiter.Leases, Is.Empty);

        limiter.Grant();
        Assert.That(limiter.Disposals, Is.EqualTo(new[] { 1 }));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
    }

    [TestCase("left")]
    [TestCase("cancelled")]
    public void ALimiterThatFailsWhenItIsCancelled_IsToldWhoLeaves(string how)
    {
        var limiter = new ScriptedLimiter { Waits = _ => true, CancellationFailure = Marbles.Failure };
        var consumer = _clock.Consume(Pull("[ab|]").Pace(limiter), _cancellation.Token).AskAt(0);
        _clock.AdvanceToFrame(3);
        if (how == "cancelled")
        {
            _cancellation.Cancel();
            Assert.That(consumer.Received.Single().Notification.Exception, Is.InstanceOf<OperationCanceledException>());
        }

        Assert.That(() => consumer.Leave(), Throws.Exception.SameAs(Marbles.Failure));
    }

    [TestCase("left")]
    [TestCase("cancelled")]
    public async Task ALimiterThatBlocksItsThread_IsCancelled(string how)
    {
        using var isInside = new ManualResetEventSlim();
        var limiter = new ScriptedLimiter
        {
            OnAsked = token =>
            {
                isInside.Set();
                Assert.That(token.WaitHandle.WaitOne(Long), Is.True, "nobody has told it to stop");
            },
        };
        var source = new ReadySource<int>(i => i);
        var reading = source.Pace(limiter).GetAsyncEnumerator(_cancellation.Token);
        var asking = Task.Run(async () => await reading.MoveNextAsync());
        Assert.That(isInside.Wait(Long), Is.True);
        if (how == "cancelled")
            await _cancellation.CancelAsync();
        var leaving = how == "left" ? reading.DisposeAsync().AsTask() : Task.CompletedTask;

        if (how == "cancelled")
            Assert.That(() => asking.WaitAsync(Long), Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(_cancellation.Token));
        else
            await asking.WaitAsync(Long);
        await leaving.WaitAsync(Long);
        await reading.DisposeAsync();
        Assert.That(limiter.Disposals, Is.All.EqualTo(1));
        Assert.That(source.Disposals, Is.EqualTo(source.Reads == 0 ? 0 : 1));
    }

    [Test]
    public async Task AnAnswerFromAnotherThread_ResumesTheConsumerThere()
    {
        var limiter = new ScriptedLimiter { Waits = _ => true };
        var reading = new ReadySource<int>(i => i).Pace(limiter).GetAsyncEnumerator();
        var resumedOn = 0;
        var asking = AskAsync();
        var thread = new Thread(limiter.Grant);
        thread.Start();

        Assert.That(await asking.WaitAsync(Long), Is.True);
        Assert.That(resumedOn, Is.EqualTo(thread.ManagedThreadId));
        await reading.DisposeAsync();

        async Task<bool> AskAsync()
        {
            var hasItem = await reading.MoveNextAsync().ConfigureAwait(false);
            resumedOn = Environment.CurrentManagedThreadId;
            return hasItem;
        }
    }

    // Sources

    [Test]
    public void ASourceThatIsAlwaysReady_IsStopped_AndUsesNoStack()
    {
        var limiter = new ScriptedLimiter();
        var source = new ReadySource<int>(i => i);
        var taken = 0;
        var draining = DrainAsync();

        Assert.That(() => draining, Throws.InstanceOf<OperationCanceledException>());
        Assert.That((taken, source.Reads, source.Disposals), Is.EqualTo((100_000, 100_000, 1)));
        Assert.That(limiter.Disposals, Is.All.EqualTo(1));

        async Task DrainAsync()
        {
            await foreach (var _ in source.Pace(limiter).WithCancellation(_cancellation.Token))
            {
                if (++taken == 100_000)
                    await _cancellation.CancelAsync();
            }
        }
    }

    [Test]
    public void ASourceThatEndsQuietlyWhenItIsCancelled_IsNoEnd()
    {
        var limiter = new ScriptedLimiter();
        var consumer = _clock.Consume(Quiet(_clock).Pace(limiter), _cancellation.Token).AskAt(0);
        _clock.At(3, _cancellation.Cancel);
        _clock.AdvanceToFrame(5);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("3:#OperationCanceledException"));
        Assert.That(limiter.Disposals, Is.EqualTo(new[] { 1 }));

        static async IAsyncEnumerable<string> Quiet(VirtualClock clock, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token = default)
        {
            var isOver = new TaskCompletionSource();
            using var registration = token.Register(isOver.SetResult);
            await isOver.Task;
            yield break;
        }
    }

    [Test]
    public void ASourceWhoseCleanUpFails_IsTold_AndTheLeaseIsBack()
    {
        var limiter = new ScriptedLimiter();
        var source = Pull("[a|]");
        source.DisposalFailure = Marbles.Failure;
        var consumer = _clock.Consume(source.Pace(limiter)).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#InvalidDataException"));
        Assert.That(limiter.Disposals, Is.EqualTo(new[] { 1, 1 }));
    }

    [Test]
    public void AnItem_LivesUntilTheConsumerComesBack_AndWhileItWaitsForItsPermits()
    {
        var limiter = new ScriptedLimiter { Waits = number => number == 2 };
        var reading = new LeasingSource(Pull("[ab|]")).Pace(limiter, _ => 1).GetAsyncEnumerator(_cancellation.Token);
        Assert.That(reading.MoveNextAsync().Result, Is.True);
        var asking = reading.MoveNextAsync();
        Assert.That(asking.IsCompleted, Is.False);
        limiter.Grant();
        Assert.That((asking.Result, reading.Current.Name, reading.Current.IsAlive), Is.EqualTo((true, "b", true)));

        _cancellation.Cancel();
        Assert.That(reading.Current.IsAlive, Is.True, "the consumer is at work on it");
        Assert.That(() => reading.MoveNextAsync().AsTask(), Throws.InstanceOf<OperationCanceledException>());
    }

    // Others

    [TestCaseSource(typeof(OtherOperators), nameof(OtherOperators.All))]
    public void AroundAnother_AndInsideIt_EveryLeaseIsGivenBack(Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> other)
    {
        foreach (var isInside in new[] { true, false })
        {
            foreach (var leavesAt in new[] { 0, 1, 2, 3, 9 })
            {
                var limiter = new ScriptedLimiter { Waits = number => number == 2 };
                _clock = new VirtualClock();
                var source = Pull("a-bc-d|");
                var consumer = FlowAssert.All(_clock, isInside ? other(source.Pace(limiter)) : other(source).Pace(limiter), default);
                if (leavesAt < 9)
                    _clock.At(leavesAt, () => _ = consumer.Leave());
                else
                    _clock.At(6, limiter.Grant);
                _clock.Start();

                Assert.That(consumer.HasEnded, Is.True);
                if (leavesAt == 9)
                    Assert.That(string.Concat(consumer.Items), Is.EqualTo("abcd"));
                Assert.That(limiter.Disposals, Is.All.EqualTo(1));
                Assert.That((source.Disposals.Count, source.Violations.Count), Is.EqualTo((source.Enumerations.Count, 0)));
            }
        }
    }

    [Test]
    public void InEachOther_TheSlowerPaceCounts([Values] bool isInside)
    {
        var source = Pull("[abc|]");
        var consumer = FlowAssert.All(_clock, source.Pace(isInside ? 100 : 250, 1, _clock).Pace(isInside ? 250 : 100, 1, _clock), default);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 10:b 20:c 30:|"));
        FlowAssert.Clean(source, 30);
    }

    // The bucket, and its clock

    private List<long> TicksOf(int count, double rate, int burst, IScheduler? clock = null)
    {
        var ticks = new List<long>();
        _ = TakeAllAsync();
        _clock.Start();
        return ticks;

        async Task TakeAllAsync()
        {
            await foreach (var _ in new ReadySource<int>(i => i, count).Pace(rate, burst, clock ?? _clock))
                ticks.Add(_clock.Clock);
        }
    }

    [Test]
    public void EachEnumeration_HasABucketOfItsOwn_ThatIsFull()
    {
        var paced = Pull("[ab|]").Pace(10, 1, _clock);
        var first = _clock.Consume(paced).AskAt(0, 0);
        var second = _clock.Consume(paced).AskAt(50, 50);
        _clock.Start();

        Assert.That((Marbles.Show(first.Received), Marbles.Show(second.Received)), Is.EqualTo(("0:a 100:b", "50:a 150:b")));
    }

    [Test]
    public void AnAnswer_ThatComesInsideItsOwnRequest_IsTaken([Values] bool hasCost)
    {
        var limiter = new ScriptedLimiter { Waits = _ => true };
        var source = Pull("[abc|]");
        var consumer = _clock.Consume(source.Pace(new Answering(limiter), Cost(hasCost)));
        _ = consumer.AskForAll();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 0:b 0:c 0:|"));
        Assert.That(limiter.Disposals, Is.All.EqualTo(1));
    }

    /// <summary>Completes a request while the answer to it is still being handed on.</summary>
    private sealed class Answering(ScriptedLimiter limiter) : RateLimiter
    {
        public override TimeSpan? IdleDuration => null;

        public override RateLimiterStatistics? GetStatistics() => null;

        protected override RateLimitLease AttemptAcquireCore(int permitCount) => throw new NotSupportedException();

        protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
        {
            var answer = limiter.AcquireAsync(permitCount, CancellationToken.None);
            limiter.Grant();
            return answer;
        }
    }

    [TestCase(1, 3)]
    [TestCase(1, 7)]
    [TestCase(3, 7)]
    [TestCase(10, 3)]
    [TestCase(1, 60)]
    public void ARateThatNoNumberSaysExactly_IsMeantExactly(int items, int seconds) =>
        Assert.That(
            TicksOf(1001, (double)items / seconds, burst: 1),
            Is.EqualTo(Enumerable.Range(0, 1001).Select(k => (k * seconds * TimeSpan.TicksPerSecond + items - 1) / items)));

    [Test]
    public void TheFastestRate_IsOneATick() =>
        Assert.That(TicksOf(6, 10_000_000, burst: 2), Is.EqualTo(new[] { 0, 0, 1, 2, 3, 4 }));

    [TestCase(1e-7)]
    [TestCase(1e-9)]
    public void TheSlowestRates_AreExact(double rate)
    {
        _clock = new VirtualClock { MaxVirtualTime = TimeSpan.MaxValue };
        Assert.That(TicksOf(3, rate, burst: 1), Is.EqualTo(new[] { 0, 1, 2 }.Select(k => k * (long)Math.Round(TimeSpan.TicksPerSecond / rate))));
    }

    [Test]
    public void AWaitThatIsTooLongForTheSystemsTimers_IsNoFailure()
    {
        var consumer = _clock.Consume(Pull("[ab|]").Pace(1e-9, 1, DefaultScheduler.Instance)).AskAt(0, 1);
        _clock.AdvanceToFrame(2);

        Assert.That((Marbles.Show(consumer.Received), consumer.IsWaiting), Is.EqualTo(("0:a", true)));
        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public void AClockThatIsSetBack_KeepsNobodyWaitingForLonger()
    {
        var clock = new SettableScheduler(_clock);
        var consumer = _clock.Consume(Pull("[abcd|]").Pace(10, 1, clock)).AskAt(0, 50, 250);
        _clock.At(40, () => clock.Offset = -TimeSpan.FromHours(1));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 150:b 250:c"), "the 50 ms before that are lost, and no more");
    }

    [Test]
    public void AClockThatIsSetAhead_GivesTheBurst_AndNoMore([Values] bool isWaiting)
    {
        var clock = new SettableScheduler(_clock);
        var consumer = _clock.Consume(Pull("[abcdefg|]").Pace(10, 2, clock)).AskAt(0, 0, 0, 150, 150, 150);
        _clock.At(isWaiting ? 50 : 120, () => clock.Offset = TimeSpan.FromDays(10_000));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 0:b 100:c 150:d 150:e 250:f"));
    }

    [Test]
    public void AfterAMillionYears_TheBucketIsFull()
    {
        var clock = new SettableScheduler(_clock);
        var consumer = _clock.Consume(Pull("[abcd|]").Pace(10_000_000, int.MaxValue, clock)).AskAt(0, 1, 2);
        _clock.At(1, () => clock.Offset = DateTimeOffset.MaxValue - _clock.Now - TimeSpan.FromDays(1));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:b 2:c"));
    }

    [Test]
    public void TimersThatAreEarly_AreNotMadeAgainAndAgain()
    {
        var clock = new SettableScheduler(_clock) { LeavesOutFractions = true };
        var ticks = TicksOf(4, 3, burst: 1, clock);

        Assert.That(ticks.Select(t => t / TimeSpan.TicksPerMillisecond), Is.EqualTo(new[] { 0, 334, 667, 1000 }));
        Assert.That(clock.Schedules, Is.LessThanOrEqualTo(2 * 4));
    }

    [Test]
    public void ASchedulerThatThrows_FailsTheStream()
    {
        var clock = new SettableScheduler(_clock) { Failure = Marbles.Failure };
        var source = Pull("[ab|]");
        var consumer = _clock.Consume(source.Pace(10, 1, clock)).AskAt(0, 1, 2);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#InvalidDataException 2:|"));
        FlowAssert.Clean(source, 1);
    }

    [Test]
    public void ATimerThatIsEarly_AndCannotBeMadeAgain_FailsTheStream()
    {
        var clock = new SettableScheduler(_clock) { LeavesOutFractions = true };
        var source = Pull("[ab|]");
        var consumer = _clock.Consume(source.Pace(3, 1, clock)).AskAt(0, 0);
        _clock.At(200, () => clock.Failure = Marbles.Failure);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 333:#InvalidDataException"));
        FlowAssert.Clean(source, 333);
    }

    [TestCase("left")]
    [TestCase("cancelled")]
    public void ATimerWhoseDisposalThrows_KeepsNobodyWaiting_AndIsToldWhoLeaves(string how)
    {
        var clock = new SettableScheduler(_clock) { DisposalFailure = Marbles.Failure };
        var source = Pull("[ab|]");
        var consumer = _clock.Consume(source.Pace(10, 1, clock), _cancellation.Token).AskAt(0, 0);
        _clock.AdvanceToFrame(5);
        if (how == "cancelled")
        {
            _cancellation.Cancel();
            Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 5:#OperationCanceledException"));
        }

        var leaving = consumer.Leave();
        Assert.That(leaving.IsCompleted, Is.True);
        Assert.That(() => leaving, Throws.Exception.SameAs(Marbles.Failure));
        FlowAssert.Clean(source, 5);
    }

    [Test]
    public void ASchedulerThatRunsItsWorkInsideSchedule_IsNoHang()
    {
        var consumer = _clock.Consume(Pull("[ab|]").Pace(1000, 1, ImmediateScheduler.Instance)).AskAt(0, 0, 0);
        _clock.Start();

        Assert.That(consumer.HasEnded, Is.True);
        Assert.That(string.Concat(consumer.Items), Is.EqualTo("ab"));
    }
}
