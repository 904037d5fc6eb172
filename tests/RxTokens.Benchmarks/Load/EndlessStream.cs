namespace RxTokens.Benchmarks;

/// <summary>A stream whose items are ready without end, or which says one and then nothing; it counts what it was asked for. It is enumerated once.</summary>
/// <param name="counts">Where it counts.</param>
/// <param name="number">Which of the counts is its own.</param>
/// <param name="isIdle">Whether it is silent after its first item.</param>
/// <param name="item">The item.</param>
internal sealed class EndlessStream(int[] counts, int number, bool isIdle, string item) : IAsyncEnumerable<string>, IAsyncEnumerator<string>
{
    /// <summary>The character that each item has once, and that nothing else on the wire has: readers count it.</summary>
    public const char Mark = '@';

    private CancellationToken _token;
    private CancellationTokenRegistration _silence;

    public string Current => item;

    /// <summary>An item of so many characters, each of which is a byte on the wire.</summary>
    public static string Item(int size) => new string('x', size - 1) + Mark;

    public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        _token = cancellationToken;
        return this;
    }

    public ValueTask<bool> MoveNextAsync()
    {
        if (_token.IsCancellationRequested)
            return ValueTask.FromCanceled<bool>(_token);
        if (isIdle && counts[number] > 0)
            return SilenceAsync();

        Volatile.Write(ref counts[number], counts[number] + 1);
        return new(true);
    }

    public ValueTask DisposeAsync() => _silence.DisposeAsync();

    private ValueTask<bool> SilenceAsync()
    {
        var silence = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _silence = _token.UnsafeRegister(static (silence, token) => ((TaskCompletionSource<bool>)silence!).TrySetCanceled(token), silence);
        return new(silence.Task);
    }
}
