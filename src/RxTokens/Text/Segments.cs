using System.Text.RegularExpressions;

namespace RxTokens;

/// <summary>A part of a text that a pattern cuts into matches and what lies between.</summary>
/// <param name="Text">The text.</param>
/// <param name="IsMatch">Whether it is a match: then all of it. Text between matches may come in parts.</param>
public readonly record struct TextSegment(string Text, bool IsMatch);

public static partial class TokenStream
{
    /// <summary>Cuts text into the matches of a pattern and the text between them, as <see cref="Regex.Matches(string)"/> finds them in the whole text.</summary>
    /// <remarks>
    /// <code>
    /// source  a-{b1}-2-{3c}-|
    /// result  a-{b}---[{#123}{c}]-|    // Segments(new Regex(@"\d+")); # marks a match
    /// </code>
    /// <para><b>A match</b> is told when no text that follows could change it, and text between when none could make it part of a match: as soon as all that
    /// the pattern has begun is settled. <c>\d+</c> holds the digits at the end; <c>ab|abc</c> an <c>a</c>, <c>ab</c>; <c>a(?=b)</c> an <c>a</c>;
    /// <c>&lt;.*?&gt;</c> a <c>&lt;</c> and its line up to the <c>&gt;</c> and, as the pattern might go on there, to the line's end: <c>&lt;[^&gt;]*&gt;</c> does not;
    /// <c>a(?!.*z)</c> an <c>a</c> and its line; a back-reference all that follows what it refers to. Above 64 characters it is looked again only when an
    /// eighth more has come, so that the cost stays linear. Matches without text are left out.</para>
    /// <para><c>^</c>, <c>$</c>, <c>\b</c>, look-ahead and look-behind see the stream, not the pieces; what a look-behind may need is kept. A pair of surrogates is split only by a
    /// pattern that does so.</para>
    /// <para><b>The pattern</b> is run as it is: one that may go back for very long, such as <c>(a+)+$</c>, needs <see cref="RegexOptions.NonBacktracking"/> or a
    /// <see cref="Regex.MatchTimeout"/>. One that ignores case has to be made under the culture of the call, or with <see cref="RegexOptions.CultureInvariant"/>.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until something is settled.</para>
    /// <para><b>Errors:</b> before a failure of the source, and before its own, the rest is told as if the text ended there; before a <see cref="RegexMatchTimeoutException"/>
    /// as text between matches, as nobody knows of more.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's.</para>
    /// <para><b>Threading:</b> segments are told inside the source's calls.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="maxHold">How many UTF-16 characters may be held at most; at least 1.</param>
    /// <returns>All of the text, in order. Fails with a <see cref="BackpressureException"/> where more than <paramref name="maxHold"/> characters are not settled, and with a <see cref="RegexMatchTimeoutException"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="pattern"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxHold"/> is not positive.</exception>
    /// <exception cref="ArgumentException"><paramref name="pattern"/> is <see cref="RegexOptions.RightToLeft"/> or <see cref="RegexOptions.ECMAScript"/>, has a look-behind without
    /// bound or with a look-ahead in it, <c>\G</c> or a condition <c>(?(…)…)</c>, or is too large.</exception>
    public static IObservable<TextSegment> Segments(this IObservable<string> source, Regex pattern, int maxHold = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxHold, 1);

        var open = new OpenEnd(pattern);
        return new PushOperator<string, TextSegment>(source, observer => new MatchSink(observer, pattern, open, maxHold));
    }
}

internal sealed class MatchSink(IObserver<TextSegment> observer, Regex pattern, OpenEnd open, int maxHold) : TextSink<TextSegment>(observer)
{
    private const int AtOnce = 1024; // of a long piece: what is open is looked for again behind a match, in all there is
    private const int Small = 64;

    private HeldText _text; // what has been told and can be looked back at, then what is held
    private int _told;
    private readonly OpenEnd.Attempts _attempts = new(open);
    private long _removed; // before what is kept
    private int _next; // how much is held when it is looked at next

    private int Held => _text.Length - _told;

    protected override void Add(string piece)
    {
        for (var rest = piece.AsSpan(); !rest.IsEmpty && !IsOver;)
        {
            var count = Math.Min(rest.Length, 1 + Math.Min(AtOnce - 1, maxHold - Held)); // not beyond the first character too many: where it fails is the same for every cut
            _text.Add(rest[..count]);
            _attempts.Add(rest[..count]);
            rest = rest[count..];
            if (Held < _next && Held <= maxHold)
                continue;

            Tell(isEnd: false);
            _next = Held + (Held < Small ? 1 : Held / 8);
            if (Held <= maxHold)
                continue;

            _text.RemoveHalf(); // its other half is not told any more
            throw new BackpressureException($"More than {maxHold:N0} characters wait for what settles a match of \"{pattern}\". Raise maxHold, or bound the pattern.", maxHold);
        }
    }

    protected override void AddEnd() => Tell(isEnd: true);

    private void Tell(bool isEnd)
    {
        var text = _text.Span;
        var settled = isEnd ? text.Length + 1 : FirstOpen();
        if (settled == _told)
            return;

        bool[]? isOpen = null; // each attempt by itself, from here on: found once, and only where a match has gone over the beginning of what was open
        var from = _told;
        var matches = pattern.EnumerateMatches(text, _told);
        while (!IsOver && Finds(ref matches) && matches.Current is var match && match.Index < settled)
        {
            if (match.Length == 0)
                continue;

            TellTo(match.Index, isMatch: false);
            TellTo(match.Index + match.Length, isMatch: true);
            if (_told <= settled)
                continue;

            isOpen ??= open.FindOpen(text[from..]);
            for (settled = _told; !isOpen[settled - from];)
                settled++;
        }

        if (isOpen is not null)
        {
            _attempts.Restart(_removed + settled);
            _attempts.Add(text[settled..]);
        }

        settled = Math.Min(settled, text.Length);
        if (!isEnd && settled > _told && char.IsHighSurrogate(text[settled - 1]))
            settled--;
        TellTo(settled, isMatch: false);

        // One more than is looked at: only the first character there ever was has none before it.
        var unused = _told - open.Behind - 1;
        if (unused > 0)
        {
            _text.Remove(unused);
            _told -= unused;
            _removed += unused;
        }
    }

    /// <summary>Goes on to the next match. Where that takes too long, the rest is text: nobody knows of more, and it is not tried again.</summary>
    private bool Finds(ref Regex.ValueMatchEnumerator matches)
    {
        try
        {
            return matches.MoveNext();
        }
        catch (RegexMatchTimeoutException)
        {
            TellTo(_text.Length, isMatch: false);
            throw;
        }
    }

    private int FirstOpen() => (int)(_attempts.First - _removed);

    private void TellTo(int end, bool isMatch)
    {
        if (end <= _told)
            return;

        var text = _text.Span[_told..end].ToString();
        _told = end;
        Emit(new(text, isMatch));
    }
}
