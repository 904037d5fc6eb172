using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Frees the consumer at once when it leaves, cancels or a time limit passes, even where the source ignores its token: what it is at is left behind.</summary>
    /// <remarks>
    /// <code>
    /// source  -a-------b|    // it ignores its token
    /// cancel  ----x
    /// result  -a--#          // Detach(): b comes to onDropped, then the source is disposed
    /// </code>
    /// <para><b>An orphan</b> is a read that has not returned when nobody waits for it any more. When it returns, its item goes to
    /// <paramref name="onDropped"/> and is counted by <c>rxtokens.items.dropped</c>, as is an item with which a source answers the cancellation itself,
    /// and the source is disposed; a failure of either goes to
    /// <paramref name="onFailed"/>, else to <see cref="TaskScheduler.UnobservedTaskException"/>. The counter <c>rxtokens.reads.orphaned</c> says how many there are.
    /// A source that heeds its token is never orphaned: its read returns inside the cancellation, and it is disposed before the end is told, as
    /// without this operator.</para>
    /// <para><b>Where to put it:</b> right behind the source. <c>source.Detach().Timeout(…)</c> is prompt, <c>source.Timeout(…).Detach()</c> is not: a
    /// time limit waits for the source before it. What <c>Timeout</c>, <c>TakeUntil</c>, <c>Valve</c>, <c>Pace</c>, <c>PerFrame</c> and <c>RetryBeforeFirst</c>
    /// right behind it drop, an item that lands in the moment of a deadline for example, goes to <paramref name="onDropped"/>, too.</para>
    /// <para><b>Demand:</b> reads what is asked for, nothing ahead.</para>
    /// <para><b>Errors:</b> failures of the source arrive as they are. A cancelled enumeration ends with <see cref="OperationCanceledException"/> inside
    /// the cancellation.</para>
    /// <para><b>Disposal:</b> the source's token is cancelled before the consumer is free. A source that is not being read is disposed, and awaited, as
    /// always.</para>
    /// <para><b>Threading:</b> the callbacks are called where the orphan returns; nobody waits for them. A read that blocks its thread holds its consumer.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;T> Detach&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, Action&lt;T>? onDropped, Action&lt;Exception>? onFailed, [EnumeratorCancellation] CancellationToken leaving = default)
    /// {
    ///     var reading = source.GetAsyncEnumerator(leaving);
    ///     var read = Task.FromResult(true);
    ///     try
    ///     {
    ///         while (!leaving.IsCancellationRequested &amp;&amp; await (read = reading.MoveNextAsync().AsTask()).WaitAsync(leaving))
    ///             yield return reading.Current;
    ///         leaving.ThrowIfCancellationRequested();
    ///     }
    ///     finally
    ///     {
    ///         if (read.IsCompleted)
    ///             await reading.DisposeAsync();
    ///         else
    ///             _ = BuryAsync();
    ///     }
    ///
    ///     async Task BuryAsync()
    ///     {
    ///         try
    ///         {
    ///             await using (reading)
    ///             {
    ///                 if (await read)
    ///                     onDropped?.Invoke(reading.Current);
    ///             }
    ///         }
    ///         catch (Exception failure) when (failure is not OperationCanceledException)
    ///         {
    ///             onFailed?.Invoke(failure);
    ///         }
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="onDropped">Called with an item that comes when nobody waits for it any more.</param>
    /// <param name="onFailed">Called with what an orphan, or its clean-up, fails with; not with an <see cref="OperationCanceledException"/> of the read.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public static IAsyncEnumerable<TSource> Detach<TSource>(
        this IAsyncEnumerable<TSource> source, Action<TSource>? onDropped = null, Action<Exception>? onFailed = null)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new DetachedStream<TSource>(new DetachedSource<TSource>(source, onDropped, onFailed), onDropped);
    }
}

/// <summary>A stage as any other, over a source whose reads return when they are cancelled.</summary>
[DebuggerDisplay("Detach()")]
internal sealed class DetachedStream<T>(DetachedSource<T> source, Action<T>? onDropped) : OutletStream<T>
{
    public override IOutlet<T> Start(CancellationToken cancellationToken) =>
        new TakeUntilOutlet<T>(source, stop: CancellationToken.None, onDropped, cancellationToken);
}

internal sealed class DetachedSource<T>(IAsyncEnumerable<T> source, Action<T>? onDropped, Action<Exception>? onFailed) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new DetachedEnumerator<T>(source, onDropped, onFailed, cancellationToken);
}

/// <summary>
/// Stands between a stage, which waits for its reads, and a source whose reads may stay away: a read that is cancelled returns at once, and what
/// is really under way is left to itself.
/// </summary>
/// <remarks>
/// Its consumer is a stage: no call comes while another is under way. Two parties meet over a read: where it returns, and the cancellation. Whoever
/// moves <c>_state</c> away from Reading answers.
/// <code>
/// field            written by                      read by               ordered by
/// _state           all, interlocked                all                   itself
/// _cancellation    constructor                     the cancellation      a CancellationTokenSource is safe
/// _registration    constructor                     the consumer          readonly
/// _hasCancelled    the cancellation, after it      the consumer          a fence on both sides: MoveNextAsync and OnCancelled
/// _enumerator      the consumer, at its first      the consumer; of an   _state
///                  request                         orphan, the read
/// _read            the consumer                    the read              its own completion
/// _cleanup         an orphan's read                its own completion    the same
/// _current         the consumer, or the read       the consumer          _promise
/// _promise         the consumer, before it awaits  the consumer          _state, then its own completion
///                  the read; then who answers
/// </code>
/// </remarks>
internal sealed class DetachedEnumerator<T> : IAsyncEnumerator<T>, IValueTaskSource<bool>
{
    // Not an enum: the systematic exploration knows no compare-and-exchange of one.
    private static class State
    {
        /// <summary>Between two requests.</summary>
        public const int Idle = 0;

        /// <summary>A read is under way, and the consumer waits for it.</summary>
        public const int Reading = 1;

        /// <summary>A read is under way, and nobody waits for it: it cleans up when it returns.</summary>
        public const int Orphaned = 2;
    }

    private readonly IAsyncEnumerable<T> _source;
    private readonly Action<T>? _onDropped;
    private readonly Action<Exception>? _onFailed;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly CancellationTokenRegistration _registration;
    private volatile bool _hasCancelled;
    private int _state;
    private IAsyncEnumerator<T>? _enumerator;
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _read;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _cleanup;
    private T _current = default!;
    private ManualResetValueTaskSourceCore<bool> _promise;

    public DetachedEnumerator(IAsyncEnumerable<T> source, Action<T>? onDropped, Action<Exception>? onFailed, CancellationToken cancellationToken)
    {
        (_source, _onDropped, _onFailed) = (source, onDropped, onFailed);
        _registration = cancellationToken.Register(static self => ((DetachedEnumerator<T>)self!).OnCancelled(), this);
    }

    public T Current => _current;

    public ValueTask<bool> MoveNextAsync()
    {
        _enumerator ??= _source.Enumerate(_cancellation.Token);
        var read = _enumerator.MoveNextAsync();
        if (read.IsCompleted)
        {
            var hasItem = read.Result;
            if (hasItem)
                _current = _enumerator.Current;
            return new ValueTask<bool>(hasItem);
        }

        _promise.Reset();
        var answer = new ValueTask<bool>(this, _promise.Version);
        _read = read.ConfigureAwait(false).GetAwaiter();
        Volatile.Write(ref _state, State.Reading);
        _read.OnCompleted(OnRead);
        Interlocked.MemoryBarrier();
        if (_hasCancelled)
            Orphan(); // there was nothing under way then
        return answer;
    }

    private void OnRead()
    {
        if (Interlocked.CompareExchange(ref _state, State.Idle, State.Reading) != State.Reading)
        {
            Bury();
            return;
        }

        bool hasItem;
        try
        {
            hasItem = _read.GetResult();
            if (hasItem)
                _current = _enumerator!.Current;
        }
        catch (Exception failure)
        {
            _promise.SetException(failure);
            return;
        }

        _promise.SetResult(hasItem);
    }

    private void OnCancelled()
    {
        Unobserved.Cancel(_cancellation);
        _hasCancelled = true;
        Interlocked.MemoryBarrier();
        Orphan(); // a source that heeds its token has returned by now
    }

    /// <summary>Gives up the read that is under way, if one is.</summary>
    private void Orphan()
    {
        if (Volatile.Read(ref _state) != State.Reading)
            return;

        Metrics.Orphans.Add(1); // before anything is told
        if (Interlocked.CompareExchange(ref _state, State.Orphaned, State.Reading) == State.Reading)
            _promise.SetException(new OperationCanceledException(_cancellation.Token));
        else
            Metrics.Orphans.Add(-1);
    }

    public ValueTask DisposeAsync()
    {
        _registration.Unregister();
        return Volatile.Read(ref _state) != State.Orphaned && _enumerator is { } enumerator ? enumerator.DisposeAsync() : default;
    }

    /// <summary>Sees to what an orphan brings, and cleans up behind it.</summary>
    private void Bury()
    {
        try
        {
            if (_read.GetResult())
            {
                Metrics.Dropped.Add(1);
                if (_onDropped is not null)
                    Tell(_onDropped, _enumerator!.Current);
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception failure)
        {
            OnFailed(failure);
        }

        // Not async: the systematic exploration cannot follow that.
        try
        {
            _cleanup = _enumerator!.DisposeAsync().ConfigureAwait(false).GetAwaiter();
            if (!_cleanup.IsCompleted)
            {
                _cleanup.OnCompleted(OnBuried);
                return;
            }
        }
        catch (Exception failure)
        {
            OnFailed(failure);
            _cleanup = default;
        }

        OnBuried();
    }

    private void OnBuried()
    {
        try
        {
            _cleanup.GetResult();
        }
        catch (Exception failure)
        {
            OnFailed(failure);
        }

        Metrics.Orphans.Add(-1);
    }

    private void OnFailed(Exception failure)
    {
        if (_onFailed is null)
            Unobserved.Report(failure);
        else
            Tell(_onFailed, failure);
    }

    private static void Tell<TValue>(Action<TValue> callback, TValue value)
    {
        try
        {
            callback(value);
        }
        catch (Exception thrown)
        {
            Unobserved.Report(thrown);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _promise.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _promise.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _promise.OnCompleted(continuation, state, token, flags);
}
