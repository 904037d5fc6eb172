namespace RxTokens.AspNetCore.Tests;

/// <summary>A pull source that is told what to do, and that notices misuse.</summary>
internal sealed class ScriptedSource<T>(Func<int, CancellationToken, ValueTask<(bool HasItem, T Item)>> read) : IAsyncEnumerable<T>
{
    private readonly Func<int, CancellationToken, ValueTask<(bool HasItem, T Item)>> _read = read;
    private int _started;
    private int _reads;
    private int _disposals;
    private int _isReading;

    public int Started => Volatile.Read(ref _started);

    /// <summary>How often an item was asked for.</summary>
    public int Reads => Volatile.Read(ref _reads);

    public int Disposals => Volatile.Read(ref _disposals);

    /// <summary>Two reads at once, or a disposal during a read.</summary>
    public bool WasMisused { get; private set; }

    public CancellationToken Token { get; private set; }

    public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Func<ValueTask> OnDispose { get; init; } = () => ValueTask.CompletedTask;

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _started);
        Token = cancellationToken;
        return new Reading(this);
    }

    private sealed class Reading(ScriptedSource<T> source) : IAsyncEnumerator<T>
    {
        public T Current { get; private set; } = default!;

        public async ValueTask<bool> MoveNextAsync()
        {
            var number = Interlocked.Increment(ref source._reads);
            if (Interlocked.Exchange(ref source._isReading, 1) == 1)
                source.WasMisused = true;
            try
            {
                (var hasItem, Current) = await source._read(number, source.Token);
                return hasItem;
            }
            finally
            {
                Volatile.Write(ref source._isReading, 0);
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (Volatile.Read(ref source._isReading) == 1)
                source.WasMisused = true;
            Interlocked.Increment(ref source._disposals);
            source.Disposed.TrySetResult();
            await source.OnDispose();
        }
    }
}

internal static class Script
{
    /// <summary>These items, and the end.</summary>
    public static ScriptedSource<T> Items<T>(params T[] items) =>
        new((number, _) => new(number <= items.Length ? (true, items[number - 1]) : (false, default!)));

    /// <summary>These items, and a failure.</summary>
    public static ScriptedSource<T> Fails<T>(Exception failure, params T[] items) =>
        new((number, _) => number <= items.Length ? new((true, items[number - 1])) : ValueTask.FromException<(bool, T)>(failure));

    /// <summary>These items, and then nothing until it is cancelled.</summary>
    public static ScriptedSource<T> Waits<T>(params T[] items) => new(async (number, token) =>
    {
        if (number <= items.Length)
            return (true, items[number - 1]);
        await Task.Delay(Timeout.Infinite, token);
        return (false, default!);
    });

    /// <summary>One item for ever, never a wait.</summary>
    public static ScriptedSource<T> Repeats<T>(T item) => new((_, _) => new((true, item)));

    /// <summary>Items that the test hands over.</summary>
    public static (ScriptedSource<T> Source, System.Threading.Channels.ChannelWriter<T> Writer) Handed<T>()
    {
        var channel = System.Threading.Channels.Channel.CreateUnbounded<T>();
        return (new(async (_, token) => await channel.Reader.WaitToReadAsync(token) && channel.Reader.TryRead(out var item) ? (true, item) : (false, default!)), channel.Writer);
    }
}
