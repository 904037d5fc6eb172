using System.Reactive.Concurrency;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Cuts text into its sentences, whatever pieces it comes in.</summary>
    /// <remarks>
    /// <code>
    /// source  {It.␣}-S     --{o.}-|          // ␣: a space
    /// result  -     -{It.␣}---   -[{So.}|]    // Sentences()
    /// </code>
    /// <para><b>A sentence</b> ends by the signs and the shapes of words, without a dictionary; the ideas are those of UAX #29, tailored. The white space behind
    /// it belongs to it, so the joined sentences are the text. In this order:</para>
    /// <list type="bullet">
    /// <item>A line's end is one, with the blank lines and the indentation behind it: items of a list and headings are sentences. Text whose lines are broken
    /// inside sentences needs its lines joined before.</item>
    /// <item>A run of terminators is one end: <c>.</c>, <c>…</c>, <c>!</c>, <c>?</c> and those of some other scripts. So are the brackets and quotes
    /// that close directly behind it, and Markdown's <c>*</c>, <c>_</c>, <c>~</c> and <c>`</c>.</item>
    /// <item>White space must follow. Not behind the terminators of Chinese and Japanese, <c>。！？｡．</c>; <c>．</c> between digits is none.</item>
    /// <item>What goes on with a comma, a colon, a semicolon, a dash or another terminator does not end there; nor, behind points alone or something that closes, what goes
    /// on with a small letter: <c>Wait... what</c>, <c>"Stop!" he said</c>.</item>
    /// <item>A single point is no terminator behind a letter by itself (<c>J.</c>), letters with points between them (<c>e.g.</c>, <c>U.S.</c>), two to four Latin letters
    /// without a vowel and not all capital (<c>Dr.</c>, <c>vs.</c>, <c>Ltd.</c>; not <c>HTML.</c>), or the number of a list at the beginning of a line (<c>1.</c>).</item>
    /// </list>
    /// <para>Shapes are wrong at times: <c>etc.</c> and <c>Prof.</c> end a sentence before a capital letter, and <c>U.S. It was cold.</c> is one sentence.</para>
    /// <para><b>When:</b> a sentence is told when the first sign or letter of the next has come, at the latest.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until a sentence ends. What is held is the sentence that has not ended.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the sentence that it has cut off.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's.</para>
    /// <para><b>Threading:</b> sentences are told inside the source's calls.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="maxChars">The longest sentence, in UTF-16 characters; at least 1.</param>
    /// <returns>The sentences. Fails with a <see cref="BackpressureException"/>, after what it has of it, where one is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxChars"/> is not positive.</exception>
    public static IObservable<string> Sentences(this IObservable<string> source, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return new PushOperator<string, string>(source, observer => new SentenceSink(observer, maxChars, default, null));
    }

    /// <summary>Cuts text into its sentences, and tells what it has of one when nothing has come for a while.</summary>
    /// <remarks>
    /// <code>
    /// source  {It.␣}------     {So}-|         // ␣: a space
    /// result  -     ----{It.␣}--   -[{So}|]    // Sentences(5 ms)
    /// </code>
    /// <para><b>A sentence</b> is one as for <see cref="Sentences(IObservable{string}, int)"/>. What has waited for <paramref name="flushAfter"/> is
    /// told as if it had ended; its rest is an item by itself, and all other borders are where they would have been. Half a surrogate pair goes on
    /// waiting. The wait begins with the piece after the last item that leaves text.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until a sentence ends, or has waited.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the sentence that it has cut off.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> sentences are told inside the source's calls, or on <paramref name="scheduler"/>, one at a time.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="flushAfter">How long text waits for the end of its sentence; more than zero.</param>
    /// <param name="scheduler">The clock.</param>
    /// <param name="maxChars">The longest sentence, in UTF-16 characters; at least 1.</param>
    /// <returns>The sentences. Fails with a <see cref="BackpressureException"/>, after what it has of it, where one is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="flushAfter"/> or <paramref name="maxChars"/> is not positive.</exception>
    public static IObservable<string> Sentences(this IObservable<string> source, TimeSpan flushAfter, IScheduler scheduler, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(flushAfter, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return new PushOperator<string, string>(source, observer => new SentenceSink(observer, maxChars, flushAfter, scheduler));
    }

    /// <summary>Cuts text into its sentences, and tells what it has of one when nothing has come for a while.</summary>
    /// <remarks>
    /// <code>
    /// source  {It.␣}------     {So}-|         // ␣: a space
    /// result  -     ----{It.␣}--   -[{So}|]    // Sentences(5 ms)
    /// </code>
    /// <para>As <see cref="Sentences(IObservable{string}, TimeSpan, IScheduler, int)"/>.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until a sentence ends, or has waited.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the sentence that it has cut off.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> sentences are told inside the source's calls, or where <paramref name="timeProvider"/> calls its timers back, one at a time.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="flushAfter">How long text waits for the end of its sentence; more than zero.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="maxChars">The longest sentence, in UTF-16 characters; at least 1.</param>
    /// <returns>The sentences. Fails with a <see cref="BackpressureException"/>, after what it has of it, where one is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="flushAfter"/> or <paramref name="maxChars"/> is not positive.</exception>
    public static IObservable<string> Sentences(this IObservable<string> source, TimeSpan flushAfter, TimeProvider timeProvider, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return source.Sentences(flushAfter, timeProvider.AsScheduler(), maxChars);
    }
}

internal sealed class SentenceSink(IObserver<string> observer, int maxChars, TimeSpan flushAfter, IScheduler? scheduler)
    : SegmentSink(observer, "A sentence", maxChars, flushAfter, scheduler)
{
    private SentenceRules _rules;

    protected override bool Next(int codePoint)
    {
        if (_rules.Next(codePoint))
            Cut(Held);
        return false;
    }
}
