using System.Threading.Channels;
using NUnit.Framework;

namespace RxTokens.Tests;

public class CopyToTests
{
    // Arguments

    [Test]
    public void CopyTo_WithANullArgument_Throws()
    {
        var writer = Channel.CreateBounded<int>(1).Writer;

        Assert.That(() => TokenStream.CopyTo(null!, writer), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => Numbers(1).CopyTo(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("writer"));
    }

    // Behaviour

    [MarbleOf("CopyTo")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var channel = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { AllowSynchronousContinuations = true });
        var source = m.Pull(rows["source"]);
        m.At(0, () => source.CopyTo(channel.Writer));
        m.Expect(TokenStream.FromChannel(channel.Reader)).ToBe(rows["result"]);
    });

    [Test]
    public async Task TheSourcesEnd_CompletesTheWriter_AfterAllItems()
    {
        var channel = Channel.CreateBounded<int>(3);

        await Numbers(3).CopyTo(channel.Writer);

        Assert.That(await channel.Reader.ReadAllAsync().Drain(), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(channel.Reader.Completion.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public async Task AFullChannel_HoldsTheSourceUp()
    {
        var source = Numbers(3);
        var channel = Channel.CreateBounded<int>(1);

        var copying = source.CopyTo(channel.Writer);
        Assert.That((source.Reads, copying.IsCompleted), Is.EqualTo((2, false)), "one in the channel, one waits for it");

        Assert.That(await channel.Reader.ReadAllAsync().Drain(), Is.EqualTo(new[] { 0, 1, 2 }));
        await copying;
    }

    [Test]
    public async Task TheSource_IsDisposedBeforeTheWriterIsCompleted()
    {
        var source = Numbers(2);

        await source.CopyTo(new LoggingWriter(source.Log));

        Assert.That(source.Log, Is.EqualTo(new[] { "0", "1", "disposed", "completed" }));
    }

    // Errors

    [Test]
    public void AFailure_OfTheSource_CompletesTheWriterAndFailsTheTask()
    {
        var failure = new IOException("cut off");
        var source = new ReadySource<int>(n => n, 1) { FailsAtTheEnd = failure };
        var channel = Channel.CreateBounded<int>(3);

        Assert.That(() => source.CopyTo(channel.Writer), Throws.Exception.SameAs(failure));

        Assert.That(channel.Reader.TryRead(out _), Is.True);
        Assert.That(() => channel.Reader.Completion, Throws.Exception.SameAs(failure));
    }

    [Test]
    public void AFailure_OfTheSource_IsToldAfterItsDisposal()
    {
        var source = new ReadySource<int>(n => n, 0) { FailsAtTheEnd = new IOException("cut off") };

        Assert.That(() => source.CopyTo(new LoggingWriter(source.Log)), Throws.TypeOf<IOException>());

        Assert.That(source.Log, Is.EqualTo(new[] { "disposed", "completed: cut off" }));
    }

    [TestCase("GetAsyncEnumerator")]
    [TestCase("MoveNextAsync")]
    [TestCase("DisposeAsync")]
    public void AThrow_OfTheSource_CompletesTheWriter(string where)
    {
        var failure = new IOException(where);
        var channel = Channel.CreateBounded<string>(3);

        Assert.That(() => new ThrowingSource(where, failure).CopyTo(channel.Writer), Throws.Exception.SameAs(failure));

        channel.Reader.TryRead(out _);
        Assert.That(() => channel.Reader.Completion, Throws.Exception.SameAs(failure));
    }

    [Test]
    public void AWriter_CompletedBySomebodyElse_FailsTheTaskAndDisposesTheSource()
    {
        var source = Numbers(3);
        var channel = Channel.CreateBounded<int>(1);
        channel.Writer.Complete();

        Assert.That(() => source.CopyTo(channel.Writer), Throws.TypeOf<ChannelClosedException>());

        Assert.That((source.Reads, source.Disposals), Is.EqualTo((1, 1)));
        Assert.That(channel.Reader.Completion.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public void AWriter_CompletedBySomebodyElseWhileItIsFull_FailsTheTask()
    {
        var source = Numbers(3);
        var channel = Channel.CreateBounded<int>(1);
        var copying = source.CopyTo(channel.Writer);

        channel.Writer.Complete();

        Assert.That(() => copying, Throws.TypeOf<ChannelClosedException>());
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    // Disposal and cancellation

    [Test]
    public void Cancel_BeforeTheStart_CompletesTheWriterAndReadsNothing()
    {
        var source = Numbers(3);
        var channel = Channel.CreateBounded<int>(1);

        Assert.That(() => source.CopyTo(channel.Writer, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());

        Assert.That(source.Reads, Is.Zero);
        Assert.That(() => channel.Reader.Completion, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Cancel_OfAFullChannelWhoseReaderHasGone_EndsTheCopying()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Numbers(9);
        var channel = Channel.CreateBounded<int>(2);
        var copying = source.CopyTo(channel.Writer, cancellation.Token);
        Assert.That(copying.IsCompleted, Is.False);

        await cancellation.CancelAsync();

        Assert.That(() => copying, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(copying.IsCanceled, Is.True);
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((3, 1)));
        Assert.That(await channel.Reader.ReadAsync(), Is.Zero, "what was written stays");
    }

    [Test]
    public void Cancel_DuringARead_CancelsTheSourceAndCompletesTheWriter()
    {
        var clock = new VirtualClock();
        using var cancellation = new CancellationTokenSource();
        var source = clock.Pull(Marbles.Of("--a|"));
        var channel = Channel.CreateBounded<string>(1);
        var copying = source.CopyTo(channel.Writer, cancellation.Token);
        clock.At(1, cancellation.Cancel);

        clock.AdvanceToFrame(5);

        Assert.That(copying.IsCanceled, Is.True);
        Assert.That(source.Disposals, Is.EqualTo(new long[] { 1 }));
        Assert.That(source.Violations, Is.Empty);
        Assert.That(() => channel.Reader.Completion, Throws.InstanceOf<OperationCanceledException>());
    }

    private static ReadySource<int> Numbers(int count) => new(n => n, count);

    /// <summary>Takes everything and notes it.</summary>
    private sealed class LoggingWriter(List<string> log) : ChannelWriter<int>
    {
        public override bool TryWrite(int item)
        {
            log.Add($"{item}");
            return true;
        }

        public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) => new(true);

        public override bool TryComplete(Exception? error = null)
        {
            log.Add(error is null ? "completed" : $"completed: {error.Message}");
            return true;
        }
    }
}
