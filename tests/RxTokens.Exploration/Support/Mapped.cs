using System.Threading.Tasks.Sources;

namespace RxTokens.Exploration;

/// <summary>
/// A projection that adds nothing of its own: DisposeAsync may come during a read, as it may to an operator of the library, and who waits
/// for a read goes on where that is completed.
/// </summary>
internal sealed class Mapped<T, R>(IAsyncEnumerable<T> source, Func<T, R> map) : IAsyncEnumerable<R>
{
    public IAsyncEnumerator<R> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new Enumerator(source.GetAsyncEnumerator(cancellationToken), map);

    private sealed class Enumerator(IAsyncEnumerator<T> source, Func<T, R> map) : IAsyncEnumerator<R>, IValueTaskSource<bool>
    {
        private ManualResetValueTaskSourceCore<bool> _promise;

        public R Current => map(source.Current);

        public ValueTask<bool> MoveNextAsync()
        {
            var read = source.MoveNextAsync();
            if (read.IsCompleted)
                return read;

            _promise.Reset();
            var awaiter = read.GetAwaiter();
            awaiter.OnCompleted(() =>
            {
                bool hasItem;
                try
                {
                    hasItem = awaiter.GetResult();
                }
                catch (Exception failure)
                {
                    _promise.SetException(failure);
                    return;
                }

                _promise.SetResult(hasItem);
            });
            return new ValueTask<bool>(this, _promise.Version);
        }

        public ValueTask DisposeAsync() => source.DisposeAsync();

        bool IValueTaskSource<bool>.GetResult(short token) => _promise.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _promise.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _promise.OnCompleted(continuation, state, token, flags);
    }
}
