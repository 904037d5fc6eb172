namespace RxTokens;

/// <summary>For text that comes in one piece what the operators do for text that comes in many.</summary>
public static class TextExtensions
{
    /// <summary>Shows control characters as symbols, so that the text cannot control the terminal that it is printed on.</summary>
    /// <remarks>
    /// For an error message, a name, a title. What becomes of each character is said at
    /// <see cref="TokenStream.Printable(IAsyncEnumerable{string})"/>. The text is taken to begin at the beginning of a line.
    /// </remarks>
    /// <param name="text">Text that a terminal is to show, and that somebody else has written.</param>
    /// <returns>The text; the same string if there is nothing to change.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    public static string Printable(this string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        var printer = new Printer();
        var shown = printer.Show(text);
        return printer.ShowRest() is { Length: > 0 } rest ? shown + rest : shown;
    }
}
