using System.Buffers;

namespace RxTokens;

/// <summary>Finds the first of several sequences to be complete, in text that comes character by character. (The automaton of Aho and Corasick.)</summary>
/// <remarks>A state is the longest end of the text so far that begins a sequence: that, and nothing else, has to be held back. It is made once, and then only read.</remarks>
internal sealed class SequenceMatcher
{
    /// <summary>Nothing begins a sequence.</summary>
    public const int Start = 0;

    private const int Ascii = 128;

    private readonly ushort[] _columns = new ushort[Ascii]; // 0: in no sequence
    private readonly Dictionary<char, ushort> _otherColumns = [];
    private readonly int[] _next; // by state and column
    private readonly int[] _found; // by state: which sequence is complete there, or -1
    private readonly ReadOnlyMemory<char>[] _held; // by state
    private readonly SearchValues<char> _firsts;
    private readonly int _width;

    public SequenceMatcher(IReadOnlyList<string> sequences)
    {
        _firsts = SearchValues.Create([.. sequences.Select(s => s[0])]);
        foreach (var c in sequences.SelectMany(s => s).Distinct())
        {
            var column = (ushort)++_width;
            if (c < Ascii)
                _columns[c] = column;
            else
                _otherColumns[c] = column;
        }

        _width++;
        var states = 1 + sequences.Sum(s => s.Length);
        _next = new int[checked(states * _width)];
        _found = new int[states];
        _held = new ReadOnlyMemory<char>[states];
        _found[Start] = -1;
        Link(AddAll(sequences));
    }

    /// <summary>Goes on to the end of the next sequence that is complete, or of the text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">Where to go on; then where it has come to.</param>
    /// <param name="state">The state there.</param>
    /// <returns>Which of the sequences is complete, or -1: of several that end there the first in their list.</returns>
    public int Find(ReadOnlySpan<char> text, ref int at, ref int state)
    {
        while (at < text.Length)
        {
            if (state == Start)
            {
                var first = text[at..].IndexOfAny(_firsts); // what begins none is skipped
                if (first < 0)
                {
                    at = text.Length;
                    break;
                }

                at += first;
            }

            state = _next[(state * _width) + ColumnOf(text[at++])];
            if (_found[state] >= 0)
                return _found[state];
        }

        return -1;
    }

    /// <summary>The text that may become a sequence.</summary>
    public ReadOnlyMemory<char> Held(int state) => _held[state];

    private int ColumnOf(char c) => c < Ascii ? _columns[c] : _otherColumns.GetValueOrDefault(c);

    /// <summary>A state for each beginning of each sequence.</summary>
    private int AddAll(IReadOnlyList<string> sequences)
    {
        var count = 1;
        for (var s = 0; s < sequences.Count; s++)
        {
            var state = Start;
            for (var i = 0; i < sequences[s].Length; i++)
            {
                ref var next = ref _next[(state * _width) + ColumnOf(sequences[s][i])];
                if (next == Start)
                {
                    next = count++;
                    (_found[next], _held[next]) = (-1, sequences[s].AsMemory(0, i + 1));
                }

                state = next;
            }

            if (_found[state] < 0)
                _found[state] = s;
        }

        return count;
    }

    /// <summary>Where a state has no next of its own, that of the longest end of it that is a beginning, too: shorter states first.</summary>
    private void Link(int count)
    {
        var shorter = new int[count];
        var queue = new Queue<int>(_next.Take(_width).Where(next => next != Start));
        while (queue.TryDequeue(out var state))
        {
            var end = _found[shorter[state]];
            if (end >= 0 && (_found[state] < 0 || end < _found[state]))
                _found[state] = end;
            for (var column = 1; column < _width; column++)
            {
                ref var next = ref _next[(state * _width) + column];
                var fallback = _next[(shorter[state] * _width) + column];
                if (next == Start)
                {
                    next = fallback;
                    continue;
                }

                shorter[next] = fallback;
                queue.Enqueue(next);
            }
        }
    }
}
