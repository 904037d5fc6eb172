using System.Diagnostics.CodeAnalysis;

namespace RxTokens.Benchmarks;

/// <summary>What the command line of <c>load</c> says.</summary>
/// <param name="Markdown">Print tables for documents.</param>
/// <param name="Quick">Fewer readers and seconds, for CI.</param>
/// <param name="Readers">Of the largest cases.</param>
/// <param name="Seconds">How long the largest cases are watched.</param>
/// <param name="Only">Run those alone that have this text in the names of their group.</param>
/// <param name="Write">The folder of the documents to bring up to date.</param>
internal sealed record LoadOptions(bool Markdown = false, bool Quick = false, int? Readers = null, int? Seconds = null, string Only = "", string? Write = null)
{
    private const string Usage = "Usage: load [--markdown] [--quick] [--readers N] [--seconds S] [--only TEXT] [--write FOLDER]";

    public int MostReaders => Readers ?? (Quick ? 200 : 10_000);

    public int MostSeconds => Seconds ?? (Quick ? 3 : 120);

    public static bool TryParse(ReadOnlySpan<string> given, [NotNullWhen(true)] out LoadOptions? options, [NotNullWhen(false)] out string? error)
    {
        var read = new LoadOptions();
        options = null;
        while (given.Length > 0)
        {
            (read, var taken) = given switch
            {
                ["--markdown", ..] => (read with { Markdown = true }, 1),
                ["--quick", ..] => (read with { Quick = true }, 1),
                ["--readers", var text, ..] when int.TryParse(text, out var number) => (read with { Readers = number }, 2),
                ["--seconds", var text, ..] when int.TryParse(text, out var number) => (read with { Seconds = number }, 2),
                ["--only", var text, ..] => (read with { Only = text }, 2),
                ["--write", var folder, ..] => (read with { Write = folder }, 2),
                _ => (read, 0),
            };
            if (taken == 0)
            {
                error = $"Not understood: {string.Join(' ', given)}. {Usage}";
                return false;
            }

            given = given[taken..];
        }

        error = read.Objection();
        options = error is null ? read : null;
        return error is null;
    }

    public bool Wants(string group) => group.Contains(Only, StringComparison.OrdinalIgnoreCase);

    private string? Objection()
    {
        if (MostReaders is < 1 or > Load.LargestReaders)
            return $"--readers is {MostReaders}; from 1 to {Load.LargestReaders:N0} are possible.";
        if (MostSeconds < 1)
            return $"--seconds is {MostSeconds}; at least 1 is needed.";
        if (Write is not null && Only.Length > 0)
            return "--write writes the whole run down: it does not go with --only.";
        return Descriptors.Objection(MostReaders) ?? (Write is null ? null : Document.Objection(Write, LoadDocument.Section));
    }
}
