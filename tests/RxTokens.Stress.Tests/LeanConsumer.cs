namespace RxTokens.Stress;

/// <summary>
/// A consumer that asks in a tight loop, without a lock or an interlocked operation, whose fences would hide that the stream lacks
/// one. It may stop asking without leaving.
/// </summary>
public sealed class LeanConsumer<R>(IAsyncEnumerable<R> stream, CancellationToken cancellationToken = default)
{
    private IAsyncEnumerator<R>? _enumerator;
    private volatile int _asked;
    private volatile int _received;
    private volatile bool _hasPaused;
    private volatile bool _hasEnded;

    public List<R> Items { get; } = [];

    /// <summary>How often it has asked.</summary>
    public int Asked => _asked;

    /// <summary>How often it was answered.</summary>
    public int Received => _received;

    public Exception? Error { get; private set; }

    /// <summary>What the stream has ended with, whatever its disposal fails with.</summary>
    public Exception? Told { get; private set; }

    /// <summary>Whether it has what it was to ask for, or the stream has ended.</summary>
    public bool HasPaused => _hasPaused;

    /// <summary>Whether the stream has ended, and the consumer has left.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Called with each item.</summary>
    public Action<R>? OnItem { get; init; }

    /// <summary>Called when the stream has told its end.</summary>
    public Action? OnEnding { get; init; }

    /// <summary>How long it is busy with each item.</summary>
    public int Spin { get; init; }

    /// <summary>Goes on elsewhere after one item of so many; 0: never.</summary>
    public int HopsOneIn { get; init; }

    /// <summary>Asks this often, or until the end.</summary>
    public void Run(int times = int.MaxValue) => _ = RunAsync(times);

    public async Task LeaveAsync()
    {
        await _enumerator!.DisposeAsync().ConfigureAwait(false);
        _hasEnded = true;
    }

    public override string ToString() =>
        $"consumer: asked {_asked} times, received {_received} items, paused: {_hasPaused}, ended: {_hasEnded}, error: {Error?.Message}";

    private async Task RunAsync(int times)
    {
        var random = new Random(7);
        _hasPaused = false;
        _enumerator ??= stream.GetAsyncEnumerator(cancellationToken);
        var ends = false;
        try
        {
            for (var i = 0; i < times && !ends; i++)
            {
                _asked++;
                ends = !await _enumerator.MoveNextAsync().ConfigureAwait(false);
                if (ends)
                    break;

                var item = _enumerator.Current;
                Items.Add(item);
                OnItem?.Invoke(item);
                _received++;
                if (Spin > 0)
                    Thread.SpinWait(Spin);
                if (HopsOneIn > 0 && random.Next(HopsOneIn) == 0)
                    await Task.Yield();
            }
        }
        catch (Exception failure)
        {
            Error = failure;
            ends = true;
        }

        if (ends)
        {
            Told = Error;
            OnEnding?.Invoke();
            try
            {
                await LeaveAsync().ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                Error = failure;
                _hasEnded = true;
            }
        }

        _hasPaused = true;
    }
}
