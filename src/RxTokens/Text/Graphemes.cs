using System.Globalization;
using System.Reactive.Concurrency;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Cuts text into what a reader takes for its characters (extended grapheme clusters), whatever pieces it comes in.</summary>
    /// <remarks>
    /// <code>
    /// source  {ae}-{MARK}-b      -|       // MARK: U+0301, an accent
    /// result  a   --     -{eMARK}-[b|]    // Graphemes()
    /// </code>
    /// <para><b>A cluster</b> is one by the rules of UAX #29, untailored: a letter with its marks, a flag, a family of emoji, a Hangul syllable, CR LF.
    /// The joined clusters are the text. The version of Unicode is that of the framework, and so are the clusters, as
    /// <see cref="StringInfo.GetTextElementEnumerator(string)"/> has them for the whole text, but for rule GB9c, which the framework
    /// lacks: consonants that a virama joins, in Devanagari, Bengali, Gujarati, Oriya, Telugu and Malayalam (Unicode 15 has the list of
    /// them; the rule is that of Unicode 16), are one cluster, क्ष. Half a surrogate pair is passed on as it is, and counts as U+FFFD does.</para>
    /// <para><b>When:</b> a cluster is told when a code point has come that does not belong to it, for until then it may grow: one behind. Controls
    /// and line feeds, which never grow, are told at once.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until a cluster ends. What is held is the cluster that has not ended.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the cluster that it has cut off.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's.</para>
    /// <para><b>Threading:</b> clusters are told inside the source's calls.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="maxChars">The longest cluster, in UTF-16 characters; at least 1.</param>
    /// <returns>The clusters. Fails with a <see cref="BackpressureException"/>, after what it has of it, where one is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxChars"/> is not positive.</exception>
    public static IObservable<string> Graphemes(this IObservable<string> source, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return new PushOperator<string, string>(source, observer => new GraphemeSink(observer, maxChars, default, null));
    }

    /// <summary>Cuts text into what a reader takes for its characters, and tells the last one, too, when nothing has come for a while.</summary>
    /// <remarks>
    /// <code>
    /// source  {ab}------c-|
    /// result  a   ----b---[c|]    // Graphemes(5 ms)
    /// </code>
    /// <para><b>A cluster</b> is one as for <see cref="Graphemes(IObservable{string}, int)"/>. One that has waited for
    /// <paramref name="flushAfter"/> is told as if it had ended; what belongs to it and comes later is an item by itself, and the clusters
    /// behind are what they would have been. Half a surrogate pair goes on waiting. The wait begins with the piece after the last item that leaves text.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until a cluster ends, or has waited.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the cluster that it has cut off.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> clusters are told inside the source's calls, or on <paramref name="scheduler"/>, one at a time.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="flushAfter">How long a cluster waits for what may belong to it; more than zero.</param>
    /// <param name="scheduler">The clock.</param>
    /// <param name="maxChars">The longest cluster, in UTF-16 characters; at least 1.</param>
    /// <returns>The clusters. Fails with a <see cref="BackpressureException"/>, after what it has of it, where one is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="flushAfter"/> or <paramref name="maxChars"/> is not positive.</exception>
    public static IObservable<string> Graphemes(this IObservable<string> source, TimeSpan flushAfter, IScheduler scheduler, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(flushAfter, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return new PushOperator<string, string>(source, observer => new GraphemeSink(observer, maxChars, flushAfter, scheduler));
    }

    /// <summary>Cuts text into what a reader takes for its characters, and tells the last one, too, when nothing has come for a while.</summary>
    /// <remarks>
    /// <code>
    /// source  {ab}------c-|
    /// result  a   ----b---[c|]    // Graphemes(5 ms)
    /// </code>
    /// <para>As <see cref="Graphemes(IObservable{string}, TimeSpan, IScheduler, int)"/>.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until a cluster ends, or has waited.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the cluster that it has cut off.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> clusters are told inside the source's calls, or where <paramref name="timeProvider"/> calls its timers back, one at a time.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="flushAfter">How long a cluster waits for what may belong to it; more than zero.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="maxChars">The longest cluster, in UTF-16 characters; at least 1.</param>
    /// <returns>The clusters. Fails with a <see cref="BackpressureException"/>, after what it has of it, where one is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="flushAfter"/> or <paramref name="maxChars"/> is not positive.</exception>
    public static IObservable<string> Graphemes(this IObservable<string> source, TimeSpan flushAfter, TimeProvider timeProvider, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return source.Graphemes(flushAfter, timeProvider.AsScheduler(), maxChars);
    }
}

internal sealed class GraphemeSink(IObserver<string> observer, int maxChars, TimeSpan flushAfter, IScheduler? scheduler)
    : SegmentSink(observer, "A grapheme cluster", maxChars, flushAfter, scheduler)
{
    private GraphemeBorders _borders;

    protected override bool Next(int codePoint)
    {
        var (joins, isEnd) = _borders.Next(codePoint);
        if (!joins)
            Cut(Held);
        return isEnd;
    }
}
