using System.Reactive.Concurrency;
using System.Text;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Cuts text into its words and what is between them, whatever pieces it comes in.</summary>
    /// <remarks>
    /// <code>
    /// source  {I've}-{␣t}        -{wo}-{!}  -|         // ␣: a space
    /// result  -     -[{I've}{␣}]--    -{two}-[{!}|]    // Words()
    /// </code>
    /// <para><b>A word</b> ends where UAX #29 has a border, by its default rules, untailored, with the data of Unicode 15.0. What is between words is told, too:
    /// a run of spaces, each sign by itself. The joined items are the text. So <c>foo.bar</c> and <c>can't</c> are one word each, and each character of
    /// Chinese or Thai, which the rules leave to dictionaries, may be one. Those that are words are told apart from the rest by a letter or a digit in them.</para>
    /// <para><see cref="WordBorders.AfterSpace"/> has other borders: an item is all up to a run of white space, and that run:
    /// <c>"Hello, "</c>, <c>"world! "</c>. No-break spaces do not end it, nor does a space with a mark on it. Text without spaces is one item, however long it is: a flush helps.</para>
    /// <para><b>When:</b> an item is told when a code point has come that does not belong to it; where a sign may be inside a word or number,
    /// <c>1.</c>, when what follows it has come.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until an item ends. What is held is the item that has not ended, and a sign behind it.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the item that it has cut off.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's.</para>
    /// <para><b>Threading:</b> items are told inside the source's calls.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="borders">Where a word ends.</param>
    /// <param name="maxChars">The longest item, in UTF-16 characters; at least 1.</param>
    /// <returns>The words and what is between them. Fails with a <see cref="BackpressureException"/>, after what it has of it, where one is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxChars"/> is not positive, or there are no such <paramref name="borders"/>.</exception>
    public static IObservable<string> Words(this IObservable<string> source, WordBorders borders = WordBorders.Unicode, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(source);
        ThrowIfUnknown(borders);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return WordsOf(source, borders, maxChars, default, null);
    }

    /// <summary>Cuts text into its words and what is between them, and tells what it has when nothing has come for a while.</summary>
    /// <remarks>
    /// <code>
    /// source  {one␣tw}  ------   o-|       // ␣: a space
    /// result  [{one}{␣}]----{tw}---[o|]    // Words(5 ms)
    /// </code>
    /// <para><b>A word</b> is one as for <see cref="Words(IObservable{string}, WordBorders, int)"/>. What has waited for <paramref name="flushAfter"/> is told as if the
    /// text had ended; its rest is an item by itself, and all other borders are where they would have been. Half a surrogate pair goes on waiting. The
    /// wait begins with the piece after the last item that leaves text.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until an item ends, or has waited.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the item that it has cut off.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> items are told inside the source's calls, or on <paramref name="scheduler"/>, one at a time.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="flushAfter">How long text waits for the end of its item; more than zero.</param>
    /// <param name="scheduler">The clock.</param>
    /// <param name="borders">Where a word ends.</param>
    /// <param name="maxChars">The longest item, in UTF-16 characters; at least 1.</param>
    /// <returns>The words and what is between them. Fails with a <see cref="BackpressureException"/>, after what it has of it, where one is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="flushAfter"/> or <paramref name="maxChars"/> is not positive, or there are no such <paramref name="borders"/>.</exception>
    public static IObservable<string> Words(
        this IObservable<string> source, TimeSpan flushAfter, IScheduler scheduler, WordBorders borders = WordBorders.Unicode, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(flushAfter, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(scheduler);
        ThrowIfUnknown(borders);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return WordsOf(source, borders, maxChars, flushAfter, scheduler);
    }

    /// <summary>Cuts text into its words and what is between them, and tells what it has when nothing has come for a while.</summary>
    /// <remarks>
    /// <code>
    /// source  {one␣tw}  ------   o-|       // ␣: a space
    /// result  [{one}{␣}]----{tw}---[o|]    // Words(5 ms)
    /// </code>
    /// <para>As <see cref="Words(IObservable{string}, TimeSpan, IScheduler, WordBorders, int)"/>.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until an item ends, or has waited.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the item that it has cut off.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> items are told inside the source's calls, or where <paramref name="timeProvider"/> calls its timers back, one at a time.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="flushAfter">How long text waits for the end of its item; more than zero.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="borders">Where a word ends.</param>
    /// <param name="maxChars">The longest item, in UTF-16 characters; at least 1.</param>
    /// <returns>The words and what is between them. Fails with a <see cref="BackpressureException"/>, after what it has of it, where one is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="flushAfter"/> or <paramref name="maxChars"/> is not positive, or there are no such <paramref name="borders"/>.</exception>
    public static IObservable<string> Words(
        this IObservable<string> source, TimeSpan flushAfter, TimeProvider timeProvider, WordBorders borders = WordBorders.Unicode, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return source.Words(flushAfter, timeProvider.AsScheduler(), borders, maxChars);
    }

    private static PushOperator<string, string> WordsOf(IObservable<string> source, WordBorders borders, int maxChars, TimeSpan flushAfter, IScheduler? scheduler) => new(
        source,
        observer => borders == WordBorders.AfterSpace
            ? new SpacedWordSink(observer, maxChars, flushAfter, scheduler)
            : new WordSink(observer, maxChars, flushAfter, scheduler));

    private static void ThrowIfUnknown(WordBorders borders)
    {
        if (borders is not (WordBorders.Unicode or WordBorders.AfterSpace))
            throw new ArgumentOutOfRangeException(nameof(borders), borders, "There are no such borders.");
    }
}

internal static class WordKinds
{
    private static readonly CodePointKinds Kinds = new(static codePoint => (byte)WordBreakTable.Find(codePoint));

    public static WordKind Of(int codePoint) => (WordKind)Kinds[codePoint];

    /// <summary>Whether it belongs to what is before it, whatever that is, and counts for nothing (WB4).</summary>
    public static bool Extends(this WordKind kind) => kind is WordKind.Extend or WordKind.Format or WordKind.Joiner;

    public static bool IsLetter(this WordKind kind) => kind is WordKind.Letter or WordKind.PictographicLetter or WordKind.HebrewLetter;

    public static bool EndsLine(this WordKind kind) => kind is WordKind.CarriageReturn or WordKind.LineFeed or WordKind.Newline;
}

/// <summary>The rules of UAX #29. A sign inside a word shows as such by what follows: until then the border before it is open.</summary>
internal sealed class WordSink(IObserver<string> observer, int maxChars, TimeSpan flushAfter, IScheduler? scheduler)
    : SegmentSink(observer, "A word", maxChars, flushAfter, scheduler)
{
    /// <summary>What has to follow the sign before which the border is open, so that there is none.</summary>
    private enum Awaited : byte
    {
        Nothing,
        Letter,
        HebrewLetter,
        Digit,
    }

    private WordKind _last; // as it is
    private WordKind _base = WordKind.Newline; // the last one that counts
    private bool _isHalfFlag;
    private Awaited _awaited;
    private int _openAt;

    protected override void CutOpen()
    {
        Cut(_openAt);
        _openAt = 0; // what is awaited still is: it shows whether the border behind is one
    }

    protected override bool Next(int codePoint)
    {
        var next = WordKinds.Of(codePoint);
        if (next == WordKind.Letter && _base == WordKind.Letter && _awaited == Awaited.Nothing)
        {
            _last = next; // WB5, as below: what most text is made of
            return false;
        }

        if (next.Extends() && !_base.EndsLine())
        {
            _last = next; // WB4
            return false;
        }

        if (!Joins(next))
        {
            Cut(Held);
            _openAt = 0;
        }

        _isHalfFlag = next == WordKind.RegionalIndicator && !(_base == WordKind.RegionalIndicator && _isHalfFlag);
        _last = next;
        _base = next.Extends() ? WordKind.Other : next;
        return next is WordKind.LineFeed or WordKind.Newline;
    }

    private bool Joins(WordKind next)
    {
        var awaited = _awaited;
        _awaited = Awaited.Nothing;
        if (awaited is Awaited.Letter && next.IsLetter() // WB7
            || awaited is Awaited.HebrewLetter && next is WordKind.HebrewLetter // WB7c
            || awaited is Awaited.Digit && next is WordKind.Numeric) // WB11
        {
            _openAt = 0;
            return true;
        }

        CutOpen(); // there was a border
        if ((_last, next) is (WordKind.CarriageReturn, WordKind.LineFeed) or (WordKind.Space, WordKind.Space)) // WB3, WB3d
            return true;
        if (_base.EndsLine() || next.EndsLine()) // WB3a, WB3b
            return false;
        if (_last == WordKind.Joiner && next is WordKind.Pictograph or WordKind.PictographicLetter) // WB3c
            return true;

        _awaited = Await(next);
        if (_awaited != Awaited.Nothing)
        {
            if ((_base, next) is not (WordKind.HebrewLetter, WordKind.SingleQuote)) // WB7a: no border, whatever follows
                _openAt = Held;
            return true;
        }

        return _base switch
        {
            _ when _base.IsLetter() => next.IsLetter() || next is WordKind.Numeric or WordKind.Connector, // WB5, WB9, WB13a
            WordKind.Numeric => next.IsLetter() || next is WordKind.Numeric or WordKind.Connector, // WB8, WB10, WB13a
            WordKind.Katakana => next is WordKind.Katakana or WordKind.Connector, // WB13, WB13a
            WordKind.Connector => next.IsLetter() || next is WordKind.Numeric or WordKind.Katakana or WordKind.Connector, // WB13a, WB13b
            WordKind.RegionalIndicator => next is WordKind.RegionalIndicator && _isHalfFlag, // WB15, WB16
            _ => false, // WB999
        };
    }

    private Awaited Await(WordKind next) => next switch
    {
        WordKind.MidLetter or WordKind.MidAny or WordKind.SingleQuote when _base.IsLetter() => Awaited.Letter, // WB6
        WordKind.DoubleQuote when _base is WordKind.HebrewLetter => Awaited.HebrewLetter, // WB7b
        WordKind.MidNumber or WordKind.MidAny or WordKind.SingleQuote when _base is WordKind.Numeric => Awaited.Digit, // WB12
        _ => Awaited.Nothing,
    };
}

/// <summary>A border behind white space that is followed by something else.</summary>
internal sealed class SpacedWordSink(IObserver<string> observer, int maxChars, TimeSpan flushAfter, IScheduler? scheduler)
    : SegmentSink(observer, "A word", maxChars, flushAfter, scheduler)
{
    private bool _isAfterSpace;

    protected override bool Next(int codePoint)
    {
        var isSpace = Rune.IsWhiteSpace(new Rune(codePoint)) && codePoint is not (0xA0 or 0x2007 or 0x202F);
        if (_isAfterSpace && !isSpace && !WordKinds.Of(codePoint).Extends())
            Cut(Held);
        _isAfterSpace = isSpace;
        return false;
    }
}
