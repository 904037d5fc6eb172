using System.Reactive.Disposables;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>What fails inside a Subscribe, or after it because of what happened in it, is told, and does not hide what came before.</summary>
public class FailuresInsideSubscribeTests
{
    private static readonly Func<IObservable<int>, IAsyncEnumerable<int>>[] Operators =
    [
        push => push.Buffered(1),
        push => new ReadySource<int>(i => i, 3).Through(_ => push, maxPending: 1),
    ];

    [TestCaseSource(nameof(Operators))]
    public async Task ADisposalThatThrows_AfterABoundWasHitInside_IsToldBesideIt(Func<IObservable<int>, IAsyncEnumerable<int>> over)
    {
        var stream = over(new RawObservable<int>(observer =>
        {
            for (var i = 0; i < 6; i++)
                observer.OnNext(i);
            return Disposable.Create(() => throw Marbles.Failure);
        }));

        var both = (await Assert.ThrowsAsync<AggregateException>(() => stream.Drain()))!;
        Assert.That(both.InnerExceptions[0], Is.TypeOf<BackpressureException>());
        Assert.That(both.InnerExceptions[1], Is.SameAs(Marbles.Failure));
    }

    [TestCaseSource(nameof(Operators))]
    public async Task ASubscribeThatThrows_AfterItHasFailed_DoesNotHideTheFirst(Func<IObservable<int>, IAsyncEnumerable<int>> over)
    {
        var second = new FormatException("second");
        var stream = over(new RawObservable<int>(observer =>
        {
            observer.OnNext(1);
            observer.OnError(Marbles.Failure);
            throw second;
        }));

        var both = (await Assert.ThrowsAsync<AggregateException>(() => stream.Drain()))!;
        Assert.That(both.InnerExceptions, Is.EqualTo(new Exception[] { Marbles.Failure, second }));
    }

    [Test]
    public async Task ADisposalThatThrows_AfterACancellationInside_IsTheLeavers()
    {
        using var cancellation = new CancellationTokenSource();
        var reading = new RawObservable<int>(observer =>
        {
            observer.OnNext(1);
            cancellation.Cancel();
            observer.OnNext(2);
            return Disposable.Create(() => throw Marbles.Failure);
        }).Buffered(4).GetAsyncEnumerator(cancellation.Token);

        Assert.That(await reading.MoveNextAsync(), Is.True);
        Assert.That(async () => await reading.MoveNextAsync(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await reading.DisposeAsync(), Throws.Exception.SameAs(Marbles.Failure));
    }

    [Test]
    public async Task FunctionsThatHearOfTheCancellationFirst_AreNoFailures()
    {
        using var cancellation = new CancellationTokenSource();
        var stream = new ReadySource<int>(i => i, 3).SelectAwait(
            async (i, _) =>
            {
                var ended = new TaskCompletionSource();
                await using var registration = cancellation.Token.Register(() => ended.TrySetCanceled(cancellation.Token));
                await ended.Task;
                return i;
            },
            maxConcurrency: 4);
        var draining = stream.Drain(cancellation.Token);
        await cancellation.CancelAsync();

        Assert.That(async () => await draining, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(draining.IsCanceled, Is.True);
    }
}
