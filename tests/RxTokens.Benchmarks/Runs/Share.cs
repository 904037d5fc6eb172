using System.Reactive.Linq;
using System.Threading.Channels;

namespace RxTokens.Benchmarks;

internal static partial class Runs
{
    // One source, many consumers. What is counted is what consumers receive: each item as often as there are consumers.

    /// <summary>Each holds the source back when 16 items wait for it.</summary>
    public static Task<long> Share(int received, int consumers)
    {
        var shared = Sources.HandWritten(received / consumers).Share();
        return SumsAsync([.. Enumerable.Range(0, consumers).Select(_ => shared.Join(16).GetAsyncEnumerator())]);
    }

    /// <summary>A bounded channel for each, and a loop that writes to all.</summary>
    public static async Task<long> ChannelEach(int received, int consumers)
    {
        var channels = Enumerable.Range(0, consumers)
            .Select(_ => Channel.CreateBounded<int>(new BoundedChannelOptions(16) { SingleReader = true, SingleWriter = true })).ToArray();
        var sums = SumsAsync([.. channels.Select(channel => channel.Reader.ReadAllAsync().GetAsyncEnumerator())]);
        await foreach (var n in Sources.HandWritten(received / consumers).ConfigureAwait(false))
        {
            foreach (var channel in channels)
                await channel.Writer.WriteAsync(n).ConfigureAwait(false);
        }

        foreach (var channel in channels)
            channel.Writer.Complete();
        return await sums.ConfigureAwait(false);
    }

    /// <summary>Rx: pushed, and nobody is waited for.</summary>
    public static async Task<long> Publish(int received, int consumers)
    {
        var published = Sources.HandWritten(received / consumers).ToObservable().Publish();
        var sums = Enumerable.Range(0, consumers).Select(_ => Summing(published)).ToArray();
        using var connection = published.Connect();
        return (await Task.WhenAll(sums).ConfigureAwait(false)).Sum();
    }

    private static async Task<long> SumsAsync(IAsyncEnumerator<int>[] consumers) =>
        (await Task.WhenAll(consumers.Select(SumAsync)).ConfigureAwait(false)).Sum();

    private static async Task<long> SumAsync(IAsyncEnumerator<int> consumer)
    {
        var sum = 0L;
        await using (consumer.ConfigureAwait(false))
        {
            while (await consumer.MoveNextAsync().ConfigureAwait(false))
                sum += consumer.Current;
        }

        return sum;
    }
}
