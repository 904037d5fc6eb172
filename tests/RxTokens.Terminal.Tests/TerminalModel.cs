using System.Text;
using System.Text.RegularExpressions;

namespace RxTokens.Terminal.Tests;

/// <summary>
/// A terminal as far as the program uses one. Anything else that a terminal would obey is kept in <see cref="Obeyed"/>:
/// whatever is there, somebody else has written.
/// </summary>
/// <param name="width">The width that characters are given, for an emoji one or two columns.</param>
internal sealed partial class TerminalModel(int columns, int rows, Func<Rune, int>? width = null)
{
    private readonly string[][] _cells = [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Repeat(" ", columns).ToArray())];
    private int _row;
    private int _column;
    private bool _wraps = true;

    public List<string> Obeyed { get; } = [];

    public string[][] Cells => _cells;

    public string[] Rows => [.. _cells.Select(row => string.Concat(row).TrimEnd())];

    public void Write(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            if (Own().Match(text, i) is { Success: true } own)
            {
                Obey(own);
                i += own.Length;
            }
            else if (text[i] == '\n')
            {
                (_row, _column) = (Math.Min(_row + 1, rows - 1), 0);
                i++;
            }
            else if (char.IsControl(text[i]))
            {
                Obeyed.Add($"U+{(int)text[i]:X4} {text[(i + 1)..Math.Min(text.Length, i + 8)]}");
                i++;
            }
            else
            {
                Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var length);
                Put(rune);
                i += length;
            }
        }
    }

    private void Put(Rune rune)
    {
        var wide = width?.Invoke(rune) ?? 1;
        if (_column + wide > columns)
        {
            if (_wraps)
                (_row, _column) = (Math.Min(_row + 1, rows - 1), 0);
            else
                _column = columns - wide;
        }

        if (wide > 0)
            _cells[_row][_column] = rune.ToString();
        for (var i = 1; i < wide; i++)
            _cells[_row][_column + i] = "";
        _column += wide;
    }

    private void Obey(Match own)
    {
        var numbers = own.Groups["n"].Value.Split(';').Select(n => int.TryParse(n, out var number) ? number : 1).ToArray();
        switch (own.Groups["kind"].Value)
        {
            case "H":
                (_row, _column) = (Math.Min(rows, numbers[0]) - 1, Math.Min(columns, numbers.ElementAtOrDefault(1) is > 0 and var c ? c : 1) - 1);
                break;
            case "G":
                _column = Math.Min(columns, numbers[0]) - 1;
                break;
            case "J":
                foreach (var row in _cells)
                    Array.Fill(row, " ");
                break;
            case "K":
                Array.Fill(_cells[_row], " ");
                break;
            case "l" or "h" when own.Groups["n"].Value == "7":
                _wraps = own.Groups["kind"].Value == "h";
                break;
        }
    }

    /// <summary>What the program itself writes: colors, places, clearing, and the modes of its frame.</summary>
    [GeneratedRegex(@"\G\e\[((?<n>[0-9;]*)(?<kind>m)|(?<n>\d+;1)(?<kind>H)|(?<n>\d+)(?<kind>G)|(?<n>2)(?<kind>[JK])|\?(?<n>7|25|1049|2026)(?<kind>[hl]))")]
    private static partial Regex Own();
}
