namespace RxTokens.Stress;

/// <summary>
/// A source of numbers that is always ready, and reports what no reader may do. Without a lock or an interlocked operation, whose
/// fences would hide that the reader lacks one. Enumerated again, it goes on with the next number.
/// </summary>
public sealed class ReadySource(Referee referee, int count = int.MaxValue) : IAsyncEnumerable<int>, IAsyncEnumerator<int>
{
    private volatile bool _isInside;
    private volatile bool _isDisposed = true;
    private volatile int _reads;
    private volatile int _next;
    private volatile int _enumerations;
    private volatile int _disposals;
    private int _items;
    private CancellationToken _token;

    /// <summary>Each enumeration fails after so many items.</summary>
    public int FailsEvery { get; init; } = int.MaxValue;

    public int Reads => _reads;

    public int Disposals => _disposals;

    public bool IsCancelled => _token.IsCancellationRequested;

    public bool IsSettled => _enumerations == _disposals;

    public int Current { get; private set; }

    public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        referee.Require(_isDisposed, "a second enumeration before the first was disposed");
        _isDisposed = false;
        _token = cancellationToken;
        _items = 0;
        _enumerations++;
        return this;
    }

    public ValueTask<bool> MoveNextAsync()
    {
        if (_isInside || _isDisposed)
            referee.Violate($"MoveNextAsync during another call: {_isInside}, after DisposeAsync: {_isDisposed}");
        _isInside = true;
        _reads++;
        var fails = _items++ == FailsEvery;
        var hasItem = !fails && _next < count;
        if (hasItem)
            Current = _next++;
        _isInside = false;
        return fails ? ValueTask.FromException<bool>(new IOException("cut off")) : new ValueTask<bool>(hasItem);
    }

    public ValueTask DisposeAsync()
    {
        if (_isInside || _isDisposed)
            referee.Violate($"DisposeAsync during another call: {_isInside}, after DisposeAsync: {_isDisposed}");
        _isDisposed = true;
        _disposals++;
        return default;
    }

    public override string ToString() => $"source: {_next} items, {_reads} reads, {_enumerations} enumerations, {_disposals} disposals";
}
