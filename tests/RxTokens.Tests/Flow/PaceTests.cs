using System.Reactive.Concurrency;
using System.Threading.RateLimiting;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Items at the pace of a limiter: the framework's for what they answer, the bucket in virtual time to the tick.</summary>
public class PaceTests
{
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp() => _clock = new VirtualClock();

    private static readonly string[] OneByOne = ["a", "b", "c"];

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    // What the documentation shows

    [MarbleOf("Pace<TSource>(IAsyncEnumerable<TSource>, RateLimiter, Func<TSource, Int32>)")]
    public void Pace_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Pull(rows["source"]).Pace(new TokenBucket(250, 1, m.Clock))).ToBe(rows["result"]));

    [MarbleOf("Pace<TSource>(IAsyncEnumerable<TSource>, Double, Int32, IScheduler)")]
    public void Pace_WithARate_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Pull(rows["source"]).Pace(itemsPerSecond: 250, burst: 2, m.Clock)).ToBe(rows["result"]));

    // The bucket

    [Test] // PC-01
    public void TheFirstComesAtOnce_AndNothingIsReadBeforeItsTime()
    {
        var source = Pull("[abc|]");
        var consumer = _clock.Consume(source.Pace(10, 1, _clock));
        _ = consumer.AskForAll();
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 100:b 200:c 300:|"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 100, 200, 300 }));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 300 }));
    }

    [Test] // PC-01
    public void WhatNobodyWaitedFor_IsNoMoreThanTheBurst()
    {
        var consumer = _clock.Consume(Pull("[abc|]").Pace(10, 1, _clock)).AskAt(0, 250, 260);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 250:b 350:c"));
    }

    [Test] // PC-03
    public void NoFractionOfATokenIsLost_OrWon()
    {
        const int Count = 3001;
        var ticks = new List<long>();
        _ = TakeAllAsync();
        _clock.Start();

        Assert.That(ticks, Is.EqualTo(Enumerable.Range(0, Count).Select(k => (k * TimeSpan.TicksPerSecond + 2) / 3)));

        async Task TakeAllAsync()
        {
            await foreach (var _ in new ReadySource<int>(i => i, Count).Pace(3, 1, _clock))
                ticks.Add(_clock.Clock);
        }
    }

    [Test] // PC-03
    public void ALateRequest_FindsItsToken()
    {
        var consumer = _clock.Consume(Pull("[abc|]").Pace(3, 1, _clock)).AskAt(0, 340, 690);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 340:b 690:c"));
    }

    [Test]
    public void ABurst_IsWhatTheBucketHolds()
    {
        var consumer = _clock.Consume(Pull("[abcdefg|]").Pace(10, 3, _clock));
        _ = consumer.AskForAll();
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 0:b 0:c 100:d 200:e 300:f 400:g 500:|"));
    }

    [TestCase("left")]
    [TestCase("cancelled")]
    public void WhoWaitsForATokenAndGoes_LeavesNoTimer(string how)
    {
        using var cancellation = new CancellationTokenSource();
        var source = Pull("[ab|]");
        var consumer = _clock.Consume(source.Pace(1, 1, _clock), cancellation.Token).AskAt(0, 1);
        _clock.AdvanceToFrame(5);
        if (how == "left")
            _ = consumer.Leave();
        else
            cancellation.Cancel();

        Assert.That(source.Disposals, Is.EqualTo(new[] { 5 }));
        Assert.That(source.Reads, Is.EqualTo(new[] { 0 }));
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(how == "left" ? "0:a 5:|" : "0:a 5:#OperationCanceledException"));
        _clock.Start();
        Assert.That(_clock.Frame, Is.EqualTo(5), "nothing is left on the clock");
    }

    [TestCase(0.0)]
    [TestCase(-1.0)]
    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    [TestCase(1e-300)]
    [TestCase(10_000_001.0)]
    public void ARateThatIsNone_IsRefusedAtTheCall(double rate) =>
        Assert.That(() => Pull("a").Pace(rate, 1, _clock), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("itemsPerSecond").And.Property("ActualValue").EqualTo(rate));

    [Test]
    public void Arguments_AreCheckedAtTheCall()
    {
        Assert.That(() => Pull("a").Pace(1, 0, _clock), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("burst"));
        Assert.That(() => Pull("a").Pace(1, 1, null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("scheduler"));
        Assert.That(() => Pull("a").Pace(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("limiter"));
        Assert.That(() => ((IAsyncEnumerable<string>)null!).Pace(1, 1, _clock), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => ((IAsyncEnumerable<string>)null!).Pace(new ScriptedLimiter()), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
    }

    // What a limiter answers

    [Test] // PC-05
    public void ACostThatCanNeverBePaid_IsSaid()
    {
        using var limiter = new TokenBucketRateLimiter(new() { TokenLimit = 10, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromHours(1), AutoReplenishment = false });
        var source = Pull("[abc|]");
        var consumer = _clock.Consume(source.Pace(limiter, x => x == "a" ? 4 : 11)).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#ArgumentOutOfRangeException"));
        Assert.That(consumer.Received[1].Notification.Exception!.Message, Does.StartWith("11 permits were more than the limiter can ever give at once"));
        Assert.That((source.Reads.Count, source.Disposals.Count), Is.EqualTo((2, 1)));
    }

    [Test] // PC-06
    public void ALimiterThatRefuses_SaysWhenToTryAgain()
    {
        using var limiter = new TokenBucketRateLimiter(new() { TokenLimit = 1, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromMilliseconds(100), QueueLimit = 0, AutoReplenishment = false });
        var consumer = _clock.Consume(Pull("[ab|]").Pace(limiter)).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#InvalidOperationException"));
        Assert.That(
            consumer.Received[1].Notification.Exception!.Message,
            Is.EqualTo("A permit was refused by the rate limiter. Try again after 100 ms. Those who are to wait need a queue: its QueueLimit, which is 0 unless it is set."));
    }

    [Test] // PC-06
    public void ALimiterThatRefuses_WithoutATime_SaysWhy()
    {
        using var limiter = new ConcurrencyLimiter(new() { PermitLimit = 1 });
        using var taken = limiter.AttemptAcquire();
        var consumer = _clock.Consume(Pull("a|").Pace(limiter)).AskAt(0);
        _clock.Start();

        Assert.That(consumer.Received[0].Notification.Exception!.Message, Does.StartWith("A permit was refused by the rate limiter (").And.Not.Contain("Try again"));
    }

    // The framework's limiters let those who wait go on on the pool.

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Test] // PC-08
    public async Task WhoIsEvictedFromTheQueue_IsTold()
    {
        using var limiter = new TokenBucketRateLimiter(new()
        {
            TokenLimit = 1, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromTicks(1), QueueLimit = 1, QueueProcessingOrder = QueueProcessingOrder.NewestFirst, AutoReplenishment = false,
        });
        using var taken = limiter.AttemptAcquire();
        var (a, b) = (new ReadySource<string>(_ => "a"), new ReadySource<string>(_ => "b"));
        await using var first = a.Pace(limiter).GetAsyncEnumerator();
        await using var second = b.Pace(limiter).GetAsyncEnumerator();
        var firsts = first.MoveNextAsync().AsTask();
        var seconds = second.MoveNextAsync().AsTask();

        Assert.That(() => firsts.WaitAsync(Long), Throws.InvalidOperationException.With.Message.StartsWith("A permit was refused"));
        Assert.That(seconds.IsCompleted, Is.False);
        limiter.TryReplenish();
        Assert.That(await seconds.WaitAsync(Long), Is.True);
        Assert.That(second.Current, Is.EqualTo("b"));
        Assert.That(a.Reads, Is.Zero);
    }

    [Test] // PC-10
    public async Task ALeaseIsHeldWhileTheConsumerIsAtWork()
    {
        using var limiter = new ConcurrencyLimiter(new() { PermitLimit = 1, QueueLimit = 9 });
        var first = new ReadySource<string>(_ => "a").Pace(limiter).GetAsyncEnumerator();
        var second = new ReadySource<string>(_ => "b").Pace(limiter).GetAsyncEnumerator();
        Assert.That(await first.MoveNextAsync(), Is.True);
        var seconds = second.MoveNextAsync().AsTask();
        Assert.That(seconds.IsCompleted, Is.False, "the first consumer is at work");
        var firsts = first.MoveNextAsync().AsTask();

        Assert.That(await seconds.WaitAsync(Long), Is.True, "it has come back");
        Assert.That(firsts.IsCompleted, Is.False, "it waits in its turn");
        await second.DisposeAsync();
        Assert.That(await firsts.WaitAsync(Long), Is.True, "the other has left");
        await first.DisposeAsync();
        Assert.That(limiter.GetStatistics()!.CurrentAvailablePermits, Is.EqualTo(1));
    }

    [TestCase("left")]
    [TestCase("failed")]
    [TestCase("ended")]
    [TestCase("cancelled")]
    [TestCase("left while waiting")]
    public void EveryLeaseIsGivenBack_Once(string how) // PC-10
    {
        var limiter = new ScriptedLimiter();
        using var cancellation = new CancellationTokenSource();
        var source = Pull(how == "failed" ? "[ab#]" : "[ab|]");
        var consumer = _clock.Consume(source.Pace(limiter), cancellation.Token).AskAt(0, 1, 2);
        if (how == "left while waiting")
            limiter.Waits = lease => lease == 3;
        _clock.AdvanceToFrame(5);
        if (how.StartsWith("left", StringComparison.Ordinal))
            _ = consumer.Leave();
        else if (how == "cancelled")
            cancellation.Cancel();
        _clock.AdvanceToFrame(9);
        _ = consumer.Leave();

        Assert.That(limiter.Disposals, Is.EqualTo(limiter.Leases.Select(_ => 1)), "leases acquired, leases disposed");
        Assert.That(limiter.Leases, Has.Count.EqualTo(how == "left while waiting" ? 2 : 3));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
    }

    [Test] // PC-11
    public void WhatCostsNothing_AsksNobody()
    {
        var limiter = new ScriptedLimiter { Waits = _ => true };
        var consumer = _clock.Consume(Pull("[abc|]").Pace(limiter, _ => 0));
        _ = consumer.AskForAll();
        _clock.Start();

        Assert.That(consumer.Items, Is.EqualTo(OneByOne));
        Assert.That(limiter.Asked, Is.Empty);
    }

    [Test] // PC-11
    public void ACostThatIsNegative_OrThrows_FailsTheStream()
    {
        var negative = _clock.Consume(Pull("[ab|]").Pace(new ScriptedLimiter(), _ => -1)).AskAt(0);
        var throwing = _clock.Consume(Pull("[ab|]").Pace(new ScriptedLimiter(), _ => throw Marbles.Failure)).AskAt(0);
        _clock.Start();

        Assert.That(negative.Received[0].Notification.Exception, Is.TypeOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo(-1));
        Assert.That(throwing.Received[0].Notification.Exception, Is.SameAs(Marbles.Failure));
    }

    [Test]
    public void ACost_IsAskedForOnceAnItem_AndTheItemWaitsForItsPermits()
    {
        var limiter = new ScriptedLimiter { Waits = lease => lease == 2 };
        var consumer = _clock.Consume(Pull("[abc|]").Pace(limiter, x => x[0] - 'a' + 1)).AskAt(0, 1, 10);
        _clock.At(7, limiter.Grant);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 7:b 10:c"));
        Assert.That(limiter.Asked, Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public void ALimiterThatFails_FailsTheStream()
    {
        var consumer = _clock.Consume(Pull("[ab|]").Pace(new ScriptedLimiter { Fails = Marbles.Failure })).AskAt(0);
        _clock.Start();

        Assert.That(consumer.Received[0].Notification.Exception, Is.SameAs(Marbles.Failure));
    }

    [Test]
    public void AnItemThatWaitsForItsPermits_WhenTheConsumerLeaves_IsDropped()
    {
        var limiter = new ScriptedLimiter { Waits = _ => true };
        var source = Pull("[ab|]");
        var consumer = _clock.Consume(source.Pace(limiter, _ => 5)).AskAt(0);
        _clock.AdvanceToFrame(3);

        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
        Assert.That(limiter.Disposals, Is.Empty);
        Assert.That(source.Disposals, Is.EqualTo(new[] { 3 }));
    }
}
