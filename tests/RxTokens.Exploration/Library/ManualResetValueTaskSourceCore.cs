using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using Microsoft.Coyote.Rewriting;

namespace RxTokens;

/// <summary>
/// In the library's place of <see cref="System.Threading.Tasks.Sources.ManualResetValueTaskSourceCore{TResult}"/>, which sends continuations
/// to the real pool, where the explorer sees nothing. Otherwise the same.
/// </summary>
[SkipRewriting("one step, as the real one is to who looks from outside")]
internal struct ManualResetValueTaskSourceCore<TResult>
{
    private Action<object?>? _continuation;
    private object? _state;
    private SynchronizationContext? _context;
    private bool _isCompleted;
    private TResult _result;
    private Exception? _failure;
    private short _version;

    public bool RunContinuationsAsynchronously { get; set; }

    public readonly short Version => _version;

    public void Reset()
    {
        _version++;
        _continuation = null;
        _state = null;
        _context = null;
        _isCompleted = false;
        _result = default!;
        _failure = null;
    }

    public void SetResult(TResult result)
    {
        _result = result;
        Complete();
    }

    public void SetException(Exception failure)
    {
        _failure = failure;
        Complete();
    }

    public readonly ValueTaskSourceStatus GetStatus(short token)
    {
        Check(token);
        return !_isCompleted ? ValueTaskSourceStatus.Pending
            : _failure is null ? ValueTaskSourceStatus.Succeeded
            : _failure is OperationCanceledException ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    public readonly TResult GetResult(short token)
    {
        Check(token);
        if (!_isCompleted)
            throw new InvalidOperationException("A result was taken before it was there.");
        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
        return _result;
    }

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        Check(token);
        if (_continuation is not null)
            throw new InvalidOperationException("Awaited twice.");

        _continuation = continuation;
        _state = state;
        if ((flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0)
            _context = SynchronizationContext.Current;
        if (_isCompleted)
            Continue(here: false);
    }

    private void Complete()
    {
        if (_isCompleted)
            throw new InvalidOperationException("Completed twice.");

        _isCompleted = true;
        if (_continuation is not null)
            Continue(here: !RunContinuationsAsynchronously);
    }

    private readonly void Continue(bool here)
    {
        if (_context is { } context)
            context.Post(new SendOrPostCallback(_continuation!), _state);
        else if (here)
            _continuation!(_state);
        else
            ExploredPool.Post(_continuation!, _state);
    }

    private readonly void Check(short token)
    {
        if (token != _version)
            throw new InvalidOperationException("A token of another round.");
    }
}
