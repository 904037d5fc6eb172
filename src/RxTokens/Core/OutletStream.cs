namespace RxTokens;

/// <summary>
/// A cold pull stream whose enumerators are outlets: whoever reads it from inside the library cancels them without a token.
/// (Each operator derives its own, which holds the arguments: a third of what a closure and its delegate take.)
/// </summary>
internal abstract class OutletStream<T> : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => Start(cancellationToken);

    /// <summary>The source, if it is one of the library's.</summary>
    public static OutletStream<T>? Of(IAsyncEnumerable<T> source) => (source as SharedStream<T>)?.Plain ?? source as OutletStream<T>;

    /// <summary>Makes an outlet, which starts at the first request (but a consumer of a shared stream joins here).</summary>
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
