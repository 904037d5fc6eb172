namespace RxTokens;

/// <summary>
/// A cold pull stream whose enumerators are outlets: whoever reads it from inside the library cancels them without a token.
/// (Each operator derives its own, which holds the arguments: a third of what a closure and its delegate take.)
/// </summary>
internal abstract class OutletStream<T> : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => Start(cancellationToken);

    /// <summary>Makes an outlet, and nothing else: it starts at the first request.</summary>
    public abstract IOutlet<T> Start(CancellationToken cancellationToken);
}

/// <summary>What a stage knows of the stage before it, whatever that reads itself.</summary>
internal interface IOutlet<out T> : IAsyncEnumerator<T>
{
    /// <summary>What a cancelled token does.</summary>
    void Cancel();

    /// <summary>What awaiting the last MoveNextAsync does, for who has a static function and its state: that needs no delegate of its own.</summary>
    void OnCompleted(Action<object?> continuation, object state);
}
