namespace RxTokens;

/// <summary>When how many items are requested.</summary>
internal sealed class DemandRules(bool isNoncompliant) : RequestRules("demand", "- ^ ! * counts and groups")
{
    public override void Read(MarbleScanner scanner, Mark mark)
    {
        if (mark is { Text: "*", IsNamed: false })
            Ask(scanner, mark, MarbleKind.Request, long.MaxValue);
        else
            base.Read(scanner, mark);
    }

    protected override MarbleSyntaxException? Check(MarbleScanner scanner, Mark mark, long count) => count > 0 || isNoncompliant
        ? null
        : scanner.Fail("MG022", mark, $"request count must be positive (got {count}); use Noncompliant demand to test it", "write 1 to 9, {25}, or * for all");
}
