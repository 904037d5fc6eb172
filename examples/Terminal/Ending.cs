using OpenAI.Chat;

namespace Terminal;

/// <summary>How a model says that it has ended, and what that means for the one who asked.</summary>
internal static class Ending
{
    /// <summary>Why the answer is not a complete one, although the stream is; null if it is.</summary>
    public static string? Shortfall(ChatFinishReason? reason, bool isRefusal) => reason switch
    {
        ChatFinishReason.Length => "the answer is incomplete: the model has reached its limit of tokens (length)",
        ChatFinishReason.ContentFilter => "the answer is incomplete: a filter has stopped the model (content_filter)",
        ChatFinishReason.ToolCalls => "there is no answer yet: the model asks for a tool, and has none here (tool_calls)",
        ChatFinishReason.FunctionCall => "there is no answer yet: the model asks for a function, and has none here (function_call)",
        _ => isRefusal ? "the model has refused to answer" : null,
    };
}
