using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Decodes UTF-8 bytes to text, whatever characters the chunk borders cut through.</summary>
    /// <remarks>
    /// <code>
    /// source  {E2 82}-{AC 21}-|    // bytes
    /// result  -      -{€!}  -|    // DecodeUtf8()
    /// </code>
    /// <para><b>Demand:</b> reads chunks until one completes a character. Never yields an empty string, nor half a surrogate pair.</para>
    /// <para><b>Errors:</b> bytes that are not UTF-8, and a character cut off by the end, become U+FFFD; with
    /// <paramref name="throwOnInvalidBytes"/> they are a <see cref="DecoderFallbackException"/>, after the text that came before them.
    /// Failures of the source arrive as they are; if disposing it fails too, both arrive in one <see cref="AggregateException"/>.</para>
    /// <para><b>Byte order mark:</b> one at the very beginning is left out, as the encoding standard's "UTF-8 decode" has it.</para>
    /// <para><b>Disposal:</b> disposes the source, if it was asked for. Leaving during a read cancels the read and awaits it first. A cancelled
    /// enumeration reads nothing more, and ends with <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> as the source.</para>
    /// <code>
    /// // Conceptually (a byte order mark at the beginning is left out):
    /// public static async IAsyncEnumerable&lt;string> DecodeUtf8(
    ///     this IAsyncEnumerable&lt;ReadOnlyMemory&lt;byte>> source, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    /// {
    ///     var decoder = Encoding.UTF8.GetDecoder(); // keeps the bytes of a character that is cut in two
    ///     await foreach (var chunk in source.WithCancellation(cancellationToken))
    ///     {
    ///         if (Decode(chunk, isLast: false) is { Length: > 0 } text)
    ///             yield return text;
    ///     }
    ///
    ///     if (Decode(default, isLast: true) is { Length: > 0 } rest)
    ///         yield return rest;
    ///
    ///     string Decode(ReadOnlyMemory&lt;byte> bytes, bool isLast)
    ///     {
    ///         var chars = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
    ///         return new string(chars, 0, decoder.GetChars(bytes.Span, chars, isLast));
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <param name="source">Chunks of bytes; each is used up before the next is asked for.</param>
    /// <param name="throwOnInvalidBytes">Whether invalid bytes fail the stream instead of becoming U+FFFD.</param>
    /// <returns>A pull stream of text; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public static IAsyncEnumerable<string> DecodeUtf8(this IAsyncEnumerable<ReadOnlyMemory<byte>> source, bool throwOnInvalidBytes = false)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new SourceStream<string>(
            nameof(DecodeUtf8), source, cancellationToken => new TextEnumerator(source, throwOnInvalidBytes, cancellationToken));
    }
}

internal sealed class TextEnumerator(IAsyncEnumerable<ReadOnlyMemory<byte>> source, bool throwOnInvalidBytes, CancellationToken cancellationToken)
    : SourceEnumerator<string>(cancellationToken)
{
    private const char ByteOrderMark = '\uFEFF';
    private const int LongestCharacter = 4;

    private readonly byte[] _begun = new byte[LongestCharacter - 1];
    private IAsyncEnumerator<ReadOnlyMemory<byte>>? _chunks;
    private Exception? _invalid;
    private long _position;
    private int _begunLength;
    private bool _isAtStart = true;
    private bool _isAtEnd;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (_invalid is not null)
            throw _invalid;
        if (_isAtEnd)
            return false;

        _chunks ??= source.GetAsyncEnumerator(cancellationToken);
        _isAtEnd = !await _chunks.MoveNextAsync().ConfigureAwait(false);
        return true; // at the end there may be a character that was cut off
    }

    protected override bool TryTake(out string item)
    {
        item = _isAtEnd ? Decode([], isLast: true) : Decode(_chunks!.Current.Span, isLast: false);
        if (item.Length == 0 && _invalid is not null)
            throw _invalid;
        return item.Length > 0;
    }

    protected override ValueTask CleanUpAsync() => _chunks?.DisposeAsync() ?? default;

    /// <summary>Decodes as far as it goes, and keeps the beginning of a character for the next time.</summary>
    /// <remarks>A <see cref="Decoder"/> that is strict would throw away what it had decoded before the bad byte.</remarks>
    private string Decode(ReadOnlySpan<byte> chunk, bool isLast)
    {
        var length = _begunLength + chunk.Length;
        var chars = ArrayPool<char>.Shared.Rent(Encoding.UTF8.GetMaxCharCount(length));
        byte[]? joined = null;
        try
        {
            if (_begunLength > 0)
            {
                joined = ArrayPool<byte>.Shared.Rent(length);
                _begun.AsSpan(0, _begunLength).CopyTo(joined);
                chunk.CopyTo(joined.AsSpan(_begunLength));
                chunk = joined.AsSpan(0, length);
            }

            var status = Utf8.ToUtf16(chunk, chars, out var read, out var written, replaceInvalidSequences: !throwOnInvalidBytes, isLast);
            var rest = chunk[read..];
            _position += read;
            _begunLength = 0;
            if (status == OperationStatus.InvalidData)
                _invalid = Invalid(rest);
            else
                Keep(rest);
            return Text(chars.AsSpan(0, written));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(chars);
            if (joined is not null)
                ArrayPool<byte>.Shared.Return(joined);
        }
    }

    private void Keep(ReadOnlySpan<byte> begun)
    {
        begun.CopyTo(_begun);
        _begunLength = begun.Length;
    }

    private string Text(ReadOnlySpan<char> chars)
    {
        if (_isAtStart && !chars.IsEmpty)
        {
            _isAtStart = false;
            chars = chars[0] == ByteOrderMark ? chars[1..] : chars;
        }

        return chars.ToString();
    }

    private DecoderFallbackException Invalid(ReadOnlySpan<byte> bytes)
    {
        Rune.DecodeFromUtf8(bytes, out _, out var length);
        var unknown = bytes[..length].ToArray();
        return new DecoderFallbackException(
            $"Not UTF-8: {Convert.ToHexString(unknown)} at byte {_position} of the stream.", unknown, (int)Math.Min(_position, int.MaxValue));
    }
}
