using System.Reactive.Concurrency;

namespace RxTokens;

/// <summary>Cuts text into segments: looks at each code point once, and holds the segment that has not ended.</summary>
/// <remarks>What a derived class knows of the text lies in fields of its own, not in what is held: a flush takes that away, and changes no border.</remarks>
internal abstract class SegmentSink(IObserver<string> observer, string what, int maxChars, TimeSpan flushAfter, IScheduler? scheduler)
    : TextSink<string>(observer, flushAfter, scheduler)
{
    private const int Unknown = 0xFFFD; // what half a surrogate pair counts as
    private static readonly string[] Ascii = [.. Enumerable.Range(0, 128).Select(c => $"{(char)c}")];

    private HeldText _segment; // whole code points
    private char _half; // the first half of a surrogate pair, or none

    protected override bool IsHolding => Held > 0;

    /// <summary>How many characters are held.</summary>
    protected int Held => _segment.Length;

    /// <summary>Looks at the next code point, and cuts what is held where that shows a border.</summary>
    /// <returns>Whether there is a border behind it, too.</returns>
    protected abstract bool Next(int codePoint);

    /// <summary>The text ends here, or is taken to: cuts what is held where there is a border only then.</summary>
    protected virtual void CutOpen()
    {
    }

    /// <summary>Emits that many characters in front, where there are any.</summary>
    protected void Cut(int count)
    {
        if (count == 1 && char.IsAscii(_segment[0]))
        {
            var c = _segment[0];
            _segment.Remove(1);
            Emit(Ascii[c]);
        }
        else if (count > 0)
        {
            Emit(_segment.Take(count));
        }
    }

    protected sealed override void Add(string piece)
    {
        foreach (var c in piece)
        {
            if (IsOver)
                return;

            if (_half != 0)
            {
                var half = _half;
                _half = '\0';
                if (char.IsLowSurrogate(c))
                {
                    Take(char.ConvertToUtf32(half, c), [half, c]);
                    continue;
                }

                Take(Unknown, [half]);
            }

            if (char.IsHighSurrogate(c))
                _half = c;
            else
                Take(char.IsLowSurrogate(c) ? Unknown : c, [c]);
        }
    }

    protected sealed override void AddEnd()
    {
        try
        {
            if (_half != 0)
                Take(Unknown, [_half]);
        }
        finally
        {
            Flush();
        }
    }

    protected sealed override void Flush()
    {
        CutOpen();
        Cut(Held);
    }

    private void Take(int codePoint, ReadOnlySpan<char> chars)
    {
        var isEnd = Next(codePoint);
        if (Held + chars.Length > maxChars)
            throw TooLong(what, maxChars);

        _segment.Add(chars);
        if (isEnd)
            Cut(Held);
    }
}
