using System.Runtime.InteropServices;

namespace RxTokens;

/// <summary>
/// What was received of something that broke off, and what is known of its continuation: where the one goes over into the other.
/// </summary>
/// <remarks>
/// <para>The overlap is the longest end of what was received with which the continuation begins. It is looked for while the continuation arrives, as by Knuth,
/// Morris and Pratt: what has come of the continuation is the pattern, what was received the text, in which the first place where the pattern fits up
/// to the text's end is the longest overlap. Each unit is looked at twice at the most, however often the text repeats itself.</para>
/// <para>One caller at a time.</para>
/// </remarks>
internal sealed class Border<T>(int leastOverlap)
{
    private readonly List<T> _received = [];
    private readonly List<T> _continuation = [];
    private readonly List<int> _fallbacks = []; // for each length of the pattern: its longest proper beginning that is its end, too
    private int _at; // in what was received
    private int _matched; // so many units of the continuation fit before that

    /// <summary>All that was received, and handed on.</summary>
    public List<T> Received => _received;

    /// <summary>Whether it is not yet known how long the overlap is. What comes meanwhile belongs to the continuation, and is not handed on.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>A continuation begins.</summary>
    public void Begin()
    {
        _continuation.Clear();
        _fallbacks.Clear();
        (_at, _matched) = (0, 0);
        IsOpen = leastOverlap > 0;
    }

    /// <summary>More of the continuation has come, or its end.</summary>
    /// <param name="units">What has come.</param>
    /// <param name="isEnd">Whether nothing follows.</param>
    /// <param name="hasOverlap">Whether there is one of the least length, once that is known.</param>
    /// <param name="rest">What is new, once that is known. It counts as received.</param>
    /// <returns>Whether it is known now.</returns>
    public bool TryClose(ReadOnlySpan<T> units, bool isEnd, out bool hasOverlap, out ReadOnlySpan<T> rest)
    {
        _continuation.AddRange(units);
        hasOverlap = false;
        rest = default;
        if (!IsDecided(isEnd))
            return false;

        IsOpen = false;
        hasOverlap = _at == _received.Count && _matched >= leastOverlap;
        rest = CollectionsMarshal.AsSpan(_continuation)[(hasOverlap ? _matched : 0)..];
        _received.AddRange(rest);
        return true;
    }

    private bool IsDecided(bool isEnd)
    {
        while (_at < _received.Count)
        {
            if (_received.Count - (_at - _matched) < leastOverlap)
                return isEnd || _continuation.Count > 0; // whatever still comes

            if (_matched == _continuation.Count)
            {
                if (!isEnd)
                    return false;
                if (_matched == 0)
                    return true; // nothing has come
                _matched = Fallback(_matched);
            }
            else if (Same(_received[_at], _continuation[_matched]))
            {
                _at++;
                _matched++;
            }
            else if (_matched > 0)
            {
                _matched = Fallback(_matched);
            }
            else
            {
                _at++;
            }
        }

        return true;
    }

    /// <summary>The length of the longest proper beginning of so much of the continuation that is its end, too.</summary>
    private int Fallback(int length)
    {
        while (_fallbacks.Count < length)
        {
            var next = _fallbacks.Count;
            var fits = next == 0 ? 0 : _fallbacks[next - 1];
            while (fits > 0 && !Same(_continuation[fits], _continuation[next]))
                fits = _fallbacks[fits - 1];
            _fallbacks.Add(next > 0 && Same(_continuation[fits], _continuation[next]) ? fits + 1 : 0);
        }

        return _fallbacks[length - 1];
    }

    private static bool Same(T one, T other) => EqualityComparer<T>.Default.Equals(one, other);
}
