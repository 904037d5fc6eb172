using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>The promises that every operator from pull to pull keeps, over all of them.</summary>
public class ContractTests
{
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp() => _clock = new VirtualClock();

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private static readonly PullPipeline[] Operators = Pipelines.All;

    [TestCaseSource(nameof(Operators))]
    public void BeforeTheFirstRequest_NothingIsRead(object pipeline)
    {
        var source = Pull("abc|");
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source));
        _clock.AdvanceToFrame(100);
        Assert.That(source.Enumerations, Is.Empty);

        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
        Assert.That(consumer.Ask().Result, Is.False);
        Assert.That((source.Enumerations.Count, source.Disposals.Count), Is.EqualTo((0, 0)));
    }

    [TestCaseSource(nameof(Operators))]
    public void AConsumerThatKeepsUp_GetsEveryItemWhenItIsThere(object pipeline)
    {
        var source = Pull("-a--b-c|");
        var done = _clock.Consume(((PullPipeline)pipeline).Over(source));
        var task = done.AskForAll();
        _clock.Start();

        Assert.That(task.IsCompletedSuccessfully, Is.True);
        Assert.That(Marbles.Show(done.Received), Is.EqualTo("1:a 4:b 6:c 7:|"));
        Assert.That((source.Disposals.Count, source.Cancellations.Count, source.Violations.Count), Is.EqualTo((1, 0, 0)));
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 1, 4, 6 }), "no read more than the source has items, and one for the end");
    }

    [TestCaseSource(nameof(Operators))]
    public void LeavingDuringARead_CancelsAwaitsAndDisposesOnce(object pipeline)
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("a----b|")) { DisposalFrames = 2 };
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source)).AskAt(0, 1);
        var leaving = Task.CompletedTask;
        long left = 0;
        _clock.At(3, async () =>
        {
            leaving = consumer.Leave();
            await leaving;
            left = _clock.Frame;
        });
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 5:|"));
        Assert.That(leaving.IsCompletedSuccessfully, Is.True);
        Assert.That((source.Cancellations[0], source.Disposals.Single(), left), Is.EqualTo((3L, 3L, 5L)));
        Assert.That(source.Violations, Is.Empty);
        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True, "twice is once");
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
    }

    [TestCaseSource(nameof(Operators))]
    public void LeavingTwiceWhileTheDisposalRuns_WaitsForItBothTimes(object pipeline)
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("a----b|")) { DisposalFrames = 2 };
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source)).AskAt(0);
        _clock.AdvanceToFrame(3);
        var first = consumer.Leave();
        var second = consumer.Leave();
        Assert.That((first.IsCompleted, second.IsCompleted), Is.EqualTo((false, false)));
        _clock.Start();

        Assert.That((first.IsCompletedSuccessfully, second.IsCompletedSuccessfully), Is.EqualTo((true, true)));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
    }

    [TestCaseSource(nameof(Operators))]
    public void LeavingASourceWhoseDisposalFails_TellsTheOneWhoLeaves(object pipeline)
    {
        foreach (var frames in new[] { 0, 2 })
        {
            var source = new PullProbe<string>(_clock, Marbles.Of("a----b|")) { DisposalFailure = Marbles.Failure, DisposalFrames = frames };
            var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source));
            _ = consumer.Ask();
            var leaving = consumer.Leave();
            _clock.Start();

            Assert.That(leaving.Exception?.InnerException, Is.SameAs(Marbles.Failure));
        }
    }

    [TestCaseSource(nameof(Operators))]
    public void CancellingDuringARead_EndsWithOperationCanceledAfterTheDisposal(object pipeline)
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("a----b|")) { DisposalFrames = 2 };
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source), cancellation.Token).AskAt(0, 1, 9);
        _clock.At(3, cancellation.Cancel);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 5:#OperationCanceledException 9:|"));
        Assert.That((source.Cancellations[0], source.Disposals.Single()), Is.EqualTo((3L, 3L)));
        Assert.That(source.Violations, Is.Empty);
    }

    [TestCaseSource(nameof(Operators))]
    public void CancellingWhileTheConsumerIsAway_EndsTheNextRequest(object pipeline)
    {
        var source = Pull("abcdefgh|");
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source), cancellation.Token).AskAt(0, 20);
        _clock.At(3, cancellation.Cancel);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 20:#OperationCanceledException"));
        Assert.That((source.Cancellations[0], source.Disposals.Single()), Is.EqualTo((3L, ((PullPipeline)pipeline).DisposesLate ? 20L : 3L)), "what the consumer has is good until it comes back");
    }

    [TestCaseSource(nameof(Operators))]
    public void CancellingBeforeTheFirstRequest_EndsItWithoutReading(object pipeline)
    {
        var source = Pull("abc|");
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source), new CancellationToken(canceled: true)).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#OperationCanceledException 1:|"));
        Assert.That(source.Enumerations, Is.Empty);
    }

    [Test]
    public void CancellingWhileTheFirstRequestConnects_EndsIt()
    {
        foreach (var push in Pipelines.OverPush)
        {
            using var cancellation = new CancellationTokenSource();
            var unsubscriptions = 0;
            var consumer = _clock.Consume(push.Over(new RawObservable<string>(_ =>
            {
                cancellation.Cancel();
                return System.Reactive.Disposables.Disposable.Create(() => unsubscriptions++);
            })), cancellation.Token);
            _ = consumer.Ask();
            Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#OperationCanceledException"), push.Name);
            Assert.That(unsubscriptions, Is.EqualTo(1), push.Name);
        }

        var source = Pull("a|");
        using var query = new CancellationTokenSource();
        var through = _clock.Consume(source.Through(o =>
        {
            query.Cancel();
            return o;
        }), query.Token);
        _ = through.Ask();
        Assert.That(Marbles.Show(through.Received), Is.EqualTo("0:#OperationCanceledException"));
        Assert.That(source.Enumerations, Is.Empty);
    }

    [TestCaseSource(nameof(Operators))]
    public void AFailure_IsReportedOnce(object pipeline)
    {
        var source = Pull("-#");
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source)).AskAt(0, 2, 3);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:#InvalidDataException 2:| 3:|"));
        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
        Assert.That(source.Disposals, Is.EqualTo(new[] { 1 }));
    }

    [TestCaseSource(nameof(Operators))]
    public void TheEnd_WaitsForTheSourcesDisposal_AndReportsItsFailure(object pipeline)
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("-|")) { DisposalFailure = Marbles.Failure, DisposalFrames = 4 };
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source)).AskAt(0, 9);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("5:#InvalidDataException 9:|"));
    }

    [TestCaseSource(nameof(Operators))]
    public void OverlappingRequests_AreRefused(object pipeline)
    {
        var stream = ((PullPipeline)pipeline).Over(Pull("---a|")).GetAsyncEnumerator();
        var first = stream.MoveNextAsync().AsTask();
        Assert.That(() => stream.MoveNextAsync().AsTask(), Throws.InvalidOperationException.With.Message.Contains("MoveNextAsync"));
        _clock.Start();

        Assert.That((first.Result, stream.Current), Is.EqualTo((true, "a")));
    }

    [TestCaseSource(nameof(Operators))]
    public async Task ACompilerMadeIterator_IsUsedAsItMustBe(object pipeline)
    {
        var finallies = 0;
        var count = 0;
        var source = Sources.Iterator(1000, () => finallies++);
        await foreach (var text in ((PullPipeline)pipeline).Over(Texts()))
        {
            if (++count == 3)
                break;
        }

        Assert.That(finallies, Is.EqualTo(1));

        async IAsyncEnumerable<string> Texts()
        {
            await foreach (var i in source)
                yield return i.ToString();
        }
    }

    [TestCaseSource(nameof(Operators))]
    public void TwoEnumerations_ReadTheSourceTwice(object pipeline)
    {
        var source = Pull("ab|");
        var stream = ((PullPipeline)pipeline).Over(source);
        var first = _clock.Consume(stream).AskAt(0, 1, 2);
        var second = _clock.Consume(stream).AskAt(5, 6, 7);
        _clock.Start();

        Assert.That(Marbles.Show(first.Received), Is.EqualTo("0:a 1:b 2:|"));
        Assert.That(Marbles.Show(second.Received), Is.EqualTo("5:a 6:b 7:|"));
        Assert.That(source.Enumerations, Is.EqualTo(new[] { 0, 5 }));
    }
}
