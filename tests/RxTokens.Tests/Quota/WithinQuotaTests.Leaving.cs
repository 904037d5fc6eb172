using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <content>Leaving, cancelling, failing: what is charged then, and when the rest is back.</content>
public partial class WithinQuotaTests
{
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
}
