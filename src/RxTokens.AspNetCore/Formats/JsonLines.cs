using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace RxTokens;

/// <summary>Newline-delimited JSON: an item a line; the last line is an error if the stream was not complete.</summary>
internal sealed class JsonLines<T>(HttpContext context, JsonTypeInfo<T>? typeInfo) : ResponseFormat<T>
{
    public const string MediaType = "application/x-ndjson";

    private readonly JsonText<T> _json = new(context, typeInfo);

    public override string ContentType => MediaType;

    public override bool WriteItem(IBufferWriter<byte> output, T item)
    {
        output.Write(_json.Write(item));
        output.Write("\n"u8);
        _json.Release();
        return false;
    }

    public override bool WriteFailure(IBufferWriter<byte> output, TokenFailure failure)
    {
        WriteError(output, failure.EventType, failure.Message, failure.RetryAfterSeconds);
        return true;
    }

    public override bool WriteStopped(IBufferWriter<byte> output, TimeSpan comeBack)
    {
        WriteError(output, TokenEvents.Stopped, TokenEvents.StoppedMessage, TokenFailure.Seconds(comeBack));
        return true;
    }

    private static void WriteError(IBufferWriter<byte> output, string type, string message, long? retryAfter)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WritePropertyName("error"u8);
            WriteMessage(json, type, message, retryAfter);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }
}
