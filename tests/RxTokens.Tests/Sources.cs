namespace RxTokens.Tests;

/// <summary>A pull source made of a function, which never waits. Counts how it is used.</summary>
internal sealed class ReadySource<T>(Func<int, T> item, int count = int.MaxValue) : IAsyncEnumerable<T>, IAsyncEnumerator<T>
{
    private CancellationToken _token;

    public int Reads { get; private set; }

    public int Disposals { get; private set; }

    public bool IsCancelled => _token.IsCancellationRequested;

    public List<string> Log { get; } = [];

    public Exception? FailsAtTheEnd { get; init; }

    public T Current { get; private set; } = default!;

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        _token = cancellationToken;
        Reads = 0;
        return this;
    }

    public ValueTask<bool> MoveNextAsync()
    {
        if (Reads == count)
            return FailsAtTheEnd is null ? new ValueTask<bool>(false) : ValueTask.FromException<bool>(FailsAtTheEnd);
        Current = item(Reads++);
        return new ValueTask<bool>(true);
    }

    public ValueTask DisposeAsync()
    {
        Disposals++;
        Log.Add("disposed");
        return default;
    }
}

/// <summary>A pull source of which each enumeration is another; the last one again and again.</summary>
internal sealed class SourceInTurn<T>(params IAsyncEnumerable<T>[] sources) : IAsyncEnumerable<T>
{
    public int Enumerations { get; private set; }

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        sources[Math.Min(Enumerations++, sources.Length - 1)].GetAsyncEnumerator(cancellationToken);
}

/// <summary>A stream of which each enumeration is another.</summary>
internal sealed class Anew<T>(Func<IAsyncEnumerable<T>> make) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => make().GetAsyncEnumerator(cancellationToken);
}

/// <summary>A pull source in which one of the three calls throws.</summary>
internal sealed class ThrowingSource(string where, Exception failure) : IAsyncEnumerable<string>, IAsyncEnumerator<string>
{
    private int _reads;

    public int Disposals { get; private set; }

    public string Current => where == "Current" ? throw failure : "a";

    public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        where == "GetAsyncEnumerator" ? throw failure : where == "null" ? null! : this;

    public ValueTask<bool> MoveNextAsync() => where == "MoveNextAsync" ? throw failure : new ValueTask<bool>(_reads++ == 0);

    public ValueTask DisposeAsync()
    {
        Disposals++;
        return where == "DisposeAsync" ? throw failure : default;
    }
}

internal static class Sources
{
    /// <summary>A compiler-made iterator, as users write them; its state machine refuses to be misused.</summary>
    public static async IAsyncEnumerable<int> Iterator(
        int count, Action? onDisposed = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            for (var i = 0; i < count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return i;
            }

            await ValueTask.CompletedTask;
        }
        finally
        {
            onDisposed?.Invoke();
        }
    }

    public static async Task<List<T>> Drain<T>(this IAsyncEnumerable<T> source, CancellationToken cancellationToken = default)
    {
        var items = new List<T>();
        await foreach (var item in source.WithCancellation(cancellationToken))
            items.Add(item);
        return items;
    }
}
