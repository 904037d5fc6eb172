using OpenAI.Chat;

namespace Examples;

/// <summary>What one update of the stream says.</summary>
internal static class Said
{
    /// <summary>The pieces of the answer; a refusal is one, too.</summary>
    public static IEnumerable<string> In(StreamingChatCompletionUpdate update) =>
        update.ContentUpdate.Select(part => part.Text).Append(update.RefusalUpdate).Where(text => !string.IsNullOrEmpty(text));

    /// <summary>What a model thinks before it answers: no part of the protocol, but common.</summary>
    public static string? Thought(StreamingChatCompletionUpdate update)
    {
#pragma warning disable SCME0001 // Experimental, and the only place where the client keeps what it does not know.
        var rest = update.Patch;
#pragma warning restore SCME0001
        return rest.TryGetValue("$.choices[0].delta.reasoning_content"u8, out string? thought) || rest.TryGetValue("$.choices[0].delta.reasoning"u8, out thought)
            ? thought
            : null;
    }
}
