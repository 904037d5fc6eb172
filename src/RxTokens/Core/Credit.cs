namespace RxTokens;

/// <summary>Requested items, added to by any thread (Reactive Streams 3.8, 3.17), until it is closed.</summary>
internal struct Credit
{
    private const long Closed = -1;

    private long _amount;

    /// <summary>All that was requested; <see cref="long.MaxValue"/> means no limit.</summary>
    public readonly long Amount => Volatile.Read(in _amount);

    public readonly bool IsClosed => Amount == Closed;

    /// <summary>Adds two amounts; saturates at <see cref="long.MaxValue"/>.</summary>
    public static long Sum(long amount, long more) => amount > long.MaxValue - more ? long.MaxValue : amount + more;

    /// <summary>Adds to the amount; false if it is closed.</summary>
    public bool TryAdd(long more)
    {
        var seen = Volatile.Read(in _amount);
        while (seen != Closed)
        {
            var before = Interlocked.CompareExchange(ref _amount, Sum(seen, more), seen);
            if (before == seen)
                return true;
            seen = before;
        }

        return false;
    }

    /// <summary>Refuses all additions from now on, and returns what was requested before.</summary>
    public long Close() => Interlocked.Exchange(ref _amount, Closed);
}
