namespace RxTokens;

/// <summary>When a subscription begins and ends.</summary>
internal sealed class SubscriptionRules(bool isExpectation) : WindowRules("subscription", "- ^ ! and groups")
{
    public override void Read(MarbleScanner scanner, Mark mark)
    {
        // The end takes no frame, as in RxJS.
        if (mark.Text == "^")
            Begin(scanner, mark);
        else if (mark.Text == "!")
            Stop(scanner, mark);
        else
            throw NotAllowed(scanner, mark);
    }

    public override void End(MarbleScanner scanner)
    {
        if (isExpectation)
            RequireBeginning(scanner);
    }
}
