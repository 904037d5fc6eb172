namespace RxTokens;

/// <summary>A file is not a recording. The message has the line, what was expected there, and what was found.</summary>
public sealed class RecordingFormatException : FormatException
{
    private const int LongestExcerpt = 80;

    internal RecordingFormatException(string source, int lineNumber, string problem, Exception? innerException = null)
        : base($"{source}, line {lineNumber}: {problem}", innerException) => LineNumber = lineNumber;

    /// <summary>The line, from 1.</summary>
    public int LineNumber { get; }

    /// <summary>A line of a file, fit for a message.</summary>
    internal static string Excerpt(string line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return "nothing";

        var text = MarbleSyntaxException.OnOneLine(line.Trim());
        return text.Length <= LongestExcerpt ? text : $"{text.AsSpan(0, LongestExcerpt)}…";
    }
}
