using System.Threading.Channels;
using System.Threading.Tasks.Dataflow;

namespace RxTokens.Benchmarks;

internal static partial class Runs
{
    private const int Capacity = 128;

    /// <summary>The source hops to the pool for every 128 items; a buffer of 128 lies between.</summary>
    public static Task<long> Buffered(int count) => SumAsync<Ours>(Sources.OnAnotherThread(count).Buffered(Capacity));

    /// <summary>The same with what one would write by hand: a task that copies into a bounded channel.</summary>
    public static async Task<long> BoundedChannel(int count)
    {
        var channel = Channel.CreateBounded<int>(new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });
        var copying = Task.Run(async () =>
        {
            await foreach (var n in Sources.OnAnotherThread(count).ConfigureAwait(false))
                await channel.Writer.WriteAsync(n).ConfigureAwait(false);
            channel.Writer.Complete();
        });

        var sum = await SumAsync<Channels>(channel.Reader.ReadAllAsync()).ConfigureAwait(false);
        await copying.ConfigureAwait(false);
        return sum;
    }

    /// <summary>The same with TPL Dataflow.</summary>
    public static async Task<long> BufferBlock(int count)
    {
        var block = new BufferBlock<int>(new DataflowBlockOptions { BoundedCapacity = Capacity });
        var copying = Task.Run(async () =>
        {
            await foreach (var n in Sources.OnAnotherThread(count).ConfigureAwait(false))
                await block.SendAsync(n).ConfigureAwait(false);
            block.Complete();
        });

        var sum = await SumAsync<Dataflow>(block.ReceiveAllAsync()).ConfigureAwait(false);
        await copying.ConfigureAwait(false);
        return sum;
    }

    /// <summary>What the source itself costs.</summary>
    public static Task<long> Unbuffered(int count) => SumAsync<Bare>(Sources.OnAnotherThread(count));

    // Dropping is for sources that cannot wait, so both are fed by the same push source, a loop on a pool thread, and both have
    // the same consumer, which needs longer for an item than the loop. Every item is either received or dropped; the result says so.

    public static async Task<long> BufferedDropOldest(int count)
    {
        var dropped = 0L;
        var items = Sources.PushedOnThePool(count).Buffered(Capacity, Overflow.DropOldest, onDropped: _ => dropped++);
        return Accounted(count, await ReceiveSlowlyAsync<Ours>(items).ConfigureAwait(false), dropped);
    }

    public static async Task<long> ChannelDropOldest(int count)
    {
        var dropped = 0L;
        var options = new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true, FullMode = BoundedChannelFullMode.DropOldest };
        var channel = Channel.CreateBounded<int>(options, itemDropped: _ => dropped++);
        using var subscription = Sources.PushedOnThePool(count).Subscribe(new Writing(channel.Writer));
        return Accounted(count, await ReceiveSlowlyAsync<Channels>(channel.Reader.ReadAllAsync()).ConfigureAwait(false), dropped);
    }

    private sealed class Writing(ChannelWriter<int> writer) : IObserver<int>
    {
        public void OnNext(int value) => writer.TryWrite(value);

        public void OnError(Exception error) => writer.Complete(error);

        public void OnCompleted() => writer.Complete();
    }

    /// <summary>
    /// After a wait it goes to a thread of its own, as a screen does. Without that we would resume it inside the source's OnNext,
    /// where it would hold the source up, and nothing would ever be dropped.
    /// </summary>
    private static async Task<long> ReceiveSlowlyAsync<TUser>(IAsyncEnumerable<int> source)
        where TUser : struct
    {
        var received = 0L;
        await using var items = source.ConfigureAwait(false).GetAsyncEnumerator();
        while (true)
        {
            var next = items.MoveNextAsync();
            var waits = !next.GetAwaiter().IsCompleted;
            if (!await next)
                return received;
            if (waits)
                await Task.Yield();

            received++;
            Thread.SpinWait(20);
        }
    }

    private static long Accounted(int count, long received, long dropped) =>
        dropped > 0 || count < 10_000 ? received + dropped : throw new InvalidOperationException($"None of {count} items was dropped.");

    private struct Bare;

    private struct Channels;

    private struct Dataflow;
}
