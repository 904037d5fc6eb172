namespace RxTokens.Tests.Issues;

/// <summary>An item that is good only until its source is disposed, as a chunk of a pooled buffer or an element of a JsonDocument.</summary>
internal sealed class Lease(string name, Func<bool> isAlive)
{
    public string Name => name;

    public bool IsAlive => isAlive();
}

/// <summary>A source of such items.</summary>
internal sealed class LeasingSource(IAsyncEnumerable<string> names) : IAsyncEnumerable<Lease>
{
    public IAsyncEnumerator<Lease> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new Enumerator(names.GetAsyncEnumerator(cancellationToken));

    private sealed class Enumerator(IAsyncEnumerator<string> names) : IAsyncEnumerator<Lease>
    {
        private bool _isDisposed;

        public Lease Current => new(names.Current, () => !_isDisposed);

        public ValueTask<bool> MoveNextAsync() => names.MoveNextAsync();

        public ValueTask DisposeAsync()
        {
            _isDisposed = true;
            return names.DisposeAsync();
        }
    }
}

/// <summary>An operator whose results are the source's items themselves.</summary>
internal sealed record LeasePipeline(string Name, Func<IAsyncEnumerable<Lease>, IAsyncEnumerable<Lease>> Over)
{
    public override string ToString() => Name;
}
