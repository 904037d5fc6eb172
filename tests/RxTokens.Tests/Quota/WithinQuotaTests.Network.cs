using NUnit.Framework;

namespace RxTokens.Tests;

/// <content>A quota behind a network: answers that take their time, and calls that fail.</content>
public partial class WithinQuotaTests
{
    private static IEnumerable<TestCaseData> Moments() =>
        from call in new[] { 1, 2, 3 }
        from how in new[] { "left", "cancelled" }
        from reserve in new[] { 0, 1 }
        select new TestCaseData(call, how, reserve);

    [TestCaseSource(nameof(Moments))]
    public void WhoGoesWhileACallIsUnderWay_IsToldAfterItsAnswer_AndHoldsNothing(int call, string how, int reserve)
    {
        using var cancellation = new CancellationTokenSource();
        using var counters = new Counters();
        var quota = new ScriptedQuota(_quota) { Waits = number => number == call };
        var source = Pull("[abcde|]");
        var read = 0;
        var consumer = _clock.Consume(source.Counted(() => read++).WithinQuota(quota, "ann", _ => 2, promptTokens: 7, reserve), cancellation.Token);
        _ = consumer.AskForAll();
        var leaving = Task.CompletedTask;
        _clock.At(3, () =>
        {
            if (how == "left")
                leaving = consumer.Leave();
            else
                cancellation.Cancel();
        });
        _clock.AdvanceToFrame(5);
        Assert.That((consumer.IsWaiting, leaving.IsCompleted), Is.EqualTo((true, how != "left")));
        quota.Answer();

        Assert.That((consumer.HasEnded, leaving.IsCompletedSuccessfully), Is.EqualTo((true, true)));
        Assert.That(consumer.Items, Has.Count.EqualTo(Math.Max(0, call - 2)));
        Assert.That(Usage, Is.EqualTo((7L + read * 2, 0L, 93L - read * 2)), "what was read is charged");
        Assert.That(consumer.Items.Count + counters.Dropped, Is.EqualTo(read));
        Assert.That((source.Enumerations.Count, source.Disposals.Count), Is.EqualTo(call == 1 ? (0, 0) : (1, 1)));
    }

    [TestCase(3)]
    [TestCase(50)]
    public void AnItemThatComesTooLate_WhileTheRestIsOnItsWayBack_IsChargedAfterIt(int cost)
    {
        var quota = new ScriptedQuota(_quota) { Waits = number => number == 2 };
        var source = new PullProbe<string>(_clock, Marbles.Of("a---------b|")) { IgnoresCancellation = true };
        var consumer = _clock.Consume(source.WithinQuota(quota, "ann", x => x == "a" ? 1 : cost, reserve: 40)).AskAt(0, 1);
        _clock.At(3, () => _ = consumer.Leave());
        _clock.AdvanceToFrame(12);
        Assert.That(source.Disposals, Is.Empty, "the call is under way");
        quota.Answer();

        Assert.That(string.Join(' ', quota.Calls), Is.EqualTo($"+0/40 1/0 {cost}/0"));
        Assert.That(Usage, Is.EqualTo((1L + cost, 0L, 99L - cost)));
        FlowAssert.Clean(source, 12);
    }

    [TestCase(1, true, "0:#IOException", 0)]
    [TestCase(1, false, "0:#IOException", 0)]
    [TestCase(2, true, "0:#IOException", 0)]
    [TestCase(3, false, "0:a 1:#IOException", 1)]
    [TestCase(4, true, "0:a 1:b 2:#IOException", 2)]
    [TestCase(4, false, "0:a 1:b 2:#IOException", 2)]
    public void AQuotaThatFails_FailsTheStream_AndIsNotAskedAgain(int call, bool throws, string told, int charged)
    {
        var failure = new IOException("the quota cannot be reached");
        var quota = new ScriptedQuota(_quota) { Fails = number => number == call ? failure : null, Waits = number => number == call && !throws };
        var source = Pull("abc|");
        var consumer = _clock.Consume(source.WithinQuota(quota, "ann", One));
        _ = consumer.AskForAll();
        _clock.AdvanceToFrame(call < 3 ? 0 : call - 2);
        if (!throws)
            quota.Answer();

        Assert.That(Show(consumer), Is.EqualTo(told));
        Assert.That(consumer.Received[^1].Notification.Exception, Is.SameAs(failure));
        Assert.That((quota.Calls.Count, Usage.Charged), Is.EqualTo((call, (long)charged)));
        Assert.That(source.Disposals, Has.Count.EqualTo(source.Enumerations.Count));
        _clock.AdvanceToFrame(30_000);
        Assert.That(Usage.Held, Is.Zero, "the lease gives back what was held");
    }

    [Test]
    public void ARenewalThatFails_EndsTheReadUnderWay_AndNothingMoreIsCharged()
    {
        var failure = new IOException("the quota cannot be reached");
        var quota = new ScriptedQuota(_quota) { Fails = number => number == 2 ? failure : null };
        var source = _clock.Pull<string>([
            new(TimeSpan.Zero, System.Reactive.Notification.CreateOnNext("a")),
            new(TimeSpan.FromMilliseconds(10_500), System.Reactive.Notification.CreateOnNext("b"))]);
        source.IgnoresCancellation = true;
        var consumer = _clock.Consume(source.WithinQuota(quota, "ann", One, reserve: 5)).AskAt(0, 1);
        _clock.AdvanceToFrame(11_000);

        Assert.That(Show(consumer), Is.EqualTo("0:a 10500:#IOException"));
        Assert.That(string.Join(' ', quota.Calls), Is.EqualTo("+0/5 1/4"));
        Assert.That(source.Cancellations, Is.EqualTo(new[] { 10_000 }));
        FlowAssert.Clean(source, 10_500);
    }

    [Test]
    public void AQuotaThatNeverTakesAnythingBack_IsNotAskedForEver()
    {
        var quota = new Clinging(_quota);
        var consumer = _clock.Consume(Pull("ab|").WithinQuota(quota, "ann", One, reserve: 5));
        _ = consumer.AskForAll();
        _clock.Start();
        Assert.That((Show(consumer), quota.Calls), Is.EqualTo(("0:a 1:b 2:|", 2)));
    }

    private sealed class Clinging(ITokenQuota quota) : ITokenQuota
    {
        public int Calls { get; private set; }

        public TimeProvider TimeProvider => quota.TimeProvider;

        public ValueTask<TokenReservation> ReserveAsync(string user, long charge, long hold)
        {
            Calls++;
            return quota.ReserveAsync(user, charge, hold);
        }

        public ValueTask<TokenReservation> SettleAsync(TokenReservation reservation, long charge, long hold)
        {
            Calls++;
            return new(reservation);
        }
    }

    [TestCase("the end", "0:a 1:#IOException 9:|")]
    [TestCase("a failure", "0:a 1:#AggregateException 9:|")]
    [TestCase("leaving", "0:a")]
    public void AQuotaThatFailsInTheEnd_IsToldBesideIt(string end, string told)
    {
        var failure = new IOException("the quota cannot be reached");
        var quota = new ScriptedQuota(_quota) { Fails = number => number == 2 ? failure : null };
        var source = Pull(end == "the end" ? "a|" : end == "a failure" ? "a#" : "a---|");
        var consumer = _clock.Consume(source.WithinQuota(quota, "ann", One, reserve: 5)).AskAt(0, 1, 9);
        _clock.AdvanceToFrame(end == "leaving" ? 0 : 20);
        var leaving = consumer.Leave();

        Assert.That(Show(consumer), Is.EqualTo(told));
        if (end == "leaving")
            Assert.That(leaving.Exception!.InnerException, Is.SameAs(failure));
        else
            Assert.That(leaving.IsCompletedSuccessfully, Is.True, "told once");
        if (end == "a failure")
            Assert.That(((AggregateException)consumer.Received[1].Notification.Exception!).InnerExceptions, Is.EqualTo(new[] { Marbles.Failure, failure }));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
    }
}
