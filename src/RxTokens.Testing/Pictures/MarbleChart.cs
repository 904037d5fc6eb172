using System.Text;

namespace RxTokens;

/// <summary>A run as rows of marbles: what the sources said and how they were used, what was asked for, and what came out.</summary>
/// <remarks>The same run makes the same text and the same picture, to the letter: they can be checked in and compared.</remarks>
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

    /// <inheritdoc/>
    public override string ToString() => ToText();
}
