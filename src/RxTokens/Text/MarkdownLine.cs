namespace RxTokens;

/// <summary>A place in a line of Markdown: indentation is counted in columns, of which a tab fills those up to the next multiple of four.</summary>
internal ref struct MarkdownLine
{
    private readonly ReadOnlySpan<char> _text;
    private int _at;
    private int _column; // within a tab, where only a part of it has been skipped
    private int _textAt; // the next that is not blank
    private int _textColumn;

    public MarkdownLine(ReadOnlySpan<char> text)
    {
        _text = text;
        Find();
    }

    public readonly bool IsBlank => _textAt == _text.Length;

    public readonly int Indent => _textColumn - _column;

    /// <summary>What follows the indentation.</summary>
    public readonly ReadOnlySpan<char> Rest => _text[_textAt..];

    /// <summary>Where the content begins, and the blanks that are left of a tab before it.</summary>
    public readonly (int Start, int Blanks) Content(bool skipsBlanks = false)
    {
        if (skipsBlanks)
            return (_textAt, 0);
        return _at < _text.Length && _text[_at] == '\t' && _column % 4 != 0 && IsInTab ? (_at + 1, 4 - (_column % 4)) : (_at, 0);
    }

    private bool IsInTab { readonly get; set; }

    /// <summary>Skips that many columns of blanks, or as many as there are.</summary>
    public void Skip(int columns)
    {
        while (columns > 0 && _at < _text.Length && _text[_at] is ' ' or '\t')
        {
            if (_text[_at] == '\t' && 4 - (_column % 4) is var width && width > columns)
            {
                _column += columns;
                IsInTab = true;
                return;
            }

            var skipped = _text[_at] == '\t' ? 4 - (_column % 4) : 1;
            _column += skipped;
            columns -= skipped;
            _at++;
            IsInTab = false;
        }
    }

    /// <summary>Skips the indentation, and that many characters that are not blank.</summary>
    public void SkipText(int count)
    {
        (_at, _column) = (_textAt + count, _textColumn + count);
        IsInTab = false;
        Find();
    }

    /// <summary>Skips the mark of a block quote, with a blank behind it, if there is one.</summary>
    public bool TakeQuoteMark()
    {
        if (Indent > 3 || IsBlank || _text[_textAt] != '>')
            return false;

        SkipText(1);
        Skip(1);
        return true;
    }

    /// <summary>Skips the mark of a list item, with the blanks behind it that are not its content's.</summary>
    /// <param name="isInParagraph">Whether it would interrupt one: only with text, and with the number one.</param>
    /// <param name="sign">What items of the same list have in common.</param>
    /// <param name="indent">How far the other lines of the item are indented.</param>
    public bool TryTakeItemMark(bool isInParagraph, out char sign, out int indent)
    {
        (sign, indent) = ('\0', 0);
        var rest = Rest;
        if (rest.IsEmpty)
            return false;

        var length = 1;
        if (rest[0] is '*' or '-' or '+')
        {
            sign = rest[0];
        }
        else
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > 9 || rest[digits] is not ('.' or ')'))
                return false;
            if (isInParagraph && rest[..digits].TrimStart('0') is not "1")
                return false;
            sign = rest[digits];
            length = digits + 1;
        }

        if (length < rest.Length && rest[length] is not (' ' or '\t'))
            return false;
        if (isInParagraph && rest[length..].IndexOfAnyExcept(' ', '\t') < 0)
            return false;

        var outside = Indent;
        SkipText(length);
        var padding = IsBlank || Indent > 4 ? 1 : Indent;
        Skip(padding);
        indent = outside + length + padding;
        return true;
    }

    private void Find()
    {
        (_textAt, _textColumn) = (_at, _column);
        for (; _textAt < _text.Length && _text[_textAt] is ' ' or '\t'; _textAt++)
            _textColumn += _text[_textAt] == '\t' ? 4 - (_textColumn % 4) : 1;
    }
}
