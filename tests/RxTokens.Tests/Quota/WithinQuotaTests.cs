using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Streams that are charged while they run: what is delivered, what is charged, and when the rest is given back.</summary>
public partial class WithinQuotaTests
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
}
