namespace RxTokens;

/// <summary>What a pull source sees.</summary>
internal sealed class PullsRules() : RequestRules("pulls", "- ^ ! x counts and groups")
{
    /// <summary>These are symbols even between spaces: <c>1x</c> is a read and a cancellation, not a bad duration.</summary>
    public override bool IsKey(char c) => c is 'x' or (>= '1' and <= '9');

    public override void Read(MarbleScanner scanner, Mark mark)
    {
        if (mark is { Text: "x", IsNamed: false })
            Ask(scanner, mark, MarbleKind.Cancellation, 1);
        else
            base.Read(scanner, mark);
    }

    public override void End(MarbleScanner scanner)
    {
        if (Beginning is null && First is not null)
            throw scanner.Fail("MG022", First, $"{scanner.Quote(First.Index, First.Length)} without '^'", "write '^' where it is enumerated");
        RequireBeginning(scanner);
    }

    /// <summary>A source may hear of the cancellation after its disposal, in the same frame.</summary>
    protected override bool IsAllowedAfterFinish(Mark mark, MarbleKind kind) =>
        kind == MarbleKind.Cancellation && mark.Group >= 0 && mark.Group == Finish!.Group;

    protected override MarbleSyntaxException? Check(MarbleScanner scanner, Mark mark, long count) => count > 0
        ? null
        : scanner.Fail("MG022", mark, $"count of reads must be positive (got {count})", "write 1 to 9, or {25}");
}
