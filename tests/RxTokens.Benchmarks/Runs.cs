extern alias SystemLinqAsync;

using System.Reactive.Linq;
using System.Text;
using System.Threading.Channels;
using Theirs = SystemLinqAsync::System.Linq.AsyncEnumerable;

namespace RxTokens.Benchmarks;

/// <summary>What is measured: each run reads so many items to the end, and returns a sum that its rivals must return too.</summary>
internal static class Runs
{
    // Pull to push.

    public static Task<long> AsObservable(IAsyncEnumerable<int> source) => Summing(source.AsObservable());

    public static Task<long> TheirToObservable(IAsyncEnumerable<int> source) => Summing(Theirs.ToObservable(source));

    public static Task<long> OnDemandUnbounded(IAsyncEnumerable<int> source) => Summing(source.OnDemand(Demand.Unbounded));

    /// <summary>Asks for <paramref name="batch"/> items, and for as many again whenever they have come.</summary>
    public static Task<long> OnDemand(IAsyncEnumerable<int> source, int batch)
    {
        var demand = new Demand();
        var sum = new Sum(demand, batch);
        source.OnDemand(demand).Subscribe(sum);
        demand.Request(batch);
        return sum.Result;
    }

    // Pull to pull.

    public static Task<long> ThroughWhere(IAsyncEnumerable<int> source) =>
        SumAsync(source.Through(o => o.Where(n => n % 2 == 0)));

    public static Task<long> ThereAndBackWhere(IAsyncEnumerable<int> source) =>
        SumAsync(Theirs.ToAsyncEnumerable(Theirs.ToObservable(source).Where(n => n % 2 == 0)));

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

    public static Task<long> ThroughBuffer(IAsyncEnumerable<int> source) =>
        SumListsAsync(source.Through(o => o.Select(n => n + 1L).Buffer(10)));

    public static Task<long> ThereAndBackBuffer(IAsyncEnumerable<int> source) =>
        SumListsAsync(Theirs.ToAsyncEnumerable(Theirs.ToObservable(source).Select(n => n + 1L).Buffer(10)));

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

    // Boundaries.

    /// <summary>The source runs on another thread; a buffer of 128 lies between.</summary>
    public static Task<long> Buffered(int count) => SumAsync(OnAnotherThread(count).Buffered(128));

    /// <summary>The same with what one would write by hand: a task that copies into a bounded channel.</summary>
    public static async Task<long> BoundedChannel(int count)
    {
        var channel = Channel.CreateBounded<int>(new BoundedChannelOptions(128) { SingleReader = true, SingleWriter = true });
        var copying = Task.Run(async () =>
        {
            await foreach (var n in OnAnotherThread(count).ConfigureAwait(false))
                await channel.Writer.WriteAsync(n).ConfigureAwait(false);
            channel.Writer.Complete();
        });

        var sum = await SumAsync(channel.Reader.ReadAllAsync()).ConfigureAwait(false);
        await copying.ConfigureAwait(false);
        return sum;
    }

    /// <summary>The reading side hops to the pool once for every 128 items, as a network read does.</summary>
    private static async IAsyncEnumerable<int> OnAnotherThread(int count)
    {
        for (var n = 0; n < count; n++)
        {
            if (n % 128 == 0)
                await Task.Yield();
            yield return n;
        }
    }

    public static async Task<long> ConflateText(int count)
    {
        var length = 0L;
        await foreach (var text in Sources.Words(count).Conflate(maxChars: 4096).ConfigureAwait(false))
            length += text.Length;
        return length;
    }

    /// <summary>The same by hand: join until there are 4096 characters.</summary>
    public static async Task<long> LoopText(int count)
    {
        var length = 0L;
        var joined = new StringBuilder();
        await foreach (var word in Sources.Words(count).ConfigureAwait(false))
        {
            joined.Append(word);
            if (joined.Length < 4096)
                continue;
            length += joined.ToString().Length;
            joined.Clear();
        }

        return length + joined.ToString().Length;
    }

    private static Task<long> Summing(IObservable<int> source)
    {
        var sum = new Sum(demand: null, batch: 0);
        source.Subscribe(sum);
        return sum.Result;
    }

    private static async Task<long> SumAsync(IAsyncEnumerable<int> source)
    {
        var sum = 0L;
        await foreach (var n in source.ConfigureAwait(false))
            sum += n;
        return sum;
    }

    private static async Task<long> SumListsAsync(IAsyncEnumerable<IList<long>> source)
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

    /// <summary>Adds up what arrives, and asks for more from inside OnNext.</summary>
    private sealed class Sum(Demand? demand, int batch) : IObserver<int>
    {
        private readonly TaskCompletionSource<long> _result = new();
        private long _sum;
        private int _taken;

        public Task<long> Result => _result.Task;

        public void OnNext(int value)
        {
            _sum += value;
            if (demand is null || ++_taken < batch)
                return;

            _taken = 0;
            demand.Request(batch);
        }

        public void OnError(Exception error) => _result.TrySetException(error);

        public void OnCompleted() => _result.TrySetResult(_sum);
    }
}
