using System.Reactive;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

public class ThroughTests
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

    [Test]
    public void ItsMarble()
    {
        var source = Pull("abcdef|");
        var consumer = _clock.Consume(source.Through(o => o.Buffer(2).Select(b => string.Concat(b)))).AskAt(0, 4, 8, 10);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:ab 4:cd 8:ef 10:|"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 0, 4, 4, 8, 8, 10 }));
    }

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
    }

    private static readonly Dictionary<string, Func<IObservable<string>, VirtualClock, IObservable<string>>> TimeQueries = new()
    {
        ["Sample"] = (o, clock) => o.Sample(Ms(100), clock),
        ["Throttle"] = (o, clock) => o.Throttle(Ms(5), clock),
        ["Buffer"] = (o, clock) => o.Buffer(Ms(100), clock).Select(b => string.Concat(b)),
    };

    [Test]
    public void Sample_ReadsOnlyWhileSomebodyWaits_AndSeesTrueArrivalTimes()
    {
        var source = Pull("a-b-c-d-e-f-g-h-i-j|");
        var consumer = _clock.Consume(source.Through(o => o.Sample(Ms(5), _clock))).AskAt(0, 12);
        _clock.AdvanceToFrame(30);

        // At 5 the consumer has c, and d is being read: it lands at 6, and is what the tick at 10 finds.
        // At 12 there is d to take at once.
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("5:c 12:d"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 0, 2, 4 }));
    }

    [Test]
    public void AReadInFlightWhenATimerAnswers_IsPushedWhenItLands()
    {
        var source = Pull("a-----b|");
        var seen = new List<string>();
        var stream = source.Through(o => o
            .Do(x => seen.Add($"{_clock.Frame}:{x}"))
            .Merge(Observable.Timer(Ms(3), _clock).Select(_ => "tick")));
        var consumer = _clock.Consume(stream).AskAt(0, 1);
        _clock.AdvanceToFrame(100);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 3:tick"));
        Assert.That(seen, Is.EqualTo(new[] { "0:a", "6:b" }));
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 1 }));
    }

    [Test]
    public void PastMaxPending_FailsAfterWhatIsQueued_AndNamesTheRemedies()
    {
        var source = Pull("a---------------------------b|");
        var consumer = _clock.Consume(source.Through(o => o.Buffer(Ms(1), _clock).Select(b => string.Concat(b)), maxPending: 3)).AskAt(0, 20, 20, 20, 20);
        _clock.AdvanceToFrame(19);
        Assert.That(source.Disposals, Is.EqualTo(new[] { 5 }), "the bound is hit when it is hit, not when somebody asks");
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:a 20: 20: 20: 20:#BackpressureException"));
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

    // Operators inside the query

    [Test]
    public void StartWith_AnswersTheFirstRequestWithoutReading()
    {
        var source = Pull("a|");
        var consumer = _clock.Consume(source.Through(o => o.StartWith("x"))).AskAt(0, 5, 6);
        _clock.AdvanceToFrame(4);
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:x"));
        Assert.That(source.Reads, Is.Empty);
        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:x 5:a 6:|"));
    }

    [Test]
    public async Task Concat_BehindTheSource_ReadsItOnce()
    {
        var source = new ReadySource<int>(i => i, 3);
        var items = await source.Through(o => o.Concat(Observable.Range(100, 2))).Drain();

        Assert.That(items, Is.EqualTo(new[] { 0, 1, 2, 100, 101 }));
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [Test]
    public async Task Concat_OfTheSharedEnumerationWithItself_GoesOnWhereItWas()
    {
        var source = new ReadySource<int>(i => i, 6);
        var items = await source.Through(o => o.Take(2).Concat(o.Take(1).Select(i => i * 10)).Concat(o)).Drain();

        Assert.That(items, Is.EqualTo(new[] { 0, 1, 20, 3, 4, 5 }));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((6, 1)));
    }

    [Test]
    public async Task AQueryThatSubscribesTwice_ReadsTheSourceOnce()
    {
        var source = new ReadySource<int>(i => i, 4);
        var pairs = await source.Through(o => o.Zip(o.Skip(1), (x, y) => (x, y))).Drain();

        Assert.That(pairs, Is.EqualTo(new[] { (0, 1), (1, 2), (2, 3) }));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((4, 1)));
    }

    [Test]
    public async Task Publish_WithASelector_ReadsTheSourceOnce()
    {
        var source = new ReadySource<int>(i => i, 4);
        var items = await source.Through(o => o.Publish(p => p.Where(i => i % 2 == 0).Merge(p.Where(i => i % 2 == 1)))).Drain();

        Assert.That(items, Is.EqualTo(new[] { 0, 1, 2, 3 }));
        Assert.That(source.Reads, Is.EqualTo(4));
    }

    [Test]
    public async Task AQueryThatNeverSubscribes_NeverReads()
    {
        var source = new ReadySource<int>(i => i);
        Assert.That(await source.Through(_ => Observable.Return("done")).Drain(), Is.EqualTo(new[] { "done" }));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((0, 0)));
    }

    [Test]
    public void AQueryThatNeverSubscribesNorEnds_WaitsWithoutReadingUntilItIsCancelled()
    {
        var source = Pull("a|");
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(source.Through(_ => Observable.Never<int>()), cancellation.Token).AskAt(0);
        _clock.At(9, cancellation.Cancel);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("9:#OperationCanceledException"));
        Assert.That(source.Enumerations, Is.Empty);
    }

    [Test]
    public void AQueryThatSubscribesLater_IsReadFromThenOn()
    {
        var source = new ReadySource<int>(i => i);
        var consumer = _clock.Consume(source.Through(o => Observable.Timer(Ms(5), _clock).SelectMany(_ => o.Take(3)))).AskAt(0, 6, 7, 8);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("5:0 6:1 7:2 8:|"));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((3, 1)));
    }

    [Test]
    public void AnItemThatLandsWhileTheQueryDoesNotListen_WaitsUntilItListensAgain()
    {
        var source = Pull("----a-b|");
        var stream = source.Through(o => o
            .TakeUntil(Observable.Timer(Ms(2), _clock))
            .Concat(Observable.Timer(Ms(7), _clock).Select(_ => "tick"))
            .Concat(o));
        var consumer = _clock.Consume(stream).AskAt(0, 10, 11, 12);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("9:tick 10:a 11:b 12:|"));
    }

    [Test]
    public void Merge_WithATimer_AnswersFromBoth()
    {
        var source = Pull("a----b----c|");
        var ticks = Observable.Interval(Ms(3), _clock).Take(2).Select(i => i.ToString());
        var consumer = _clock.Consume(source.Through(o => o.Merge(ticks))).AskAt(0, 1, 4, 6, 7, 11);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 3:0 5:b 6:1 10:c 11:|"));
    }

    [Test]
    public async Task SelectMany_WithInnerSequencesOnTheTrampoline_ReadsNoFurtherThanNeeded()
    {
        var source = new ReadySource<int>(i => i);
        await using var stream = source.Through(o => o.SelectMany(i => new[] { i, -i }.ToObservable())).GetAsyncEnumerator();
        for (var n = 0; n < 6; n++)
        {
            await stream.MoveNextAsync();
            Assert.That(source.Reads, Is.EqualTo((n / 2) + 1));
        }
    }

    [Test]
    public void OnATrampolineOfSomebodyElse_ReadsNoFurtherThanNeeded()
    {
        var source = new ReadySource<int>(i => i);
        var consumer = _clock.Consume(source.Through(o => o.SelectMany(i => new[] { i, -i }.ToObservable()).Where(i => i < -2)));
        System.Reactive.Concurrency.CurrentThreadScheduler.Instance.Schedule(default(object), (_, _) =>
        {
            _ = consumer.Ask();
            return Disposable.Empty;
        });

        Assert.That(consumer.Items, Is.EqualTo(new[] { -3 }));
        // On the trampoline reading takes turns with the inner sequences: it may run ahead by as many as one inner sequence takes steps.
        Assert.That(source.Reads, Is.InRange(4, 8));
    }

    [Test]
    public async Task Window_ConsumedInsideTheQuery_SeesEveryItem()
    {
        var source = new ReadySource<int>(i => i, 7);
        var sums = await source.Through(o => o.Window(3).SelectMany(w => w.Sum())).Drain();

        Assert.That(sums, Is.EqualTo(new[] { 0 + 1 + 2, 3 + 4 + 5, 6 }));
        Assert.That(source.Reads, Is.EqualTo(7));
    }

    [Test]
    public async Task GroupBy_ConsumedInsideTheQuery_SeesEveryItem()
    {
        var source = new ReadySource<int>(i => i, 7);
        var sums = await source.Through(o => o.GroupBy(i => i % 2).SelectMany(g => g.Sum().Select(s => (g.Key, s)))).Drain();

        Assert.That(sums, Is.EqualTo(new[] { (0, 12), (1, 9) }));
    }

    [Test]
    public void SelectMany_WithAnAsynchronousStage_KeepsReadingWhileItIsBusy()
    {
        var source = Pull("abc--------d|");
        var consumer = _clock.Consume(source.Through(o => o.SelectMany(x => Observable.Timer(Ms(5), _clock).Select(_ => x)))).AskAt(0);
        _clock.AdvanceToFrame(30);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("5:a"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 0, 1, 2 }), "three in work and one being read, for one that was asked for");
    }

    [Test]
    public void SelectAsync_InItsPlace_ReadsOne()
    {
        var source = Pull("abc--------d|");
        var consumer = _clock.Consume(source.SelectAsync(async (x, _) =>
        {
            await _clock.Delay(Ms(5), CancellationToken.None);
            return x;
        })).AskAt(0);
        _clock.AdvanceToFrame(30);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("5:a"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public async Task Retry_InsideTheQuery_CannotRestartTheSource()
    {
        var source = new ReadySource<int>(i => i, 2) { FailsAtTheEnd = Marbles.Failure };
        var items = new List<int>();
        Assert.That(async () =>
        {
            await foreach (var i in source.Through(o => o.Retry(3)))
                items.Add(i);
        }, Throws.Exception.SameAs(Marbles.Failure));

        Assert.That(items, Is.EqualTo(new[] { 0, 1 }));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((2, 1)));
        await Task.CompletedTask;
    }

    [TestCase(true)]
    [TestCase(false)]
    public void RetryOrRepeat_ForEverInsideTheQuery_FailsInsteadOfHanging(bool retry)
    {
        var source = new ReadySource<int>(i => i, 2) { FailsAtTheEnd = retry ? Marbles.Failure : null };
        Assert.That(
            () => source.Through(o => retry ? o.Retry() : o.Repeat()).Drain(),
            Throws.InvalidOperationException.With.Message.Contains("Retry"));
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [Test]
    public async Task Catch_InsideTheQuery_GoesOnWithAnother()
    {
        var source = new ReadySource<int>(i => i, 2) { FailsAtTheEnd = Marbles.Failure };
        Assert.That(await source.Through(o => o.Catch(Observable.Return(99))).Drain(), Is.EqualTo(new[] { 0, 1, 99 }));
    }

    [Test]
    public void Timeout_InsideTheQuery_CancelsTheSource()
    {
        var source = Pull("a----------b|");
        var consumer = _clock.Consume(source.Through(o => o.Timeout(Ms(5), _clock))).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 5:#TimeoutException"));
        Assert.That(source.Cancellations, Is.EqualTo(new[] { 5 }));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 5 }));
    }

    [Test]
    public void Delay_AfterTheSourceHasEnded_StillDelivers()
    {
        var source = Pull("ab|");
        var consumer = _clock.Consume(source.Through(o => o.Delay(Ms(10), _clock))).AskAt(0, 20, 30);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("10:a 20:b 30:|"));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 2 }), "disposed when it ended, not when the delay did");
    }

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
    public void TheEnding_WaitsForTheSourcesDisposal()
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("ab|")) { DisposalFrames = 10 };
        var consumer = _clock.Consume(source.Through(o => o.Take(1))).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 10:|"));
    }

    // Leaving and cancelling

    [Test]
    public void Cancel_DropsWhatIsQueuedAndEndsAfterTheSourceIsDisposed()
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("a---b|")) { DisposalFrames = 3 };
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(source.Through(o => o.SelectMany(x => new[] { x, x, x })), cancellation.Token).AskAt(0, 2, 9);
        _clock.At(1, cancellation.Cancel);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 4:#OperationCanceledException 9:|"));
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
    public void EachEnumeration_HasAQueryAndASourceOfItsOwn()
    {
        var source = Pull("ab|");
        var stream = source.Through(o => o.Scan("", (all, x) => all + x));
        var first = _clock.Consume(stream).AskAt(0, 1);
        var second = _clock.Consume(stream).AskAt(3, 5);
        _clock.Start();

        Assert.That(Marbles.Show(first.Received), Is.EqualTo("0:a 1:ab"));
        Assert.That(Marbles.Show(second.Received), Is.EqualTo("3:a 5:ab"));
        Assert.That(source.Enumerations, Is.EqualTo(new[] { 0, 3 }));
    }

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
