using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

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
    /// <paramref name="throwOnInvalidBytes"/> they are a <see cref="DecoderFallbackException"/>. Failures of the source arrive as they are.</para>
    /// <para><b>Byte order mark:</b> one at the very beginning is left out, as the encoding standard's "UTF-8 decode" has it.</para>
    /// <para><b>Disposal:</b> disposes the source. <b>Threading:</b> as the source.</para>
    /// </remarks>
    /// <param name="source">Chunks of bytes; each is used up before the next is asked for.</param>
    /// <param name="throwOnInvalidBytes">Whether invalid bytes fail the stream instead of becoming U+FFFD.</param>
    /// <returns>A pull stream of text; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public static IAsyncEnumerable<string> DecodeUtf8(this IAsyncEnumerable<ReadOnlyMemory<byte>> source, bool throwOnInvalidBytes = false)
    {
        ArgumentNullException.ThrowIfNull(source);

        return Decode(source, throwOnInvalidBytes);
    }

    private static async IAsyncEnumerable<string> Decode(
        IAsyncEnumerable<ReadOnlyMemory<byte>> source, bool throwOnInvalidBytes, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        const char byteOrderMark = '\uFEFF';
        var decoder = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes).GetDecoder();
        var atStart = true;

        string Next(ReadOnlySpan<byte> bytes, bool flush)
        {
            var chars = ArrayPool<char>.Shared.Rent(Encoding.UTF8.GetMaxCharCount(bytes.Length));
            try
            {
                ReadOnlySpan<char> text = chars.AsSpan(0, decoder.GetChars(bytes, chars, flush));
                if (atStart && !text.IsEmpty)
                {
                    atStart = false;
                    text = text[0] == byteOrderMark ? text[1..] : text;
                }

                return text.ToString();
            }
            finally
            {
                ArrayPool<char>.Shared.Return(chars);
            }
        }

        await foreach (var chunk in source.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (Next(chunk.Span, flush: false) is { Length: > 0 } text)
                yield return text;
        }

        if (Next([], flush: true) is { Length: > 0 } rest)
            yield return rest;
    }
}
