using System.Diagnostics;
using System.Reactive;
using System.Threading.Tasks.Sources;

namespace RxTokens;

/// <summary>A pull source paced by a virtual clock: an item is available at its frame and delivered when asked for. It records how it is used.</summary>
/// <remarks>
/// <code>
/// available    a--b|
/// asked        1-1---1
/// delivered    a--b--|
/// </code>
/// <para>What is available already is delivered synchronously, as a good source does it. Misuse (overlapping reads, disposing during a
/// read or twice, reading on after disposal) is tolerated and listed in <see cref="Violations"/>.</para>
/// </remarks>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("Reads = {Reads.Count}, Disposals = {Disposals.Count}, Violations = {Violations.Count}")]
public sealed class PullProbe<T> : IAsyncEnumerable<T>
{
    private readonly VirtualClock _clock;
    private readonly IReadOnlyList<Marble<T>> _marbles;
    private readonly List<long> _enumerations = [];
    private readonly List<long> _reads = [];
    private readonly List<long> _cancellations = [];
    private readonly List<long> _disposals = [];
    private readonly List<string> _violations = [];

    /// <summary>Creates a source; <see cref="VirtualClock.Pull{T}"/> does it for one that behaves.</summary>
    /// <param name="clock">What paces it.</param>
    /// <param name="marbles">The items and the ending, in order of frames; without an ending the source never ends.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The marbles are not in order, or something follows the ending.</exception>
    public PullProbe(VirtualClock clock, IReadOnlyList<Marble<T>> marbles)
    {
        ArgumentNullException.ThrowIfNull(clock);

        _clock = clock;
        _marbles = Marble.Check(marbles);
    }

    /// <summary>Whether a pending read goes on after its token has been cancelled, as of a source that ignores it.</summary>
    public bool IgnoresCancellation { get; init; }

    /// <summary>What <c>GetAsyncEnumerator</c> throws, if anything.</summary>
    public Exception? EnumerationFailure { get; init; }

    /// <summary>What <c>DisposeAsync</c> fails with, if anything.</summary>
    public Exception? DisposalFailure { get; init; }

    /// <summary>How many frames <c>DisposeAsync</c> takes.</summary>
    public long DisposalFrames { get; init; }

    /// <summary>The frames at which an enumeration began.</summary>
    public IReadOnlyList<long> Enumerations => _enumerations;

    /// <summary>The frames of the calls of <c>MoveNextAsync</c>.</summary>
    public IReadOnlyList<long> Reads => _reads;

    /// <summary>The frames at which the token was cancelled.</summary>
    public IReadOnlyList<long> Cancellations => _cancellations;

    /// <summary>The frames of the calls of <c>DisposeAsync</c>.</summary>
    public IReadOnlyList<long> Disposals => _disposals;

    /// <summary>What the reader did that no reader may do, with its frame.</summary>
    public IReadOnlyList<string> Violations => _violations;

    /// <inheritdoc/>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        _enumerations.Add(_clock.Frame);
        if (EnumerationFailure is not null)
            throw EnumerationFailure;
        return new Enumerator(this, cancellationToken);
    }

    private void Violate(string what) => _violations.Add($"frame {_clock.Frame}: {what}");

    private sealed class Enumerator : IAsyncEnumerator<T>, IValueTaskSource<bool>, IValueTaskSource
    {
        private readonly PullProbe<T> _probe;
        private readonly CancellationToken _cancellationToken;
        private readonly long _start;
        private ManualResetValueTaskSourceCore<bool> _promise;
        private IDisposable? _delivery;
        private int _next;
        private bool _isReading;
        private bool _isDisposed;

        public Enumerator(PullProbe<T> probe, CancellationToken cancellationToken)
        {
            _probe = probe;
            _cancellationToken = cancellationToken;
            _start = probe._clock.Frame;
            cancellationToken.UnsafeRegister(static e => ((Enumerator)e!).OnCancelled(), this);
        }

        public T Current { get; private set; } = default!;

        public ValueTask<bool> MoveNextAsync()
        {
            var clock = _probe._clock;
            _probe._reads.Add(clock.Frame);
            if (_isReading)
                _probe.Violate("MoveNextAsync during MoveNextAsync");
            if (_isDisposed)
                _probe.Violate("MoveNextAsync after DisposeAsync");

            if (_cancellationToken.IsCancellationRequested && !_probe.IgnoresCancellation)
                return ValueTask.FromCanceled<bool>(_cancellationToken);

            _promise.Reset();
            _isReading = true;
            if (_next < _probe._marbles.Count)
            {
                var due = _start + _probe._marbles[_next].Frame;
                if (due <= clock.Frame)
                    Deliver();
                else
                    _delivery = clock.ScheduleAt(due * VirtualClock.FrameSize.Ticks, Deliver);
            }

            return new ValueTask<bool>(this, _promise.Version);
        }

        public ValueTask DisposeAsync()
        {
            _probe._disposals.Add(_probe._clock.Frame);
            if (_isReading)
                _probe.Violate("DisposeAsync during MoveNextAsync");
            if (_isDisposed)
                _probe.Violate("DisposeAsync after DisposeAsync");
            _isDisposed = true;

            // Through the promise, not a task: a task hands exceptions of its continuation to the pool, where no test can
            // catch them; the promise hands them to whoever runs the clock.
            _promise.Reset();
            if (_probe.DisposalFrames > 0)
                _probe._clock.At(_probe._clock.Frame + _probe.DisposalFrames, FinishDisposal);
            else
                FinishDisposal();
            return new ValueTask(this, _promise.Version);
        }

        private void FinishDisposal()
        {
            if (_probe.DisposalFailure is { } failure)
                _promise.SetException(failure);
            else
                _promise.SetResult(false);
        }

        private void Deliver()
        {
            _isReading = false;
            var notification = _probe._marbles[_next++].Notification;
            switch (notification.Kind)
            {
                case NotificationKind.OnNext:
                    Current = notification.Value;
                    _promise.SetResult(true);
                    break;
                case NotificationKind.OnError:
                    _promise.SetException(notification.Exception!);
                    break;
                case NotificationKind.OnCompleted:
                    _promise.SetResult(false);
                    break;
            }
        }

        private void OnCancelled()
        {
            _probe._cancellations.Add(_probe._clock.Frame);
            if (!_isReading || _probe.IgnoresCancellation)
                return;

            _isReading = false;
            _delivery?.Dispose();
            _promise.SetException(new OperationCanceledException(_cancellationToken));
        }

        bool IValueTaskSource<bool>.GetResult(short token) => _promise.GetResult(token);

        void IValueTaskSource.GetResult(short token) => _promise.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _promise.GetStatus(token);

        void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _promise.OnCompleted(continuation, state, token, flags);

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _promise.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _promise.OnCompleted(continuation, state, token, flags);
    }
}
