using System.Reactive;
using System.Reactive.Concurrency;
using System.Threading.Tasks.Sources;
using Microsoft.Reactive.Testing;

namespace RxTokens.Tests;

/// <summary>
/// A pull source paced by any clock in virtual time: each item is there from its tick on, and is delivered when asked for, at once if it
/// is there already. It records how it is used. One enumeration at a time.
/// </summary>
internal sealed class TickSource<T>(VirtualTimeScheduler<long, long> clock, params Recorded<Notification<T>>[] messages)
    : IAsyncEnumerable<T>, IAsyncEnumerator<T>, IValueTaskSource<bool>
{
    // Its continuations run where it is set: inside the clock's run.
    private ManualResetValueTaskSourceCore<bool> _promise;
    private CancellationToken _token;
    private IDisposable? _delivery;
    private int _next;
    private bool _isReading;

    /// <summary>When MoveNextAsync was called.</summary>
    public List<long> Reads { get; } = [];

    public List<long> Cancellations { get; } = [];

    public List<long> Disposals { get; } = [];

    public T Current { get; private set; } = default!;

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        _next = 0;
        _token = cancellationToken;
        cancellationToken.UnsafeRegister(static source => ((TickSource<T>)source!).OnCancelled(), this);
        return this;
    }

    public ValueTask<bool> MoveNextAsync()
    {
        Reads.Add(clock.Clock);
        if (_isReading)
            throw new InvalidOperationException($"MoveNextAsync at {clock.Clock} during MoveNextAsync.");
        if (_token.IsCancellationRequested)
            return ValueTask.FromCanceled<bool>(_token);

        _promise.Reset();
        _isReading = true;
        if (_next < messages.Length)
        {
            // What is there is not scheduled, so that it arrives in this instant on every clock.
            if (messages[_next].Time <= clock.Clock)
                Deliver();
            else
                _delivery = clock.ScheduleAbsolute(messages[_next].Time, Deliver);
        }

        return new ValueTask<bool>(this, _promise.Version);
    }

    public ValueTask DisposeAsync()
    {
        if (_isReading)
            throw new NotSupportedException($"DisposeAsync at {clock.Clock} during MoveNextAsync.");
        Disposals.Add(clock.Clock);
        return default;
    }

    private void Deliver()
    {
        _isReading = false;
        var message = messages[_next++].Value;
        switch (message.Kind)
        {
            case NotificationKind.OnNext:
                Current = message.Value;
                _promise.SetResult(true);
                break;
            case NotificationKind.OnError:
                _promise.SetException(message.Exception!);
                break;
            case NotificationKind.OnCompleted:
                _promise.SetResult(false);
                break;
        }
    }

    private void OnCancelled()
    {
        Cancellations.Add(clock.Clock);
        if (!_isReading)
            return;

        _isReading = false;
        _delivery?.Dispose();
        _promise.SetException(new OperationCanceledException(_token));
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _promise.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _promise.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _promise.OnCompleted(continuation, state, token, flags);
}
