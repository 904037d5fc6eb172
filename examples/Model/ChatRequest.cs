using System.Text.Json;

namespace Examples;

/// <summary>What the embedded endpoint needs to know of a request.</summary>
internal sealed record ChatRequest(string Model, int? MaxTokens, bool WantsUsage)
{
    /// <summary>The request, or what is wrong with it.</summary>
    public static async Task<(ChatRequest? Request, string? Complaint)> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        try
        {
            using var json = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            return Read(json.RootElement);
        }
        catch (JsonException)
        {
            return (null, "The body of the request is not valid JSON.");
        }
    }

    private static (ChatRequest?, string?) Read(JsonElement request)
    {
        if (request.ValueKind != JsonValueKind.Object)
            return (null, "The body of the request is not a JSON object.");
        if (!request.TryGetProperty("model", out var model) || model.ValueKind != JsonValueKind.String)
            return (null, "'model' is missing.");
        if (!request.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
            return (null, "'messages' is missing or empty.");
        if (!IsTrue(request, "stream"))
            return (null, "This endpoint streams only: set 'stream' to true.");

        var wantsUsage = request.TryGetProperty("stream_options", out var options)
            && options.ValueKind == JsonValueKind.Object && IsTrue(options, "include_usage");
        return (new ChatRequest(model.GetString()!, MaxTokensOf(request), wantsUsage), null);
    }

    private static bool IsTrue(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static int? MaxTokensOf(JsonElement request)
    {
        foreach (var name in (string[])["max_completion_tokens", "max_tokens"])
        {
            if (request.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count > 0)
                return count;
        }

        return null;
    }
}
