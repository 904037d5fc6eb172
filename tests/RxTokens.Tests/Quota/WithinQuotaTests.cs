using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Streams that are charged while they run: what is delivered, what is charged, and when the rest is given back.</summary>
public class WithinQuotaTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private VirtualClock _clock = null!;
    private TokenQuota _quota = null!;

    [SetUp]
    public void SetUp() => _quota = Quota(100);

    private TokenQuota Quota(long limit)
    {
        _clock = new VirtualClock();
        return _quota = new(limit, Minute, _clock.AsTimeProvider());
    }

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private (long Charged, long Held, long Available) Usage => _quota.GetUsage("ann") is var usage ? (usage.Charged, usage.Held, usage.Available) : default;

    private static int One(string item) => 1;

    private static string Show<T>(PullConsumer<T> consumer) => Marbles.Show(consumer.Received);

    // What the documentation shows

    [MarbleOf("WithinQuota")]
    public void WithinQuota_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var quota = new TokenQuota(3, Minute, m.Clock.AsTimeProvider());
        m.Expect(m.Pull(rows["source"]).WithinQuota(quota, "ann", _ => 1)).ToBe(rows["result"], error: typeof(TokenQuotaExceededException));
    });

    [Test]
    public void Arguments_AreCheckedAtTheCall()
    {
        Assert.That(() => Pull("a").WithinQuota(null!, "ann", One), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("quota"));
        Assert.That(() => Pull("a").WithinQuota(_quota, null!, One), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("user"));
        Assert.That(() => Pull("a").WithinQuota(_quota, "", One), Throws.ArgumentException.With.Property("ParamName").EqualTo("user"));
        Assert.That(() => Pull("a").WithinQuota(_quota, "ann", null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("cost"));
        Assert.That(() => Pull("a").WithinQuota(_quota, "ann", One, promptTokens: -1), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("promptTokens").And.Property("ActualValue").EqualTo(-1));
        Assert.That(() => Pull("a").WithinQuota(_quota, "ann", One, reserve: -1), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("reserve"));
        Assert.That(() => ((IAsyncEnumerable<string>)null!).WithinQuota(_quota, "ann", One), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
    }

    // What is charged

    [TestCase(0, "+3/1 1/0 1/0")]
    [TestCase(1, "+3/1 2/1 0/0")]
    [TestCase(5, "+3/5 2/0")]
    public void AStreamThatFits_IsChargedAsItGoes_AndInTheEndHoldsNothing(int reserve, string calls)
    {
        var quota = new ScriptedQuota(_quota);
        var consumer = _clock.Consume(Pull("ab|").WithinQuota(quota, "ann", One, promptTokens: 3, reserve));
        _ = consumer.AskForAll();
        _clock.Start();

        Assert.That(Show(consumer), Is.EqualTo("0:a 1:b 2:|"));
        Assert.That(string.Join(' ', quota.Calls), Is.EqualTo(calls));
        Assert.That(Usage, Is.EqualTo((5L, 0L, 95L)));
    }

    [Test]
    public void AnItem_IsChargedBeforeItIsDelivered()
    {
        var charged = new List<long>();
        _ = TakeAllAsync();
        _clock.Start();
        Assert.That(charged, Is.EqualTo(new[] { 2, 4, 6 }));

        async Task TakeAllAsync()
        {
            await foreach (var _ in Pull("abc|").WithinQuota(_quota, "ann", _ => 2))
                charged.Add(Usage.Charged);
        }
    }

    [Test]
    public void ACostOfNothing_IsFine_AlsoWhereNothingIsLeft()
    {
        _quota = Quota(3);
        var consumer = _clock.Consume(Pull("aaabbc|").WithinQuota(_quota, "ann", x => x == "b" ? 0 : 1));
        _ = consumer.AskForAll();
        _clock.Start();

        Assert.That(Show(consumer), Is.EqualTo("0:a 1:a 2:a 3:b 4:b 5:#TokenQuotaExceededException"));
    }

    [Test]
    public void TheCost_IsAskedForOnceAnItem()
    {
        var asked = new List<string>();
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(Pull("ab----c|").WithinQuota(_quota, "ann", x =>
        {
            asked.Add(x);
            return 1;
        }), cancellation.Token);
        _ = consumer.AskForAll();
        _clock.At(3, cancellation.Cancel);
        _clock.Start();

        Assert.That(asked, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(Usage, Is.EqualTo((2L, 0L, 98L)));
    }

    // Used up

    [TestCase(0)]
    [TestCase(7)]
    public void Q01_TenStreamsAtOnce_DeliverTogetherWhatThereIs(int reserve)
    {
        _quota = Quota(1000);
        var most = 0L;
        var consumers = Enumerable.Range(0, 10).Select(_ => _clock.Consume(
            _clock.Pull(Enumerable.Range(1, 200).Select(i => new Marble<string>(TimeSpan.FromMilliseconds(i), System.Reactive.Notification.CreateOnNext("x"))).ToList())
                .WithinQuota(_quota, "ann", One, reserve: reserve, last: e => $"quota {e.Limit}"))).ToList();
        foreach (var consumer in consumers)
            _ = consumer.AskForAll();
        for (var frame = 1; frame < 300; frame++)
        {
            _clock.AdvanceToFrame(frame);
            most = Math.Max(most, Usage.Charged + Usage.Held);
        }

        Assert.That(most, Is.EqualTo(1000), "never above");
        Assert.That(consumers.Sum(c => c.Items.Count(x => x == "x")), Is.EqualTo(1000));
        Assert.That(consumers.Select(c => (c.Items[^1], c.HasEnded)), Is.All.EqualTo(("quota 1000", true)), "each was cut, and says so");
        Assert.That(Usage, Is.EqualTo((1000L, 0L, 0L)));
    }

    [TestCase(0)]
    [TestCase(3)]
    [TestCase(50)]
    public void Q06_AnItemLargerThanWhatIsLeft_IsNotDelivered_AndWhatIsLeftStays(int reserve)
    {
        _quota = Quota(8);
        using var counters = new Counters();
        var source = Pull("abcd|");
        QuotaExceeded? told = null;
        var consumer = _clock.Consume(source.WithinQuota(_quota, "ann", x => x == "c" ? 7 : x == "a" ? 2 : 1, reserve: reserve, last: exceeded =>
        {
            told = exceeded;
            return "!";
        })).AskAt(0, 1, 2, 9, 10);
        _clock.Start();

        Assert.That(Show(consumer), Is.EqualTo("0:a 1:b 2:! 9:| 10:|"));
        Assert.That((told!.Charged, told.Left, told.Asked, told.User, told.Limit), Is.EqualTo((3L, 5L, 7L, "ann", 8L)));
        Assert.That(Usage, Is.EqualTo((3L, 0L, 5L)));
        Assert.That((source.Cancellations.Count, source.Reads.Count, counters.Dropped), Is.EqualTo((1, 3, 1L)));
        FlowAssert.Clean(source, 2);
    }

    [Test]
    public void TheLastItem_ComesAfterTheSourcesDisposal_AndItsFailureAfterThat()
    {
        _quota = Quota(1);
        var source = new PullProbe<string>(_clock, Marbles.Of("ab|")) { DisposalFrames = 4, DisposalFailure = Marbles.Failure };
        var consumer = _clock.Consume(source.WithinQuota(_quota, "ann", One, last: _ => "!")).AskAt(0, 1, 9, 10);
        _clock.Start();

        Assert.That(Show(consumer), Is.EqualTo("0:a 5:! 9:#InvalidDataException 10:|"));
    }

    [TestCase("left")]
    [TestCase("cancelled")]
    public void WhoGoesBeforeTheLastItem_GetsNone(string how)
    {
        _quota = Quota(1);
        using var cancellation = new CancellationTokenSource();
        var source = new PullProbe<string>(_clock, Marbles.Of("ab|")) { DisposalFrames = 4 };
        var consumer = _clock.Consume(source.WithinQuota(_quota, "ann", One, last: _ => "!"), cancellation.Token).AskAt(0, 1, 9);
        _clock.At(3, () =>
        {
            if (how == "left")
                _ = consumer.Leave();
            else
                cancellation.Cancel();
        });
        _clock.Start();

        Assert.That(Show(consumer), Is.EqualTo(how == "left" ? "0:a 5:| 9:|" : "0:a 5:#OperationCanceledException 9:|"));
    }

    [Test]
    public void ALastItemThatCannotBeMade_IsTheFailure()
    {
        _quota = Quota(1);
        var consumer = _clock.Consume(Pull("ab|").WithinQuota(_quota, "ann", One, last: _ => throw Marbles.Failure)).AskAt(0, 1, 2);
        _clock.Start();
        Assert.That(Show(consumer), Is.EqualTo("0:a 1:#InvalidDataException 2:|"));
    }

    [TestCase(0, 0)]
    [TestCase(0, 20)]
    [TestCase(20, 0)]
    [TestCase(19, 20)]
    public void Q07_EmptyBefore_TheSourceIsNeverStarted_AndTheFailureSaysWhenToComeBack(int left, int prompt)
    {
        var mine = _quota.ReserveAsync("ann", 99 - left, 1).GetAwaiter().GetResult();
        mine = _quota.SettleAsync(mine, 1, 0).GetAwaiter().GetResult();
        _clock.AdvanceToFrame(10_500);
        var source = Pull("abc|");
        var consumer = _clock.Consume(source.WithinQuota(_quota, "ann", One, prompt > left ? prompt : left, last: _ => "!"));
        _ = consumer.AskForAll();

        Assert.That(consumer.Items, Is.Empty, "a last item would be a 200");
        var failure = (TokenQuotaExceededException)consumer.Received.Single().Notification.Exception!;
        Assert.That(failure.RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(49.5)));
        Assert.That((source.Enumerations.Count, Usage), Is.EqualTo((0, (100L - left, 0L, (long)left))));

        _clock.AdvanceToFrame(60_000);
        var again = _clock.Consume(source.WithinQuota(_quota, "ann", One, prompt));
        _ = again.Ask();
        Assert.That(again.Items, Has.Count.EqualTo(1), "after that time it is let in");
    }

    [Test]
    public void Q07_EmptyAfterThreeItems_EndsWithTheLastItem_AndItsTime()
    {
        _quota = Quota(3);
        var source = Pull("abcde|");
        var consumer = _clock.Consume(source.WithinQuota(_quota, "ann", One, last: e => $"again in {e.RetryAfter!.Value.TotalMilliseconds} ms"));
        _ = consumer.AskForAll();
        _clock.Start();

        Assert.That(Show(consumer), Is.EqualTo("0:a 1:b 2:c 3:again in 59999 ms 3:|"), "three charges within a second are one");
        Assert.That(source.Cancellations, Is.EqualTo(new[] { 3 }));
        FlowAssert.Clean(source, 3);
    }

    // Leaving, cancelling, failing

    [Test]
    public void Q02_WhoLeavesInTheMiddle_HasPaidForWhatWasRead_AndTheRestIsBackAtOnce()
    {
        _quota = Quota(600);
        var source = _clock.Pull(Enumerable.Range(0, 500).Select(i => new Marble<string>(TimeSpan.Zero, System.Reactive.Notification.CreateOnNext("x"))).ToList());
        var consumer = _clock.Consume(source.WithinQuota(_quota, "ann", One, promptTokens: 20, reserve: 500).Buffered(34, resumeAt: 33));
        for (var i = 0; i < 26; i++)
            _ = consumer.Ask();
        _clock.AdvanceToFrame(1);
        Assert.That((consumer.Items.Count, source.Reads.Count, Usage.Charged + Usage.Held), Is.EqualTo((26, 60, 520L)));

        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
        Assert.That(Usage, Is.EqualTo((80L, 0L, 520L)));
    }

    [TestCase("left")]
    [TestCase("cancelled")]
    public void ARestThatIsHeld_IsBackBeforeADeafReadReturns_AndWhatThatBringsIsCharged(string how)
    {
        using var cancellation = new CancellationTokenSource();
        using var counters = new Counters();
        var source = new PullProbe<string>(_clock, Marbles.Of("a---------b|")) { IgnoresCancellation = true };
        var consumer = _clock.Consume(source.WithinQuota(_quota, "ann", x => x == "a" ? 1 : 30, reserve: 90), cancellation.Token).AskAt(0, 1);
        var leaving = Task.CompletedTask;
        _clock.At(3, () =>
        {
            if (how == "left")
                leaving = consumer.Leave();
            else
                cancellation.Cancel();
        });
        _clock.AdvanceToFrame(3);
        Assert.That(Usage, Is.EqualTo((1L, 0L, 99L)));
        _clock.Start();

        Assert.That(leaving.IsCompletedSuccessfully, Is.True);
        Assert.That((Usage, counters.Dropped), Is.EqualTo(((31L, 0L, 69L), 1L)));
        FlowAssert.Clean(source, 10);
    }

    [Test]
    public void AnItemThatComesTooLate_AndCostsMoreThanIsLeft_IsNotCharged()
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("a---------b|")) { IgnoresCancellation = true };
        var consumer = _clock.Consume(source.WithinQuota(_quota, "ann", x => x == "a" ? 1 : 100, reserve: 5)).AskAt(0, 1);
        _clock.At(3, () => _ = consumer.Leave());
        _clock.Start();
        Assert.That(Usage, Is.EqualTo((1L, 0L, 99L)));
    }

    [TestCase("cancelled", "OperationCanceledException")]
    [TestCase("timeout", "TimeoutException")]
    [TestCase("cost", "InvalidDataException")]
    [TestCase("negative", "ArgumentOutOfRangeException")]
    [TestCase("source", "InvalidDataException")]
    public void Q04_WhoIsStopped_HoldsNothing(string how, string failure)
    {
        using var cancellation = new CancellationTokenSource();
        var source = how == "source" ? Pull("abc#") : Pull("abcd-----e|");
        var stream = source.WithinQuota(_quota, "ann", x => x != "d" ? 2 : how == "cost" ? throw Marbles.Failure : how == "negative" ? -3 : 2, promptTokens: 5, reserve: 50);
        if (how == "timeout")
            stream = stream.Timeout(TimeSpan.FromMilliseconds(4), TimeSpan.FromMilliseconds(4), _clock);
        var consumer = _clock.Consume(stream, cancellation.Token);
        _ = consumer.AskForAll();
        if (how == "cancelled")
            _clock.At(5, cancellation.Cancel);
        _clock.AdvanceToFrame(9);

        Assert.That(consumer.Received[^1].Notification.Exception?.GetType().Name, Is.EqualTo(failure));
        if (how == "negative")
            Assert.That((consumer.Received[^1].Notification.Exception as ArgumentOutOfRangeException)?.ActualValue, Is.EqualTo(-3));
        var charged = 5 + consumer.Items.Count * 2;
        Assert.That(Usage, Is.EqualTo(((long)charged, 0L, 100L - charged)));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
        _clock.Start();
        Assert.That(_clock.Frame, Is.LessThan(20), "no renewal is left on the clock");
    }

    [Test]
    public void Q04_AnAbandonedStream_IsSettledWhenItIsGone_BeforeItsLeaseEnds()
    {
        var clock = new FakeTimeProvider();
        _quota = new(100, Minute * 10, clock);
        Abandon();
        Assert.That(Usage.Held, Is.EqualTo(50));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        clock.Advance(Lease / 3);

        Assert.That(Usage, Is.EqualTo((8L, 0L, 92L)), "what it had spent is charged, and the rest is free at the next renewal");

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Abandon()
        {
            var stream = Endless().WithinQuota(_quota, "ann", One, promptTokens: 5, reserve: 50).GetAsyncEnumerator();
            for (var i = 0; i < 3; i++)
                Assert.That(stream.MoveNextAsync().AsTask().Result, Is.True);
        }

        static async IAsyncEnumerable<string> Endless()
        {
            while (true)
            {
                await Task.CompletedTask;
                yield return "x";
            }
        }
    }

    [Test]
    public void Q04_AReservationOfAProcessThatDied_IsFreeAfterTheLease()
    {
        var dead = new ScriptedQuota(_quota) { Waits = number => number > 1 };
        var consumer = _clock.Consume(Pull("abc|").WithinQuota(dead, "ann", One, promptTokens: 5, reserve: 50));
        _ = consumer.Ask();
        _clock.AdvanceToFrame(29_999);
        Assert.That(Usage, Is.EqualTo((5L, 50L, 45L)));
        _clock.AdvanceToFrame(30_000);
        Assert.That(Usage, Is.EqualTo((5L, 0L, 95L)));
    }

    // Leases

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

    // A quota behind a network

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
