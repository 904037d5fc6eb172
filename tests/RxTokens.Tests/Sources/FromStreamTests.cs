using System.Buffers;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace RxTokens.Tests;

public class FromStreamTests
{
    // Arguments

    [Test]
    public void FromStream_OfNull_Throws() =>
        Assert.That(() => TokenStream.FromStream(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("stream"));

    [TestCase(0)]
    [TestCase(-5)]
    public void FromStream_WithABufferBelowOneByte_Throws(int size) =>
        Assert.That(
            () => TokenStream.FromStream(new MemoryStream(), size),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("bufferSize").And.Property("ActualValue").EqualTo(size));

    [Test]
    public void FromStream_OfAWriteOnlyStream_ThrowsWithItsType() =>
        Assert.That(
            () => TokenStream.FromStream(new FakeStream([]) { IsWriteOnly = true }),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("stream").And.Message.Contains(typeof(FakeStream).FullName));

    // Behaviour

    [MarbleOf("FromStream")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var chunks = rows.Values("source", name => Convert.FromHexString(name.Replace(" ", "", StringComparison.Ordinal)));
        var network = new NetworkStream(m.Pull(rows["source"], chunks).GetAsyncEnumerator());
        m.Expect(TokenStream.FromStream(network).Select(chunk => string.Join(' ', chunk.ToArray().Select(b => b.ToString("X2"))))).ToBe(rows["result"]);
    });

    [Test]
    public async Task MoveNextAsync_UntilTheEnd_GivesWhatEachReadReturned()
    {
        var stream = new FakeStream([1, 2, 3, 4, 5], perRead: 2);

        Assert.That(await Chunks(TokenStream.FromStream(stream)), Is.EqualTo(new[] { "1 2", "3 4", "5" }));
    }

    [Test]
    public async Task MoveNextAsync_WithASmallBuffer_GivesNoMoreThanFits()
    {
        var stream = new FakeStream([1, 2, 3, 4, 5], perRead: 100);

        Assert.That(await Chunks(TokenStream.FromStream(stream, bufferSize: 3)), Is.EqualTo(new[] { "1 2 3", "4 5" }));
    }

    [Test]
    public async Task MoveNextAsync_OfAnEmptyStream_Ends() =>
        Assert.That(await Chunks(TokenStream.FromStream(new FakeStream([]))), Is.Empty);

    // Errors

    [Test]
    public async Task AFailingRead_ArrivesAsItIs_AndTheStreamIsDisposed()
    {
        var failure = new IOException("cut off");
        var stream = new FakeStream([1, 2]) { Failure = failure };
        var enumerator = TokenStream.FromStream(stream).GetAsyncEnumerator();

        await enumerator.MoveNextAsync();
        Assert.That(async () => await enumerator.MoveNextAsync(), Throws.Exception.SameAs(failure));

        Assert.That(stream.Disposals, Is.EqualTo(1));
    }

    [Test]
    public void ABuffer_ThatCannotBeHad_FailsTheStreamAndDisposesIt()
    {
        var stream = new FakeStream([1]);

        Assert.That(() => Chunks(TokenStream.FromStream(stream, int.MaxValue)), Throws.TypeOf<OutOfMemoryException>());

        Assert.That((stream.Reads, stream.Disposals), Is.EqualTo((0, 1)));
    }

    // Disposal

    [TestCase(false)]
    [TestCase(true)]
    public async Task DisposeAsync_BeforeTheFirstRead_DisposesTheStreamUnlessLeftOpen(bool leaveOpen)
    {
        var stream = new FakeStream([1, 2, 3]);
        var enumerator = TokenStream.FromStream(stream, leaveOpen: leaveOpen).GetAsyncEnumerator();

        await enumerator.DisposeAsync();
        await enumerator.DisposeAsync();

        Assert.That(stream.Disposals, Is.EqualTo(leaveOpen ? 0 : 1));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Cancel_BeforeTheFirstRead_DisposesTheStreamUnlessLeftOpen(bool leaveOpen)
    {
        var stream = new FakeStream([1, 2, 3]);

        Assert.That(() => TokenStream.FromStream(stream, leaveOpen: leaveOpen).Drain(new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());

        Assert.That((stream.Reads, stream.Disposals), Is.EqualTo((0, leaveOpen ? 0 : 1)));
    }

    [Test]
    public async Task DisposeAsync_DuringARead_KeepsTheBufferUntilTheReadIsOver()
    {
        const int size = 1 << 14;
        var written = new TaskCompletionSource<int>();
        Memory<byte> lent = default;
        var enumerator = TokenStream.FromStream(new LentStream(memory =>
        {
            lent = memory;
            return written.Task;
        }), size).GetAsyncEnumerator();
        var pending = enumerator.MoveNextAsync().AsTask();
        MemoryMarshal.TryGetArray<byte>(lent, out var buffer);

        var leaving = enumerator.DisposeAsync().AsTask();
        Assert.That(ArrayPool<byte>.Shared.Rent(size), Is.Not.SameAs(buffer.Array), "it is still written to");
        written.SetResult(5);

        await leaving;
        Assert.That((await pending, enumerator.Current.Length), Is.EqualTo((false, 0)));
        Assert.That(ArrayPool<byte>.Shared.Rent(size), Is.SameAs(buffer.Array));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task TheEnd_DisposesTheStream_UnlessLeftOpen(bool leaveOpen)
    {
        var stream = new FakeStream([1, 2, 3]);

        await Chunks(TokenStream.FromStream(stream, leaveOpen: leaveOpen));

        Assert.That(stream.Disposals, Is.EqualTo(leaveOpen ? 0 : 1));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task DisposeAsync_InTheMiddle_DisposesTheStreamUnlessLeftOpen(bool leaveOpen)
    {
        var stream = new FakeStream([1, 2, 3], perRead: 1);
        var enumerator = TokenStream.FromStream(stream, leaveOpen: leaveOpen).GetAsyncEnumerator();
        await enumerator.MoveNextAsync();

        await enumerator.DisposeAsync();

        Assert.That(stream.Disposals, Is.EqualTo(leaveOpen ? 0 : 1));
    }

    [Test]
    public async Task DisposeAsync_InTheMiddle_GivesTheBufferBack()
    {
        const int size = 1 << 15;
        var enumerator = TokenStream.FromStream(new FakeStream([1, 2, 3], perRead: 1), size).GetAsyncEnumerator();
        await enumerator.MoveNextAsync();
        Assert.That(MemoryMarshal.TryGetArray(enumerator.Current, out var chunk), Is.True);
        Assert.That(ArrayPool<byte>.Shared.Rent(size), Is.Not.SameAs(chunk.Array), "while it is in use");

        await enumerator.DisposeAsync();

        Assert.That(ArrayPool<byte>.Shared.Rent(size), Is.SameAs(chunk.Array), "this thread's next");
    }

    [Test]
    public async Task Cancel_DuringAPendingRead_CancelsTheRead()
    {
        using var cancellation = new CancellationTokenSource();
        var stream = new FakeStream([1]) { Waits = true };
        await using var enumerator = TokenStream.FromStream(stream).GetAsyncEnumerator(cancellation.Token);
        var pending = enumerator.MoveNextAsync().AsTask();
        Assert.That(pending.IsCompleted, Is.False);

        await cancellation.CancelAsync();

        Assert.That(() => pending, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(stream.Disposals, Is.EqualTo(1));
    }

    // Calls

    [Test]
    public async Task EachRequest_MakesOneRead_AndNoneAhead()
    {
        var stream = new FakeStream([1, 2, 3], perRead: 1);
        await using var enumerator = TokenStream.FromStream(stream).GetAsyncEnumerator();
        var reads = new List<int> { stream.Reads };

        while (await enumerator.MoveNextAsync())
            reads.Add(stream.Reads);

        Assert.That(reads, Is.EqualTo(new[] { 0, 1, 2, 3 }));
        Assert.That(stream.Reads, Is.EqualTo(4), "the last finds the end");
    }

    private static async Task<List<string>> Chunks(IAsyncEnumerable<ReadOnlyMemory<byte>> source)
    {
        var chunks = new List<string>();
        await foreach (var chunk in source)
            chunks.Add(string.Join(' ', chunk.ToArray()));
        return chunks;
    }

    /// <summary>Brings one chunk for each read.</summary>
    private sealed class NetworkStream(IAsyncEnumerator<byte[]> chunks) : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!await chunks.MoveNextAsync())
                return 0;
            chunks.Current.CopyTo(buffer);
            return chunks.Current.Length;
        }
    }

    private sealed class LentStream(Func<Memory<byte>, Task<int>> read) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(read(buffer));
    }

    /// <summary>Counts its reads and disposals.</summary>
    private sealed class FakeStream(byte[] bytes, int perRead = int.MaxValue) : MemoryStream(bytes)
    {
        public bool IsWriteOnly { get; init; }

        public bool Waits { get; init; }

        public Exception? Failure { get; init; }

        public int Reads { get; private set; }

        public int Disposals { get; private set; }

        public override bool CanRead => !IsWriteOnly;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Reads++;
            if (Waits)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            if (Failure is not null && Position == Length)
                throw Failure;
            return Read(buffer.Span[..Math.Min(buffer.Length, perRead)]);
        }

        public override async ValueTask DisposeAsync()
        {
            Disposals++;
            await base.DisposeAsync();
        }
    }
}
