using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace RxTokens.Benchmarks;

internal static partial class Runs
{
    // Where: every second item.

    public static Task<long> ThroughWhere(IAsyncEnumerable<int> source) =>
        SumAsync<Ours>(source.Through(o => o.Where(n => n % 2 == 0)));

    public static Task<long> ThereAndBackWhere(IAsyncEnumerable<int> source) =>
        SumAsync<SystemLinq>(source.ToObservable().Where(n => n % 2 == 0).ToAsyncEnumerable());

    /// <summary>The framework's own operator: pull all the way, no Rx.</summary>
    public static Task<long> FrameworkWhere(IAsyncEnumerable<int> source) =>
        SumAsync<Framework>(source.Where(n => n % 2 == 0));

    public static async Task<long> LoopWhere(IAsyncEnumerable<int> source)
    {
        var sum = 0L;
        await foreach (var n in source.ConfigureAwait(false))
        {
            if (n % 2 == 0)
                sum += n;
        }

        return sum;
    }

    /// <summary>What Rx itself costs: pushed by a loop, without bound, and with no way back to pull.</summary>
    public static async Task<long> RxAloneWhere(IAsyncEnumerable<int> source)
    {
        using var subject = new Subject<int>();
        var result = Summing(subject.Where(n => n % 2 == 0));
        await PushAsync(source, subject).ConfigureAwait(false);
        return await result.ConfigureAwait(false);
    }

    // Select and Buffer: a list for every ten items.

    public static Task<long> ThroughBuffer(IAsyncEnumerable<int> source) =>
        SumListsAsync<Ours>(source.Through(o => o.Select(n => n + 1L).Buffer(10)));

    public static Task<long> ThereAndBackBuffer(IAsyncEnumerable<int> source) =>
        SumListsAsync<SystemLinq>(source.ToObservable().Select(n => n + 1L).Buffer(10).ToAsyncEnumerable());

    /// <summary>The framework's Select, and Buffer from System.Interactive.Async: pull all the way, no Rx.</summary>
    public static Task<long> InteractiveBuffer(IAsyncEnumerable<int> source) =>
        SumListsAsync<Framework>(source.Select(n => n + 1L).Buffer(10));

    public static async Task<long> LoopBuffer(IAsyncEnumerable<int> source)
    {
        var sum = 0L;
        var list = new List<long>(10);
        await foreach (var n in source.ConfigureAwait(false))
        {
            list.Add(n + 1L);
            if (list.Count < 10)
                continue;

            sum += SumOf(list);
            list = new List<long>(10);
        }

        return sum + SumOf(list);
    }

    /// <summary>As <see cref="RxAloneWhere"/>; the lists that it allocates are Rx's.</summary>
    public static async Task<long> RxAloneBuffer(IAsyncEnumerable<int> source)
    {
        var sum = 0L;
        using var subject = new Subject<int>();
        using var subscription = subject.Select(n => n + 1L).Buffer(10).Subscribe(list => sum += SumOf(list));
        await PushAsync(source, subject).ConfigureAwait(false);
        return sum;
    }

    private static async Task PushAsync(IAsyncEnumerable<int> source, IObserver<int> observer)
    {
        await foreach (var n in source.ConfigureAwait(false))
            observer.OnNext(n);
        observer.OnCompleted();
    }

    // Each user has a copy of the loop, as every program has its own: the runtime fits it to the stream that it meets there.

    private static async Task<long> SumAsync<TUser>(IAsyncEnumerable<int> source)
        where TUser : struct
    {
        var sum = 0L;
        await foreach (var n in source.ConfigureAwait(false))
            sum += n;
        return sum;
    }

    private static async Task<long> SumListsAsync<TUser>(IAsyncEnumerable<IList<long>> source)
        where TUser : struct
    {
        var sum = 0L;
        await foreach (var list in source.ConfigureAwait(false))
            sum += SumOf(list);
        return sum;
    }

    private static long SumOf(IList<long> list)
    {
        var sum = 0L;
        for (var i = 0; i < list.Count; i++)
            sum += list[i];
        return sum;
    }

    private struct Ours;

    private struct SystemLinq;

    private struct SystemInteractive;

    private struct Framework;
}
