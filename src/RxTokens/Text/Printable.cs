using System.Buffers;
using System.Reactive.Linq;
using System.Text;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Takes out what a terminal would obey, or shows it as symbols, so that no text can control the terminal that it is printed on.</summary>
    /// <remarks>
    /// <code>
    /// source    {a ESC}-{[1m b CR}-{LF c}|    // ESC, CR, LF: the control characters
    /// result    a      -b         -{LF c}|    // Printable()
    /// result 2  {a ␛}  -{[1m b}   -{LF c}|    // Printable(ControlCharacters.Show)
    /// </code>
    /// <para><b>Removed</b>, wherever it is cut: whole sequences as terminals read them (ECMA-48, with 7 and 8 bits: <c>CSI</c>, <c>OSC</c>, <c>DCS</c>, <c>SOS</c>,
    /// <c>PM</c>, <c>APC</c>, and the short ones behind <c>ESC</c>), also one that the end cuts off; the control characters that are left, but for tabs and
    /// line ends; and the embeddings, overrides and isolates of the bidirectional algorithm (U+202A to U+202E, U+2066 to U+2069), which could make a line
    /// read otherwise than it is. A string (<c>OSC</c> and the like) that is not closed in its line ends with it. What is left cannot be a sequence. A
    /// carriage return, with a line feed behind it or not, becomes a line feed, and so do U+2028 and U+2029; half a surrogate pair becomes U+FFFD.</para>
    /// <para><b>Shown:</b> characters are looked at, not sequences.</para>
    /// <list type="bullet">
    /// <item>A line feed stays. So do a carriage return and a line feed together, as one line feed; U+2028 and U+2029 become one.</item>
    /// <item>A tab becomes spaces, up to the next multiple of four UTF-16 characters in its line.</item>
    /// <item>The other control characters below U+0020, a carriage return by itself among them, and U+007F become their symbols: ␛, ␇, ␍, ␡.</item>
    /// <item>Those from U+0080 to U+009F, which a terminal may take for the beginning of a sequence, become U+FFFD, as they have no symbols.</item>
    /// <item>So do the embeddings, overrides and isolates of the bidirectional algorithm, and half a surrogate pair.</item>
    /// </list>
    /// <para><b>Everything else</b> stays as it is: combining characters, joiners, emoji and their tags, marks of direction. A surrogate pair stays, however it is cut.</para>
    /// <para><b>Demand:</b> reads until there is something to show: a carriage return, or half a surrogate pair, at the end of an item waits for
    /// the next. Reads nothing ahead. Never yields an empty string.</para>
    /// <para><b>Errors:</b> failures of the source arrive as they are; what waits for the next item then is half a character or half a line
    /// end, and is left out. At the end it is shown.</para>
    /// <para><b>Disposal:</b> as <see cref="Through"/>: once, and awaited.</para>
    /// <para><b>Threading:</b> as <see cref="Through"/>.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;string> Printable(
    ///     this IAsyncEnumerable&lt;string> source, ControlCharacters controls = ControlCharacters.Remove,
    ///     [EnumeratorCancellation] CancellationToken cancellationToken = default)
    /// {
    ///     var (read, shown) = ("", ""); // what is new is what all the text makes now, without what it made before
    ///     await foreach (var text in source.WithCancellation(cancellationToken))
    ///     {
    ///         read += text;
    ///         var all = (read is [.., '\r' or (>= '\uD800' and &lt;= '\uDBFF')] ? read[..^1] : read).Printable(controls);
    ///         if (all.Length > shown.Length)
    ///             yield return all[shown.Length..];
    ///         shown = all;
    ///     }
    ///
    ///     if (read.Printable(controls) is var whole &amp;&amp; whole.Length > shown.Length)
    ///         yield return whole[shown.Length..];
    /// }
    /// </code>
    /// </remarks>
    /// <param name="source">Text that a terminal is to show, and that somebody else has written.</param>
    /// <param name="controls">What becomes of what a terminal would obey.</param>
    /// <returns>A pull stream of text; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="controls"/> is none of the values.</exception>
    public static IAsyncEnumerable<string> Printable(this IAsyncEnumerable<string> source, ControlCharacters controls = ControlCharacters.Remove)
    {
        ArgumentNullException.ThrowIfNull(source);
        Printer.ThrowIfUnknown(controls);

        return source.Through(texts => Observable.Create<string>(observer =>
        {
            var printer = Printer.Of(controls);
            return texts.Select(printer.Show).Subscribe(
                shown =>
                {
                    if (shown.Length > 0)
                        observer.OnNext(shown);
                },
                observer.OnError,
                () =>
                {
                    if (printer.ShowRest() is { Length: > 0 } rest)
                        observer.OnNext(rest);
                    observer.OnCompleted();
                });
        }));
    }
}

/// <summary>Shows text piece by piece. What may be half of something waits for the next piece.</summary>
internal interface IPrinter
{
    string Show(string text);

    string ShowRest();
}

/// <summary>Shows control characters as symbols.</summary>
internal sealed class Printer : IPrinter
{
    private const int TabWidth = 4;
    private const char Nothing = '\0'; // it is shown at once, so it never waits
    private const char Unknown = '\uFFFD';

    /// <summary>What is not shown as it is, or may not be.</summary>
    private static readonly SearchValues<char> Suspects = SearchValues.Create(
        [.. Enumerable.Range(char.MinValue, char.MaxValue + 1).Select(c => (char)c).Where(c => c != '\n' && (char.IsSurrogate(c) || Symbol(c) != c))]);

    private char _waiting = Nothing;
    private int _column;

    public static IPrinter Of(ControlCharacters controls) => controls == ControlCharacters.Remove ? new ControlSequences() : new Printer();

    public static void ThrowIfUnknown(ControlCharacters controls)
    {
        if (controls is not (ControlCharacters.Remove or ControlCharacters.Show))
            throw new ArgumentOutOfRangeException(nameof(controls), controls, "Control characters are removed or shown.");
    }

    public string Show(string text)
    {
        if (_waiting == Nothing && !text.AsSpan().ContainsAny(Suspects))
        {
            var lineEnd = text.LastIndexOf('\n');
            _column = lineEnd < 0 ? _column + text.Length : text.Length - lineEnd - 1;
            return text;
        }

        var shown = new StringBuilder(text.Length + TabWidth);
        foreach (var c in text)
            Take(c, shown);
        return shown.ToString();
    }

    public string ShowRest()
    {
        var rest = _waiting == Nothing ? "" : Symbol(_waiting).ToString();
        _waiting = Nothing;
        return rest;
    }

    private void Take(char c, StringBuilder shown)
    {
        var before = _waiting;
        _waiting = Nothing;
        if (char.IsSurrogatePair(before, c))
        {
            Put(before, shown);
            Put(c, shown);
            return;
        }

        if (before != Nothing && (before, c) is not ('\r', '\n'))
            Put(Symbol(before), shown);
        if (c == '\r' || char.IsHighSurrogate(c))
            _waiting = c;
        else if (c == '\t')
            shown.Append(' ', Advance(TabWidth - _column % TabWidth));
        else
            Put(Symbol(c), shown);
    }

    private void Put(char c, StringBuilder shown)
    {
        shown.Append(c);
        _column = c == '\n' ? 0 : _column + 1;
    }

    private int Advance(int columns)
    {
        _column += columns;
        return columns;
    }

    /// <summary>What stands for a character that stands alone.</summary>
    private static char Symbol(char c) => c switch
    {
        '\n' or '\u2028' or '\u2029' => '\n',
        < ' ' => (char)('␀' + c),
        '\x7F' => '␡',
        (>= '\x80' and <= '\x9F') or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') => Unknown,
        (>= '\uD800' and <= '\uDFFF') => Unknown,
        _ => c,
    };
}
