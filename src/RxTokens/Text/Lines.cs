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

internal sealed class LineSink(IObserver<string> observer, int maxChars) : LineCutter<string>(observer, maxChars)
{
    protected override void EndLine(ReadOnlySpan<char> rest)
    {
        if (Held == 0 && rest.Length <= MaxChars)
        {
            Emit(rest.ToString());
            return;
        }

        Hold(rest);
        Emit(TakeHeld());
    }

    protected override void AddToLine(ReadOnlySpan<char> text) => Hold(text);

    protected override void AddEnd()
    {
        if (Held > 0)
            Emit(TakeHeld());
    }
}
