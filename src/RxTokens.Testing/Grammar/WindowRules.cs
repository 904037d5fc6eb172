namespace RxTokens;

/// <summary>What rows with a beginning, <c>^</c>, and an end, <c>!</c>, have in common.</summary>
internal abstract class WindowRules(string noun, string allowed) : RowRules(noun, allowed)
{
    protected Mark? Beginning { get; private set; }

    protected Mark? Finish { get; private set; }

    protected void Begin(MarbleScanner scanner, Mark mark)
    {
        if (Beginning is not null)
            throw scanner.Fail("MG008", mark, "a second '^'", "a row is one subscription; write another row");
        if (Finish is not null)
            throw scanner.Fail("MG012", mark, "'!' comes before '^'", "write '^' first");
        Beginning = mark;
        scanner.Add(mark, MarbleKind.Subscribe);
        scanner.Step(mark);
    }

    protected void Stop(MarbleScanner scanner, Mark mark)
    {
        if (Finish is not null)
            throw scanner.Fail("MG011", mark, "a second '!'", "a row is one subscription; write another row");
        Finish = mark;
        scanner.Add(mark, MarbleKind.Unsubscribe);
    }

    protected void RequireBeginning(MarbleScanner scanner)
    {
        if (Beginning is null && Finish is not null)
            throw scanner.Fail("MG013", Finish, "'!' without '^'", "write '^' where it begins");
    }
}
