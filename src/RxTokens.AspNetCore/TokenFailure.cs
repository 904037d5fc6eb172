using System.Diagnostics;

namespace RxTokens;

/// <summary>What a client is told of a failure: an event once the response has begun, a status before.</summary>
[DebuggerDisplay("{EventType,nq}: {Message}, {StatusCode}")]
public sealed class TokenFailure
{
    internal const string SafeMessage = "The stream has failed.";

    private readonly string _eventType = TokenEvents.Failure;
    private readonly string _message = SafeMessage;
    private readonly int _statusCode = 500;
    private readonly TimeSpan? _retryAfter;

    /// <summary>The name of the event; <see cref="TokenEvents.Failure"/> by default.</summary>
    /// <exception cref="ArgumentException">The value is empty or has a line break.</exception>
    public string EventType
    {
        get => _eventType;
        init => _eventType = EventFields.CheckedName(value, nameof(value));
    }

    /// <summary>What is said; safe for the client to read, and to show.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public string Message
    {
        get => _message;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            _message = value;
        }
    }

    /// <summary>The status of the response, if nothing of it is sent yet: 400 to 599; 500 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 400 or above 599.</exception>
    public int StatusCode
    {
        get => _statusCode;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 400);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 599);
            _statusCode = value;
        }
    }

    /// <summary>When it is worth trying again; sent in whole seconds, rounded up. None by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public TimeSpan? RetryAfter
    {
        get => _retryAfter;
        init
        {
            if (value is { } time)
                ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, nameof(value));
            _retryAfter = value;
        }
    }

    internal static TokenFailure OfQuota(TimeSpan? retryAfter) =>
        new() { EventType = TokenEvents.Quota, Message = "The quota is used up.", StatusCode = 429, RetryAfter = retryAfter };

    internal long? RetryAfterSeconds => RetryAfter is { } time ? Seconds(time) : null;

    /// <summary>A time as clients are told it: in whole seconds, rounded up, and at least one.</summary>
    internal static long Seconds(TimeSpan time) => Math.Max(1, (long)Math.Ceiling(time.TotalSeconds));
}
