namespace RxTokens;

/// <summary>What a full buffer over a pull source does with the next item.</summary>
public enum Overflow
{
    /// <summary>Reads no further until the consumer has made room. Nothing is lost; the source waits.</summary>
    Wait,

    /// <summary>Reads on, and drops the oldest item in the buffer for each new one.</summary>
    DropOldest,

    /// <summary>Reads on, and drops the new item.</summary>
    DropNewest,

    /// <summary>Ends the stream with a <see cref="BackpressureException"/>, after what is in the buffer has been delivered.</summary>
    Fail,
}

/// <summary>What a full buffer over a push source does with the next item. There is no <c>Wait</c>: a push source cannot.</summary>
public enum PushOverflow
{
    /// <summary>Drops the oldest item in the buffer for each new one.</summary>
    DropOldest = Overflow.DropOldest,

    /// <summary>Drops the new item.</summary>
    DropNewest = Overflow.DropNewest,

    /// <summary>Ends the stream with a <see cref="BackpressureException"/>, after what is in the buffer has been delivered.</summary>
    Fail = Overflow.Fail,
}
