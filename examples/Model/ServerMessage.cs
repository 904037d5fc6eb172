using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OpenAI.Chat;

namespace Examples;

/// <summary>Finds what a server says, in the shapes in which servers say it.</summary>
internal static partial class ServerMessage
{
    /// <summary>Where the text is, the best place first: OpenAI, Ollama, vLLM, FastAPI, gateways.</summary>
    private static readonly string[] Places = ["error", "message", "detail", "msg", "errors", "error_description", "title", "reason", "type", "code"];

    /// <summary>What the body of a response says; null if it says nothing that a person can read.</summary>
    public static string? In(ReadOnlyMemory<byte> body, string? mediaType)
    {
        if (Parse(body) is { } json)
            return In(json);

        var text = Encoding.UTF8.GetString(body.Span).Trim();
        if (text.StartsWith('<'))
            return Title().Match(text) is { Success: true } title ? Quotable(WebUtility.HtmlDecode(title.Groups[1].Value)) : null;
        return mediaType is null or "text/plain" ? Quotable(text) : null;
    }

    /// <summary>What an error event says; null if the event is none.</summary>
    public static string? In(StreamingChatCompletionUpdate update)
    {
#pragma warning disable SCME0001 // Experimental, and the only place where the client keeps what it does not know.
        var rest = update.Patch;
#pragma warning restore SCME0001
        if (rest.TryGetJson("$.error"u8, out var error) && Parse(error) is { ValueKind: not JsonValueKind.Null } json)
            return In(json) ?? "an error without a message";
        if (rest.TryGetValue("$.object"u8, out string? kind) && kind == "error")
            return rest.TryGetValue("$.message"u8, out string? message) ? Quotable(message) : "an error without a message";
        return null;
    }

    /// <summary>What an error says that is in an event which the client cannot read; null if there is none.</summary>
    public static string? InEvents(string stream) => stream.Split('\n')
        .Where(line => line.StartsWith("data:", StringComparison.Ordinal) && line.Contains("\"error\"", StringComparison.Ordinal))
        .Select(line => Parse(Encoding.UTF8.GetBytes(line[5..])) is { } json ? ErrorIn(json) ?? ErrorIn(FirstChoiceOf(json)) : null)
        .LastOrDefault(message => message is not null);

    private static JsonElement FirstChoiceOf(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0
            ? choices[0]
            : default;

    private static string? ErrorIn(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("error", out var error) ? In(error) : null;

    private static string? In(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => Quotable(json.GetString()),
        JsonValueKind.Number => json.GetRawText(),
        JsonValueKind.Array => Quotable(string.Join("; ", json.EnumerateArray().Select(In).OfType<string>())),
        JsonValueKind.Object => Places
            .SelectMany(place => json.EnumerateObject().Where(property => property.Name.Equals(place, StringComparison.OrdinalIgnoreCase)))
            .Select(property => In(property.Value))
            .FirstOrDefault(text => text is not null),
        _ => null,
    };

    private static JsonElement? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Quotable(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    [GeneratedRegex("<title[^>]*>(.*?)</title>", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Title();
}
