namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Sends the text between two tags, such as <c>&lt;think></c> and <c>&lt;/think></c>, down a lane of its own, wherever the tags are cut.</summary>
    /// <remarks>
    /// <code>
    /// source  {a&lt;th}--{ink>b}--{c&lt;/thi}--{nk>d}|
    /// result  a    --{(b)}  --{(c)}   --d     |    // Lanes("&lt;think>", "&lt;/think>"): in brackets what is inside
    /// </code>
    /// <para><b>Tags</b> are found character by character (ordinal), and the outermost are removed. Between them an opening tag counts one more, a closing tag
    /// one less, and both stay in the text: a lane is left at the closing tag that belongs to its opening one. Equal tags (<c>$$</c>) take turns. A closing
    /// tag outside is text. A lane that is not closed goes on to the end.</para>
    /// <para>The lanes of <c>text.Lanes(…)</c> apart: <c>lanes.Where(l => !l.IsInside).Select(l => l.Text)</c> is the answer without what was thought.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until there is text to tell. Held is the longest end of the text that begins a tag, and half
    /// a surrogate pair. What has nothing to be held is told as the string that it came in.</para>
    /// <para><b>Errors:</b> a failure of the source, like its end, arrives after what is held, which belongs to the lane that it stands in.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's.</para>
    /// <para><b>Threading:</b> text is told inside the source's calls.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="open">The tag that opens a lane; not empty, without half a surrogate pair.</param>
    /// <param name="close">The tag that closes it; the same as <paramref name="open"/>, or neither is in the other.</param>
    /// <param name="startsInside">Whether the text begins inside, as that of models whose prompt has the opening tag.</param>
    /// <returns>The text, each piece with its lane; never an empty one.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentException">A tag is null, empty, or has half a surrogate pair; or one of two tags that differ is in the other.</exception>
    public static IObservable<LaneText> Lanes(this IObservable<string> source, string open, string close, bool startsInside = false)
    {
        ArgumentNullException.ThrowIfNull(source);
        Sequences.ThrowIfBad(open, nameof(open), nameof(open));
        Sequences.ThrowIfBad(close, nameof(close), nameof(close));
        if (open != close && (open.Contains(close, StringComparison.Ordinal) || close.Contains(open, StringComparison.Ordinal)))
            throw new ArgumentException($"Of the tags '{open}' and '{close}' one is in the other: where one begins, nobody could tell which it is.", nameof(close));

        string[] inside = open == close ? [close] : [close, open];
        var (outside, within) = (new SequenceMatcher([open]), new SequenceMatcher(inside));
        return new PushOperator<string, LaneText>(source, observer => new LaneSink(observer, open, close, outside, within, startsInside));
    }
}

/// <summary>A piece of text, and whether it stands between the tags.</summary>
/// <param name="Text">The text; not empty.</param>
/// <param name="IsInside">Whether it stands between the tags.</param>
public readonly record struct LaneText(string Text, bool IsInside);

internal sealed class LaneSink(IObserver<LaneText> observer, string open, string close, SequenceMatcher outside, SequenceMatcher inside, bool startsInside)
    : TextSink<LaneText>(observer)
{
    private int _depth = startsInside ? 1 : 0;
    private int _state;
    private ReadOnlyMemory<char> _held; // that of the state, or half a surrogate pair

    private SequenceMatcher Matcher => _depth == 0 ? outside : inside;

    protected override void Add(string piece)
    {
        var start = 0; // of what is not told, behind what is held
        var at = 0;
        while (!IsOver && Matcher.Find(piece, ref at, ref _state) is var found and >= 0)
        {
            _state = SequenceMatcher.Start;
            if (_depth == 0 || found == 0)
            {
                if (_depth <= 1)
                {
                    Tell(Sequences.Join(_held.Span, piece.AsSpan(start, at - start), without: (_depth == 0 ? open : close).Length));
                    (_held, start) = (default, at);
                }

                _depth = _depth == 0 ? 1 : _depth - 1;
            }
            else
            {
                _depth++;
            }
        }

        Tell(Sequences.Pass(start == 0 ? piece : piece[start..], Matcher.Held(_state), ref _held));
    }

    protected override void AddEnd() => Tell(_held.ToString());

    private void Tell(string text)
    {
        if (text.Length > 0)
            Emit(new(text, _depth > 0));
    }
}
