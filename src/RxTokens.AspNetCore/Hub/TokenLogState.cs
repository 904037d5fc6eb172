namespace RxTokens;

/// <summary>Where an <see cref="ITokenLog"/> stands.</summary>
/// <param name="Start">How many characters (of UTF-16) were before the first that is kept.</param>
/// <param name="Position">How many there are in all.</param>
/// <param name="End">How the text has ended, if it has.</param>
public sealed record TokenLogState(long Start, long Position, TokenLogEnd? End);
