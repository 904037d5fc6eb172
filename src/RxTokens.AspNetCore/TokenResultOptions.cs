using System.Diagnostics;

namespace RxTokens;

/// <summary>How <see cref="TokenResults"/> serve: for all of an application by <c>services.Configure&lt;TokenResultOptions>(…)</c>, for one result by its argument.</summary>
/// <remarks>An object that is in use must not be changed.</remarks>
[DebuggerDisplay("heartbeat {Heartbeat}, headers after {HeadersAfter}, close after {CloseAfter}")]
public sealed class TokenResultOptions
{
    private TimeSpan _heartbeat = TimeSpan.FromSeconds(15);
    private TimeSpan _headersAfter = TimeSpan.FromSeconds(1);
    private TimeSpan _closeAfter = TimeSpan.FromSeconds(1);
    private TimeSpan _reconnect = TimeSpan.FromSeconds(3);

    /// <summary>How long server-sent events may be silent before a comment is sent; 15 seconds by default, <see cref="Timeout.InfiniteTimeSpan"/> for no comments.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero, negative and not infinite, or longer than a day.</exception>
    public TimeSpan Heartbeat
    {
        get => _heartbeat;
        set => _heartbeat = Checked(value, isZeroAllowed: false);
    }

    /// <summary>
    /// How long the headers wait for the first item; 1 second by default, <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes. A failure
    /// before is a status, a failure after is an event.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative and not infinite, or longer than a day.</exception>
    public TimeSpan HeadersAfter
    {
        get => _headersAfter;
        set => _headersAfter = Checked(value, isZeroAllowed: true);
    }

    /// <summary>How long a client that does not read may hold a host that stops; 1 second by default. Its connection is aborted then.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative and not infinite, or longer than a day.</exception>
    public TimeSpan CloseAfter
    {
        get => _closeAfter;
        set => _closeAfter = Checked(value, isZeroAllowed: true);
    }

    /// <summary>
    /// When clients of a host that stops come back, on average; 3 seconds by default. Each is told a time between half of it and half more than
    /// it, so that they do not all come at once.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or longer than a day.</exception>
    public TimeSpan Reconnect
    {
        get => _reconnect;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(1));
            _reconnect = value;
        }
    }

    /// <summary>
    /// Whether a client that comes back in the middle of a stream (with a <c>Last-Event-ID</c>) is served by a new run of the source; by default it
    /// gets 204, which tells an <c>EventSource</c> to stay away: a second, different answer would be added to the first. Who comes back after the end gets 204 always.
    /// </summary>
    public bool RunsAgain { get; set; }

    /// <summary>
    /// Whether texts go as JSON strings, so that each character arrives; by default they go as they are, and each line end in them, CR, LF or both,
    /// arrives as LF.
    /// </summary>
    public bool TextAsJson { get; set; }

    /// <summary>
    /// What a client is told of an exception; null, or none returned, for 500 and a message that says no more than that the stream has failed
    /// (with that of the exception in the Development environment), and for 429 and <see cref="TokenEvents.Quota"/> of a <see cref="TokenQuotaExceededException"/>.
    /// </summary>
    public Func<Exception, TokenFailure?>? DescribeFailure { get; set; }

    /// <summary>The clock; null for the one of the application's services, else the system's.</summary>
    public TimeProvider? TimeProvider { get; set; }

    private static TimeSpan Checked(TimeSpan value, bool isZeroAllowed)
    {
        if (value == Timeout.InfiniteTimeSpan)
            return value;
        if (isZeroAllowed)
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero, nameof(value));
        else
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero, nameof(value));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(1), nameof(value));
        return value;
    }
}
