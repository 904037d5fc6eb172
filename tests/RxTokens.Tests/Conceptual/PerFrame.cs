using System.Reactive.Concurrency;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually (of frames that begin with the enumeration):
    public static async IAsyncEnumerable<T> PerFrame<T>(this IAsyncEnumerable<T> source, TimeSpan period, IScheduler scheduler)
    {
        var start = scheduler.Now;
        await foreach (var item in source)
        {
            var next = start + (Math.Floor((scheduler.Now - start) / period) + 1) * period;
            yield return item;
            if (scheduler.Now < next)
                await Task.Delay(next - scheduler.Now, scheduler.AsTimeProvider());
        }
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void PerFrame() => Same(
        from source in SourceCases from consumer in ConsumerCases from period in Gen.Choose(1, 7) select (source, consumer, period), 144,
        (c, w) => w.Consume(TokenStream.PerFrame(w.Pull(c.source), new FrameClock(c.period.Frames(), w.Clock)), c.consumer),
        (c, w) => w.Consume(Concept.PerFrame(w.Pull(c.source), c.period.Frames(), w.Clock), c.consumer));
}
