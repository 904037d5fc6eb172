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
    /// <para><b>Errors:</b> a failing read arrives as it is; if disposing the stream fails too, both arrive in one <see cref="AggregateException"/>.</para>
    /// <para><b>Disposal:</b> the enumeration owns <paramref name="stream"/>, and disposes it in every ending (at the stream's end, after a
    /// failure or a cancellation, when it is left, even before its first read), unless <paramref name="leaveOpen"/>. With it the stream is
    /// never disposed, and is as far read as the reads have come. The buffer goes back to the pool in any case. Where there is no
    /// enumeration, because nobody began one, the stream stays as it is. Cancelling cancels a pending read and begins no other; the
    /// enumeration ends with <see cref="OperationCanceledException"/>. Leaving during a read cancels the read and awaits it first.</para>
    /// <para><b>Threading:</b> as the stream.</para>
    /// <code>
    /// // Conceptually (the buffer is a rented one):
    /// public static async IAsyncEnumerable&lt;ReadOnlyMemory&lt;byte>> FromStream(
    ///     Stream stream, int bufferSize, bool leaveOpen, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    /// {
    ///     await using var closing = leaveOpen ? Stream.Null : stream;
    ///     var buffer = new byte[bufferSize];
    ///     while (await stream.ReadAsync(buffer, cancellationToken) is var read and > 0)
    ///         yield return buffer.AsMemory(0, read);
    /// }
    /// </code>
    /// </remarks>
    /// <param name="stream">The byte stream; enumerate once.</param>
    /// <param name="bufferSize">The most bytes in a chunk; at least 1.</param>
    /// <param name="leaveOpen">Whether the stream stays open, and yours to dispose, when the enumeration ends.</param>
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

        return new SourceStream<ReadOnlyMemory<byte>>(
            nameof(FromStream), stream, cancellationToken => new ChunkEnumerator(stream, bufferSize, leaveOpen, cancellationToken));
    }
}

internal sealed class ChunkEnumerator(Stream stream, int bufferSize, bool leaveOpen, CancellationToken cancellationToken)
    : SourceEnumerator<ReadOnlyMemory<byte>>(cancellationToken)
{
    private byte[]? _buffer;
    private int _length;

    protected override bool ItemsOutliveTheCleanUp => false;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(bufferSize);
        _length = await stream.ReadAsync(_buffer.AsMemory(0, bufferSize), cancellationToken).ConfigureAwait(false);
        return _length > 0;
    }

    protected override bool TryTake(out ReadOnlyMemory<byte> item)
    {
        item = _buffer.AsMemory(0, _length);
        return true;
    }

    protected override ValueTask CleanUpAsync()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        return leaveOpen ? default : stream.DisposeAsync();
    }
}
