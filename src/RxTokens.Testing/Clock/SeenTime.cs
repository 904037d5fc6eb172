using System.Diagnostics;

namespace RxTokens;

/// <summary>
/// How much real time somebody has waited, as far as they were there to see it: a stretch in which the whole process stood still (a busy machine, a
/// debugger) counts as one short look. Those who are waited for had no more of it.
/// </summary>
internal struct SeenTime
{
    private static readonly TimeSpan MaxLook = TimeSpan.FromMilliseconds(20);

    private TimeSpan _last;
    private TimeSpan _seen;

    public static SeenTime Start() => new() { _last = RealTime() };

    /// <summary>Looks. Whoever looks seldom sees little.</summary>
    public TimeSpan Look()
    {
        var now = RealTime();
        var since = now - _last;
        _last = now;
        return _seen += since < MaxLook ? since : MaxLook;
    }

#pragma warning disable RS0030 // How long others take is real, and no scheduler's.
    private static TimeSpan RealTime() => Stopwatch.GetElapsedTime(0);
#pragma warning restore RS0030
}
