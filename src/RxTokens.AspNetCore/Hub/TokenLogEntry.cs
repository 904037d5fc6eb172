namespace RxTokens;

/// <summary>What a reader of an <see cref="ITokenLog"/> gets.</summary>
/// <param name="Text">What follows what it had; all of it that is there.</param>
/// <param name="Position">How many characters (of UTF-16) of the whole lie before the end of this.</param>
/// <param name="IsLost">Whether some of what lies between what the reader had and this text is not kept any more.</param>
/// <param name="End">How the text has ended, if it has; then nothing follows.</param>
public readonly record struct TokenLogEntry(string Text, long Position, bool IsLost, TokenLogEnd? End);
