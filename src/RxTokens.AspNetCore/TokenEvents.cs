namespace RxTokens;

/// <summary>The names of the events that the library itself sends: what a client listens to, beside the items.</summary>
/// <remarks>
/// None is <c>error</c>, <c>open</c> or <c>message</c>: an <c>EventSource</c> fires events of its own by those names.
/// </remarks>
public static class TokenEvents
{
    /// <summary>The stream is complete. Always the last event; without one of the names of this class at its end, a stream was cut.</summary>
    public const string End = "end";

    /// <summary>The stream has failed; the data is JSON with a <c>message</c> that is safe to show. Always the last event.</summary>
    public const string Failure = "failure";

    /// <summary>The server stops; the data is JSON with a <c>message</c>, <c>retry</c> says when to come back. Always the last event.</summary>
    public const string Stopped = "stopped";

    /// <summary>The user's quota is used up; the data is JSON with a <c>message</c> and, where it is known, <c>retryAfter</c> in seconds. Always the last event.</summary>
    public const string Quota = "quota";

    /// <summary>What the client has not got yet is not kept any longer; the stream goes on with what there is.</summary>
    public const string Lost = "lost";

    /// <summary>The stream was left unfinished by a server that is no more. Always the last event.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>The id of the first event of a stream that numbers none itself: a client that comes back with it had begun to read.</summary>
    internal const string StartedId = "started";

    /// <summary>The id of the last event of a stream that cannot be resumed: a client that comes back with it has all there is.</summary>
    internal const string EndedId = "ended";

    /// <summary>What <see cref="Stopped"/> says of a server that stops, whether the response has heard of it first or the answer that it follows.</summary>
    internal const string StoppedMessage = "The server is stopping.";

    /// <summary>Whether an event of this name is the last of its stream.</summary>
    internal static bool IsLast(string eventType) => eventType is End or Failure or Stopped or Quota or Interrupted;
}
