using System.Buffers;
using System.Text;

namespace RxTokens;

/// <summary>Takes control characters and sequences out of text, piece by piece: a parser of ECMA-48 with 7 and 8 bits, as terminals have it.</summary>
internal sealed class ControlSequences : IPrinter
{
    private const char Escape = '\e';
    private const char Bell = '\a';
    private const char Cancel = '\x18';
    private const char Substitute = '\x1A';
    private const char Terminator = '\x9C';
    private const char Nothing = '\0'; // it is taken out, so it never waits

    /// <summary>What is not passed on as it is, or may not be.</summary>
    private static readonly SearchValues<char> Suspects = SearchValues.Create(
        [.. Enumerable.Range(char.MinValue, char.MaxValue + 1).Select(c => (char)c).Where(c => c is not ('\n' or '\t') && (char.IsControl(c) || char.IsSurrogate(c) || IsDirection(c) || c is '\u2028' or '\u2029'))]);

    private enum Place : byte
    {
        Text,

        /// <summary>Behind ESC, and intermediate bytes if any.</summary>
        Escape,

        /// <summary>Behind CSI.</summary>
        Control,

        /// <summary>In a string that ST ends: OSC, DCS, SOS, PM, APC.</summary>
        String,

        /// <summary>Behind an ESC in a string: the first half of ST.</summary>
        StringEscape,
    }

    private Place _place;
    private bool _isBellAnEnd; // of an OSC
    private bool _hasIntermediate;
    private char _waiting = Nothing; // a CR, or half a surrogate pair

    public string Show(string text)
    {
        if (_place == Place.Text && _waiting == Nothing && !text.AsSpan().ContainsAny(Suspects))
            return text;

        var shown = new StringBuilder(text.Length);
        foreach (var c in text)
            Take(c, shown);
        return shown.ToString();
    }

    public string ShowRest()
    {
        var rest = new StringBuilder();
        Settle(rest);
        return rest.ToString();
    }

    private static bool IsDirection(char c) => c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    private void Take(char c, StringBuilder shown)
    {
        if (char.IsSurrogatePair(_waiting, c))
        {
            shown.Append(_waiting).Append(c);
            _waiting = Nothing;
            return;
        }

        if (_waiting == '\r' && c == '\n')
            _waiting = Nothing; // one line end, told by the line feed
        Settle(shown);

        switch (_place)
        {
            case Place.String:
                TakeInString(c, shown);
                break;
            case Place.StringEscape when c == '\\':
                _place = Place.Text;
                break;
            case Place.StringEscape: // it was no ST: the string has ended without one, and a sequence begins
                Begin(Place.Escape);
                TakeInSequence(c, shown);
                break;
            default:
                TakeInSequence(c, shown);
                break;
        }
    }

    /// <summary>A line end ends it too: what opens a string and forgets to close it loses a line, not all that follows.</summary>
    private void TakeInString(char c, StringBuilder shown)
    {
        if (c is Terminator or Cancel or Substitute || (c == Bell && _isBellAnEnd))
            _place = Place.Text;
        else if (c == Escape)
            _place = Place.StringEscape;
        else if (c is '\n' or '\r')
            (_place, _) = (Place.Text, Put(c, shown));
    }

    private void TakeInSequence(char c, StringBuilder shown)
    {
        if (char.IsControl(c))
            TakeControl(c, shown);
        else if (_place == Place.Control && c is >= ' ' and <= '~')
            _place = c >= '@' ? Place.Text : Place.Control;
        else if (_place == Place.Escape && c is >= ' ' and <= '~')
            TakeEscaped(c);
        else
            (_place, _) = (Place.Text, Put(c, shown)); // no sequence has it: what came before is dropped
    }

    private void TakeControl(char c, StringBuilder shown)
    {
        switch (c)
        {
            case '\t' or '\n' or '\r': // obeyed in the middle of a sequence, which goes on
                Put(c, shown);
                break;
            case Escape:
                Begin(Place.Escape);
                break;
            case '\x9B':
                Begin(Place.Control);
                break;
            case '\x90' or '\x98' or '\x9D' or '\x9E' or '\x9F':
                Begin(Place.String);
                _isBellAnEnd = c == '\x9D';
                break;
            case Cancel or Substitute or >= '\x80':
                _place = Place.Text;
                break;
        }
    }

    private void TakeEscaped(char c)
    {
        if (c is <= '/')
        {
            _hasIntermediate = true;
        }
        else if (_hasIntermediate || c is not ('[' or ']' or 'P' or 'X' or '^' or '_'))
        {
            _place = Place.Text;
        }
        else
        {
            Begin(c == '[' ? Place.Control : Place.String);
            _isBellAnEnd = c == ']';
        }
    }

    private void Begin(Place place) => (_place, _hasIntermediate) = (place, false);

    private bool Put(char c, StringBuilder shown)
    {
        if (c == '\r' || char.IsHighSurrogate(c))
            _waiting = c;
        else if (c is '\u2028' or '\u2029')
            shown.Append('\n');
        else if (!IsDirection(c))
            shown.Append(char.IsLowSurrogate(c) ? '\uFFFD' : c);
        return true;
    }

    /// <summary>What waited was alone.</summary>
    private void Settle(StringBuilder shown)
    {
        if (_waiting != Nothing)
            shown.Append(_waiting == '\r' ? '\n' : '\uFFFD');
        _waiting = Nothing;
    }
}
