using System.Buffers;
using System.Text.Json;

namespace RxTokens;

/// <summary>Server-sent events: what all of them have, whatever their items are.</summary>
internal abstract class EventFormat<T> : ResponseFormat<T>
{
    public const string MediaType = "text/event-stream";

    private string? _firstId;

    /// <param name="ids">Whose the ids are.</param>
    protected EventFormat(EventIds ids)
    {
        Ids = ids;
        _firstId = ids.First;
    }

    protected EventIds Ids { get; }

    public override string ContentType => MediaType;

    public override bool HasComments => true;

    public override void WriteComment(IBufferWriter<byte> output) => EventFields.WriteComment(output);

    /// <summary>An id without data: a client keeps it, and dispatches nothing.</summary>
    public override bool WriteOpening(IBufferWriter<byte> output)
    {
        if (Ids.Opening is null)
            return false;

        EventFields.WriteId(output, Ids.Opening);
        EventFields.WriteEnd(output);
        return true;
    }

    public override bool WriteEnd(IBufferWriter<byte> output)
    {
        if (Ids.AreTheStreams)
            return false;

        EventFields.WriteEvent(output, TokenEvents.End);
        EventFields.WriteLine(output, []); // without data a client dispatches nothing
        EventFields.WriteId(output, Ids.Last);
        EventFields.WriteEnd(output);
        return true;
    }

    public override bool WriteFailure(IBufferWriter<byte> output, TokenFailure failure)
    {
        WriteEnding(output, failure.EventType, failure.Message, failure.RetryAfterSeconds);
        EventFields.WriteId(output, Ids.Last); // the source has failed, and would be run again by each reconnect
        EventFields.WriteEnd(output);
        return true;
    }

    public override bool WriteStopped(IBufferWriter<byte> output, TimeSpan comeBack)
    {
        WriteEnding(output, TokenEvents.Stopped, TokenEvents.StoppedMessage, null);
        EventFields.WriteRetry(output, comeBack);
        EventFields.WriteEnd(output);
        return true;
    }

    /// <summary>Ends an event whose other fields are written; the first of a stream that has no ids gets one.</summary>
    protected void WriteIdAndEnd(IBufferWriter<byte> output, string? id = null, TimeSpan? retry = null)
    {
        EventFields.WriteId(output, id ?? _firstId);
        _firstId = null;
        EventFields.WriteRetry(output, retry);
        EventFields.WriteEnd(output);
    }

    private static void WriteEnding(IBufferWriter<byte> output, string eventType, string message, long? retryAfter)
    {
        EventFields.WriteEvent(output, eventType);
        using var data = new ScratchBuffer();
        using (var json = new Utf8JsonWriter(data))
            WriteMessage(json, null, message, retryAfter);
        EventFields.WriteLine(output, data.Written);
    }
}

/// <summary>The ids of a stream of events.</summary>
/// <param name="First">The id of the first event, if it has none itself; so that a client that comes back is known for one.</param>
/// <param name="Last">The id of the last event.</param>
/// <param name="Opening">The id that is sent with the headers, before there is an event.</param>
/// <param name="AreTheStreams">Whether the stream gives its events ids, and says its own endings: no event follows its last.</param>
internal sealed record EventIds(string? First, string? Last, string? Opening = null, bool AreTheStreams = false)
{
    /// <summary>Those of a stream that cannot be resumed.</summary>
    public static readonly EventIds OfAnyStream = new(TokenEvents.StartedId, TokenEvents.EndedId);

    /// <summary>Those of a stream that may be run again by a client that comes back in its middle.</summary>
    public static readonly EventIds OfAStreamThatRunsAgain = new(null, TokenEvents.EndedId);

    /// <summary>Those of a stream that gives its events ids, and says its own endings.</summary>
    /// <param name="opening">The id that is sent with the headers.</param>
    public static EventIds OfTheStream(string? opening) => new(null, null, opening, AreTheStreams: true);
}
