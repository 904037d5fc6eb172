using RxTokens;

namespace Terminal;

/// <summary>
/// Text for a terminal that is drawn piece by piece: <c>Printable()</c> for those who are handed their text. What is new is
/// what the line makes now, without what it made before.
/// </summary>
internal sealed class TerminalText
{
    private static readonly char[] LineEnds = ['\n', '\u2028', '\u2029'];

    private string _line = "";
    private int _shown;

    /// <summary>What there is to show now. Half a line end, and half a surrogate pair, wait for the next text.</summary>
    public string Next(string text)
    {
        _line += text;
        var whole = _line is [.., '\r' or (>= '\uD800' and <= '\uDBFF')] ? _line[..^1] : _line;
        var shown = whole.Printable(ControlCharacters.Show);
        var next = shown[_shown..];
        _line = _line[(whole.LastIndexOfAny(LineEnds) + 1)..];
        _shown = shown.Length - (shown.LastIndexOf('\n') + 1);
        return next;
    }

    /// <summary>What has waited, at the end.</summary>
    public string Rest()
    {
        var rest = _line.Printable(ControlCharacters.Show)[_shown..];
        (_line, _shown) = ("", 0);
        return rest;
    }
}
