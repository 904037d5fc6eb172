using R3;
using Bridge = R3.Observable; // its ToObservable would be ambiguous with System.Linq.Async's

namespace RxTokens.Benchmarks;

internal static partial class Runs
{
    public static Task<long> R3ToObservable(IAsyncEnumerable<int> source)
    {
        var sum = new R3Sum();
        Bridge.ToObservable(source).Subscribe(sum);
        return sum.Result;
    }

    public static Task<long> R3Where(IAsyncEnumerable<int> source) =>
        SumAsync<R3Library>(Bridge.ToObservable(source).Where(n => n % 2 == 0).ToAsyncEnumerable());

    public static async Task<long> R3Chunk(IAsyncEnumerable<int> source)
    {
        var sum = 0L;
        await foreach (var chunk in Bridge.ToObservable(source).Select(n => n + 1L).Chunk(10).ToAsyncEnumerable().ConfigureAwait(false))
            sum += SumOf(chunk);
        return sum;
    }

    public static Task<long> R3Debounce(IAsyncEnumerable<int> source) =>
        SumAsync<R3Library>(Bridge.ToObservable(source).Debounce(Forever).ToAsyncEnumerable());

    private sealed class R3Sum : Observer<int>
    {
        private readonly TaskCompletionSource<long> _result = new();
        private long _sum;

        public Task<long> Result => _result.Task;

        protected override void OnNextCore(int value) => _sum += value;

        protected override void OnErrorResumeCore(Exception error) => _result.TrySetException(error);

        protected override void OnCompletedCore(Result result)
        {
            if (result.IsSuccess)
                _result.TrySetResult(_sum);
            else
                _result.TrySetException(result.Exception);
        }
    }

    private struct R3Library;
}
