using System.Threading.Channels;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Writes every item to a channel, at the channel's pace, and completes the channel whichever way the copying ends.</summary>
    /// <remarks>
    /// <code>
    /// source  ab-c|
    /// result  ab-c|    // what is written
    /// </code>
    /// <para><b>Demand:</b> asks for the next item when the channel has taken the one before.</para>
    /// <para><b>Errors:</b> a failure of the source, and a cancellation, complete the channel with that exception and fail the task with it.
    /// A channel that was completed by somebody else fails it with <see cref="ChannelClosedException"/>.</para>
    /// <para><b>Disposal:</b> the source is disposed before the channel is completed.</para>
    /// <para><b>Threading:</b> no context is captured.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="writer">The channel's writing side; it is completed in every ending, so nobody else need do it.</param>
    /// <param name="cancellationToken">Stops the copying.</param>
    /// <returns>A task that ends when the source has ended and the channel is complete.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="writer"/> is null.</exception>
    public static Task CopyTo<T>(this IAsyncEnumerable<T> source, ChannelWriter<T> writer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(writer);

        return Copy(source, writer, cancellationToken);
    }

    private static async Task Copy<T>(IAsyncEnumerable<T> source, ChannelWriter<T> writer, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            await foreach (var item in source.WithCancellation(cancellationToken).ConfigureAwait(false))
                await writer.WriteAsync(item, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            writer.TryComplete(failure);
            throw;
        }

        writer.TryComplete();
    }
}
