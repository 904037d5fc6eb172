using System.Threading.Tasks.Sources;

namespace RxTokens;

/// <summary>What has happened since the pump last looked.</summary>
[Flags]
internal enum News
{
    None = 0,

    /// <summary>The source's read or its disposal, whichever was under way, has come back.</summary>
    Landed = 1,

    /// <summary>The flush that was under way has come back.</summary>
    Flushed = 2,

    /// <summary>The timer has rung.</summary>
    Tick = 4,

    /// <summary>The host stops.</summary>
    Stopping = 8,

    /// <summary>The client is gone.</summary>
    Gone = 16,
}

/// <summary>Where all that comes from other threads meets the one loop that owns a response. Whoever rings leaves a note; the loop takes them all at once.</summary>
/// <remarks>
/// <code>
/// field          written by    read by       ordered by
/// _news          everyone      everyone      _gate; the loop's glance (HasNews) is a hint
/// _isAwaited     everyone      everyone      _gate
/// _wait          who rings     the loop      _isAwaited: only who has taken it back completes the wait, once
/// </code>
/// It allocates when it is made, and never again.
/// </remarks>
internal sealed class Bell : IValueTaskSource<News>
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<News> _wait;
    private volatile News _news;
    private bool _isAwaited;

    public Bell()
    {
        OnLanded = () => Ring(News.Landed);
        OnFlushed = () => Ring(News.Flushed);
    }

    /// <summary>What a read or a disposal calls when it comes back.</summary>
    public Action OnLanded { get; }

    /// <summary>What a flush calls when it comes back.</summary>
    public Action OnFlushed { get; }

    public bool HasNews => _news != News.None;

    public void Ring(News news)
    {
        News all;
        lock (_gate)
        {
            _news |= news;
            if (!_isAwaited)
                return;
            _isAwaited = false;
            all = Take();
        }

        // Where a source or a flush comes back the loop goes on, as an await would. A timer, a host that stops and a connection that is
        // closed have others to tell, and do not wait for what this one does.
        _wait.RunContinuationsAsynchronously = (news & ~(News.Landed | News.Flushed)) != News.None;
        _wait.SetResult(all);
    }

    /// <summary>The notes there are, or the first to come. For the loop alone, one wait at a time.</summary>
    public ValueTask<News> NextAsync()
    {
        lock (_gate)
        {
            if (_news != News.None)
                return new(Take());

            _wait.Reset();
            _isAwaited = true;
            return new(this, _wait.Version);
        }
    }

    /// <summary>The notes there are.</summary>
    public News Look()
    {
        lock (_gate)
            return Take();
    }

    private News Take() // under _gate
    {
        var all = _news;
        _news = News.None;
        return all;
    }

    News IValueTaskSource<News>.GetResult(short token) => _wait.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<News>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<News>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);
}
