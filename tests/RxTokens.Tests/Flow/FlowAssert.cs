using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What the tests of the flow operators ask of a stream and its source.</summary>
internal static class FlowAssert
{
    /// <summary>A consumer that asks for everything from frame 0 on.</summary>
    public static PullConsumer<T> All<T>(VirtualClock clock, IAsyncEnumerable<T> stream, CancellationToken cancellationToken)
    {
        var consumer = clock.Consume(stream, cancellationToken);
        clock.At(0, () => _ = consumer.AskForAll());
        return consumer;
    }

    /// <summary>The source was disposed at these frames, and used by the rules.</summary>
    public static void Clean<T>(PullProbe<T> source, params int[] disposals)
    {
        Assert.That(source.Disposals, Is.EqualTo(disposals));
        Assert.That(source.Violations, Is.Empty);
    }
}
