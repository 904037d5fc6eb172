namespace RxTokens.Stress;

/// <summary>One thread fills, another empties: what goes in comes out once, in order.</summary>
public sealed class SpscQueueRaces
{
    private const int Rounds = 40;
    private const int Items = 25_000; // a round

    [Test]
    public void TryTake_AgainstAdd_TakesEachOnceInOrder() => Race.Run(Rounds, (referee, random) =>
    {
        var queue = new SpscQueue<int>();
        var taken = 0;
        var spins = (Filler: random.Next(4), Emptier: random.Next(4));

        return new Round(
            [
                () =>
                {
                    for (var n = 0; n < Items; n++)
                    {
                        queue.Add(n);
                        Thread.SpinWait(spins.Filler);
                    }
                },
                () =>
                {
                    while (Volatile.Read(ref taken) < Items)
                    {
                        if (!queue.TryTake(out var item))
                            continue;
                        if (item != taken)
                        {
                            referee.Violate($"took {item} instead of {taken}");
                            return;
                        }

                        taken++;
                        Thread.SpinWait(spins.Emptier);
                    }
                },
            ],
            () => true,
            () =>
            {
                Assert.That(taken, Is.EqualTo(Items));
                Assert.That(queue.TryTake(out _), Is.False);
                Assert.That(queue.Count, Is.Zero);
            },
            () => $"taken: {taken} of {Items}, waiting: {queue.Count}");
    });

    [Test]
    public void TryTake_OfReferences_FindsNoPlaceEmpty() => Race.Run(Rounds / 4, (referee, _) =>
    {
        var queue = new SpscQueue<string>();
        var texts = Enumerable.Range(0, Items).Select(n => $"{n}").ToArray();
        var taken = 0;

        return new Round(
            [
                () =>
                {
                    foreach (var text in texts)
                        queue.Add(text);
                },
                () =>
                {
                    while (taken < Items)
                    {
                        if (!queue.TryTake(out var text))
                            continue;
                        if (!ReferenceEquals(text, texts[taken]))
                        {
                            referee.Violate($"took {text} instead of {taken}");
                            return;
                        }

                        taken++;
                    }
                },
            ],
            () => true,
            () => Assert.That(taken, Is.EqualTo(Items)),
            () => $"taken: {taken}");
    });

    [TestCase(3)]
    [TestCase(50)]
    [TestCase(5000)]
    public void Take_AgainstAddOfSpans_TakesEachOnceInOrder(int longest) => Race.Run(Rounds, (referee, random) =>
    {
        var queue = new SpscQueue<int>();
        var (ofFiller, ofEmptier) = (new Random(random.Next()), new Random(random.Next()));
        var numbers = Enumerable.Range(0, Items).ToArray();
        var taken = 0;

        return new Round(
            [
                () =>
                {
                    for (var n = 0; n < Items;)
                    {
                        var length = Math.Min(ofFiller.Next(longest + 1), Items - n);
                        queue.Add(numbers.AsSpan(n, length));
                        n += length;
                        Thread.SpinWait(ofFiller.Next(20));
                    }
                },
                () =>
                {
                    while (taken < Items)
                    {
                        var waiting = queue.Count;
                        if (waiting is < 0 or > Items)
                        {
                            referee.Violate($"{waiting} wait");
                            return;
                        }

                        // All of them mostly, as Conflate does.
                        var items = new int[ofEmptier.Next(4) > 0 ? waiting : ofEmptier.Next((int)waiting + 1)];
                        queue.Take(items);
                        if (!items.AsSpan().SequenceEqual(numbers.AsSpan(taken, items.Length)))
                        {
                            referee.Violate($"took {string.Join(' ', items)} at {taken}");
                            return;
                        }

                        taken += items.Length;
                    }
                },
            ],
            () => true,
            () =>
            {
                Assert.That(taken, Is.EqualTo(Items));
                Assert.That(queue.Count, Is.Zero);
            },
            () => $"taken: {taken} of {Items}, waiting: {queue.Count}");
    });

    /// <summary>As DropOldest does: the filling side makes room by taking the oldest item out again.</summary>
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(33)]
    public void TryTakeShared_FromBothSides_TakesEachOnceAndEachSideInOrder(int capacity) => Race.Run(Rounds / 4, (referee, random) =>
    {
        var queue = new SpscQueue<int>();
        var (byFiller, byEmptier) = (new List<int>(), new List<int>());
        var isFilled = false;
        var spins = (Filler: random.Next(6), Emptier: random.Next(6));

        return new Round(
            [
                () =>
                {
                    for (var n = 0; n < Items; n++)
                    {
                        if (queue.Holds(capacity) && queue.TryTakeShared(out var oldest))
                            byFiller.Add(oldest);
                        queue.Add(n);
                        referee.Require(!queue.Holds(capacity + 1), "holds more than the capacity");
                        Thread.SpinWait(spins.Filler);
                    }

                    Volatile.Write(ref isFilled, true);
                },
                () =>
                {
                    while (true)
                    {
                        var last = Volatile.Read(ref isFilled);
                        if (queue.TryTakeShared(out var item))
                            byEmptier.Add(item);
                        else if (last)
                            return;
                        Thread.SpinWait(spins.Emptier);
                    }
                },
            ],
            () => true,
            () =>
            {
                AssertAscending(byFiller);
                AssertAscending(byEmptier);
                // Two ascending sequences hold each number once if there are as many as numbers, and they are all different.
                var seen = new bool[Items];
                foreach (var n in byFiller.Concat(byEmptier))
                {
                    Assert.That(seen[n], Is.False, $"{n} was taken twice");
                    seen[n] = true;
                }

                Assert.That(byFiller.Count + byEmptier.Count, Is.EqualTo(Items));
                Assert.That(queue.Count, Is.Zero);
            },
            () => $"by the filler: {byFiller.Count}, by the emptier: {byEmptier.Count}, waiting: {queue.Count}");
    });

    [Test]
    public void Holds_AgainstTryTake_IsTrueOnlyWhereSoManyWait() => Race.Run(Rounds / 8, (referee, random) =>
    {
        const int capacity = 5;
        var queue = new SpscQueue<int>();
        var taken = 0;
        var spin = random.Next(8);

        return new Round(
            [
                () =>
                {
                    for (var n = 0; n < Items; n++)
                    {
                        var untaken = n - Volatile.Read(ref taken); // at most so many wait
                        if (queue.Holds(capacity) && untaken < capacity)
                            referee.Violate($"holds {capacity}, where {untaken} wait");
                        while (queue.Holds(capacity))
                            Thread.SpinWait(1);
                        queue.Add(n);
                    }
                },
                () =>
                {
                    while (taken < Items)
                    {
                        if (!queue.TryTake(out _))
                            continue;
                        Volatile.Write(ref taken, taken + 1);
                        Thread.SpinWait(spin);
                    }
                },
            ],
            () => true,
            () => Assert.That(taken, Is.EqualTo(Items)),
            () => $"taken: {taken}, waiting: {queue.Count}");
    });

    private static void AssertAscending(List<int> numbers)
    {
        for (var i = 1; i < numbers.Count; i++)
            Assert.That(numbers[i], Is.GreaterThan(numbers[i - 1]));
    }
}
