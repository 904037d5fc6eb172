using System.Text.RegularExpressions;

namespace Examples;

/// <summary>What the embedded model says, cut into pieces like those of a real tokenizer.</summary>
internal static partial class AnswerText
{
    public static string Whole { get; } = Load();

    private static readonly string[] Pieces = [.. Piece().Matches(Whole).Select(match => match.Value)];

    /// <summary>The first <paramref name="count"/> tokens of the answer; the answer begins anew when it is at its end.</summary>
    public static IReadOnlyList<string> Tokens(int? count) =>
        count is null ? Pieces : [.. Enumerable.Range(0, count.Value).Select(i => Pieces[i % Pieces.Length])];

    private static string Load()
    {
        using var resource = typeof(AnswerText).Assembly.GetManifestResourceStream("Answer.md")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }

    /// <summary>An emoji; one or two Chinese or Japanese characters; up to seven letters with the space before them; digits; line ends; signs.</summary>
    [GeneratedRegex(@"[\uD800-\uDBFF][\uDC00-\uDFFF]| ?[\u3040-\u30FF\u4E00-\u9FFF]{1,2}| ?[\p{L}\p{M}]{1,7}| ?\p{N}{1,3}|\n+| ?[^\s\p{L}\p{M}\p{N}\p{Cs}]{1,3}|\s")]
    private static partial Regex Piece();
}
