using System.Globalization;

namespace RxTokens;

/// <summary>What rows that ask for items have in common.</summary>
internal abstract class RequestRules(string noun, string allowed) : WindowRules(noun, allowed)
{
    protected Mark? First { get; private set; }

    public override string NameNoun => "request count";

    public override void Read(MarbleScanner scanner, Mark mark)
    {
        switch (mark)
        {
            case { IsNamed: true }:
            case { Text: [>= '0' and <= '9'] }:
                var count = Count(scanner, mark);
                Ask(scanner, mark, MarbleKind.Request, count);
                break;
            case { Text: "^" } when Beginning is null && Finish is null && First is not null:
                throw scanner.Fail("MG022", mark, "request before the subscription point '^'", "write '^' first; in the same frame as \"[^1]\"");
            case { Text: "^" }:
                Begin(scanner, mark);
                break;
            case { Text: "!" }:
                Stop(scanner, mark);
                scanner.Step(mark);
                break;
            case { Text: "|" or "#" }:
                throw NotAllowed(scanner, mark, "MG023");
            default:
                throw NotAllowed(scanner, mark);
        }
    }

    protected void Ask(MarbleScanner scanner, Mark mark, MarbleKind kind, long count)
    {
        if (Finish is not null && !IsAllowedAfterFinish(mark, kind))
            throw scanner.Fail("MG022", mark, $"{scanner.Quote(mark.Index, mark.Length)} after the cancel at column {MarbleSyntaxException.ColumnOf(scanner.Text, Finish.Index)}", "nothing follows '!'");
        First ??= mark;
        scanner.Add(mark, kind, count);
        scanner.Step(mark);
    }

    protected virtual bool IsAllowedAfterFinish(Mark mark, MarbleKind kind) => false;

    protected abstract MarbleSyntaxException? Check(MarbleScanner scanner, Mark mark, long count);

    private long Count(MarbleScanner scanner, Mark mark)
    {
        var digits = mark.Text.AsSpan(mark.Text[0] == '-' ? 1 : 0);
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
            throw scanner.Fail("MG022", mark, $"'{MarbleSyntaxException.OnOneLine(mark.Text)}' is not a request count", "write digits, as in \"{25}\"");
        if (!long.TryParse(mark.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count))
            throw scanner.Fail("MG022", mark, $"'{mark.Text}' is not a request count", $"the greatest is {long.MaxValue.ToString(CultureInfo.InvariantCulture)}");
        return Check(scanner, mark, count) is { } error ? throw error : count;
    }
}
