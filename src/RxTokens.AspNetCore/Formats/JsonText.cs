using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace RxTokens;

/// <summary>Items as JSON, each on one line, whatever the options say of indentation.</summary>
internal sealed class JsonText<T>
{
    private readonly ScratchBuffer _bytes = new();
    private readonly JsonTypeInfo _typeInfo;
    private readonly JsonTypeInfo<T>? _exactly; // given by the caller: not for the options to bend
    private readonly Utf8JsonWriter _json;

    public JsonText(HttpContext context, JsonTypeInfo<T>? typeInfo)
    {
        _exactly = typeInfo;
        _typeInfo = typeInfo ?? OptionsOf(context).GetTypeInfo(typeof(T));
        var options = _typeInfo.Options;
        _json = new Utf8JsonWriter(_bytes, new JsonWriterOptions { Encoder = options.Encoder, MaxDepth = options.MaxDepth });
    }

    /// <summary>The item, in bytes that are there until <see cref="Release"/>.</summary>
    public ReadOnlySpan<byte> Write(T item)
    {
        Release(); // what is left of an item that failed
        if (_exactly is not null)
            JsonSerializer.Serialize(_json, item, _exactly);
        else if (typeof(T).IsValueType || item is null)
            JsonSerializer.Serialize(_json, item, (JsonTypeInfo<T>)_typeInfo);
        else
            WriteObject(item);
        return OnOneLine();
    }

    /// <summary>A value of any type.</summary>
    public ReadOnlySpan<byte> WriteAny(object? value)
    {
        Release();
        if (value is null)
            _json.WriteNullValue();
        else
            JsonSerializer.Serialize(_json, value, _typeInfo.Options.GetTypeInfo(value.GetType()));
        return OnOneLine();
    }

    public void Release()
    {
        _bytes.Dispose();
        _json.Reset(_bytes);
    }

    /// <summary>As the framework's results do: by the type of the stream where that is known to say all, else by that of the item.</summary>
    private void WriteObject(object item)
    {
        var saysAll = _typeInfo.Type == item.GetType() || _typeInfo.Type.IsSealed || _typeInfo.PolymorphismOptions is not null;
        JsonSerializer.Serialize(_json, item, saysAll ? _typeInfo : _typeInfo.Options.GetTypeInfo(typeof(object)));
    }

    /// <summary>A converter may write what it likes; between JSON's tokens a space is as good as a line end, and within strings there is none.</summary>
    private ReadOnlySpan<byte> OnOneLine()
    {
        _json.Flush();
        var bytes = _bytes.Written;
        bytes.Replace((byte)'\n', (byte)' ');
        bytes.Replace((byte)'\r', (byte)' ');
        return bytes;
    }

    private static JsonSerializerOptions OptionsOf(HttpContext context) =>
        (context.RequestServices?.GetService<IOptions<JsonOptions>>()?.Value ?? new JsonOptions()).SerializerOptions;
}
