namespace RxTokens;

/// <summary>A length of time.</summary>
internal sealed class TimeRules() : RowRules("time", "- | and durations")
{
    private bool _hasEnd;

    public override bool HasGroups => false;

    public override void Read(MarbleScanner scanner, Mark mark)
    {
        if (mark.Text != "|")
            throw NotAllowed(scanner, mark);
        if (_hasEnd)
            throw scanner.Fail("MG021", mark, "a second '|'", "keep one '|', where the time ends");
        _hasEnd = true;
        scanner.Add(mark, MarbleKind.Completion);
        scanner.Step(mark);
    }

    public override void End(MarbleScanner scanner)
    {
        var last = scanner.Text.TrimEnd(' ', '\t', '\r', '\n').Length - 1;
        if (!_hasEnd)
            throw scanner.Fail("MG021", Math.Max(last, 0), last < 0 ? 0 : 1, "a time diagram needs exactly one '|'", "write '|' where the time ends");
    }
}
