using System.Reactive.Concurrency;
using System.Reactive.Linq;

namespace RxTokens.Benchmarks;

internal static partial class Runs
{
    /// <summary>Two limits that never pass: over a source that is ready no timer is made.</summary>
    public static Task<long> Timeout(IAsyncEnumerable<int> source) => SumAsync<Ours>(source.Timeout(Forever, Forever, Scheduler.Default));

    /// <summary>The same stage without anything to do.</summary>
    public static Task<long> NoLimit(IAsyncEnumerable<int> source) => SumAsync<Ours>(source.TakeUntil(CancellationToken.None));

    public static Task<long> InteractiveTimeout(IAsyncEnumerable<int> source) => SumAsync<SystemInteractive>(source.Timeout(Forever));

    public static async Task<long> Loop(IAsyncEnumerable<int> source)
    {
        var sum = 0L;
        await foreach (var n in source.ConfigureAwait(false))
            sum += n;
        return sum;
    }
}
