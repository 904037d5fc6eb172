namespace RxTokens;

/// <summary>What one response has come to.</summary>
internal struct ResponseFigures
{
    private TimeSpan? _waitingSince;

    public long Bytes { get; private set; }

    public long Events { get; set; }

    /// <summary>How many items were merged into another for this client, if the source can tell.</summary>
    public long? Merged { get; set; }

    /// <summary>How often a write had to wait for the client.</summary>
    public long Waits { get; private set; }

    public TimeSpan Waited { get; private set; }

    public TimeSpan LongestWait { get; private set; }

    /// <returns>How many bytes have come to those that were known.</returns>
    public long Add(long allBytes)
    {
        var more = allBytes - Bytes;
        Bytes = allBytes;
        return more;
    }

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
