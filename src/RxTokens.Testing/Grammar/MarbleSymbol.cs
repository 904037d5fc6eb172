using System.Diagnostics;

namespace RxTokens;

/// <summary>One symbol of a diagram.</summary>
/// <param name="Time">When; in a hot row counted from <c>^</c>, so that what is before it is negative.</param>
/// <param name="Kind">What it stands for.</param>
/// <param name="Text">As it is written, without braces: of an item its key.</param>
/// <param name="Count">Of a request how many items, <see cref="long.MaxValue"/> for <c>*</c>; otherwise 1.</param>
/// <param name="Index">Where it is in the diagram, in UTF-16 units from 0.</param>
[DebuggerDisplay("{Kind} {Text,nq} at {Time}")]
public readonly record struct MarbleSymbol(TimeSpan Time, MarbleKind Kind, string Text, long Count, int Index);
