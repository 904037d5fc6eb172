using System.Threading.Tasks.Sources;

namespace RxTokens.Stress;

/// <summary>How a source completes its reads.</summary>
public enum Pace
{
    /// <summary>When <see cref="RacingSource{T}.Arrive"/> is called, on its thread.</summary>
    OnArrival,

    /// <summary>Each at once or from the pool, at once or after a spin, as chance has it.</summary>
    AtRandom,
}

/// <summary>
/// A pull source of numbered items whose reads are completed from other threads, and which reports every use that no
/// reader may make of an enumerator. Enumerated again, it goes on with the next number.
/// </summary>
public sealed class RacingSource<T>(Referee referee, Random random, int count, Func<int, T> item) : IAsyncEnumerable<T>
{
    private readonly Lock _gate = new();
    private readonly int _seed = random.Next();
    private Enumerator? _enumerator;
    private int _arrived;
    private int _next;
    private int _reads;
    private int _enumerations;
    private int _disposals;

    public Pace Pace { get; init; }

    /// <summary>What the source fails with instead of ending.</summary>
    public Exception? Failure { get; init; }

    /// <summary>Each enumeration fails with <see cref="Failure"/> after so many items.</summary>
    public int FailsEvery { get; init; } = int.MaxValue;

    /// <summary>How many reads there may be by now.</summary>
    public Func<long> MayHaveRead { get; init; } = static () => long.MaxValue;

    public int Reads => Volatile.Read(ref _reads);

    /// <summary>How many items were read.</summary>
    public int ItemsRead => Volatile.Read(ref _next);

    public int Enumerations => Volatile.Read(ref _enumerations);

    public int Disposals => Volatile.Read(ref _disposals);

    /// <summary>Whether every enumeration that began has been disposed.</summary>
    public bool IsSettled => Enumerations == Disposals;

    /// <summary>Makes the next item, or the end, available.</summary>
    public void Arrive()
    {
        Enumerator? reading;
        lock (_gate)
        {
            reading = _enumerator is { IsReading: true, IsGranted: false } ? _enumerator : null;
            if (reading is null)
                _arrived++;
            else
                reading.IsGranted = true;
        }

        reading?.Complete();
    }

    /// <summary>Makes this many available, one after the other.</summary>
    public void Arrive(int times)
    {
        for (var i = 0; i < times; i++)
            Arrive();
    }

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        referee.Require(IsSettled, "a second enumeration before the first was disposed");
        Interlocked.Increment(ref _enumerations);
        return _enumerator = new Enumerator(this, cancellationToken);
    }

    public override string ToString() =>
        $"source: {ItemsRead} of {count} items, {Reads} reads, {Enumerations} enumerations, {Disposals} disposals, reading: {_enumerator?.IsReading}";

    private sealed class Enumerator : IAsyncEnumerator<T>, IValueTaskSource<bool>, IThreadPoolWorkItem
    {
        private readonly RacingSource<T> _source;
        private readonly Random _random;
        private readonly CancellationToken _cancellationToken;
        private readonly CancellationTokenRegistration _registration;
        private ManualResetValueTaskSourceCore<bool> _promise;
        private int _spin;
        private int _items;
        private bool _isDisposed;
        private bool _hasEnded;

        public Enumerator(RacingSource<T> source, CancellationToken cancellationToken)
        {
            _source = source;
            _random = new Random(source._seed + source._enumerations);
            _cancellationToken = cancellationToken;
            if (source.Pace == Pace.OnArrival)
                _registration = cancellationToken.UnsafeRegister(static e => ((Enumerator)e!).OnCancelled(), this);
        }

        public bool IsReading { get; private set; }

        /// <summary>Whether somebody is about to complete the read.</summary>
        public bool IsGranted { get; set; }

        public T Current { get; private set; } = default!;

        public ValueTask<bool> MoveNextAsync()
        {
            var referee = Referee;
            int spin;
            lock (_source._gate)
            {
                referee.Require(!IsReading, "MoveNextAsync during MoveNextAsync");
                referee.Require(!_isDisposed, "MoveNextAsync after DisposeAsync");
                referee.Require(!_hasEnded, "MoveNextAsync after the end");
                var reads = ++_source._reads;
                var allowed = _source.MayHaveRead();
                referee.Require(reads <= allowed, $"read {reads}, where only {allowed} were asked for");

                if (_source.Pace == Pace.OnArrival)
                    _cancellationToken.ThrowIfCancellationRequested();

                _promise.Reset();
                IsReading = true;
                IsGranted = _source.Pace == Pace.AtRandom || _source._arrived > 0;
                if (!IsGranted)
                    return new ValueTask<bool>(this, _promise.Version);

                spin = _source.Pace == Pace.AtRandom ? _random.Next(-40, 80) : -1;
                if (_source.Pace == Pace.OnArrival)
                    _source._arrived--;
            }

            // Below zero: at once.
            _spin = spin;
            if (spin < 0)
                Complete();
            else
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return new ValueTask<bool>(this, _promise.Version);
        }

        public ValueTask DisposeAsync()
        {
            lock (_source._gate)
            {
                Referee.Require(!IsReading, "DisposeAsync during MoveNextAsync");
                Referee.Require(!_isDisposed, "DisposeAsync after DisposeAsync");
                _isDisposed = true;
            }

            _registration.Unregister();
            Interlocked.Increment(ref _source._disposals);
            return default;
        }

        public void Complete()
        {
            var hasItem = false;
            lock (_source._gate)
            {
                IsReading = false;
                if (_source._next < _source.Count && _items < _source.FailsEvery)
                {
                    Current = _source.Item(_source._next++);
                    _items++;
                    hasItem = true;
                }
                else
                {
                    _hasEnded = true;
                }
            }

            if (!hasItem && _source.Failure is { } failure)
                _promise.SetException(failure);
            else
                _promise.SetResult(hasItem);
        }

        void IThreadPoolWorkItem.Execute()
        {
            Thread.SpinWait(_spin);
            Complete();
        }

        private Referee Referee => _source.Referee;

        private void OnCancelled()
        {
            lock (_source._gate)
            {
                if (!IsReading || IsGranted)
                    return;
                IsReading = false;
            }

            _promise.SetException(new OperationCanceledException(_cancellationToken));
        }

        bool IValueTaskSource<bool>.GetResult(short token) => _promise.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _promise.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _promise.OnCompleted(continuation, state, token, flags);
    }

    private Referee Referee => referee;

    private int Count => count;

    private T Item(int number) => item(number);
}

public static class RacingSource
{
    public static RacingSource<int> Numbers(
        Referee referee, Random random, int count, Pace pace = Pace.AtRandom, Exception? failure = null, int failsEvery = int.MaxValue, Func<long>? mayHaveRead = null) =>
        new(referee, random, count, static n => n)
        {
            Pace = pace,
            Failure = failure,
            FailsEvery = failsEvery,
            MayHaveRead = mayHaveRead ?? (static () => long.MaxValue),
        };
}
