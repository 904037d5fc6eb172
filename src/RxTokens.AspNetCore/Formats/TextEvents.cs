using System.Buffers;
using System.Text.Json;

namespace RxTokens;

/// <summary>An event for each text: as it is, or as a JSON string.</summary>
internal sealed class TextEvents(string? eventType, bool asJson, EventIds ids) : EventFormat<string>(ids)
{
    private readonly ScratchBuffer _bytes = new();
    private Utf8JsonWriter? _json;

    public override bool WriteItem(IBufferWriter<byte> output, string item)
    {
        EventFields.WriteEvent(output, eventType);
        if (asJson)
            WriteJson(output, item);
        else
            EventFields.WriteData(output, item);
        WriteIdAndEnd(output);
        return false;
    }

    private void WriteJson(IBufferWriter<byte> output, string item)
    {
        _json ??= new Utf8JsonWriter(_bytes);
        _json.WriteStringValue(item);
        _json.Flush();
        EventFields.WriteLine(output, _bytes.Written);
        _bytes.Dispose();
        _json.Reset();
    }
}
