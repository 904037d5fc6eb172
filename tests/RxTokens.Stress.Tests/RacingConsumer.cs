namespace RxTokens.Stress;

/// <summary>A consumer that asks again and again, spins over each item, and records what it got.</summary>
public sealed class RacingConsumer<R>(
    IAsyncEnumerable<R> stream, Func<R, IEnumerable<int>> items, CancellationToken cancellationToken = default) : IRacingConsumer
{
    private IAsyncEnumerator<R>? _enumerator;
    private int _asked;
    private int _leaving;
    private volatile bool _hasEnded;

    public List<int> Items { get; } = [];

    public int Asked => Volatile.Read(ref _asked);

    public Exception? Error { get; private set; }

    public Exception? LeavingError { get; private set; }

    public bool HasEnded => _hasEnded && Volatile.Read(ref _leaving) == 0;

    public Action? OnEnding { get; set; }

    public void Open() => _enumerator ??= stream.GetAsyncEnumerator(cancellationToken);

    public void Run(int leaveAfter = int.MaxValue, int spin = 0) => _ = RunAsync(leaveAfter, spin);

    public void Leave()
    {
        Interlocked.Increment(ref _leaving);
        _ = LeaveAndCountAsync();

        async Task LeaveAndCountAsync()
        {
            await LeaveAsync().ConfigureAwait(false);
            Interlocked.Decrement(ref _leaving);
        }
    }

    public override string ToString() =>
        $"consumer: asked {Asked} times, {Items.Count} items, ended: {HasEnded}, error: {Error?.Message}, leaving: {LeavingError?.Message}";

    private async Task RunAsync(int leaveAfter, int spin)
    {
        Open();
        try
        {
            for (var i = 0; i < leaveAfter; i++)
            {
                Interlocked.Increment(ref _asked);
                if (!await _enumerator!.MoveNextAsync().ConfigureAwait(false))
                    break;
                Items.AddRange(items(_enumerator.Current));
                Thread.SpinWait(spin);
            }
        }
        catch (Exception failure)
        {
            Error = failure;
        }

        OnEnding?.Invoke();
        await LeaveAsync().ConfigureAwait(false);
        _hasEnded = true;
    }

    private async Task LeaveAsync()
    {
        try
        {
            await _enumerator!.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            LeavingError = failure;
        }
    }
}

public interface IRacingConsumer
{
    List<int> Items { get; }

    int Asked { get; }

    Exception? Error { get; }

    Exception? LeavingError { get; }

    bool HasEnded { get; }

    /// <summary>Called when MoveNextAsync has told the end, before the consumer disposes the enumeration.</summary>
    Action? OnEnding { get; set; }

    /// <summary>Gets the enumerator without asking it for anything.</summary>
    void Open();

    /// <summary>Begins to ask; goes on by itself.</summary>
    void Run(int leaveAfter = int.MaxValue, int spin = 0);

    /// <summary>Disposes the enumeration, whether or not a request is pending.</summary>
    void Leave();
}
