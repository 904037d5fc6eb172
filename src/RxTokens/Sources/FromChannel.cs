using System.Threading.Channels;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Reads a channel: one item for each request, none ahead.</summary>
    /// <remarks>
    /// <code>
    /// source  ab--c|    // what is written
    /// result  ab--c|    // FromChannel(reader)
    /// </code>
    /// <para><b>Demand:</b> an item leaves the channel only when it is asked for, so a bounded channel's writer feels the consumer's pace.</para>
    /// <para><b>Errors:</b> what the writer completed the channel with arrives after the items that were written before.</para>
    /// <para><b>Disposal:</b> leaves the channel as it is: what was not read is there for the next reader. Leaving during a read ends the
    /// read. A cancelled enumeration takes no item more, even where some are ready, and ends with <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> as the channel: unless it allows synchronous continuations, a waiting consumer resumes on the pool.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;T> FromChannel&lt;T>(ChannelReader&lt;T> reader, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    /// {
    ///     while (await reader.WaitToReadAsync(cancellationToken))
    ///     {
    ///         if (reader.TryRead(out var item))
    ///             yield return item;
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="reader">The channel's reading side.</param>
    /// <returns>A pull stream; several enumerations share the channel's items between them.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="reader"/> is null.</exception>
    public static IAsyncEnumerable<TSource> FromChannel<TSource>(ChannelReader<TSource> reader)
    {
        ArgumentNullException.ThrowIfNull(reader);

        return new SourceStream<TSource>(
            nameof(FromChannel), reader, cancellationToken => new ChannelEnumerator<TSource>(reader, cancellationToken));
    }
}

internal sealed class ChannelEnumerator<TSource>(ChannelReader<TSource> reader, CancellationToken cancellationToken)
    : SourceEnumerator<TSource>(cancellationToken)
{
    protected override ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => reader.WaitToReadAsync(cancellationToken);

    // In vain where another reader was quicker.
    protected override bool TryTake(out TSource item) => reader.TryRead(out item!);

    protected override ValueTask CleanUpAsync() => default;
}
