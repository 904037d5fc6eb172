using System.Buffers;
using System.Text.Json;

namespace RxTokens;

/// <summary>An event for each text: as it is, or as a JSON string.</summary>
internal sealed class TextEvents(string? eventType, bool asJson, EventIds ids) : EventFormat<string>(ids)
{
    private readonly ScratchBuffer _bytes = new();
    private Utf8JsonWriter? _json;
    private WholeCharacters _whole;

    public override bool WriteItem(IBufferWriter<byte> output, string item)
    {
        var text = _whole.Take(item);
        EventFields.WriteEvent(output, eventType);
        if (asJson)
            WriteJson(output, text);
        else
            EventFields.WriteData(output, text);
        WriteIdAndEnd(output);
        return false;
    }

    private void WriteJson(IBufferWriter<byte> output, string text)
    {
        _json ??= new Utf8JsonWriter(_bytes);
        _json.WriteStringValue(text);
        _json.Flush();
        EventFields.WriteLine(output, _bytes.Written);
        _bytes.Dispose();
        _json.Reset();
    }
}
