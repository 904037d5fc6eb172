using System.Reactive.Concurrency;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using static System.Threading.Timeout;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static async IAsyncEnumerable<T> Timeout<T>(
        this IAsyncEnumerable<T> source, TimeSpan first, TimeSpan between, IScheduler scheduler)
    {
        using var tooLate = new CancellationTokenSource();
        await using var reading = source.GetAsyncEnumerator(tooLate.Token);
        for (var limit = first; await ReadAsync(limit); limit = between)
            yield return reading.Current;

        async Task<bool> ReadAsync(TimeSpan limit)
        {
            var read = reading.MoveNextAsync();
            if (read.IsCompleted)
                return await read;
            using var timer = limit == InfiniteTimeSpan ? null : scheduler.Schedule(limit, tooLate.Cancel);
            try
            {
                return await read;
            }
            finally
            {
                if (tooLate.IsCancellationRequested)
                    throw new TimeoutException();
            }
        }
    }
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static IAsyncEnumerable<T> Timeout<T>(
        this IAsyncEnumerable<T> source, TimeSpan first, TimeSpan between, TimeProvider timeProvider) =>
        source.Timeout(first, between, timeProvider.AsScheduler());
    // </conceptual>
}

public partial class ConceptualTests
{
    private static readonly Gen<TimeSpan> Limits = Gen.Frequency((1, Gen.Constant(InfiniteTimeSpan)), (4, Gen.Choose(1, 5).Select(frames => frames.Frames())));

    [Test]
    public void Timeout() => Same(
        from source in PromptOrDeafSourceCases from consumer in ConsumerCases from first in Limits from between in Limits select (source, consumer, first, between), 130,
        (c, w) => w.Consume(TokenStream.Timeout(w.Pull(c.source), c.first, c.between, w.Clock), c.consumer),
        (c, w) => w.Consume(Concept.Timeout(w.Pull(c.source), c.first, c.between, w.Clock), c.consumer));

    [Test]
    public void Timeout_OfATimeProvider() => Same(
        from source in PromptOrDeafSourceCases from consumer in ConsumerCases from first in Limits from between in Limits select (source, consumer, first, between), 131,
        (c, w) => w.Consume(TokenStream.Timeout(w.Pull(c.source), c.first, c.between, w.Clock.AsTimeProvider()), c.consumer),
        (c, w) => w.Consume(Concept.Timeout(w.Pull(c.source), c.first, c.between, w.Clock.AsTimeProvider()), c.consumer));
}
