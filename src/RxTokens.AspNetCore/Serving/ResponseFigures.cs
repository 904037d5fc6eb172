namespace RxTokens;

/// <summary>What one response has come to.</summary>
internal struct ResponseFigures
{
    private TimeSpan? _waitingSince;

    public long Bytes { get; set; }

    public long Events { get; set; }

    /// <summary>How often a write had to wait for the client.</summary>
    public long Waits { get; private set; }

    public TimeSpan Waited { get; private set; }

    public TimeSpan LongestWait { get; private set; }

    public void BeginWait(TimeSpan now) => _waitingSince = now;

    /// <returns>How long the wait was that is over now, if there was one.</returns>
    public TimeSpan? EndWait(TimeSpan now)
    {
        if (_waitingSince is not { } since)
            return null;

        _waitingSince = null;
        var time = now - since;
        Waits++;
        Waited += time;
        if (time > LongestWait)
            LongestWait = time;
        return time;
    }
}
