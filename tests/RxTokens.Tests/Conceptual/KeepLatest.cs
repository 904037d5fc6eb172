using System.Threading.Channels;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static IAsyncEnumerable<T> KeepLatest<T>(this IAsyncEnumerable<T> source, Action<T>? onDropped) =>
        source.Buffered(1, BoundedChannelFullMode.DropOldest, onDropped);
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static IAsyncEnumerable<T> KeepLatest<T>(this IObservable<T> source, Action<T>? onDropped) =>
        source.Buffered(1, BoundedChannelFullMode.DropOldest, onDropped);
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void KeepLatest() => Same(
        from source in SourceCases from consumer in ConsumerCases select (source, consumer), 112,
        (c, w) => w.Consume(TokenStream.KeepLatest(w.Pull(c.source), w.Dropped), c.consumer),
        (c, w) => w.Consume(Concept.KeepLatest(w.Pull(c.source), w.Dropped), c.consumer));

    [Test]
    public void KeepLatest_OfAPushSource() => Same(
        from source in SourceCases from consumer in ConsumerCases select (source, consumer), 113,
        (c, w) => w.Consume(TokenStream.KeepLatest(w.Push(c.source), w.Dropped), c.consumer),
        (c, w) => w.Consume(Concept.KeepLatest(w.Push(c.source), w.Dropped), c.consumer));
}
