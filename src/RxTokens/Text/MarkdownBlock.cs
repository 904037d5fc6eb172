using System.Diagnostics;

namespace RxTokens;

/// <summary>A top-level block of Markdown.</summary>
/// <param name="Index">Which one it is, counted from 0. It takes the place of what was told with this number and all later ones.</param>
/// <param name="Text">Its source; where it is not settled, with what is open in it closed.</param>
/// <param name="IsSettled">Whether it is whole, and will not be told again.</param>
[DebuggerDisplay("{Index}: {Text} (settled: {IsSettled})")]
public readonly record struct MarkdownBlock(int Index, string Text, bool IsSettled);
