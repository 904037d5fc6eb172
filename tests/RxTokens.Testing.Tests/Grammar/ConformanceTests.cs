using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>The grammar's table of conformance, row by row: what each diagram says, or what is wrong with it and where.</summary>
public class ConformanceTests
{
    public sealed record Accepted(MarbleRow Row, string Diagram, string Meaning);

    public sealed record Refused(MarbleRow Row, string Diagram, string Code, int Column, long Frame, string Sentence);

    private static readonly Accepted[] AcceptedRows =
    [
        new(MarbleRow.Cold, "--a--|", "2:a 5:|"),
        new(MarbleRow.Cold, "  -a - b -  c |  ", "1:a 3:b 5:c 6:|"),
        new(MarbleRow.Cold, "a 10ms b|", "0:a 11:b 12:|"),
        new(MarbleRow.Cold, "a 10ms", "0:a"),
        new(MarbleRow.Cold, "10.2ms a", "10.2:a"),
        new(MarbleRow.Cold, "1m (ab|)", "60000:a 60000:b 60000:|"),
        new(MarbleRow.Cold, "(abc)-d", "0:a 0:b 0:c 6:d"),
        new(MarbleRow.Cold, "[abc]-d", "0:a 0:b 0:c 2:d"),
        new(MarbleRow.Cold, "(a-b|)", "0:a 0:b 0:|"),
        new(MarbleRow.Hot, "-a-^-b|", "-2:a 2:b 3:|"),
        new(MarbleRow.Hot, "a 10ms ^ b", "-11:a 1:b"),
        new(MarbleRow.Hot, "- - ^ a", "1:a"),
        new(MarbleRow.Hot, "(ab)-^-c", "-5:a -5:b 2:c"),
        new(MarbleRow.Cold, "--{order1}--{x}|", "2:order1 5:x 6:|"),
        new(MarbleRow.Cold, "", ""),
        new(MarbleRow.Cold, "---", ""),
        new(MarbleRow.Cold, "🙈-🙉|", "0:🙈 2:🙉 3:|"),
        new(MarbleRow.Cold, "a\tb", "0:a 1:b"),
        new(MarbleRow.Cold, "5h a", "18000000:a"),
        new(MarbleRow.Cold, "1d a", "86400000:a"),
        new(MarbleRow.Cold, "a1d|", "0:a 1:1 2:d 3:|"),
        new(MarbleRow.Cold, "a @1002 b|", "0:a 1002:b 1003:|"),
        new(MarbleRow.Cold, "a @1.5s b|", "0:a 1500:b 1501:|"),
        new(MarbleRow.Hot, "a-^ @5 b", "-2:a 5:b"),
        new(MarbleRow.Subscription, "@1002 ^-!", "subscribe 1002 unsubscribe 1004"),
        new(MarbleRow.Time, "- @10 |", "10"),
        new(MarbleRow.Demand, "1 @10 *", "0:1 10:max"),
        new(MarbleRow.Subscription, "^---!", "subscribe 0 unsubscribe 4"),
        new(MarbleRow.Subscription, "---", "subscribe None unsubscribe None"),
        new(MarbleRow.Subscription, "(^!)", "subscribe 0 unsubscribe 0"),
        new(MarbleRow.Subscription, "---!", "subscribe None unsubscribe 3"),
        new(MarbleRow.Time, "---|", "3"),
        new(MarbleRow.Time, "- - |", "2"),
        new(MarbleRow.Time, "10ms |", "10"),
        new(MarbleRow.Demand, "^--3---2---!", "3:3 7:2 subscribe 0 cancel 11"),
        new(MarbleRow.Demand, "*", "0:max"),
        new(MarbleRow.Demand, "(35)---{25}", "0:3 0:5 7:25"),
        new(MarbleRow.Demand, "1 9ms 1", "0:1 10:1"),
    ];

    private static readonly Refused[] RefusedRows =
    [
        new(MarbleRow.Cold, "(ab-|", "MG002", 1, 5, "unclosed group"),
        new(MarbleRow.Cold, "ab)c|", "MG003", 3, 2, "')' has no matching opener"),
        new(MarbleRow.Cold, "(a(b)c)", "MG004", 3, 2, "groups cannot be nested"),
        new(MarbleRow.Cold, "-()-|", "MG006", 2, 2, "empty group"),
        new(MarbleRow.Cold, "(a 10ms b)", "MG005", 4, 2, "time progression inside a group"),
        new(MarbleRow.Cold, "-a|-b", "MG007", 5, 4, "'b' after the terminal at column 3"),
        new(MarbleRow.Cold, "a|#", "MG007", 3, 2, "'#' after the terminal at column 2"),
        new(MarbleRow.Cold, "-^a", "MG009", 2, 1, "'^' is only allowed in hot diagrams"),
        new(MarbleRow.Hot, "^a^b", "MG008", 3, 2, "a second '^'"),
        new(MarbleRow.Hot, "-(^a)b", "MG010", 3, 2, "'^' inside a group"),
        new(MarbleRow.Cold, "a!", "MG001", 2, 1, "'!' not allowed in a values diagram"),
        new(MarbleRow.Cold, "a 10ms|", "MG014", 3, 1, "'10ms' looks like a time progression but is not delimited by spaces"),
        new(MarbleRow.Cold, "10ms(a|)", "MG014", 1, 0, "'10ms' looks like a time progression but is not delimited by spaces"),
        new(MarbleRow.Cold, "a10ms b", "MG014", 2, 1, "'10ms' looks like a time progression but is not delimited by spaces"),
        new(MarbleRow.Cold, "a 10 ms b", "MG014", 3, 1, "'10 ms' looks like a time progression but is not delimited by spaces"),
        new(MarbleRow.Cold, ".5s a", "MG015", 1, 0, "'.5s' is not a valid time progression (expected <number>ms|s|m|h|d)"),
        new(MarbleRow.Cold, "1.5.5s a", "MG015", 1, 0, "'1.5.5s' is not a valid time progression (expected <number>ms|s|m|h|d)"),
        new(MarbleRow.Cold, "5x a", "MG015", 1, 0, "'5x' is not a valid time progression (expected <number>ms|s|m|h|d)"),
        new(MarbleRow.Cold, "5h|", "MG014", 1, 0, "'5h' looks like a time progression but is not delimited by spaces"),
        new(MarbleRow.Cold, "a10msb|", "MG014", 2, 1, "'10ms' looks like a time progression but is not delimited by spaces"),
        new(MarbleRow.Cold, "a...4...b|", "MG015", 2, 1, "'...4...' is not a valid time progression (expected <number>ms|s|m|h|d)"),
        new(MarbleRow.Cold, "a @0 b", "MG024", 3, 1, "'@0' lies in the past: the row has come to frame 1"),
        new(MarbleRow.Cold, "a@5 b", "MG014", 2, 1, "'@5' looks like an absolute mark but is not delimited by spaces"),
        new(MarbleRow.Cold, "@5x a", "MG015", 1, 0, "'@5x' is not a valid absolute mark (expected @<frame> or @<number>ms|s|m|h|d)"),
        new(MarbleRow.Cold, "( @5 a)", "MG005", 3, 1, "absolute mark inside a group"),
        new(MarbleRow.Hot, "@5 a^", "MG024", 1, 6, "'@5' before '^'"),
        new(MarbleRow.Cold, "❤️|", "MG018", 2, 1, "combining/control/joiner character cannot be a marble of its own"),
        new(MarbleRow.Cold, "{a", "MG019", 1, 0, "unclosed value name"),
        new(MarbleRow.Cold, "{}|", "MG019", 1, 0, "empty value name"),
        new(MarbleRow.Subscription, "!--^", "MG012", 4, 2, "'!' comes before '^'"),
        new(MarbleRow.Subscription, "^-^", "MG008", 3, 2, "a second '^'"),
        new(MarbleRow.Subscription, "^-!!", "MG011", 4, 2, "a second '!'"),
        new(MarbleRow.Subscription, "^-a-!", "MG001", 3, 2, "'a' not allowed in a subscription diagram"),
        new(MarbleRow.Subscription, "^ 10ms!", "MG014", 3, 1, "'10ms' looks like a time progression but is not delimited by spaces"),
        new(MarbleRow.Time, "--", "MG021", 2, 2, "a time diagram needs exactly one '|'"),
        new(MarbleRow.Time, "-a-|", "MG001", 2, 1, "'a' not allowed in a time diagram"),
        new(MarbleRow.Time, "-|-|", "MG021", 4, 3, "a second '|'"),
        new(MarbleRow.Demand, "0", "MG022", 1, 0, "request count must be positive (got 0); use Noncompliant demand to test it"),
        new(MarbleRow.Demand, "{-1}", "MG022", 1, 0, "request count must be positive (got -1); use Noncompliant demand to test it"),
        new(MarbleRow.Demand, "{x}", "MG022", 1, 0, "'x' is not a request count"),
        new(MarbleRow.Demand, "1-^-1", "MG022", 3, 2, "request before the subscription point '^'"),
        new(MarbleRow.Demand, "^-1-!-1", "MG022", 7, 6, "'1' after the cancel at column 5"),
        new(MarbleRow.Demand, "1--|", "MG023", 4, 3, "'|' not allowed in a demand diagram"),
        new(MarbleRow.Demand, "1-a", "MG001", 3, 2, "'a' not allowed in a demand diagram"),
    ];

    private static IEnumerable<TestCaseData<Accepted>> AcceptedCases =>
        AcceptedRows.Select(row => new TestCaseData<Accepted>(row).SetArgDisplayNames(row.Row.ToString(), $"\"{Diagrams.Visible(row.Diagram)}\"", row.Meaning));

    private static IEnumerable<TestCaseData<Refused>> RefusedCases =>
        RefusedRows.Select(row => new TestCaseData<Refused>(row).SetArgDisplayNames(row.Row.ToString(), $"\"{Diagrams.Visible(row.Diagram)}\"", row.Code));

    [TestCaseSource(nameof(AcceptedCases))]
    public void Means(Accepted row) =>
        Assert.That(Diagrams.Render(MarbleDiagram.Parse(row.Diagram, row.Row)), Is.EqualTo(row.Meaning));

    [TestCaseSource(nameof(RefusedCases))]
    public void IsRefused(Refused row)
    {
        var error = Diagrams.Refuse(row.Diagram, row.Row);

        Assert.That((error.Code, error.Column, error.Frame), Is.EqualTo((row.Code, row.Column, row.Frame)));
        Assert.That(error.Time, Is.EqualTo(TimeSpan.FromMilliseconds(row.Frame)));
        Assert.That(Diagrams.FirstLine(error), Is.EqualTo($"{row.Code} at column {row.Column} of '{row.Row.ToString().ToLowerInvariant()}': {row.Sentence}"));
    }

    [Test]
    public void TheTable_IsHereAsAWhole() => Assert.That((AcceptedRows.Length, RefusedRows.Length), Is.EqualTo((38, 44)));
}
