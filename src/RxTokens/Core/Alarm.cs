using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>Whom an <see cref="Alarm"/> tells.</summary>
internal interface IAwakened
{
    /// <summary>It has rung. On the scheduler's thread.</summary>
    void OnRung();
}

/// <summary>A timer that rings once, however long that takes, and knows of no other: one that comes late is looked at by nobody.</summary>
/// <remarks>
/// <code>
/// field        written by                     read by       ordered by
/// _timer       the runner, or the timer       both          interlocked
/// _left        the runner, then each timer before the next is made
/// _hasRung     the timer                      the runner    volatile, before it tells
/// </code>
/// </remarks>
internal sealed class Alarm(IAwakened owner, IScheduler scheduler, TimeSpan time) : IDisposable
{
    /// <summary>The timers of the system, and of Rx over them, take no more than 49.7 days.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    private readonly SerialDisposable _timer = new();
    private TimeSpan _left = time;
    private volatile bool _hasRung;

    /// <summary>Whether a time is none at all: what never ends needs no timer.</summary>
    public static bool IsNever(TimeSpan time) => time == System.Threading.Timeout.InfiniteTimeSpan || time == TimeSpan.MaxValue;

    /// <summary>Written before the owner is told.</summary>
    public bool HasRung => _hasRung;

    public void Start()
    {
        var time = _left < Longest ? _left : Longest;
        _left -= time;
        _timer.Disposable = scheduler.Schedule(this, time, static (_, alarm) =>
        {
            alarm.OnTimer();
            return Disposable.Empty;
        });
    }

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        if (_left > TimeSpan.Zero)
        {
            Start();
            return;
        }

        _hasRung = true;
        owner.OnRung();
    }
}
