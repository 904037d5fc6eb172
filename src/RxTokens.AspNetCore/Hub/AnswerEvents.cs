using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RxTokens;

/// <summary>An event for what follows of an answer, as a JSON string, and one for its end. The id says what a client has after it.</summary>
/// <param name="key">Of which answer.</param>
/// <param name="opening">What a client has that is about to follow; null for one that has what is not of the answer: it must be told so before it has an id of it.</param>
/// <param name="comeBack">When a client of an answer that was stopped should come back: all of its followers hear that at once.</param>
internal sealed class AnswerEvents(StreamKey key, long? opening, Func<TimeSpan> comeBack) : EventFormat<TokenLogEntry>(EventIds.OfTheStream(opening is { } position ? key.EventId(position) : null))
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }; // it does not go into a page as it is

    private readonly ScratchBuffer _bytes = new();

    /// <summary>So that a client that is cut while the model still thinks knows where to come back to.</summary>
    public override bool BeginsAtOnce => true;

    public override bool WriteItem(IBufferWriter<byte> output, TokenLogEntry item)
    {
        if (item.IsLost)
            WriteLost(output, item.Position - item.Text.Length);
        if (item.Text.Length > 0)
            Write(output, eventType: null, key.EventId(item.Position), json => json.WriteStringValue(item.Text));
        if (item.End is { } end)
            WriteEnd(output, end);
        return item.End is not null;
    }

    /// <summary>What is said to a client that has what is not of this answer, or not of it any more: it begins anew.</summary>
    public void WriteLost(IBufferWriter<byte> output, long start) => Write(output, TokenEvents.Lost, key.EventId(start), json =>
    {
        json.WriteStartObject();
        json.WriteNumber("position"u8, start);
        json.WriteEndObject();
    });

    private void WriteEnd(IBufferWriter<byte> output, TokenLogEnd end)
    {
        var retry = end.EventType == TokenEvents.Stopped ? comeBack() : default(TimeSpan?);
        Write(output, end.EventType, key.LastEventId, json =>
        {
            json.WriteStartObject();
            if (end.Message is { } message)
                json.WriteString("message"u8, message);
            if (end.RetryAfter is { } time)
                json.WriteNumber("retryAfter"u8, TokenFailure.Seconds(time));
            json.WriteEndObject();
        }, retry);
    }

    private void Write(IBufferWriter<byte> output, string? eventType, string id, Action<Utf8JsonWriter> write, TimeSpan? retry = null)
    {
        using (var json = new Utf8JsonWriter(_bytes, Relaxed))
            write(json);
        EventFields.WriteEvent(output, eventType);
        EventFields.WriteLine(output, _bytes.Written);
        _bytes.Dispose();
        EventFields.WriteId(output, id);
        EventFields.WriteRetry(output, retry);
        EventFields.WriteEnd(output);
    }
}
