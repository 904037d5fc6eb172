using System.Threading.Tasks.Sources;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Runs a generator that blocks (local inference, say) on one thread of its own, and makes it take a step only when an item is asked for.</summary>
    /// <remarks>
    /// <code>
    /// requests  1---1---1
    /// result    --a---b---c    // each step begins when it is asked for, and blocks its own thread alone
    /// </code>
    /// <para><b>Demand:</b> one step for each request, none ahead.</para>
    /// <para><b>Errors:</b> what the generator throws arrives after it has been disposed; if its disposal fails too, both arrive in one
    /// <see cref="AggregateException"/>. What a step throws that was cancelled or left, and its disposal, comes from <c>DisposeAsync</c>.</para>
    /// <para><b>Disposal:</b> a step that runs cannot be interrupted: disposing, and cancelling the enumeration, wait until it returns,
    /// then dispose the generator. Cancelling ends the stream with <see cref="OperationCanceledException"/>. A generator that can stop
    /// in the middle of a step takes the token: <see cref="FromBlocking{TSource}(Func{CancellationToken, IEnumerable{TSource}})"/>.</para>
    /// <para><b>Threading:</b> the generator runs from its first step to its disposal on one background thread, never the pool's; a
    /// waiting consumer resumes on the pool.</para>
    /// <code>
    /// // Conceptually:
    /// public static IAsyncEnumerable&lt;T> FromBlocking&lt;T>(IEnumerable&lt;T> source) => FromBlocking(_ => source);
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The generator.</param>
    /// <returns>A pull stream; each enumeration runs the generator anew, on a thread of its own.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public static IAsyncEnumerable<TSource> FromBlocking<TSource>(IEnumerable<TSource> source)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new SourceStream<TSource>(
            nameof(FromBlocking), source, cancellationToken => new BlockingEnumerator<TSource>(_ => source, cancellationToken));
    }

    /// <summary>Runs a generator that blocks and can be cancelled on one thread of its own, and makes it take a step only when an item is asked for.</summary>
    /// <remarks>
    /// <code>
    /// requests  1---1---1
    /// result    --a---b---c    // each step begins when it is asked for, and blocks its own thread alone
    /// </code>
    /// <para><b>Demand:</b> one step for each request, none ahead.</para>
    /// <para><b>Errors:</b> what the function or its generator throws arrives after the generator has been disposed; if its disposal fails
    /// too, both arrive in one <see cref="AggregateException"/>. What a step throws that was cancelled or left, but for
    /// <see cref="OperationCanceledException"/>, and its disposal, comes from <c>DisposeAsync</c>.</para>
    /// <para><b>Disposal:</b> cancelling the enumeration, and leaving during a step, cancel the generator's token and wait until the step
    /// returns; then the generator is disposed. Leaving between two steps does not cancel it, so that its clean-up can finish.
    /// A cancelled stream ends with <see cref="OperationCanceledException"/>, also where the generator ends quietly.</para>
    /// <para><b>Threading:</b> the function and its generator run on one background thread, never the pool's; a waiting consumer
    /// resumes on the pool.</para>
    /// <code>
    /// // Conceptually (leaving cancels the token too, and the consumer goes on on the pool):
    /// public static async IAsyncEnumerable&lt;T> FromBlocking&lt;T>(
    ///     Func&lt;CancellationToken, IEnumerable&lt;T>> source, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    /// {
    ///     using var thread = new EventLoopScheduler();
    ///     var generator = await Observable.Start(() => source(cancellationToken).GetEnumerator(), thread);
    ///     try
    ///     {
    ///         while (await Observable.Start(generator.MoveNext, thread))
    ///             yield return generator.Current;
    ///     }
    ///     finally
    ///     {
    ///         await Observable.Start(generator.Dispose, thread);
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">Makes the generator, given a token that is cancelled when a step is no longer wanted.</param>
    /// <returns>A pull stream; each enumeration runs the generator anew, on a thread of its own.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public static IAsyncEnumerable<TSource> FromBlocking<TSource>(Func<CancellationToken, IEnumerable<TSource>> source)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new SourceStream<TSource>(
            nameof(FromBlocking), source, cancellationToken => new BlockingEnumerator<TSource>(source, cancellationToken));
    }
}

internal sealed class BlockingEnumerator<TSource>(
    Func<CancellationToken, IEnumerable<TSource>> source, CancellationToken cancellationToken, Action<Thread>? start = null)
    : SourceEnumerator<TSource>(cancellationToken)
{
    private readonly GeneratorThread<TSource> _thread = new(source, start ?? (static thread => thread.Start()));

    protected override ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _thread.StepAsync(cancellationToken);

    protected override bool TryTake(out TSource item)
    {
        item = _thread.Current;
        return true;
    }

    protected override ValueTask CleanUpAsync() => _thread.LeaveAsync();
}

/// <summary>A thread that does one thing at a time, each when it is told to: a step of a generator, or its disposal.</summary>
/// <remarks>
/// Two threads meet here, the caller's and this one, and never at once: the caller's order hands everything over, and the answer hands it back.
/// <code>
/// field        written by     read by        ordered by
/// _thread      the caller     the caller     -
/// _isLeaving,
/// _token       the caller     the thread     _turn
/// _generator   the thread     the thread     -
/// Current      the thread     the caller     _answer
/// _answer      the caller (Reset), the thread (SetResult)   _turn, and its own completion
/// </code>
/// </remarks>
internal sealed class GeneratorThread<TSource>(Func<CancellationToken, IEnumerable<TSource>> source, Action<Thread> start)
    : IValueTaskSource<bool>, IValueTaskSource
{
    private readonly SemaphoreSlim _turn = new(0);

    // The consumer's code must not run on the generator's thread: a consumer that blocks would hold up the generator.
    private ManualResetValueTaskSourceCore<bool> _answer = new() { RunContinuationsAsynchronously = true };
    private Thread? _thread;
    private IEnumerator<TSource>? _generator;
    private CancellationToken _token;
    private bool _isLeaving;

    public TSource Current { get; private set; } = default!;

    public ValueTask<bool> StepAsync(CancellationToken cancellationToken)
    {
        _token = cancellationToken;
        if (_thread is null)
        {
            var thread = new Thread(Run) { IsBackground = true, Name = "RxTokens.FromBlocking" };
            start(thread); // may fail: then there is no thread, and nothing to wait for
            _thread = thread;
        }

        return new ValueTask<bool>(this, Order());
    }

    /// <summary>Disposes the generator, and lets the thread end.</summary>
    public ValueTask LeaveAsync()
    {
        if (_thread is null)
            return default;
        _isLeaving = true;
        return new ValueTask(this, Order());
    }

    private short Order()
    {
        _answer.Reset();
        var version = _answer.Version;
        _turn.Release();
        return version;
    }

    private void Run()
    {
        for (var isLeaving = false; !isLeaving;)
        {
            _turn.Wait();
            isLeaving = _isLeaving;
            var hasItem = false;
            Exception? failure = null;
            try
            {
                if (isLeaving)
                    _generator?.Dispose();
                else
                    hasItem = Step();
            }
            catch (Exception thrown)
            {
                failure = thrown;
            }

            if (failure is null)
                _answer.SetResult(hasItem);
            else
                _answer.SetException(failure);
        }
    }

    private bool Step()
    {
        _generator ??= (source(_token) ?? throw new InvalidOperationException("The function given to FromBlocking returned null instead of a generator."))
            .GetEnumerator();
        if (!_generator.MoveNext())
            return false;

        Current = _generator.Current;
        return true;
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _answer.GetResult(token);

    void IValueTaskSource.GetResult(short token) => _answer.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _answer.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);
}
