using System.Buffers;
using System.Reactive.Concurrency;

namespace RxTokens;

public static partial class TokenStream
{
    private const int DefaultMaxSegment = 1 << 20;

    /// <summary>Cuts text into its lines, whatever pieces it comes in.</summary>
    /// <remarks>
    /// <code>
    /// source  a-b-{LF c}----{LF}-d|       // LF: a line feed
    /// result  ----{ab}  ----{c} --[d|]    // Lines()
    /// </code>
    /// <para><b>A line</b> ends with LF, CR LF or CR, and with nothing else (as for <see cref="TextReader.ReadLine"/> and server-sent events; the source
    /// of the rule is the HTML standard, 9.2.6). It is told without its end, at once; of CR LF at the CR. A rest without an end is a last
    /// line; behind the last end there is none.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until a line ends. What is held is the line that has not ended.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the line that it has cut off.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's.</para>
    /// <para><b>Threading:</b> lines are told inside the source's calls.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="maxChars">The longest line, in UTF-16 characters; at least 1.</param>
    /// <returns>The lines. Fails with a <see cref="BackpressureException"/>, after what it has of it, where one is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxChars"/> is not positive.</exception>
    public static IObservable<string> Lines(this IObservable<string> source, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return new TextOperator<string>(source, observer => new LineSink(observer, maxChars));
    }
}

internal sealed class LineSink(IObserver<string> observer, int maxChars) : TextSink<string>(observer)
{
    private static readonly SearchValues<char> Ends = SearchValues.Create("\r\n");

    private HeldText _line;
    private bool _isAfterReturn; // a line feed that follows belongs to it

    protected override void Add(string piece)
    {
        var text = piece.AsSpan();
        if (_isAfterReturn && !text.IsEmpty)
        {
            _isAfterReturn = false;
            if (text[0] == '\n')
                text = text[1..];
        }

        while (text.IndexOfAny(Ends) is var end and >= 0 && !IsOver)
        {
            Emit(Line(text[..end]));
            var next = end + 1;
            if (text[end] == '\r')
            {
                if (next == text.Length)
                    _isAfterReturn = true;
                else if (text[next] == '\n')
                    next++;
            }

            text = text[next..];
        }

        Hold(text);
    }

    protected override void AddEnd()
    {
        if (_line.Length > 0)
            Emit(_line.Take(_line.Length));
    }

    private string Line(ReadOnlySpan<char> rest)
    {
        if (_line.Length == 0 && rest.Length <= maxChars)
            return rest.ToString();

        Hold(rest);
        return _line.Take(_line.Length);
    }

    private void Hold(ReadOnlySpan<char> text)
    {
        var room = maxChars - _line.Length;
        _line.Add(text[..Math.Min(room, text.Length)]);
        if (text.Length > room)
            throw TooLong("A line", maxChars);
    }
}
