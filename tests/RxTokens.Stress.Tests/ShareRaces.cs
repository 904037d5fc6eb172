namespace RxTokens.Stress;

/// <summary>Consumers of one source that join, ask, leave and cancel on many threads: each gets what it was promised, and the source is disposed once.</summary>
[NonParallelizable]
public sealed class ShareRaces
{
    private const int Count = 6;

    private static readonly string Whole = string.Concat(Enumerable.Range(0, Count).Select(Letter));

    private static string Letter(int number) => ((char)('a' + number)).ToString();

    private static RacingSource<string> Letters(Referee referee, Random random, Pace pace, int count = Count, Exception? failure = null) =>
        new(referee, random, count, Letter) { Pace = pace, Failure = failure };

    /// <summary>One of the ways to join that lose nothing.</summary>
    private static IAsyncEnumerable<string> Join(SharedStream<string> shared, Random random) => random.Next(5) switch
    {
        0 => shared,
        1 => shared.Join(3),
        2 => shared.JoinConflated(),
        3 => shared.JoinConflated((x, y) => x + y),
        _ => shared.Join(Count, Overflow.Fail),
    };

    private static string Text(LeanConsumer<string> consumer) => string.Concat(consumer.Items);

    [Test]
    public void AJoinRacesTheEnd_AndGetsTheWhole() => Race.Run(10_000, (referee, random) =>
    {
        var failure = random.Next(2) == 0 ? new IOException("cut off") : null;
        var source = Letters(referee, random, Pace.OnArrival, 1, failure);
        var shared = source.ShareText();
        var first = new LeanConsumer<string>(Join(shared, random));
        var second = new LeanConsumer<string>(Join(shared, random));
        first.Run();
        source.Arrive();
        return new Round(
            [source.Arrive, () => second.Run()],
            () => first.HasEnded && second.HasEnded,
            () =>
            {
                foreach (var consumer in new[] { first, second })
                    Assert.That((Text(consumer), consumer.Error), Is.EqualTo(("a", failure)));
                Assert.That((source.Reads, source.Enumerations, source.Disposals, shared.ConsumerCount), Is.EqualTo((2, 1, 1, 0)));
            },
            () => $"{source}; {first}; {second}; {shared}");
    });

    [TestCase(Pace.OnArrival)]
    [TestCase(Pace.AtRandom)]
    public void AJoinRacesItems_AndGetsTheWhole(Pace pace) => Race.Run(3000, (referee, random) =>
    {
        var source = Letters(referee, random, pace);
        var shared = random.Next(2) == 0 ? source.ShareText() : source.Share((x, y) => x + y);
        var first = new LeanConsumer<string>(Join(shared, random));
        var second = new LeanConsumer<string>(Join(shared, random));
        if (pace == Pace.OnArrival)
            first.Run();
        return new Round(
            [pace == Pace.OnArrival ? () => source.Arrive(Count + 1) : () => first.Run(), () => second.Run()],
            () => first.HasEnded && second.HasEnded,
            () =>
            {
                Assert.That((Text(first), Text(second)), Is.EqualTo((Whole, Whole)));
                Assert.That((first.Error, second.Error), Is.EqualTo(((Exception?)null, (Exception?)null)));
                Assert.That((source.Reads, source.Enumerations, source.Disposals, shared.ConsumerCount), Is.EqualTo((Count + 1, 1, 1, 0)));
            },
            () => $"{source}; {first}; {second}; {shared}");
    });

    /// <summary>The first asks for nothing: whoever reads does so because the second has asked.</summary>
    [Test]
    public void ARequestRacesTheJoining_AndIsHeard() => Race.Run(5000, (referee, random) =>
    {
        var source = Letters(referee, random, Pace.AtRandom, 2);
        var shared = source.Share();
        var idle = new LeanConsumer<string>(shared.Join(4));
        var second = new LeanConsumer<string>(Join(shared, random));
        return new Round(
            [() => idle.Run(times: 1), () => second.Run()],
            () => second.HasEnded && idle.HasPaused,
            () =>
            {
                Assert.That("ab".EndsWith(Text(second), StringComparison.Ordinal), Is.True, "all from its joining on");
                Assert.That((idle.Error, second.Error), Is.EqualTo(((Exception?)null, (Exception?)null)));
                Assert.That((source.Reads, source.Disposals), Is.EqualTo((3, 1)));
            },
            () => $"{source}; {idle}; {second}; {shared}");
    });

    [Test]
    public void TheLastLeaveRacesAJoin() => LastLeaves(grace: TimeSpan.Zero);

    [Test]
    public void TheLastLeaveRacesAJoin_InTheGraceTime() => LastLeaves(grace: TimeSpan.FromTicks(1));

    private static void LastLeaves(TimeSpan grace)
    {
        var late = 0;
        Race.Run(3000, (referee, random) =>
        {
            var source = Letters(referee, random, random.Next(2) == 0 ? Pace.OnArrival : Pace.AtRandom, 3);
            var shared = source.ShareText(grace, new SoonScheduler(random.Next(40)));
            var first = new LeanConsumer<string>(Join(shared, random));
            var second = new LeanConsumer<string>(Join(shared, random));
            source.Arrive();
            first.Run(times: 1);
            Task? leaving = null;
            return new Round(
                [() => leaving = first.LeaveAsync(), () => second.Run(), () => source.Arrive(3)],
                () => leaving is { IsCompleted: true } && second.HasEnded && source.IsSettled,
                () =>
                {
                    Assert.That(leaving!.IsCompletedSuccessfully, Is.True);
                    if (second.Error is null)
                        Assert.That(Text(second), Is.EqualTo("abc"));
                    else
                        Assert.That(second.Error, Is.TypeOf<InvalidOperationException>());
                    Assert.That("abc".StartsWith(Text(second), StringComparison.Ordinal), Is.True);
                    late += second.Error is null ? 0 : 1;
                    Assert.That((source.Enumerations, source.Disposals, shared.ConsumerCount), Is.EqualTo((1, 1, 0)));
                },
                () => $"{source}; {first}; {second}; {shared}; leaving: {leaving?.Status}");
        });
        TestContext.Out.WriteLine($"{late} came too late");
    }

    [Test]
    public void ALeaveAndACancellationRaceItems_AndTheOthersMissNothing() => Race.Run(3000, (referee, random) =>
    {
        var cancellation = new CancellationTokenSource();
        var source = Letters(referee, random, Pace.AtRandom);
        var shared = source.Share();
        var first = new LeanConsumer<string>(Join(shared, random));
        var second = new LeanConsumer<string>(Join(shared, random));
        var third = new LeanConsumer<string>(Join(shared, random), cancellation.Token);
        var anchor = shared.Join(1, Overflow.DropOldest).GetAsyncEnumerator(); // never the last to leave
        foreach (var consumer in new[] { second, third })
        {
            consumer.Run(times: 1);
            Race.Until(() => consumer.HasPaused);
        }

        Task? leaving = null;
        return new Round(
            [() => first.Run(), () => leaving = second.LeaveAsync(), cancellation.Cancel, () => third.Run()],
            () => first.HasEnded && third.HasEnded && leaving is { IsCompleted: true },
            () =>
            {
                Assert.That(Whole, Does.EndWith(Text(first)));
                Assert.That(first.Error, Is.Null);
                Assert.That(leaving!.IsCompletedSuccessfully, Is.True);
                Assert.That(third.Error, Is.Null.Or.InstanceOf<OperationCanceledException>());
                Assert.That(Whole, Does.Contain(Text(third)), "nothing is missing in between");
                var gone = anchor.DisposeAsync().AsTask(); // somebody may still be on the way out of the stage
                Assert.That(Race.Until(() => gone.IsCompletedSuccessfully), Is.True);
                Assert.That((source.Enumerations, source.Disposals, shared.ConsumerCount), Is.EqualTo((1, 1, 0)));
            },
            () => $"{source}; {first}; {second}; {third}; {shared}");
    });

    /// <summary>A source that is always ready is read past its burst, on whichever thread comes: in order for everybody.</summary>
    [Test]
    public void ManyConsumersOfAReadySource_EachGetAllInOrder() => Race.Run(12, (referee, random) =>
    {
        const int count = 20_000;
        var source = new ReadySource(referee, count);
        var shared = source.Share();
        var consumers = Enumerable.Range(0, 4).Select(i => new LeanConsumer<int>(i == 0 ? shared : shared.Join(random.Next(1, 40)))
        {
            HopsOneIn = random.Next(2) == 0 ? 0 : 50,
        }).ToArray();
        return new Round(
            [.. consumers.Select(c => (Action)(() => c.Run()))],
            () => consumers.All(c => c.HasEnded),
            () =>
            {
                foreach (var consumer in consumers)
                {
                    Assert.That(consumer.Error, Is.Null);
                    var first = consumer.Items.Count == 0 ? count : consumer.Items[0];
                    Assert.That(consumer.Items.SequenceEqual(Enumerable.Range(first, count - first)), Is.True, "all from its joining on, in order");
                }

                Assert.That((source.Reads, source.Disposals, shared.ConsumerCount), Is.EqualTo((count + 1, 1, 0)));
            },
            () => $"{source}; {string.Join("; ", consumers.Select(c => c.ToString()))}; {shared}");
    });
}
