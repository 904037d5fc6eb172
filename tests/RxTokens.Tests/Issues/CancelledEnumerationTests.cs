using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>A cancelled enumeration ends as cancelled, with the caller's token, whenever it is cancelled and whatever else the token calls back.</summary>
public class CancelledEnumerationTests
{
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp() => _clock = new VirtualClock();

    private static readonly PullPipeline[] Operators = Pipelines.All;

    private static readonly PushPipeline[] OverPush = Pipelines.OverPush;

    // The task says Canceled, not Faulted, and names the caller's token

    [TestCaseSource(nameof(Operators))]
    public async Task CancelledBeforeTheFirstRequest_IsCanceled(object pipeline)
    {
        using var cancellation = new CancellationTokenSource();
        await using var reading = ((PullPipeline)pipeline).Over(_clock.Pull("abc|")).GetAsyncEnumerator(cancellation.Token);
        cancellation.Cancel();

        AssertCanceled(reading.MoveNextAsync().AsTask(), cancellation.Token);
    }

    [TestCaseSource(nameof(Operators))]
    public async Task CancelledWhileTheConsumerWaits_IsCanceled(object pipeline)
    {
        using var cancellation = new CancellationTokenSource();
        await using var reading = ((PullPipeline)pipeline).Over(_clock.Pull("---a|")).GetAsyncEnumerator(cancellation.Token);
        var waiting = reading.MoveNextAsync().AsTask();
        cancellation.Cancel();

        AssertCanceled(waiting, cancellation.Token);
        Assert.That(await reading.MoveNextAsync(), Is.False, "it is told once");
    }

    [TestCaseSource(nameof(Operators))]
    public async Task CancelledWhileTheConsumerIsAway_IsCanceled(object pipeline)
    {
        using var cancellation = new CancellationTokenSource();
        await using var reading = ((PullPipeline)pipeline).Over(_clock.Pull("abc|")).GetAsyncEnumerator(cancellation.Token);
        Assert.That(await reading.MoveNextAsync(), Is.True);
        cancellation.Cancel();

        AssertCanceled(reading.MoveNextAsync().AsTask(), cancellation.Token);
        Assert.That(await reading.MoveNextAsync(), Is.False, "it is told once");
    }

    [TestCaseSource(nameof(Operators))]
    public void CancelledWhileTheSourceIsDisposed_IsCanceled(object pipeline)
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("a----b|")) { DisposalFrames = 4 };
        using var cancellation = new CancellationTokenSource();
        var reading = ((PullPipeline)pipeline).Over(source).GetAsyncEnumerator(cancellation.Token);
        _ = reading.MoveNextAsync().AsTask();
        cancellation.Cancel();
        var ending = reading.MoveNextAsync().AsTask();
        Assert.That(ending.IsCompleted, Is.False);
        _clock.Start();

        AssertCanceled(ending, cancellation.Token);
    }

    [TestCaseSource(nameof(Operators))]
    public async Task CancelledAfterTheEnd_ChangesNothing(object pipeline)
    {
        using var cancellation = new CancellationTokenSource();
        await using var reading = ((PullPipeline)pipeline).Over(_clock.Pull("|")).GetAsyncEnumerator(cancellation.Token);
        Assert.That(await reading.MoveNextAsync(), Is.False);
        cancellation.Cancel();

        Assert.That(await reading.MoveNextAsync(), Is.False);
    }

    [TestCaseSource(nameof(OverPush))]
    public async Task OverAPushSource_IsCanceled(object pipeline)
    {
        var stream = ((PushPipeline)pipeline).Over(_clock.Hot("a-----b"));
        foreach (var isWaiting in new[] { false, true })
        {
            using var cancellation = new CancellationTokenSource();
            await using var reading = stream.GetAsyncEnumerator(cancellation.Token);
            var waiting = isWaiting ? reading.MoveNextAsync().AsTask() : null;
            cancellation.Cancel();

            AssertCanceled(waiting ?? reading.MoveNextAsync().AsTask(), cancellation.Token);
        }
    }

    // CancellationTokenSource.Cancel(throwOnFirstException: true): a callback that throws keeps those registered before it from being called

    [TestCaseSource(nameof(Operators))]
    public void AnotherCallbackThatThrows_DoesNotKeepTheStreamFromEnding(object pipeline)
    {
        foreach (var isAway in new[] { false, true })
        {
            var clock = new VirtualClock();
            var source = clock.Pull(Marbles.Of("a---b----------------|"));
            using var cancellation = new CancellationTokenSource();
            var consumer = clock.Consume(((PullPipeline)pipeline).Over(source), cancellation.Token).AskAt(0, 20);
            clock.AdvanceToFrame(isAway ? 9 : 1);
            CancelWithACallbackThatThrows(cancellation);
            clock.AdvanceToFrame(20);

            Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 20:#OperationCanceledException"));
            Assert.That(source.Disposals, Is.EqualTo(new[] { 20 }));
            Assert.That(source.Violations, Is.Empty);
            Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
        }
    }

    [TestCaseSource(nameof(OverPush))]
    public void AnotherCallbackThatThrows_DoesNotKeepAPushStreamFromEnding(object pipeline)
    {
        var source = _clock.Hot(Marbles.Of("-a-b-c-d-e"));
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(((PushPipeline)pipeline).Over(source), cancellation.Token).AskAt(0, 5);
        _clock.AdvanceToFrame(4);
        CancelWithACallbackThatThrows(cancellation);
        _clock.AdvanceToFrame(5);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:a 5:#OperationCanceledException"));
        Assert.That(source.Subscriptions.Single().Unsubscribed, Is.EqualTo(5));
    }

    [TestCaseSource(nameof(Operators))]
    public void AnotherCallbackThatThrows_DoesNotKeepAReaderFromLeaving(object pipeline)
    {
        var source = _clock.Pull(Marbles.Of("a---b|"));
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source), cancellation.Token).AskAt(0, 1);
        _clock.AdvanceToFrame(2);
        CancelWithACallbackThatThrows(cancellation);
        var leaving = consumer.Leave();
        _clock.Start();

        Assert.That(leaving.IsCompletedSuccessfully, Is.True);
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
        Assert.That(source.Violations, Is.Empty);
    }

    private static void CancelWithACallbackThatThrows(CancellationTokenSource cancellation)
    {
        using var registration = cancellation.Token.Register(static () => throw new FormatException("another callback"));
        Assert.That(() => cancellation.Cancel(throwOnFirstException: true), Throws.TypeOf<FormatException>());
    }

    [TestCaseSource(nameof(Operators))]
    public void ACallbackThatKeepsOursFromBeingCalled_BeforeASourceEndsByItself_IsCanceled(object pipeline)
    {
        using var cancellation = new CancellationTokenSource();
        var reading = ((PullPipeline)pipeline).Over(_clock.Pull("-----|")).GetAsyncEnumerator(cancellation.Token);
        var waiting = reading.MoveNextAsync().AsTask();
        using var registration = cancellation.Token.Register(static () => throw new FormatException());
        Assert.Throws<FormatException>(() => cancellation.Cancel(throwOnFirstException: true));
        _clock.Start();

        AssertCanceled(waiting, cancellation.Token);
    }

    private static void AssertCanceled(Task task, CancellationToken token)
    {
        Assert.That(task.Status, Is.EqualTo(TaskStatus.Canceled));
        Assert.That(
            async () => await task,
            Throws.InstanceOf<OperationCanceledException>().With.Property(nameof(OperationCanceledException.CancellationToken)).EqualTo(token));
    }
}
