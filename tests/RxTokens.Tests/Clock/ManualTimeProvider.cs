using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>The smallest time provider that is moved by hand: rings what is due, in order of time.</summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The longest due time that was asked for.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>Timers that are set.</summary>
    public int Set => _timers.Count;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan time)
    {
        var target = _now + time;
        while (_timers.MinBy(t => t.Due) is { } next && next.Due <= target)
        {
            _now = next.Due;
            _timers.Remove(next);
            next.Ring();
        }

        _now = target;
    }

    /// <summary>Moves the clock without ringing: what a busy machine does.</summary>
    public void Stall(TimeSpan time) => _now += time;

    private sealed class Timer(ManualTimeProvider clock, Action ring) : ITimer
    {
        public DateTimeOffset Due { get; private set; }

        public void Ring() => ring();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Assert.That(period, Is.EqualTo(Timeout.InfiniteTimeSpan), "this one rings once");
            clock._timers.Remove(this);
            if (dueTime == Timeout.InfiniteTimeSpan)
                return true;

            clock.Longest = dueTime > clock.Longest ? dueTime : clock.Longest;
            Due = clock._now + dueTime;
            clock._timers.Add(this);
            return true;
        }

        public void Dispose() => clock._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
