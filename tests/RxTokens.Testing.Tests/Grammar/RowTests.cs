using NUnit.Framework;
using static RxTokens.Tests.Diagrams;

namespace RxTokens.Tests;

/// <summary>What well-formed rows of each kind say, beyond the table of conformance.</summary>
public class RowTests
{
    [Test]
    public void NoDiagram_IsAnArgumentError()
    {
        Assert.Throws<ArgumentNullException>(() => MarbleDiagram.Parse(null!, MarbleRow.Cold));
        Assert.Throws<ArgumentOutOfRangeException>(() => MarbleDiagram.Parse("a", (MarbleRow)99));
    }

    [Test]
    public void FrameSize_NotPositive_IsAnArgumentError([Values(0, -1)] long ticks) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _ = new MarbleSyntax { FrameSize = new TimeSpan(ticks) });

    [Test]
    public void ADiagram_KeepsItsTextAndRow()
    {
        var diagram = MarbleDiagram.Parse("-a", MarbleRow.Expected);

        Assert.That((diagram.Text, diagram.Row), Is.EqualTo(("-a", MarbleRow.Expected)));
    }

    [Test]
    public void Symbols_TellAllAboutThemselves() => Assert.That(
        MarbleDiagram.Parse("-🙈{order1}(b|)", MarbleRow.Cold).Symbols,
        Is.EqualTo(new MarbleSymbol[]
        {
            new(Milliseconds(1), MarbleKind.Value, "🙈", 1, 1),
            new(Milliseconds(2), MarbleKind.Value, "order1", 1, 3),
            new(Milliseconds(3), MarbleKind.Value, "b", 1, 12),
            new(Milliseconds(3), MarbleKind.Completion, "|", 1, 13),
        }));

    [Test]
    public void SymbolsOfDemand_HaveCounts() => Assert.That(
        MarbleDiagram.Parse("^3{25}*!", MarbleRow.Demand).Symbols,
        Is.EqualTo(new MarbleSymbol[]
        {
            new(Milliseconds(0), MarbleKind.Subscribe, "^", 1, 0),
            new(Milliseconds(1), MarbleKind.Request, "3", 3, 1),
            new(Milliseconds(2), MarbleKind.Request, "25", 25, 2),
            new(Milliseconds(3), MarbleKind.Request, "*", long.MaxValue, 6),
            new(Milliseconds(4), MarbleKind.Unsubscribe, "!", 1, 7),
        }));

    [Test]
    public void SymbolsOfPulls_HaveKinds() => Assert.That(
        MarbleDiagram.Parse("[^2]x!", MarbleRow.Pulls).Symbols.Select(s => s.Kind),
        Is.EqualTo(new[] { MarbleKind.Subscribe, MarbleKind.Request, MarbleKind.Cancellation, MarbleKind.Unsubscribe }));

    [TestCase("-1-2-3-", "1:1 3:2 5:3", TestName = "{m}(digits)")]
    [TestCase("1.5-a", "0:1 1:. 2:5 4:a", TestName = "{m}(a number without a unit)")]
    [TestCase("1a2b|", "0:1 1:a 2:2 3:b 4:|", TestName = "{m}(digits and letters that are no unit)")]
    [TestCase("12abc-", "0:1 1:2 2:a 3:b 4:c", TestName = "{m}(letters that only begin like a unit)")]
    [TestCase("1 a", "0:1 1:a", TestName = "{m}(a digit and a letter apart)")]
    [TestCase("m s ms", "0:m 1:s 2:m 3:s", TestName = "{m}(units without a number)")]
    [TestCase(". a", "0:. 1:a", TestName = "{m}(a dot)")]
    [TestCase("* x é Ω 漢", "0:* 1:x 2:é 3:Ω 4:漢", TestName = "{m}(any scalar)")]
    [TestCase("{a b}{(}{|}{^}{10ms}{❤️}|", "0:a b 1:( 2:| 3:^ 4:10ms 5:❤️ 6:|", TestName = "{m}(names of anything)")]
    [TestCase("({ab}c)[{de}|]", "0:ab 0:c 4:de 4:|", TestName = "{m}(names in groups)")]
    [TestCase("a\r\n-\tb", "0:a 2:b", TestName = "{m}(line breaks and tabs)")]
    [TestCase("(\n a \t b)c", "0:a 0:b 4:c", TestName = "{m}(spaces in a group)")]
    [TestCase("[ a b ] c", "0:a 0:b 1:c", TestName = "{m}(spaces in a tight group)")]
    [TestCase("(-)a", "3:a", TestName = "{m}(a group of dashes)")]
    [TestCase("(a#)", "0:a 0:#", TestName = "{m}(an ending in a group)")]
    [TestCase("(a|-)-- 5ms ", "0:a 0:|", TestName = "{m}(time after the ending)")]
    [TestCase("#", "0:#", TestName = "{m}(a failure at once)")]
    [TestCase("1s a\t1.5m\nb", "1000:a 91001:b", TestName = "{m}(all units, delimited by any space)")]
    [TestCase("0ms a 00010.50ms b", "0:a 11.5:b", TestName = "{m}(zeros)")]
    [TestCase("0.0001ms a 0.0000001s b 0.000000005m c", "0.0001:a 1.0002:b 2.0005:c", TestName = "{m}(single ticks)")]
    [TestCase("1.00000000000000000000000000000s a", "1000:a", TestName = "{m}(a long fraction of zeros)")]
    [TestCase("2ms 3ms a", "5:a", TestName = "{m}(durations in a row)")]
    [TestCase("1.5h a 0.00000000003125d b", "5400000:a 5400001.0027:b", TestName = "{m}(hours and days)")]
    [TestCase("a1b2c3d4h|", "0:a 1:1 2:b 3:2 4:c 5:3 6:d 7:4 8:h 9:|", TestName = "{m}(letters that are long units, among others)")]
    [TestCase("1 d 2 h", "0:1 1:d 2:2 3:h", TestName = "{m}(the same apart)")]
    [TestCase("1sb-", "0:1 1:s 2:b", TestName = "{m}(a short unit with a letter behind)")]
    [TestCase("...-.4.", "0:. 1:. 2:. 4:. 5:4 6:.", TestName = "{m}(dots that are no gap)")]
    [TestCase("a @1 b @10 c", "0:a 1:b 10:c", TestName = "{m}(absolute marks)")]
    [TestCase("@2s a @1m b", "2000:a 60000:b", TestName = "{m}(absolute times)")]
    [TestCase("@3", "", TestName = "{m}(an absolute mark alone)")]
    [TestCase("@-@ 10ms @a{@}5", "0:@ 2:@ 13:@ 14:a 15:@ 16:5", TestName = "{m}(the sign as an item)")]
    public void Cold(string diagram, string meaning) =>
        Assert.That((Read(diagram, MarbleRow.Cold), Read(diagram, MarbleRow.Expected)), Is.EqualTo((meaning, meaning)));

    [TestCase("a-^-b", "-2:a 2:b")]
    [TestCase("[ab]-^-c", "-2:a -2:b 2:c")]
    [TestCase("(a-b) ^ c", "-5:a -5:b 1:c")]
    [TestCase("{old} 1s ^ 1s {new}", "-1001:old 1001:new")]
    [TestCase("🙈-^", "-2:🙈")]
    [TestCase("-a-b|", "1:a 3:b 4:|")]
    [TestCase("^", "")]
    public void Hot(string diagram, string meaning) => Assert.That(Read(diagram, MarbleRow.Hot), Is.EqualTo(meaning));

    [TestCase("", "None", "None")]
    [TestCase("^", "0", "None")]
    [TestCase("--^-- 1s !", "2", "1005")]
    [TestCase("[^!]", "0", "0")]
    [TestCase("--[^!]--", "2", "2")]
    [TestCase("(-^-!)", "0", "0")]
    public void Subscriptions(string diagram, string subscribe, string unsubscribe)
    {
        Assert.That(Read(diagram, MarbleRow.Subscription), Is.EqualTo($"subscribe {subscribe} unsubscribe {unsubscribe}"));
        Assert.That(Read(diagram, MarbleRow.ExpectedSubscription), Is.EqualTo($"subscribe {subscribe} unsubscribe {unsubscribe}"));
    }

    [TestCase("[^2]-1--*-!", "0:2 2:1 5:max subscribe 0 cancel 7")]
    [TestCase("(^2)", "0:2 subscribe 0")]
    [TestCase("[12]3", "0:1 0:2 1:3")]
    [TestCase("--1[2!]", "2:1 3:2 cancel 3")]
    [TestCase("{007}{9223372036854775807}", "0:7 1:max")]
    [TestCase("!", "cancel 0")]
    [TestCase("", "")]
    [TestCase("12 9ms 1", "0:1 1:2 11:1")]
    public void Demand(string diagram, string meaning) => Assert.That(Read(diagram, MarbleRow.Demand), Is.EqualTo(meaning));

    [TestCase("[^2]---1--[1!]", "0:^ 0:2 4:1 7:1 7:!")]
    [TestCase("^1-x!", "0:^ 1:1 3:x 4:!")]
    [TestCase("^-[x!]", "0:^ 2:x 2:!")]
    [TestCase("^-[!x]--", "0:^ 2:! 2:x")]
    [TestCase("^-(!x)", "0:^ 2:! 2:x")]
    [TestCase("^ 1x 5ms x", "0:^ 1:1 2:x 8:x")]
    [TestCase("^{25}!", "0:^ 1:25 2:!")]
    [TestCase("--^", "2:^")]
    [TestCase("---", "")]
    public void Pulls(string diagram, string meaning) => Assert.That(Read(diagram, MarbleRow.Pulls), Is.EqualTo(meaning));

    [TestCase("|", "0")]
    [TestCase("1s 1ms -| --", "1002")]
    [TestCase(" 1.5ms\t|", "1.5")]
    public void Times(string diagram, string meaning) => Assert.That(Read(diagram, MarbleRow.Time), Is.EqualTo(meaning));

    [TestCase("", MarbleRow.Cold, 0)]
    [TestCase("  ", MarbleRow.Cold, 0)]
    [TestCase("---", MarbleRow.Cold, 3)]
    [TestCase("a 10ms", MarbleRow.Cold, 11)]
    [TestCase("-(ab|)", MarbleRow.Cold, 6)]
    [TestCase("-[ab|]", MarbleRow.Cold, 2)]
    [TestCase("--^--a 5ms ", MarbleRow.Hot, 9)]
    [TestCase("--^", MarbleRow.Hot, 1)]
    [TestCase("^--!", MarbleRow.Subscription, 3)]
    [TestCase("^--!", MarbleRow.Demand, 4)]
    [TestCase("--|--", MarbleRow.Time, 5)]
    public void Length_IsTheTimeAfterTheLast(string diagram, MarbleRow row, int milliseconds) =>
        Assert.That(MarbleDiagram.Parse(diagram, row).Length, Is.EqualTo(Milliseconds(milliseconds)));

    [Test]
    public void FrameSize_SetsWhatADashTakes_NotADuration()
    {
        Assert.That(Read("-a(b|)", MarbleRow.Cold, new() { FrameSize = Milliseconds(10) }), Is.EqualTo("10:a 20:b 20:|"));
        Assert.That(Read("a 10ms b", MarbleRow.Cold, new() { FrameSize = new TimeSpan(1) }), Is.EqualTo("0:a 10.0001:b"));
        Assert.That(Read("a-^-b", MarbleRow.Hot, new() { FrameSize = TimeSpan.FromSeconds(1) }), Is.EqualTo("-2000:a 2000:b"));
    }

    [Test]
    public void Names_AlignRows()
    {
        const string Source = "--{order1}--b-|";
        const string Result = "--a       --b-|";

        Assert.That(Read(Result, MarbleRow.Expected), Is.EqualTo(Read(Source, MarbleRow.Cold).Replace("order1", "a")));
    }

    [Test]
    public void Noncompliant_GoesOnAfterTheEnding()
    {
        var noncompliant = new MarbleSyntax { Noncompliant = true };

        Assert.That(Read("a|b#|(c)", MarbleRow.Cold, noncompliant), Is.EqualTo("0:a 1:| 2:b 3:# 4:| 5:c"));
        Assert.That(Read("a|-^-b", MarbleRow.Hot, noncompliant), Is.EqualTo("-3:a -2:| 2:b"));
        Assert.That(Read("0-{-1}1", MarbleRow.Demand, noncompliant), Is.EqualTo("0:0 2:-1 3:1"));
    }

    [TestCase("10ms a", "10:a", "a")]
    [TestCase("10ms a", "0:1 1:0 2:m 3:s 4:a", "1", "0", "m", "s", "a")]
    [TestCase("a 10ms|", "0:a 1:1 2:0 3:m 4:s 5:|", "1", "0", "m", "s", "a")]
    [TestCase("10 ms", "0:1 1:0 2:m 3:s", "1", "0", "m", "s")]
    [TestCase(".5s", "0:. 1:5 2:s", ".", "5", "s")]
    [TestCase("5h", "0:5 1:h", "5", "h", "unused")]
    [TestCase("(1s)", "0:1 0:s", "1", "s")]
    [TestCase("@1", "0:@ 1:1", "@", "1")]
    [TestCase("..1..", "0:. 1:. 2:1 3:. 4:.", ".", "1")]
    [TestCase("10msb", "0:1 1:0 2:m 3:s 4:b", "1", "0", "m", "s", "b")]
    [TestCase("{1}s", "0:1 1:s", "1", "s")]
    [TestCase("{order1}-{10ms}", "0:order1 2:10ms", "order1", "10ms")]
    [TestCase("---", "")]
    public void Keys_TellItemsFromDurations(string diagram, string meaning, params string[] keys) =>
        Assert.That(Read(diagram, MarbleRow.Cold, new() { Keys = keys }), Is.EqualTo(meaning));

    [Test]
    public void Keys_OfADictionary_WillDo() =>
        Assert.That(Read("-a", MarbleRow.Cold, new() { Keys = new Dictionary<string, int> { ["a"] = 1 }.Keys }), Is.EqualTo("1:a"));

    private static TimeSpan Milliseconds(int count) => TimeSpan.FromMilliseconds(count);
}
