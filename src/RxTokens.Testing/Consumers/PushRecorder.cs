using System.Diagnostics;
using System.Reactive;

namespace RxTokens;

/// <summary>An observer that records what it gets and when, and what it should not have got.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("Received = {Received.Count}, Violations = {Violations.Count}")]
public sealed class PushRecorder<T> : IObserver<T>
{
    private readonly Timeline _clock;
    private readonly List<Marble<T>> _received = [];
    private readonly List<Violation> _violations = [];
    private bool _isInside;
    private bool _hasEnded;
    private bool _hasLeft;

    internal PushRecorder(Timeline clock) => _clock = clock;

    /// <summary>What has arrived, with the times.</summary>
    public IReadOnlyList<Marble<T>> Received => _received;

    /// <summary>The items that have arrived.</summary>
    public IReadOnlyList<T> Items => [.. _received.Where(m => m.Notification.HasValue).Select(m => m.Notification.Value)];

    /// <summary>Signals that overlapped, or followed the ending, with their times.</summary>
    public IReadOnlyList<string> Violations => [.. ProtocolViolations.Select(v => v.What)];

    /// <summary>Called with each item, after it has been recorded.</summary>
    public Action<T>? OnItem { get; set; }

    /// <inheritdoc/>
    public void OnNext(T value)
    {
        Enter(new Marble<T>(_clock.Now, Notification.CreateOnNext(value)));
        try
        {
            OnItem?.Invoke(value);
        }
        finally
        {
            _isInside = false;
        }
    }

    /// <inheritdoc/>
    public void OnError(Exception error) => End(new Marble<T>(_clock.Now, Notification.CreateOnError<T>(error)));

    /// <inheritdoc/>
    public void OnCompleted() => End(new Marble<T>(_clock.Now, Notification.CreateOnCompleted<T>()));

    /// <summary>Told of all that is recorded.</summary>
    internal Action<Marble<T>>? OnReceived { get; init; }

    /// <summary>Called at the ending: as Rx does it, a subscription is over then.</summary>
    internal Action? OnEnd { get; init; }

    /// <summary>From now on nothing may come.</summary>
    internal void Leave() => _hasLeft = true;

    internal IReadOnlyList<Violation> ProtocolViolations
    {
        get
        {
            lock (_violations)
                return [.. _violations];
        }
    }

    private void End(Marble<T> ending)
    {
        Enter(ending);
        _isInside = false;
        _hasEnded = true;
        OnEnd?.Invoke();
    }

    private void Enter(Marble<T> marble)
    {
        if (_clock.IsElsewhere)
        {
            Elsewhere(marble);
            return;
        }

        if (_hasLeft && !_hasEnded)
        {
            _violations.Add(new Violation(marble.Time, $"{marble} came after it had been left"));
            return;
        }

        if (_isInside)
            _violations.Add(new Violation(marble.Time, $"{marble} during OnNext"));
        if (_hasEnded)
            _violations.Add(new Violation(marble.Time, $"{marble} after the ending"));
        _isInside = true;
        _received.Add(marble);
        OnReceived?.Invoke(marble);
    }

    /// <summary>What comes from another thread comes at no time that means anything: it is told, and not recorded.</summary>
    private void Elsewhere(Marble<T> marble)
    {
        lock (_violations)
            _violations.Add(new Violation(marble.Time, Violation.OnAnotherThread(marble)));
    }
}
