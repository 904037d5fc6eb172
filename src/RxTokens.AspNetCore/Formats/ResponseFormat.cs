using System.Buffers;
using System.Text.Json;

namespace RxTokens;

/// <summary>How a stream looks on the wire. One object a response, used by the pump alone.</summary>
internal abstract class ResponseFormat<T>
{
    public abstract string ContentType { get; }

    /// <summary>Whether a client can be told something that it does not take for an item.</summary>
    public virtual bool HasComments => false;

    /// <summary>Whether the headers go out at once: there is nothing that could still become a status.</summary>
    public virtual bool BeginsAtOnce => false;

    public virtual void WriteComment(IBufferWriter<byte> output)
    {
    }

    /// <summary>What goes with the headers, before the first item; false for nothing.</summary>
    public virtual bool WriteOpening(IBufferWriter<byte> output) => false;

    /// <summary>An item: whole, or, if this throws, nothing of it.</summary>
    /// <returns>Whether the item itself says that it is the last.</returns>
    public abstract bool WriteItem(IBufferWriter<byte> output, T item);

    /// <summary>The plain end; false if the end of the response says it.</summary>
    public virtual bool WriteEnd(IBufferWriter<byte> output) => false;

    /// <summary>A failure; false if it cannot be said, so that only an aborted connection tells.</summary>
    public virtual bool WriteFailure(IBufferWriter<byte> output, TokenFailure failure) => false;

    /// <summary>The end that comes from a host that stops; false if it cannot be said.</summary>
    public virtual bool WriteStopped(IBufferWriter<byte> output, TimeSpan comeBack) => false;

    /// <summary>An object with a message, and when to try again.</summary>
    protected static void WriteMessage(Utf8JsonWriter json, string? type, string message, long? retryAfter)
    {
        json.WriteStartObject();
        if (type is not null)
            json.WriteString("type"u8, type);
        json.WriteString("message"u8, message);
        if (retryAfter is { } seconds)
            json.WriteNumber("retryAfter"u8, seconds);
        json.WriteEndObject();
    }
}
