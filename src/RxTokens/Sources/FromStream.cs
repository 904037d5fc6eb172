using System.Buffers;
using System.Runtime.CompilerServices;

namespace RxTokens;

public static partial class TokenStream
{
    private const int DefaultBufferSize = 4096;

    /// <summary>Reads a byte stream in chunks, each only when it is asked for, into one pooled buffer.</summary>
    /// <remarks>
    /// <code>
    /// source  {48 65}-{6C 6C 6F}-|    // what the network brings
    /// result  {48 65}-{6C 6C 6F}-|    // FromStream(stream)
    /// </code>
    /// <para><b>A chunk is valid until the next <c>MoveNextAsync</c> or <c>DisposeAsync</c></b>: decode or copy it before, and put no
    /// buffer in between. <see cref="DecodeUtf8"/> does it right.</para>
    /// <para><b>Demand:</b> one read for each request, none ahead. A read returns what has arrived, from 1 to
    /// <paramref name="bufferSize"/> bytes.</para>
    /// <para><b>Errors:</b> a failing read arrives as it is.</para>
    /// <para><b>Disposal:</b> gives the buffer back to the pool and disposes <paramref name="stream"/>, unless
    /// <paramref name="leaveOpen"/>. Cancelling the enumeration cancels a pending read. An enumeration that is left before its first
    /// read leaves the stream as it is.</para>
    /// <para><b>Threading:</b> as the stream.</para>
    /// </remarks>
    /// <param name="stream">The byte stream; enumerate once.</param>
    /// <param name="bufferSize">The most bytes in a chunk; at least 1.</param>
    /// <param name="leaveOpen">Whether the stream stays open when the enumeration ends.</param>
    /// <returns>A pull stream of chunks.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="stream"/> cannot be read.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bufferSize"/> is less than 1.</exception>
    public static IAsyncEnumerable<ReadOnlyMemory<byte>> FromStream(Stream stream, int bufferSize = DefaultBufferSize, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(bufferSize, 1);
        if (!stream.CanRead)
            throw new ArgumentException($"The stream ({stream.GetType()}) cannot be read: it is write-only or closed.", nameof(stream));

        return ReadChunks(stream, bufferSize, leaveOpen);
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadChunks(
        Stream stream, int bufferSize, bool leaveOpen, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(bufferSize);
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer.AsMemory(0, bufferSize), cancellationToken).ConfigureAwait(false)) > 0)
                yield return buffer.AsMemory(0, read);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (!leaveOpen)
                await stream.DisposeAsync().ConfigureAwait(false);
        }
    }
}
