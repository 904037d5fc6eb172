using System.Reactive.Subjects;

namespace RxTokens.Stress;

/// <summary>Text in random pieces, empty ones among them, joined between two threads: none is lost, and no more waits than may.</summary>
public sealed class ConflateTextRaces
{
    private static readonly string Text = string.Concat(Enumerable.Range(0, 2000).Select(n => (char)('!' + n % 90)));

    [Test]
    public void PullSource_InRandomPieces_ArrivesWhole(
        [Values(1, 2, 7, 64, 5000)] int maxChars, [Values(1, 9, 200)] int longest) => Race.Run(15, (referee, random) =>
    {
        var pieces = Cut(random, longest);
        HoppingSource<string>? source = null;
        LeanConsumer<string>? consumer = null;
        var read = 0;
        var delivered = 0;
        source = new HoppingSource<string>(referee, random.Next(), HopsOneIn(random), pieces.Count, n =>
        {
            read += pieces[n]?.Length ?? 0;
            return pieces[n]!;
        })
        {
            OnReading = () =>
            {
                // While the consumer is away, what was read and not delivered waits. In this order: it may come any time.
                var isAway = consumer!.Received == consumer.Asked;
                var waiting = read - Volatile.Read(ref delivered);
                if (isAway && waiting >= maxChars)
                    referee.Violate($"reads on, where {waiting} characters wait");
            },
        };
        consumer = Consume(source.Conflate(maxChars), random, text => Volatile.Write(ref delivered, delivered + text.Length));

        return new Round(
            [() => consumer.Run()],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                AssertText(consumer.Items, Text.Length);
                // A piece that finds the consumer waiting, or all that waited.
                Assert.That(consumer.Items.Max(text => text.Length), Is.LessThanOrEqualTo(maxChars - 1 + longest));
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {consumer}");
    });

    [Test]
    public void PullSource_WithNoRoomForTwo_ArrivesPieceByPiece() => Race.Run(40, (referee, random) =>
    {
        var pieces = Cut(random, longest: 5);
        var source = new HoppingSource<string>(referee, random.Next(), HopsOneIn(random), pieces.Count, n => pieces[n]!);
        var consumer = Consume(source.Conflate(maxChars: 1), random);

        return new Round(
            [() => consumer.Run()],
            () => consumer.HasEnded,
            () => Assert.That(consumer.Items, Is.EqualTo(pieces.Select(piece => piece ?? ""))),
            () => $"{source}; {consumer}");
    });

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(64)]
    public void PullSource_OfEmptyPieces_IsReadAsFarAsEachCountsForACharacter(int maxChars) => Race.Run(80, (referee, random) =>
    {
        HoppingSource<string>? source = null;
        LeanConsumer<string>? consumer = null;
        source = new HoppingSource<string>(referee, random.Next(), HopsOneIn(random), int.MaxValue, static _ => "")
        {
            OnReading = () =>
            {
                // Each answer takes as many as may wait, and so many wait; an item on its way to who waits is an answer too.
                if (source!.Reads >= (long)(consumer!.Asked + 1) * maxChars)
                    referee.Violate($"read {source.Reads + 1}, where {consumer.Asked} were asked for");
            },
        };
        consumer = Consume(source.Conflate(maxChars), random);

        return new Round(
            [
                () =>
                {
                    consumer.Run(times: 200);
                    Race.Until(() => consumer.HasPaused);
                    _ = consumer.LeaveAsync();
                },
            ],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Items, Has.Count.EqualTo(200).And.All.Empty);
                Assert.That(source.Disposals, Is.EqualTo(1));
            },
            () => $"{source}; {consumer}");
    });

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(5000)]
    public void PullSource_ThatIsCancelled_IsDisposedOnceAfterABeginning(int maxChars) => Race.Run(60, (referee, random) =>
    {
        var cancellation = new CancellationTokenSource();
        var pieces = Cut(random, longest: 3);
        var source = new HoppingSource<string>(referee, random.Next(), 1 + random.Next(5), int.MaxValue, n => pieces[n % pieces.Count]!);
        var consumer = Consume(source.Conflate(maxChars), random, cancellationToken: cancellation.Token);
        var moment = random.Next(40);

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
                var text = string.Concat(consumer.Items);
                Assert.That(string.Concat(Enumerable.Repeat(Text, text.Length / Text.Length + 1)).StartsWith(text, StringComparison.Ordinal), Is.True);
            },
            () => $"{source}; {consumer}");
    });

    [TestCase(1)]
    [TestCase(30)]
    public void PushSource_InRandomPieces_ArrivesWhole(int longest) => Race.Run(60, (_, random) =>
    {
        var pieces = Cut(random, longest);
        var source = new Subject<string>();
        var consumer = Consume(source.Conflate(), random);
        var spin = random.Next(12);

        return new Round(
            [() => consumer.Run(), () => Feed(source, pieces, spin)],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                AssertText(consumer.Items, Text.Length);
                Assert.That(source.HasObservers, Is.False);
            },
            consumer.ToString);
    });

    [TestCase(1, 1)]
    [TestCase(2, 1)]
    [TestCase(2, 2)]
    [TestCase(7, 3)]
    [TestCase(64, 64)]
    public void PushSource_ThatMayHaveToFail_DeliversABeginningAndNeverMoreAtOnceThanMayWait(int maxChars, int longest) => Race.Run(80, (_, random) =>
    {
        var pieces = Cut(random, longest);
        var source = new Subject<string>();
        var consumer = Consume(source.Conflate(maxChars), random);
        var spin = random.Next(40);

        return new Round(
            [() => consumer.Run(), () => Feed(source, pieces, spin)],
            () => consumer.HasEnded,
            () =>
            {
                AssertText(consumer.Items, consumer.Error is null ? Text.Length : null);
                Assert.That(consumer.Error, Is.Null.Or.InstanceOf<BackpressureException>());
                Assert.That(consumer.Items.Select(text => text.Length), Has.All.LessThanOrEqualTo(maxChars));
                Assert.That(source.HasObservers, Is.False);
            },
            consumer.ToString);
    });

    [Test]
    public void PushSource_ThatAddsWhileTheConsumerTakes_MayNotAddMoreThanMayWait() => Race.Run(300, (_, random) =>
    {
        // The consumer takes "a" alone while the long text, which takes a while, is being added. That then waits, and leaves no room.
        const int maxChars = 1_000_000;
        var longText = new string('b', maxChars - 1);
        var source = new Subject<string>();
        var consumer = new LeanConsumer<string>(source.Conflate(maxChars));
        consumer.Run(times: 1);
        source.OnNext("begins");
        source.OnNext("a");
        var spin = random.Next(3000);

        return new Round(
            [
                () =>
                {
                    Thread.SpinWait(spin);
                    consumer.Run(times: 1);
                },
                () =>
                {
                    source.OnNext(longText);
                    Race.Until(() => consumer.HasPaused);
                    source.OnNext("cc");
                    source.OnCompleted();
                },
            ],
            () => consumer.HasPaused,
            () =>
            {
                consumer.Run();
                Assert.That(consumer.HasEnded, Is.True);
                Assert.That(consumer.Items.Max(text => text.Length), Is.LessThanOrEqualTo(maxChars), $"{consumer.Error?.Message ?? "no error"}");
            },
            consumer.ToString);
    });

    [TestCase("")]
    [TestCase("a")]
    [TestCase("text")]
    public void PushSource_ThatWaitsForTheConsumerEachTime_IsNeverForgotten(string piece) => Race.Run(30, (_, random) =>
    {
        const int count = 300;
        var source = new Subject<string>();
        var consumer = Consume(source.Conflate(maxChars: 1), random);
        return PushInTurn.Of(
            source, consumer, count, _ => piece, random, () => Assert.That(consumer.Items, Has.Count.EqualTo(count).And.All.EqualTo(piece)));
    });

    [Test]
    public void PushSource_OfEmptyPieces_GivesAtLeastOneToAConsumerThatWaits() => Race.Run(300, (_, random) =>
    {
        var source = new Subject<string>();
        var consumer = Consume(source.Conflate(), random);
        var (count, spin) = (random.Next(1, 300), random.Next(12));

        return new Round(
            [() => consumer.Run(), () => Feed(source, [.. Enumerable.Repeat("", count)], spin)],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                Assert.That(consumer.Items, Has.Count.InRange(1, count).And.All.Empty);
            },
            consumer.ToString);
    });

    private static void Feed(Subject<string> source, List<string?> pieces, int spin)
    {
        Race.Until(() => source.HasObservers);
        foreach (var piece in pieces)
        {
            source.OnNext(piece!);
            Thread.SpinWait(spin);
        }

        source.OnCompleted();
    }

    /// <summary>The text in pieces of up to this length; one of eight has none, or is null.</summary>
    private static List<string?> Cut(Random random, int longest)
    {
        var pieces = new List<string?>();
        for (var at = 0; at < Text.Length;)
        {
            if (random.Next(8) == 0)
                pieces.Add(random.Next(2) == 0 ? "" : null);
            var length = Math.Min(1 + random.Next(longest), Text.Length - at);
            pieces.Add(Text.Substring(at, length));
            at += length;
        }

        return pieces;
    }

    // Without a hop, a consumer that was resumed by a push source goes on inside its OnNext.
    private static int Hops(Random random) => random.Next(4) switch { 0 => 0, 1 => 3, _ => 1 };

    private static int HopsOneIn(Random random) => random.Next(4) switch { 0 => 0, 1 => 2, 2 => 10, _ => 300 };

    private static LeanConsumer<string> Consume(
        IAsyncEnumerable<string> stream, Random random, Action<string>? onItem = null, CancellationToken cancellationToken = default) =>
        new(stream, cancellationToken)
        {
            OnItem = onItem,
            Spin = random.Next(3) * random.Next(60),
            HopsOneIn = Hops(random),
        };

    /// <summary>The text, or as much of its beginning as there is.</summary>
    private static void AssertText(List<string> items, int? length)
    {
        var text = string.Concat(items);
        if (text != Text[..(length ?? text.Length)])
            Assert.Fail($"of {length} characters: {text}");
    }
}
