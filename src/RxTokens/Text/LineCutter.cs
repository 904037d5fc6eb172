using System.Buffers;

namespace RxTokens;

/// <summary>Finds the lines of text that is cut anywhere: they end with LF, CR LF or CR, and of CR LF at the CR.</summary>
internal abstract class LineCutter<R>(IObserver<R> observer, int maxChars) : TextSink<R>(observer)
{
    private static readonly SearchValues<char> Ends = SearchValues.Create("\r\n");

    private HeldText _line;
    private bool _isAfterReturn; // a line feed that follows belongs to it

    protected int MaxChars => maxChars;

    /// <summary>How much is held of the line that has not ended.</summary>
    protected int Held => _line.Length;

    /// <summary>What is held of it; good until more is.</summary>
    protected ReadOnlySpan<char> HeldSpan => _line.Span;

    protected override void Add(string piece)
    {
        var text = piece.AsSpan();
        if (_isAfterReturn && !text.IsEmpty)
        {
            _isAfterReturn = false;
            if (text[0] == '\n')
                text = text[1..];
        }

        while (text.IndexOfAny(Ends) is var end and >= 0 && !IsOver)
        {
            EndLine(text[..end]);
            var next = end + 1;
            if (text[end] == '\r')
            {
                if (next == text.Length)
                    _isAfterReturn = true;
                else if (text[next] == '\n')
                    next++;
            }

            text = text[next..];
        }

        AddToLine(text);
    }

    /// <summary>A line has ended.</summary>
    /// <param name="rest">What follows what is held of it.</param>
    protected abstract void EndLine(ReadOnlySpan<char> rest);

    /// <summary>What follows the last line end of a piece, if anything.</summary>
    protected abstract void AddToLine(ReadOnlySpan<char> text);

    protected void Hold(ReadOnlySpan<char> text)
    {
        if (!_line.TryAdd(text, maxChars))
            throw TooLong("A line", maxChars);
    }

    protected string TakeHeld() => _line.Take(_line.Length);

    /// <summary>Forgets what is held; its characters stay where they are until more is held.</summary>
    protected void RemoveHeld() => _line.Remove(_line.Length);
}
