using System.Diagnostics;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Completes the stream when a token is cancelled: a Stop button that keeps the text.</summary>
    /// <remarks>
    /// <code>
    /// source  -a-b-c-d|
    /// stop    ----x
    /// result  -a-b|       // TakeUntil(stop)
    /// </code>
    /// <para><b>What was read arrives:</b> an item that the read under way still brings, and everything that waits in operators behind this one.
    /// Put it right behind the source, before what buffers or merges: what waits in operators <em>before</em> it counts as not read.</para>
    /// <para><b>Two tokens:</b> <paramref name="stop"/> completes, the enumeration's own token fails it with
    /// <see cref="OperationCanceledException"/>. If both are cancelled, it fails. A stop that comes after the end, or after a failure, changes nothing.</para>
    /// <para><b>Demand:</b> reads what is asked for, nothing ahead. With a token that is cancelled before the first request the source is not enumerated.</para>
    /// <para><b>Errors:</b> an <see cref="OperationCanceledException"/> with which the read under way answers the stop is the end. Every other failure
    /// arrives as it is.</para>
    /// <para><b>Disposal:</b> the stop cancels the source's token at once; the stream completes when the read has returned and the source is disposed. A source
    /// that has ended by itself cleans up in peace. Else as <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> a consumer that waits resumes where the read returns, which may be inside <c>Cancel()</c>.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;T> TakeUntil&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, CancellationToken stop, [EnumeratorCancellation] CancellationToken leaving = default)
    /// {
    ///     if (stop.IsCancellationRequested)
    ///         yield break;
    ///     using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, leaving);
    ///     await using var reading = source.GetAsyncEnumerator(either.Token);
    ///     while (!stop.IsCancellationRequested &amp;&amp; await MoveNextAsync())
    ///         yield return reading.Current;
    ///
    ///     async ValueTask&lt;bool> MoveNextAsync()
    ///     {
    ///         try
    ///         {
    ///             return await reading.MoveNextAsync();
    ///         }
    ///         catch (OperationCanceledException) when (stop.IsCancellationRequested &amp;&amp; !leaving.IsCancellationRequested)
    ///         {
    ///             return false;
    ///         }
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="stop">Completes the stream.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public static IAsyncEnumerable<TSource> TakeUntil<TSource>(this IAsyncEnumerable<TSource> source, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new TakeUntilStream<TSource>(source, stop);
    }
}

[DebuggerDisplay("TakeUntil(stopped = {_stop.IsCancellationRequested})")]
internal sealed class TakeUntilStream<T>(IAsyncEnumerable<T> source, CancellationToken stop) : OutletStream<T>
{
    private readonly CancellationToken _stop = stop;

    public override IOutlet<T> Start(CancellationToken cancellationToken) => new TakeUntilOutlet<T>(source, _stop, onDropped: null, cancellationToken);
}

/// <summary>Stops where it would read next.</summary>
/// <remarks>
/// <code>
/// field         written by    read by       ordered by
/// _isOver       the runner    everyone      volatile: a hint
/// all others    the runner    the runner    the turn
/// </code>
/// <para>Whether to stop is asked of the token, not of its callback: others, of the source perhaps, may be called before ours.</para>
/// </remarks>
internal sealed class TakeUntilOutlet<T>(IAsyncEnumerable<T> source, CancellationToken stop, Action<T>? onDropped, CancellationToken cancellationToken)
    : OneByOne<T>(source, cancellationToken, mayBeHeld: true)
{
    private CancellationTokenRegistration _registration;
    private volatile bool _isOver; // there is nothing to stop

    protected override void OnStart()
    {
        if (stop.CanBeCanceled && !stop.IsCancellationRequested)
            _registration = stop.Register(static outlet => ((TakeUntilOutlet<T>)outlet!).OnStop(), this);
    }

    private void OnStop()
    {
        // Whoever is at it may be inside the source, and must not be kept there.
        if (!Post(Note.News) && !_isOver)
            CancelSource();
    }

    protected override void OnNews(Note notes)
    {
        // A read under way is not given up: what it brings arrives.
        if (!_isOver)
            CancelSource();
    }

    protected override bool MayRead()
    {
        if (stop.IsCancellationRequested)
            Stop();
        return IsAsking && !IsStopped;
    }

    protected override bool OnItem(T item)
    {
        Serve(item);
        return false;
    }

    protected override bool IsFailure(Exception thrown) => !(stop.IsCancellationRequested && thrown is OperationCanceledException);

    protected override bool MayDispose()
    {
        var mayDispose = base.MayDispose();
        _isOver |= mayDispose;
        return mayDispose;
    }

    protected override void TellDropped(T item)
    {
        if (onDropped is null)
            base.TellDropped(item);
        else
            onDropped(item);
    }

    protected override void OnClosed() => _registration.Unregister();

    protected override void OnEnd() => _registration.Unregister();
}
