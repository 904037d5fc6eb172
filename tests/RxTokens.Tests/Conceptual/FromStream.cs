using System.Runtime.CompilerServices;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually (the buffer is a rented one):
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> FromStream(
        Stream stream, int bufferSize, bool leaveOpen, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var closing = leaveOpen ? Stream.Null : stream;
        var buffer = new byte[bufferSize];
        while (await stream.ReadAsync(buffer, cancellationToken) is var read and > 0)
            yield return buffer.AsMemory(0, read);
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void FromStream() => Same(
        from source in SourceCases from consumer in ConsumerCases from bufferSize in Gen.Choose(1, 5) from leaveOpen in Gen.Elements(false, true)
        select (source, consumer, bufferSize, leaveOpen), 124,
        (c, w) => w.Consume(Hex(TokenStream.FromStream(Network(w, c.source), c.bufferSize, c.leaveOpen)), c.consumer),
        (c, w) => w.Consume(Hex(Concept.FromStream(Network(w, c.source), c.bufferSize, c.leaveOpen)), c.consumer));

    /// <summary>Each item is a packet of one to seven bytes.</summary>
    private static PacketStream Network(World world, SourceCase source) =>
        new(world, world.PullAtOnce(source).GetAsyncEnumerator(), item => [.. Enumerable.Range(item, (item * 5 % 7) + 1).Select(b => (byte)b)]);

    private static async IAsyncEnumerable<string> Hex(IAsyncEnumerable<ReadOnlyMemory<byte>> chunks)
    {
        await foreach (var chunk in chunks)
            yield return Convert.ToHexString(chunk.Span);
    }

    private sealed class PacketStream(World world, IAsyncEnumerator<int> packets, Func<int, byte[]> bytes) : Stream
    {
        private ReadOnlyMemory<byte> _rest;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            world.Log("asked for at most", buffer.Length);
            if (_rest.IsEmpty && await packets.MoveNextAsync())
                _rest = bytes(packets.Current);
            var read = Math.Min(buffer.Length, _rest.Length);
            _rest[..read].CopyTo(buffer);
            _rest = _rest[read..];
            return read;
        }

        public override ValueTask DisposeAsync()
        {
            world.Log("closed", "");
            return default;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
