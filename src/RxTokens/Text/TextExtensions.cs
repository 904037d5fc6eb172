namespace RxTokens;

/// <summary>For text that comes in one piece what the operators do for text that comes in many.</summary>
public static class TextExtensions
{
    /// <summary>Takes out what a terminal would obey, or shows it as symbols, so that the text cannot control the terminal that it is printed on.</summary>
    /// <remarks>
    /// For an error message, a name, a title. What becomes of each character is said at
    /// <see cref="TokenStream.Printable(IAsyncEnumerable{string}, ControlCharacters)"/>. The text is taken to begin at the beginning of a line.
    /// </remarks>
    /// <param name="text">Text that a terminal is to show, and that somebody else has written.</param>
    /// <param name="controls">What becomes of what a terminal would obey.</param>
    /// <returns>The text; the same string if there is nothing to change.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="controls"/> is none of the values.</exception>
    public static string Printable(this string text, ControlCharacters controls = ControlCharacters.Remove)
    {
        ArgumentNullException.ThrowIfNull(text);
        Printer.ThrowIfUnknown(controls);

        var printer = Printer.Of(controls);
        var shown = printer.Show(text);
        return printer.ShowRest() is { Length: > 0 } rest ? shown + rest : shown;
    }
}
