using System.Text;

namespace RxTokens;

/// <summary>What a line has done to the block of code between fences that it meets.</summary>
[Flags]
internal enum FenceEvents : byte
{
    None = 0,
    EndedByContainer = 1, // first of all
    Opened = 2,
    Code = 4,
    Closed = 8,
}

/// <summary>The block structure of Markdown, line by line: CommonMark 0.31.2, appendix A, phase 1, without the inlines.</summary>
/// <remarks>
/// A line's containers are matched first, then new blocks are begun, then the line is added to what is open: the same three steps, in the same
/// order of the kinds of blocks, as the appendix has them. The only text that is held is that of a paragraph that begins with a bracket: whether
/// it is nothing but definitions of link references decides whether a line of signs under it makes it a heading.
/// </remarks>
internal sealed class MarkdownScanner(int maxChars)
{
    /// <summary>How many containers may lie in each other; the next is text. Lines cost that much, at most, besides their length.</summary>
    private const int MaxDepth = 100;

    private enum Kind : byte
    {
        Quote,
        List,
        Item,
    }

    private record struct Container(Kind Kind, char Sign, int Indent)
    {
        public bool HasContent;
    }

    private enum Leaf : byte
    {
        None,
        Paragraph,
        Fence,
        Indented,
        Html,
    }

    private readonly Container[] _containers = new Container[MaxDepth];
    private int _depth;
    private Leaf _leaf;
    private char _fenceSign;
    private int _fenceLength;
    private int _fenceIndent;
    private int _htmlKind;
    private readonly StringBuilder _definitions = new(); // the paragraph, where it begins with a bracket

    /// <summary>The number of the top-level block that the last line has begun, or belongs to if it belongs to one.</summary>
    public int Block { get; private set; } = -1;

    /// <summary>Whether the next line may belong to that block.</summary>
    public bool IsOpen => _depth > 0 || _leaf != Leaf.None;

    public bool IsInFence => _leaf == Leaf.Fence;

    public bool IsInParagraph => _leaf == Leaf.Paragraph;

    /// <summary>Whether the last line was blank, but for the marks of its containers.</summary>
    public bool IsBlank { get; private set; }

    public FenceEvents Fence { get; private set; }

    /// <summary>Where the content of the last line begins: code, the info string of a fence, text.</summary>
    public int ContentStart { get; private set; }

    /// <summary>Blanks before the content: what is left of a tab.</summary>
    public int ContentBlanks { get; private set; }

    /// <summary>Whether a paragraph or a heading began with the last line, at <see cref="ContentStart"/>.</summary>
    public bool BeginsText { get; private set; }

    public int FenceLength => _fenceLength;

    public char FenceSign => _fenceSign;

    /// <summary>Makes this one go on from where another is.</summary>
    public void CopyFrom(MarkdownScanner other)
    {
        other._containers.AsSpan(0, other._depth).CopyTo(_containers);
        (_depth, _leaf, Block) = (other._depth, other._leaf, other.Block);
        (_fenceSign, _fenceLength, _fenceIndent, _htmlKind) = (other._fenceSign, other._fenceLength, other._fenceIndent, other._htmlKind);
        _definitions.Clear().Append(other._definitions);
    }

    /// <summary>What stands before a line of the fence that is open: the marks of its containers, and its indentation.</summary>
    public string FencePrefix()
    {
        var prefix = new StringBuilder();
        foreach (var container in _containers.AsSpan(0, _depth))
        {
            if (container.Kind == Kind.Quote)
                prefix.Append("> ");
            else if (container.Kind == Kind.Item)
                prefix.Append(' ', container.Indent);
        }

        return prefix.Append(' ', _fenceIndent).ToString();
    }

    /// <summary>Whether a line that has begun like this is code, whatever follows: told where a character is there that is neither blank nor a mark.</summary>
    public bool IsCode(ReadOnlySpan<char> beginning, out int start, out int blanks)
    {
        var line = new MarkdownLine(beginning);
        var isCode = _leaf == Leaf.Fence && Match(ref line) == _depth && !ClosesFence(ref line);
        if (isCode)
            line.Skip(_fenceIndent);
        (start, blanks) = line.Content();
        return isCode;
    }

    /// <summary>Takes the next line, without its end.</summary>
    public void Next(ReadOnlySpan<char> text)
    {
        (Fence, BeginsText) = (FenceEvents.None, false);
        var line = new MarkdownLine(text);
        var matched = Match(ref line);
        IsBlank = line.IsBlank;
        var isLeafMatched = matched == _depth && _leaf != Leaf.None && GoesOn(ref line);
        if (isLeafMatched && _leaf == Leaf.Fence)
        {
            AddToFence(ref line);
            return;
        }

        if (!isLeafMatched || _leaf == Leaf.Paragraph)
        {
            var isAllMatched = matched == _depth && (isLeafMatched || _leaf == Leaf.None);
            if (Begin(ref line, matched, isAllMatched, isLeafMatched))
                return;
        }

        if (_leaf == Leaf.Html)
            AddToHtml(ref line);
        (ContentStart, ContentBlanks) = line.Content();
    }

    // First: the containers, and what is in the innermost.

    private int Match(ref MarkdownLine line)
    {
        for (var i = 0; i < _depth; i++)
        {
            ref var container = ref _containers[i];
            var isMatched = container.Kind switch
            {
                Kind.Quote => line.TakeQuoteMark(),
                Kind.Item when line.IsBlank => container.HasContent,
                Kind.Item => line.Indent >= container.Indent,
                _ => true,
            };
            if (!isMatched)
                return i;
            if (container.Kind == Kind.Item)
                line.Skip(line.IsBlank ? int.MaxValue : container.Indent);
        }

        return _depth;
    }

    private bool GoesOn(ref MarkdownLine line)
    {
        switch (_leaf)
        {
            case Leaf.Indented:
                if (line.Indent < 4 && !line.IsBlank)
                    return false;
                line.Skip(4);
                return true;
            case Leaf.Html:
                return !line.IsBlank || _htmlKind < 6;
            case Leaf.Paragraph:
                return !line.IsBlank;
            default:
                return true;
        }
    }

    private void AddToFence(ref MarkdownLine line)
    {
        if (ClosesFence(ref line))
        {
            _leaf = Leaf.None;
            Fence = FenceEvents.Closed;
        }
        else
        {
            line.Skip(_fenceIndent);
            Fence = FenceEvents.Code;
        }

        (ContentStart, ContentBlanks) = line.Content();
    }

    private bool ClosesFence(ref MarkdownLine line)
    {
        if (line.Indent > 3)
            return false;

        var rest = line.Rest;
        var length = rest.IndexOfAnyExcept(_fenceSign);
        return length < 0 ? rest.Length >= _fenceLength : length >= _fenceLength && rest[length..].IndexOfAnyExcept(' ', '\t') < 0;
    }

    private void AddToHtml(ref MarkdownLine line)
    {
        if (_htmlKind < 6 && MarkdownHtml.Ends(_htmlKind, line.Rest))
            _leaf = Leaf.None;
    }

    // Second: new blocks.

    /// <summary>Begins the blocks that the line begins. Returns whether nothing is left to do with the line.</summary>
    private bool Begin(ref MarkdownLine line, int matched, bool isAllMatched, bool isInParagraph)
    {
        while (true)
        {
            var rest = line.Rest;
            var first = line.Indent < 4 && !rest.IsEmpty ? rest[0] : '\0';
            int length;
            if (first == '>' && matched < MaxDepth - 1)
            {
                line.TakeQuoteMark();
                Open(ref matched, new(Kind.Quote, '>', 0));
            }
            else if (first == '#' && HeadingMark(rest) is var mark and > 0)
            {
                AddLeaf(matched, Leaf.None);
                line.SkipText(mark);
                (ContentStart, ContentBlanks) = line.Content();
                BeginsText = true;
                return true;
            }
            else if (first is '`' or '~' && (length = FenceMark(rest)) > 0)
            {
                AddLeaf(matched, Leaf.Fence);
                (_fenceSign, _fenceLength, _fenceIndent) = (first, length, line.Indent);
                Fence |= FenceEvents.Opened;
                line.SkipText(length);
                (ContentStart, ContentBlanks) = line.Content();
                return true;
            }
            else if (first == '<' && MarkdownHtml.Begins(rest, mayBeAnyTag: !isInParagraph && (isAllMatched || _leaf != Leaf.Paragraph)) is var kind and > 0)
            {
                AddLeaf(matched, Leaf.Html);
                _htmlKind = kind;
                return false;
            }
            else if (isInParagraph && first is '=' or '-' && IsUnderline(rest) && !IsOnlyDefinitions())
            {
                _leaf = Leaf.None;
                return true;
            }
            else if (first is '*' or '-' or '_' && IsBreak(rest))
            {
                AddLeaf(matched, Leaf.None);
                return true;
            }
            else if (matched < MaxDepth - 2
                && line.Indent < 4
                && line.TryTakeItemMark(isInParagraph, out var sign, out var indent))
            {
                OpenItem(ref matched, sign, indent);
            }
            else if (line.Indent >= 4 && !line.IsBlank && _leaf != Leaf.Paragraph)
            {
                AddLeaf(matched, Leaf.Indented);
                line.Skip(4);
                return false;
            }
            else
            {
                return AddText(ref line, matched, isAllMatched, isInParagraph);
            }

            (isAllMatched, isInParagraph) = (true, false);
        }
    }

    // Third: the text.

    private bool AddText(ref MarkdownLine line, int matched, bool isAllMatched, bool isInParagraph)
    {
        (ContentStart, ContentBlanks) = line.Content(skipsBlanks: true);
        if (line.IsBlank)
        {
            if (!isAllMatched)
                CloseAbove(matched);
        }
        else if (!isInParagraph && (isAllMatched || _leaf != Leaf.Paragraph))
        {
            AddLeaf(matched, Leaf.Paragraph);
            BeginsText = true;
            _definitions.Clear();
            if (line.Rest[0] == '[')
                Hold(line.Rest);
        }
        else if (_definitions.Length > 0)
        {
            _definitions.Append('\n');
            Hold(line.Rest);
        }

        return true;
    }

    private void Hold(ReadOnlySpan<char> text)
    {
        if (_definitions.Length + text.Length > maxChars)
            throw new BackpressureException($"A paragraph that may be definitions of link references is longer than {maxChars:N0} characters. Raise maxChars.", maxChars);

        _definitions.Append(text);
    }

    private bool IsOnlyDefinitions() => _definitions.Length > 0 && MarkdownDefinitions.Length(_definitions.ToString()) == _definitions.Length;

    // The tree.

    private void Open(ref int matched, Container container)
    {
        AddChild(ref matched, isItem: container.Kind == Kind.Item);
        _containers[matched++] = container;
        _depth = matched;
    }

    private void OpenItem(ref int matched, char sign, int indent)
    {
        CloseAbove(matched);
        if (matched > 0 && _containers[matched - 1].Kind == Kind.List && _containers[matched - 1].Sign != sign)
            _depth = --matched;
        if (matched == 0 || _containers[matched - 1].Kind != Kind.List)
            Open(ref matched, new(Kind.List, sign, 0));
        Open(ref matched, new(Kind.Item, sign, indent));
    }

    private void AddLeaf(int matched, Leaf leaf)
    {
        AddChild(ref matched, isItem: false);
        _leaf = leaf;
    }

    private void AddChild(ref int matched, bool isItem)
    {
        CloseAbove(matched);
        if (!isItem && matched > 0 && _containers[matched - 1].Kind == Kind.List)
            _depth = --matched;
        if (matched == 0)
            Block++;
        else
            _containers[matched - 1].HasContent = true;
    }

    private void CloseAbove(int matched)
    {
        if (_leaf == Leaf.Fence)
            Fence |= FenceEvents.EndedByContainer;
        _leaf = Leaf.None;
        _depth = matched;
    }

    // The marks of leaves, at the beginning of a text.

    private static int HeadingMark(ReadOnlySpan<char> text)
    {
        var length = text.IndexOfAnyExcept('#') is var end and >= 0 ? end : text.Length;
        return length <= 6 && (length == text.Length || text[length] is ' ' or '\t') ? length : 0;
    }

    private static int FenceMark(ReadOnlySpan<char> text)
    {
        var length = text.IndexOfAnyExcept(text[0]) is var end and >= 0 ? end : text.Length;
        return length >= 3 && (text[0] == '~' || !text[length..].Contains('`')) ? length : 0;
    }

    private static bool IsUnderline(ReadOnlySpan<char> text) => text.TrimEnd(" \t").IndexOfAnyExcept(text[0]) < 0;

    private static bool IsBreak(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var c in text)
        {
            if (c == text[0])
                count++;
            else if (c is not (' ' or '\t'))
                return false;
        }

        return count >= 3;
    }
}
