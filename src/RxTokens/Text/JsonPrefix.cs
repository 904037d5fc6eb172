using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RxTokens;

/// <summary>A JSON document as far as it has come: checked character by character, and shown up to where it is certain.</summary>
/// <remarks>
/// <para>The text is kept as it came. In front of <see cref="_shown"/> stands what a view shows, behind it what may still become part of one:
/// a comma, a name, half an escape. Neither opens or closes an array or an object, so that what is open at the end is what is open there.</para>
/// <para>A member that a later one of the same name replaces is overwritten with U+0000, which no valid document has, and left out when a view is made:
/// its place stays, so that the others' places need not be changed.</para>
/// </remarks>
internal sealed class JsonPrefix(int maxChars, int maxDepth)
{
    private const char Removed = '\0';

    private enum Next : byte
    {
        Value,
        ValueOrEnd,
        Name,
        NameOrEnd,
        Colon,
        CommaOrEnd,
        Nothing,
    }

    private enum Within : byte
    {
        Nothing,
        Literal,
        String,
        Escape,
        Hex,
        Minus,
        Zero,
        Digits,
        Point,
        Fraction,
        E,
        Sign,
        Exponent,
    }

    private enum Half : byte
    {
        None,
        Raw,
        Escaped,
    }

    private readonly List<char> _text = [];
    private readonly Stack<JsonContainer> _open = [];
    private int _shown;
    private int _removed; // characters before _shown
    private bool _hasChanged;

    private Next _next;
    private Within _within;
    private string _literal = "";
    private int _letters; // of the literal
    private bool _isName;
    private int _stringStart; // its quote
    private int _hexDigits;
    private int _hex;
    private Half _half; // a high surrogate that waits for the low one

    private long _index;
    private long _line;
    private long _byte; // in the line, as UTF-8

    /// <summary>Checks the next piece.</summary>
    public void Add(ReadOnlySpan<char> piece)
    {
        while (!piece.IsEmpty)
        {
            var count = _within == Within.String ? Plain(piece) : 0;
            if (count == 0)
                Add(piece[count++]);
            else
                AddPlain(piece[..count]);
            piece = piece[count..];
        }
    }

    /// <summary>Checks that the document is whole.</summary>
    public void End()
    {
        if (_within is Within.Zero or Within.Digits or Within.Fraction or Within.Exponent && _open.Count == 0)
            (_within, _next) = (Within.Nothing, Next.Nothing);
        if (_next != Next.Nothing)
            throw Failure($"The JSON document ends before it is whole, after {Count(_index)} characters.");
    }

    /// <summary>The document so far, if something of it is new.</summary>
    public bool TryTakeView([NotNullWhen(true)] out string? view)
    {
        view = _hasChanged ? View() : null;
        _hasChanged = false;
        return view is not null;
    }

    private string View()
    {
        var rest = _within switch
        {
            Within.Literal => _literal[_letters..],
            Within.String or Within.Escape or Within.Hex when !_isName => "\"",
            _ => "",
        };
        return string.Create(_shown - _removed + rest.Length + _open.Count, (Self: this, Behind: rest), static (room, s) =>
        {
            var shown = Span(s.Self._text)[..s.Self._shown];
            while (s.Self._removed > 0 && shown.IndexOf(Removed) is var at and >= 0)
            {
                shown[..at].CopyTo(room);
                room = room[at..];
                shown = shown[at..];
                shown = shown[(shown.IndexOfAnyExcept(Removed) is var kept and >= 0 ? kept : shown.Length)..];
            }

            shown.CopyTo(room);
            room = room[shown.Length..];
            s.Behind.CopyTo(room);
            room = room[s.Behind.Length..];
            foreach (var container in s.Self._open) // the innermost first
            {
                room[0] = container.End;
                room = room[1..];
            }
        });
    }

    private void Add(char c)
    {
        switch (_within)
        {
            case Within.Nothing:
                AddBetween(c);
                break;
            case Within.Literal:
                AddToLiteral(c);
                break;
            case Within.String:
                AddToString(c);
                break;
            case Within.Escape:
                AddToEscape(c);
                break;
            case Within.Hex:
                AddHexDigit(c);
                break;
            default:
                AddToNumber(c);
                break;
        }

        _index++;
        if (c == '\n')
            (_line, _byte) = (_line + 1, 0);
        else
            _byte += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
    }

    // Between the tokens.

    private void AddBetween(char c)
    {
        switch (c)
        {
            case ' ' or '\t' or '\r' or '\n':
                if (_text.Count > 0 && _next != Next.Nothing)
                    Keep(c);
                break;
            case '{' or '[' when _next is Next.Value or Next.ValueOrEnd:
                if (_open.Count == maxDepth)
                    throw Failure(c, $"opens a container in more than {maxDepth.ToString(CultureInfo.InvariantCulture)} others");
                Keep(c);
                BeginValue();
                _open.Push(new(c == '{'));
                _next = c == '{' ? Next.NameOrEnd : Next.ValueOrEnd;
                break;
            case '}' when _next is Next.NameOrEnd || (_next is Next.CommaOrEnd && _open.Peek().IsObject):
            case ']' when _next is Next.ValueOrEnd || (_next is Next.CommaOrEnd && !_open.Peek().IsObject):
                Keep(c);
                _open.Pop();
                ShowForeseen();
                EndValue();
                break;
            case ',' when _next is Next.CommaOrEnd:
                Keep(c);
                _next = _open.Peek().IsObject ? Next.Name : Next.Value;
                break;
            case ':' when _next is Next.Colon:
                Keep(c);
                _next = Next.Value;
                break;
            case '"' when _next is Next.Name or Next.NameOrEnd or Next.Value or Next.ValueOrEnd:
                _isName = _next is Next.Name or Next.NameOrEnd;
                _stringStart = _text.Count;
                Keep(c);
                if (!_isName)
                    BeginValue();
                _within = Within.String;
                break;
            case 't' or 'f' or 'n' when _next is Next.Value or Next.ValueOrEnd:
                _literal = c switch { 't' => "true", 'f' => "false", _ => "null" };
                _letters = 1;
                Keep(c);
                BeginValue();
                _within = Within.Literal;
                break;
            case '-' or (>= '0' and <= '9') when _next is Next.Value or Next.ValueOrEnd:
                Keep(c);
                _within = c == '-' ? Within.Minus : c == '0' ? Within.Zero : Within.Digits;
                if (c != '-')
                    BeginValue();
                break;
            default:
                throw Failure(c, _next switch
                {
                    Next.Value or Next.ValueOrEnd => "begins no value",
                    Next.Name or Next.NameOrEnd => "stands where the name of a member is expected",
                    Next.Colon => "stands where a colon is expected",
                    Next.CommaOrEnd => "stands where a comma or the end of the container is expected",
                    _ => "stands behind the end of the document",
                });
        }
    }

    /// <summary>There is a value: from now on a view shows it, with what was held before it.</summary>
    private void BeginValue()
    {
        Show();
        if (_open.TryPeek(out var container) && container.IsObject && container.Replaced() is var (from, to))
        {
            var member = Span(_text)[from..to];
            _removed += member.Length - member.Count(Removed);
            member.Fill(Removed);
        }
    }

    private void EndValue()
    {
        _within = Within.Nothing;
        _next = _open.Count > 0 ? Next.CommaOrEnd : Next.Nothing;
    }

    // Literals and numbers.

    private void AddToLiteral(char c)
    {
        if (c != _literal[_letters])
            throw Failure(c, $"is not the next letter of '{_literal}'");

        Keep(c);
        ShowForeseen();
        if (++_letters == _literal.Length)
            EndValue();
    }

    private void AddToNumber(char c)
    {
        var isDigit = char.IsAsciiDigit(c);
        var next = (_within, c) switch
        {
            (Within.Minus, '0') => Within.Zero,
            (Within.Minus or Within.Digits, _) when isDigit => Within.Digits,
            (Within.Zero or Within.Digits, '.') => Within.Point,
            (Within.Point or Within.Fraction, _) when isDigit => Within.Fraction,
            (Within.Zero or Within.Digits or Within.Fraction, 'e' or 'E') => Within.E,
            (Within.E, '+' or '-') => Within.Sign,
            (Within.E or Within.Sign or Within.Exponent, _) when isDigit => Within.Exponent,
            _ => Within.Nothing,
        };
        if (next == Within.Nothing)
        {
            if (_within is Within.Minus or Within.Point or Within.E or Within.Sign || c is not (' ' or '\t' or '\r' or '\n' or ',' or ']' or '}'))
                throw Failure(c, _within == Within.Zero && isDigit ? "follows a zero that begins a number" : "does not go on with the number");

            EndValue();
            AddBetween(c);
            return;
        }

        Keep(c);
        if (_within == Within.Minus)
            BeginValue();
        else if (isDigit)
            Show();
        _within = next;
    }

    // Strings.

    private static int Plain(ReadOnlySpan<char> text)
    {
        var count = 0;
        while (count < text.Length && text[count] is >= ' ' and not '"' and not '\\' and (< '\uD800' or > '\uDFFF'))
            count++;
        return count;
    }

    private void AddPlain(ReadOnlySpan<char> text)
    {
        LeaveHalf();
        var room = Math.Min(text.Length, maxChars - _text.Count);
        _text.AddRange(text[..room]);
        ShowString();
        if (room < text.Length)
            throw TooLong();

        _index += text.Length;
        _byte += Encoding.UTF8.GetByteCount(text);
    }

    private void AddToString(char c)
    {
        if (c < ' ')
            throw Failure(c, "is a control character, and must be escaped in a string");
        if (c == '\\')
        {
            if (_half == Half.Raw)
                LeaveHalf();
            Keep(c);
            _within = Within.Escape;
            return;
        }

        if (_half == Half.Raw && char.IsLowSurrogate(c))
        {
            Keep(c);
            _half = Half.None;
            _byte -= 2; // of the six that two halves would be
            ShowString();
            return;
        }

        LeaveHalf();
        if (c == '"')
        {
            Keep(c);
            if (_isName)
                EndName();
            else
                EndString();
        }
        else if (char.IsHighSurrogate(c))
        {
            Keep(c);
            _half = Half.Raw;
        }
        else
        {
            Keep(char.IsSurrogate(c) ? '\uFFFD' : c);
            ShowString();
        }
    }

    private void AddToEscape(char c)
    {
        if (c is not ('"' or '\\' or '/' or 'b' or 'f' or 'n' or 'r' or 't' or 'u'))
            throw Failure(c, "behind a backslash is no escape");

        if (c == 'u')
        {
            Keep(c);
            (_within, _hexDigits, _hex) = (Within.Hex, 0, 0);
            return;
        }

        LeaveHalf(before: 1);
        Keep(c);
        _within = Within.String;
        ShowString();
    }

    private void AddHexDigit(char c)
    {
        if (!char.IsAsciiHexDigit(c))
            throw Failure(c, "is no hexadecimal digit, of which an escape has four");

        Keep(c);
        _hex = (_hex << 4) + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        if (++_hexDigits < 4)
            return;

        _within = Within.String;
        var unit = (char)_hex;
        if (_half == Half.Escaped && char.IsLowSurrogate(unit))
        {
            _half = Half.None;
            ShowString();
            return;
        }

        LeaveHalf(before: 6);
        if (char.IsHighSurrogate(unit))
        {
            _half = Half.Escaped;
            return;
        }

        if (char.IsLowSurrogate(unit))
            "FFFD".CopyTo(Span(_text)[^4..]);
        ShowString();
    }

    /// <summary>The half of a pair that stands that far before the end has stayed alone.</summary>
    private void LeaveHalf(int before = 0)
    {
        if (_half == Half.None)
            return;

        var text = Span(_text)[..^before];
        if (_half == Half.Raw)
            text[^1] = '\uFFFD';
        else
            "FFFD".CopyTo(text[^4..]);
        _half = Half.None;
        if (!_isName)
        {
            _shown = text.Length;
            _hasChanged = true;
        }
    }

    private void ShowString()
    {
        if (!_isName)
            Show();
    }

    private void EndString()
    {
        ShowForeseen();
        EndValue();
    }

    private void EndName()
    {
        var quoted = Span(_text)[_stringStart..];
        var name = quoted[1..^1];
        _open.Peek().Name(name.Contains('\\') ? Unescaped(quoted) : name.ToString(), _stringStart);
        (_within, _next) = (Within.Nothing, Next.Colon);
    }

    private static string Unescaped(ReadOnlySpan<char> quoted)
    {
        var utf8 = new byte[Encoding.UTF8.GetMaxByteCount(quoted.Length)];
        var reader = new Utf8JsonReader(utf8.AsSpan(0, Encoding.UTF8.GetBytes(quoted, utf8)));
        reader.Read();
        return reader.GetString()!;
    }

    // The text.

    private void Keep(char c)
    {
        if (_text.Count == maxChars)
            throw TooLong();

        _text.Add(c);
    }

    private void Show()
    {
        _shown = _text.Count;
        _hasChanged = true;
    }

    /// <summary>Shows a character that closes something: where nothing was held before it, a view has had it already.</summary>
    private void ShowForeseen()
    {
        if (_shown < _text.Count - 1)
            _hasChanged = true;
        _shown = _text.Count;
    }

    private static Span<char> Span(List<char> text) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(text);

    private BackpressureException TooLong() => new(
        $"A JSON document is longer than {maxChars:N0} characters, and would be held until it ends. Raise maxChars.", maxChars);

    private JsonException Failure(char c, string what)
    {
        var shown = c is > ' ' and <= '~' ? $"'{c}'" : string.Create(CultureInfo.InvariantCulture, $"U+{(int)c:X4}");
        return Failure($"{shown} {what}: character {Count(_index)} of the JSON document, counted from 0.");
    }

    private JsonException Failure(string message) =>
        new($"{message} LineNumber: {Count(_line)} | BytePositionInLine: {Count(_byte)}.", path: null, _line, _byte);

    private static string Count(long count) => count.ToString(CultureInfo.InvariantCulture);
}
