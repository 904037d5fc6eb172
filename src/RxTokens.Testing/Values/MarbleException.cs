namespace RxTokens;

/// <summary>What <c>#</c> in a diagram means when nothing else is said.</summary>
/// <param name="message">The message.</param>
public sealed class MarbleException(string message) : Exception(message);
