using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>OnDemand against the rules of Reactive Streams; each test names the rules it shows.</summary>
public class OnDemandTests
{
    private VirtualClock _clock = null!;
    private Demand _demand = null!;
    private PushRecorder<string> _recorder = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new VirtualClock();
        _demand = new Demand();
        _recorder = _clock.Record<string>();
    }

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private IDisposable Subscribe(IAsyncEnumerable<string> source) => source.OnDemand(_demand).Subscribe(_recorder);

    private void RequestAt(long frame, long count) => _clock.At(frame, () => _demand.Request(count));

    private string Received => Marbles.Show(_recorder.Received);

    // Arguments

    [Test] // 1.9, 2.13: null is refused at the call
    public void Arguments_ThatAreNull_AreRefusedAtTheCall()
    {
        Assert.That(() => TokenStream.OnDemand<int>(null!, _demand), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => Pull("|").OnDemand(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("requests"));
        Assert.That(() => Pull("|").OnDemand(_demand).Subscribe(null!), Throws.ArgumentNullException);
        Assert.That(() => _demand.Subscribe(null!), Throws.ArgumentNullException);
        Assert.That(() => TokenStream.AsObservable<int>(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
    }

    // Demand

    [Test]
    public void ItsMarble()
    {
        var source = Pull("-a--b--c--d--|");
        Subscribe(source);
        RequestAt(0, 2);
        RequestAt(8, 1);
        RequestAt(12, long.MaxValue);
        _clock.Start();

        Assert.That(Received, Is.EqualTo("1:a 4:b 8:c 12:d 13:|"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 1, 8, 12, 12 }));
    }

    [Test] // 1.1, 2.1: never more than was requested; without a request nothing
    public void WithoutARequest_NothingIsReadOrSignalled()
    {
        var source = Pull("a|");
        Subscribe(source);
        _clock.Start();

        Assert.That(Received, Is.Empty);
        Assert.That(source.Enumerations, Is.Empty);
    }

    [Test] // 1.1, 3.8: requests add up
    public void Requests_AddUp()
    {
        var source = Pull("abcdefgh|");
        Subscribe(source);
        _demand.Request(1);
        _demand.Request(2);
        _demand.Request(3);
        _clock.Start();

        Assert.That(_recorder.Items, Has.Count.EqualTo(6));
        Assert.That(source.Reads, Has.Count.EqualTo(6));
    }

    [Test] // 1.2: fewer than requested, and then the end
    public void AShorterSource_SignalsFewerThanRequestedAndCompletes()
    {
        Subscribe(Pull("ab|"));
        _demand.Request(100);
        _clock.Start();

        Assert.That(Received, Is.EqualTo("0:a 1:b 2:|"));
    }

    [Test] // 1.5: completion, which is found by reading
    public void Completion_OfASourceThatIsUsedUp_NeedsOneRequestMore()
    {
        Subscribe(Pull("ab|"));
        _demand.Request(2);
        _clock.Start();
        Assert.That(Received, Is.EqualTo("0:a 1:b"));

        RequestAt(5, 1);
        _clock.Start();
        Assert.That(Received, Is.EqualTo("0:a 1:b 5:|"));
    }

    [Test] // 3.17: up to 2^63 - 1, and that is no limit
    public void Requests_SaturateAtMaxValue_WhichMeansNoLimit()
    {
        Subscribe(Pull("a--b--c|"));
        RequestAt(0, long.MaxValue - 1);
        RequestAt(1, long.MaxValue - 1);
        RequestAt(2, 1);
        RequestAt(2, long.MaxValue);
        _clock.Start();

        Assert.That(Received, Is.EqualTo("0:a 3:b 6:c 7:|"));
    }

    [Test] // 3.2, 3.3: Request from inside OnNext, without recursion
    public void Request_FromInsideOnNext_DoesNotRecurse()
    {
        const int count = 100_000;
        var depth = 0;
        var deepest = 0;
        var source = new ReadySource<int>(i => i, count);
        var completed = false;
        source.OnDemand(_demand).Subscribe(
            _ =>
            {
                deepest = Math.Max(deepest, ++depth);
                _demand.Request(1);
                depth--;
            },
            () => completed = true);
        _demand.Request(1);

        Assert.That((deepest, completed, source.Reads), Is.EqualTo((1, true, count)));
    }

    [Test] // 1.3: signals are serial, whatever OnNext does
    public void Signals_DoNotOverlap_WhenOnNextRequestsAndDisposes()
    {
        using var subscription = new System.Reactive.Disposables.SerialDisposable();
        _recorder.OnItem = item =>
        {
            _demand.Request(2);
            if (item == "c")
                subscription.Dispose();
        };
        var source = Pull("[abcdef]|");
        subscription.Disposable = Subscribe(source);
        RequestAt(0, 1);
        _clock.Start();

        Assert.That(Received, Is.EqualTo("0:a 0:b 0:c"));
        Assert.That(_recorder.Violations, Is.Empty);
        Assert.That(source.Reads, Has.Count.EqualTo(3));
    }

    // Bad requests

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(long.MinValue)] // 3.9, 3.16: a request below 1 is answered with OnError; Request returns normally
    public void ARequestBelow1_EndsTheStreamWithTheValue(long count)
    {
        var source = Pull("a---b|");
        Subscribe(source);
        RequestAt(0, 2);
        RequestAt(2, count);
        _clock.Start();

        Assert.That(Received, Is.EqualTo("0:a 2:#ArgumentOutOfRangeException"));
        var error = (ArgumentOutOfRangeException)_recorder.Received[^1].Notification.Exception!;
        Assert.That(error.ActualValue, Is.EqualTo(count));
        Assert.That(error.Message, Does.Contain("3.9"));
        Assert.That((source.Cancellations[0], source.Disposals[0]), Is.EqualTo((2L, 2L)));
    }

    [Test] // 1.6, 1.7: after the end a bad request is nothing
    public void ARequestBelow1_AfterTheEnd_ChangesNothing()
    {
        Subscribe(Pull("|"));
        _demand.Request(1);
        _clock.Start();
        _demand.Request(0);
        _demand.Request(1);

        Assert.That(Received, Is.EqualTo("0:|"));
    }

    [Test]
    public void ARequestBelow1_BeforeAnySubscription_EndsTheFirstOne()
    {
        _demand.Request(-5);
        Subscribe(Pull("a|"));
        Assert.That(Received, Is.EqualTo("0:#ArgumentOutOfRangeException"));
    }

    // Endings

    [Test] // 1.4: a failure is signalled as OnError
    public void AFailureOfTheSource_IsOnError_AfterDisposal()
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("a#")) { DisposalFrames = 3 };
        Subscribe(source);
        _demand.Request(5);
        _clock.Start();

        Assert.That(Received, Is.EqualTo("0:a 4:#InvalidDataException"));
    }

    [Test] // 1.7: nothing follows the ending
    public void AfterTheEnd_RequestsAndDisposeDoNothing()
    {
        var source = Pull("a|");
        var subscription = Subscribe(source);
        _demand.Request(5);
        _clock.Start();
        _demand.Request(5);
        subscription.Dispose();
        subscription.Dispose();
        _clock.Start();

        Assert.That(Received, Is.EqualTo("0:a 1:|"));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
        Assert.That(source.Cancellations, Is.Empty, "what has ended by itself is not cancelled");
    }

    [Test]
    public void WhenRequestsComplete_TheStreamCompletesWithItsLastCredit()
    {
        using var requests = new Subject<long>();
        var source = Pull("abcdef|");
        source.OnDemand(requests).Subscribe(_recorder);
        _clock.At(0, () => requests.OnNext(3));
        _clock.At(1, requests.OnCompleted);
        _clock.Start();

        Assert.That(Received, Is.EqualTo("0:a 1:b 2:c 2:|"));
        Assert.That(source.Reads, Has.Count.EqualTo(3));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public void WhenRequestsComplete_WithNoCreditLeft_TheStreamCompletesAtOnce()
    {
        var source = Pull("ab|");
        source.OnDemand(Observable.Empty<long>()).Subscribe(_recorder);

        Assert.That(Received, Is.EqualTo("0:|"));
        Assert.That(source.Enumerations, Is.Empty);
    }

    [Test]
    public void WhenRequestsFail_SoDoesTheStream()
    {
        using var requests = new Subject<long>();
        var source = Pull("a---b|");
        source.OnDemand(requests).Subscribe(_recorder);
        _clock.At(0, () => requests.OnNext(2));
        _clock.At(2, () => requests.OnError(Marbles.Failure));
        _clock.Start();

        Assert.That(Received, Is.EqualTo("0:a 2:#InvalidDataException"));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public void WhenSubscribingToRequestsThrows_TheStreamFails()
    {
        Pull("a|").OnDemand(new RawObservable<long>(_ => throw Marbles.Failure)).Subscribe(_recorder);
        Assert.That(Received, Is.EqualTo("0:#InvalidDataException"));
    }

    [Test]
    public void AnEndedStream_HasUnsubscribedFromItsRequests()
    {
        using var requests = new Subject<long>();
        Pull("|").OnDemand(requests).Subscribe(_recorder);
        requests.OnNext(1);

        Assert.That(Received, Is.EqualTo("0:|"));
        Assert.That(requests.HasObservers, Is.False);
    }

    // Disposal

    [Test] // 3.5, 3.12, 1.8, 2.8: cancelling returns at once, the signals stop, the source is released
    public void Dispose_StopsTheSignalsAndReleasesTheSource()
    {
        var source = Pull("a--b--c|");
        var subscription = Subscribe(source);
        RequestAt(0, 10);
        _clock.At(4, subscription.Dispose);
        _clock.Start();

        Assert.That(Received, Is.EqualTo("0:a 3:b"));
        Assert.That((source.Cancellations[0], source.Disposals[0]), Is.EqualTo((4L, 4L)));
        Assert.That(source.Violations, Is.Empty);
    }

    [Test] // 3.6, 3.7: after cancelling, requests and further cancels do nothing
    public void AfterDispose_RequestsAndDisposeDoNothing()
    {
        var source = Pull("ab|");
        var subscription = Subscribe(source);
        subscription.Dispose();
        subscription.Dispose();
        _demand.Request(3);
        _clock.Start();

        Assert.That(Received, Is.Empty);
        Assert.That(source.Enumerations, Is.Empty);
    }

    [Test] // 3.5: from inside OnNext
    public void Dispose_FromInsideOnNext_IsTheLastSignal()
    {
        var source = new ReadySource<string>(i => i.ToString());
        IDisposable? subscription = null;
        _recorder.OnItem = _ => subscription!.Dispose();
        subscription = Subscribe(source);
        _demand.Request(100);

        Assert.That(Received, Is.EqualTo("0:0"));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((1, 1)));
    }

    [Test]
    public void ADisposalThatFails_AfterTheSubscriberHasLeft_IsAnUnobservedTaskException()
    {
        Exception? unobserved = null;
        void Observe(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            if (e.Exception.InnerException != Marbles.Failure)
                return;
            unobserved = e.Exception.InnerException;
            e.SetObserved();
        }

        TaskScheduler.UnobservedTaskException += Observe;
        try
        {
            LeaveASourceWhoseDisposalFails();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Observe;
        }

        Assert.That(unobserved, Is.SameAs(Marbles.Failure));

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        void LeaveASourceWhoseDisposalFails()
        {
            var source = new PullProbe<string>(_clock, Marbles.Of("a")) { DisposalFailure = Marbles.Failure };
            var subscription = Subscribe(source);
            _demand.Request(1);
            subscription.Dispose();
            Assert.That(source.Disposals, Has.Count.EqualTo(1));
        }
    }

    [Test]
    public void ASourceThatThrowsOnCancellation_DoesNotThrowIntoDispose()
    {
        var source = new ReadySource<string>(i => i.ToString());
        var throwing = new RawPull<string>(token =>
        {
            token.Register(() => throw Marbles.Failure);
            return source.GetAsyncEnumerator(token);
        });
        var subscription = Subscribe(throwing);
        _demand.Request(1);

        Assert.That(subscription.Dispose, Throws.Nothing);
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    // Ledgers

    [Test]
    public void EachSubscription_HasALedgerOfItsOwn()
    {
        var first = _clock.Record<string>();
        var second = _clock.Record<string>();
        var stream = Pull("abcdef|").OnDemand(_demand);
        stream.Subscribe(first);
        stream.Subscribe(second);
        RequestAt(0, 2);
        RequestAt(5, 1);
        _clock.Start();

        Assert.That(Marbles.Show(first.Received), Is.EqualTo("0:a 1:b 5:c"));
        Assert.That(Marbles.Show(second.Received), Is.EqualTo("0:a 1:b 5:c"));
    }

    [Test]
    public void WhatIsRequestedBeforeTheSubscription_IsOutstanding()
    {
        _demand.Request(2);
        _demand.Request(1);
        Subscribe(new ReadySource<string>(i => i.ToString()));

        Assert.That(Received, Is.EqualTo("0:0 0:1 0:2"));
    }

    [Test]
    public void Retry_GoesOnWithTheCreditThatTheFailedSubscriptionLeft()
    {
        Pull("ab#").OnDemand(_demand).Retry(2).Subscribe(_recorder);
        RequestAt(0, 4);
        _clock.Start();
        Assert.That(Received, Is.EqualTo("0:a 1:b 2:a 3:b"), "four were requested, and the failure between cost none");

        RequestAt(10, 1);
        _clock.Start();
        Assert.That(Received, Is.EqualTo("0:a 1:b 2:a 3:b 10:#InvalidDataException"));
    }

    [Test]
    public void ARequestThatReachesAStreamThatHasJustEnded_IsForTheNext()
    {
        // The stream ends inside its last OnNext's request, and the request made there has nobody left to take it.
        var source = new ReadySource<string>(i => i.ToString(), 1);
        _recorder.OnItem = _ => _demand.Request(1);
        Subscribe(source);
        _demand.Request(1);
        Assert.That(Received, Is.EqualTo("0:0 0:|"), "the request from inside found the end");

        _demand.Request(2);
        var next = _clock.Record<string>();
        new ReadySource<string>(i => i.ToString(), 9).OnDemand(_demand).Subscribe(next);
        Assert.That(next.Items, Has.Count.EqualTo(3), "two, and the one that only found the end");
    }

    [Test]
    public void WhatIsOutstanding_WhenAStreamEndsWhileItSubscribes_IsForTheNext()
    {
        // Synchronous all the way: the first subscription fails inside its Subscribe, with two of five unused.
        var source = new ReadySource<string>(i => i.ToString(), 3) { FailsAtTheEnd = Marbles.Failure };
        _demand.Request(5);
        source.OnDemand(_demand).Retry(2).Subscribe(_recorder);
        Assert.That(Received, Is.EqualTo("0:0 0:1 0:2 0:0 0:1"));
    }

    [Test]
    public void AnObserverThatThrows_LeavesItsUnusedCreditAndNoListener()
    {
        var source = new ReadySource<string>(i => i.ToString());
        source.OnDemand(_demand).Subscribe(_ => throw Marbles.Failure);
        Assert.That(() => _demand.Request(5), Throws.Exception.SameAs(Marbles.Failure));
        Assert.That(source.Disposals, Is.EqualTo(1));

        _demand.Request(1);
        Subscribe(new ReadySource<string>(i => i.ToString()));
        Assert.That(_recorder.Items, Has.Count.EqualTo(5), "four were left, and one came after");
    }

    [Test]
    public void ARequestThatFindsItsStreamEnding_GoesToWhoeverListensThen()
    {
        // The first request ends the stream from within; the second, made meanwhile, meets a stream that takes no more.
        var next = _clock.Record<string>();
        var source = new ReadySource<string>(i => i.ToString(), 0);
        var isEnding = false;
        source.OnDemand(_demand).Subscribe(_ => { }, () =>
        {
            isEnding = true;
            new ReadySource<string>(i => i.ToString()).OnDemand(_demand).Subscribe(next);
            _demand.Request(2);
        });
        _demand.Request(1);

        Assert.That(isEnding, Is.True);
        Assert.That(next.Items, Has.Count.EqualTo(3));
    }

    [Test]
    public void Retry_WithUnboundedDemand_StaysUnbounded()
    {
        Pull("ab#").OnDemand(_demand).Retry(2).Subscribe(_recorder);
        _demand.Request(long.MaxValue);
        _clock.Start();

        Assert.That(Received, Is.EqualTo("0:a 1:b 2:a 3:b 4:#InvalidDataException"));
    }

    [Test]
    public void Unbounded_IsForAnyNumberOfStreams()
    {
        for (var i = 0; i < 3; i++)
        {
            var recorder = new VirtualClock().Record<int>();
            new ReadySource<int>(n => n, 5).OnDemand(Demand.Unbounded).Subscribe(recorder);
            Assert.That(Marbles.Show(recorder.Received), Is.EqualTo("0:0 0:1 0:2 0:3 0:4 0:|"));
        }
    }

    [Test]
    public void ADemand_IsAnObservableForOthersToo_OneCallAtATime()
    {
        var seen = new List<long>();
        var inside = false;
        using var subscription = _demand.Subscribe(count =>
        {
            Assert.That(inside, Is.False);
            inside = true;
            seen.Add(count);
            if (count == 5)
                _demand.Request(6); // from inside: comes after, not within
            inside = false;
        });
        _demand.Request(5);
        _demand.Request(7);
        subscription.Dispose();
        _demand.Request(8);

        Assert.That(seen, Is.EqualTo(new long[] { 5, 6, 7 }));
    }

    // Rx around it

    [Test]
    public void Take_OfRx_StopsTheReading()
    {
        var source = new ReadySource<string>(i => i.ToString());
        _demand.Request(long.MaxValue);
        source.OnDemand(_demand).Take(5).Subscribe(_recorder);

        Assert.That(Received, Is.EqualTo("0:0 0:1 0:2 0:3 0:4 0:|"));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((5, 1)));
    }

    [Test]
    public void SelectMany_OverAnEndlessSynchronousSource_GetsItsTurns()
    {
        var source = new ReadySource<int>(i => i);
        var recorder = _clock.Record<int>();
        source.AsObservable().SelectMany(i => new[] { i, -i }.ToObservable()).Take(20).Subscribe(recorder);

        Assert.That(recorder.Items, Has.Count.EqualTo(20));
        Assert.That(source.Reads, Is.LessThan(100));
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [Test]
    public void Retry_OverAsObservable_ReadsTheSourceAnew()
    {
        var source = new ReadySource<string>(i => i.ToString(), 2) { FailsAtTheEnd = Marbles.Failure };
        source.AsObservable().Retry(3).Subscribe(_recorder);

        Assert.That(Received, Is.EqualTo("0:0 0:1 0:0 0:1 0:0 0:1 0:#InvalidDataException"));
        Assert.That(source.Disposals, Is.EqualTo(3));
    }

    [Test]
    public void AmbientValues_FollowTheItems()
    {
        var ambient = new AsyncLocal<string> { Value = "the subscriber's" };
        var seen = new List<string?>();
        Pull("a--b|").AsObservable().Subscribe(_ => seen.Add(ambient.Value));
        ambient.Value = "somebody else's";
        _clock.Start();

        Assert.That(seen, Is.EqualTo(new[] { "the subscriber's", "the subscriber's" }));
    }
}

/// <summary>A pull source made of a function.</summary>
internal sealed class RawPull<T>(Func<CancellationToken, IAsyncEnumerator<T>> start) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => start(cancellationToken);
}
