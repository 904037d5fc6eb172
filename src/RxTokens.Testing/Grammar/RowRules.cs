namespace RxTokens;

/// <summary>What a kind of row makes of its symbols.</summary>
/// <param name="noun">What messages call the kind.</param>
/// <param name="allowed">What it may contain, for hints.</param>
internal abstract class RowRules(string noun, string allowed)
{
    /// <summary>Whether there are groups.</summary>
    public virtual bool HasGroups => true;

    /// <summary>What is in braces; null if braces are not allowed.</summary>
    public virtual string? NameNoun => null;

    /// <summary>Whether a character is a symbol by itself even where it looks like part of a duration.</summary>
    public virtual bool IsKey(char c) => false;

    /// <summary>Reads a symbol; the scanner is past it.</summary>
    public abstract void Read(MarbleScanner scanner, Mark mark);

    /// <summary>Checks the row as a whole.</summary>
    public virtual void End(MarbleScanner scanner)
    {
    }

    protected MarbleSyntaxException NotAllowed(MarbleScanner scanner, Mark mark, string code = "MG001") =>
        scanner.Fail(code, mark, $"{scanner.Quote(mark.Index, mark.Length)} not allowed in a {noun} diagram", $"a {noun} diagram has {allowed}");
}
