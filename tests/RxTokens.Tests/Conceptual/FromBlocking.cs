using System.Collections.Concurrent;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually (leaving cancels the token too, and the consumer goes on on the pool):
    public static async IAsyncEnumerable<T> FromBlocking<T>(
        Func<CancellationToken, IEnumerable<T>> source, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var thread = new EventLoopScheduler();
        var generator = await Observable.Start(() => source(cancellationToken).GetEnumerator(), thread);
        try
        {
            while (await Observable.Start(generator.MoveNext, thread))
                yield return generator.Current;
        }
        finally
        {
            await Observable.Start(generator.Dispose, thread);
        }
    }
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static IAsyncEnumerable<T> FromBlocking<T>(IEnumerable<T> source) => FromBlocking(_ => source);
    // </conceptual>
}

public partial class ConceptualTests
{
    /// <summary>On real threads, so few rounds.</summary>
    [Test]
    public void FromBlocking() => ForAll(
        from count in Gen.Choose(0, 6) from fails in Gen.Elements(false, true) from leavesAfter in Gen.Choose(1, 8) select (count, fails, leavesAfter), 126, 60,
        c =>
        {
            var told = Story(TokenStream.FromBlocking<int>, c.count, c.fails, c.leavesAfter);
            Assert.That(Story(Concept.FromBlocking<int>, c.count, c.fails, c.leavesAfter), Is.EqualTo(told), $"{c}");
        });

    /// <summary>What happens, in order: steps, items, the ending; and on how many threads the generator runs.</summary>
    private static string Story(Func<IEnumerable<int>, IAsyncEnumerable<int>> stream, int count, bool fails, int leavesAfter)
    {
        var story = new ConcurrentQueue<string>();
        var threads = new ConcurrentDictionary<int, bool>();
        Assert.That(Task.Run(Consume).Wait(TimeSpan.FromSeconds(20)), Is.True, "ends");
        return $"{string.Join(", ", story)}; {threads.Count} threads";

        async Task Consume()
        {
            try
            {
                await foreach (var item in stream(Generator()))
                {
                    story.Enqueue($"item {item}");
                    if (item + 1 == leavesAfter)
                        break;
                }

                story.Enqueue("end");
            }
            catch (Exception failure)
            {
                story.Enqueue(failure.GetType().Name);
            }
        }

        IEnumerable<int> Generator()
        {
            try
            {
                for (var i = 0; i < count; i++)
                {
                    Note($"step {i}");
                    yield return i;
                }

                Note("last step");
                if (fails)
                    throw Marbles.Failure;
            }
            finally
            {
                Note("disposed");
            }
        }

        void Note(string what)
        {
            threads[Environment.CurrentManagedThreadId] = true;
            story.Enqueue(what);
        }
    }
}
