namespace RxTokens.Interop.Tests;

/// <summary>A pull source of 1, 2, 3, … that has every item ready, and counts what is done to it.</summary>
internal sealed class CountingSource(int count) : IAsyncEnumerable<int>
{
    private int Count { get; } = count;

    public int Enumerations { get; private set; }

    public int Reads { get; private set; }

    public int Disposals { get; private set; }

    /// <summary>The first so many enumerations fail at their second read.</summary>
    public int FailingEnumerations { get; init; }

    public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new Enumerator(this, fails: Enumerations++ < FailingEnumerations);

    private sealed class Enumerator(CountingSource source, bool fails) : IAsyncEnumerator<int>
    {
        public int Current { get; private set; }

        public ValueTask<bool> MoveNextAsync()
        {
            source.Reads++;
            if (fails && Current == 1)
                return ValueTask.FromException<bool>(new IOException("the line was cut"));
            if (Current == source.Count)
                return new ValueTask<bool>(false);

            Current++;
            return new ValueTask<bool>(true);
        }

        public ValueTask DisposeAsync()
        {
            source.Disposals++;
            return default;
        }
    }
}
