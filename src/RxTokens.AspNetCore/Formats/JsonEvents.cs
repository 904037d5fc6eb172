using System.Buffers;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace RxTokens;

/// <summary>An event for each item, its data as JSON; texts as they are, unless the caller says how JSON is written.</summary>
internal sealed class JsonEvents<T>(HttpContext context, JsonTypeInfo<T>? typeInfo, string? eventType, EventIds ids) : EventFormat<T>(ids)
{
    private readonly JsonText<T> _json = new(context, typeInfo);
    private readonly bool _maybeEvents = typeInfo is null && (typeof(T).IsAssignableFrom(typeof(ValueType)) || BoxedEvent.IsEvent(typeof(T)));

    public override bool WriteItem(IBufferWriter<byte> output, T item)
    {
        if (_maybeEvents && BoxedEvent.Open(item) is { } @event)
        {
            WriteEvent(output, @event);
            return false;
        }

        var data = typeInfo is null && item is string or null ? default : _json.Write(item); // before any byte goes out: it may throw
        EventFields.WriteEvent(output, eventType);
        if (typeInfo is null && item is string or null)
            EventFields.WriteData(output, item as string);
        else
            EventFields.WriteLine(output, data);
        _json.Release();
        WriteIdAndEnd(output);
        return false;
    }

    private void WriteEvent(IBufferWriter<byte> output, BoxedEvent @event)
    {
        var id = EventFields.CheckedId(@event.EventId);
        var data = @event.Data is string or null ? default : _json.WriteAny(@event.Data);
        EventFields.WriteEvent(output, @event.EventType);
        if (@event.Data is string or null)
            EventFields.WriteData(output, @event.Data as string);
        else
            EventFields.WriteLine(output, data);
        _json.Release();
        WriteIdAndEnd(output, id, @event.ReconnectionInterval);
    }
}
