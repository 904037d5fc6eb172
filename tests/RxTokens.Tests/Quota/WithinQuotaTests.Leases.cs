using NUnit.Framework;

namespace RxTokens.Tests;

/// <content>Leases: renewed by time, and what happens when they are not.</content>
public partial class WithinQuotaTests
{
    [TestCase("the client is full")]
    [TestCase("the model thinks")]
    public void Q09_ALease_IsRenewedByTime_WhileTheStreamLives(string what)
    {
        var fiveMinutes = 300_000;
        var source = _clock.Pull<string>([
            new(TimeSpan.Zero, System.Reactive.Notification.CreateOnNext("a")),
            new(TimeSpan.FromMilliseconds(fiveMinutes), System.Reactive.Notification.CreateOnNext("b")),
            new(TimeSpan.FromMilliseconds(fiveMinutes), System.Reactive.Notification.CreateOnCompleted<string>())]);
        var consumer = _clock.Consume(source.WithinQuota(_quota, "ann", _ => 10, reserve: 80)).AskAt(0, what == "the model thinks" ? 1 : fiveMinutes, fiveMinutes + 1);
        for (var time = 1000; time < fiveMinutes; time += 1000)
        {
            _clock.AdvanceToFrame(time);
            Assert.That(Usage.Charged + Usage.Held, Is.EqualTo(time < 70_000 ? 80 : 70), $"{time} ms: held for it; what it has spent is charged for a minute");
        }

        _clock.Start();
        Assert.That(Show(consumer), Does.StartWith("0:a 300000:b 300001:|"));
    }

    [Test]
    public void Q09_ALeaseThatIsNotRenewed_FailsTheNextCharge_AndClosesTheStream()
    {
        var quota = new ScriptedQuota(_quota) { Waits = number => number == 2 };
        var source = Pull("abc|");
        var consumer = _clock.Consume(source.WithinQuota(quota, "ann", One, reserve: 50)).AskAt(0, 32_000, 32_001);
        _clock.AdvanceToFrame(31_000);
        Assert.That((string.Join(' ', quota.Calls), Usage), Is.EqualTo(("+0/50 1/49", (0L, 0L, 100L))), "one renewal, which does not get through");
        quota.Answer();
        Assert.That(source.Cancellations, Is.EqualTo(new[] { 31_000 }), "at once, though the consumer is busy");
        _clock.Start();

        Assert.That(Show(consumer), Is.EqualTo("0:a 32000:#TokenReservationExpiredException 32001:|"));
        Assert.That(quota.Calls, Has.Count.EqualTo(2), "nothing more is settled");
        FlowAssert.Clean(source, 32_000);
    }

    [Test]
    public void ARenewal_ChargesWhatIsSpent_AndAnItemThatComesMeanwhileWaitsForIt()
    {
        var quota = new ScriptedQuota(_quota) { Waits = number => number == 2 };
        var source = _clock.Pull<string>([
            new(TimeSpan.Zero, System.Reactive.Notification.CreateOnNext("a")),
            new(TimeSpan.FromMilliseconds(10_001), System.Reactive.Notification.CreateOnNext("b"))]);
        var consumer = _clock.Consume(source.WithinQuota(quota, "ann", One, reserve: 50)).AskAt(0, 1);
        _clock.AdvanceToFrame(10_005);
        Assert.That((consumer.IsWaiting, Usage), Is.EqualTo((true, (0L, 50L, 50L))));
        quota.Answer();
        Assert.That((Show(consumer), Usage), Is.EqualTo(("0:a 10005:b", (1L, 49L, 50L))));
    }

    [Test]
    public void AStreamThatHoldsNothing_HasNoTimer()
    {
        _clock.Consume(Pull("a---------b").WithinQuota(_quota, "ann", One)).AskAt(0);
        _clock.Start();
        Assert.That(_clock.Frame, Is.LessThan(5), "none after the first item");
    }

    [Test]
    public void AClockWithoutTimers_FailsTheStream()
    {
        var source = Pull("a----b|");
        var clock = new OddClock(_clock.AsTimeProvider(), _ => throw new NotSupportedException());
        _quota = new(100, Minute, clock);
        var consumer = _clock.Consume(source.WithinQuota(_quota, "ann", One, reserve: 5)).AskAt(0, 3);
        _clock.AdvanceToFrame(9);
        Assert.That(Show(consumer), Is.EqualTo("0:a 3:#NotSupportedException"));
        Assert.That((Usage, source.Disposals.Count), Is.EqualTo(((1L, 0L, 99L), 1)));
    }

    [Test]
    public void Q09_AfterALeaseThatHasEndedUnnoticed_NothingIsSpentOfIt()
    {
        var timers = 0;
        _quota = new(100, Minute, new OddClock(_clock.AsTimeProvider(), create => timers++ == 0 ? new NoTimer() : create()));
        var source = Pull("abc|");
        var consumer = _clock.Consume(source.WithinQuota(_quota, "ann", One, reserve: 50)).AskAt(0, 29_999, 30_000, 30_001);
        _clock.AdvanceToFrame(29_999);
        Assert.That(Usage, Is.EqualTo((0L, 50L, 50L)));
        _clock.Start();

        Assert.That(Show(consumer), Is.EqualTo("0:a 29999:b 30000:#TokenReservationExpiredException 30001:|"));
        FlowAssert.Clean(source, 30_000);
    }

    /// <summary>A clock that makes its timers in a way of its own.</summary>
    private sealed class OddClock(TimeProvider inner, Func<Func<ITimer>, ITimer> create) : TimeProvider
    {
        public override long GetTimestamp() => inner.GetTimestamp();

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            create(() => inner.CreateTimer(callback, state, dueTime, period));
    }

    private sealed class NoTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
