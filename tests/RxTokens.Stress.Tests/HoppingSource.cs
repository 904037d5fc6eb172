namespace RxTokens.Stress;

/// <summary>
/// A source some of whose reads, as chance has it, land on the pool, and the others at once; it reports what no reader may do.
/// Without a lock or an interlocked operation where a read does not hop.
/// </summary>
/// <param name="hopsOneIn">One read of so many hops; 0: none.</param>
public sealed class HoppingSource<T>(Referee referee, int seed, int hopsOneIn, int count, Func<int, T> item) : IAsyncEnumerable<T>, IAsyncEnumerator<T>
{
    private readonly Random _random = new(seed);
    private CancellationToken _cancellationToken;
    private volatile bool _isInside;
    private volatile bool _isDisposed;
    private volatile int _enumerations;
    private volatile int _reads;
    private volatile int _disposals;
    private int _next;

    /// <summary>Called before each read.</summary>
    public Action OnReading { get; init; } = static () => { };

    public int Reads => _reads;

    public int Disposals => _disposals;

    public bool IsSettled => _enumerations == _disposals;

    public T Current { get; private set; } = default!;

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        referee.Require(_enumerations == 0, "a second enumeration");
        _enumerations++;
        _cancellationToken = cancellationToken;
        return this;
    }

    public async ValueTask<bool> MoveNextAsync()
    {
        if (_isInside || _isDisposed)
            referee.Violate($"MoveNextAsync during another call: {_isInside}, after DisposeAsync: {_isDisposed}");
        _isInside = true;
        OnReading();
        _reads++;
        if (hopsOneIn > 0 && _random.Next(hopsOneIn) == 0)
            await Task.Yield();

        var isCancelled = _cancellationToken.IsCancellationRequested;
        var hasItem = !isCancelled && _next < count;
        if (hasItem)
            Current = item(_next++);
        _isInside = false;
        if (isCancelled)
            throw new OperationCanceledException(_cancellationToken);
        return hasItem;
    }

    public ValueTask DisposeAsync()
    {
        if (_isInside || _isDisposed)
            referee.Violate($"DisposeAsync during another call: {_isInside}, after DisposeAsync: {_isDisposed}");
        _isDisposed = true;
        _disposals++;
        return default;
    }

    public override string ToString() => $"source: {_next} of {count} items, {_reads} reads, {_enumerations} enumerations, {_disposals} disposals, reading: {_isInside}";
}
