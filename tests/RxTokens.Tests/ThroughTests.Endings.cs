using System.Reactive.Disposables;
using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

public partial class ThroughTests
{
    // Failures

    [Test]
    public void TheQueryFunction_ThatThrows_FailsTheFirstRequestAndTheSourceIsNeverEnumerated()
    {
        var source = Pull("a|");
        var consumer = _clock.Consume(source.Through<string, string>(_ => throw Marbles.Failure)).AskAt(0, 1);
        _clock.Start();

        Assert.That(consumer.Received[0].Notification.Exception, Is.SameAs(Marbles.Failure));
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#InvalidDataException 1:|"), "reported once");
        Assert.That(source.Enumerations, Is.Empty);
    }

    [Test]
    public void TheQueryFunction_ThatReturnsNull_FailsWithAMessage()
    {
        var stream = Pull("a|").Through<string, string>(_ => null!);
        Assert.That(() => stream.Drain(), Throws.InvalidOperationException.With.Message.Contains("null"));
    }

    [Test]
    public void AQueryWhoseSubscribeThrows_FailsTheFirstRequest()
    {
        var stream = Pull("a|").Through(o => new RawObservable<string>(_ => throw Marbles.Failure));
        Assert.That(() => stream.Drain(), Throws.Exception.SameAs(Marbles.Failure));
    }

    [Test]
    public void AQueryOperatorThatThrows_FailsTheStreamAfterWhatItMade()
    {
        var source = Pull("abc|");
        var consumer = _clock.Consume(source.Through(o => o.Select(x => x == "c" ? throw Marbles.Failure : x))).AskAt(0, 1, 2, 3);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:b 2:#InvalidDataException 3:|"));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public void AQueryThatThrowsOutOfOnNext_FailsTheStreamAndDisposesTheSource()
    {
        var source = Pull("ab|");
        var consumer = _clock.Consume(source.Through(o => new RawObservable<string>(
            observer => o.Subscribe(new RawObserver<string>(x => throw Marbles.Failure, observer.OnCompleted))))).AskAt(0);
        _clock.Start();

        Assert.That(consumer.Received[0].Notification.Exception, Is.SameAs(Marbles.Failure));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public void AQueryThatThrowsOutOfOnCompleted_FailsTheStream()
    {
        var consumer = _clock.Consume(Pull("a|").Through(o => new RawObservable<string>(
            observer => o.Subscribe(new RawObserver<string>(observer.OnNext, () => throw Marbles.Failure))))).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#InvalidDataException"));
    }

    [Test]
    public void AnUnsubscribeThatThrows_IsReportedAtTheEnd()
    {
        var consumer = _clock.Consume(Pull("ab|").Through(o => o.Take(1).Finally(() => throw Marbles.Failure))).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#InvalidDataException"));
    }

    [Test]
    public void ASourceThatFails_AndWhoseDisposalFails_ReportsBothOnce()
    {
        var disposal = new FormatException();
        var source = new PullProbe<string>(_clock, Marbles.Of("a#")) { DisposalFailure = disposal };
        var consumer = _clock.Consume(source.Through(o => o)).AskAt(0, 1, 2);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#AggregateException 2:|"));
        Assert.That(((AggregateException)consumer.Received[1].Notification.Exception!).InnerExceptions, Is.EqualTo(new[] { Marbles.Failure, disposal }));
    }

    [Test]
    public void ADisposalThatFails_AfterTheQueryHasEnded_FailsTheEnding()
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("ab|")) { DisposalFailure = Marbles.Failure };
        var consumer = _clock.Consume(source.Through(o => o.Take(1))).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#InvalidDataException"));
        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True, "not told twice");
    }

    [Test]
    public void TheEnding_WaitsForTheSourcesDisposal() => MarbleTest.Run(m =>
    {
        var source = m.Pull("ab|");
        source.DisposalFrames = 10;
        m.Expect(source.Through(o => o.Take(1)), demand: "11").ToBe("a----------|"); // from 1 on
    });

    // Leaving and cancelling

    [Test]
    public void Cancel_DropsWhatIsQueuedAndEndsAfterTheSourceIsDisposed()
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("a---b|")) { DisposalFrames = 3 };
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(source.Through(o => o.SelectMany(x => new[] { x, x, x })), cancellation.Token).AskAt(0, 2, 9);
        _clock.At(1, cancellation.Cancel);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 5:#OperationCanceledException 9:|"));
        Assert.That(((OperationCanceledException)consumer.Received[1].Notification.Exception!).CancellationToken, Is.EqualTo(cancellation.Token));
        Assert.That(source.Cancellations, Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public void Cancel_BeforeTheFirstRequest_SubscribesNothing()
    {
        var source = Pull("a|");
        var consumer = _clock.Consume(source.Through(o => o), new CancellationToken(canceled: true)).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#OperationCanceledException 1:|"));
        Assert.That(source.Enumerations, Is.Empty);
    }

    [Test]
    public void Cancel_AfterTheEnd_ChangesNothing()
    {
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(Pull("a|").Through(o => o), cancellation.Token).AskAt(0, 1);
        _clock.Start();
        cancellation.Cancel();
        _ = consumer.Ask();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:| 1:|"));
    }

    [Test]
    public void Leaving_DuringARequest_EndsItWithoutAnItem()
    {
        var source = Pull("a-----b|");
        var consumer = _clock.Consume(source.Through(o => o)).AskAt(0, 1);
        _clock.At(3, () => _ = consumer.Leave());
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 3:|"));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 3 }));
        Assert.That(source.Violations, Is.Empty);
    }

    [Test]
    public void MoveNextAsync_AfterDispose_ReturnsFalse()
    {
        var consumer = _clock.Consume(Pull("ab|").Through(o => o)).AskAt(0);
        _clock.Start();
        _ = consumer.Leave();
        _ = consumer.Ask();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 0:|"));
    }

    [Test]
    public void MoveNextAsync_DuringMoveNextAsync_IsRefused()
    {
        var stream = Pull("---a|").Through(o => o).GetAsyncEnumerator();
        var first = stream.MoveNextAsync();
        Assert.That(() => stream.MoveNextAsync(), Throws.InvalidOperationException);

        _clock.Start();
        Assert.That(first.AsTask().Result, Is.True);
        Assert.That(stream.Current, Is.EqualTo("a"));
    }

    [Test]
    public void EachEnumeration_HasAQueryAndASourceOfItsOwn() => MarbleTest.Run(m =>
    {
        var source = m.Pull("ab|");
        var stream = source.Through(o => o.Scan("", (all, x) => all + x));
        m.Expect(stream, demand: "11").ToBe("a{ab}");
        m.Expect(stream, demand: "---[^1]-1").ToBe("---a-{ab}");
        m.ExpectPulls(source).ToBe("[^1]1", "---[^1]-1");
    });

    [Test]
    public void SignalsOfTheQuery_AfterItsEnding_AreIgnored()
    {
        IObserver<string> results = null!;
        var consumer = _clock.Consume(Pull("a|").Through(o => new RawObservable<string>(observer =>
        {
            results = observer;
            return o.Subscribe(observer);
        }))).AskAt(0, 1, 5);
        _clock.At(3, () =>
        {
            results.OnNext("late");
            results.OnError(Marbles.Failure);
            results.OnCompleted();
        });
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:| 5:|"));
    }
}
