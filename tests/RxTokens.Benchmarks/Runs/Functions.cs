using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Dataflow;

namespace RxTokens.Benchmarks;

internal static partial class Runs
{
    private const int Functions = 4;
    private static readonly TimeSpan Forever = TimeSpan.FromHours(1);

    /// <summary>Four functions at a time, each of which hops to the pool; results in order.</summary>
    public static Task<long> SelectAwait(int count) =>
        SumAsync<Ours>(Sources.HandWritten(count).SelectAwait(static (n, _) => HopAsync(n), Functions));

    /// <summary>The same with TPL Dataflow.</summary>
    public static async Task<long> TransformBlock(int count)
    {
        var block = new TransformBlock<int, int>(
            static n => HopAsync(n).AsTask(), new ExecutionDataflowBlockOptions { MaxDegreeOfParallelism = Functions, BoundedCapacity = Functions });
        var copying = Task.Run(async () =>
        {
            await foreach (var n in Sources.HandWritten(count).ConfigureAwait(false))
                await block.SendAsync(n).ConfigureAwait(false);
            block.Complete();
        });

        var sum = await SumAsync<Dataflow>(block.ReceiveAllAsync()).ConfigureAwait(false);
        await copying.ConfigureAwait(false);
        return sum;
    }

    /// <summary>One function after the other.</summary>
    public static async Task<long> LoopAwait(int count)
    {
        var sum = 0L;
        await foreach (var n in Sources.HandWritten(count).ConfigureAwait(false))
            sum += await HopAsync(n).ConfigureAwait(false);
        return sum;
    }

    /// <summary>A timer that each item sets anew and that never rings; what is left at the end is the last item.</summary>
    public static Task<long> ThroughThrottle(IAsyncEnumerable<int> source) => SumAsync<Ours>(source.Through(o => o.Throttle(Forever)));

    public static Task<long> ThereAndBackThrottle(IAsyncEnumerable<int> source) =>
        SumAsync<SystemLinq>(source.ToObservable().Throttle(Forever).ToAsyncEnumerable());

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> HopAsync(int n)
    {
        await Task.Yield();
        return n + 1;
    }
}
