using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests;

public class DecodeUtf8Tests
{
    private const string Replacement = "\uFFFD";

    /// <summary>Characters of one to four bytes, and an emoji made of several of them.</summary>
    private const string Text = "aé€😀👩‍👧 z";

    private static readonly Config Repeatable = Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20250701, 7);

    // Arguments

    [Test]
    public void DecodeUtf8_OfNull_Throws() =>
        Assert.That(
            () => TokenStream.DecodeUtf8(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));

    // Behaviour

    [MarbleOf("DecodeUtf8")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var chunks = rows.Values<ReadOnlyMemory<byte>>("source", name => Convert.FromHexString(name.Replace(" ", "", StringComparison.Ordinal)));
        m.Expect(m.Pull(rows["source"], chunks).DecodeUtf8()).ToBe(rows["result"]);
    });

    [Test]
    public async Task EveryCut_InTwo_GivesTheSameText()
    {
        var bytes = Encoding.UTF8.GetBytes(Text);
        for (var cut = 0; cut <= bytes.Length; cut++)
            CheckPieces(await Decoded(bytes[..cut], bytes[cut..]), Text);
    }

    [Test]
    public async Task EveryCut_InThree_GivesTheSameText()
    {
        var bytes = Encoding.UTF8.GetBytes(Text);
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
                CheckPieces(await Decoded(bytes[..first], bytes[first..second], bytes[second..]), Text);
        }
    }

    [Test]
    public async Task ByteForByte_GivesEachCharacterWhenItIsWhole() =>
        Assert.That(await Decoded([.. Encoding.UTF8.GetBytes("aé€😀").Select(b => (byte[])[b])]), Is.EqualTo(new[] { "a", "é", "€", "😀" }));

    [Test]
    public void AnyText_CutAnywhere_GivesTheSameText()
    {
        var texts = ArbMap.Default.ArbFor<string>().Generator.Select(t => new UTF8Encoding().GetString(new UTF8Encoding().GetBytes(t ?? "")).TrimStart('\uFEFF'));
        var cases = from text in texts
                    from cuts in Gen.Choose(0, 1000).ListOf()
                    select (Text: text, Cuts: cuts);

        Check.One(Repeatable, Prop.ForAll(Arb.From(cases), c =>
        {
            var bytes = Encoding.UTF8.GetBytes(c.Text);
            CheckPieces(Decoded(Cut(bytes, c.Cuts)).GetAwaiter().GetResult(), c.Text);
        }));
    }

    [Test]
    public void AnyBytes_CutAnywhere_GiveWhatTheyGiveInOnePiece()
    {
        var cases = from bytes in Gen.OneOf(Gen.Choose(0, 255), Gen.Elements(0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x98, 0x80, 0xED, 0xA0)).Select(b => (byte)b).ArrayOf()
                    from cuts in Gen.Choose(0, 1000).ListOf()
                    select (Bytes: bytes, Cuts: cuts);

        Check.One(Repeatable, Prop.ForAll(Arb.From(cases), c =>
        {
            var expected = Encoding.UTF8.GetString(c.Bytes);
            CheckPieces(Decoded(Cut(c.Bytes, c.Cuts)).GetAwaiter().GetResult(), expected.StartsWith('\uFEFF') ? expected[1..] : expected);
        }));
    }

    [Test]
    public async Task AByteOrderMark_AtTheBeginning_IsLeftOut()
    {
        byte[] bytes = [0xEF, 0xBB, 0xBF, (byte)'a'];
        for (var cut = 0; cut <= bytes.Length; cut++)
            Assert.That(await Decoded(bytes[..cut], bytes[cut..]), Is.EqualTo(new[] { "a" }), $"cut at {cut}");
    }

    [Test]
    public async Task AByteOrderMark_LaterOn_IsText() =>
        Assert.That(string.Concat(await Decoded([(byte)'a'], [0xEF, 0xBB, 0xBF], [0xEF, 0xBB, 0xBF])), Is.EqualTo("a\uFEFF\uFEFF"));

    [Test]
    public async Task AByteOrderMark_Alone_GivesNothing() =>
        Assert.That(await Decoded([0xEF, 0xBB, 0xBF]), Is.Empty);

    [Test]
    public async Task NoChunks_OrEmptyOnes_GiveNothing()
    {
        Assert.That(await Decoded(), Is.Empty);
        Assert.That(await Decoded([], []), Is.Empty);
    }

    // Errors

    [Test]
    public async Task InvalidBytes_BecomeReplacementCharacters() =>
        Assert.That(string.Concat(await Decoded([(byte)'a', 0xFF], [0xC3], [(byte)'b'])), Is.EqualTo($"a{Replacement}{Replacement}b"));

    [Test]
    public async Task ACharacter_CutOffByTheEnd_BecomesAReplacementCharacter() =>
        Assert.That(await Decoded([(byte)'a', 0xF0, 0x9F], [0x98]), Is.EqualTo(new[] { "a", Replacement }));

    [Test]
    public async Task InvalidBytes_WhenStrict_FailTheStreamAfterWhatCameBefore()
    {
        var source = Chunks([(byte)'a'], [0xFF], [(byte)'b']);
        var enumerator = source.DecodeUtf8(throwOnInvalidBytes: true).GetAsyncEnumerator();

        Assert.That(await enumerator.MoveNextAsync(), Is.True);
        Assert.That(async () => await enumerator.MoveNextAsync(), Throws.TypeOf<DecoderFallbackException>());
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [Test]
    public async Task InvalidBytes_WhenStrict_LetTheTextBeforeThemArrive_WhateverTheChunks()
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes("Hé€😀"), 0xFF, .. "lost"u8];
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
            {
                var source = Chunks(bytes[..first], bytes[first..second], bytes[second..]);
                var text = "";
                DecoderFallbackException? failure = null;
                try
                {
                    await foreach (var piece in source.DecodeUtf8(throwOnInvalidBytes: true))
                        text += piece;
                }
                catch (DecoderFallbackException thrown)
                {
                    failure = thrown;
                }

                Assert.That((text, failure?.Index, failure?.BytesUnknown), Is.EqualTo(("Hé€😀", 10, new byte[] { 0xFF })).Using<byte[]>((x, y) => x.SequenceEqual(y)), $"cut at {first}, {second}");
                Assert.That(failure!.Message, Does.Contain("FF at byte 10"));
                Assert.That(source.Disposals, Is.EqualTo(1));
            }
        }
    }

    [Test]
    public void ACharacterThatIsBrokenOff_WhenStrict_FailsTheStream_WhateverTheChunks()
    {
        byte[] bytes = [(byte)'a', 0xF0, 0x9F, 0x98, (byte)'b'];
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            Assert.That(
                () => Chunks(bytes[..cut], bytes[cut..]).DecodeUtf8(throwOnInvalidBytes: true).Drain(),
                Throws.TypeOf<DecoderFallbackException>().With.Property("BytesUnknown").EqualTo(new byte[] { 0xF0, 0x9F, 0x98 }),
                $"cut at {cut}");
        }
    }

    [Test]
    public void InvalidBytes_AndADisposalThatFails_ArriveTogether() =>
        Assert.That(
            () => new BadChunk().DecodeUtf8(throwOnInvalidBytes: true).Drain(),
            Throws.TypeOf<AggregateException>().With.Property("InnerExceptions").Exactly(2).Items
                .And.InnerException.TypeOf<DecoderFallbackException>());

    [Test]
    public void ACharacter_CutOffByTheEndWhenStrict_FailsTheStream() =>
        Assert.That(() => Chunks([0xE2, 0x82]).DecodeUtf8(throwOnInvalidBytes: true).Drain(), Throws.TypeOf<DecoderFallbackException>());

    [Test]
    public async Task ValidText_WhenStrict_IsDecoded() =>
        Assert.That(await Chunks([0xE2, 0x82], [0xAC]).DecodeUtf8(throwOnInvalidBytes: true).Drain(), Is.EqualTo(new[] { "€" }));

    [Test]
    public void AFailure_OfTheSource_ArrivesAsItIs()
    {
        var failure = new IOException("cut off");
        var source = new ReadySource<ReadOnlyMemory<byte>>(_ => "a"u8.ToArray(), count: 1) { FailsAtTheEnd = failure };

        Assert.That(() => source.DecodeUtf8().Drain(), Throws.Exception.SameAs(failure));
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    // Disposal

    [Test]
    public async Task DisposeAsync_InTheMiddle_DisposesTheSource()
    {
        var source = Chunks([(byte)'a'], [(byte)'b']);
        await using (var enumerator = source.DecodeUtf8().GetAsyncEnumerator())
            await enumerator.MoveNextAsync();

        Assert.That((source.Reads, source.Disposals), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Cancel_ReachesTheSource()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Chunks([(byte)'a'], [(byte)'b']);
        await using var enumerator = source.DecodeUtf8().GetAsyncEnumerator(cancellation.Token);
        await enumerator.MoveNextAsync();

        await cancellation.CancelAsync();

        Assert.That(source.IsCancelled, Is.True);
    }

    // Calls

    [Test]
    public async Task EachRequest_ReadsUntilACharacterIsWhole()
    {
        var source = Chunks([(byte)'a'], [0xE2], [0x82], [0xAC], [(byte)'b']);
        await using var enumerator = source.DecodeUtf8().GetAsyncEnumerator();
        var reads = new List<int> { source.Reads };

        while (await enumerator.MoveNextAsync())
            reads.Add(source.Reads);

        Assert.That(reads, Is.EqualTo(new[] { 0, 1, 4, 5 }));
    }

    private sealed class BadChunk : IAsyncEnumerable<ReadOnlyMemory<byte>>, IAsyncEnumerator<ReadOnlyMemory<byte>>
    {
        public ReadOnlyMemory<byte> Current { get; } = new byte[] { 0xFF };

        public IAsyncEnumerator<ReadOnlyMemory<byte>> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => new(true);

        public ValueTask DisposeAsync() => throw new IOException("disposal");
    }

    private static ReadySource<ReadOnlyMemory<byte>> Chunks(params byte[][] chunks) => new(i => chunks[i], chunks.Length);

    private static Task<List<string>> Decoded(params byte[][] chunks) => Chunks(chunks).DecodeUtf8().Drain();

    private static byte[][] Cut(byte[] bytes, IEnumerable<int> cuts)
    {
        int[] borders = [0, .. cuts.Select(c => c % (bytes.Length + 1)).Order(), bytes.Length];
        return [.. borders.Zip(borders.Skip(1), (from, to) => bytes[from..to])];
    }

    private static void CheckPieces(List<string> pieces, string whole)
    {
        Assert.That(string.Concat(pieces), Is.EqualTo(whole));
        Assert.That(pieces, Has.None.Empty);
        Assert.That(pieces.Where(p => char.IsHighSurrogate(p[^1]) || char.IsLowSurrogate(p[0])), Is.Empty, "half a surrogate pair");
    }
}
