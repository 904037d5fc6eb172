namespace RxTokens.Stress;

/// <summary>Text between other items, whose shape reads ahead on the threads on which items land.</summary>
public sealed class ShapeTextRaces
{
    private const int Rounds = 2000;
    private const int Count = 16;

    private static readonly (string Name, Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> Shape)[] Shapes =
    [
        ("as it is", texts => texts),
        ("Conflate", texts => texts.Conflate()),
        ("Buffered", texts => texts.Buffered(2)),
    ];

    private static readonly string[] Names = [.. Shapes.Select(shape => shape.Name)];

    [TestCaseSource(nameof(Names))]
    public void ItemsThatLand_AgainstTheConsumer_AllArrive_InTheirOrder(string shape) => Race.Run(Rounds, (referee, random) =>
    {
        var (source, consumer) = Over(shape, referee, random, CancellationToken.None);
        return new Round(
            [() => consumer.Run(spin: random.Next(80)), () => source.Arrive(Count + 1)],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, Count)));
                Assert.That((source.Enumerations, source.Disposals), Is.EqualTo((1, 1)));
            },
            () => $"{source}; {consumer}");
    });

    [TestCaseSource(nameof(Names))]
    public void ACancellation_AgainstItemsThatLand_EndsOnce(string shape) => Race.Run(Rounds, (referee, random) =>
    {
        var cancellation = new CancellationTokenSource();
        var (source, consumer) = Over(shape, referee, random, cancellation.Token);
        consumer.Run(spin: 10);
        return new Round(
            [cancellation.Cancel, () => source.Arrive(5)],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.InstanceOf<OperationCanceledException>().With.Property(nameof(OperationCanceledException.CancellationToken)).EqualTo(cancellation.Token));
                CheckBeginning(consumer);
                Assert.That((source.Enumerations, source.Disposals), Is.EqualTo((1, 1)));
            },
            () => $"{source}; {consumer}");
    });

    [TestCaseSource(nameof(Names))]
    public void Leaving_WhileTheConsumerAsks_DisposesTheSourceOnce(string shape) => Race.Run(Rounds, (referee, random) =>
    {
        var (source, consumer) = Over(shape, referee, random, CancellationToken.None);
        consumer.OnEnding = null; // who asks when it has left is told the end at once
        consumer.Run();
        return new Round(
            [consumer.Leave, () => source.Arrive(5)],
            () => consumer.HasEnded,
            () =>
            {
                CheckBeginning(consumer);
                Assert.That((source.Enumerations, source.Disposals), Is.EqualTo((1, 1)));
            },
            () => $"{source}; {consumer}");
    });

    private static (RacingSource<int> Source, RacingConsumer<string> Consumer) Over(string name, Referee referee, Random random, CancellationToken cancellationToken)
    {
        var source = RacingSource.Numbers(referee, random, Count, Pace.OnArrival);
        var shape = Shapes.Single(shape => shape.Name == name).Shape;
        var texts = source.SelectAwait((n, _) => ValueTask.FromResult(Letter(n)), maxConcurrency: 1);
        var consumer = new RacingConsumer<string>(texts.ShapeText(t => t is "C" or "H" ? null : t, (_, t) => t, shape), text => text.Select(c => c - 'A'), cancellationToken)
        {
            OnEnding = () => referee.Require(source.IsSettled, "told before the disposal"),
        };
        return (source, consumer);
    }

    private static void CheckBeginning(RacingConsumer<string> consumer) =>
        Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, consumer.Items.Count)));

    private static string Letter(int number) => $"{(char)('A' + number)}";
}
