namespace RxTokens;

public static partial class TokenStream
{
    private const int DefaultMaxUncounted = 1 << 14;

    /// <summary>Passes the longest begin of a text that a tokenizer counts as no more than so many tokens, the same however the text was cut, and ends there.</summary>
    /// <remarks>
    /// <code>
    /// source  {one}-{_t}-{wo_th}-{ree}-{_four}-{_five}-|    // _: a space
    /// result  --{one}-{_two}---{_three}-|                    // TakeTokens(3, words, wholeWords: true)
    /// </code>
    /// <para><b>Counts</b> of pieces do not add up to that of the text: <c>hello</c> is one token, <c>hel</c> and <c>lo</c> are two. But they do at certain borders, at which
    /// a tokenizer splits text in any case. Text is counted once, from one such border to the next, so that it is told when there is the
    /// next border: a word later than it came. Unless <paramref name="isBorder"/> says otherwise, a border is before white space behind anything else, but not before a line end:
    /// there, the splitting patterns of the OpenAI encodings (<c>r50k</c>, <c>cl100k</c>, <c>o200k</c>) have one. For a tokenizer that
    /// has none at all, <c>(_, _) => false</c> counts the whole; for one that counts characters, <c>(_, _) => true</c> waits for nothing.</para>
    /// <para><b>The end:</b> where the tokens up to the next border are too many, the longest begin of that text that still fits is told, but no half of a surrogate pair; or,
    /// with <paramref name="wholeWords"/>, nothing of it. To find it, the counter is asked for shorter and shorter begins. White space stands at the begin of the next word, so none is left at the end.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until there is a border.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after what was held, as far as it fits. What a delegate throws is a failure of the result.</para>
    /// <para><b>Disposal:</b> the source is disposed at the end of the budget, and with the subscription.</para>
    /// <para><b>Threading:</b> text is told, and counted, inside the source's calls.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="budget">How many tokens; at least 0.</param>
    /// <param name="count">Counts the tokens of a text, such as <c>text => tokenizer.CountTokens(text)</c>.</param>
    /// <param name="wholeWords">Whether to end only at a border.</param>
    /// <param name="isBorder">Whether counts add up between these two characters, whatever stands around them; it is not asked within a surrogate pair.</param>
    /// <param name="onCut">Called where the text was longer than the budget, before the completion, with the number of tokens that were told; not where the text has ended by itself.</param>
    /// <param name="maxChars">How many UTF-16 characters there may be without a border; at least 1.</param>
    /// <returns>The begin of the text. Fails with a <see cref="BackpressureException"/> where there are more than <paramref name="maxChars"/> characters without a border.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="count"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative, or <paramref name="maxChars"/> not positive.</exception>
    public static IObservable<string> TakeTokens(
        this IObservable<string> source,
        int budget,
        Func<string, int> count,
        bool wholeWords = false,
        Func<char, char, bool>? isBorder = null,
        Action<int>? onCut = null,
        int maxChars = DefaultMaxUncounted)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(budget);
        ArgumentNullException.ThrowIfNull(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return new PushOperator<string, string>(source, observer => new BudgetSink(observer, budget, count, wholeWords, isBorder ?? IsBeforeBlank, onCut, maxChars));
    }

    private static bool IsBeforeBlank(char before, char after) => char.IsWhiteSpace(after) && after is not ('\r' or '\n') && !char.IsWhiteSpace(before);
}

internal sealed class BudgetSink(
    IObserver<string> observer, int budget, Func<string, int> count, bool wholeWords, Func<char, char, bool> isBorder, Action<int>? onCut, int maxChars)
    : TextSink<string>(observer)
{
    private HeldText _held; // since the last border
    private int _told; // in tokens

    protected override void Add(string piece)
    {
        var from = 0;
        for (var i = 0; i < piece.Length; i++)
        {
            if (_held.Length + i - from == 0)
                continue;
            var before = i > from ? piece[i - 1] : _held[_held.Length - 1];
            if (char.IsSurrogatePair(before, piece[i]) || !isBorder(before, piece[i]))
                continue;

            Hold(piece.AsSpan(from, i - from));
            from = i;
            Tell();
            if (IsOver)
                return;
        }

        Hold(piece.AsSpan(from));
    }

    protected override void AddEnd()
    {
        if (_held.Length > 0)
            Tell();
    }

    private void Tell()
    {
        var text = _held.Take(_held.Length);
        var tokens = count(text);
        if (tokens <= budget - _told)
        {
            _told += tokens;
            Emit(text);
            return;
        }

        for (var end = wholeWords ? 0 : text.Length - 1; end > 0; end--)
        {
            if (char.IsSurrogatePair(text[end - 1], text[end]))
                continue;

            var begin = text[..end];
            tokens = count(begin);
            if (tokens > budget - _told)
                continue;

            _told += tokens;
            Emit(begin);
            break;
        }

        if (IsOver)
            return;

        onCut?.Invoke(_told);
        Complete();
    }

    private void Hold(ReadOnlySpan<char> text)
    {
        if (!_held.TryAdd(text, maxChars))
            throw TooLong("Text without a border", maxChars);
    }
}
