using System.Reactive.Disposables;
using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

public partial class ThroughTests
{
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp() => _clock = new VirtualClock();

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private static TimeSpan Ms(int frames) => TimeSpan.FromMilliseconds(frames);

    // Arguments

    [Test]
    public void Arguments_ThatAreWrong_AreRefusedAtTheCall()
    {
        var source = Pull("a|");
        Assert.That(() => TokenStream.Through<int, int>(null!, o => o), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => source.Through<string, int>(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("query"));
        Assert.That(() => source.Through(o => o, 0), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo(0));
        Assert.That(source.Enumerations, Is.Empty);
    }

    // What defines it

    [Test]
    public async Task Buffer10_ThreeLists_Read30()
    {
        var source = new ReadySource<int>(i => i);
        var lists = new List<IList<int>>();
        await foreach (var list in source.Through(o => o.Buffer(10)))
        {
            lists.Add(list);
            Assert.That(source.Reads, Is.EqualTo(lists.Count * 10));
            if (lists.Count == 3)
                break;
        }

        Assert.That(lists.SelectMany(l => l), Is.EqualTo(Enumerable.Range(0, 30)));
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [Test]
    public async Task Where_ReadsToTheNextMatchAndNoFurther()
    {
        var source = new ReadySource<int>(i => i);
        await using var matches = source.Through(o => o.Where(i => i % 7 == 6)).GetAsyncEnumerator();

        for (var n = 1; n <= 5; n++)
        {
            Assert.That(await matches.MoveNextAsync(), Is.True);
            Assert.That(matches.Current, Is.EqualTo((n * 7) - 1));
            Assert.That(source.Reads, Is.EqualTo(n * 7));
        }
    }

    [MarbleOf("Through")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var source = m.Pull(rows["source"]);
        m.Expect(source.Through(o => o.Buffer(2).Select(b => string.Concat(b))), demand: rows["requests"]).ToBe(rows["result"]);
        m.ExpectPulls(source).ToBe(rows["pulls"]);
    });

    [Test]
    public void BeforeTheFirstRequest_NothingIsSubscribedNorRead()
    {
        var source = Pull("a|");
        var queries = 0;
        var stream = source.Through(o =>
        {
            queries++;
            return o;
        });
        var consumer = _clock.Consume(stream);
        _clock.Start();

        Assert.That((queries, source.Enumerations.Count), Is.EqualTo((0, 0)));
        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
        Assert.That(source.Disposals, Is.Empty);
    }

    [TestCase("Sample")]
    [TestCase("Throttle")]
    [TestCase("Buffer")]
    public void TimeOperators_WithAConsumerThatIsAwayForAnHour_ReadNothingMeanwhile(string name)
    {
        var source = _clock.Pull(Enumerable.Range(0, 100).Select(i => Marble.Next(i * 10, i.ToString())).ToArray());
        var query = TimeQueries[name];
        var consumer = _clock.Consume(source.Through(o => query(o, _clock), maxPending: 50));

        consumer.AskAt(0, 3_600_000);
        _clock.AdvanceToFrame(1000);
        var readBefore = source.Reads.Count;
        Assert.That(consumer.Received, Has.Count.EqualTo(1));
        _clock.AdvanceToFrame(3_599_999);
        Assert.That(source.Reads, Has.Count.EqualTo(readBefore));
        _clock.AdvanceToFrame(3_600_000);
        Assert.That(consumer.Received, Has.Count.EqualTo(2));

        // Of what the timers made meanwhile no more than maxPending is held; more is a failure that says so.
        while (!consumer.HasEnded && !consumer.IsWaiting)
            _ = consumer.Ask();
        Assert.That(consumer.Items, Has.Count.LessThanOrEqualTo(1 + 50));
        Assert.That(consumer.HasEnded, Is.EqualTo(name == "Buffer"), "Sample and Throttle say nothing where nothing is read");
        if (name == "Buffer")
            Assert.That(consumer.Received[^1].Notification.Exception, Is.TypeOf<BackpressureException>());
    }

    private static readonly Dictionary<string, Func<IObservable<string>, VirtualClock, IObservable<string>>> TimeQueries = new()
    {
        ["Sample"] = (o, clock) => o.Sample(Ms(100), clock),
        ["Throttle"] = (o, clock) => o.Throttle(Ms(5), clock),
        ["Buffer"] = (o, clock) => o.Buffer(Ms(100), clock).Select(b => string.Concat(b)),
    };

    [Test]
    public void Sample_ReadsOnlyWhileSomebodyWaits_AndSeesTrueArrivalTimes() => MarbleTest.Run(m =>
    {
        // At 5 the consumer has c, and d is being read: it lands at 6, and is what the tick at 10 finds.
        // At 12 there is d to take at once.
        var source = m.Pull("                                                          a   -b-c-d-e-f-g-h-i-j|");
        m.Expect(source.Through(o => o.Sample(m.Time("-----|"), m.Clock)), demand: "1   -----------1-----------------!").ToBe("-----c------d");
        m.ExpectPulls(source).ToBe("                                                   [^2]-1-1-------------------------!");
    });

    [Test]
    public void AReadInFlightWhenATimerAnswers_IsPushedWhenItLands() => MarbleTest.Run(m =>
    {
        var seen = new List<string>();
        var source = m.Pull("a-----b|");
        var stream = source.Through(o => o
            .Do(x => seen.Add($"{m.Frame}:{x}"))
            .Merge(Observable.Timer(m.Time("---|"), m.Clock).Select(_ => "tick")));
        m.Expect(stream, demand: "11").ToBe("a--{tick}");
        m.ExpectPulls(source).ToBe("[^1]1");
        m.Flush();
        Assert.That(seen, Is.EqualTo(new[] { "0:a", "6:b" }));
    });

    [Test]
    public void PastMaxPending_FailsAfterWhatIsQueued_AndNamesTheRemedies()
    {
        var source = Pull("a---------------------------b|");
        var consumer = _clock.Consume(source.Through(o => o.Buffer(Ms(1), _clock).Select(b => string.Concat(b)), maxPending: 3)).AskAt(0, 20, 20, 20, 20);
        _clock.AdvanceToFrame(19);
        Assert.That(source.Cancellations, Is.EqualTo(new[] { 5 }), "the bound is hit when it is hit, not when somebody asks");
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:a 20:\"\" 20:\"\" 20:\"\" 20:#BackpressureException"));
        var failure = (BackpressureException)consumer.Received[^1].Notification.Exception!;
        Assert.That(failure.Bound, Is.EqualTo(3));
        Assert.That(failure.Message, Does.Contain("maxPending").And.Contain("Conflate").And.Contain("KeepLatest").And.Contain("3"));
    }

    [Test]
    public async Task OneItemsWorthOfResults_IsQueuedInOrder_AndReadNoFurther()
    {
        var source = new ReadySource<int>(i => i);
        await using var stream = source.Through(o => o.SelectMany(i => Enumerable.Range(i * 10, 5))).GetAsyncEnumerator();
        for (var n = 0; n < 10; n++)
        {
            await stream.MoveNextAsync();
            Assert.That(stream.Current, Is.EqualTo((n / 5 * 10) + (n % 5)));
            Assert.That(source.Reads, Is.EqualTo((n / 5) + 1));
        }
    }
}

/// <summary>An observable without any of the care that Rx takes.</summary>
internal sealed class RawObservable<T>(Func<IObserver<T>, IDisposable> subscribe) : IObservable<T>
{
    public IDisposable Subscribe(IObserver<T> observer) => subscribe(observer);
}

/// <summary>An observer without any of the care that Rx takes.</summary>
internal sealed class RawObserver<T>(Action<T> onNext, Action onCompleted) : IObserver<T>
{
    public void OnNext(T value) => onNext(value);

    public void OnError(Exception error) => throw error;

    public void OnCompleted() => onCompleted();
}
