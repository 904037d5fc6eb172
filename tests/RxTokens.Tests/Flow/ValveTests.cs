using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Nothing is read while the valve is closed; what lands then waits for the opening, and leaving does not.</summary>
public class ValveTests
{
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp() => _clock = new VirtualClock();

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private Subject<bool> Switched(params (int Frame, bool IsOpen)[] switchings)
    {
        var isOpen = new Subject<bool>();
        foreach (var (frame, value) in switchings)
            _clock.At(frame, () => isOpen.OnNext(value));
        return isOpen;
    }

    [MarbleOf("Valve")]
    public void Valve_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var isOpen = m.Hot(rows["isOpen"], [("f", false), ("t", true)]);
        m.Expect(m.Pull(rows["source"]).Valve(isOpen)).ToBe(rows["result"]);
    });

    [Test] // VA-01
    public void AnItemAndAnEndThatLandWhileItIsClosed_WaitForTheOpening()
    {
        var source = Pull("--a|");
        using var isOpen = Switched((1, false), (10, true));
        var consumer = _clock.Consume(source.Valve(isOpen));
        _ = consumer.AskForAll();
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("10:a 10:|"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 10 }));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 10 }));
    }

    [TestCase("--|", "10:|")]
    [TestCase("--#", "10:#InvalidDataException")]
    public void AnEndingThatLandsWhileItIsClosed_WaitsForTheOpening(string diagram, string received) // A19
    {
        using var isOpen = Switched((1, false), (10, true));
        var consumer = _clock.Consume(Pull(diagram).Valve(isOpen)).AskAt(0);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(received));
    }

    [Test] // VA-03
    public void ClosedAndOpenedDuringARead_ReadsOnce()
    {
        var source = Pull("--------------------a");
        using var isOpen = Switched((1, false), (1, true), (6, false), (6, true), (11, true), (11, true));
        var consumer = _clock.Consume(source.Valve(isOpen)).AskAt(0);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("20:a"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 0 }));
    }

    [Test] // VA-05
    public void AtTheEnd_NobodyListensToIsOpen()
    {
        using var isOpen = Switched((10, false));
        var consumer = _clock.Consume(Pull("-----|").Valve(isOpen)).AskAt(0);
        _clock.AdvanceToFrame(5);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("5:|"));
        Assert.That(isOpen.HasObservers, Is.False);
        _clock.Start();
    }

    [TestCase("left")]
    [TestCase("cancelled")]
    public void WhoGoesWhileItIsClosed_DoesNotWaitForTheOpening(string how) // VA-05
    {
        using var cancellation = new CancellationTokenSource();
        using var counted = new Counters();
        var source = Pull("--a");
        using var isOpen = Switched((1, false));
        var consumer = _clock.Consume(source.Valve(isOpen), cancellation.Token).AskAt(0);
        _clock.AdvanceToFrame(5);
        if (how == "left")
            _ = consumer.Leave();
        else
            cancellation.Cancel();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(how == "left" ? "5:|" : "5:#OperationCanceledException"));
        Assert.That((source.Disposals.Single(), isOpen.HasObservers, counted.Dropped), Is.EqualTo((5L, false, 1L)));
    }

    [Test] // VA-06
    public void WhatIsOpenSaysInsideItsSubscribe_CountsBeforeTheFirstRead()
    {
        var source = Pull("[ab|]");
        using var isOpen = new BehaviorSubject<bool>(false);
        _clock.At(10, () => isOpen.OnNext(true));
        var consumer = _clock.Consume(source.Valve(isOpen)).AskAt(0);
        _clock.AdvanceToFrame(9);
        Assert.That((source.Enumerations.Count, source.Reads.Count), Is.EqualTo((0, 0)));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("10:a"));
    }

    [Test] // VA-06
    public void OneThatNeverSpeaks_IsOpen_AndTheLastWordInsideSubscribeCounts()
    {
        using var silent = new Subject<bool>();
        var open = _clock.Consume(Pull("[a|]").Valve(silent)).AskAt(0, 1);
        var lastWord = _clock.Consume(Pull("[a|]").Valve(new[] { false, true, false, true }.ToObservable())).AskAt(0, 1);
        var once = _clock.Consume(Pull("[a|]").Valve(Observable.Return(true))).AskAt(0, 1);
        _clock.Start();

        Assert.That(new[] { open, lastWord, once }.Select(c => Marbles.Show(c.Received)), Is.All.EqualTo("0:a 1:|"));
    }

    [Test]
    public void IsOpenThatCompletesWhileItIsClosed_FailsTheStream_AfterTheItemThatWaits()
    {
        using var isOpen = Switched((1, false));
        _clock.At(6, isOpen.OnCompleted);
        var source = Pull("--ab");
        var consumer = _clock.Consume(source.Valve(isOpen)).AskAt(0, 8);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("6:a 8:#InvalidOperationException"));
        Assert.That(consumer.Received[1].Notification.Exception!.Message, Is.EqualTo("The valve is closed, and isOpen has completed: nothing can open it any more."));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
    }

    [Test]
    public void IsOpenThatCompletesWhileItIsOpen_LeavesItOpen()
    {
        using var isOpen = new Subject<bool>();
        _clock.At(1, isOpen.OnCompleted);
        var consumer = _clock.Consume(Pull("a--b|").Valve(isOpen));
        _ = consumer.AskForAll();
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 3:b 4:|"));
    }

    [Test]
    public void IsOpenThatFails_FailsTheStream()
    {
        using var isOpen = new Subject<bool>();
        _clock.At(1, () => isOpen.OnError(Marbles.Failure));
        var source = Pull("---a");
        var consumer = _clock.Consume(source.Valve(isOpen)).AskAt(0);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:#InvalidDataException"));
        Assert.That((source.Cancellations[0], source.Disposals.Single()), Is.EqualTo((1L, 1L)));
    }

    [Test]
    public void AUnsubscriptionThatThrows_IsToldWithTheEnd()
    {
        var isOpen = Observable.Create<bool>(_ => Disposable.Create(() => throw Marbles.Failure));
        var consumer = _clock.Consume(Pull("a|").Valve(isOpen)).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#InvalidDataException"));
    }

    [Test]
    public void ALoopInsideSubscribe_CanBeLeft()
    {
        using var cancellation = new CancellationTokenSource();
        var said = 0;
        var isOpen = Observable.Repeat(true).Do(_ =>
        {
            if (++said == 1000)
                cancellation.Cancel();
        });
        var consumer = _clock.Consume(Pull("a|").Valve(isOpen), cancellation.Token).AskAt(0);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#OperationCanceledException"));
        Assert.That(said, Is.LessThan(1010));
    }

    [Test]
    public void SwitchedFromInsideTheSourcesRead_TheItemWaits()
    {
        using var isOpen = new Subject<bool>();
        var source = new ReadySource<string>(i =>
        {
            isOpen.OnNext(false);
            return $"{i}";
        });
        _clock.At(5, () => isOpen.OnNext(true));
        var consumer = _clock.Consume(source.Valve(isOpen)).AskAt(0);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("5:0"));
        Assert.That(source.Reads, Is.EqualTo(1));
    }

    [Test]
    public void Arguments_ThatAreNull_AreRefusedAtTheCall()
    {
        Assert.That(() => ((IAsyncEnumerable<string>)null!).Valve(Observable.Never<bool>()), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => Pull("a").Valve(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("isOpen"));
    }

    /// <summary>The number of lines in view is the demand.</summary>
    [Test]
    public void AVirtualizedList_ReadsAsManyLinesAsAreInView()
    {
        var source = Pull("[abcdefghij|]");
        var lines = new List<string>();
        var demand = new Demand();
        var asked = 0;
        void LookAt(int firstLine, int height)
        {
            if (firstLine + height <= asked)
                return;
            demand.Request(firstLine + height - asked);
            asked = firstLine + height;
        }

        using var subscription = source.OnDemand(demand).Subscribe(lines.Add);
        LookAt(0, 3);
        Assert.That(string.Concat(lines), Is.EqualTo("abc"));
        LookAt(2, 3);
        Assert.That(string.Concat(lines), Is.EqualTo("abcde"));
        LookAt(0, 3);
        Assert.That(source.Reads, Has.Count.EqualTo(5), "back where it was");
    }
}
