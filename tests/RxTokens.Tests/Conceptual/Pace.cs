using System.Reactive.Concurrency;
using System.Threading.RateLimiting;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually (without a cost):
    public static async IAsyncEnumerable<T> Pace<T>(this IAsyncEnumerable<T> source, RateLimiter limiter)
    {
        await using var reading = source.GetAsyncEnumerator();
        while (true)
        {
            using var lease = await limiter.AcquireAsync();
            if (!lease.IsAcquired)
                throw new InvalidOperationException();
            if (!await reading.MoveNextAsync())
                break;
            yield return reading.Current;
        }
    }
    // </conceptual>

    // <conceptual>
    // Conceptually (for a rate that divides a second into whole ticks):
    public static async IAsyncEnumerable<T> Pace<T>(this IAsyncEnumerable<T> source, double itemsPerSecond, int burst, IScheduler scheduler)
    {
        await using var reading = source.GetAsyncEnumerator();
        var (period, fullAt) = (TimeSpan.FromSeconds(1 / itemsPerSecond), scheduler.Now);
        while (true)
        {
            var wait = fullAt - (burst - 1) * period - scheduler.Now;
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, scheduler.AsTimeProvider());
            fullAt = (fullAt > scheduler.Now ? fullAt : scheduler.Now) + period;
            if (!await reading.MoveNextAsync())
                break;
            yield return reading.Current;
        }
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void Pace() => Same(
        from source in SourceCases from consumer in ConsumerCases from burst in Gen.Choose(1, 3) select (source, consumer, burst), 141,
        (c, w) => w.Consume(TokenStream.Pace(w.Pull(c.source), new TokenBucket(200, c.burst, w.Clock)), c.consumer),
        (c, w) => w.Consume(Concept.Pace(w.Pull(c.source), new TokenBucket(200, c.burst, w.Clock)), c.consumer));

    [Test]
    public void Pace_OfARate() => Same(
        from source in SourceCases from consumer in ConsumerCases from burst in Gen.Choose(1, 3) from rate in Gen.Elements(100, 200, 250, 500) select (source, consumer, burst, rate), 142,
        (c, w) => w.Consume(TokenStream.Pace(w.Pull(c.source), c.rate, c.burst, w.Clock), c.consumer),
        (c, w) => w.Consume(Concept.Pace(w.Pull(c.source), c.rate, c.burst, w.Clock), c.consumer));
}
