using System.Reactive.Concurrency;
using System.Reactive.Linq;

namespace RxTokens.Interop.Tests;

/// <summary>Pipelines of their operators and ours: values, and what reaches the source.</summary>
public class MixedPipelinesTests
{
    [Test]
    public async Task Buffer_BeforeThrough_ReadsWholeBuffersAndNoMore()
    {
        var source = new CountingSource(100);

        var sums = await source.Buffer(3).Through(o => o.Select(b => b.Sum()).Where(s => s % 2 == 0)).CollectAsync(atMost: 2);

        Assert.That(sums, Is.EqualTo(new[] { 6, 24 }));
        AssertUse(source, enumerations: 1, reads: 9);
    }

    [Test]
    public async Task Scan_BehindThrough()
    {
        var source = new CountingSource(10);

        var totals = await source.Through(o => o.Buffer(2).Select(b => b.Sum())).Scan(0, (total, n) => total + n).CollectAsync();

        Assert.That(totals, Is.EqualTo(new[] { 3, 10, 21, 36, 55 }));
        AssertUse(source, enumerations: 1, reads: 11);
    }

    [Test]
    public async Task Do_OnBothSidesOfThrough_SeesTheConsumersPace()
    {
        var log = new List<string>();
        var shown = new CountingSource(4)
            .Do(n => log.Add($"read {n}"))
            .Through(o => o.Buffer(2).Select(b => b.Sum()))
            .Do(sum => log.Add($"made {sum}"));

        await foreach (var sum in shown)
            log.Add($"shown {sum}");

        Assert.That(log, Is.EqualTo(new[] { "read 1", "read 2", "made 3", "shown 3", "read 3", "read 4", "made 7", "shown 7" }));
    }

    [Test]
    public async Task Retry_AroundThrough_ReadsTheSourceAnew()
    {
        var source = new CountingSource(3) { FailingEnumerations = 2 };

        var items = await source.Through(o => o.Select(n => n * 10)).Retry(3).CollectAsync();

        Assert.That(items, Is.EqualTo(new[] { 10, 10, 10, 20, 30 }));
        AssertUse(source, enumerations: 3, reads: 2 + 2 + 4);
    }

    [Test]
    public async Task Catch_AroundThrough_TakesOver()
    {
        var source = new CountingSource(3) { FailingEnumerations = 1 };
        var fallback = new CountingSource(2);

        var items = await source.Through(o => o.Select(n => n * 10))
            .Catch((IOException _) => fallback.Through(o => o.Select(n => -n)))
            .CollectAsync();

        Assert.That(items, Is.EqualTo(new[] { 10, -1, -2 }));
        AssertUse(source, enumerations: 1, reads: 2);
        AssertUse(fallback, enumerations: 1, reads: 3);
    }

    [Test]
    public async Task OnErrorResumeNext_AfterThrough()
    {
        var source = new CountingSource(3) { FailingEnumerations = 1 };

        var items = await source.Through(o => o).OnErrorResumeNext(AsyncEnumerableEx.Return(7)).CollectAsync();

        Assert.That(items, Is.EqualTo(new[] { 1, 7 }));
        AssertUse(source, enumerations: 1, reads: 2);
    }

    [Test]
    public async Task Repeat_AroundATake_ReadsWhatEachTakeNeeds()
    {
        var source = new CountingSource(100);

        var items = await AsyncEnumerableEx.Repeat(source.Through(o => o.Take(2)), 3).CollectAsync();

        Assert.That(items, Is.EqualTo(new[] { 1, 2, 1, 2, 1, 2 }));
        AssertUse(source, enumerations: 3, reads: 6);
    }

    [Test]
    public async Task Merge_OfTwoThroughs_IntoAThird()
    {
        var (evens, odds) = (new CountingSource(6), new CountingSource(6));

        var merged = AsyncEnumerableEx.Merge(evens.Through(o => o.Where(n => n % 2 == 0)), odds.Through(o => o.Where(n => n % 2 == 1)));
        var lists = await merged.Through(o => o.Buffer(3)).CollectAsync();

        Assert.That(lists.SelectMany(l => l), Is.EquivalentTo(Enumerable.Range(1, 6)));
        AssertUse(evens, enumerations: 1, reads: 7);
        AssertUse(odds, enumerations: 1, reads: 7);
    }

    [Test]
    public async Task StartWith_Distinct_DistinctUntilChanged_Finally()
    {
        var source = new CountingSource(6);
        var finallyRan = 0;

        var items = await source.StartWith(0)
            .DistinctBy(n => n % 4)
            .Through(o => o.Select(n => n / 2))
            .DistinctUntilChanged(n => n)
            .Finally(() => finallyRan++)
            .CollectAsync();

        Assert.That(items, Is.EqualTo(new[] { 0, 1 }));
        Assert.That(finallyRan, Is.EqualTo(1));
        AssertUse(source, enumerations: 1, reads: 7);
    }

    [Test]
    public async Task Using_BeforeBuffered_DisposesItsResource()
    {
        var disposed = 0;
        var source = new CountingSource(100);
        var items = await AsyncEnumerableEx
            .Using(() => System.Reactive.Disposables.Disposable.Create(() => disposed++), _ => source)
            .Buffered(4)
            .CollectAsync(atMost: 2);

        Assert.That(items, Is.EqualTo(new[] { 1, 2 }));
        Assert.That(disposed, Is.EqualTo(1));
        Assert.That(source.Reads, Is.LessThanOrEqualTo(2 + 4));
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [Test]
    public async Task Timeout_OnBothSidesOfThrough()
    {
        var source = new CountingSource(3);

        var items = await source.Timeout(TimeSpan.FromHours(1)).Through(o => o.Skip(1)).Timeout(TimeSpan.FromHours(1)).CollectAsync();

        Assert.That(items, Is.EqualTo(new[] { 2, 3 }));
        AssertUse(source, enumerations: 1, reads: 4);
    }

    /// <summary>
    /// System.Interactive.Async's Timeout and Amb (4.0.0) await the read that lost without cancelling its token: over a source that
    /// stays silent they never end, with or without us. Rx's Timeout, run inside Through, does what one expects, on a clock of one's own.
    /// </summary>
    [Test]
    [CancelAfter(10_000)]
    public void RxsTimeout_InsideThrough_EndsASilentSource(CancellationToken cancellationToken)
    {
        var clock = new HistoricalScheduler();
        var silent = new SilentSource();
        var items = silent.Items().Through(o => o.Timeout(TimeSpan.FromSeconds(1), clock)).CollectAsync();

        clock.AdvanceBy(TimeSpan.FromSeconds(1));

        Assert.That(async () => await items.WaitAsync(cancellationToken), Throws.TypeOf<TimeoutException>());
        Assert.That(silent.CleanedUp.IsCompleted, "the source is cleaned up before the failure arrives");
    }

    [Test]
    public async Task Amb_OfTwoThroughs_DisposesTheLoser()
    {
        var (winner, loser) = (new CountingSource(3), new CountingSource(3));

        var items = await AsyncEnumerableEx.Amb(winner.Through(o => o), loser.Through(o => o)).CollectAsync();

        Assert.That(items, Is.EqualTo(new[] { 1, 2, 3 }));
        AssertUse(winner, enumerations: 1, reads: 4);
        AssertUse(loser, enumerations: 1, reads: 1);
    }

    [Test]
    public async Task Throttle_InsideThrough_BetweenTheirs()
    {
        var clock = new HistoricalScheduler();
        var source = new CountingSource(3);

        var items = await source.Do(_ => clock.AdvanceBy(TimeSpan.FromMilliseconds(10)))
            .Through(o => o.Throttle(TimeSpan.FromSeconds(1), clock))
            .CollectAsync();

        Assert.That(items, Is.EqualTo(new[] { 3 }));
        AssertUse(source, enumerations: 1, reads: 4);
    }

#pragma warning disable CS0618 // Obsolete in System.Linq.Async 7, and in use.
    [Test]
    public async Task WhereAwait_SelectAwait_AroundSelectAwait()
    {
        var source = new CountingSource(6);

        var items = await source.WhereAwait(n => ValueTask.FromResult(n % 2 == 0))
            .SelectAwait((n, _) => ValueTask.FromResult(n * 10), maxConcurrency: 1)
            .SelectAwait(n => ValueTask.FromResult(n + 1))
            .CollectAsync(atMost: 2);

        Assert.That(items, Is.EqualTo(new[] { 21, 41 }));
        AssertUse(source, enumerations: 1, reads: 4);
    }

    [Test]
    public async Task ForEachAsync_PullsThroughConflate()
    {
        var source = new CountingSource(5);
        var sum = 0;

        await source.Conflate((a, b) => a + b).ForEachAsync(n => sum += n);

        Assert.That(sum, Is.EqualTo(15));
        AssertUse(source, enumerations: 1, reads: 6);
    }
#pragma warning restore CS0618

    [Test]
    public async Task TheFrameworksWhereAndSelect_AroundThrough()
    {
        var source = new CountingSource(10);

        var odd = source.Where(n => n % 2 == 1);
        var sums = odd.Through(o => o.Buffer(2)).Select(b => b.Sum());

        Assert.That(await sums.Take(2).ToListAsync(), Is.EqualTo(new[] { 1 + 3, 5 + 7 }));
        AssertUse(source, enumerations: 1, reads: 7);
    }

    [Test]
    public async Task TheFrameworksChunk_AroundThrough()
    {
        var source = new CountingSource(10);

        var sums = await source.Chunk(2).Through(o => o.Select(c => c.Sum())).Chunk(2).CollectAsync(atMost: 1);

        Assert.That(sums.Single(), Is.EqualTo(new[] { 3, 7 }));
        AssertUse(source, enumerations: 1, reads: 4);
    }

    [Test]
    public async Task TheirToObservable_IntoBuffered_SaysWhatItDrops()
    {
        var source = new CountingSource(10);
        var dropped = new List<int>();

        var items = await source.ToObservable().Buffered(5, Overflow.DropOldest, dropped.Add).CollectAsync();

        Assert.That(items, Is.EqualTo(new[] { 1, 6, 7, 8, 9, 10 }));
        Assert.That(dropped, Is.EqualTo(new[] { 2, 3, 4, 5 }));
        AssertUse(source, enumerations: 1, reads: 11);
    }

    [Test]
    public async Task OnDemand_IntoTheirToAsyncEnumerable()
    {
        var source = new CountingSource(100);
        var demand = new Demand();
        demand.Request(3);

        var items = await source.OnDemand(demand).ToAsyncEnumerable().CollectAsync(atMost: 3);

        Assert.That(items, Is.EqualTo(new[] { 1, 2, 3 }));
        AssertUse(source, enumerations: 1, reads: 3);
    }

    private static void AssertUse(CountingSource source, int enumerations, int reads)
    {
        Assert.That(
            (source.Enumerations, source.Reads, source.Disposals),
            Is.EqualTo((enumerations, reads, enumerations)),
            "(enumerations, reads, disposals) of the source");
    }
}
