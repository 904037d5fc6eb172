using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>
/// Every stream gets every request made while it listens. What it has not used when it ends or is disposed goes to a stream that
/// came after it and was given nothing yet, else to the next that comes: no unit is lost.
/// </summary>
public class SharedDemandTests
{
    private VirtualClock _clock = null!;
    private Demand _demand = null!;
    private List<string> _got = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new VirtualClock();
        _demand = new Demand();
        _got = [];
    }

    private string Got => string.Join(' ', _got);

    /// <summary>Four items, and a fifth that takes its time, even where its token is cancelled.</summary>
    private IObservable<string> Stream(string name, bool isDeaf = false) =>
        new PullProbe<string>(_clock, Marbles.Of("[abcd]-----efghij")) { IgnoresCancellation = isDeaf }.OnDemand(_demand).Do(x => _got.Add(name + x));

    private IObservable<string> Ready(string name, int count = int.MaxValue) =>
        new ReadySource<string>(i => i.ToString(), count).OnDemand(_demand).Do(x => _got.Add(name + x));

    private int CountOf(string name) => _got.Count(x => x.StartsWith(name, StringComparison.Ordinal));

    // Observers of other kinds than OnDemand's

    [Test]
    public void AnyObserver_IsToldWhatIsOutstanding_AndEachRequest()
    {
        _demand.Request(2);
        _demand.Request(3);
        var told = new List<long>();
        using (_demand.Subscribe(told.Add))
            _demand.Request(4);
        _demand.Request(6);
        using var second = _demand.Subscribe(told.Add);
        _demand.Request(1);

        Assert.That(told, Is.EqualTo(new[] { 5L, 4, 6, 1 }));
    }

    [TestCase(0)]
    [TestCase(-3)]
    public void ARequestThatIsNotPositive_IsKeptForWhoComes_Once(long count)
    {
        _demand.Request(count);
        var told = new List<long>();
        using var first = _demand.Subscribe(told.Add);
        using var second = _demand.Subscribe(told.Add);

        Assert.That(told, Is.EqualTo(new[] { count }));
    }

    [Test]
    public void ADemandThatIsCancelled_CompletesWhoListensAndWhoComes_AndKeepsNothingForThem()
    {
        var told = new List<string>();
        using var first = _demand.Subscribe(n => told.Add($"first {n}"), () => told.Add("first |"));
        _demand.Cancel();
        _demand.Cancel();
        _demand.Request(3);
        using var second = _demand.Subscribe(n => told.Add($"second {n}"), () => told.Add("second |"));
        _demand.Cancel();

        Assert.That(told, Is.EqualTo(new[] { "first |", "second |" }));
    }

    [Test]
    public void WhatAStreamHasUsedUp_LeavesNoRemainderThatHidesAnothers()
    {
        _demand.Request(2);
        Ready("A", 3).Subscribe().Dispose();
        _demand.Request(5);
        Ready("B").Take(2).Subscribe();
        Ready("C").Subscribe();

        Assert.That(Got, Is.EqualTo("A0 A1 B0 B1 C0 C1 C2"));
    }

    [Test]
    public void AnObserverThatIsNull_IsRefusedAtTheCall()
    {
        Assert.That(() => _demand.Subscribe(null!), Throws.ArgumentNullException.With.Property(nameof(ArgumentException.ParamName)).EqualTo("observer"));
        Assert.That(() => Demand.Unbounded.Subscribe(null!), Throws.ArgumentNullException.With.Property(nameof(ArgumentException.ParamName)).EqualTo("observer"));
    }

    // Replaced

    [Test]
    public void AStreamReplacedDuringARead_NewBeforeOld_LeavesItsRestToTheNew([Values] bool isDeaf)
    {
        _demand.Request(10);
        using var current = new SerialDisposable();
        current.Disposable = Stream("A", isDeaf).Subscribe();
        _clock.At(2, () => current.Disposable = Ready("B").Subscribe());
        _clock.AdvanceToFrame(50);

        Assert.That(Got, Is.EqualTo("Aa Ab Ac Ad B0 B1 B2 B3 B4 B5"));
    }

    [Test]
    public void AStreamDisposedDuringARead_AndSubscribedAgain_GoesOnWithItsRest([Values] bool isDeaf)
    {
        _demand.Request(10);
        var first = Stream("A", isDeaf).Subscribe();
        IDisposable? second = null;
        _clock.At(2, () =>
        {
            first.Dispose();
            second = Ready("B").Subscribe();
        });
        _clock.AdvanceToFrame(50);
        second!.Dispose();

        Assert.That(Got, Is.EqualTo("Aa Ab Ac Ad B0 B1 B2 B3 B4 B5"));
    }

    [Test]
    public void AStreamDisposedDuringARead_LeavesItsRestToWhoComesLater([Values] bool isDeaf)
    {
        _demand.Request(10);
        var first = Stream("A", isDeaf).Subscribe();
        _clock.At(2, first.Dispose);
        IDisposable? second = null;
        _clock.At(30, () => second = Ready("B").Subscribe());
        _clock.AdvanceToFrame(50);
        second!.Dispose();

        Assert.That(CountOf("B"), Is.EqualTo(6));
    }

    [Test]
    public void Switch_DuringARead_KeepsTheRest([Values] bool isDeaf)
    {
        _demand.Request(10);
        using var streams = new Subject<IObservable<string>>();
        using var subscription = streams.Switch().Subscribe();
        streams.OnNext(Stream("A", isDeaf));
        _clock.At(2, () => streams.OnNext(Stream("B", isDeaf)));
        _clock.At(4, () => streams.OnNext(Ready("C")));
        _clock.AdvanceToFrame(50);

        Assert.That(Got, Is.EqualTo("Aa Ab Ac Ad Ba Bb Bc Bd C0 C1"));
    }

    [Test]
    public void AStreamReplacedBetweenReads_LeavesItsRestToTheNew()
    {
        using var current = new SerialDisposable();
        var left = 0;
        current.Disposable = Ready("A").Subscribe(_ =>
        {
            if (++left == 4)
                current.Disposable = Ready("B").Subscribe();
        });
        _demand.Request(10);

        Assert.That(Got, Is.EqualTo("A0 A1 A2 A3 B0 B1 B2 B3 B4 B5"));
    }

    [Test]
    public void DemandWithoutLimit_StaysSoThroughReplacing()
    {
        _demand.Request(long.MaxValue);
        using var current = new SerialDisposable();
        current.Disposable = Stream("A").Subscribe();
        _clock.At(2, () => current.Disposable = Ready("B", 100).Subscribe());
        _clock.At(4, () => current.Disposable = Ready("C", 100).Subscribe());
        _clock.AdvanceToFrame(50);

        Assert.That((CountOf("A"), CountOf("B"), CountOf("C")), Is.EqualTo((4, 100, 100)));
    }

    // Who is next

    [Test]
    public void OfTwoThatCameAfter_TheRestGoesToOne()
    {
        _demand.Request(10);
        var first = Stream("A").Subscribe();
        using var second = Ready("B").Subscribe();
        using var third = Ready("C").Subscribe();
        _clock.At(2, first.Dispose);
        _clock.AdvanceToFrame(50);

        Assert.That(CountOf("B") + CountOf("C"), Is.EqualTo(6));
        Assert.That((CountOf("B"), CountOf("C")), Is.EqualTo((6, 0)).Or.EqualTo((0, 6)));
    }

    [Test]
    public void AStreamThatCameAfterAndWasGivenSomething_IsNotGivenTheRest()
    {
        _demand.Request(10);
        var first = Stream("A").Subscribe();
        using var second = Ready("B").Subscribe();
        _demand.Request(2);
        _clock.At(2, first.Dispose);
        _clock.AdvanceToFrame(20);
        Assert.That(CountOf("B"), Is.EqualTo(2));

        using var third = Ready("C").Subscribe();
        Assert.That((CountOf("B"), CountOf("C")), Is.EqualTo((2, 8)));
    }

    [Test]
    public void AStreamThatCameBefore_IsNotGivenTheRest()
    {
        using var second = Ready("B").Subscribe();
        var first = Stream("A").Subscribe();
        _demand.Request(10);
        _clock.At(2, first.Dispose);
        _clock.AdvanceToFrame(20);
        Assert.That((CountOf("A"), CountOf("B")), Is.EqualTo((4, 10)));

        using var third = Ready("C").Subscribe();
        Assert.That((CountOf("B"), CountOf("C")), Is.EqualTo((10, 6)));
    }

    [Test]
    public void EveryStream_GetsEveryRequestMadeWhileItListens()
    {
        using var first = Ready("A").Subscribe();
        _demand.Request(3);
        using var second = Ready("B").Subscribe();
        _demand.Request(2);

        Assert.That((CountOf("A"), CountOf("B")), Is.EqualTo((5, 2)));
    }

    // Ended and failed

    [Test]
    public void AStreamThatCompletes_LeavesItsRestToTheNextThatComes([Values] bool isBesideAnother)
    {
        using var other = isBesideAnother ? Ready("O").Subscribe() : null;
        using var first = Ready("A", 3).Subscribe();
        _demand.Request(10);
        using var second = Ready("B").Subscribe();

        Assert.That((CountOf("A"), CountOf("B")), Is.EqualTo((3, 7)));
    }

    [Test]
    public void AStreamThatFails_LeavesItsRestToTheNextThatComes([Values] bool isBesideAnother)
    {
        using var other = isBesideAnother ? Ready("O").Subscribe() : null;
        using var first = _clock.Pull(Marbles.Of("[abc#]")).OnDemand(_demand).Subscribe(x => _got.Add("A" + x), _ => { });
        _demand.Request(10);
        using var second = Ready("B").Subscribe();

        Assert.That((CountOf("A"), CountOf("B")), Is.EqualTo((3, 7)));
    }

    [Test]
    public void Retry_BesideAnotherStream_GoesOnWhereItWas([Values] bool otherIsFirst)
    {
        var other = Ready("O");
        using var before = otherIsFirst ? other.Subscribe() : null;
        using var retried = _clock.Pull(Marbles.Of("[ab#]")).OnDemand(_demand).Retry().Subscribe(_got.Add);
        using var after = otherIsFirst ? null : other.Subscribe();
        _demand.Request(5);

        Assert.That(string.Concat(_got.Where(x => !x.StartsWith('O'))), Is.EqualTo("ababa"));
        Assert.That(CountOf("O"), Is.EqualTo(5));
    }

    [Test]
    public void TwoStreamsThatRetry_KeepALedgerEach()
    {
        var second = new List<string>();
        using var one = _clock.Pull(Marbles.Of("[ab#]")).OnDemand(_demand).Retry().Subscribe(_got.Add);
        using var two = _clock.Pull(Marbles.Of("[abc#]")).OnDemand(_demand).Retry().Subscribe(second.Add);
        _demand.Request(7);

        Assert.That((string.Concat(_got), string.Concat(second)), Is.EqualTo(("abababa", "abcabca")));
    }

    [Test]
    public void Retry_AfterAFailureThatTakesTime_GoesOnWhereItWas()
    {
        using var other = Ready("O").Subscribe();
        using var retried = _clock.Pull(Marbles.Of("[ab]--#")).OnDemand(_demand).Retry().Subscribe(_got.Add);
        _demand.Request(5);
        _clock.AdvanceToFrame(30);

        Assert.That(string.Concat(_got.Where(x => !x.StartsWith('O'))), Is.EqualTo("ababa"));
    }
}
