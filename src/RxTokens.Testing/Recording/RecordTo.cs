using System.Text.Json.Serialization.Metadata;

namespace RxTokens;

public static partial class StreamRecording
{
    /// <summary>Passes a stream of text on, and writes down what is read through it and when.</summary>
    /// <remarks>
    /// <code>
    /// source       -a--b|
    /// delivered    -a--b|
    /// written      {"recording":"rxtokens","version":1}   when the first item is asked for: time 0
    ///              {"ms":1,"item":"a"}
    ///              {"ms":4,"item":"b"}
    ///              {"ms":5,"end":"completed"}
    /// </code>
    /// <para>The time of an item is when the source delivered it. A pull source is asked only as its consumer reads, so <b>the pace of a
    /// slow consumer is in the recording</b>: record before a boundary that reads on (<c>Conflate</c>, <c>Buffered</c>), or use
    /// <see cref="CaptureAsync"/>, for the source's own pace.</para>
    /// <para><b>Demand:</b> as the consumer's. Nothing is read ahead.</para>
    /// <para><b>Errors:</b> a failure of the source is written and passed on; of the source and its clean-up both, as an
    /// <see cref="AggregateException"/>. A writer that throws fails the stream with what it threw, and is not written to again. When the
    /// enumeration's own token was cancelled, its <see cref="OperationCanceledException"/> is no ending of the source and is not written.
    /// A recording is of one enumeration: a second one fails with an <see cref="InvalidOperationException"/>.</para>
    /// <para><b>Disposal:</b> the source is disposed before the ending is written and delivered. A consumer that leaves leaves the
    /// recording without an ending. The writer stays open; each line is flushed, so that a crash loses at most the one that is being
    /// written.</para>
    /// <para><b>Threading:</b> lines are written synchronously where the source delivers, before the consumer gets the item.</para>
    /// </remarks>
    /// <param name="source">The stream.</param>
    /// <param name="writer">Where the lines go, each ended by a line feed.</param>
    /// <param name="clock">Whose time is written; <c>TimeProvider.System</c> outside of tests.</param>
    /// <param name="name">What to call the recording; null for no name.</param>
    /// <returns>The same stream.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="writer"/> or <paramref name="clock"/> is null.</exception>
    public static IAsyncEnumerable<string> RecordTo(this IAsyncEnumerable<string> source, TextWriter writer, TimeProvider clock, string? name = null) =>
        Record(source, writer, clock, ItemFormat.Text, name);

    /// <summary>Passes a stream on, and writes down what is read through it and when.</summary>
    /// <remarks>
    /// <para>As the overload for text, in everything. Items are written as the type's JSON: what that loses, the recording loses. An item
    /// that cannot be written fails the stream.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The stream.</param>
    /// <param name="writer">Where the lines go, each ended by a line feed.</param>
    /// <param name="clock">Whose time is written; <c>TimeProvider.System</c> outside of tests.</param>
    /// <param name="itemType">How an item is written: of a <c>JsonSerializerContext</c>. A <c>byte[]</c> is written as base64.</param>
    /// <param name="name">What to call the recording; null for no name.</param>
    /// <returns>The same stream.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="writer"/>, <paramref name="clock"/> or
    /// <paramref name="itemType"/> is null.</exception>
    public static IAsyncEnumerable<T> RecordTo<T>(
        this IAsyncEnumerable<T> source, TextWriter writer, TimeProvider clock, JsonTypeInfo<T> itemType, string? name = null) =>
        Record(source, writer, clock, ItemFormat.Of(itemType), name);

    private static Recorded<T> Record<T>(IAsyncEnumerable<T> source, TextWriter writer, TimeProvider clock, ItemFormat<T> format, string? name)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(clock);

        var lines = new RecordingWriter<T>(writer, format);
        return new Recorded<T>(source, clock, () => lines.WriteHeader(name), lines.Write);
    }
}
