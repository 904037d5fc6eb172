using System.Globalization;
using System.Text;

namespace RxTokens;

/// <summary>Closes what is open at the end of a paragraph or heading of Markdown: the inlines of CommonMark 0.31.2, 6, as far as that needs them.</summary>
internal sealed class MarkdownRepair
{
    private const char Image = '!';

    /// <summary>How much may be open: what is more is text. Each sign looks at that much, at most.</summary>
    private const int MaxOpen = 100;

    /// <summary>How long the part of an address before its first sign may be: a mailbox has 64 characters, a scheme 32.</summary>
    private const int MaxName = 64;

    private record struct Mark(char Sign, int At, int Length, int Count, bool CanClose)
    {
        public bool IsDead; // a bracket in whose text a link stands
        public bool IsNeeded; // a bracket without which the signs before it would close nothing

        public readonly bool IsBracket => Sign is '[' or Image;
    }

    private readonly string _source;
    private readonly string _text; // of the same length, as its inlines are read
    private readonly int _start;
    private readonly List<Mark> _marks = [];
    private readonly List<int> _brackets = []; // to be left out
    private int _end; // of what is shown
    private string _codeEnd = "";
    private int _closedAt = -1; // by signs behind punctuation
    private int _undecided = -1; // the signs at the end, which stand before nothing

    private MarkdownRepair(string text, int start) => (_source, _text, _start, _end) = (text, Inlines(text, start), start, text.Length);

    /// <summary>The text with its end repaired.</summary>
    /// <param name="text">Markdown.</param>
    /// <param name="start">Where the inlines begin.</param>
    public static string Close(string text, int start)
    {
        var repair = new MarkdownRepair(text, start);
        for (var at = start; at < repair._end;)
            at = repair.Read(at);
        return repair.Closed();
    }

    /// <summary>Lines that end with line feeds, and without the marks of block quotes before them; each character stays where it is.</summary>
    private static string Inlines(string text, int start)
    {
        if (text.AsSpan(start).IndexOfAny('\r', '\n') < 0)
            return text;

        var inlines = text.ToCharArray();
        var isBeforeLine = false;
        for (var at = start; at < inlines.Length; at++)
        {
            var c = inlines[at];
            if (c == '\r')
                inlines[at] = at + 1 < inlines.Length && inlines[at + 1] == '\n' ? ' ' : '\n';
            else if (c == '>' && isBeforeLine)
                inlines[at] = ' ';
            isBeforeLine = c is '\r' or '\n' || (isBeforeLine && c is ' ' or '\t' or '>');
        }

        return new(inlines);
    }

    private int Read(int at)
    {
        switch (_text[at])
        {
            case '\\':
                if (at + 1 == _text.Length)
                    _end = at;
                return at + (at + 1 < _text.Length && IsAsciiPunctuation(_text[at + 1]) ? 2 : 1);
            case '`':
                return ReadCode(at);
            case '<':
                return ReadAngle(at);
            case '!' when at + 1 < _text.Length && _text[at + 1] == '[':
                Open(new(Image, at, 2, 0, false));
                return at + 2;
            case '[':
                Open(new('[', at, 1, 0, false) { IsNeeded = at == _closedAt });
                return at + 1;
            case ']':
                return ReadBracket(at);
            case '*' or '_' or '~':
                return ReadSigns(at);
            default:
                return at + 1;
        }
    }

    private int ReadAngle(int at)
    {
        var rest = _text.AsSpan(at);
        var length = rest.StartsWith("<!--", StringComparison.Ordinal) ? MarkdownHtml.CommentLength(rest) : MarkdownHtml.TagLength(rest);
        if (length == 0)
            length = AddressLength(rest);
        if (length < 0)
        {
            _end = at;
            return at;
        }

        return at + Math.Max(1, length);
    }

    private void Open(Mark mark)
    {
        if (_marks.Count < MaxOpen)
            _marks.Add(mark);
    }

    private int ReadCode(int at)
    {
        var length = Run(at);
        var from = at + length;
        for (var next = from; (next = _text.IndexOf('`', next)) >= 0; next += Run(next))
        {
            if (Run(next) == length)
                return next + length;
        }

        var rest = _text.AsSpan(from);
        if (rest.Trim().IsEmpty)
        {
            _undecided = at;
            return _text.Length;
        }

        var last = _text.Length - 1 - _text.AsSpan().LastIndexOfAnyExcept('`');
        _codeEnd = last < length ? new('`', length - last) : " " + new string('`', length);
        return _text.Length;
    }

    private int ReadBracket(int at)
    {
        var open = _marks.FindLastIndex(m => m.IsBracket);
        if (open < 0)
            return at + 1;

        var mark = _marks[open];
        var rest = _text.AsSpan(at + 1);
        var length = mark.IsDead ? 0 : rest.IsEmpty ? (IsNoLink(mark, at) ? 0 : -1) : rest[0] switch
        {
            '(' => LinkLength(rest),
            '[' => rest.Contains(']') ? MarkdownDefinitions.LabelLength(rest) : -1,
            _ => 0,
        };
        if (length < 0)
        {
            _end = at;
            return at;
        }

        if (length > 0)
        {
            _marks.RemoveRange(open, _marks.Count - open);
            for (var i = 0; i < open && mark.Sign == '['; i++)
                _marks[i] = _marks[i] with { IsDead = _marks[i].IsDead || _marks[i].Sign == '[' };
        }
        else
        {
            _marks.RemoveAt(open);
        }

        return at + 1 + length;
    }

    /// <summary>Whether brackets that nothing follows yet hold nothing, or are the box of a task; an image's are neither.</summary>
    private bool IsNoLink(Mark mark, int at)
    {
        if (mark.Sign == Image)
            return false;

        var label = _text.AsSpan(mark.At + mark.Length, at - mark.At - mark.Length).Trim();
        return label.IsEmpty || (mark.At == _start && _start > 0 && label is "x" or "X");
    }

    private static int LinkLength(ReadOnlySpan<char> text)
    {
        var at = 1 + MarkdownDefinitions.BlanksAndALineEnd(text[1..]);
        if (at == text.Length)
            return -1;
        if (text[at] == ')')
            return at + 1;

        var destination = MarkdownDefinitions.DestinationLength(text[at..]);
        if (destination <= 0)
            return destination;

        at += destination;
        var blanks = MarkdownDefinitions.BlanksAndALineEnd(text[at..]);
        at += blanks;
        if (at == text.Length)
            return -1;
        if (text[at] == ')')
            return at + 1;

        var title = blanks == 0 ? 0 : MarkdownDefinitions.TitleLength(text[at..]);
        if (title <= 0)
            return title;

        at += title + MarkdownDefinitions.BlanksAndALineEnd(text[(at + title)..]);
        return at == text.Length ? -1 : text[at] == ')' ? at + 1 : 0;
    }

    private int ReadSigns(int at)
    {
        var sign = _text[at];
        var length = Run(at);
        var (before, after) = (RuneBefore(at), RuneAt(at + length));
        var isLeft = !Rune.IsWhiteSpace(after) && (!IsPunctuation(after) || Rune.IsWhiteSpace(before) || IsPunctuation(before));
        var isRight = !Rune.IsWhiteSpace(before) && (!IsPunctuation(before) || Rune.IsWhiteSpace(after) || IsPunctuation(after));
        var canOpen = isLeft && (sign != '_' || !isRight || IsPunctuation(before));
        var canClose = isRight && (sign != '_' || !isLeft || IsPunctuation(after));
        // At the end an underscore may stand within a word, and a tilde may be half a mark: nothing is lost where they are left out and what is open is closed.
        if ((sign == '~' && length != 2) || (sign == '_' && at + length == _text.Length))
            (canOpen, canClose) = (false, false);

        var count = length;
        for (var i = _marks.Count - 1; i >= 0 && canClose && count > 0; i--)
        {
            var mark = _marks[i];
            if (mark.IsBracket && !mark.IsDead)
                break;
            if (mark.Sign != sign || IsOdd(mark, length, canOpen))
                continue;

            _marks.RemoveRange(i + 1, _marks.Count - i - 1);
            var used = Math.Min(mark.Count, count) >= 2 ? 2 : 1;
            count -= used;
            if (mark.Count == used)
                _marks.RemoveAt(i);
            else
                _marks[i++] = mark with { Count = mark.Count - used }; // the same once more
        }

        if (count < length && IsPunctuation(before))
            _closedAt = at + length;
        if (count > 0 && canOpen)
            Open(new(sign, at, length, count, canClose));
        if (count == length && _text.AsSpan(at + length).IsWhiteSpace())
            _undecided = at;
        return at + length;
    }

    private Rune RuneBefore(int at)
    {
        var rune = (Rune)' ';
        if (at > _start)
            Rune.DecodeLastFromUtf16(_text.AsSpan(_start, at - _start), out rune, out _);
        return rune;
    }

    private Rune RuneAt(int at)
    {
        var rune = (Rune)' ';
        if (at < _text.Length)
            Rune.DecodeFromUtf16(_text.AsSpan(at), out rune, out _);
        return rune;
    }

    private string Closed()
    {
        var closing = new StringBuilder(_codeEnd);
        for (var i = _marks.Count - 1; i >= 0; i--)
        {
            var mark = _marks[i];
            if (mark.Sign == Image || (mark.IsNeeded && !mark.IsDead))
                (_end, _codeEnd, _) = (mark.At, "", closing.Clear());
            else if (mark.IsBracket && !mark.IsDead)
                _brackets.Add(mark.At);
            else if (!mark.IsBracket && !HasText(mark.At + mark.Length))
                _undecided = mark.At;
            else if (!mark.IsBracket && !(mark.Sign == '~' && closing is [.., '~']) && !(i == 0 && IsOdd(mark, closing))) // four ~ would be none
                closing.Append(mark.Sign, mark.Count);
        }

        if (closing.Length > _codeEnd.Length && _undecided >= 0)
            _end = Math.Min(_end, _undecided);
        var shown = new StringBuilder(_source, 0, _end, _end + closing.Length);
        var at = _codeEnd.Length > 0 ? _end : EndOfText();
        foreach (var bracket in _brackets) // the last first
        {
            if (bracket < _end)
                shown.Remove(bracket, 1);
            if (bracket < at)
                at--;
        }

        return shown.Insert(at, closing).ToString();
    }

    /// <summary>Behind what is shown, but for blanks.</summary>
    private int EndOfText()
    {
        var end = _end;
        while (end > 0 && (char.IsWhiteSpace(_text[end - 1]) || _brackets.Contains(end - 1)))
            end--;
        return end;
    }

    /// <summary>Whether a mark within a word, as in <c>2*3</c>, would not be closed by a run with those that close what is in it.</summary>
    private static bool IsOdd(Mark mark, StringBuilder closing)
    {
        var run = mark.Count;
        for (var at = closing.Length - 1; at >= 0 && closing[at] == mark.Sign; at--)
            run++;
        return IsOdd(mark, run, canOpen: false);
    }

    /// <summary>Whether a run does not close a mark by the rule of three (6.2): one of them may open and close, and their lengths are a multiple of three.</summary>
    private static bool IsOdd(Mark mark, int run, bool canOpen) =>
        mark.Sign != '~' && (mark.CanClose || canOpen) && (mark.Length + run) % 3 == 0 && (mark.Length % 3 != 0 || run % 3 != 0);

    private bool HasText(int from)
    {
        for (var i = from; i < _end; i++)
        {
            if (!char.IsWhiteSpace(_text[i]) && _text[i] is not ('*' or '_' or '~' or '`' or '[' or ']'))
                return true;
        }

        return false;
    }

    private int Run(int at)
    {
        var length = 1;
        while (at + length < _text.Length && _text[at + length] == _text[at])
            length++;
        return length;
    }

    /// <summary>The length of an address between angle brackets; 0 where there is none, less where it may become one.</summary>
    private static int AddressLength(ReadOnlySpan<char> text)
    {
        var end = text[1..].IndexOfAny("<> \t\r\n") + 1;
        var sign = text[1..(end > 0 ? end : text.Length)].IndexOfAny(':', '@') + 1;
        if (end == 0)
            return sign > 1 || MayBecomeAddress(text[1..]) ? -1 : 0;
        return text[end] == '>' && sign > 1 ? end + 1 : 0;
    }

    /// <summary>Whether it may be the beginning of a scheme, or of a mailbox. One of digits is, more likely, a number or a heart.</summary>
    private static bool MayBecomeAddress(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxName || !char.IsAsciiLetter(text[0]))
            return text.IsEmpty;

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '.' or '-'))
                return false;
        }

        return true;
    }

    private static bool IsAsciiPunctuation(char c) => char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c));

    private static bool IsPunctuation(Rune rune) => Rune.GetUnicodeCategory(rune) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherSymbol;
}
