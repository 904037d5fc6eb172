using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>OnDemand against the rules of Reactive Streams; each test names the rules it shows.</summary>
public partial class OnDemandTests
{
    [Test]
    public void RequestUpTo_AsksForWhatIsMissing_OnceEach()
    {
        var asked = new List<long>();
        var demand = new Demand();
        using var subscription = demand.Subscribe(asked.Add);
        foreach (var total in new long[] { 0, 3, 3, 2, 10, long.MaxValue, long.MaxValue, 0 })
            demand.RequestUpTo(total);
        Assert.That(asked, Is.EqualTo(new[] { 3, 7, long.MaxValue - 10 }));

        demand.Request(5);
        Assert.That(asked[^1], Is.EqualTo(5), "beside it");
        Assert.That(() => demand.RequestUpTo(-1), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo(-1));
    }

    [Test]
    public void RequestUpTo_FromManyThreads_AsksForNothingTwice()
    {
        var asked = 0L;
        var demand = new Demand();
        using var subscription = demand.Subscribe(count => Interlocked.Add(ref asked, count));
        Parallel.For(0, 10_000, total => demand.RequestUpTo(total));
        Assert.That(asked, Is.EqualTo(9_999));
    }

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

    /// <summary>A demand that is told what a row of requests says.</summary>
    private static Demand DemandOf(IObservable<long> requests)
    {
        var demand = new Demand();
        requests.Subscribe(demand.Request);
        return demand;
    }

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

    [MarbleOf("OnDemand")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var source = m.Pull(rows["source"]);
        m.Expect(requests => source.OnDemand(requests), demand: rows["requests"]).ToBe(rows["result"]);
        m.ExpectPulls(source).ToBe(rows["pulls"]);
    });

    [MarbleOf("AsObservable")]
    public void AsObservable_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Pull(rows["source"]).AsObservable()).ToBe(rows["result"]));

    [MarbleOf("Demand")]
    public void Demand_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(requests => m.Pull(rows["source"]).OnDemand(DemandOf(requests)), demand: rows["requests"]).ToBe(rows["result"]));

    [Test] // 1.1, 2.1: never more than was requested; without a request nothing
    public void WithoutARequest_NothingIsReadOrSignalled() => MarbleTest.Run(m =>
    {
        var source = m.Pull("a|");
        m.Expect(requests => source.OnDemand(DemandOf(requests)), demand: "-----").ToBe("-----");
        m.ExpectPulls(source).ToBe();
    });

    [Test] // 1.1, 3.8: requests add up
    public void Requests_AddUp() => MarbleTest.Run(m =>
    {
        var source = m.Pull("abcdefgh|");
        m.Expect(requests => source.OnDemand(DemandOf(requests)), demand: "[123]").ToBe("abcdef");
        m.ExpectPulls(source).ToBe("[^2]1111");
    });

    [Test] // 1.2: fewer than requested, and then the end
    public void AShorterSource_SignalsFewerThanRequestedAndCompletes() => MarbleTest.Run(m =>
        m.Expect(requests => m.Pull("ab|").OnDemand(DemandOf(requests)), demand: "{100}").ToBe("ab|"));

    [Test] // 1.5: completion, which is found by reading
    public void Completion_OfASourceThatIsUsedUp_NeedsOneRequestMore() => MarbleTest.Run(m =>
        m.Expect(requests => m.Pull("ab|").OnDemand(DemandOf(requests)), demand: "2----1").ToBe("ab---|"));

    [Test] // 3.17: up to 2^63 - 1, and that is no limit
    public void Requests_SaturateAtMaxValue_WhichMeansNoLimit() => MarbleTest.Run(m => m
        .Expect(requests => m.Pull("a--b--c|").OnDemand(DemandOf(requests)), demand: "{9223372036854775806}{9223372036854775806}[1*]")
        .ToBe("a--b--c|"));

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
    public void AFailureOfTheSource_IsOnError_AfterDisposal() => MarbleTest.Run(m =>
    {
        var source = m.Pull("a#", Marbles.Failure);
        source.DisposalFrames = 3;
        m.Expect(requests => source.OnDemand(DemandOf(requests)), demand: "5").ToBe("a---#", error: Marbles.Failure);
    });

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
}

/// <summary>A pull source made of a function.</summary>
internal sealed class RawPull<T>(Func<CancellationToken, IAsyncEnumerator<T>> start) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => start(cancellationToken);
}
