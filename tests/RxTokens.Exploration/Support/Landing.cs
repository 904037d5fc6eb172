using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace RxTokens.Exploration;

/// <summary>
/// A result that comes later. Who waits for it goes on where it is completed, or on the scene's pool, as the explorer chooses: no task, whose
/// continuations may run on the real pool, where the explorer sees nothing.
/// </summary>
internal sealed class Landing<T>(Scene scene) : IValueTaskSource<T>, IValueTaskSource
{
    private Action<object?>? _continuation;
    private object? _state;
    private bool _isCompleted;
    private T _result = default!;
    private Exception? _failure;

    public ValueTask<T> Task => new(this, 0);

    public ValueTask TaskWithoutResult => new(this, 0);

    public void SetResult(T result)
    {
        _result = result;
        Complete();
    }

    public void SetException(Exception failure)
    {
        _failure = failure;
        Complete();
    }

    private void Complete()
    {
        _isCompleted = true;
        if (_continuation is not { } continuation)
            return;

        if (scene.Toss())
            continuation(_state);
        else
            scene.Post(() => continuation(_state));
    }

    T IValueTaskSource<T>.GetResult(short token) => GetResult();

    void IValueTaskSource.GetResult(short token) => GetResult();

    public ValueTaskSourceStatus GetStatus(short token) =>
        !_isCompleted ? ValueTaskSourceStatus.Pending
        : _failure is null ? ValueTaskSourceStatus.Succeeded
        : _failure is OperationCanceledException ? ValueTaskSourceStatus.Canceled
        : ValueTaskSourceStatus.Faulted;

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _state = state;
        _continuation = continuation;
        if (_isCompleted)
            scene.Post(() => continuation(state));
    }

    private T GetResult()
    {
        Scene.Require(_isCompleted, "a result was taken before it was there");
        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
        return _result;
    }
}
