using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RxTokens;

/// <summary>How an item becomes JSON, and what it was again.</summary>
internal sealed record ItemFormat<T>(Action<Utf8JsonWriter, T> Write, Func<JsonElement, T> Read);

internal static class ItemFormat
{
    public static ItemFormat<string> Text { get; } = new(JsonText.Write, JsonText.Read);

    public static ItemFormat<T> Of<T>(JsonTypeInfo<T> itemType)
    {
        ArgumentNullException.ThrowIfNull(itemType);

        return new ItemFormat<T>(
            (json, item) => JsonSerializer.Serialize(json, item, itemType),
            json => json.Deserialize(itemType)!);
    }
}

/// <summary>Text as a JSON string or, where that would change it, as the list of its UTF-16 code units.</summary>
internal static class JsonText
{
    public static void Write(Utf8JsonWriter json, string? text)
    {
        if (text is null || IsWellFormed(text))
        {
            json.WriteStringValue(text);
            return;
        }

        json.WriteStartArray();
        foreach (var unit in text)
            json.WriteNumberValue(unit);
        json.WriteEndArray();
    }

    public static string Read(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Array => string.Concat(json.EnumerateArray().Select(unit => (char)unit.GetUInt16())),
        _ => json.GetString()!, // null, too: whoever recorded one gets one
    };

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }

        return true;
    }
}
