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
    /// with <paramref name="wholeWords"/>, nothing of it. White space stands at the begin of the next word, so none is left at the end. A longer begin may have fewer tokens than a shorter one, so that
    /// it is not enough to find one that fits: the next 256 are tried, too. Where 256 in a row are too many, all longer ones are taken to be. (The longest token of <c>o200k</c> has 128 characters.)</para>
    /// <para><b>Cost:</b> at the end, about 270 counts of what is told and a little more, once. Text without white space (Chinese, or one endless word) is held and counted as one word:
    /// give it an <paramref name="isBorder"/>, such as <c>(before, after) => before == '\n' &amp;&amp; char.IsLetter(after)</c>, where <c>o200k</c> splits, too. A tokenizer may itself be slow there: one count of 16,000 Chinese characters without a sign between them took
    /// 0.7 s with <c>o200k</c>, of 2,000 0.02 s; <paramref name="maxChars"/> bounds it.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until there is a border.</para>
    /// <para><b>Errors:</b> a failure of the source, or of <paramref name="maxChars"/>, arrives after what was held. Where that does not fit, the text is cut and completes there, as it does where a
    /// failure comes later: it is behind the cut. What a delegate throws is a failure of the result, and so is an <see cref="ArgumentOutOfRangeException"/> where a count is negative.</para>
    /// <para><b>Disposal:</b> the source is disposed at the end of the budget, and with the subscription.</para>
    /// <para><b>Threading:</b> text is told, and counted, inside the source's calls.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="budget">How many tokens; at least 0.</param>
    /// <param name="count">Counts the tokens of a text, such as <c>text => tokenizer.CountTokens(text)</c>; not negative.</param>
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
    private const int Near = 256; // twice the longest token of o200k

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
            if (char.IsSurrogatePair(before, piece[i]) || !IsBorder(before, piece, i, from))
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

    private bool IsBorder(char before, string piece, int at, int from)
    {
        try
        {
            return isBorder(before, piece[at]);
        }
        catch
        {
            Hold(piece.AsSpan(from, at - from)); // it is told before the failure, as it were had it come in a piece of its own
            throw;
        }
    }

    private void Tell()
    {
        var text = _held.Take(_held.Length);
        var tokens = Count(text);
        if (tokens <= budget - _told)
        {
            _told += tokens;
            Emit(text);
            return;
        }

        if (!wholeWords && LongestThatFits(text) is { Length: > 0 } begin)
        {
            _told += begin.Tokens;
            Emit(text[..begin.Length]);
        }

        if (IsOver)
            return;

        onCut?.Invoke(_told);
        Complete();
    }

    /// <summary>Of a text that does not fit.</summary>
    private (int Length, int Tokens) LongestThatFits(string text)
    {
        var longest = (Length: 0, Tokens: 0);
        bool Fits(int length)
        {
            var tokens = Count(text[..length]);
            if (tokens > budget - _told)
                return false;

            longest = (length, tokens);
            return true;
        }

        bool IsWhole(int length) => !char.IsSurrogatePair(text[length - 1], text[length]);

        // Halves first: to count each begin takes too long where there are many.
        for (var tooLong = text.Length; tooLong - longest.Length > 1 && !IsOver;)
        {
            var middle = longest.Length + ((tooLong - longest.Length) / 2);
            if (!IsWhole(middle) && --middle == longest.Length)
                break;
            if (!Fits(middle))
                tooLong = middle;
        }

        // A longer begin may have fewer tokens: what is three tokens as far as here is perhaps one with the next character.
        for (var length = longest.Length + 1; length < text.Length && length - longest.Length <= Near && !IsOver; length++)
        {
            if (IsWhole(length))
                Fits(length);
        }

        return longest;
    }

    private int Count(string text)
    {
        var tokens = count(text);
        ArgumentOutOfRangeException.ThrowIfNegative(tokens, nameof(count));
        return tokens;
    }

    private void Hold(ReadOnlySpan<char> text)
    {
        if (!_held.TryAdd(text, maxChars))
            throw TooLong("Text without a border", maxChars);
    }
}
