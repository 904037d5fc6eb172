using System.Diagnostics;

namespace RxTokens;

/// <summary>An observer that records what it gets at which frame, and what it should not have got.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("Received = {Received.Count}, Violations = {Violations.Count}")]
public sealed class PushRecorder<T> : IObserver<T>
{
    private readonly VirtualClock _clock;
    private readonly List<Marble<T>> _received = [];
    private readonly List<string> _violations = [];
    private bool _isInside;
    private bool _hasEnded;

    internal PushRecorder(VirtualClock clock) => _clock = clock;

    /// <summary>What has arrived, with the frames.</summary>
    public IReadOnlyList<Marble<T>> Received => _received;

    /// <summary>The items that have arrived.</summary>
    public IReadOnlyList<T> Items => [.. _received.Where(m => m.Notification.HasValue).Select(m => m.Notification.Value)];

    /// <summary>Signals that overlapped, or followed the ending, with their frames.</summary>
    public IReadOnlyList<string> Violations => _violations;

    /// <summary>Called with each item, after it has been recorded.</summary>
    public Action<T>? OnItem { get; set; }

    /// <inheritdoc/>
    public void OnNext(T value)
    {
        Enter(Marble.Next(_clock.Frame, value));
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
    public void OnError(Exception error) => End(Marble.Error<T>(_clock.Frame, error));

    /// <inheritdoc/>
    public void OnCompleted() => End(Marble.End<T>(_clock.Frame));

    private void End(Marble<T> ending)
    {
        Enter(ending);
        _isInside = false;
        _hasEnded = true;
    }

    private void Enter(Marble<T> marble)
    {
        if (_isInside)
            _violations.Add($"{marble} during OnNext");
        if (_hasEnded)
            _violations.Add($"{marble} after the ending");
        _isInside = true;
        _received.Add(marble);
    }
}
