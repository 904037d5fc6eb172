namespace RxTokens;

/// <summary>What a full buffer does with the next item: the words of <see cref="System.Threading.Channels.BoundedChannelFullMode"/> with the same meanings, and <see cref="Fail"/>.</summary>
public enum Overflow
{
    /// <summary>Reads no further until the consumer has made room. Nothing is lost; the source waits. Not for push sources, which cannot.</summary>
    Wait,

    /// <summary>Drops the oldest item in the buffer for each new one.</summary>
    DropOldest,

    /// <summary>Drops the newest item in the buffer for each new one.</summary>
    DropNewest,

    /// <summary>Drops the new item.</summary>
    DropWrite,

    /// <summary>Ends the stream with a <see cref="BackpressureException"/>, after what is in the buffer has been delivered.</summary>
    Fail,
}
