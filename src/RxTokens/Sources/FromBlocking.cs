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
    /// <para><b>Errors:</b> what the generator throws arrives after it has been disposed.</para>
    /// <para><b>Disposal:</b> a step that runs cannot be interrupted: disposing, and cancelling the enumeration, wait until it returns,
    /// then dispose the generator. Cancelling ends the stream with <see cref="OperationCanceledException"/>. A generator that can stop
    /// in the middle of a step takes the token: <see cref="FromBlocking{T}(Func{CancellationToken, IEnumerable{T}})"/>.</para>
    /// <para><b>Threading:</b> the generator runs from its first step to its disposal on one background thread, never the pool's; a
    /// waiting consumer resumes on the pool.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The generator.</param>
    /// <returns>A pull stream; each enumeration runs the generator anew, on a thread of its own.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public static IAsyncEnumerable<T> FromBlocking<T>(IEnumerable<T> source)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new PullStream<T>(cancellationToken => new BlockingEnumerator<T>(_ => source, cancellationToken));
    }

    /// <summary>Runs a generator that blocks and can be cancelled on one thread of its own, and makes it take a step only when an item is asked for.</summary>
    /// <remarks>
    /// <code>
    /// requests  1---1---1
    /// result    --a---b---c    // each step begins when it is asked for, and blocks its own thread alone
    /// </code>
    /// <para><b>Demand:</b> one step for each request, none ahead.</para>
    /// <para><b>Errors:</b> what the function or its generator throws arrives after the generator has been disposed.</para>
    /// <para><b>Disposal:</b> cancelling the enumeration and disposing it cancel the generator's token, wait until a running step
    /// returns, then dispose the generator. Cancelling ends the stream with <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> the function and its generator run on one background thread, never the pool's; a waiting consumer
    /// resumes on the pool.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">Makes the generator, given a token that is cancelled when its items are no longer wanted.</param>
    /// <returns>A pull stream; each enumeration runs the generator anew, on a thread of its own.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public static IAsyncEnumerable<T> FromBlocking<T>(Func<CancellationToken, IEnumerable<T>> source)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new PullStream<T>(cancellationToken => new BlockingEnumerator<T>(source, cancellationToken));
    }
}

/// <summary>A thread that takes one step of a generator each time it is told to.</summary>
internal sealed class BlockingEnumerator<T> : IAsyncEnumerator<T>, IValueTaskSource<bool>
{
    private readonly Func<CancellationToken, IEnumerable<T>> _source;
    private readonly CancellationToken _enumerationToken;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly SemaphoreSlim _turn = new(0);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The consumer's code must not run on the generator's thread: a consumer that blocks would hold up the generator.
    private ManualResetValueTaskSourceCore<bool> _promise = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private volatile bool _isStepping;
    private volatile bool _ended;
    private volatile bool _left;
    private Thread? _thread;
    private T _current = default!;

    public BlockingEnumerator(Func<CancellationToken, IEnumerable<T>> source, CancellationToken cancellationToken)
    {
        _source = source;
        _enumerationToken = cancellationToken;
    }

    public T Current => _current;

    public ValueTask<bool> MoveNextAsync()
    {
        if (_isStepping)
            throw new InvalidOperationException("MoveNextAsync was called again before the call before it had completed.");
        if (_ended || _left)
            return new ValueTask<bool>(false);

        _promise.Reset();
        _isStepping = true;
        if (_thread is null)
        {
            _registration = _enumerationToken.UnsafeRegister(static c => Unobserved.Cancel((CancellationTokenSource)c!), _cancellation);
            _thread = new Thread(Run) { IsBackground = true, Name = "RxTokens.FromBlocking" };
            _thread.Start();
        }

        _turn.Release();
        return new ValueTask<bool>(this, _promise.Version);
    }

    public ValueTask DisposeAsync()
    {
        if (!_left)
        {
            _left = true;
            Unobserved.Cancel(_cancellation);

            if (_thread is null)
                _gone.SetResult();
            else
                _turn.Release();
        }

        return new ValueTask(_gone.Task);
    }

    private void Run()
    {
        Exception? failure = null;
        IEnumerator<T>? generator = null;
        var stepping = false;
        var isCancelled = false;
        try
        {
            while (true)
            {
                stepping = false;
                _turn.Wait();
                stepping = _isStepping;
                if (!stepping)
                    break; // told to leave

                _enumerationToken.ThrowIfCancellationRequested();
                generator ??= Open();
                if (!generator.MoveNext())
                    break;

                _enumerationToken.ThrowIfCancellationRequested();
                _current = generator.Current;
                Complete(hasItem: true);
            }
        }
        catch (Exception thrown)
        {
            isCancelled = _enumerationToken.IsCancellationRequested;
            failure = isCancelled ? new OperationCanceledException(_enumerationToken) : thrown;
        }

        Exception? cleanupFailure = null;
        try
        {
            generator?.Dispose();
        }
        catch (Exception thrown)
        {
            cleanupFailure = thrown;
        }

        _ended = true;
        _registration.Unregister();
        if (stepping)
        {
            // Not where it was told to leave: then the consumer may be about to look at the last item.
            _current = default!;
            Complete(hasItem: false, isCancelled ? failure : Ending.Combine(failure, cleanupFailure));
        }

        // A pending MoveNextAsync has told it already, unless all it told was the cancellation; else DisposeAsync is the one to tell.
        if (cleanupFailure is not null && (!stepping || isCancelled))
            _gone.TrySetException(cleanupFailure);
        else
            _gone.TrySetResult();
    }

    private IEnumerator<T> Open() =>
        (_source(_cancellation.Token) ?? throw new InvalidOperationException("The function given to FromBlocking returned null instead of a generator."))
        .GetEnumerator();

    private void Complete(bool hasItem, Exception? failure = null)
    {
        _isStepping = false;
        if (failure is null)
            _promise.SetResult(hasItem);
        else
            _promise.SetException(failure);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _promise.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _promise.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _promise.OnCompleted(continuation, state, token, flags);
}
