using System.Diagnostics.CodeAnalysis;

namespace RxTokens.Benchmarks;

/// <summary>What the command line of <c>ratios</c> says.</summary>
/// <param name="Markdown">Print tables for documents.</param>
/// <param name="Quick">Fewer items and rounds, for CI.</param>
/// <param name="Only">Run those alone that have this text in their names.</param>
/// <param name="Write">The folder of the documents to bring up to date.</param>
/// <param name="Child">The one measurement that this process is for.</param>
internal sealed record Options(bool Markdown = false, bool Quick = false, string Only = "", string? Write = null, string? Child = null)
{
    private const string Usage = "Usage: ratios [--markdown] [--quick] [--only TEXT] [--write FOLDER]";

    public static bool TryParse(ReadOnlySpan<string> given, [NotNullWhen(true)] out Options? options, [NotNullWhen(false)] out string? error)
    {
        var read = new Options();
        options = null;
        error = null;
        while (given.Length > 0)
        {
            (read, var taken) = given switch
            {
                ["--markdown", ..] => (read with { Markdown = true }, 1),
                ["--quick", ..] => (read with { Quick = true }, 1),
                ["--only", var text, ..] => (read with { Only = text }, 2),
                ["--write", var folder, ..] => (read with { Write = folder }, 2),
                [Benchmarks.Child.Option, var name, ..] => (read with { Child = name }, 2),
                _ => (read, 0),
            };
            if (taken == 0)
            {
                error = given is ["--only"] or ["--write"] ? $"{given[0]} needs a value. {Usage}" : $"Unknown: {given[0]}. {Usage}";
                return false;
            }

            given = given[taken..];
        }

        error = read.Objection();
        options = error is null ? read : null;
        return error is null;
    }

    public bool Wants(string name) => name.Contains(Only, StringComparison.OrdinalIgnoreCase);

    private string? Objection()
    {
        string[] names = [.. Scenario.All(Quick).Select(scenario => scenario.Name), .. Growth.Names, .. Memory.Names, Block.All];
        if (!Array.Exists(names, Wants))
            return $"No scenario has \"{Only}\" in its name. There are:\n  {string.Join("\n  ", names)}";
        if (Write is not null && Only.Length > 0)
            return "--write writes the whole run down: it does not go with --only.";
        return Write is null ? null : Document.Objection(Write, Document.Section);
    }
}
