namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Finds the blocks of code between fences in Markdown, and tells their text as it comes, or each as a whole.</summary>
    /// <remarks>
    /// <code>
    /// source  a-{LF ``` cs}-{LF x}---y--{LF ```}-{LF}-b|    // LF: a line feed
    /// result  ----[{cs}x]---y--{LF}-{closed}--|    // CodeFences()
    /// </code>
    /// <para><b>A block</b> is what CommonMark 0.31.2, 4.5, says, in list items and block quotes, too: their marks and the indentation of the opening
    /// fence are taken off each line. Lines end with LF, CR LF or CR, and are told with LF. <see cref="CodeFence.Info"/> is told as it is written, without
    /// the resolution of escapes. Text outside of the blocks, and the fences, are removed. List items and block quotes lie in each other at most
    /// 100 deep, with lists counted; what would be deeper is text.</para>
    /// <para><b>When:</b> a block is told when the line of its opening fence is whole, with no text; then its text with each piece that has some of it,
    /// within a line from its first character that is neither blank, nor <c>&gt;</c>, nor of the fence; then that it has ended, with the rest of its text. With <paramref name="whole"/>:
    /// once, when it has ended, with all of its text.</para>
    /// <code>
    /// text.CodeFences().Subscribe(fence => panes[fence.Index].Append(fence.Text));
    /// text.CodeFences(whole: true).Where(fence => fence.State == CodeFenceState.Closed).Select(fence => Compile(fence.Language, fence.Text))
    /// </code>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads on until there is code. Held is a line that has not ended, unless it is known to be code;
    /// a paragraph that begins with a bracket; with <paramref name="whole"/> the block.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after the end of the block that it has cut off.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's.</para>
    /// <para><b>Threading:</b> blocks are told inside the source's calls.</para>
    /// </remarks>
    /// <param name="source">Markdown, cut anywhere.</param>
    /// <param name="whole">Whether each block is told once, as a whole.</param>
    /// <param name="maxChars">The longest line, and with <paramref name="whole"/> the longest block, in UTF-16 characters; at least 1.</param>
    /// <returns>The blocks. Fails with a <see cref="BackpressureException"/> where something is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxChars"/> is not positive.</exception>
    public static IObservable<CodeFence> CodeFences(this IObservable<string> source, bool whole = false, int maxChars = DefaultMaxSegment)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);

        return new PushOperator<string, CodeFence>(source, observer => new CodeFenceSink(observer, whole, maxChars));
    }
}

internal sealed class CodeFenceSink(IObserver<CodeFence> observer, bool whole, int maxChars) : LineCutter<CodeFence>(observer, maxChars)
{
    private readonly MarkdownScanner _scanner = new(maxChars);
    private HeldText _code; // that has not been told
    private bool _isCode; // the line, which is not held
    private bool _isDecided; // that it is not known to be
    private int _index = -1;
    private string _info = "";

    protected override void Add(string piece)
    {
        base.Add(piece);
        if (!whole)
            Tell();
    }

    protected override void AddToLine(ReadOnlySpan<char> text)
    {
        AddText(text);
        if (_scanner.IsInFence && !_isCode && !_isDecided)
            Decide(text);
    }

    protected override void EndLine(ReadOnlySpan<char> rest)
    {
        AddText(rest);
        if (_isCode)
            AddCode("\n");
        else
            TakeLine(end: "\n");
        _isCode = _isDecided = false;
    }

    protected override void AddEnd()
    {
        try
        {
            if (Held > 0)
                TakeLine(end: "");
        }
        finally
        {
            if (_scanner.IsInFence)
                End(CodeFenceState.EndedByText);
        }
    }

    private void AddText(ReadOnlySpan<char> text)
    {
        if (_isCode)
            AddCode(text);
        else
            Hold(text);
    }

    /// <summary>Looks once whether the line is code: at the first character that is neither blank nor a mark.</summary>
    private void Decide(ReadOnlySpan<char> added)
    {
        if (added.IndexOfAnyExcept([' ', '\t', '>', _scanner.FenceSign]) < 0)
            return;

        _isDecided = true;
        if (!_scanner.IsCode(HeldSpan, out var start, out var blanks))
            return;

        _isCode = true;
        var code = TakeHeld();
        AddCode("   ".AsSpan(0, blanks));
        AddCode(code.AsSpan(start));
    }

    private void TakeLine(ReadOnlySpan<char> end)
    {
        var line = HeldSpan;
        RemoveHeld(); // which leaves its characters there
        _scanner.Next(line);
        if (_scanner.Fence.HasFlag(FenceEvents.EndedByContainer))
            End(CodeFenceState.EndedByContainer);
        if (_scanner.Fence.HasFlag(FenceEvents.Opened))
        {
            _info = line[_scanner.ContentStart..].Trim(" \t").ToString();
            _index++;
            if (!whole)
                Emit(new(_index, _info, "", CodeFenceState.Open));
        }
        else if (_scanner.Fence.HasFlag(FenceEvents.Code))
        {
            AddCode("   ".AsSpan(0, _scanner.ContentBlanks));
            AddCode(line[_scanner.ContentStart..]);
            AddCode(end);
        }
        else if (_scanner.Fence.HasFlag(FenceEvents.Closed))
        {
            End(CodeFenceState.Closed);
        }
    }

    private void AddCode(ReadOnlySpan<char> text)
    {
        if (!_code.TryAdd(text, whole ? MaxChars : int.MaxValue))
            throw TooLong("A block of code", MaxChars);
    }

    private void Tell()
    {
        if (_code.HasWhole)
            Emit(new(_index, _info, _code.TakeWhole(), CodeFenceState.Open));
    }

    private void End(CodeFenceState state) => Emit(new(_index, _info, _code.Take(_code.Length), state));
}
