using System.Diagnostics;
using System.Reactive;
using System.Reactive.Concurrency;
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
/// read or twice, reading on after disposal) is tolerated and listed in <see cref="Violations"/>; in a <see cref="MarbleTest"/> it fails the test.</para>
/// </remarks>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("{Name,nq}: Reads = {Reads.Count}, Disposals = {Disposals.Count}, Violations = {Violations.Count}")]
public sealed class PullProbe<T> : IAsyncEnumerable<T>, ISourceProbe
{
    private readonly Timeline _clock;
    private readonly IReadOnlyList<Marble<T>> _marbles;
    private readonly List<List<MarbleSymbol>> _enumerations = [];
    private readonly List<Violation> _violations = [];

    /// <summary>Creates a source; <c>Pull</c> of a clock or a <see cref="MarbleTest"/> does it from a diagram.</summary>
    /// <param name="clock">What paces it.</param>
    /// <param name="marbles">The items and the ending, in order of time, counted from the enumeration's start; without an ending the source never ends.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The marbles are not in order.</exception>
    public PullProbe(VirtualTimeScheduler<long, long> clock, IReadOnlyList<Marble<T>> marbles)
        : this(Timeline.Of(clock ?? throw new ArgumentNullException(nameof(clock))), marbles, "source", diagram: null)
    {
    }

    internal PullProbe(Timeline clock, IReadOnlyList<Marble<T>> marbles, string name, MarbleDiagram? diagram)
    {
        _clock = clock;
        _marbles = Marble.Check(marbles);
        Name = name;
        Diagram = diagram;
    }

    /// <summary>What failures and pictures call it.</summary>
    public string Name { get; internal set; }

    /// <summary>Whether each request takes the time between the marble before and its own, instead of the items coming at times of their own.</summary>
    public bool PacedByRequests { get; init; }

    /// <summary>Whether a pending read goes on after its token has been cancelled, as of a source that ignores it.</summary>
    public bool IgnoresCancellation { get; set; }

    /// <summary>What <c>GetAsyncEnumerator</c> throws, if anything.</summary>
    public Exception? EnumerationFailure { get; set; }

    /// <summary>Whether the failure <c>#</c> is thrown by <c>MoveNextAsync</c> itself and not by the task it returns, if it is due when that is called.</summary>
    public bool ThrowsFromMoveNextAsync { get; set; }

    /// <summary>What <c>DisposeAsync</c> fails with, if anything.</summary>
    public Exception? DisposalFailure { get; set; }

    /// <summary>How many frames <c>DisposeAsync</c> takes.</summary>
    public long DisposalFrames { get; set; }

    /// <summary>The frames at which an enumeration began.</summary>
    public IReadOnlyList<long> Enumerations => Frames(MarbleKind.Subscribe);

    /// <summary>The frames of the calls of <c>MoveNextAsync</c>.</summary>
    public IReadOnlyList<long> Reads => Frames(MarbleKind.Request);

    /// <summary>The frames at which the token was cancelled.</summary>
    public IReadOnlyList<long> Cancellations => Frames(MarbleKind.Cancellation);

    /// <summary>The frames of the calls of <c>DisposeAsync</c>.</summary>
    public IReadOnlyList<long> Disposals => Frames(MarbleKind.Unsubscribe);

    /// <summary>What the reader did that no reader may do, with its frame.</summary>
    public IReadOnlyList<string> Violations => [.. _violations.Select(v => $"frame {v.Time.Ticks / _clock.FrameSize.Ticks}: {v.What}")];

    /// <inheritdoc/>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        var calls = new List<MarbleSymbol>();
        lock (_enumerations)
            _enumerations.Add(calls);
        Log(calls, MarbleKind.Subscribe);
        if (EnumerationFailure is not null)
            throw EnumerationFailure;
        return new Enumerator(this, calls, cancellationToken);
    }

    internal MarbleDiagram? Diagram { get; }

    MarbleDiagram? ISourceProbe.Diagram => Diagram;

    string ISourceProbe.Kind => PacedByRequests ? "pull, paced by requests" : "pull";

    IReadOnlyList<IReadOnlyList<MarbleSymbol>> ISourceProbe.Uses
    {
        get
        {
            lock (_enumerations)
                return [.. _enumerations.Select(calls => calls.ToList())];
        }
    }

    IReadOnlyList<Violation> ISourceProbe.Violations => _violations;

    MarbleRow ISourceProbe.UseRow => MarbleRow.Pulls;

    private List<long> Frames(MarbleKind kind) =>
        [.. ((ISourceProbe)this).Uses.SelectMany(calls => calls).Where(call => call.Kind == kind).Select(call => call.Time.Ticks / _clock.FrameSize.Ticks).Order()];

    private void Log(List<MarbleSymbol> calls, MarbleKind kind)
    {
        lock (_enumerations)
            calls.Add(new MarbleSymbol(_clock.Now, kind, "", 1, 0));
    }

    private void Violate(string what) => _violations.Add(new Violation(_clock.Now, what));

    private sealed class Enumerator : IAsyncEnumerator<T>, IValueTaskSource<bool>, IValueTaskSource
    {
        private readonly PullProbe<T> _probe;
        private readonly List<MarbleSymbol> _calls;
        private readonly CancellationToken _cancellationToken;
        private readonly TimeSpan _start;
        private ManualResetValueTaskSourceCore<bool> _promise;
        private ManualResetValueTaskSourceCore<bool> _disposal;
        private IDisposable? _delivery;
        private int _next;
        private readonly CancellationTokenRegistration _registration;
        private bool _isReading;
        private bool _hasEnded;
        private bool _isDisposed;

        public Enumerator(PullProbe<T> probe, List<MarbleSymbol> calls, CancellationToken cancellationToken)
        {
            _probe = probe;
            _calls = calls;
            _cancellationToken = cancellationToken;
            _start = probe._clock.Now;
            _registration = cancellationToken.UnsafeRegister(static e => ((Enumerator)e!).OnCancelled(), this);
        }

        public T Current { get; private set; } = default!;

        public ValueTask<bool> MoveNextAsync()
        {
            _probe.Log(_calls, MarbleKind.Request);
            if (_isDisposed)
                _probe.Violate("MoveNextAsync after DisposeAsync");
            if (_isReading)
            {
                _probe.Violate("MoveNextAsync during MoveNextAsync");
                return ValueTask.FromException<bool>(new InvalidOperationException($"MoveNextAsync of '{_probe.Name}' was called again before the call before it had completed."));
            }

            if (_cancellationToken.IsCancellationRequested && !_probe.IgnoresCancellation)
                return ValueTask.FromCanceled<bool>(_cancellationToken);

            if (_hasEnded && _next == _probe._marbles.Count)
                return ValueTask.FromResult(false);

            _promise.Reset();
            _isReading = true;
            if (_next < _probe._marbles.Count)
            {
                var now = _probe._clock.Now;
                var due = DueTime(now);
                if (due <= now)
                    Deliver();
                else
                    _delivery = _probe._clock.At(due, this, _probe.Name, Deliver);
            }

            return new ValueTask<bool>(this, _promise.Version);
        }

        public ValueTask DisposeAsync()
        {
            _probe.Log(_calls, MarbleKind.Unsubscribe);
            if (_isReading)
                _probe.Violate("DisposeAsync during MoveNextAsync");
            if (_isDisposed)
                _probe.Violate("DisposeAsync after DisposeAsync");
            _isDisposed = true;
            _registration.Unregister();

            // Through the promise, not a task: a task hands exceptions of its continuation to the pool, where no test can
            // catch them; the promise hands them to whoever runs the clock.
            _disposal.Reset();
            if (_probe.DisposalFrames > 0)
                _probe._clock.At(_probe._clock.Now + (_probe.DisposalFrames * _probe._clock.FrameSize), this, _probe.Name, FinishDisposal);
            else
                FinishDisposal();
            return new ValueTask(this, _disposal.Version);
        }

        private TimeSpan DueTime(TimeSpan now)
        {
            var time = _probe._marbles[_next].Time;
            if (!_probe.PacedByRequests)
                return _start + time;

            return now + time - (_next == 0 ? TimeSpan.Zero : _probe._marbles[_next - 1].Time);
        }

        private void FinishDisposal()
        {
            if (_probe.DisposalFailure is { } failure)
                _disposal.SetException(failure);
            else
                _disposal.SetResult(false);
        }

        private void Deliver()
        {
            // Before the continuation runs, which may read on.
            _isReading = false;
            var isInsideTheCall = _delivery is null;
            _delivery = null;
            var notification = _probe._marbles[_next++].Notification;
            _hasEnded = notification.Kind != NotificationKind.OnNext;
            switch (notification.Kind)
            {
                case NotificationKind.OnNext:
                    Current = notification.Value;
                    _promise.SetResult(true);
                    break;
                case NotificationKind.OnError when isInsideTheCall && _probe.ThrowsFromMoveNextAsync:
                    throw notification.Exception!;
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
            _probe.Log(_calls, MarbleKind.Cancellation);
            if (!_isReading || _probe.IgnoresCancellation)
                return;

            _isReading = false;
            _delivery?.Dispose();
            _promise.SetException(new OperationCanceledException(_cancellationToken));
        }

        bool IValueTaskSource<bool>.GetResult(short token) => _promise.GetResult(token);

        void IValueTaskSource.GetResult(short token) => _disposal.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _disposal.GetStatus(token);

        void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _disposal.OnCompleted(continuation, state, token, flags);

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _promise.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _promise.OnCompleted(continuation, state, token, flags);
    }
}
