namespace RxTokens;

/// <summary>The end of a text that grows: at most so many characters and one segment more, in segments, so that no more memory is taken than there is text.</summary>
/// <remarks>Not safe for several threads: its owner's lock is around it.</remarks>
internal sealed class KeptText(int capacity)
{
    private const int SegmentSize = 2048;

    private readonly Queue<char[]> _segments = new();
    private char[] _last = [];
    private int _lastLength = SegmentSize;
    private long _start; // of the first segment

    /// <summary>How many characters were added in all.</summary>
    public long Position { get; private set; }

    /// <summary>How many were before the first that is kept.</summary>
    public long Start { get; private set; }

    public void Add(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (_lastLength == SegmentSize)
            {
                _segments.Enqueue(_last = new char[SegmentSize]);
                _lastLength = 0;
            }

            var count = Math.Min(text.Length, SegmentSize - _lastLength);
            text[..count].CopyTo(_last.AsSpan(_lastLength));
            _lastLength += count;
            Position += count;
            text = text[count..];
            LetGo();
        }
    }

    /// <summary>Everything from a position on that is kept; nothing where that is beyond the end.</summary>
    public string From(long position)
    {
        var from = Math.Min(Math.Max(position, Start), Position);
        return string.Create((int)(Position - from), (this, from), static (text, state) => state.Item1.CopyTo(text, state.from));
    }

    private void LetGo()
    {
        if (Position - Start <= capacity)
            return;

        Start = Position - capacity;
        while (_start + SegmentSize <= Start && _segments.Count > 1)
        {
            _segments.Dequeue();
            _start += SegmentSize;
        }

        if (char.IsLowSurrogate(_segments.Peek()[Start - _start]))
            Start++; // half of a pair is no text
    }

    private void CopyTo(Span<char> text, long from)
    {
        var start = _start;
        foreach (var segment in _segments)
        {
            var skipped = (int)Math.Clamp(from - start, 0, SegmentSize);
            var count = Math.Min(SegmentSize - skipped, text.Length);
            segment.AsSpan(skipped, count).CopyTo(text);
            text = text[count..];
            start += SegmentSize;
        }
    }
}
