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
    /// <para><b>Disposal:</b> leaves the channel as it is: what was not read is there for the next reader.
    /// Cancelling a pending read ends it with <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> as the channel: unless it allows synchronous continuations, a waiting consumer resumes on the pool.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="reader">The channel's reading side.</param>
    /// <returns>A pull stream; several enumerations share the channel's items between them.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="reader"/> is null.</exception>
    public static IAsyncEnumerable<T> FromChannel<T>(ChannelReader<T> reader)
    {
        ArgumentNullException.ThrowIfNull(reader);

        return new PullStream<T>(cancellationToken => reader.ReadAllAsync(cancellationToken).GetAsyncEnumerator(CancellationToken.None));
    }
}
