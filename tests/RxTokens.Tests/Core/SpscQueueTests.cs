using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>
/// The queue between two threads, used by one, against the framework's queue; and what it keeps alive. The seeds are fixed.
/// What two threads may do to it is in the stress tests.
/// </summary>
public class SpscQueueTests
{
    private const int Rounds = 250;

    public enum Call { Add, AddAll, TryTake, TryTakeShared, TakeAll, TakeSome, Holds, Count }

    /// <summary>One call.</summary>
    /// <param name="Call">Which.</param>
    /// <param name="Size">How many items it adds or asks about, and how often it is made where it is for one item; of 1,000, how
    /// many of those that wait it takes where it is for some.</param>
    public sealed record Step(Call Call, int Size)
    {
        public override string ToString() => $"{Call} {Size}";
    }

    // Around the sizes of the rings, and what lies within them.
    private static readonly Gen<int> Sizes = Gen.Frequency(
        (12, Gen.Choose(0, 40)),
        (6, from power in Gen.Choose(5, 11) from beside in Gen.Choose(-1, 1) select (1 << power) + beside),
        (2, Gen.Choose(0, 5000)),
        (1, from power in Gen.Choose(14, 16) from beside in Gen.Choose(-1, 1) select (1 << power) + beside));

    private static Gen<Step[]> Steps(params Call[] ofTaking)
    {
        var calls = Gen.Frequency(
            (3, Gen.Constant(Call.Add)),
            (3, Gen.Constant(Call.AddAll)),
            (6, Gen.Elements(ofTaking)),
            (1, Gen.Constant(Call.Holds)),
            (1, Gen.Constant(Call.Count)));
        return Gen.ArrayOf(from call in calls from size in call == Call.TakeSome ? Gen.Choose(0, 1000) : Sizes select new Step(call, size));
    }

    [Test]
    public void Queue_TakenOneByOne_IsTheFrameworksQueue()
    {
        ForAll(Steps(Call.TryTake), 21, steps => Compare(steps, static n => n));
        ForAll(Steps(Call.TryTake), 22, steps => Compare(steps, static n => $"{n}"));
    }

    [Test]
    public void Queue_TakenInLengths_IsTheFrameworksQueue()
    {
        ForAll(Steps(Call.TakeAll, Call.TakeSome), 23, steps => Compare(steps, static n => (char)n));
        ForAll(Steps(Call.TakeAll, Call.TakeSome), 24, steps => Compare(steps, static n => $"{n}"));
    }

    [Test]
    public void Queue_TakenFromBothSides_IsTheFrameworksQueue()
    {
        ForAll(Steps(Call.TryTakeShared), 25, steps => Compare(steps, static n => n));
        ForAll(Steps(Call.TryTakeShared), 26, steps => Compare(steps, static n => $"{n}"));
    }

    [Test]
    public void Queue_TakenInLengthsAndThenOneByOne_HasNothingLeft()
    {
        var queue = new SpscQueue<int>();
        queue.Add([1, 2]);
        queue.Take(new int[2]);
        Assert.That(queue.TryTake(out var item), Is.False, () => $"took {item}");
    }

    [Test]
    public void Queue_TakenInAllWays_IsTheFrameworksQueue() =>
        ForAll(Steps(Call.TryTake, Call.TryTakeShared, Call.TakeAll, Call.TakeSome), 27, steps => Compare(steps, static n => $"{n}"));

    [TestCase(1)]
    [TestCase(31)]
    [TestCase(32)]
    [TestCase(33)]
    [TestCase(96)]
    [TestCase(97)]
    [TestCase(65_536)]
    [TestCase(200_000)]
    public void Queue_FilledAtOnceAndEmptiedAtOnce_ComesOutAsItWentIn(int count)
    {
        var queue = new SpscQueue<int>();
        for (var round = 0; round < 3; round++)
        {
            var items = Enumerable.Range(round * count, count).ToArray();
            queue.Add(items);
            Assert.That(queue.Count, Is.EqualTo(count));
            Assert.That(queue.Holds(count), Is.True);
            Assert.That(queue.Holds(count + 1), Is.False);

            var taken = new int[count];
            queue.Take(taken);
            Assert.That(taken.SequenceEqual(items), Is.True);
            Assert.That(queue.Count, Is.Zero);
        }
    }

    [Test]
    public void Queue_ThatOverflowsAtEachPosition_KeepsTheOrder()
    {
        // The first ring is full, and a second follows, with the first item anywhere in it.
        for (var before = 0; before < 70; before++)
        {
            for (var waiting = 30; waiting < 100; waiting++)
            {
                var queue = new SpscQueue<int>();
                for (var n = 0; n < before; n++)
                {
                    queue.Add(-1);
                    queue.TryTake(out _);
                }

                for (var n = 0; n < waiting; n++)
                    queue.Add(n);
                for (var n = 0; n < waiting; n++)
                    Assert.That(queue.TryTake(out var item) ? item : -1, Is.EqualTo(n));
                Assert.That(queue.TryTake(out _), Is.False);
            }
        }
    }

    [TestCase(Call.TryTake, 1)]
    [TestCase(Call.TryTake, 100)]
    [TestCase(Call.TryTakeShared, 1)]
    [TestCase(Call.TryTakeShared, 100)]
    [TestCase(Call.TakeAll, 1)]
    [TestCase(Call.TakeAll, 100)]
    public void TakenItems_AreNotKeptAlive(Call taking, int count)
    {
        var queue = new SpscQueue<object>();
        var whole = Fill(queue, count, static item => item);
        Empty(queue, taking);
        AssertGone(whole);

        var wrapped = new SpscQueue<(int, object)>();
        var parts = Fill(wrapped, count, static item => (0, item));
        Empty(wrapped, taking);
        AssertGone(parts);
        GC.KeepAlive(queue);
        GC.KeepAlive(wrapped);
    }

    [Test]
    public void TakenItems_AreNotKeptAlive_WhileOthersWait()
    {
        var queue = new SpscQueue<object>();
        var items = Fill(queue, 150, static item => item);
        TakeSome(queue, 149);

        AssertGone(items[..149]);
        Assert.That(items[149].IsAlive, Is.True);
        GC.KeepAlive(queue);
    }

    private static void Compare<T>(Step[] steps, Func<int, T> item)
    {
        var queue = new SpscQueue<T>();
        var model = new Queue<T>();
        var added = 0;
        foreach (var (call, size) in steps)
        {
            switch (call)
            {
                case Call.Add:
                    for (var i = 0; i < size; i++)
                    {
                        queue.Add(item(added));
                        model.Enqueue(item(added++));
                    }

                    break;

                case Call.AddAll:
                    var all = Enumerable.Range(added, size).Select(item).ToArray();
                    added += size;
                    queue.Add(all);
                    foreach (var one in all)
                        model.Enqueue(one);
                    break;

                case Call.TryTake:
                case Call.TryTakeShared:
                    for (var i = 0; i < size; i++)
                    {
                        var has = call == Call.TryTake ? queue.TryTake(out var taken) : queue.TryTakeShared(out taken);
                        var hasModel = model.TryDequeue(out var expected);
                        if (has != hasModel || !EqualityComparer<T>.Default.Equals(taken, expected))
                            Assert.Fail($"took {taken}, {has} instead of {expected}, {hasModel}: {string.Join(", ", (object[])steps)}");
                        if (!has)
                            break;
                    }

                    break;

                case Call.TakeAll:
                case Call.TakeSome:
                    var some = new T[call == Call.TakeAll ? queue.Count : queue.Count * size / 1000];
                    queue.Take(some);
                    foreach (var one in some)
                    {
                        var expected = model.Dequeue();
                        if (!EqualityComparer<T>.Default.Equals(one, expected))
                            Assert.Fail($"took {one} instead of {expected}: {string.Join(", ", (object[])steps)}");
                    }

                    break;

                case Call.Holds:
                    foreach (var count in new[] { size, model.Count, model.Count + 1 })
                        Assert.That(queue.Holds(count), Is.EqualTo(model.Count >= count));
                    break;
            }

            Assert.That(queue.Count, Is.EqualTo(model.Count), $"after {call} {size}");
        }
    }

    private static void ForAll<T>(Gen<T> cases, ulong seed, Action<T> check) => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(Rounds).WithEndSize(30).WithReplay(seed, 1),
        Prop.ForAll(cases.ToArbitrary(), check));

    // On frames of their own, so that no local keeps an item alive.

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Fill<T>(SpscQueue<T> queue, int count, Func<object, T> wrap)
    {
        var references = new WeakReference[count];
        for (var i = 0; i < count; i++)
        {
            var item = new object();
            references[i] = new WeakReference(item);
            queue.Add(wrap(item));
        }

        return references;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Empty<T>(SpscQueue<T> queue, Call taking)
    {
        if (taking == Call.TakeAll)
            queue.Take(new T[queue.Count]);
        while (taking == Call.TryTake ? queue.TryTake(out _) : taking == Call.TryTakeShared && queue.TryTakeShared(out _))
        {
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeSome(SpscQueue<object> queue, int count)
    {
        for (var i = 0; i < count; i++)
            queue.TryTake(out _);
    }

    private static void AssertGone(WeakReference[] references)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.That(references.Count(r => r.IsAlive), Is.Zero);
    }
}
