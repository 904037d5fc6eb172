using System.Text.RegularExpressions;

namespace RxTokens;

/// <summary>Where in a text a pattern is not done yet: derived from the pattern, once.</summary>
/// <remarks>
/// <para>An engine that tries a pattern at some place is bound to give the same answer whatever follows, unless on one of its ways it asks for the
/// character behind the end. The ways are a graph: each state asks for a character and leads on to another. An attempt is open if it may be in any state at the end.</para>
/// <para>The ways may be too many, never too few: conditions that are looked at in passing are taken as met, groups as not atomic, a loop of many rounds as endless and a
/// back-reference as any text. Too many ways hold text for longer than they must; no answer is wrong. The graph is walked on all ways at once, the oldest attempts first,
/// so that the time is linear whatever the pattern is. (<see cref="RegexOptions.NonBacktracking"/> would do it for us, but misses matches: of
/// <c>(?:a(?:b(?:c)?)?)?z</c> those in <c>abcb>z</c>.)</para>
/// </remarks>
internal sealed partial class OpenEnd
{
    private const long Unlimited = int.MaxValue;
    private const int ManyRounds = 32;
    private const int ManyStates = 50_000;
    private const int Deep = 200;
    private const int Nowhere = -1;

    private readonly string _pattern;
    private readonly int[] _groups;
    private readonly Dictionary<string, CharacterSet> _sets = [];
    private readonly List<(CharacterSet? Set, int Next, int Other)> _states = []; // without a set: on to both
    private readonly int _entry;
    private readonly Lazy<List<int>[]> _before; // by state: those that lead to it
    private int _at;
    private RegexOptions _options;
    private int _depth;
    private int _behind;
    private bool _looksAhead;
    private bool _asksForEnd;

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="ArgumentException">It looks at more than what can be kept.</exception>
    public OpenEnd(Regex regex)
    {
        (_pattern, _options, _groups) = (regex.ToString(), regex.Options, regex.GetGroupNumbers());
        if ((_options & RegexOptions.RightToLeft) != 0)
            throw Refused("is matched from right to left, and a stream has no right end");
        if ((_options & RegexOptions.ECMAScript) != 0)
            throw Refused("has the option ECMAScript, which is not supported");

        var all = Alternatives();
        if (_at < _pattern.Length)
            throw Refused($"is not understood at {_at}");
        (_entry, _before) = (all.Enter(Nowhere), new(Backwards));
    }

    /// <summary>How many characters before it an attempt looks at.</summary>
    public int Behind => _behind;

    /// <summary>A part of the pattern: makes its states, given the one behind it, and returns the first.</summary>
    private readonly record struct Part(Func<int, int> Enter, long MaxLength);

    /// <summary>The characters that one place of the pattern takes, as the engine itself says.</summary>
    private sealed class CharacterSet
    {
        private readonly Regex _regex;
        private readonly bool[] _ascii = new bool[128];

        public CharacterSet(string text, RegexOptions options)
        {
            _regex = new($@"\A{text}\z", options);
            for (var c = '\0'; c < _ascii.Length; c++)
                _ascii[c] = _regex.IsMatch([c]);
        }

        public bool Contains(char character) => character < _ascii.Length ? _ascii[character] : _regex.IsMatch([character]);
    }

    private Part Alternatives()
    {
        var outer = _options;
        var parts = new List<Part> { Sequence() };
        while (Takes("|"))
            parts.Add(Sequence());

        _options = outer;
        return new(
            next =>
            {
                var entry = parts[^1].Enter(next);
                for (var i = parts.Count - 2; i >= 0; i--)
                    entry = Split(parts[i].Enter(next), entry);
                return entry;
            },
            parts.Max(p => p.MaxLength));
    }

    private Part Sequence()
    {
        var parts = new List<Part>();
        for (SkipBlanks(); _at < _pattern.Length && _pattern[_at] is not ('|' or ')'); SkipBlanks())
            parts.Add(Quantified(One()));

        parts.Reverse();
        return new(next => parts.Aggregate(next, (behind, part) => part.Enter(behind)), Math.Min(Unlimited, parts.Sum(p => p.MaxLength)));
    }

    private Part Quantified(Part part)
    {
        SkipBlanks();
        if (_at == _pattern.Length)
            return part;

        var (from, to, length) = (0L, Unlimited, 1);
        switch (_pattern[_at])
        {
            case '*':
                break;
            case '+':
                from = 1;
                break;
            case '?':
                to = 1;
                break;
            case '{' when Regex.Match(_pattern[_at..], @"\A\{([0-9]+)(?:(,)([0-9]*))?\}") is { Success: true } times:
                from = long.Parse(times.Groups[1].ValueSpan, provider: null);
                to = !times.Groups[2].Success ? from : times.Groups[3].Length == 0 ? Unlimited : long.Parse(times.Groups[3].ValueSpan, provider: null);
                length = times.Length;
                break;
            default:
                return part;
        }

        _at += length;
        SkipBlanks();
        if (_at < _pattern.Length && _pattern[_at] == '?')
            _at++; // lazy: the same texts in another order
        return Loop(part, from, to);
    }

    private Part One()
    {
        var start = _at;
        var character = _pattern[_at++];
        switch (character)
        {
            case '(':
                return OneGroup();
            case '[':
                SkipClass();
                return Character(start);
            case '\\':
                return Escaped(start);
            case '.':
                return Character(start);
            case '^':
                return LooksBehind();
            case '$':
                return AsksForEnd(orLineEnd: (_options & RegexOptions.Multiline) == 0);
            default:
                return Character(Regex.Escape($"{character}"));
        }
    }

    private Part OneGroup()
    {
        var start = _at;
        if (Takes("?("))
            throw Refused($"has a condition at {start}, which is not supported");
        if (Takes("?=") || Takes("?!"))
        {
            var content = Closed();
            _looksAhead = true;
            return new(next => Split(content.Enter(Nowhere), next), 0);
        }

        if (Takes("?<=") || Takes("?<!"))
            return LookBehind(start);
        if (Takes("?<") || Takes("?'"))
            _at = _pattern.IndexOf(_pattern[_at - 1] == '<' ? '>' : '\'', _at) + 1;
        else if (!Takes("?:") && !Takes("?>") && Takes("?"))
            return WithOptions();
        return Closed();
    }

    private Part LookBehind(int start)
    {
        var (behind, looksAhead, asksForEnd) = (_behind, _looksAhead, _asksForEnd);
        (_behind, _looksAhead, _asksForEnd) = (0, false, false);
        var content = Closed();
        if (_looksAhead)
            throw Refused($"has a look-ahead in the look-behind at {start}, which is not supported");
        if (content.MaxLength >= Unlimited)
            throw Refused($"has a look-behind without bound at {start}, and would need all text there was");

        _behind = (int)Math.Min(Unlimited - 1, Math.Max(behind, content.MaxLength + _behind));
        _looksAhead = looksAhead;
        var part = _asksForEnd ? AsksForEnd(orLineEnd: true) : Nothing;
        _asksForEnd |= asksForEnd;
        return part;
    }

    /// <summary>Behind <c>(?</c>: options for what follows, or for what is in here.</summary>
    private Part WithOptions()
    {
        var outer = _options;
        var isOn = true;
        for (; _pattern[_at] is not (':' or ')'); _at++)
        {
            var option = char.ToLowerInvariant(_pattern[_at]) switch
            {
                'i' => RegexOptions.IgnoreCase,
                'm' => RegexOptions.Multiline,
                's' => RegexOptions.Singleline,
                'x' => RegexOptions.IgnorePatternWhitespace,
                'n' or '+' or '-' => RegexOptions.None,
                _ => throw Refused($"is not understood at {_at}"),
            };
            if (_pattern[_at] is '+' or '-')
                isOn = _pattern[_at] == '+';
            _options = isOn ? _options | option : _options & ~option;
        }

        if (_pattern[_at++] == ')')
            return Nothing;

        var content = Closed();
        _options = outer;
        return content;
    }

    private Part Closed()
    {
        if (++_depth > Deep)
            throw Refused("has groups that are nested too deeply");

        var content = Alternatives();
        if (!Takes(")"))
            throw Refused($"is not understood at {_at}");

        _depth--;
        return content;
    }

    private Part Escaped(int start)
    {
        switch (_pattern[_at])
        {
            case 'G':
                throw Refused($"has \\G at {start}, where the last match ended: not supported");
            case 'A':
                _at++;
                return LooksBehind();
            case 'b' or 'B':
                _at++;
                LooksBehind();
                return AsksForEnd(orLineEnd: false);
            case 'z':
                _at++;
                return AsksForEnd(orLineEnd: false);
            case 'Z':
                _at++;
                return AsksForEnd(orLineEnd: true);
            case 'k':
                return Reference(_pattern.IndexOf(_pattern[_at + 1] == '<' ? '>' : '\'', _at + 2) + 1);
            case >= '1' and <= '9':
                var number = Regex.Match(_pattern[_at..], @"\A[0-9]+");
                if (_groups.Contains(int.Parse(number.ValueSpan, provider: null)))
                    return Reference(_at + number.Length);
                SkipEscape();
                return Character($"[{_pattern[start.._at]}]"); // an octal number: in a class nothing takes it for a reference
            case '<' or '\'' when Regex.Match(_pattern[_at..], @"\A.\w+[>']") is { Success: true } name:
                return Reference(_at + name.Length);
        }

        SkipEscape();
        return Character(start);
    }

    private Part Reference(int end)
    {
        _at = end;
        return Loop(AnyCharacter, 0, Unlimited);
    }

    private Part LooksBehind()
    {
        _behind = Math.Max(_behind, 1);
        return Nothing;
    }

    private Part AsksForEnd(bool orLineEnd)
    {
        _asksForEnd = true;
        return new(next => Split(orLineEnd ? Add(Set(@"\n"), Add(Set(@"[\s\S]"), Nowhere)) : Add(Set(@"[\s\S]"), Nowhere), next), 0);
    }

    private Part Character(int start) => Character(_pattern[start.._at]);

    private Part Character(string text)
    {
        var (on, off) = ((_options & RegexOptions.IgnoreCase) != 0 ? "i" : "", (_options & RegexOptions.IgnoreCase) != 0 ? "" : "i");
        (on, off) = (_options & RegexOptions.Singleline) != 0 ? ($"{on}s", off) : (on, $"{off}s");
        var set = Set($"(?{on}-{off}x:{text})");
        return new(next => Add(set, next), 1);
    }

    private static Part Nothing => new(next => next, 0);

    private Part AnyCharacter => new(next => Add(Set(@"[\s\S]"), next), 1);

    private Part Loop(Part part, long from, long to) => to > ManyRounds
        ? new(
            next =>
            {
                var again = Split(Nowhere, next);
                _states[again] = (null, part.Enter(again), next);
                return again;
            },
            part.MaxLength == 0 ? 0 : Math.Min(Unlimited, part.MaxLength * to))
        : new(
            next =>
            {
                var entry = next;
                for (var round = to; round > 0; round--)
                    entry = round > from ? Split(part.Enter(entry), next) : part.Enter(entry);
                return entry;
            },
            Math.Min(Unlimited, part.MaxLength * to));

    private int Split(int one, int other) => Add(null, one, other);

    private int Add(CharacterSet? set, int next, int other = Nowhere)
    {
        if (_states.Count == ManyStates)
            throw Refused("is too large");

        _states.Add((set, next, other));
        return _states.Count - 1;
    }

    private CharacterSet Set(string text)
    {
        if (!_sets.TryGetValue(text, out var set))
            _sets.Add(text, set = new(text, _options & RegexOptions.CultureInvariant));
        return set;
    }

    /// <summary>Behind <c>\</c>, to behind the character that is meant.</summary>
    /// <returns>What stands behind the <c>\</c>.</returns>
    private char SkipEscape()
    {
        var character = _pattern[_at++];
        _at = character switch
        {
            'x' => _at + 2,
            'u' => _at + 4,
            'c' => _at + 1,
            'p' or 'P' => _pattern.IndexOf('}', _at) + 1,
            >= '0' and <= '7' => _at + Regex.Match(_pattern[_at..], @"\A[0-7]{0,2}").Length,
            _ => _at,
        };
        return character;
    }

    /// <summary>Behind <c>[</c>, to behind its <c>]</c>, as the engine reads it: <c>-[</c> takes a class away, but not at the beginning, nor where that <c>-</c> ends a range.</summary>
    private void SkipClass()
    {
        Takes("^");
        var endsRange = false;
        for (var first = _at; _at < _pattern.Length;)
        {
            var isFirst = _at == first;
            var character = _pattern[_at++];
            if (character == ']' && !isFirst)
                return;
            if (character == '\\' && SkipEscape() is 'd' or 'D' or 's' or 'S' or 'w' or 'W' or 'p' or 'P' or '-')
                endsRange = false; // nor do they begin one
            else if (character == '[' && !endsRange && Takes(":"))
                throw Refused($"has [: in the class at {first}, which is not supported");
            else if (endsRange)
            {
                endsRange = false;
                if (character == '[')
                    SkipClass();
            }
            else if (_at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
            {
                endsRange = true;
                _at++;
            }
            else if (character == '-' && !isFirst && Takes("["))
                SkipClass();
        }
    }

    private void SkipBlanks()
    {
        while (_at < _pattern.Length)
        {
            var ignoresBlanks = (_options & RegexOptions.IgnorePatternWhitespace) != 0;
            if (ignoresBlanks && _pattern[_at] is ' ' or '\t' or '\n' or '\f' or '\r') // to the engine, \v is none
                _at++;
            else if (ignoresBlanks && _pattern[_at] == '#')
                _at = _pattern.IndexOf('\n', _at) is var end and >= 0 ? end : _pattern.Length;
            else if (Takes("(?#"))
                _at = _pattern.IndexOf(')', _at) + 1;
            else
                break;
        }
    }

    private bool Takes(string text)
    {
        if (string.CompareOrdinal(_pattern, _at, text, 0, text.Length) != 0)
            return false;

        _at += text.Length;
        return true;
    }

    private ArgumentException Refused(string why) => new($"The pattern \"{_pattern}\" {why}.", "pattern");
}
