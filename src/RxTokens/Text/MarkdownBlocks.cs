using System.Buffers;
using System.Text;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Cuts Markdown into its top-level blocks, each told once it is settled; between, if wanted, shows the block that grows.</summary>
    /// <remarks>
    /// <code>
    /// source    {# a}--{LF b}---{LF ---}---{LF c}------{LF LF **d}--|    // LF: a line feed
    /// result    ---{# a}-------{b LF ---}------{c}--[{**d}|]    // MarkdownBlocks()
    /// source 2  {# a}--{LF **b}------{*}--{* LF LF}-|
    /// result 2  {# a}--[{# a !}{**b**}]---------{**b** !}-|    // MarkdownBlocks(growing: true); !: settled
    /// </code>
    /// <para><b>A block</b> is a child of the document in CommonMark 0.31.2: a paragraph or heading, code, HTML, a block quote, a list with all of its
    /// items, a thematic break. Its text is its lines as they came, with their own line ends between them and without the last; blank lines between
    /// blocks, and at the end of one, are removed. Definitions of link references are part of the paragraph that they stand in, and a table is a
    /// paragraph. A block is settled by the line that ends it, or by the first that is not of it: a paragraph by a blank line, a list or a block quote by what
    /// follows it, the last one by the end. Lines end with LF, CR LF or CR. More than 100 list items, lists and block quotes in each other are text.</para>
    /// <para><b>Growing:</b> after each piece that changes it, the block that is not settled is told with its text so far: with the line that
    /// has not ended, and with what is open in its last paragraph, heading or fence closed, in the reverse order of opening: emphasis with <c>*</c> and
    /// <c>_</c>, <c>~~</c>, code between backticks, fences. Of a link that is not whole its text is shown, without brackets; an image
    /// that is not whole is left out, and so are a link directly behind <c>:**</c> and the like, which close nothing without its bracket, half an
    /// escape, half an address between angle brackets, signs at the end that open nothing yet, where something before them is closed, and a line of
    /// which it is not known yet whether it underlines a heading, begins a fence or an ordered list, or is a rule. HTML and indented code are shown
    /// as they are, and so are marks beyond the hundredth that is open, and a link in whose address more than 32 parentheses are.
    /// It is a guess, which the settled text corrects, and may be empty. A line may turn out to belong to the block before: an item takes the place of all
    /// with its index or a greater one.</para>
    /// <code>
    /// text.MarkdownBlocks(growing: true).Subscribe(block =>
    /// {
    ///     panes.RemoveRange(block.Index, panes.Count - block.Index);
    ///     panes.Add(Render(block.Text));
    /// });
    /// </code>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads on until a block is settled, or shown anew. Held are the block and the line that have not
    /// ended. Settled blocks cost as much as their lengths; a growing one is made anew for each piece, so that a block of n characters in k pieces
    /// costs n · k.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the block that it cuts off, which is told as settled.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's.</para>
    /// <para><b>Threading:</b> blocks are told inside the source's calls.</para>
    /// </remarks>
    /// <param name="source">Markdown, cut anywhere.</param>
    /// <param name="growing">Whether the block that is not settled is shown.</param>
    /// <param name="maxChars">The longest block, with the empty lines and the line behind it, in UTF-16 characters; at least 1.</param>
    /// <returns>The blocks. Fails with a <see cref="BackpressureException"/>, after what it has of it, where one is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxChars"/> is not positive.</exception>
    public static IObservable<MarkdownBlock> MarkdownBlocks(this IObservable<string> source, bool growing = false, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return new PushOperator<string, MarkdownBlock>(source, observer => new MarkdownBlockSink(observer, growing, maxChars));
    }
}

internal sealed class MarkdownBlockSink(IObserver<MarkdownBlock> observer, bool growing, int maxChars) : TextSink<MarkdownBlock>(observer)
{
    private static readonly SearchValues<char> Ends = SearchValues.Create("\r\n");

    private readonly MarkdownScanner _scanner = new(maxChars);
    private readonly MarkdownScanner? _ahead = growing ? new(maxChars) : null; // knows the line that has not ended, too
    private readonly StringBuilder _block = new(); // its whole lines
    private int _length; // of it, without blank lines at its end
    private int _textStart = -1; // in it: of the paragraph that its last line is of
    private HeldText _line; // that has not ended
    private bool _isAfterReturn; // it has, but a line feed may follow
    private int _index;
    private string? _shown; // of the block
    private string? _shownBehind; // of the next, which the line may begin

    protected override void Add(string piece)
    {
        var text = piece.AsSpan();
        while (!text.IsEmpty && !IsOver)
        {
            if (_isAfterReturn)
            {
                EndLine(text[0] == '\n' ? "\r\n" : "\r");
                text = text[(text[0] == '\n' ? 1 : 0)..];
            }

            var end = text.IndexOfAny(Ends);
            Hold(end < 0 ? text : text[..end]);
            if (end < 0)
                break;
            if (text[end] == '\n')
                EndLine("\n");
            else
                _isAfterReturn = true;
            text = text[(end + 1)..];
        }

        if (growing && !IsOver)
            ShowGrowing();
    }

    protected override void AddEnd()
    {
        if (_isAfterReturn || _line.Length > 0)
            EndLine("");
        Settle();
    }

    private void Hold(ReadOnlySpan<char> text)
    {
        if (!_line.TryAdd(text, maxChars - _block.Length))
            throw TooLong("A block of Markdown", maxChars);
    }

    private void EndLine(string end)
    {
        var line = _line.Span;
        _line.Remove(line.Length); // which leaves its characters there until others come
        _isAfterReturn = false;
        var block = _scanner.Block;
        _scanner.Next(line);
        var isOutside = _scanner.IsBlank && !_scanner.IsOpen;
        if (isOutside || _scanner.Block != block)
            Settle();
        if (isOutside)
            return;
        if (_block.Length + line.Length > maxChars)
            throw TooLong("A block of Markdown", maxChars); // of empty lines, for which there is always room

        if (!_scanner.IsInParagraph)
            _textStart = -1;
        else if (_scanner.BeginsText)
            _textStart = _block.Length + _scanner.ContentStart;
        _block.Append(line);
        if (!IsBlank(line))
            _length = _block.Length;
        _block.Append(end);
        if (!_scanner.IsOpen)
            Settle();
    }

    private void Settle()
    {
        if (_length == 0)
            return;

        var text = _block.ToString(0, _length);
        _block.Clear();
        (_length, _textStart, _shown, _shownBehind) = (0, -1, null, null);
        Emit(new(_index++, text, IsSettled: true));
    }

    // The block that grows.

    private void ShowGrowing()
    {
        var line = _line.Span;
        if (!line.IsEmpty && char.IsHighSurrogate(line[^1]))
            line = line[..^1];
        // A line of which there are only the marks of block quotes may be a blank one, or any other.
        if (line.IndexOfAnyExcept(' ', '\t', '>') < 0 || IsUndecided(line))
        {
            Show(_block.ToString(0, _length), _textStart, _scanner, lastLine: []);
            return;
        }

        _ahead!.CopyFrom(_scanner);
        _ahead.Next(line);
        if (_ahead.Block == _scanner.Block || _length == 0)
        {
            Show($"{_block}{line}", TextStart(_block.Length), _ahead, line);
        }
        else
        {
            Show(_block.ToString(0, _length), _textStart, _scanner, lastLine: [], isBehind: true);
            ShowBehind(line.ToString());
        }
    }

    private int TextStart(int lineStart) => _ahead!.BeginsText ? lineStart + _ahead.ContentStart : _ahead.IsInParagraph ? _textStart : -1;

    private void Show(string text, int textStart, MarkdownScanner scanner, ReadOnlySpan<char> lastLine, bool isBehind = false)
    {
        // Nothing is told, too, where something was shown: of a line that may be a rule after all.
        var shown = text.Length == 0 ? "" : Repaired(text, textStart, scanner, lastLine);
        if (isBehind ? shown == _shown : shown == (_shown ?? "") && _shownBehind is null)
            return;

        (_shown, _shownBehind) = (shown, null);
        Emit(new(_index, shown, IsSettled: false));
    }

    private void ShowBehind(string line)
    {
        var shown = Repaired(line, TextStart(0), _ahead!, line);
        if (shown == (_shownBehind ?? ""))
            return;

        _shownBehind = shown;
        Emit(new(_index + 1, shown, IsSettled: false));
    }

    private static string Repaired(string text, int textStart, MarkdownScanner scanner, ReadOnlySpan<char> lastLine)
    {
        if (scanner.IsInFence)
        {
            var code = lastLine.IsEmpty || !scanner.Fence.HasFlag(FenceEvents.Code) ? "" : lastLine[scanner.ContentStart..];
            return !code.IsEmpty && code.Length < scanner.FenceLength && code.IndexOfAnyExcept(scanner.FenceSign) < 0
                ? text + new string(scanner.FenceSign, scanner.FenceLength - code.Length)
                : $"{text}\n{scanner.FencePrefix()}{new string(scanner.FenceSign, scanner.FenceLength)}";
        }

        return textStart >= 0 && textStart <= text.Length ? MarkdownRepair.Close(text, textStart) : text;
    }

    /// <summary>Whether a line may underline a heading, begin a fence or an ordered list, or be a rule, but may become text.</summary>
    private bool IsUndecided(ReadOnlySpan<char> line)
    {
        var rest = line.TrimStart(" \t>");
        if (_scanner.IsInFence || rest.IsEmpty)
            return false;
        if (char.IsAsciiDigit(rest[0]))
            return rest.TrimEnd(".)").IndexOfAnyExceptInRange('0', '9') < 0;
        if (rest.IndexOfAnyExcept(rest[0], ' ', '\t') >= 0)
            return false;

        return rest[0] switch
        {
            '`' or '~' => true,
            '=' => _scanner.IsInParagraph,
            '-' => _scanner.IsInParagraph || rest.Count('-') > 2,
            '*' or '_' => rest.Count(rest[0]) > 2,
            _ => false,
        };
    }

    private static bool IsBlank(ReadOnlySpan<char> line) => line.IndexOfAnyExcept(' ', '\t') < 0;
}
