using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using NUnit.Framework;

namespace RxTokens.Tests;

public class CopyToAsyncTests
{
    // Arguments

    [Test]
    public void CopyToAsync_WithANullArgument_Throws()
    {
        var writer = Channel.CreateBounded<int>(1).Writer;

        Assert.That(() => TokenStream.CopyToAsync(null!, writer), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => Numbers(1).CopyToAsync(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("writer"));
    }

    // Behaviour

    [MarbleOf("CopyToAsync")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var channel = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { AllowSynchronousContinuations = true });
        var source = m.Pull(rows["source"]);
        m.At(0, () => source.CopyToAsync(channel.Writer));
        m.Expect(TokenStream.FromChannel(channel.Reader)).ToBe(rows["result"]);
    });

    [Test]
    public async Task TheSourcesEnd_CompletesTheWriter_AfterAllItems()
    {
        var channel = Channel.CreateBounded<int>(3);

        await Numbers(3).CopyToAsync(channel.Writer);

        Assert.That(await channel.Reader.ReadAllAsync().Drain(), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(channel.Reader.Completion.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public async Task AFullChannel_HoldsTheSourceUp()
    {
        var source = Numbers(3);
        var channel = Channel.CreateBounded<int>(1);

        var copying = source.CopyToAsync(channel.Writer);
        Assert.That((source.Reads, copying.IsCompleted), Is.EqualTo((2, false)), "one in the channel, one waits for it");

        Assert.That(await channel.Reader.ReadAllAsync().Drain(), Is.EqualTo(new[] { 0, 1, 2 }));
        await copying;
    }

    [Test]
    public async Task TheSource_IsDisposedBeforeTheWriterIsCompleted()
    {
        var source = Numbers(2);

        await source.CopyToAsync(new LoggingWriter(source.Log));

        Assert.That(source.Log, Is.EqualTo(new[] { "0", "1", "disposed", "completed" }));
    }

    // Errors

    [Test]
    public void AFailure_OfTheSource_CompletesTheWriterAndFailsTheTask()
    {
        var failure = new IOException("cut off");
        var source = new ReadySource<int>(n => n, 1) { FailsAtTheEnd = failure };
        var channel = Channel.CreateBounded<int>(3);

        Assert.That(() => source.CopyToAsync(channel.Writer), Throws.Exception.SameAs(failure));

        Assert.That(channel.Reader.TryRead(out _), Is.True);
        Assert.That(() => channel.Reader.Completion, Throws.Exception.SameAs(failure));
    }

    [Test]
    public void AFailure_OfTheSource_IsToldAfterItsDisposal()
    {
        var source = new ReadySource<int>(n => n, 0) { FailsAtTheEnd = new IOException("cut off") };

        Assert.That(() => source.CopyToAsync(new LoggingWriter(source.Log)), Throws.TypeOf<IOException>());

        Assert.That(source.Log, Is.EqualTo(new[] { "disposed", "completed: cut off" }));
    }

    [TestCase("GetAsyncEnumerator")]
    [TestCase("MoveNextAsync")]
    [TestCase("DisposeAsync")]
    public void AThrow_OfTheSource_CompletesTheWriter(string where)
    {
        var failure = new IOException(where);
        var channel = Channel.CreateBounded<string>(3);

        Assert.That(() => new ThrowingSource(where, failure).CopyToAsync(channel.Writer), Throws.Exception.SameAs(failure));

        channel.Reader.TryRead(out _);
        Assert.That(() => channel.Reader.Completion, Throws.Exception.SameAs(failure));
    }

    [Test]
    public void AWriter_CompletedBySomebodyElse_FailsTheTaskAndDisposesTheSource()
    {
        var source = Numbers(3);
        var channel = Channel.CreateBounded<int>(1);
        channel.Writer.Complete();

        Assert.That(() => source.CopyToAsync(channel.Writer), Throws.TypeOf<ChannelClosedException>());

        Assert.That((source.Reads, source.Disposals), Is.EqualTo((1, 1)));
        Assert.That(channel.Reader.Completion.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public void AWriter_CompletedBySomebodyElseWhileItIsFull_FailsTheTask()
    {
        var source = Numbers(3);
        var channel = Channel.CreateBounded<int>(1);
        var copying = source.CopyToAsync(channel.Writer);

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

        Assert.That(() => source.CopyToAsync(channel.Writer, cancellationToken: new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());

        Assert.That(source.Reads, Is.Zero);
        Assert.That(() => channel.Reader.Completion, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Cancel_OfAFullChannelWhoseReaderHasGone_EndsTheCopying()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Numbers(9);
        var channel = Channel.CreateBounded<int>(2);
        var copying = source.CopyToAsync(channel.Writer, cancellationToken: cancellation.Token);
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
        var copying = source.CopyToAsync(channel.Writer, cancellationToken: cancellation.Token);
        clock.At(1, cancellation.Cancel);

        clock.AdvanceToFrame(5);

        Assert.That(copying.IsCanceled, Is.True);
        Assert.That(source.Disposals, Is.EqualTo(new long[] { 1 }));
        Assert.That(source.Violations, Is.Empty);
        Assert.That(() => channel.Reader.Completion, Throws.InstanceOf<OperationCanceledException>());
    }

    // A channel that somebody else completes

    [TestCase(false)]
    [TestCase(true)]
    public void AWriter_CompletedWhileTheSourceIsSilent_IsNoticed(bool leaveOpen)
    {
        var clock = new VirtualClock();
        var source = clock.Pull(Marbles.Of("a---------|"));
        var channel = Channel.CreateBounded<string>(9);
        var time = new HistoricalScheduler();
        var copying = source.CopyToAsync(channel.Writer, leaveOpen, scheduler: time);
        clock.AdvanceToFrame(2);
        time.AdvanceBy(TimeSpan.FromSeconds(1));
        Assert.That((copying.IsCompleted, source.Cancellations.Count), Is.EqualTo((false, 0)));

        channel.Writer.Complete();
        time.AdvanceBy(TimeSpan.FromSeconds(0.1));

        Assert.That(() => copying, Throws.TypeOf<ChannelClosedException>());
        Assert.That(source.Cancellations, Has.Count.EqualTo(1));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
        Assert.That(source.Violations, Is.Empty);
    }

    [Test]
    public async Task AWriter_CompletedWhileTheSourceIsSilent_IsNoticedInRealTime()
    {
        var isDisposed = false;
        var channel = Channel.CreateBounded<int>(9);
        var copying = Model().CopyToAsync(channel.Writer);
        await channel.Reader.ReadAsync();

        channel.Writer.TryComplete();

        Assert.That(() => copying.WaitAsync(TimeSpan.FromSeconds(10)), Throws.TypeOf<ChannelClosedException>());
        Assert.That(isDisposed, Is.True);

        async IAsyncEnumerable<int> Model([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                yield return 1;
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                isDisposed = true;
            }
        }
    }

    [Test]
    public void AWriter_CompletedWithAFailureWhileTheSourceIsSilent_IsNoticed()
    {
        var clock = new VirtualClock();
        var source = clock.Pull(Marbles.Of("-----|"));
        var channel = Channel.CreateBounded<string>(9);
        var time = new HistoricalScheduler();
        var copying = source.CopyToAsync(channel.Writer, scheduler: time);

        var failure = new IOException("the reader's");
        channel.Writer.Complete(failure);
        time.AdvanceBy(TimeSpan.FromSeconds(0.1));

        Assert.That(() => copying, Throws.TypeOf<ChannelClosedException>().With.InnerException.SameAs(failure));
    }

    [Test]
    public void AFullWriter_CompletedWhileTheSourceIsSilent_IsNoticedAtOnce()
    {
        var clock = new VirtualClock();
        var source = clock.Pull(Marbles.Of("a----|"));
        var channel = Channel.CreateBounded<string>(new BoundedChannelOptions(1) { AllowSynchronousContinuations = true });
        var time = new HistoricalScheduler();
        var copying = source.CopyToAsync(channel.Writer, scheduler: time);
        clock.AdvanceToFrame(1);
        time.AdvanceBy(TimeSpan.FromSeconds(0.1));

        channel.Writer.Complete();

        Assert.That(SpinWait.SpinUntil(() => copying.IsCompleted, TimeSpan.FromSeconds(10)), Is.True);
        Assert.That(() => copying, Throws.TypeOf<ChannelClosedException>());
    }

    [TestCase(false)]
    [TestCase(true)]
    public void AClosedWriter_AndAnEmptySource_FailTheTask(bool leaveOpen)
    {
        var channel = Channel.CreateBounded<int>(1);
        channel.Writer.Complete();

        Assert.That(() => Numbers(0).CopyToAsync(channel.Writer, leaveOpen), Throws.TypeOf<ChannelClosedException>());
    }

    [Test]
    public void AnEndedCopying_LooksNoMore()
    {
        var time = new HistoricalScheduler();
        var looks = 0;
        var writer = new WatchedWriter(() => looks++);

        Assert.That(Numbers(3).CopyToAsync(writer, scheduler: time).IsCompletedSuccessfully, Is.True);
        time.AdvanceBy(TimeSpan.FromSeconds(10));

        Assert.That(looks, Is.Zero);
    }

    // Left open

    [Test]
    public async Task TwoStreams_FeedOneChannel()
    {
        var channel = Channel.CreateBounded<int>(2);
        var both = Task.WhenAll(
            Numbers(20).CopyToAsync(channel.Writer, leaveOpen: true), new ReadySource<int>(n => 100 + n, 30).CopyToAsync(channel.Writer, leaveOpen: true));
        _ = both.ContinueWith(_ => channel.Writer.Complete(), TaskScheduler.Default);

        var items = await channel.Reader.ReadAllAsync().Drain();

        await both;
        Assert.That(items.Where(n => n < 100), Is.EqualTo(Enumerable.Range(0, 20)));
        Assert.That(items.Where(n => n >= 100), Is.EqualTo(Enumerable.Range(100, 30)));
    }

    [Test]
    public void LeftOpen_AFailureAndACancellation_FailTheTaskAlone()
    {
        var channel = Channel.CreateBounded<int>(9);
        using var cancellation = new CancellationTokenSource();
        var endless = new ReadySource<int>(n => n).CopyToAsync(channel.Writer, leaveOpen: true, cancellation.Token);

        Assert.That(() => new ReadySource<int>(n => n, 0) { FailsAtTheEnd = new IOException() }.CopyToAsync(channel.Writer, leaveOpen: true), Throws.TypeOf<IOException>());
        cancellation.Cancel();
        Assert.That(() => endless, Throws.InstanceOf<OperationCanceledException>());

        Assert.That(channel.Writer.TryComplete(), Is.True, "nobody has");
    }

    [Test]
    public void LeftOpen_AFullChannel_IsOpen()
    {
        var channel = Channel.CreateBounded<int>(3);

        Assert.That(Numbers(3).CopyToAsync(channel.Writer, leaveOpen: true).IsCompletedSuccessfully, Is.True);
    }

    private static ReadySource<int> Numbers(int count) => new(n => n, count);

    private sealed class WatchedWriter(Action onLook) : ChannelWriter<int>
    {
        public override bool TryWrite(int item) => true;

        public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default)
        {
            onLook();
            return new(true);
        }

        public override bool TryComplete(Exception? error = null) => true;
    }

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
