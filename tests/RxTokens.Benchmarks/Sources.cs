using System.Diagnostics;
using System.Reactive.Disposables;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace RxTokens.Benchmarks;

/// <summary>The sources that everything here reads.</summary>
internal static class Sources
{
    /// <summary>After how many items a source that hops goes to the pool, as a network read does.</summary>
    public const int Hop = 128;

    /// <summary>Written by hand; every item is ready; allocates nothing per item.</summary>
    public static IAsyncEnumerable<int> HandWritten(int count) => new Counter(count);

    /// <summary>Made by the compiler; every item is ready.</summary>
    public static async IAsyncEnumerable<int> Iterator(int count)
    {
        await Task.CompletedTask;
        for (var n = 0; n < count; n++)
            yield return n;
    }

    /// <summary>Hops to the pool once for every 128 items; written by hand, so that it costs next to nothing itself.</summary>
    public static IAsyncEnumerable<int> OnAnotherThread(int count) => new Hopper(count);

    /// <summary>Pushes all its items from a pool thread, as fast as they are taken.</summary>
    public static IObservable<int> PushedOnThePool(int count) => new PoolLoop(count);

    /// <summary>Text of about four characters, as tokens are; every string exists beforehand.</summary>
    public static IAsyncEnumerable<string> Words(int count) => new TextCounter(count);

    private sealed class PoolLoop(int count) : IObservable<int>
    {
        public IDisposable Subscribe(IObserver<int> observer)
        {
            Task.Run(() =>
            {
                for (var n = 0; n < count; n++)
                    observer.OnNext(n);
                observer.OnCompleted();
            });
            return Disposable.Empty;
        }
    }

    private sealed class Hopper(int count) : IAsyncEnumerable<int>, IAsyncEnumerator<int>, IValueTaskSource<bool>, IThreadPoolWorkItem
    {
        private ManualResetValueTaskSourceCore<bool> _hop;

        public int Current { get; private set; } = -1;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync()
        {
            if (++Current % Hop != 0)
                return new(Current < count);

            _hop.Reset();
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return new(this, _hop.Version);
        }

        public ValueTask DisposeAsync() => default;

        void IThreadPoolWorkItem.Execute() => _hop.SetResult(Current < count);

        bool IValueTaskSource<bool>.GetResult(short token) => _hop.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _hop.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _hop.OnCompleted(continuation, state, token, flags);
    }

    private sealed class Counter(int count) : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        public int Current { get; private set; } = -1;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => new(++Current < count);

        public ValueTask DisposeAsync() => default;
    }

    private sealed class TextCounter(int count) : IAsyncEnumerable<string>, IAsyncEnumerator<string>
    {
        private int _read;

        public string Current { get; private set; } = "";

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync()
        {
            if (_read == count)
                return new(false);
            Current = Vocabulary.Word(_read++);
            return new(true);
        }

        public ValueTask DisposeAsync() => default;
    }
}

/// <summary>The strings of all text sources: they exist beforehand, so that none of them counts as memory.</summary>
internal static class Vocabulary
{
    private static readonly string[] Words = ["the", " model", " said", " it", " once", ",", " then", " again", "."];

    public static string Word(int index) => Words[index % Words.Length];
}

/// <summary>Text that hops to the pool once for every 128 words, and that knows how long it took to read all of it.</summary>
internal sealed class HoppingWords(int count) : IAsyncEnumerable<string>, IAsyncEnumerator<string>
{
    private int _read;
    private long _start;

    public string Current { get; private set; } = "";

    /// <summary>From the first read to the one that found nothing more.</summary>
    public TimeSpan Duration { get; private set; }

    public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        _start = Stopwatch.GetTimestamp();
        return this;
    }

    public ValueTask<bool> MoveNextAsync() => _read % Sources.Hop == 0 ? HopAsync() : new(Read());

    public ValueTask DisposeAsync() => default;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> HopAsync()
    {
        await Task.Yield();
        return Read();
    }

    private bool Read()
    {
        if (_read == count)
        {
            Duration = Stopwatch.GetElapsedTime(_start);
            return false;
        }

        Current = Vocabulary.Word(_read++);
        return true;
    }
}
