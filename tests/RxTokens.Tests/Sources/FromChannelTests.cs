using System.Threading.Channels;
using NUnit.Framework;

namespace RxTokens.Tests;

public class FromChannelTests
{
    // Arguments

    [Test]
    public void FromChannel_OfNull_Throws() =>
        Assert.That(() => TokenStream.FromChannel<int>(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("reader"));

    // Behaviour

    [MarbleOf("FromChannel")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var channel = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { AllowSynchronousContinuations = true });
        m.Hot(rows["source"]).Subscribe(item => channel.Writer.TryWrite(item), () => channel.Writer.Complete());
        m.Expect(TokenStream.FromChannel(channel.Reader)).ToBe(rows["result"]);
    });

    [Test]
    public async Task MoveNextAsync_UntilTheWriterCompletes_GivesWhatWasWritten()
    {
        Assert.That(await TokenStream.FromChannel(Written(1, 2, 3)).Drain(), Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public async Task MoveNextAsync_OnAnEmptyChannel_WaitsForTheWriter()
    {
        var channel = Channel.CreateBounded<int>(1);
        await using var enumerator = TokenStream.FromChannel(channel.Reader).GetAsyncEnumerator();

        var pending = enumerator.MoveNextAsync().AsTask();
        Assert.That(pending.IsCompleted, Is.False);
        await channel.Writer.WriteAsync(7);

        Assert.That(await pending, Is.True);
        Assert.That(enumerator.Current, Is.EqualTo(7));
    }

    [Test]
    public async Task TwoEnumerations_ShareTheItems()
    {
        var stream = TokenStream.FromChannel(Written(1, 2, 3));
        await using var first = stream.GetAsyncEnumerator();
        await using var second = stream.GetAsyncEnumerator();

        await first.MoveNextAsync();
        await second.MoveNextAsync();

        Assert.That((first.Current, second.Current), Is.EqualTo((1, 2)));
    }

    // Errors

    [Test]
    public async Task TheWritersFailure_Arrives_AfterTheItemsBefore()
    {
        var channel = Channel.CreateBounded<int>(2);
        channel.Writer.TryWrite(1);
        channel.Writer.Complete(new IOException("cut off"));
        await using var enumerator = TokenStream.FromChannel(channel.Reader).GetAsyncEnumerator();

        Assert.That(await enumerator.MoveNextAsync(), Is.True);
        Assert.That(async () => await enumerator.MoveNextAsync(), Throws.TypeOf<IOException>());
    }

    // Disposal

    [Test]
    public async Task Cancel_DuringAPendingRead_EndsIt()
    {
        using var cancellation = new CancellationTokenSource();
        var channel = Channel.CreateBounded<int>(1);
        await using var enumerator = TokenStream.FromChannel(channel.Reader).GetAsyncEnumerator(cancellation.Token);
        var pending = enumerator.MoveNextAsync().AsTask();

        await cancellation.CancelAsync();

        Assert.That(() => pending, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(channel.Writer.TryWrite(1), Is.True, "the channel is left as it is");
    }

    [Test]
    public async Task DisposeAsync_InTheMiddle_LeavesTheRestInTheChannel()
    {
        var reader = Written(1, 2, 3);
        await using (var enumerator = TokenStream.FromChannel(reader).GetAsyncEnumerator())
            await enumerator.MoveNextAsync();

        Assert.That(await TokenStream.FromChannel(reader).Drain(), Is.EqualTo(new[] { 2, 3 }));
    }

    [Test]
    public async Task Cancel_WhileItemsAreReady_TakesNoMoreOfThem()
    {
        using var cancellation = new CancellationTokenSource();
        var reader = Written([.. Enumerable.Range(0, 1000)]);
        await using var enumerator = TokenStream.FromChannel(reader).GetAsyncEnumerator(cancellation.Token);
        for (var i = 0; i < 3; i++)
            Assert.That(await enumerator.MoveNextAsync(), Is.True);

        await cancellation.CancelAsync();

        var request = enumerator.MoveNextAsync().AsTask();
        Assert.That(() => request, Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(cancellation.Token));
        Assert.That((request.IsCanceled, reader.Count), Is.EqualTo((true, 997)));
        Assert.That(await enumerator.MoveNextAsync(), Is.False);
    }

    [Test]
    public void Cancel_BeforeTheStart_TakesNothing()
    {
        var reader = Written(1, 2, 3);

        Assert.That(() => TokenStream.FromChannel(reader).Drain(new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());

        Assert.That(reader.Count, Is.EqualTo(3));
    }

    [Test]
    public async Task Cancel_OfAChannelThatIsComplete_DoesNotLookComplete()
    {
        using var cancellation = new CancellationTokenSource();
        await using var enumerator = TokenStream.FromChannel(Written(1)).GetAsyncEnumerator(cancellation.Token);
        await enumerator.MoveNextAsync();

        await cancellation.CancelAsync();

        Assert.That(async () => await enumerator.MoveNextAsync(), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task DisposeAsync_DuringAPendingRead_EndsIt()
    {
        var channel = Channel.CreateBounded<int>(new BoundedChannelOptions(1) { AllowSynchronousContinuations = true });
        var enumerator = TokenStream.FromChannel(channel.Reader).GetAsyncEnumerator();
        var pending = enumerator.MoveNextAsync().AsTask();

        await enumerator.DisposeAsync();

        Assert.That(pending.IsCompletedSuccessfully, Is.True);
        Assert.That(await pending, Is.False);
        Assert.That(channel.Writer.TryWrite(1), Is.True);
        Assert.That((await enumerator.MoveNextAsync(), channel.Reader.Count), Is.EqualTo((false, 1)));
    }

    [Test]
    public async Task AnItem_ThatAnotherReaderTakesFirst_IsWaitedForAgain()
    {
        var channel = Channel.CreateBounded<int>(new BoundedChannelOptions(2) { AllowSynchronousContinuations = true });
        var stream = TokenStream.FromChannel(channel.Reader);
        await using var first = stream.GetAsyncEnumerator();
        await using var second = stream.GetAsyncEnumerator();
        var both = new[] { first.MoveNextAsync().AsTask(), second.MoveNextAsync().AsTask() };

        channel.Writer.TryWrite(1);
        Assert.That(both.Count(request => request.IsCompleted), Is.EqualTo(1));
        channel.Writer.TryWrite(2);

        Assert.That(await Task.WhenAll(both), Is.EqualTo(new[] { true, true }));
        Assert.That(new[] { first.Current, second.Current }, Is.EquivalentTo(new[] { 1, 2 }));
    }

    // Calls

    [Test]
    public async Task EachRequest_TakesOneItem_AndNoneAhead()
    {
        var reader = Written(1, 2, 3);
        await using var enumerator = TokenStream.FromChannel(reader).GetAsyncEnumerator();
        Assert.That(reader.Count, Is.EqualTo(3));

        await enumerator.MoveNextAsync();

        Assert.That(reader.Count, Is.EqualTo(2));
    }

    private static ChannelReader<int> Written(params int[] items)
    {
        var channel = Channel.CreateBounded<int>(items.Length);
        foreach (var item in items)
            channel.Writer.TryWrite(item);
        channel.Writer.Complete();
        return channel.Reader;
    }
}
