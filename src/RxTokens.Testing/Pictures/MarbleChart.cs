using System.Diagnostics;
using System.Text;

namespace RxTokens;

/// <summary>A run as rows of marbles: what the sources said and how they were used, what was asked for, and what came out.</summary>
/// <remarks>The same run makes the same text and the same picture, to the letter: they can be checked in and compared.</remarks>
[DebuggerDisplay("Rows = {Rows.Count}")]
public sealed class MarbleChart
{
    private readonly TimeSpan _frameSize;

    internal MarbleChart(TimeSpan frameSize, IReadOnlyList<ChartRow> rows)
    {
        _frameSize = frameSize;
        Rows = rows;
    }

    internal IReadOnlyList<ChartRow> Rows { get; }

    /// <summary>Draws it as aligned diagrams, for a log.</summary>
    /// <returns>Lines of text that end in a line feed.</returns>
    public string ToText()
    {
        if (Rows.Count == 0)
            return "";

        var text = new StringBuilder();
        new ChartText(Rows, _frameSize).Draw(text);
        return text.ToString();
    }

    /// <summary>Draws it as a picture.</summary>
    /// <remarks>
    /// <para>Items are circles, each with the same colour in all rows; a bar is a completion and a cross a failure. What comes out lies on a panel.
    /// Boxes that point up say how much is asked for, brackets from when to when a source is subscribed to or enumerated. Items of one
    /// instant stand under one another, the first on top. A silence of more than 15 frames in all rows is drawn short, with its length.</para>
    /// <para>The picture follows the screen, light or dark; it has a description in words, and needs neither scripts nor anything from elsewhere.
    /// What would make it wider than some 12,000 pixels, rows after the 64th, and items after the first 23 of an instant are
    /// counted and not drawn.</para>
    /// </remarks>
    /// <param name="title">What is written above it; nothing if null or blank.</param>
    /// <returns>An SVG document with line feeds.</returns>
    public string ToSvg(string? title = null) => new ChartSvg(Rows, _frameSize, title).Draw();

    /// <inheritdoc/>
    public override string ToString() => ToText();
}
