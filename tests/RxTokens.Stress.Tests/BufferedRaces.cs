using System.Reactive.Subjects;

namespace RxTokens.Stress;

/// <summary>
/// Long streams through buffers of every size and policy, filled on one thread and emptied on another. (Short ones, and endings
/// of every kind, are in <see cref="BoundaryRaces"/>.)
/// </summary>
public sealed class BufferedRaces
{
    private static readonly int[] Capacities = [1, 2, 3, 32, 33, 128, 1000];

    private static IEnumerable<int[]> WaitCases =>
        from capacity in Capacities
        from resumeAt in new[] { 0, 1, capacity / 2, capacity - 1 }.Distinct()
        where resumeAt < capacity
        select new[] { capacity, resumeAt };

    private static IEnumerable<TestCaseData> DropCases =>
        from capacity in Capacities
        from drops in new[] { Overflow.DropOldest, Overflow.DropWrite, Overflow.Fail }
        select new TestCaseData(capacity, drops);

    [TestCaseSource(nameof(WaitCases))]
    public void Wait_DeliversAllInOrderAndReadsNoFurtherThanItsCapacity(int capacity, int resumeAt) => Race.Run(8, (referee, random) =>
    {
        const int count = 3000;
        HoppingSource<int>? source = null;
        LeanConsumer<int>? consumer = null;
        source = new HoppingSource<int>(referee, random.Next(), HopsOneIn(random), count, n => n)
        {
            OnReading = () =>
            {
                if (source!.Reads >= consumer!.Asked + capacity)
                    referee.Violate($"read {source.Reads + 1}, where {consumer.Asked} were asked for");
            },
        };
        consumer = Consume(source.Buffered(capacity, resumeAt: resumeAt), random);

        return new Round(
            [() => consumer.Run()],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                AssertCounts(consumer.Items, count);
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {consumer}");
    });

    [TestCaseSource(nameof(DropCases))]
    public void PullSource_ThatIsNotHeldUp_DropsNothingSilently(int capacity, Overflow overflow) => Race.Run(8, (referee, random) =>
    {
        const int count = 5000;
        var dropped = new List<int>();
        var source = new HoppingSource<int>(referee, random.Next(), HopsOneIn(random), count, n => n);
        var consumer = Consume(source.Buffered(capacity, overflow, onDropped: dropped.Add), random);

        return new Round(
            [() => consumer.Run()],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(source.Disposals, Is.EqualTo(1));
                AssertDropped(consumer, dropped, overflow, capacity, count);
            },
            () => $"{source}; {consumer}; dropped: {dropped.Count}");
    });

    [TestCaseSource(nameof(DropCases))]
    public void PushSource_ThatIsNotHeldUp_DropsNothingSilently(int capacity, Overflow overflow) => Race.Run(8, (referee, random) =>
    {
        const int count = 5000;
        var dropped = new List<int>();
        var source = new Subject<int>();
        var consumer = Consume(source.Buffered(capacity, (Overflow)overflow, dropped.Add), random);
        var spin = random.Next(12);

        return new Round(
            [
                () => consumer.Run(),
                () =>
                {
                    Race.Until(() => source.HasObservers);
                    for (var n = 0; n < count; n++)
                    {
                        source.OnNext(n);
                        Thread.SpinWait(spin);
                    }

                    source.OnCompleted();
                },
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(source.HasObservers, Is.False);
                AssertDropped(consumer, dropped, overflow, capacity, count);
            },
            () => $"{consumer}; dropped: {dropped.Count}");
    });

    [TestCase(Overflow.Fail)]
    [TestCase(Overflow.DropOldest)]
    [TestCase(Overflow.DropWrite)]
    public void PushSource_ThatWaitsForTheConsumerEachTime_IsNeverForgotten(Overflow overflow) => Race.Run(30, (_, random) =>
    {
        const int count = 300;
        var source = new Subject<int>();
        var consumer = Consume(source.Buffered(1, overflow), random);
        return PushInTurn.Of(source, consumer, count, static n => n, random, () => AssertCounts(consumer.Items, count));
    });

    private static IEnumerable<TestCaseData> LeavingCases =>
        from capacity in new[] { 1, 3, 33 }
        from overflow in new[] { Overflow.Wait, Overflow.DropOldest, Overflow.DropWrite }
        select new TestCaseData(capacity, overflow);

    [TestCaseSource(nameof(LeavingCases))]
    public void Cancel_AtARandomMoment_EndsTheStreamAndDisposesTheSourceOnce(int capacity, Overflow overflow) => Race.Run(60, (referee, random) =>
    {
        var cancellation = new CancellationTokenSource();
        var source = new HoppingSource<int>(referee, random.Next(), 1 + random.Next(6), int.MaxValue, n => n);
        var consumer = Consume(source.Buffered(capacity, overflow), random, cancellation.Token);
        var moment = random.Next(60);

        return new Round(
            [
                () => consumer.Run(),
                () =>
                {
                    Race.Until(() => consumer.Received >= moment);
                    cancellation.Cancel();
                },
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.InstanceOf<OperationCanceledException>());
                Assert.That(source.IsSettled, Is.True);
                Assert.That(consumer.Items, Is.Ordered.And.Unique);
                if (overflow == Overflow.Wait)
                    AssertCounts(consumer.Items, consumer.Items.Count);
            },
            () => $"{source}; {consumer}");
    });

    [TestCaseSource(nameof(LeavingCases))]
    public void Leave_WhileTheSourceIsRead_DisposesTheSourceOnce(int capacity, Overflow overflow) => Race.Run(60, (referee, random) =>
    {
        var cancellation = new CancellationTokenSource();
        var source = new HoppingSource<int>(referee, random.Next(), 1 + random.Next(6), int.MaxValue, n => n);
        var consumer = Consume(source.Buffered(capacity, overflow), random, cancellation.Token);
        var times = 1 + random.Next(60);
        var cancels = random.Next(2) == 0;

        return new Round(
            [
                () =>
                {
                    consumer.Run(times);
                    Race.Until(() => consumer.HasPaused);
                    if (!consumer.HasEnded)
                        _ = consumer.LeaveAsync();
                },
                () =>
                {
                    Race.Until(() => consumer.Received >= times - 1);
                    if (cancels)
                        cancellation.Cancel();
                },
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(source.IsSettled, Is.True);
                Assert.That(consumer.Items, Is.Ordered.And.Unique);
            },
            () => $"{source}; {consumer}");
    });

    // Without a hop, a consumer that was resumed by a push source goes on inside its OnNext.
    private static int Hops(Random random) => random.Next(4) switch { 0 => 0, 1 => 1, 2 => 3, _ => 100 };

    private static int HopsOneIn(Random random) => random.Next(4) switch { 0 => 0, 1 => 2, 2 => 10, _ => 300 };

    private static LeanConsumer<int> Consume(IAsyncEnumerable<int> stream, Random random, CancellationToken cancellationToken = default) =>
        new(stream, cancellationToken) { Spin = random.Next(3) * random.Next(30), HopsOneIn = Hops(random) };

    private static void AssertDropped(LeanConsumer<int> consumer, List<int> dropped, Overflow overflow, int capacity, int count)
    {
        if (overflow == Overflow.Fail && consumer.Error is not null)
        {
            Assert.That(consumer.Error, Is.InstanceOf<BackpressureException>());
            Assert.That(((BackpressureException)consumer.Error).Bound, Is.EqualTo(capacity));
            Assert.That(dropped, Has.Count.EqualTo(1));
            AssertCounts(consumer.Items, dropped[0]);
            return;
        }

        Assert.That(consumer.Error, Is.Null);
        Assert.That(consumer.Items.Count + dropped.Count, Is.EqualTo(count));
        var whole = new List<int>(count);
        var next = 0;
        foreach (var n in consumer.Items)
        {
            while (next < dropped.Count && dropped[next] < n)
                whole.Add(dropped[next++]);
            whole.Add(n);
        }

        // Merged, two ascending sequences of different numbers are the whole.
        AssertCounts([.. whole, .. dropped.Skip(next)], count);
        if (overflow == Overflow.Fail)
            Assert.That(dropped, Is.Empty);
        else
            Assert.That(overflow == Overflow.DropOldest ? consumer.Items[^1] : consumer.Items[0], Is.EqualTo(overflow == Overflow.DropOldest ? count - 1 : 0));
    }

    private static void AssertCounts(List<int> items, int count)
    {
        if (!items.SequenceEqual(Enumerable.Range(0, count)))
            Assert.Fail($"not 0 to {count - 1}: {string.Join(' ', items)}");
    }
}
