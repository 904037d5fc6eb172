using System.Reactive.Disposables;
using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

public partial class ThroughTests
{
    // Operators inside the query

    [Test]
    public void StartWith_AnswersTheFirstRequestWithoutReading() => MarbleTest.Run(m =>
    {
        var source = m.Pull("a|");
        m.Expect(source.Through(o => o.StartWith("x")), demand: "1----1   1").ToBe("x----a   |");
        m.ExpectPulls(source).ToBe("                             -----[^1][1!]");
    });

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
    public void AnItemThatLandsWhileTheQueryDoesNotListen_WaitsUntilItListensAgain() => MarbleTest.Run(m => m
        .Expect(
            m.Pull("----a-b|").Through(o => o
                .TakeUntil(Observable.Timer(m.Time("--|"), m.Clock))
                .Concat(Observable.Timer(m.Time("-------|"), m.Clock).Select(_ => "t"))
                .Concat(o)),
            demand: "1---------111")
        .ToBe("      ---------tab|"));

    [Test]
    public void Merge_WithATimer_AnswersFromBoth() => MarbleTest.Run(m =>
    {
        var ticks = Observable.Interval(m.Time("---|"), m.Clock).Take(2).Select(i => i.ToString());
        m.Expect(m.Pull("a----b----c|").Through(o => o.Merge(ticks)), demand: "11--1-11---1").ToBe("a--0-b1---c|");
    });

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
    public void SelectMany_WithAnAsynchronousStage_KeepsReadingWhileItIsBusy() => MarbleTest.Run(m =>
    {
        // Three in work and one being read, for one that was asked for.
        var source = m.Pull("abc--------d|");
        m.Expect(source.Through(o => o.SelectMany(x => Observable.Timer(m.Time("-----|"), m.Clock).Select(_ => x))), demand: "1").ToBe("-----a");
        m.ExpectPulls(source).ToBe("[^2]11");
    });

    [Test]
    public void SelectAwait_InItsPlace_ReadsOne() => MarbleTest.Run(m =>
    {
        var source = m.Pull("abc--------d|");
        m.Expect(source.SelectAwait(AfterFiveFramesAsync, maxConcurrency: 1), demand: "1").ToBe("-----a");
        m.ExpectPulls(source).ToBe("[^1]");

        async ValueTask<string> AfterFiveFramesAsync(string item, CancellationToken cancellationToken)
        {
            await m.Delay(5);
            return item;
        }
    });

    [Test]
    public async Task Retry_InsideTheQuery_CannotRestartTheSource()
    {
        var source = new ReadySource<int>(i => i, 2) { FailsAtTheEnd = Marbles.Failure };
        var items = new List<int>();
        Assert.That(async () =>
        {
            await foreach (var i in source.Through(o => o.Retry(3)))
                items.Add(i);
        }, Throws.InvalidOperationException.With.Message.Contains("put Retry or Repeat outside").And.InnerException.SameAs(Marbles.Failure));

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
    public void Timeout_InsideTheQuery_CancelsTheSource() => MarbleTest.Run(m =>
    {
        var source = m.Pull("a----------b|");
        m.Expect(source.Through(o => o.Timeout(m.Time("-----|"), m.Clock)), demand: "11").ToBe("a----#", error: typeof(TimeoutException));
        m.ExpectPulls(source).ToBe("[^1]1---[x!]");
    });

    [Test]
    public void Delay_AfterTheSourceHasEnded_StillDelivers() => MarbleTest.Run(m =>
    {
        // Disposed when it has ended, not when the delay has.
        var source = m.Pull("ab|");
        m.Expect(source.Through(o => o.Delay(m.Time("----------|"), m.Clock)), demand: "1-------------1----1").ToBe("----------a---b----|");
        m.ExpectPulls(source).ToBe("[^2]1!");
    });
}
