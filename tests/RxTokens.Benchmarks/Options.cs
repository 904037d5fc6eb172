using System.Diagnostics.CodeAnalysis;

namespace RxTokens.Benchmarks;

/// <summary>What the command line of <c>ratios</c> says.</summary>
/// <param name="Markdown">Print tables for documents.</param>
/// <param name="Quick">Fewer items and rounds, for CI.</param>
/// <param name="Only">Run the scenarios alone that have this text in their names.</param>
internal sealed record Options(bool Markdown, bool Quick, string Only)
{
    private const string Usage = "Usage: ratios [--markdown] [--quick] [--only TEXT]";

    public static bool TryParse(ReadOnlySpan<string> given, [NotNullWhen(true)] out Options? options, [NotNullWhen(false)] out string? error)
    {
        options = null;
        error = null;
        var (markdown, quick, only) = (false, false, "");
        while (given.Length > 0)
        {
            var taken = 1;
            if (given is ["--markdown", ..])
                markdown = true;
            else if (given is ["--quick", ..])
                quick = true;
            else if (given is ["--only", var text, ..])
                (only, taken) = (text, 2);
            else
            {
                error = given is ["--only"] ? $"--only needs a text. {Usage}" : $"Unknown: {given[0]}. {Usage}";
                return false;
            }

            given = given[taken..];
        }

        var names = Scenario.All(quick).Select(scenario => scenario.Name).Distinct().ToList();
        if (!names.Exists(name => Matches(name, only)))
        {
            error = $"No scenario has \"{only}\" in its name. There are:\n  {string.Join("\n  ", names)}";
            return false;
        }

        options = new Options(markdown, quick, only);
        return true;
    }

    public bool Wants(string name) => Matches(name, Only);

    private static bool Matches(string name, string text) => name.Contains(text, StringComparison.OrdinalIgnoreCase);
}
