namespace RxTokens.Exploration;

/// <summary>A clock that stands still, and whose timers ring a few times all the same, given up or not.</summary>
internal sealed class Leases(Scene scene) : TimeProvider
{
    private readonly List<Timer> _timers = [];

    /// <summary>The body of the thread on which they ring.</summary>
    public void Ring()
    {
        for (var rings = scene.Choose(4); rings > 0; rings--)
        {
            if (!scene.WaitUntil(() => _timers.Count > 0))
                return;

            for (var pauses = scene.Choose(10); pauses > 0; pauses--)
                Scene.Pause();
            _timers[scene.Choose(_timers.Count)].Ring();
        }
    }

    public override long GetTimestamp() => 0;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _timers.Add(new Timer(callback, state));
        return _timers[^1];
    }

    private sealed class Timer(TimerCallback callback, object? state) : ITimer
    {
        public void Ring() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
