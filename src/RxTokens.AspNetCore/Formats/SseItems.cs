using System.Buffers;
using System.Net.ServerSentEvents;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace RxTokens;

/// <summary>The framework's <see cref="SseItem{T}"/>: fields as they say, data as JSON; texts as they are, unless the caller says how JSON is written.</summary>
internal sealed class SseItems<T>(HttpContext context, JsonTypeInfo<T>? typeInfo, EventIds ids) : EventFormat<SseItem<T>>(ids)
{
    private JsonText<T>? _json; // a stream of texts needs none

    public override bool WriteItem(IBufferWriter<byte> output, SseItem<T> item)
    {
        var id = EventFields.CheckedId(item.EventId);
        if (typeInfo is null && item.Data is string or null)
        {
            EventFields.WriteEvent(output, item.EventType);
            EventFields.WriteData(output, item.Data as string);
        }
        else
        {
            var data = (_json ??= new(context, typeInfo)).Write(item.Data); // before any byte goes out: it may throw
            EventFields.WriteEvent(output, item.EventType);
            EventFields.WriteLine(output, data);
            _json.Release();
        }

        WriteIdAndEnd(output, id, item.ReconnectionInterval);
        return Ids.AreTheStreams && TokenEvents.IsLast(item.EventType);
    }
}
