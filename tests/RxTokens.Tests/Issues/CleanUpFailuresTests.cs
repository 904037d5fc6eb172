using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>
/// No failure of a clean-up, or of a function in work, is lost or hides the first one (Kotlin/kotlinx.coroutines#2860,
/// Open.ChannelExtensions#40, dotnet/reactive#843, EnumerableAsyncProcessor#363).
/// </summary>
public class CleanUpFailuresTests
{
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp() => _clock = new VirtualClock();

    private static readonly PullPipeline[] Operators = Pipelines.All;

    private static readonly IOException CleanUp = new("clean-up failed");

    /// <summary>What writers of iterators do: of a read that is given up, the <c>finally</c> runs inside MoveNextAsync.</summary>
    private async IAsyncEnumerable<string> Iterator(Exception? failure = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            yield return "a";
            await _clock.Delay(TimeSpan.FromHours(1), cancellationToken);
        }
        finally
        {
            throw failure ?? CleanUp;
        }
    }

    // A read that is given up

    [Test]
    public void ATimerThatEndsTheQueryDuringARead_TellsWhatTheFinallyThrows()
    {
        var consumer = _clock.Consume(Iterator().Through(o => o.TakeUntil(Observable.Timer(TimeSpan.FromMilliseconds(3), _clock)))).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 3:#IOException"));
        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True, "not told twice");
    }

    [Test]
    public void ATimerThatFailsTheQueryDuringARead_TellsItsFailureAndWhatTheFinallyThrows()
    {
        var consumer = _clock.Consume(Iterator().Through(o => o.Timeout(TimeSpan.FromMilliseconds(3), _clock))).AskAt(0, 1);
        _clock.Start();

        Assert.That(Told(consumer), Is.EqualTo(new[] { typeof(TimeoutException), typeof(IOException) }));
        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True, "not told twice");
    }

    [TestCaseSource(nameof(Operators))]
    public void LeavingDuringARead_TellsWhatTheFinallyThrows(object pipeline)
    {
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(Iterator())).AskAt(0, 1);
        var leaving = Task.CompletedTask;
        _clock.At(3, () => leaving = consumer.Leave());
        _clock.AdvanceToFrame(9);

        Assert.That(leaving.Exception?.InnerException, Is.SameAs(CleanUp));
    }

    [TestCaseSource(nameof(Operators))]
    public void LeavingDuringARead_ThatFails_IsToldOnceByTheOneWhoLeaves(object pipeline)
    {
        var reading = ((PullPipeline)pipeline).Over(Iterator()).GetAsyncEnumerator();
        Assert.That(reading.MoveNextAsync().AsTask().Result, Is.True);
        var waiting = reading.MoveNextAsync().AsTask();
        var leaving = reading.DisposeAsync().AsTask();
        _clock.Start();

        Assert.That(waiting.IsCompletedSuccessfully && !waiting.Result, Is.True, "who has left is told nothing more");
        Assert.That(leaving.Exception?.InnerException, Is.SameAs(CleanUp));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void WhatAQueryWasTold_IsToldWhoLeaves_UnlessTheQueryHasEndedWell(bool endsWell)
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("|")) { DisposalFailure = CleanUp };
        var consumer = _clock.Consume(source.Through(o => o.Catch(Observable.Return("instead").Concat(endsWell ? Observable.Empty<string>() : Observable.Never<string>())))).AskAt(0);
        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:instead"));

        var leaving = consumer.Leave();
        Assert.That(leaving.Exception?.InnerException, endsWell ? Is.Null : Is.SameAs(CleanUp));
    }

    [TestCaseSource(nameof(Operators))]
    public void CancellingDuringARead_SaysCanceled_AndLeavingTellsWhatTheFinallyThrows(object pipeline)
    {
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(Iterator()), cancellation.Token).AskAt(0, 1);
        _clock.At(3, cancellation.Cancel);
        _clock.AdvanceToFrame(9);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 3:#OperationCanceledException"));
        Assert.That(consumer.Leave().Exception?.InnerException, Is.SameAs(CleanUp));
    }

    [Test]
    public void UnsubscribingDuringARead_ReportsWhatTheFinallyThrowsAsUnobserved()
    {
        var told = UnobservedFailures.Of(() =>
        {
            var subscription = Iterator().AsObservable().Subscribe();
            _clock.AdvanceToFrame(3);
            subscription.Dispose();
        });

        Assert.That(told, Has.Member(CleanUp));
    }

    [TestCaseSource(nameof(Operators))]
    public void AGivenUpReadThatIsCancelled_IsNoFailure(object pipeline)
    {
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(_clock.Pull("a----b|"))).AskAt(0, 1);
        _clock.AdvanceToFrame(3);

        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
    }

    // Somebody else's OperationCanceledException: a time limit that the clean-up has of its own

    private static OperationCanceledException Foreign => new(new CancellationToken(canceled: true));

    [TestCaseSource(nameof(Operators))]
    public void AForeignCancellationInTheCleanUp_IsToldToTheOneWhoLeaves(object pipeline)
    {
        foreach (var frame in new[] { 3, 9 })
        {
            var clock = new VirtualClock();
            var failure = Foreign;
            var source = new PullProbe<string>(clock, Marbles.Of("a-------b---|")) { DisposalFailure = failure };
            var consumer = clock.Consume(((PullPipeline)pipeline).Over(source)).AskAt(0, 1);
            clock.AdvanceToFrame(frame);

            AssertTells(consumer.Leave(), failure);
        }
    }

    [TestCaseSource(nameof(Operators))]
    public void AForeignCancellationInTheCleanUp_IsToldAfterACancellation(object pipeline)
    {
        var failure = Foreign;
        var source = new PullProbe<string>(_clock, Marbles.Of("a-------b|")) { DisposalFailure = failure };
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source), cancellation.Token).AskAt(0, 1);
        _clock.At(3, cancellation.Cancel);
        _clock.AdvanceToFrame(4);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 3:#OperationCanceledException"));
        Assert.That(((OperationCanceledException)consumer.Received[1].Notification.Exception!).CancellationToken, Is.EqualTo(cancellation.Token));
        AssertTells(consumer.Leave(), failure);
    }

    [TestCaseSource(nameof(Operators))]
    public void AForeignCancellationInTheCleanUp_IsToldWhenTheQueryEnds(object pipeline)
    {
        var failure = Foreign;
        var source = new PullProbe<string>(_clock, Marbles.Of("a---------b|")) { DisposalFailure = failure };
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source).Through(o => o.Take(1))).AskAt(0, 9);
        _clock.AdvanceToFrame(9);

        Assert.That(consumer.Received[^1].Notification.Exception, Is.SameAs(failure));
    }

    // Both

    [TestCaseSource(nameof(Operators))]
    public void ASourceThatFails_AndItsCleanUp_AreToldTogether(object pipeline)
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("a#")) { DisposalFailure = CleanUp };
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source)).AskAt(0, 9, 10);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 9:#AggregateException 10:|"));
        AssertBoth(consumer.Received[1].Notification.Exception);
        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True, "not told twice");
    }

    private static readonly PullPipeline[] FailingStages =
    [
        new("query", s => s.Through(o => o.Select(x => x == "b" ? throw Marbles.Failure : x))),
        new("query function", s => s.Through(o => o.TakeWhile(x => x != "b").Concat(Observable.Throw<string>(Marbles.Failure)))),
        new("selector", s => s.SelectAwait((x, _) => x == "b" ? throw Marbles.Failure : ValueTask.FromResult(x), maxConcurrency: 1)),
        new("selector's task", s => s.SelectAwait((x, _) => x == "b" ? ValueTask.FromException<string>(Marbles.Failure) : ValueTask.FromResult(x), maxConcurrency: 1)),
        new("merge", s => s.Conflate((_, y) => y == "c" ? throw Marbles.Failure : y)),
        new("seed", s => s.Conflate(x => x == "b" ? throw Marbles.Failure : x, (x, _) => x)),
        new("onDropped of KeepLatest", s => s.KeepLatest(_ => throw Marbles.Failure)),
        new("onDropped of Buffered", s => s.Buffered(1, Overflow.DropOldest, onDropped: _ => throw Marbles.Failure)),
    ];

    [TestCaseSource(nameof(FailingStages))]
    public void AStageThatFails_AndTheSourcesCleanUp_AreToldTogether(object pipeline)
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("abcdef|")) { DisposalFailure = CleanUp };
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source)).AskAt(0, 9, 10, 11, 12);
        _clock.Start();

        AssertBoth(consumer.Received.Select(m => m.Notification.Exception).Single(e => e is not null));
        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True, "not told twice");
    }

    [Test]
    public void AFullBuffer_AndTheSourcesCleanUp_AreToldTogether()
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("abcdef|")) { DisposalFailure = CleanUp };
        var consumer = _clock.Consume(source.Buffered(1, Overflow.Fail)).AskAt(0, 9, 10);
        _clock.Start();

        Assert.That(Told(consumer), Is.EqualTo(new[] { typeof(BackpressureException), typeof(IOException) }));
    }

    // Functions in work

    [Test]
    public void FunctionsThatFailWhenTheyAreGivenUp_TellTheOneWhoLeaves([Values] bool ordered)
    {
        var consumer = _clock.Consume(_clock.Pull(Marbles.Of("[abc]")).SelectAwait(HalfWritten, 3, ordered ? AwaitOrder.Source : AwaitOrder.Completion)).AskAt(0);
        var leaving = Task.CompletedTask;
        _clock.At(3, () => leaving = consumer.Leave());
        _clock.AdvanceToFrame(9);

        Assert.That(leaving.Exception, Is.Not.Null);
        Assert.That(leaving.Exception!.Flatten().InnerExceptions.Select(e => e.Message).Order(), Is.EqualTo(new[] { "b half written", "c half written" }));
    }

    [Test]
    public void FunctionsThatFailWhenTheyAreGivenUp_AreToldAfterACancellation([Values] bool ordered)
    {
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(_clock.Pull(Marbles.Of("[abc]")).SelectAwait(HalfWritten, 3, ordered ? AwaitOrder.Source : AwaitOrder.Completion), cancellation.Token).AskAt(0, 3);
        _clock.At(3, cancellation.Cancel);
        _clock.AdvanceToFrame(9);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("2:A 3:#OperationCanceledException"));
        Assert.That(consumer.Leave().Exception?.Flatten().InnerExceptions, Has.Count.EqualTo(2));
    }

    [Test]
    public void FunctionsThatFailBecauseAnotherHasFailed_AreToldWithIt([Values] bool ordered)
    {
        var consumer = _clock.Consume(_clock.Pull(Marbles.Of("[xbc]")).SelectAwait(HalfWritten, 3, ordered ? AwaitOrder.Source : AwaitOrder.Completion)).AskAt(0, 9);
        _clock.Start();

        var told = ((AggregateException)consumer.Received[0].Notification.Exception!).Flatten().InnerExceptions.Select(e => e.Message).ToList();
        Assert.That(told[0], Is.EqualTo("x failed"));
        Assert.That(told.Skip(1).Order(), Is.EqualTo(new[] { "b half written", "c half written" }));
    }

    [Test]
    public void AFunctionThatHasFailed_BehindOneThatIsInWork_TellsTheOneWhoLeaves()
    {
        var failure = new FormatException();
        var consumer = _clock.Consume(_clock.Pull(Marbles.Of("[ab]")).SelectAwait(
            async (x, token) =>
            {
                if (x == "b")
                    throw failure;
                await _clock.Delay(TimeSpan.FromHours(1), token);
                return x;
            },
            2)).AskAt(0);
        _clock.AdvanceToFrame(3);

        Assert.That(consumer.Leave().Exception?.InnerException, Is.SameAs(failure));
    }

    [Test]
    public void FunctionsThatAreCancelled_AreNoFailure([Values] bool ordered)
    {
        var consumer = _clock.Consume(_clock.Pull(Marbles.Of("[abc]")).SelectAwait(
            async (x, token) =>
            {
                await _clock.Delay(TimeSpan.FromHours(1), token);
                return x;
            },
            3,
            ordered ? AwaitOrder.Source : AwaitOrder.Completion)).AskAt(0);
        _clock.AdvanceToFrame(3);

        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
    }

    /// <summary>"a" is done, and "x" fails, at 2; the others go on for ever, and fail when they are cancelled.</summary>
    private async ValueTask<string> HalfWritten(string item, CancellationToken cancellationToken)
    {
        if (item is "a" or "x")
        {
            await _clock.Delay(TimeSpan.FromMilliseconds(2), CancellationToken.None);
            return item == "a" ? "A" : throw new InvalidDataException("x failed");
        }

        try
        {
            await _clock.Delay(TimeSpan.FromHours(1), cancellationToken);
        }
        catch (OperationCanceledException)
        {
            throw new InvalidDataException($"{item} half written");
        }

        return item;
    }

    private static void AssertTells(Task leaving, OperationCanceledException failure)
    {
        Assert.That(leaving.IsCompleted, Is.True);
        Assert.That(async () => await leaving, Throws.InstanceOf<OperationCanceledException>()
            .With.Property(nameof(OperationCanceledException.CancellationToken)).EqualTo(failure.CancellationToken));
    }

    private static void AssertBoth(Exception? failure) =>
        Assert.That((failure as AggregateException)?.InnerExceptions, Is.EqualTo(new Exception[] { Marbles.Failure, CleanUp }));

    private static IEnumerable<Type> Told(PullConsumer<string> consumer) =>
        consumer.Received[^1].Notification.Exception is AggregateException all
            ? all.InnerExceptions.Select(e => e.GetType())
            : [consumer.Received[^1].Notification.Exception!.GetType()];
}
