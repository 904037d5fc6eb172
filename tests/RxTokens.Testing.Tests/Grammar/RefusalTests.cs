using NUnit.Framework;
using static RxTokens.Tests.Diagrams;

namespace RxTokens.Tests;

/// <summary>What is wrong with diagrams, and where, beyond the table of conformance.</summary>
public class RefusalTests
{
    private const string NoMarble = "combining/control/joiner character cannot be a marble of its own";

    [TestCase("[a-b]", "MG001", 3, 0, "'-' not allowed in a tight group")]
    [TestCase("-[ab", "MG002", 2, 1, "unclosed group")]
    [TestCase("a]", "MG003", 2, 1, "']' has no matching opener")]
    [TestCase("a}", "MG003", 2, 1, "'}' has no matching opener")]
    [TestCase("-(a]", "MG003", 4, 3, "']' does not match the '(' at column 2")]
    [TestCase("[a)", "MG003", 3, 0, "')' does not match the '[' at column 1")]
    [TestCase("[a[b]]", "MG004", 3, 0, "groups cannot be nested")]
    [TestCase("(a[b])", "MG004", 3, 2, "groups cannot be nested")]
    [TestCase("[]", "MG006", 1, 0, "empty group")]
    [TestCase("a(  )", "MG006", 2, 2, "empty group")]
    [TestCase("[ 10ms ]", "MG005", 3, 0, "time progression inside a group")]
    [TestCase("(10ms)", "MG005", 2, 1, "time progression inside a group")]
    [TestCase("(a 10 ms)", "MG005", 4, 2, "time progression inside a group")]
    [TestCase("(a .5s )", "MG015", 4, 2, "'.5s' is not a valid time progression (expected <number>ms|s|m|h|d)")]
    [TestCase("(a|b)", "MG007", 4, 3, "'b' after the terminal at column 3")]
    [TestCase("🙈|(a)", "MG007", 4, 3, "'a' after the terminal at column 2")]
    [TestCase("|--{order1}", "MG007", 4, 3, "'{order1}' after the terminal at column 1")]
    [TestCase("||", "MG007", 2, 1, "'|' after the terminal at column 1")]
    [TestCase("(^a)", "MG009", 2, 1, "'^' is only allowed in hot diagrams")]
    [TestCase("-{", "MG019", 2, 1, "unclosed value name")]
    [TestCase("({)a", "MG019", 2, 1, "unclosed value name")]
    public void Cold(string diagram, string code, int column, int frame, string sentence)
    {
        Check(diagram, MarbleRow.Cold, code, column, frame, sentence);
        Check(diagram, MarbleRow.Expected, code, column, frame, sentence);
    }

    [TestCase("[^a]", "MG010", 2, 0, "'^' inside a group")]
    [TestCase("^-[a^]", "MG010", 5, 2, "'^' inside a group")]
    [TestCase("a|-^", "MG007", 4, 3, "'^' after the terminal at column 2")]
    [TestCase("--^--!", "MG001", 6, 5, "'!' not allowed in a values diagram")]
    public void Hot(string diagram, string code, int column, int frame, string sentence) =>
        Check(diagram, MarbleRow.Hot, code, column, frame, sentence);

    [TestCase("---!", "MG013", 4, 3, "'!' without '^'")]
    [TestCase("--!--", "MG013", 3, 2, "'!' without '^'")]
    [TestCase("--!--^", "MG012", 6, 4, "'!' comes before '^'")]
    [TestCase("(!^)", "MG012", 3, 1, "'!' comes before '^'")]
    [TestCase("^--!!", "MG011", 5, 3, "a second '!'")]
    [TestCase("^-|", "MG001", 3, 2, "'|' not allowed in a subscription diagram")]
    [TestCase("^{a}", "MG001", 2, 1, "'{' not allowed in a subscription diagram")]
    [TestCase("^}", "MG001", 2, 1, "'}' not allowed in a subscription diagram")]
    [TestCase("^-1", "MG001", 3, 2, "'1' not allowed in a subscription diagram")]
    [TestCase("^ 5x", "MG015", 3, 1, "'5x' is not a valid time progression (expected <number>ms|s|m|h|d)")]
    [TestCase("^ 10 ms", "MG014", 3, 1, "'10 ms' looks like a time progression but is not delimited by spaces")]
    public void ExpectedSubscriptions(string diagram, string code, int column, int frame, string sentence) =>
        Check(diagram, MarbleRow.ExpectedSubscription, code, column, frame, sentence, "expected subscription");

    [TestCase("^-^", "MG008", 3, 2, "a second '^'")]
    [TestCase("1-!!", "MG011", 4, 3, "a second '!'")]
    [TestCase("!^", "MG012", 2, 1, "'!' comes before '^'")]
    [TestCase("[1^]", "MG022", 3, 0, "request before the subscription point '^'")]
    [TestCase("[!1]", "MG022", 3, 0, "'1' after the cancel at column 2")]
    [TestCase("!*", "MG022", 2, 1, "'*' after the cancel at column 1")]
    [TestCase("{0}", "MG022", 1, 0, "request count must be positive (got 0); use Noncompliant demand to test it")]
    [TestCase("{9223372036854775808}", "MG022", 1, 0, "'9223372036854775808' is not a request count")]
    [TestCase("{ 1}", "MG022", 1, 0, "' 1' is not a request count")]
    [TestCase("{-}", "MG022", 1, 0, "'-' is not a request count")]
    [TestCase("{*}", "MG022", 1, 0, "'*' is not a request count")]
    [TestCase("{}", "MG019", 1, 0, "empty request count")]
    [TestCase("1{2", "MG019", 2, 1, "unclosed request count")]
    [TestCase("1#", "MG023", 2, 1, "'#' not allowed in a demand diagram")]
    [TestCase("x", "MG001", 1, 0, "'x' not allowed in a demand diagram")]
    [TestCase("1 10ms1", "MG014", 3, 1, "'10ms' looks like a time progression but is not delimited by spaces")]
    [TestCase("(1", "MG002", 1, 2, "unclosed group")]
    public void Demand(string diagram, string code, int column, int frame, string sentence) =>
        Check(diagram, MarbleRow.Demand, code, column, frame, sentence);

    [TestCase("1-^", "MG022", 3, 2, "request before the subscription point '^'")]
    [TestCase("-1-!", "MG022", 2, 1, "'1' without '^'")]
    [TestCase("x", "MG022", 1, 0, "'x' without '^'")]
    [TestCase("^-!-1", "MG022", 5, 4, "'1' after the cancel at column 3")]
    [TestCase("^-!x", "MG022", 4, 3, "'x' after the cancel at column 3")]
    [TestCase("^[1!][x]", "MG022", 7, 2, "'x' after the cancel at column 4")]
    [TestCase("^[!1]", "MG022", 4, 1, "'1' after the cancel at column 3")]
    [TestCase("^0", "MG022", 2, 1, "count of reads must be positive (got 0)")]
    [TestCase("^*", "MG001", 2, 1, "'*' not allowed in a pulls diagram")]
    [TestCase("^-|", "MG023", 3, 2, "'|' not allowed in a pulls diagram")]
    [TestCase("--!", "MG013", 3, 2, "'!' without '^'")]
    [TestCase("!^", "MG012", 2, 1, "'!' comes before '^'")]
    [TestCase("^^", "MG008", 2, 1, "a second '^'")]
    [TestCase("^!!", "MG011", 3, 2, "a second '!'")]
    [TestCase("^ 1y", "MG015", 3, 1, "'1y' is not a valid time progression (expected <number>ms|s|m|h|d)")]
    public void Pulls(string diagram, string code, int column, int frame, string sentence) =>
        Check(diagram, MarbleRow.Pulls, code, column, frame, sentence);

    [TestCase("", 1, 0, "a time diagram needs exactly one '|'")]
    [TestCase("--  ", 2, 2, "a time diagram needs exactly one '|'")]
    [TestCase("1s ", 2, 1000, "a time diagram needs exactly one '|'")]
    [TestCase("||", 2, 1, "a second '|'")]
    public void Times(string diagram, int column, int frame, string sentence) =>
        Check(diagram, MarbleRow.Time, "MG021", column, frame, sentence);

    [TestCase("(|)", "MG001", "'(' not allowed in a time diagram")]
    [TestCase("#", "MG001", "'#' not allowed in a time diagram")]
    [TestCase("{a}", "MG001", "'{' not allowed in a time diagram")]
    [TestCase("10ms|", "MG014", "'10ms' looks like a time progression but is not delimited by spaces")]
    public void TimesOf(string diagram, string code, string sentence) =>
        Check(diagram, MarbleRow.Time, code, 1, 0, sentence);

    [TestCase("10ms|", "MG014", "10ms")]
    [TestCase("-10ms a", "MG014", "10ms")]
    [TestCase("a 1s-", "MG014", "1s")]
    [TestCase("{a}1s", "MG014", "1s")]
    [TestCase("a 10 ms|", "MG014", "10 ms")]
    [TestCase("a 1\n  m", "MG014", "1   m")]
    [TestCase("1s2s", "MG014", "1s")]
    [TestCase("a1.5.5s", "MG015", "1.5.5s")]
    [TestCase("-.5s-", "MG015", ".5s")]
    [TestCase("1.ms a", "MG015", "1.ms")]
    [TestCase(".5 s", "MG015", ".5 s")]
    [TestCase("5sec a", "MG015", "5sec")]
    [TestCase("a 10MS", "MG015", "10MS")]
    [TestCase("10us a", "MG015", "10us")]
    [TestCase("10µs a", "MG015", "10µs")]
    [TestCase("1a b", "MG015", "1a")]
    [TestCase("10msb|", "MG014", "10ms")]
    [TestCase("a 10msb|", "MG014", "10ms")]
    [TestCase("-1.5msec-", "MG014", "1.5ms")]
    [TestCase("a10msb c", "MG014", "10ms")]
    [TestCase("a 10msb", "MG015", "10msb")]
    [TestCase("a 5h|", "MG014", "5h")]
    [TestCase("2d-", "MG014", "2d")]
    [TestCase("a 1.5.5d", "MG015", "1.5.5d")]
    [TestCase("...4...", "MG015", "...4...")]
    [TestCase("-a..12..b", "MG015", "..12..")]
    [TestCase("-a ...4... b", "MG015", "...4...")]
    [TestCase("(a...4...)", "MG015", "...4...")]
    [TestCase("@5-", "MG014", "@5")]
    [TestCase("-@5", "MG014", "@5")]
    [TestCase("@2s|", "MG014", "@2s")]
    [TestCase("@2ab|", "MG014", "@2")]
    [TestCase("a @ 5 b", "MG014", "@ 5")]
    [TestCase("a @1.5 b", "MG015", "@1.5")]
    [TestCase("a @1.s b", "MG015", "@1.s")]
    [TestCase("a @10sec", "MG015", "@10sec")]
    public void NearMisses(string diagram, string code, string what)
    {
        var error = Refuse(diagram, MarbleRow.Cold);

        Assert.That(error.Code, Is.EqualTo(code));
        Assert.That(FirstLine(error), Does.Contain($": '{what}' "));
        Assert.That(error.Message.Split('\n')[2].Trim(), Is.EqualTo(new string('^', what.Length)), "carets");
    }

    [TestCase("a 10ms|", "a 10ms |")]
    [TestCase("10ms(a|)", "10ms (a|)")]
    [TestCase("a 10 ms b", "a 10ms b")]
    [TestCase("a10ms b", "a 10ms b")]
    [TestCase("a10msb|", "a 10ms b|")]
    [TestCase("a 5h|", "a 5h |")]
    [TestCase("a@5b|", "a @5 b|")]
    [TestCase("a @ 5 b", "a @5 b")]
    [TestCase("a@2s|", "a @2s |")]
    public void ANearMiss_IsToldHowToBeRight(string diagram, string right)
    {
        Assert.That(Refuse(diagram, MarbleRow.Cold).Hint, Is.EqualTo($"write \"{right}\""));
        Assert.That(() => MarbleDiagram.Parse(right, MarbleRow.Cold), Throws.Nothing);
    }

    [TestCase("--a @2", 5, 3, "'@2' lies in the past: the row has come to frame 3")]
    [TestCase("a 1.5ms @2 b", 9, 2, "'@2' lies in the past: the row has come to 2.5ms")]
    [TestCase("a @4 b @4", 8, 5, "'@4' lies in the past: the row has come to frame 5")]
    [TestCase("(abc) @4", 7, 5, "'@4' lies in the past: the row has come to frame 5")]
    public void AnAbsoluteMark_InThePast(string diagram, int column, long frame, string sentence) =>
        Check(diagram, MarbleRow.Cold, "MG024", column, frame, sentence);

    [TestCase("--^-- @1", "'@1' lies in the past: the row has come to frame 3")]
    [TestCase("@1 ^", "'@1' before '^'")]
    [TestCase("@1s a-^ @5", "'@1s' before '^'")]
    public void AnAbsoluteMark_OfAHotRow(string diagram, string sentence) =>
        Assert.That(FirstLine(Refuse(diagram, MarbleRow.Hot)), Does.StartWith("MG024 ").And.EndsWith($": {sentence}"));

    [TestCase("@0.00001ms", "'@0.00001ms' is finer than a tick")]
    [TestCase("@922337203685478s", "'@922337203685478s' is longer than a TimeSpan can be")]
    [TestCase("@9999999999999999999", "'@9999999999999999999' is longer than a TimeSpan can be")]
    [TestCase("@99999999999999999999999999999999", "'@99999999999999999999999999999999' is longer than a TimeSpan can be")]
    public void AbsoluteMarksThatCannotBe(string diagram, string sentence) =>
        Assert.That(FirstLine(Refuse(diagram, MarbleRow.Cold)), Does.StartWith("MG016 ").And.EndsWith($": {sentence}"));

    [TestCase("a 0.00001ms", 3, "'0.00001ms' is finer than a tick")]
    [TestCase("0.0000000001m", 1, "'0.0000000001m' is finer than a tick")]
    [TestCase("1.00000001s", 1, "'1.00000001s' is finer than a tick")]
    [TestCase("0.000000001m", 1, "'0.000000001m' is finer than a tick")]
    [TestCase("0.0000000000001h", 1, "'0.0000000000001h' is finer than a tick")]
    [TestCase("0.000000000000001d", 1, "'0.000000000000001d' is finer than a tick")]
    [TestCase("10675200d", 1, "'10675200d' is longer than a TimeSpan can be")]
    [TestCase("9999999999999999999.99999999999999d", 1, "'9999999999999999999.99999999999999d' is finer than a tick")]
    [TestCase("922337203685478s", 1, "'922337203685478s' is longer than a TimeSpan can be")]
    [TestCase("99999999999999999999999999999999999999999999s", 1, "'99999999999999999999999999999999999999999999s' is longer than a TimeSpan can be")]
    [TestCase("922337203685s a 922337203685s b", 17, "the diagram is longer than a TimeSpan can be")]
    [TestCase("922337203685.4775807s -", 23, "the diagram is longer than a TimeSpan can be")]
    public void TimesThatCannotBe(string diagram, int column, string sentence)
    {
        var error = Refuse(diagram, MarbleRow.Cold);
        Assert.That((error.Code, error.Column), Is.EqualTo(("MG016", column)));
        Assert.That(FirstLine(error), Does.EndWith($": {sentence}"));
    }

    [Test]
    public void FramesThatAreTooLong_AreRefused() =>
        Assert.That(Refuse("--", MarbleRow.Cold, new() { FrameSize = TimeSpan.MaxValue }).Code, Is.EqualTo("MG016"));

    [TestCase("-👨‍👩‍👧|", 3, 2, "U+200D joins the character before it; write \"{👨‍👩‍👧}\"")]
    [TestCase("(❤️)", 3, 2, "U+FE0F joins the character before it; write \"{❤️}\"")]
    [TestCase("🇩🇪|", 2, 1, "U+1F1EA joins the character before it; write \"{🇩🇪}\"")]
    [TestCase("1️⃣-", 2, 1, "U+FE0F joins the character before it; write \"{1️⃣}\"")]
    [TestCase("👍🏽-", 2, 1, "U+1F3FD joins the character before it; write \"{👍🏽}\"")]
    [TestCase("-e\u0301", 3, 2, "U+0301 joins the character before it; write \"{e\u0301}\"")]
    [TestCase("-\u0301", 2, 1, "it is U+0301; write a name in braces, \"{name}\"")]
    [TestCase("a\u200D", 2, 1, "U+200D joins the character before it; write \"{a\u200D}\"")]
    [TestCase("\u0000", 1, 0, "it is U+0000; write a name in braces, \"{name}\"")]
    [TestCase("\uFEFFa", 1, 0, "it is U+FEFF; write a name in braces, \"{name}\"")]
    [TestCase("a\u00A0b", 2, 1, "it is U+00A0; write a name in braces, \"{name}\"")]
    [TestCase("a\u2028b", 2, 1, "it is U+2028; write a name in braces, \"{name}\"")]
    public void WhatIsNoMarbleOfItsOwn(string diagram, int column, int frame, string hint)
    {
        Check(diagram, MarbleRow.Cold, "MG018", column, frame, NoMarble);
        Assert.That(Refuse(diagram, MarbleRow.Cold).Hint, Is.EqualTo(hint));
    }

    [Test]
    public void HalfASurrogatePair_IsNoMarble([Values('\uD83D', '\uDE48')] char half)
    {
        Check($"a{half}b", MarbleRow.Cold, "MG018", 2, 1, NoMarble);
        Assert.That(Refuse($"{half}", MarbleRow.Cold).Hint, Does.StartWith($"it is U+{(int)half:X4}, half a surrogate pair"));
    }

    [Test]
    public void OneRegionalIndicator_IsAMarble() => Assert.That(Read("🇩-🇪", MarbleRow.Cold), Is.EqualTo("0:🇩 2:🇪"));

    [TestCase("a-b", 3, 2, "no value for the key 'b' (known keys: a, order1)")]
    [TestCase("{order2}", 1, 0, "no value for the key '{order2}' (known keys: a, order1)")]
    [TestCase("🙈", 1, 0, "no value for the key '🙈' (known keys: a, order1)")]
    public void AKeyThatIsMissing_IsRefused(string diagram, int column, int frame, string sentence) =>
        Check(diagram, MarbleRow.Expected, "MG020", column, frame, sentence, syntax: new() { Keys = ["order1", "a"] });

    [Test]
    public void AKeyThatIsMissing_IsRefused_BeforeTheOriginToo() =>
        Check("b-^-a", MarbleRow.Hot, "MG020", 1, 0, "no value for the key 'b' (known keys: a)", syntax: new() { Keys = ["a"] });

    [Test]
    public void WithoutAnyKeys_NoItemIsKnown() =>
        Check("a", MarbleRow.Cold, "MG020", 1, 0, "no value for the key 'a' (known keys: none)", syntax: new() { Keys = [] });

    [Test]
    public void Keys_DoNotConcernOtherRows() =>
        Assert.That(Read("^1-3", MarbleRow.Demand, new() { Keys = [] }), Is.EqualTo("1:1 3:3 subscribe 0"));

    [Test]
    public void Noncompliant_DoesNotLiftTheRest()
    {
        var noncompliant = new MarbleSyntax { Noncompliant = true };

        Check("a|^", MarbleRow.Cold, "MG009", 3, 2, "'^' is only allowed in hot diagrams", syntax: noncompliant);
        Check("{x}", MarbleRow.Demand, "MG022", 1, 0, "'x' is not a request count", syntax: noncompliant);
        Check("^0", MarbleRow.Pulls, "MG022", 2, 1, "count of reads must be positive (got 0)", syntax: noncompliant);
    }

    private static void Check(string diagram, MarbleRow row, string code, int column, long frame, string sentence, string? name = null, MarbleSyntax? syntax = null)
    {
        var error = Refuse(diagram, row, syntax);

        Assert.That((error.Code, error.Column, error.Frame), Is.EqualTo((code, column, frame)));
        Assert.That(FirstLine(error), Is.EqualTo($"{code} at column {column} of '{name ?? row.ToString().ToLowerInvariant()}': {sentence}"));
    }
}
