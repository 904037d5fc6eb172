using System.Runtime.CompilerServices;
using System.Threading.Channels;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static async IAsyncEnumerable<T> FromChannel<T>(ChannelReader<T> reader, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await reader.WaitToReadAsync(cancellationToken))
        {
            if (reader.TryRead(out var item))
                yield return item;
        }
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void FromChannel() => Same(
        from source in SourceCases from consumer in ConsumerCases select (source, consumer), 123,
        (c, w) => w.Consume(TokenStream.FromChannel(Written(w, c.source)), c.consumer),
        (c, w) => w.Consume(Concept.FromChannel(Written(w, c.source)), c.consumer));

    /// <summary>A channel, and how many items it holds at each frame.</summary>
    private static ChannelReader<int> Written(World world, SourceCase source)
    {
        var channel = Channel.CreateUnbounded<int>();
        world.Push(source).Subscribe(item => channel.Writer.TryWrite(item), failure => channel.Writer.Complete(failure), () => channel.Writer.Complete());
        for (var frame = 1; frame < 60; frame++)
            world.Clock.At(frame, () => world.Log("in the channel", channel.Reader.Count));
        return channel.Reader;
    }
}
