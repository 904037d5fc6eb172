using System.Diagnostics.Metrics;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;
using NUnit.Framework;
using RxTokens.Tests.Issues;

namespace RxTokens.Tests;

public class ValveTests
{
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp() => _clock = new VirtualClock();

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    /// <summary>f closes the valve, t opens it.</summary>
    private PushProbe<bool> IsOpen(string diagram) => _clock.Hot(Marbles.Of(diagram, c => c == 't'));

    private string All(IAsyncEnumerable<string> stream)
    {
        var consumer = _clock.Consume(stream);
        _ = consumer.AskForAll();
        _clock.AdvanceToFrame(200);
        return Marbles.Show(consumer.Received);
    }

    // Arguments

    [Test]
    public void ANullArgument_Throws()
    {
        Assert.That(() => TokenStream.Valve<string>(null!, Observable.Never<bool>()), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => Pull("a").Valve(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("isOpen"));
    }

    // Open and closed

    [MarbleOf("Valve")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var isOpen = m.Hot(rows["isOpen"], name: "isOpen").Select(x => x == "t");
        m.Expect(m.Pull(rows["source"], name: "source").Valve(isOpen)).ToBe(rows["result"]);
    });

    /// <summary>VA-01.</summary>
    [Test]
    public void AnItemThatLandsWhileItIsClosed_AndTheEnd_WaitForTheOpening()
    {
        var source = Pull("--a|");
        Assert.That(All(source.Valve(IsOpen("-f--------t"))), Is.EqualTo("10:a 10:|"));
        Assert.That(source.Reads, Is.EqualTo(new long[] { 0, 10 }), "none while it was closed");
        Assert.That((source.Disposals.Count, source.Violations.Count), Is.EqualTo((1, 0)));
    }

    [TestCase("--|", "10:|")]
    [TestCase("--#", "10:#InvalidDataException")]
    public void AnEndOrAFailure_ThatLandsWhileItIsClosed_WaitsForTheOpening(string diagram, string expected)
    {
        var source = Pull(diagram);
        Assert.That(All(source.Valve(IsOpen("-f--------t"))), Is.EqualTo(expected));
        Assert.That((source.Reads.Count, source.Disposals.Single()), Is.EqualTo((1, 10L)));
    }

    /// <summary>VA-03.</summary>
    [Test]
    public void ClosedAndOpenedAgain_DuringARead_ReadsNotTwice()
    {
        var source = Pull("--------------------a");
        var isOpen = IsOpen("-[ft]-[ft]-[tt]");
        var consumer = _clock.Consume(source.Valve(isOpen)).AskAt(0);
        _clock.AdvanceToFrame(19);
        Assert.That(source.Reads, Is.EqualTo(new long[] { 0 }));

        _clock.AdvanceToFrame(30);
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("20:a"));
        Assert.That((source.Reads.Count, source.Violations.Count), Is.EqualTo((1, 0)));
    }

    /// <summary>VA-06.</summary>
    [Test]
    public void WhatItSaysInsideItsSubscribe_CountsBeforeTheFirstRead()
    {
        var state = new BehaviorSubject<bool>(false);
        var source = Pull("ab|");
        var consumer = _clock.Consume(source.Valve(state)).AskAt(0, 11, 12);
        _clock.AdvanceToFrame(9);
        Assert.That((source.Enumerations.Count, source.Reads.Count), Is.EqualTo((0, 0)));

        _clock.At(10, () => state.OnNext(true));
        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("10:a 11:b 12:|"));
        Assert.That(state.HasObservers, Is.False);
    }

    /// <summary>VA-06.</summary>
    [Test]
    public void UntilItSpeaks_TheValveIsOpen() =>
        Assert.That(All(Pull("a-b|").Valve(new Subject<bool>())), Is.EqualTo("0:a 2:b 3:|"));

    /// <summary>VA-06.</summary>
    [TestCase(new[] { false, true }, "0:a 1:b 2:|")]
    [TestCase(new[] { true, false }, "0:#InvalidOperationException")]
    public void OfSeveralWordsInsideItsSubscribe_TheLastCounts(bool[] words, string expected)
    {
        var source = Pull("ab|");
        Assert.That(All(source.Valve(words.ToObservable())), Is.EqualTo(expected));
        Assert.That(source.Enumerations, Has.Count.EqualTo(words[^1] ? 1 : 0));
    }

    [Test]
    public void NothingIsSubscribedNorRead_BeforeTheFirstRequest_NorIfItIsLeftBefore()
    {
        var (source, isOpen) = (Pull("a|"), IsOpen("t"));
        var consumer = _clock.Consume(source.Valve(isOpen));
        _clock.AdvanceToFrame(5);

        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
        Assert.That((source.Enumerations.Count, isOpen.Subscriptions.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void EachEnumeration_HasItsOwnSubscription()
    {
        var isOpen = IsOpen("-----------f");
        var stream = new ReadySource<string>(i => $"{i}", 2).Valve(isOpen);

        Assert.That(All(stream), Is.EqualTo("0:0 0:1 0:|"));
        var second = _clock.Consume(stream).AskAt(200);
        _clock.Start();
        Assert.That(second.Items, Is.EqualTo(new[] { "0" }));
        Assert.That(isOpen.Subscriptions, Has.Count.EqualTo(2));
    }

    [Test]
    public void Closed_FromInsideTheConsumersWork_ReadsNothingMore()
    {
        var isOpen = new Subject<bool>();
        var source = new ReadySource<int>(i => i);
        var reading = source.Valve(isOpen).GetAsyncEnumerator();
        for (var n = 0; n < 3; n++)
            Assert.That(reading.MoveNextAsync().Result, Is.True);
        isOpen.OnNext(false);

        var waiting = reading.MoveNextAsync();
        Assert.That((waiting.IsCompleted, source.Reads), Is.EqualTo((false, 3)));
        isOpen.OnNext(true);
        Assert.That((waiting.Result, reading.Current, source.Reads), Is.EqualTo((true, 3, 4)));
    }

    // How isOpen ends

    [TestCase("-f--------#", "10:a 10:#InvalidDataException", TestName = "closed, with an item that waits")]
    [TestCase("-#", "1:#InvalidDataException", TestName = "open, during a read")]
    [TestCase("#", "0:#InvalidDataException", TestName = "in the instant in which it begins")]
    public void AFailureOfIsOpen_FailsTheStream(string isOpen, string expected)
    {
        var source = Pull("--a---------b|");
        Assert.That(All(source.Valve(IsOpen(isOpen))), Is.EqualTo(expected));
        Assert.That((source.Disposals.Count, source.Violations.Count), Is.EqualTo((1, 0)));
    }

    [Test]
    public void AThrow_OfItsSubscribe_FailsTheStream()
    {
        var source = Pull("a|");
        Assert.That(All(source.Valve(Observable.Create<bool>(observer =>
        {
            observer.OnNext(false);
            return ThrowFailure();
        }))), Is.EqualTo("0:#InvalidDataException"));
        Assert.That(source.Enumerations, Is.Empty);
    }

    private static IDisposable ThrowFailure() => throw Marbles.Failure;

    [Test]
    public void IfItCompletesOpen_TheValveStaysOpen() =>
        Assert.That(All(Pull("a-b-c|").Valve(IsOpen("-[ft]|"))), Is.EqualTo("0:a 2:b 4:c 5:|"));

    [TestCase("----------a|", "3:#InvalidOperationException", TestName = "during a read, which is cancelled")]
    [TestCase("--a--|", "3:a 3:#InvalidOperationException", TestName = "with an item that waits, after it")]
    public void IfItCompletesClosed_TheStreamFails(string diagram, string expected)
    {
        var source = Pull(diagram);
        var consumer = _clock.Consume(source.Valve(IsOpen("-f-|")));
        _ = consumer.AskForAll();
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(expected));
        Assert.That(consumer.Received[^1].Notification.Exception!.Message, Does.Contain("closed").And.Contain("isOpen has completed"));
        Assert.That(source.Disposals, Is.EqualTo(new long[] { 3 }));
    }

    [Test]
    public void IfItCompletesClosed_WhileTheConsumerIsAtWork_TheStreamFailsWhenItAsks()
    {
        var source = Pull("ab|");
        var consumer = _clock.Consume(source.Valve(IsOpen("-f|"))).AskAt(0, 9);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 9:#InvalidOperationException"));
        Assert.That(source.Disposals, Is.EqualTo(new long[] { 9 }), "its item is good until then");
    }

    /// <summary>The end had been let through already.</summary>
    [Test]
    public void IfItClosesAndCompletes_DuringTheCleanUp_TheStreamHasEndedWell()
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("a|")) { DisposalFrames = 9 };
        Assert.That(All(source.Valve(IsOpen("---f|"))), Is.EqualTo("0:a 10:|"));
    }

    [Test]
    public void ItsFailureAndTheSourcesFailure_AreBothTold()
    {
        var consumer = _clock.Consume(Pull("--#").Valve(IsOpen("-f-|"))).AskAt(0);
        _clock.Start();

        var told = (AggregateException)consumer.Received.Single().Notification.Exception!;
        Assert.That(told.InnerExceptions.Select(e => e.GetType()), Is.EquivalentTo(new[] { typeof(InvalidOperationException), typeof(InvalidDataException) }));
    }

    [Test]
    public void AnUnsubscriptionThatThrows_IsToldOnce()
    {
        var isOpen = Observable.Create<bool>(_ => Disposable.Create(() => throw Marbles.Failure));
        var consumer = _clock.Consume(Pull("a|").Valve(isOpen)).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#InvalidDataException"));
        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True, "once");
    }

    // Leaving and cancelling

    /// <summary>VA-05.</summary>
    [Test]
    public void AfterTheEnd_NobodyListensToIsOpen()
    {
        var isOpen = IsOpen("----------f");
        Assert.That(All(Pull("-----|").Valve(isOpen)), Is.EqualTo("5:|"));
        Assert.That(isOpen.Subscriptions, Is.EqualTo(new[] { new SubscriptionFrames(0, 5) }));
    }

    /// <summary>VA-05.</summary>
    [Test]
    [NonParallelizable]
    public void LeftWhileItIsClosed_TheItemThatWaitsIsDropped_AndNothingIsWaitedFor()
    {
        var (source, isOpen) = (Pull("--a"), IsOpen("-f"));
        var consumer = _clock.Consume(source.Valve(isOpen)).AskAt(0);
        _clock.AdvanceToFrame(5);
        var leaving = Task.CompletedTask;
        Assert.That(Dropped(() => leaving = consumer.Leave()), Is.EqualTo(1));

        Assert.That(leaving.IsCompletedSuccessfully, Is.True);
        Assert.That(source.Disposals, Is.EqualTo(new long[] { 5 }));
        Assert.That(isOpen.Subscriptions, Is.EqualTo(new[] { new SubscriptionFrames(0, 5) }));
    }

    /// <summary>VA-05.</summary>
    [Test]
    [NonParallelizable]
    public void CancelledWhileItIsClosed_IsToldAtOnce()
    {
        using var cancellation = new CancellationTokenSource();
        var (source, isOpen) = (Pull("--a"), IsOpen("-f--------t"));
        var consumer = _clock.Consume(source.Valve(isOpen), cancellation.Token).AskAt(0);
        _clock.At(5, cancellation.Cancel);
        Assert.That(Dropped(() => _clock.AdvanceToFrame(20)), Is.EqualTo(1));

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("5:#OperationCanceledException"));
        Assert.That(((OperationCanceledException)consumer.Received[0].Notification.Exception!).CancellationToken, Is.EqualTo(cancellation.Token));
        Assert.That(source.Disposals, Is.EqualTo(new long[] { 5 }));
        Assert.That(isOpen.Subscriptions, Is.EqualTo(new[] { new SubscriptionFrames(0, 5) }));
    }

    private static long Dropped(Action action)
    {
        long dropped = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "rxtokens.items.dropped")
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => dropped += count);
        listener.Start();
        action();
        return dropped;
    }

    [Test]
    public void CancelledBeforeItsStart_NothingIsSubscribedNorRead()
    {
        var (source, isOpen) = (Pull("a|"), IsOpen("t"));
        var consumer = _clock.Consume(source.Valve(isOpen), new CancellationToken(canceled: true)).AskAt(0);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#OperationCanceledException"));
        Assert.That((source.Enumerations.Count, isOpen.Subscriptions.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void CancelledInsideItsSubscribe_ReadsNothing()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Pull("a|");
        var isUnsubscribed = false;
        var isOpen = Observable.Create<bool>(_ =>
        {
            cancellation.Cancel();
            return () => isUnsubscribed = true;
        });
        var consumer = _clock.Consume(source.Valve(isOpen), cancellation.Token).AskAt(0);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#OperationCanceledException"));
        Assert.That((source.Enumerations.Count, isUnsubscribed), Is.EqualTo((0, true)));
    }

    [TestCase("cancels")]
    [TestCase("leaves")]
    public void ALoopInsideItsSubscribe_EndsWithTheStream(string how)
    {
        using var cancellation = new CancellationTokenSource();
        var source = Pull("a|");
        PullConsumer<string>? consumer = null;
        var leaving = Task.CompletedTask;
        var words = 0;
        consumer = _clock.Consume(source.Valve(Words().ToObservable()), cancellation.Token).AskAt(0);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(how == "cancels" ? "0:#OperationCanceledException" : "0:|"));
        Assert.That((words, source.Enumerations.Count, leaving.IsCompletedSuccessfully), Is.EqualTo((100, 0, true)));

        IEnumerable<bool> Words()
        {
            while (++words < 1000)
            {
                if (words == 100 && how == "cancels")
                    cancellation.Cancel();
                if (words == 100 && how == "leaves")
                    leaving = consumer!.Leave();
                yield return words % 2 == 0;
            }
        }
    }

    [TestCase(3, "3:#OperationCanceledException")]
    public void ASourceThatEndsQuietlyWhenItIsCancelled_IsNoEnd(int at, string expected)
    {
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(Quiet().Valve(IsOpen("-f")), cancellation.Token).AskAt(0);
        _clock.At(at, cancellation.Cancel);
        _clock.AdvanceToFrame(20);
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(expected));

        async IAsyncEnumerable<string> Quiet([EnumeratorCancellation] CancellationToken token = default)
        {
            await _clock.Delay(TimeSpan.FromHours(1), token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            yield break;
        }
    }

    [Test]
    public void ASourceThatIgnoresItsToken_IsWaitedFor_AndItsItemDropped()
    {
        using var cancellation = new CancellationTokenSource();
        var source = new PullProbe<string>(_clock, Marbles.Of("--------a|")) { IgnoresCancellation = true };
        var consumer = _clock.Consume(source.Valve(IsOpen("-f")), cancellation.Token).AskAt(0);
        _clock.At(5, cancellation.Cancel);
        _clock.AdvanceToFrame(20);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("8:#OperationCanceledException"));
        Assert.That((source.Disposals.Single(), source.Violations.Count), Is.EqualTo((8L, 0)));
    }

    [Test]
    public void ACleanUpThatFails_WhenItIsLeftClosed_IsTheLeavers()
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("--a|")) { DisposalFailure = Marbles.Failure };
        var consumer = _clock.Consume(source.Valve(IsOpen("-f"))).AskAt(0);
        _clock.AdvanceToFrame(5);

        Assert.That(consumer.Leave, Throws.Exception.SameAs(Marbles.Failure));
        Assert.That(consumer.Leave, Throws.Nothing, "once");
    }

    /// <summary>Whatever ends it: an item that is handed out is good until the consumer comes back.</summary>
    [TestCase("-f-t")]
    [TestCase("-f-|")]
    [TestCase("-f-#")]
    public void AnItemThatHasWaited_IsAliveWhenItIsHandedOut(string isOpen)
    {
        var consumer = _clock.Consume(new LeasingSource(Pull("--a|")).Valve(IsOpen(isOpen))).AskAt(0);
        _clock.AdvanceToFrame(9);
        Assert.That((consumer.Items.Single().Name, consumer.Items.Single().IsAlive), Is.EqualTo(("a", true)));

        _ = consumer.Ask();
        Assert.That(consumer.Items.Single().IsAlive, Is.False);
        Assert.That(consumer.HasEnded, Is.True);
    }

    // From inside

    [Test]
    public void SwitchedFromInsideTheRead_TheItemWaitsForTheOpening()
    {
        var isOpen = new Subject<bool>();
        var source = new ReadySource<int>(i =>
        {
            if (i == 1)
                isOpen.OnNext(false);
            return i;
        });
        var consumer = _clock.Consume(source.Valve(isOpen)).AskAt(0, 1, 2);
        _clock.At(9, () => isOpen.OnNext(true));
        _clock.AdvanceToFrame(20);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:0 9:1 9:2"));
    }

    [Test]
    public void ClosedAndOpenedFromInsideTheRead_ChangesNothing()
    {
        var isOpen = new Subject<bool>();
        var source = new ReadySource<int>(i =>
        {
            isOpen.OnNext(false);
            isOpen.OnNext(true);
            return i;
        }, 3);
        var consumer = _clock.Consume(source.Valve(isOpen));
        _ = consumer.AskForAll();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:0 0:1 0:2 0:|"));
    }

    [Test]
    public void LeftFromInsideTheRead_ItsItemIsDropped()
    {
        IAsyncEnumerator<int>? reading = null;
        var leaving = Task.CompletedTask;
        var source = new ReadySource<int>(i =>
        {
            if (i == 1)
                leaving = reading!.DisposeAsync().AsTask();
            return i;
        });
        reading = source.Valve(new Subject<bool>()).GetAsyncEnumerator();

        Assert.That(reading.MoveNextAsync().Result, Is.True);
        Assert.That(reading.MoveNextAsync().Result, Is.False);
        Assert.That((leaving.IsCompletedSuccessfully, source.Disposals), Is.EqualTo((true, 1)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void LeftFromInsideTheSwitch_IsLeft(bool opens)
    {
        var source = Pull("--a");
        var isOpen = new Subject<bool>();
        PullConsumer<string>? consumer = null;
        var leaving = Task.CompletedTask;
        consumer = _clock.Consume(source.Valve(isOpen.Do(_ => leaving = consumer!.Leave()))).AskAt(0);
        _clock.AdvanceToFrame(1);
        isOpen.OnNext(opens);

        Assert.That(leaving.IsCompletedSuccessfully, Is.True);
        Assert.That((isOpen.HasObservers, source.Disposals.Count), Is.EqualTo((false, 1)));
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:|"));
    }

    /// <summary>It resumes inside the call that opens, and closes the valve there.</summary>
    [Test]
    public void ClosedFromInsideTheConsumersContinuation_GivesOneItemAnOpening()
    {
        var isOpen = new Subject<bool>();
        var source = new ReadySource<int>(i => i);
        var got = new List<int>();
        isOpen.Subscribe(_ => { });
        _ = Consume();
        for (var n = 0; n < 3; n++)
            isOpen.OnNext(true);

        Assert.That(got, Is.EqualTo(new[] { 0, 1, 2, 3 }));
        Assert.That(source.Reads, Is.EqualTo(4));

        async Task Consume()
        {
            await foreach (var item in source.Valve(isOpen).ConfigureAwait(false))
            {
                got.Add(item);
                isOpen.OnNext(false);
            }
        }
    }

    [Test]
    public void OneThatSpeaksWhenItIsUnsubscribedFrom_ChangesNothing()
    {
        var isOpen = Observable.Create<bool>(observer => () =>
        {
            observer.OnNext(false);
            observer.OnCompleted();
        });
        Assert.That(All(Pull("a|").Valve(new Raw(isOpen))), Is.EqualTo("0:a 1:|"));

        SetUp();
        var speaks = new Speaks();
        var source = Pull("a-b|");
        Assert.That(All(source.Valve(speaks).Through(o => o.Take(1))), Is.EqualTo("0:a 0:|"));
        Assert.That((source.Disposals.Count, speaks.Unsubscriptions), Is.EqualTo((1, 1)));
    }

    private sealed class Raw(IObservable<bool> source) : IObservable<bool>
    {
        public IDisposable Subscribe(IObserver<bool> observer) => source.Subscribe(observer);
    }

    /// <summary>Says that it is closed, and completes, when it is unsubscribed from, with no observer of Rx's between.</summary>
    private sealed class Speaks : IObservable<bool>
    {
        public int Unsubscriptions { get; private set; }

        public IDisposable Subscribe(IObserver<bool> observer) => Disposable.Create(() =>
        {
            Unsubscriptions++;
            observer.OnNext(false);
            observer.OnCompleted();
            observer.OnError(Marbles.Failure);
        });
    }

    // Another thread

    [Test]
    public void OpenedOnAnotherThread_TheConsumerResumesInsideThatCall()
    {
        var isOpen = new BehaviorSubject<bool>(false);
        var source = new ReadySource<int>(i => i);
        var reading = source.Valve(isOpen).GetAsyncEnumerator();
        var resumedOn = 0;
        var waiting = reading.MoveNextAsync().ConfigureAwait(false).GetAwaiter();
        waiting.OnCompleted(() => resumedOn = Environment.CurrentManagedThreadId);

        var other = new Thread(() => isOpen.OnNext(true));
        other.Start();
        Assert.That(other.Join(TimeSpan.FromSeconds(10)), Is.True);
        Assert.That((resumedOn, reading.Current), Is.EqualTo((other.ManagedThreadId, 0)));
    }

    // In and around others

    [TestCaseSource(typeof(OtherOperators), nameof(OtherOperators.All))]
    public void OverAnother_EverythingComesAfterTheOpening(Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> other)
    {
        var (source, isOpen) = (Pull("a-b-c-d|"), IsOpen("-f-------t"));
        var consumer = _clock.Consume(other(source).Valve(isOpen));
        _ = consumer.AskForAll();
        _clock.AdvanceToFrame(8);
        Assert.That(string.Concat(consumer.Items), Is.EqualTo("a"));

        _clock.Start();
        Assert.That(string.Concat(consumer.Items), Is.EqualTo("abcd"));
        Assert.That(consumer.HasEnded, Is.True);
        Assert.That((source.Disposals.Count, source.Violations.Count, isOpen.Subscriptions.Single().Unsubscribed is not null), Is.EqualTo((1, 0, true)));
    }

    [TestCaseSource(typeof(OtherOperators), nameof(OtherOperators.All))]
    public void InsideAnother_ItHoldsTheSource_AndLeavingFreesEverything(Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> other)
    {
        var (source, isOpen) = (Pull("a-b-c-d|"), IsOpen("-f"));
        var consumer = _clock.Consume(other(source.Valve(isOpen))).AskAt(0, 0);
        _clock.AdvanceToFrame(20);
        Assert.That(string.Concat(consumer.Items), Is.EqualTo("a"));
        Assert.That(source.Reads, Has.Count.EqualTo(2), "a, and the one that was under way");

        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
        Assert.That((source.Disposals.Count, source.Violations.Count, isOpen.Subscriptions.Single().Unsubscribed), Is.EqualTo((1, 0, 20L)));
    }

    /// <summary>A virtualized list: as many lines are read as have been in view, and none while its tab is hidden.</summary>
    [Test]
    public void TheLinesInView_AreTheDemand_AndTheTabIsTheValve()
    {
        var isVisible = new BehaviorSubject<bool>(true);
        var source = new ReadySource<string>(i => $"line {i + 1}");
        var demand = new Demand();
        var lines = new List<string>();
        using var list = source.Valve(isVisible).OnDemand(demand).Subscribe(lines.Add);

        void Show(int lastLine) => demand.RequestUpTo(lastLine);

        Show(lastLine: 20);
        Assert.That((lines.Count, source.Reads), Is.EqualTo((20, 20)), "the first screen");
        Show(lastLine: 23);
        Assert.That((lines.Count, source.Reads), Is.EqualTo((23, 23)), "three lines down");
        Show(lastLine: 21);
        Assert.That((lines.Count, source.Reads), Is.EqualTo((23, 23)), "and back");

        isVisible.OnNext(false);
        Show(lastLine: 40);
        Assert.That((lines.Count, source.Reads), Is.EqualTo((23, 23)), "hidden");
        isVisible.OnNext(true);
        Assert.That((lines[^1], source.Reads), Is.EqualTo(("line 40", 40)), "seen again");

        list.Dispose();
        Assert.That((source.Disposals, isVisible.HasObservers), Is.EqualTo((1, false)));
    }
}
