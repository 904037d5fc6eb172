using System.Reactive.Concurrency;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static IAsyncEnumerable<T> RetryBeforeFirst<T>(this IAsyncEnumerable<T> source, int retries, Func<Exception, bool> when) =>
        source.RetryBeforeFirst(retries, (_, _) => TimeSpan.Zero, Scheduler.Immediate, when);
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static async IAsyncEnumerable<T> RetryBeforeFirst<T>(
        this IAsyncEnumerable<T> source, int retries, Func<int, Exception, TimeSpan> delay, IScheduler scheduler, Func<Exception, bool> when)
    {
        for (var retry = 1; ; retry++)
        {
            Exception? failure;
            await using (var reading = source.GetAsyncEnumerator())
            {
                (var hasItem, failure) = await FirstAsync(reading);
                for (; hasItem; hasItem = await reading.MoveNextAsync())
                    yield return reading.Current;
            }

            if (failure is null)
                yield break;
            if (retry > retries || !when(failure))
                throw failure;
            await scheduler.Sleep(delay(retry, failure));
        }

        static async Task<(bool HasItem, Exception? Failure)> FirstAsync(IAsyncEnumerator<T> reading)
        {
            try
            {
                return (await reading.MoveNextAsync(), null);
            }
            catch (Exception failure)
            {
                return (false, failure);
            }
        }
    }
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static IAsyncEnumerable<T> RetryBeforeFirst<T>(
        this IAsyncEnumerable<T> source, int retries, Func<int, Exception, TimeSpan> delay, TimeProvider timeProvider, Func<Exception, bool> when) =>
        source.RetryBeforeFirst(retries, delay, timeProvider.AsScheduler(), when);
    // </conceptual>
}

public partial class ConceptualTests
{
    /// <summary>Sources of which many break at once, and what comes when they are enumerated again.</summary>
    private static readonly Gen<SourceCase[]> TriesCases =
        from count in Gen.Choose(1, 4)
        from sources in Gen.ArrayOf(
            Gen.Frequency((2, Gen.Elements<int[]>([], [1], [3]).Select(_ => new SourceCase([], '#'))), (1, SourceCases)), count)
        select sources;

    [Test]
    public void RetryBeforeFirst() => Same(
        from tries in TriesCases from retries in Gen.Choose(0, 4) from consumer in ConsumerCases select (tries, retries, consumer), 141,
        (c, w) => w.Consume(TokenStream.RetryBeforeFirst(w.PullInTurn(c.tries), c.retries, w.IsWorthIt), c.consumer),
        (c, w) => w.Consume(Concept.RetryBeforeFirst(w.PullInTurn(c.tries), c.retries, w.IsWorthIt), c.consumer));

    [Test]
    public void RetryBeforeFirst_AfterAWhile() => Same(
        from tries in TriesCases from retries in Gen.Choose(0, 4) from consumer in ConsumerCases from delay in Gen.Choose(1, 5) select (tries, retries, consumer, delay), 142,
        (c, w) => w.Consume(TokenStream.RetryBeforeFirst(w.PullInTurn(c.tries), c.retries, (n, _) => (n * c.delay).Frames(), w.Clock, w.IsWorthIt), c.consumer),
        (c, w) => w.Consume(Concept.RetryBeforeFirst(w.PullInTurn(c.tries), c.retries, (n, _) => (n * c.delay).Frames(), w.Clock, w.IsWorthIt), c.consumer));

    [Test]
    public void RetryBeforeFirst_OfATimeProvider() => Same(
        from tries in TriesCases from retries in Gen.Choose(0, 4) from consumer in ConsumerCases from delay in Gen.Choose(1, 5) select (tries, retries, consumer, delay), 143,
        (c, w) => w.Consume(TokenStream.RetryBeforeFirst(w.PullInTurn(c.tries), c.retries, (n, _) => (n * c.delay).Frames(), w.Clock.AsTimeProvider(), w.IsWorthIt), c.consumer),
        (c, w) => w.Consume(Concept.RetryBeforeFirst(w.PullInTurn(c.tries), c.retries, (n, _) => (n * c.delay).Frames(), w.Clock.AsTimeProvider(), w.IsWorthIt), c.consumer));
}
