using System.Runtime.CompilerServices;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually (a byte order mark at the beginning is left out):
    public static async IAsyncEnumerable<string> DecodeUtf8(
        this IAsyncEnumerable<ReadOnlyMemory<byte>> source, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var decoder = Encoding.UTF8.GetDecoder(); // keeps the bytes of a character that is cut in two
        await foreach (var chunk in source.WithCancellation(cancellationToken))
        {
            if (Decode(chunk, isLast: false) is { Length: > 0 } text)
                yield return text;
        }

        if (Decode(default, isLast: true) is { Length: > 0 } rest)
            yield return rest;

        string Decode(ReadOnlyMemory<byte> bytes, bool isLast)
        {
            var chars = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
            return new string(chars, 0, decoder.GetChars(bytes.Span, chars, isLast));
        }
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    private static readonly Gen<byte[]> Pieces = Gen.Elements<byte[]>(
        [.. "a"u8], [.. "é"u8], [.. "€"u8], [.. "😀"u8], [0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F], [0x80], [0xED, 0xA0, 0x80], [.. "xyz"u8]);

    [Test]
    public void DecodeUtf8() => Same(
        from source in SourceCases from consumer in ConsumerCases from pieces in Gen.ListOf(Pieces) from cuts in Gen.NonEmptyListOf(Gen.Choose(0, 4))
        select (source, consumer, bytes: pieces.SelectMany(piece => piece).ToArray(), cuts: cuts.ToArray()), 125,
        (c, w) => w.Consume(TokenStream.DecodeUtf8(Chunks(w, c.source, c.bytes, c.cuts)), c.consumer),
        (c, w) => w.Consume(Concept.DecodeUtf8(Chunks(w, c.source, c.bytes, c.cuts)), c.consumer));

    /// <summary>The bytes in chunks, of which one comes with each item.</summary>
    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Chunks(
        World world, SourceCase source, ReadOnlyMemory<byte> bytes, int[] cuts, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var item in world.PullAtOnce(source).WithCancellation(cancellationToken))
        {
            var length = Math.Min(bytes.Length, cuts[item % cuts.Length]);
            yield return bytes[..length];
            bytes = bytes[length..];
        }
    }
}
