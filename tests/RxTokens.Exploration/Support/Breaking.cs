namespace RxTokens.Exploration;

/// <summary>Breaks off after so many letters, whatever its source would do.</summary>
internal sealed class Breaking(IAsyncEnumerable<Item> source, int after) : IAsyncEnumerable<Item>
{
    public static readonly Exception Failure = new TimeoutException("it broke off");

    public IAsyncEnumerator<Item> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new Enumerator(source.GetAsyncEnumerator(cancellationToken), after);

    private sealed class Enumerator(IAsyncEnumerator<Item> source, int left) : IAsyncEnumerator<Item>
    {
        private int _left = left;

        public Item Current => source.Current;

        public ValueTask<bool> MoveNextAsync() =>
            _left-- > 0 ? source.MoveNextAsync() : ValueTask.FromException<bool>(Failure);

        public ValueTask DisposeAsync() => source.DisposeAsync();
    }
}

/// <summary>Is another stream at its first enumeration than at those that follow.</summary>
internal sealed class Twofold(IAsyncEnumerable<Item> first, IAsyncEnumerable<Item> then) : IAsyncEnumerable<Item>
{
    private bool _isEnumerated;

    public IAsyncEnumerator<Item> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        var isFirst = !_isEnumerated;
        _isEnumerated = true;
        return (isFirst ? first : then).GetAsyncEnumerator(cancellationToken);
    }
}

/// <summary>Says nothing until it is cancelled.</summary>
internal sealed class Silent(Scene scene) : IAsyncEnumerable<Item>
{
    private int _enumerations;
    private int _disposals;

    public bool IsSettled => _enumerations == _disposals;

    public IAsyncEnumerator<Item> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        _enumerations++;
        Scene.Require(_enumerations == 1, "enumerated twice");
        return new Enumerator(this, cancellationToken);
    }

    private sealed class Enumerator(Silent source, CancellationToken cancellationToken) : IAsyncEnumerator<Item>
    {
        public Item Current => null!;

        public ValueTask<bool> MoveNextAsync()
        {
            var landing = source.NewLanding();
            cancellationToken.UnsafeRegister(_ => landing.SetException(new OperationCanceledException(cancellationToken)), null);
            return landing.Task;
        }

        public ValueTask DisposeAsync()
        {
            source._disposals++;
            return default;
        }
    }

    private Landing<bool> NewLanding() => new(scene);
}

/// <summary>Fails at its first read, on a thread of its own.</summary>
internal sealed class Doomed(Scene scene) : IAsyncEnumerable<Item>, IAsyncEnumerator<Item>
{
    private readonly Landing<bool> _landing = new(scene);
    private bool _isReading;

    /// <summary>Whether it is not enumerated, or disposed.</summary>
    public bool IsSettled { get; private set; } = true;

    public Item Current => null!;

    /// <summary>The body of the thread on which it fails.</summary>
    public void Fail()
    {
        if (!scene.WaitUntil(() => _isReading))
            return;

        for (var pauses = scene.Choose(4); pauses > 0; pauses--)
            Scene.Pause();
        _landing.SetException(Breaking.Failure);
    }

    public IAsyncEnumerator<Item> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        Scene.Require(IsSettled, "enumerated twice");
        IsSettled = false;
        return this;
    }

    public ValueTask<bool> MoveNextAsync()
    {
        _isReading = true;
        return _landing.Task;
    }

    public ValueTask DisposeAsync()
    {
        IsSettled = true;
        return default;
    }
}
