namespace RxTokens;

/// <summary>Text that waits for what will settle it: pieces are added behind, what is settled is taken away in front.</summary>
/// <remarks>Each character is copied once or twice, however many pieces there are: room is doubled, and what was taken leaves its place to the rest.</remarks>
internal struct HeldText
{
    private const int Least = 64;

    private char[]? _chars;
    private int _start;
    private int _end;

    public readonly int Length => _end - _start;

    /// <summary>Whether there is more than half a surrogate pair.</summary>
    public readonly bool HasWhole => Length > 1 || (Length == 1 && !char.IsHighSurrogate(this[0]));

    public readonly ReadOnlySpan<char> Span => _chars.AsSpan(_start, _end - _start);

    public readonly char this[int index] => _chars![_start + index];

    public void Add(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return;

        MakeRoom(text.Length);
        text.CopyTo(_chars.AsSpan(_end));
        _end += text.Length;
    }

    /// <summary>Adds what there is room for, and leaves no half of a surrogate pair behind whose other half there is no room for.</summary>
    /// <returns>Whether there was room for all of it.</returns>
    public bool TryAdd(ReadOnlySpan<char> text, int max)
    {
        var room = Math.Max(0, max - Length);
        if (text.Length <= room)
        {
            Add(text);
            return true;
        }

        Add(text[..room]);
        if (Length > 0 && char.IsSurrogatePair(this[Length - 1], text[room]))
            _end--;
        return false;
    }

    /// <summary>Forgets that many characters in front.</summary>
    public void Remove(int count)
    {
        _start += count;
        if (_start == _end)
            _start = _end = 0;
    }

    /// <summary>Forgets the first half of a surrogate pair at the end.</summary>
    public void RemoveHalf()
    {
        if (Length > 0 && char.IsHighSurrogate(this[Length - 1]))
            _end--;
    }

    /// <summary>Takes that many characters in front.</summary>
    public string Take(int count)
    {
        if (count == 0)
            return "";

        var text = new string(_chars!, _start, count);
        Remove(count);
        return text;
    }

    /// <summary>All but half a surrogate pair at the end, which the next piece may complete.</summary>
    public string TakeWhole() => Take(Length > 0 && char.IsHighSurrogate(this[Length - 1]) ? Length - 1 : Length);

    public override readonly string ToString() => Span.ToString();

    private void MakeRoom(int count)
    {
        if (_chars is not null && _chars.Length - _end >= count)
            return;

        var length = Length;
        if (_chars is null || checked(length + count) > _chars.Length / 2)
        {
            var room = new char[(int)Math.Max(Least, Math.Min(Array.MaxLength, 2L * (length + count)))];
            Span.CopyTo(room);
            _chars = room;
        }
        else
        {
            Span.CopyTo(_chars);
        }

        (_start, _end) = (0, length);
    }
}
