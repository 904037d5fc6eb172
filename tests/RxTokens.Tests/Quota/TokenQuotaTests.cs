using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>The quota in memory: what each of its two calls does, when tokens come back, and what it remembers.</summary>
public class TokenQuotaTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private FakeTimeProvider _clock = null!;
    private TokenQuota _quota = null!;

    [SetUp]
    public void SetUp() => _quota = Quota(100);

    private TokenQuota Quota(long limit, TimeSpan? window = null) => new(limit, window ?? Minute, _clock = new FakeTimeProvider());

    private TokenReservation Reserve(long charge, long hold, string user = "ann") => Answer(_quota.ReserveAsync(user, charge, hold));

    private TokenReservation Settle(TokenReservation reservation, long charge, long hold) => Answer(_quota.SettleAsync(reservation, charge, hold));

    private static TokenReservation Answer(ValueTask<TokenReservation> answer)
    {
        Assert.That(answer.IsCompleted, Is.True, "in memory nobody waits");
        return answer.GetAwaiter().GetResult();
    }

    private (long Charged, long Held, long Available) Usage(string user = "ann")
    {
        var usage = _quota.GetUsage(user);
        return (usage.Charged, usage.Held, usage.Available);
    }

    // Arguments

    [Test]
    public void Arguments_AreChecked()
    {
        var held = Reserve(0, 1);
        Assert.That(() => new TokenQuota(0, Minute, _clock), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("limit"));
        Assert.That(() => new TokenQuota(1, TimeSpan.Zero, _clock), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("window"));
        Assert.That(() => new TokenQuota(1, Minute, null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("timeProvider"));
        Assert.That(() => new TokenQuota(1, Minute, _clock, TimeSpan.Zero), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("lease"));
        Assert.That(() => _quota.ReserveAsync("", 0, 1), Throws.ArgumentException.With.Property("ParamName").EqualTo("user"));
        Assert.That(() => _quota.ReserveAsync(null!, 0, 1), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("user"));
        Assert.That(() => _quota.ReserveAsync("ann", -1, 1), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("charge"));
        Assert.That(() => _quota.ReserveAsync("ann", 0, 0), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("hold"));
        Assert.That(() => _quota.SettleAsync(default, 0, 0), Throws.ArgumentException.With.Property("ParamName").EqualTo("reservation"));
        Assert.That(() => _quota.SettleAsync(held, -1, 0), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("charge"));
        Assert.That(() => _quota.SettleAsync(held, 0, -1), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("hold"));
        Assert.That(() => _quota.GetUsage(""), Throws.ArgumentException.With.Property("ParamName").EqualTo("user"));
    }

    // The two calls

    [Test]
    public void AReservation_HoldsAsManyAsThereAre_AndNobodyElseGetsThem()
    {
        var first = Reserve(charge: 20, hold: 50);
        var second = Reserve(charge: 0, hold: 50);

        Assert.That((first.Held, first.Lease, second.Held), Is.EqualTo((50L, Lease, 30L)));
        Assert.That(Usage(), Is.EqualTo((20L, 80L, 0L)));
        Assert.That(Usage("bob"), Is.EqualTo((0L, 0L, 100L)), "each user's own");
        Assert.That(Reserve(0, 1).Exceeded, Is.Not.Null);
    }

    [Test]
    public void WhatIsSettled_IsOfWhatIsHeld_AndThenOfWhatIsFree()
    {
        var mine = Reserve(0, 50);
        mine = Settle(mine, charge: 60, hold: 10);
        Assert.That((mine.Held, Usage()), Is.EqualTo((10L, (60L, 10L, 30L))));

        mine = Settle(mine, charge: 40, hold: 10);
        Assert.That((mine.Exceeded, mine.Held, Usage()), Is.EqualTo(((QuotaExceeded?)null, 0L, (100L, 0L, 0L))), "all that there was");
    }

    [Test]
    public void WhatCannotBeCharged_ChangesNothing()
    {
        var mine = Reserve(0, 50);
        var others = Reserve(0, 30);
        var refused = Settle(mine, charge: 71, hold: 5);

        Assert.That(refused.Exceeded, Is.EqualTo(new QuotaExceeded("ann", 100, Minute, Charged: 0, Left: 70, Asked: 71, Lease)));
        Assert.That((refused.Id, refused.Held, Usage()), Is.EqualTo((mine.Id, 50L, (0L, 80L, 20L))));
        Assert.That(Settle(refused, 70, 0).Exceeded, Is.Null, "it goes on as it was");
        Assert.That(Settle(others, 30, 0).Exceeded, Is.Null);
    }

    [Test]
    public void ToBeginNeedsATokenMoreThanIsCharged()
    {
        Assert.That(Reserve(100, 1).Exceeded, Is.EqualTo(new QuotaExceeded("ann", 100, Minute, 0, 100, 101, RetryAfter: null)), "it never will");
        Assert.That(Reserve(long.MaxValue, 1).Exceeded!.RetryAfter, Is.Null);
        Assert.That(Usage(), Is.EqualTo((0L, 0L, 100L)), "nothing is charged");
        Assert.That(Reserve(99, 1).Held, Is.EqualTo(1));
    }

    [Test]
    public void AReservationThatHoldsNothing_ChargesWhatIsFree_HoweverLongAgoItWas()
    {
        var mine = Settle(Reserve(0, 5), charge: 5, hold: 0);
        Assert.That((mine.Held, mine.Id), Is.EqualTo((0L, "")));
        _clock.Advance(Lease * 5);

        Assert.That(Settle(mine, 7, 3).Held, Is.EqualTo(3));
        Assert.That(Usage(), Is.EqualTo((7L, 3L, 90L)));
    }

    // Leases

    [Test]
    public void ALeaseThatEnds_GivesBackWhatWasHeld_AndNothingCanBeChargedToIt()
    {
        var mine = Reserve(charge: 10, hold: 40);
        _clock.Advance(Lease - TimeSpan.FromTicks(1));
        Assert.That(Usage(), Is.EqualTo((10L, 40L, 50L)));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(Usage(), Is.EqualTo((10L, 0L, 90L)));

        Assert.That(async () => await _quota.SettleAsync(mine, 1, 0), Throws.TypeOf<TokenReservationExpiredException>()
            .With.Property("Reservation").EqualTo(mine).And.Message.Contains("'1' of 'ann'").And.Message.Contains("40 tokens").And.Message.Contains("00:00:30"));
        Assert.That(async () => await _quota.SettleAsync(mine, 0, 1), Throws.TypeOf<TokenReservationExpiredException>());
        Assert.That(Settle(mine, 0, 0).Held, Is.Zero, "to give back what has been given back is no failure");
        Assert.That(Usage(), Is.EqualTo((10L, 0L, 90L)));
    }

    [Test]
    public void ALease_IsRenewedBySettling_WithoutCharging()
    {
        var mine = Reserve(0, 40);
        for (var i = 0; i < 20; i++)
        {
            _clock.Advance(Lease * 0.9);
            mine = Settle(mine, 0, mine.Held);
        }

        Assert.That((mine.Held, Usage()), Is.EqualTo((40L, (0L, 40L, 60L))));
    }

    [Test]
    public void Leases_EndInTheOrderInWhichTheyWereRenewed()
    {
        var first = Reserve(0, 10);
        Reserve(0, 20);
        _clock.Advance(Lease / 2);
        Settle(first, 0, 10);
        _clock.Advance(Lease / 2);

        Assert.That(Usage().Held, Is.EqualTo(10), "the second has ended");
    }

    // The window

    [Test]
    public void Q11_TwoBurstsAtABorder_AreOneWindow_AndAClockThatGoesBackChangesNothing()
    {
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.That(Settle(Reserve(99, 1), 1, 0).Exceeded, Is.Null);
        _clock.AdjustTime(_clock.GetUtcNow() - TimeSpan.FromHours(1)); // of this clock the timestamps, too
        Assert.That(Usage().Charged, Is.EqualTo(100));
        _clock.Advance(TimeSpan.FromSeconds(2));
        var refused = Reserve(99, 1).Exceeded!;
        Assert.That((refused.Left, refused.RetryAfter), Is.EqualTo((0L, (TimeSpan?)TimeSpan.FromSeconds(58))));

        Assert.That(Usage().Charged, Is.EqualTo(100));
        _clock.Advance(TimeSpan.FromSeconds(58) - TimeSpan.FromTicks(1));
        Assert.That(Usage().Charged, Is.EqualTo(100));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(Reserve(99, 1).Exceeded, Is.Null, "a minute after the burst, and no hour later");
    }

    [TestCase(-1)]
    [TestCase(1)]
    public void Q11_AWallClockThatIsSet_ChangesNothing(int hours)
    {
        var clock = new SettableClock();
        _quota = new(100, Minute, clock);
        Settle(Reserve(59, 1), 40, 0);
        var mine = Reserve(0, 1);
        clock.Set(TimeSpan.FromHours(hours));

        Assert.That(Usage(), Is.EqualTo((99L, 1L, 0L)));
        Assert.That(Reserve(0, 1).Exceeded!.RetryAfter, Is.EqualTo(Lease));
        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.That(Settle(mine, 1, 0).Exceeded, Is.Null, "the lease stands");
        clock.Advance(TimeSpan.FromSeconds(40));
        Assert.That(Usage(), Is.EqualTo((1L, 0L, 99L)));
    }

    /// <summary>Whose date can be set, beside its timestamps.</summary>
    private sealed class SettableClock : TimeProvider
    {
        private readonly FakeTimeProvider _steady = new();
        private TimeSpan _set;

        public void Set(TimeSpan by) => _set += by;

        public void Advance(TimeSpan time) => _steady.Advance(time);

        public override DateTimeOffset GetUtcNow() => _steady.GetUtcNow() + _set;

        public override long GetTimestamp() => _steady.GetTimestamp();

        public override long TimestampFrequency => _steady.TimestampFrequency;
    }

    [Test]
    public void ChargesOfNeighbouringTimes_GoWithTheLastOfThem()
    {
        Settle(Reserve(9, 1), 1, 0);
        _clock.Advance(Minute / 60 - TimeSpan.FromTicks(1));
        Settle(Reserve(9, 1), 1, 0);
        _clock.Advance(Minute - TimeSpan.FromTicks(1));
        Assert.That(Usage().Charged, Is.EqualTo(20), "the first is charged for a second longer");
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(Usage().Charged, Is.Zero);
    }

    [Test]
    public void AWindowOfATick_IsOne()
    {
        _quota = Quota(5, TimeSpan.FromTicks(1));
        Settle(Reserve(4, 1), 1, 0);
        Assert.That(Usage().Available, Is.Zero);
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(Usage().Available, Is.EqualTo(5));
    }

    [Test]
    public void AfterTheTimeThatIsTold_ThereAreAsMany()
    {
        for (var i = 0; i < 10; i++)
        {
            Settle(Reserve(9, 1), 1, 0);
            _clock.Advance(TimeSpan.FromSeconds(3));
        }

        foreach (var charge in new[] { 3, 9, 25, 99 })
        {
            var after = Reserve(charge, 1).Exceeded!.RetryAfter!.Value;
            _clock.Advance(after - TimeSpan.FromTicks(1));
            Assert.That(Reserve(charge, 1).Exceeded, Is.Not.Null, $"{charge}: a tick too early");
            _clock.Advance(TimeSpan.FromTicks(1));
            Settle(Reserve(charge, 1), 1, 0);
            Assert.That(Usage().Charged, Is.GreaterThan(charge), $"{charge}: in time");
        }
    }

    [Test]
    public void TheTimeThatIsTold_CountsWhatOthersHold_ButNotItsOwn()
    {
        var mine = Reserve(0, 40);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Reserve(0, 60);

        Assert.That(Settle(mine, 41, 0).Exceeded!.RetryAfter, Is.EqualTo(Lease));
        Assert.That(Reserve(0, 1).Exceeded!.RetryAfter, Is.EqualTo(Lease - TimeSpan.FromSeconds(10)), "for another, mine is the first to come back");
    }

    [Test]
    public void ARefusal_SaysWhoseHowManyAndWhen()
    {
        Settle(Reserve(0, 95), 95, 0);
        _clock.Advance(TimeSpan.FromMilliseconds(1500));
        var exceeded = Reserve(6, 1).Exceeded!;

        Assert.That(exceeded.ToString(), Is.EqualTo(
            "The token quota of 'ann' does not allow 7 more: 95 of 100 tokens within 00:01:00 are charged, and 5 are left. Try again after 58.5 s."));
        Assert.That((exceeded with { RetryAfter = null }).ToString(), Does.EndWith("5 are left. That is more than it ever will."));
        Assert.That(new TokenQuotaExceededException(exceeded), Has.Message.EqualTo(exceeded.ToString()).And.Property("RetryAfter").EqualTo(TimeSpan.FromSeconds(58.5)).And.Property("Exceeded").SameAs(exceeded));
        Assert.That(() => new TokenQuotaExceededException(null!), Throws.ArgumentNullException);
    }

    // Memory

    [Test]
    public void WhoHasNothing_IsForgotten()
    {
        Assert.That(_quota.GetUsage("looked at only").Available, Is.EqualTo(100));
        Settle(Reserve(0, 10, "gave it back"), 0, 0);
        Reserve(1000, 1, "refused");
        Assert.That(_quota.Users, Is.Zero);

        for (var i = 0; i < 10_000; i++)
        {
            Reserve(1, 1, $"user {i}");
            _clock.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.That(_quota.Users, Is.LessThanOrEqualTo(6_000), "those of the last minute");
        _clock.Advance(Minute);
        _ = Usage("somebody else");
        Assert.That(_quota.Users, Is.Zero);
    }

    [Test]
    public void ManyCharges_AreFewSums()
    {
        var account = new UserAccount("ann", long.MaxValue, Minute, Lease);
        for (var i = 0; i < 600_000; i++)
        {
            account.MoveTo(TimeSpan.FromMilliseconds(i));
            account.Charge(1);
            if (account.Buckets > 62)
                Assert.Fail($"{account.Buckets} sums after {i} ms");
        }

        Assert.That(account.Charged, Is.InRange(60_000, 61_000));
    }
}
