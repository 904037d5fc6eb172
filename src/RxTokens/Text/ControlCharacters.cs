namespace RxTokens;

/// <summary>What <see cref="TokenStream.Printable(IAsyncEnumerable{string}, ControlCharacters)"/> does with what a terminal would obey.</summary>
public enum ControlCharacters
{
    /// <summary>Takes it out, whole sequences at a time: what is left reads as the text would on a terminal without colours.</summary>
    Remove,

    /// <summary>Shows each character as a symbol, and so everything that was there: for messages, logs, and whoever wants to see what was tried.</summary>
    Show,
}
