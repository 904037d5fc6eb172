using System.Reactive.Subjects;

namespace RxTokens.Stress;

/// <summary>Not how many items are dropped, but which: only what a full buffer must give up, and never the newest.</summary>
public sealed class DroppedItemsRaces
{
    private const int Count = 200;

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(4)]
    public void DropOldest_OverAPushSource_DropsTheOldestOfAFullBuffer(int capacity) => Race.Run(2500, (referee, random) =>
    {
        // Behind what is dropped came as many as the buffer holds.
        return OverAPushSource(
            referee, random, (source, onDropped) => source.Buffered(capacity, Overflow.DropOldest, onDropped), (item, said) => said - item >= capacity);
    });

    [TestCase(1)]
    [TestCase(4)]
    public void DropOldest_OverAPullSource_DropsTheOldestOfAFullBuffer(int capacity) => Race.Run(1500, (referee, random) =>
    {
        HoppingSource<int>? source = null;
        var made = -1;
        var dropped = new List<int>();
        source = new HoppingSource<int>(referee, random.Next(), hopsOneIn: 20, Count, n => made = n);
        var consumer = new LeanConsumer<int>(source.Buffered(capacity, Overflow.DropOldest, onDropped: item =>
        {
            referee.Require(made - item >= capacity, $"{item} was dropped when {made} was the newest");
            dropped.Add(item);
        }))
        {
            Spin = random.Next(30),
            HopsOneIn = 3,
        };

        return new Round(
            [() => consumer.Run()],
            () => consumer.HasEnded,
            () => Check(consumer, dropped),
            () => $"{source}; {consumer}; dropped: {string.Join(' ', dropped)}");
    });

    [Test]
    public void KeepLatest_DropsWhatANewerOneReplaces() => Race.Run(2500, (referee, random) =>
    {
        return OverAPushSource(referee, random, (source, onDropped) => source.KeepLatest(onDropped), (item, said) => item == said - 1);
    });

    /// <summary>No enumerator allows it, but it is done: whoever gives up disposes the stream beside its own request.</summary>
    [TestCase(Overflow.DropOldest)]
    [TestCase(Overflow.DropNewest)]
    [TestCase(Overflow.DropWrite)]
    [TestCase(Overflow.Fail)]
    public void ADisposalBesideARequest_DropsWhatNobodyGot_OnceAndWhole(Overflow overflow) => Race.Run(2000, (referee, random) =>
    {
        var source = new Subject<string>();
        var dropped = new List<string>();
        var taken = new List<string>();
        var said = 0;
        var hasLeft = false;
        var spin = random.Next(150);
        var reading = source.Buffered(Count, overflow, item =>
        {
            lock (dropped)
                dropped.Add(item);
        }).GetAsyncEnumerator();

        return new Round(
            [
                () =>
                {
                    // Before the leaver: a request that has begun, and which the first item answers.
                    var first = reading.MoveNextAsync().AsTask();
                    for (; said < Count; said++)
                        source.OnNext(said.ToString());
                    if (first.Result)
                        taken.Add(reading.Current);
                    Volatile.Write(ref hasLeft, true);
                    while (reading.MoveNextAsync() is { IsCompletedSuccessfully: true, Result: true })
                        taken.Add(reading.Current);
                },
                () =>
                {
                    Race.Until(() => Volatile.Read(ref hasLeft));
                    Thread.SpinWait(spin);
                    reading.DisposeAsync().AsTask().Wait();
                },
            ],
            () => true,
            () =>
            {
                Assert.That(dropped, Has.None.Null);
                Assert.That(taken.Where(item => item is not null).Concat(dropped), Is.Unique.And.EquivalentTo(Enumerable.Range(0, said).Select(i => i.ToString())));
            },
            () => $"taken: {string.Join(' ', taken)}; dropped: {string.Join(' ', dropped)}");
    });

    /// <param name="mayDrop">Whether an item may be dropped when so much has been said.</param>
    private static Round OverAPushSource(
        Referee referee, Random random, Func<IObservable<int>, Action<int>, IAsyncEnumerable<int>> over, Func<int, int, bool> mayDrop)
    {
        var source = new Subject<int>();
        var said = -1;
        var dropped = new List<int>();
        var consumer = new LeanConsumer<int>(over(source, item =>
        {
            referee.Require(mayDrop(item, said), $"{item} was dropped when {said} was the newest");
            dropped.Add(item);
        }))
        {
            Spin = random.Next(30),
            HopsOneIn = random.Next(2) * 3,
        };

        return new Round(
            [
                () => consumer.Run(),
                () =>
                {
                    Race.Until(() => source.HasObservers);
                    for (said = 0; said < Count; said++)
                        source.OnNext(said);
                    source.OnCompleted();
                },
            ],
            () => consumer.HasEnded,
            () => Check(consumer, dropped),
            () => $"{consumer}; dropped: {string.Join(' ', dropped)}");
    }

    // The very last state of a stream always arrives, and each item is either delivered or dropped, in order.
    private static void Check(LeanConsumer<int> consumer, List<int> dropped)
    {
        Assert.That(consumer.Error, Is.Null);
        Assert.That(consumer.Items, Is.Ordered.And.Unique);
        Assert.That(dropped, Is.Ordered.And.Unique);
        Assert.That(consumer.Items[^1], Is.EqualTo(Count - 1), "the newest of all arrives");
        Assert.That(consumer.Items.Concat(dropped).Order(), Is.EqualTo(Enumerable.Range(0, Count)));
    }
}
