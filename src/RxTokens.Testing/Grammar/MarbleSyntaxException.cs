using System.Globalization;
using System.Text;

namespace RxTokens;

/// <summary>A diagram is not well-formed. The message shows where, says why, and what to write instead.</summary>
/// <remarks>
/// <code>
/// MG014 at column 3 of 'expected': '10ms' looks like a time progression but is not delimited by spaces
///   a 10ms|
///     ^^^^
/// hint: write "a 10ms |"
/// </code>
/// </remarks>
public sealed class MarbleSyntaxException : FormatException
{
    private const int Width = 100;
    private const int Before = 40;

    internal MarbleSyntaxException(string code, string sentence, string? hint, string row, string diagram, int index, int length, TimeSpan time, TimeSpan frameSize)
        : base(Describe(code, sentence, hint, row, diagram, index, length))
    {
        Code = code;
        Hint = hint;
        Row = row;
        Diagram = diagram;
        Index = index;
        Column = ColumnOf(diagram, index);
        Time = time;
        Frame = time.Ticks / frameSize.Ticks;
    }

    /// <summary>What is wrong, as a code: <c>MG001</c> to <c>MG024</c>.</summary>
    public string Code { get; }

    /// <summary>Where, in UTF-16 units from 0; at most the length of the diagram.</summary>
    public int Index { get; }

    /// <summary>Where, in Unicode scalars from 1.</summary>
    public int Column { get; }

    /// <summary>The time that the row has come to there, counted from its beginning, in a hot row too.</summary>
    public TimeSpan Time { get; }

    /// <summary><see cref="Time"/> in whole frames.</summary>
    public long Frame { get; }

    /// <summary>What the row is called.</summary>
    public string Row { get; }

    /// <summary>The diagram.</summary>
    public string Diagram { get; }

    /// <summary>What to write instead, or null.</summary>
    public string? Hint { get; }

    /// <summary>The column of an index: scalars from 1, where half a surrogate pair counts as one.</summary>
    internal static int ColumnOf(string text, int index) => 1 + Scalars(text.AsSpan(0, index)).Count;

    /// <summary>A text fit for one line of a message: spaces for what moves the cursor, U+FFFD for what has no picture.</summary>
    internal static string OnOneLine(string text) => string.Concat(Scalars(text));

    private static string Describe(string code, string sentence, string? hint, string row, string diagram, int index, int length)
    {
        var column = ColumnOf(diagram, index);
        var all = Scalars(diagram);
        var carets = Math.Max(1, Scalars(diagram.AsSpan(index, length)).Count);

        var from = all.Count <= Width ? 0 : Math.Clamp(column - 1 - Before, 0, all.Count - Width);
        var to = Math.Min(all.Count, from + Width);
        var start = from > 0 ? "  …" : "  ";
        var offset = start.Length + column - 1 - from;
        carets = Math.Min(carets, Math.Max(1, to - (column - 1)));

        var message = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"{code} at column {column} of '{row}': {sentence}\n")
            .Append(start).AppendJoin("", all[from..to]).Append(to < all.Count ? "…\n" : "\n")
            .Append(' ', offset).Append('^', carets);
        if (hint is not null)
            message.Append("\nhint: ").Append(hint);
        return message.ToString();
    }

    private static List<string> Scalars(ReadOnlySpan<char> text)
    {
        var scalars = new List<string>();
        foreach (var rune in text.EnumerateRunes())
            scalars.Add(rune.Value is '\t' or '\r' or '\n' or '\u2028' or '\u2029' ? " " : Rune.IsControl(rune) ? "\uFFFD" : rune.ToString());
        return scalars;
    }
}
