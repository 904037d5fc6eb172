using System.Diagnostics;

namespace RxTokens;

/// <summary>Whether a block of code between fences has ended, and how.</summary>
public enum CodeFenceState
{
    /// <summary>More of it may come.</summary>
    Open,

    /// <summary>By a closing fence.</summary>
    Closed,

    /// <summary>By the end of the list item or block quote that it stands in.</summary>
    EndedByContainer,

    /// <summary>By the end, or a failure, of the text.</summary>
    EndedByText,
}

/// <summary>Of a block of code between fences, what is new.</summary>
/// <param name="Index">Which block it is, counted from 0.</param>
/// <param name="Info">What stands behind the opening fence, as it is written, without the blanks around it.</param>
/// <param name="Text">What follows the text that has been told of the block; its lines end with LF.</param>
/// <param name="State">Whether the block has ended: nothing more comes of it then.</param>
[DebuggerDisplay("{Index} {Info}: {Text} ({State})")]
public readonly record struct CodeFence(int Index, string Info, string Text, CodeFenceState State)
{
    /// <summary>The first word of <see cref="Info"/>, which by custom is the language; empty where there is none.</summary>
    public string Language => Info.AsSpan().IndexOfAny(' ', '\t') is var end and >= 0 ? Info[..end] : Info;
}
