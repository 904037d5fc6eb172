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

        return new PushOperator<string, string>(source, observer => new LineSink(observer, maxChars));
    }

    /// <summary>Cuts text into its lines with their ends, and tells what it has of one when nothing has come for a while.</summary>
    /// <remarks>
    /// <code>
    /// source  {a LF b}-----   --c-{d LF} -|       // LF: a line feed
    /// result  {a LF}  ----{b} ----{cd LF}-|       // Lines(5 ms)
    /// </code>
    /// <para><b>A line</b> ends as for <see cref="Lines(IObservable{string}, int)"/>, and is told with its end: what has none is a part of a line, or the
    /// last. The joined items are the text. What has waited for <paramref name="flushAfter"/> is told as it is; the rest of its line is an
    /// item by itself, and all other borders are where they would have been. A line that ends with CR waits for what follows, which may be its LF.
    /// Half a surrogate pair goes on waiting. The wait begins with the piece after the last item that leaves text.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until a line ends, or has waited.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the line that it has cut off.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> lines are told inside the source's calls, or on <paramref name="scheduler"/>, one at a time.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="flushAfter">How long text waits for the end of its line; more than zero.</param>
    /// <param name="scheduler">The clock.</param>
    /// <param name="maxChars">The longest line with its end, in UTF-16 characters; at least 1.</param>
    /// <returns>The lines. Fails with a <see cref="BackpressureException"/>, after what it has of it, where one is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="flushAfter"/> or <paramref name="maxChars"/> is not positive.</exception>
    public static IObservable<string> Lines(this IObservable<string> source, TimeSpan flushAfter, IScheduler scheduler, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(flushAfter, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return new PushOperator<string, string>(source, observer => new EndedLineSink(observer, maxChars, flushAfter, scheduler));
    }

    /// <summary>Cuts text into its lines with their ends, and tells what it has of one when nothing has come for a while.</summary>
    /// <remarks>
    /// <code>
    /// source  {a LF b}-----   --c-{d LF} -|       // LF: a line feed
    /// result  {a LF}  ----{b} ----{cd LF}-|       // Lines(5 ms)
    /// </code>
    /// <para>As <see cref="Lines(IObservable{string}, TimeSpan, IScheduler, int)"/>.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until a line ends, or has waited.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the line that it has cut off.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> lines are told inside the source's calls, or where <paramref name="timeProvider"/> calls its timers back, one at a time.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="flushAfter">How long text waits for the end of its line; more than zero.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="maxChars">The longest line with its end, in UTF-16 characters; at least 1.</param>
    /// <returns>The lines. Fails with a <see cref="BackpressureException"/>, after what it has of it, where one is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="flushAfter"/> or <paramref name="maxChars"/> is not positive.</exception>
    public static IObservable<string> Lines(this IObservable<string> source, TimeSpan flushAfter, TimeProvider timeProvider, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return source.Lines(flushAfter, timeProvider.AsScheduler(), maxChars);
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

/// <summary>Lines with their ends.</summary>
internal sealed class EndedLineSink(IObserver<string> observer, int maxChars, TimeSpan flushAfter, IScheduler? scheduler)
    : SegmentSink(observer, "A line", maxChars, flushAfter, scheduler)
{
    private bool _isAfterReturn;

    protected override bool Next(int codePoint)
    {
        if (_isAfterReturn && codePoint != '\n')
            Cut(Held);
        _isAfterReturn = codePoint == '\r';
        return codePoint == '\n';
    }
}
