using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>An item that was handed out is good until the consumer comes back or leaves, as in every <c>await foreach</c>, however the stream ends meanwhile.</summary>
public class DisposalWaitsForTheConsumerTests
{
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp() => _clock = new VirtualClock();

    private static readonly LeasePipeline[] Operators =
    [
        new("Through", s => s.Through(o => o)),
        new("Through Select", s => s.Through(o => o.Select(x => x))),
        new("SelectAwait", s => s.SelectAwait((x, _) => ValueTask.FromResult(x), maxConcurrency: 1)),
        new("SelectAwait unordered", s => s.SelectAwait((x, _) => ValueTask.FromResult(x), 4, order: AwaitOrder.Completion)),
        new("Buffered Wait", s => s.Buffered(8)),
        new("Buffered Wait 1", s => s.Buffered(1)),
        new("Buffered DropOldest", s => s.Buffered(8, Overflow.DropOldest)),
        new("Buffered DropNewest", s => s.Buffered(8, Overflow.DropWrite)),
        new("Buffered Fail", s => s.Buffered(8, Overflow.Fail)),
        new("Conflate merge", s => s.Conflate((_, newest) => newest)),
        new("Conflate seed add", s => s.Conflate(x => x, (_, newest) => newest)),
        new("KeepLatest", s => s.KeepLatest()),
    ];

    private static readonly PullPipeline[] All = [.. Pipelines.All.Where(p => p.DisposesLate)];

    // A query that ends

    [TestCaseSource(nameof(Operators))]
    public void TheLastItem_OfTake_IsAliveInTheBody(object pipeline) =>
        AssertAlive(pipeline, "abcd|", s => s.Through(o => o.Take(1)), "a");

    [TestCaseSource(nameof(Operators))]
    public void TheLastItem_OfTakeUntilAPredicate_IsAliveInTheBody(object pipeline) =>
        AssertAlive(pipeline, "abcd|", s => s.Through(o => o.TakeUntil(_ => true)), "a");

    [TestCaseSource(nameof(Operators))]
    public void AnItem_WhoseQueryEndsByATimer_IsAliveInTheBody(object pipeline) =>
        AssertAlive(pipeline, "abcd|", s => s.Through(o => o.TakeUntil(Observable.Timer(TimeSpan.FromMilliseconds(3), _clock))), "a");

    [TestCaseSource(nameof(Operators))]
    public void AnItem_WhoseQueryFailsByATimer_IsAliveInTheBody(object pipeline) =>
        AssertAlive(
            pipeline,
            "abcd|",
            s => s.Through(o => o.Merge(Observable.Timer(TimeSpan.FromMilliseconds(3), _clock).SelectMany(Observable.Throw<Lease>(Marbles.Failure)))),
            "a",
            Marbles.Failure);

    [Test]
    public void SeveralResultsOfTheLastItem_AreAliveInTheBody() =>
        AssertAlive(new LeasePipeline("", s => s), "abcd|", s => s.Through(o => o.Take(1).SelectMany(x => new[] { x, x })), "aa");

    // A source that ends

    [TestCaseSource(nameof(Operators))]
    public void TheItems_OfASourceThatEnds_AreAliveInTheBody(object pipeline) => AssertAlive(pipeline, "ab|", s => s, "ab");

    [TestCaseSource(nameof(Operators))]
    public void TheItems_OfASourceThatFails_AreAliveInTheBody(object pipeline) => AssertAlive(pipeline, "ab#", s => s, "ab", Marbles.Failure);

    [TestCaseSource(nameof(All))]
    public void ASourceThatEndsWhileTheConsumerIsAway_IsDisposedWhenNothingIsLeftToHandOut(object pipeline)
    {
        foreach (var (ending, told) in new[] { ("|", "|"), ("#", "#InvalidDataException") })
        {
            var source = _clock.Pull(Marbles.Of("ab" + ending));
            var start = _clock.Frame;
            var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source)).AskAt(start, start + 20, start + 40);
            _clock.AdvanceToFrame(start + 39);
            Assert.That(source.Disposals, Is.Empty);

            _clock.AdvanceToFrame(start + 40);
            Assert.That(Marbles.Show(consumer.Received), Does.EndWith($"{start + 40}:{told}"));
            Assert.That(source.Disposals, Is.EqualTo(new[] { start + 40 }));
        }
    }

    [TestCaseSource(nameof(All))]
    public void ASourceThatEndsWhileTheConsumerIsAway_IsDisposedWhenItLeaves(object pipeline)
    {
        var source = _clock.Pull(Marbles.Of("a|"));
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source)).AskAt(0);
        _clock.AdvanceToFrame(9);
        Assert.That(source.Disposals, Is.Empty);

        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
        Assert.That(source.Disposals, Is.EqualTo(new[] { 9 }));
    }

    // A stage that fails

    private static readonly LeasePipeline[] FailingStages =
    [
        new("Buffered Fail", s => s.Buffered(1, Overflow.Fail)),
        new("onDropped of Buffered", s => s.Buffered(1, Overflow.DropOldest, onDropped: _ => throw Marbles.Failure)),
        new("onDropped of KeepLatest", s => s.KeepLatest(_ => throw Marbles.Failure)),
        new("merge", s => s.Conflate((_, _) => throw Marbles.Failure)),
        new("seed", s => s.Conflate(x => x.Name == "b" ? throw Marbles.Failure : x, (x, _) => x)),
        new("selector", s => s.SelectAwait((x, _) => x.Name == "b" ? throw Marbles.Failure : ValueTask.FromResult(x), 2)),
    ];

    [TestCaseSource(nameof(FailingStages))]
    public void AnItem_WhoseStageFailsWhileTheConsumerIsAtWork_IsAliveInTheBody(object pipeline)
    {
        var source = _clock.Pull(Marbles.Of("abcdef|"));
        var consuming = Consume(((LeasePipeline)pipeline).Over(new LeasingSource(source)), default);
        _clock.Start();

        var (seen, failure) = consuming.Result;
        Assert.That(seen, Has.None.Contains("dead").And.Not.Empty);
        Assert.That(failure, Is.Not.Null);
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
    }

    // A cancellation

    [TestCaseSource(nameof(Operators))]
    public void AnItem_WhoseEnumerationIsCancelled_IsAliveInTheBody(object pipeline)
    {
        var source = _clock.Pull(Marbles.Of("abcdef|"));
        using var cancellation = new CancellationTokenSource();
        var consuming = Consume(((LeasePipeline)pipeline).Over(new LeasingSource(source)), cancellation.Token);
        _clock.At(3, cancellation.Cancel);
        _clock.Start();

        var (seen, failure) = consuming.Result;
        Assert.That(seen, Is.EqualTo(new[] { "a" }));
        Assert.That(failure, Is.InstanceOf<OperationCanceledException>());
        Assert.That(source.Cancellations, Is.EqualTo(new[] { 3 }), "the token at once");
        Assert.That(source.Disposals, Is.EqualTo(new[] { 5 }), "the disposal when the body is done");
    }

    [TestCaseSource(nameof(All))]
    public void ACancellationWhileTheConsumerIsAway_DisposesWhenItComesBackOrLeaves(object pipeline)
    {
        foreach (var leaves in new[] { false, true })
        {
            var clock = new VirtualClock();
            var source = clock.Pull(Marbles.Of("abcdefgh|"));
            using var cancellation = new CancellationTokenSource();
            var consumer = clock.Consume(((PullPipeline)pipeline).Over(source), cancellation.Token).AskAt(0);
            clock.At(3, cancellation.Cancel);
            clock.AdvanceToFrame(20);
            Assert.That((source.Cancellations.Count, source.Disposals.Count), Is.EqualTo((1, 0)));

            if (!leaves)
            {
                _ = consumer.Ask();
                Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 20:#OperationCanceledException"));
                Assert.That(source.Disposals, Is.EqualTo(new[] { 20 }));
            }

            Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
            Assert.That(source.Disposals, Is.EqualTo(new[] { 20 }));
            Assert.That(source.Violations, Is.Empty);
        }
    }

    // SelectAwait: its functions are at work on items too

    [Test]
    public void SelectAwait_ThatIsCancelled_AwaitsItsFunctionsThenDisposes([Values] bool ordered)
    {
        var source = _clock.Pull(Marbles.Of("ab"));
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(source.SelectAwait(TakeTenFrames, 2, ordered ? AwaitOrder.Source : AwaitOrder.Completion), cancellation.Token).AskAt(0);
        _clock.At(3, cancellation.Cancel);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("11:#OperationCanceledException"));
        Assert.That((source.Cancellations.Single(), source.Disposals.Single()), Is.EqualTo((3L, 11L)), "b's function, begun at 1");
    }

    [Test]
    public void SelectAwait_ThatIsLeft_AwaitsItsFunctionsThenDisposes([Values] bool ordered)
    {
        var source = _clock.Pull(Marbles.Of("ab"));
        var consumer = _clock.Consume(source.SelectAwait(TakeTenFrames, 2, ordered ? AwaitOrder.Source : AwaitOrder.Completion)).AskAt(0);
        var leaving = Task.CompletedTask;
        _clock.At(3, () => leaving = consumer.Leave());
        _clock.AdvanceToFrame(10);
        Assert.That((source.Disposals.Count, leaving.IsCompleted), Is.EqualTo((0, false)));

        _clock.Start();
        Assert.That((source.Disposals.Single(), leaving.IsCompletedSuccessfully), Is.EqualTo((11L, true)));
    }

    [Test]
    public void SelectAwait_AFunctionOfWhichFails_AwaitsTheOthersThenDisposes()
    {
        var source = _clock.Pull(Marbles.Of("ab"));
        var consumer = _clock.Consume(source.SelectAwait(
            async (x, token) =>
            {
                if (x != "b")
                    return await TakeTenFrames(x, token);
                await _clock.Delay(TimeSpan.FromMilliseconds(2), CancellationToken.None);
                throw Marbles.Failure;
            },
            2,
            order: AwaitOrder.Completion)).AskAt(0);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("10:#InvalidDataException"));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 10 }));
    }

    private async ValueTask<string> TakeTenFrames(string item, CancellationToken cancellationToken)
    {
        await _clock.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
        return item;
    }

    private void AssertAlive(
        object pipeline, string diagram, Func<IAsyncEnumerable<Lease>, IAsyncEnumerable<Lease>> query, string names, Exception? ending = null)
    {
        var source = _clock.Pull(Marbles.Of(diagram));
        var consuming = Consume(query(((LeasePipeline)pipeline).Over(new LeasingSource(source))), default);
        _clock.Start();

        var (seen, failure) = consuming.Result;
        Assert.That(string.Concat(seen), Is.EqualTo(names));
        Assert.That(failure, Is.SameAs(ending));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
        Assert.That(source.Violations, Is.Empty);
    }

    /// <summary>Works for five frames on each item.</summary>
    private async Task<(List<string> Seen, Exception? Failure)> Consume(IAsyncEnumerable<Lease> stream, CancellationToken cancellationToken)
    {
        var seen = new List<string>();
        try
        {
            await foreach (var lease in stream.WithCancellation(cancellationToken))
            {
                var before = lease.IsAlive;
                await _clock.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
                seen.Add(before && lease.IsAlive ? lease.Name : $"{lease.Name}, dead {(before ? "after" : "before")} the work, ");
            }
        }
        catch (Exception failure)
        {
            return (seen, failure);
        }

        return (seen, null);
    }
}
