namespace RxTokens.Benchmarks;

/// <summary>What is measured: each run reads so many items to the end, and returns a number that its rivals must return too.</summary>
internal static partial class Runs
{
    public static Task<long> AsObservable(IAsyncEnumerable<int> source) => Summing(source.AsObservable());

    public static Task<long> TheirToObservable(IAsyncEnumerable<int> source) => Summing(source.ToObservable());

    public static Task<long> SignalFromAsyncEnumerable(IAsyncEnumerable<int> source) =>
        Summing(ReactiveUI.Primitives.Signals.Signal.FromAsyncEnumerable(source));

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

    private static Task<long> Summing(IObservable<int> source)
    {
        var sum = new Sum(demand: null, batch: 0);
        source.Subscribe(sum);
        return sum.Result;
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
