namespace RxTokens.Benchmarks;

/// <summary>The pull sources that everything here reads.</summary>
internal static class Sources
{
    /// <summary>Written by hand; every item is ready; allocates nothing per item.</summary>
    public static IAsyncEnumerable<int> HandWritten(int count) => new Counter(count);

    /// <summary>Made by the compiler; every item is ready.</summary>
    public static async IAsyncEnumerable<int> Iterator(int count)
    {
        await Task.CompletedTask;
        for (var n = 0; n < count; n++)
            yield return n;
    }

    /// <summary>Text of about four characters, as tokens are; every string exists beforehand.</summary>
    public static IAsyncEnumerable<string> Words(int count) => new TextCounter(count);

    private sealed class Counter(int count) : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        public int Current { get; private set; } = -1;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => new(++Current < count);

        public ValueTask DisposeAsync() => default;
    }

    private sealed class TextCounter(int count) : IAsyncEnumerable<string>, IAsyncEnumerator<string>
    {
        private static readonly string[] Vocabulary = ["the", " model", " said", " it", " once", ",", " then", " again", "."];
        private int _read;

        public string Current { get; private set; } = "";

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync()
        {
            if (_read == count)
                return new(false);
            Current = Vocabulary[_read++ % Vocabulary.Length];
            return new(true);
        }

        public ValueTask DisposeAsync() => default;
    }
}
