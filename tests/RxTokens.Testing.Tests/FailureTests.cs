using System.Globalization;
using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What a failing test says, to the letter.</summary>
public class FailureTests
{
    [Test]
    public void Late() => Shows(
        m =>
        {
            var source = m.Hot("-a--bc--d---|");
            var debounced = source.Throttle(m.Time("--|"), m.Clock);
            m.Expect(debounced).ToBe("---a---c-d--|");
        },
        """
        Marble mismatch in "debounced" at frame 9 (9 ms): OnNext(d) arrived 1 frame late
          frame     0         10
          source    -a--bc--d---|      hot, subscribed ^-----------!
          expected  ---a---c-d--|
          actual    ---a---c--d-|
                             ^ expected OnNext(d), got nothing; OnNext(d) came at frame 10
          to accept the actual result:  ---a---c--d-|
        """);

    [Test]
    public void Early() => Shows(
        m => m.Expect(m.Cold("-a-b|"), name: "source").ToBe("-a----b|"),
        """
        Marble mismatch in "source" at frame 3 (3 ms): OnNext(b) arrived 3 frames early
          frame     0
          source    -a-b|         cold, subscribed ^---!
          expected  -a----b|
          actual    -a-b|
                       ^ got OnNext(b), expected it at frame 6
          to accept the actual result:  -a-b|
        """);

    [Test]
    public void Missing() => Shows(
        m => m.Expect(m.Cold("-a--c|"), name: "result").ToBe("-a-bc|"),
        """
        Marble mismatch in "result" at frame 3 (3 ms): OnNext(b) is missing
          frame     0
          source    -a--c|      cold, subscribed ^----!
          expected  -a-bc|
          actual    -a--c|
                       ^ expected OnNext(b), got nothing
          to accept the actual result:  -a--c|
        """);

    [Test]
    public void AnOperatorWithoutTheClock() => Shows(
        m => m.Expect(m.Hot("-a-b-------c|").Throttle(TimeSpan.FromHours(1)), name: "throttled").ToBe("------b----- c|"),
        """
        Marble mismatch in "throttled" at frame 6 (6 ms): OnNext(b) is missing
          frame     0         10
          source    -a-b-------c|          hot, subscribed ^-----------!
          expected  ------b-----c   |
          actual    ------------[c|]
                          ^ expected OnNext(b), got nothing
          A timer of real time was started, of 1h: was an operator given no m.Clock?
        """);

    [Test]
    public void OneOfSeveralOperatorsWithoutTheClock() => Shows(
        m => m.Expect(m.Hot("-a-b|").Delay(TimeSpan.FromHours(1)).Select(x => x).Delay(m.Time("--|"), m.Clock), name: "delayed").ToBe("---a-b|"),
        """
        Marble mismatch in "delayed" at frame 3 (3 ms): OnNext(a) is missing
          frame     0
          source    -a-b|        hot, subscribed ^---!
          expected  ---a-b|
          actual    -------
                       ^ expected OnNext(a), got nothing
          The sources have ended, and nothing is left on the clock: was an operator given no m.Clock?
        """);

    [Test]
    public void WhatIsNotMissing_IsNotTheFaultOfATimer() => Shows(
        m =>
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromHours(1));
            m.Expect(m.Cold("-a|"), name: "result").ToBe("-b|");
        },
        """
        Marble mismatch in "result" at frame 1 (1 ms): OnNext(a) instead of OnNext(b)
          frame     0
          source    -a|      cold, subscribed ^-!
          expected  -b|
          actual    -a|
                     ^ expected OnNext(b), got OnNext(a)
          to accept the actual result:  -a|
        """);

    [Test]
    public void Extra() => Shows(
        m => m.Expect(m.Cold("-a-bc|"), name: "result").ToBe("-a--c|"),
        """
        Marble mismatch in "result" at frame 3 (3 ms): OnNext(b) was not expected
          frame     0
          source    -a-bc|      cold, subscribed ^----!
          expected  -a--c|
          actual    -a-bc|
                       ^ expected nothing, got OnNext(b)
          to accept the actual result:  -a-bc|
        """);

    [Test]
    public void OtherValue_WithALegendOfWhatHasNoLetter() => Shows(
        m => m.Expect(m.Cold("-a-b|", [("a", "one"), ("b", "two")]), name: "result").ToBe("-x-y|", [("x", "one"), ("y", "zwei")]),
        """
        Marble mismatch in "result" at frame 3 (3 ms): OnNext(A) instead of OnNext(y)
          frame     0
          source    -a-b|      cold, subscribed ^---!
          expected  -x-y|
          actual    -x-A|
                       ^ expected OnNext(y), got OnNext(A)
          where y = zwei
          where A = two
          to accept the actual result:  -x-A|
          letters that stand for values without one have to be among the values too:  ("A", "two")
        """);

    [Test]
    public void ItNeverEnds_AndIsPushed() => Shows(
        m => m.Expect(m.Cold("-a"), name: "result").ToBe("-a--|"),
        """
        Marble mismatch in "result" at frame 4 (4 ms): OnCompleted is missing
          frame     0
          source    -a---      cold, subscribed ^
          expected  -a--|
          actual    -a---
                        ^ expected OnCompleted, got nothing
          to accept the actual result:  -a---
        """);

    [Test]
    public void LongSilences_CollapseAlikeInAllRows() => Shows(
        m => m.Expect(m.Cold("-a 100ms b 5s c|").Delay(m.Time("--|"), m.Clock), name: "delayed").ToBe("---a 100ms b 5s -c|"),
        """
        Marble mismatch in "delayed" at frame 5105 (5105 ms): OnNext(c) arrived 1 frame early
          frame     0         102        5103
          source    -a-- 98ms b-- 4998ms c|         cold, subscribed ^ 5103ms !
          expected  ---a 98ms --b 4998ms ---c|
          actual    ---a 98ms --b 4998ms --c|
                                           ^ got OnNext(c), expected it at frame 5106
          to accept the actual result:  ---a 100ms b 5s c|
        """);

    [Test]
    public void WithRequests() => Shows(
        m =>
        {
            var tokens = m.Pull("abcdef|", name: "tokens");
            m.Expect(tokens.Buffered(2), demand: "1---1---1").ToBe("a---b---d");
        },
        """
        Marble mismatch in "tokens.Buffered(2)" at frame 8 (8 ms): OnNext(c) instead of OnNext(d)
          frame     0
          tokens    a   bcdef|        pull
          pulls     [^2]1--1---1
          requests  1   ---1---1
          expected  a   ---b---d
          actual    a   ---b---c
                               ^ expected OnNext(d), got OnNext(c)
          to accept the actual result:  a---b---c
        """);

    [Test]
    public void Subscriptions() => Shows(
        m =>
        {
            var source = m.Hot("-a-b-c|");
            m.Expect(source.Take(2)).ToBe("-a-(b|)");
            m.ExpectSubscriptions(source).ToBe("^-----!");
        },
        """
        Marble mismatch in "subscriptions of source" at frame 3 (3 ms): Dispose arrived 3 frames early
          frame     0
          source    -a-b-c|      hot, subscribed ^--!
          expected  ^-----!
          actual    ^--!
                       ^ got Dispose, expected it at frame 6
          to accept the actual result:  ^--!
        """);

    [Test]
    public void AnotherError_SaysHowToExpectIt() => Shows(
        m => m.Expect(m.Cold("-#", new TimeoutException("too slow")), name: "result").ToBe("-#"),
        """
        Marble mismatch in "result" at frame 1 (1 ms): OnError(TimeoutException("too slow")) instead of OnError(MarbleException("#"))
          frame     0
          source    -#      cold, subscribed ^!
          expected  -#
          actual    -#
                     ^ expected OnError(MarbleException("#")), got OnError(TimeoutException("too slow"))
          to accept the actual result:  -#
          to say which error '#' means:  ToBe(…, error: typeof(…)), or an instance, or ExpectedError.Where(…)
        """);

    [Test]
    public void WithoutToBe() => Shows(
        m => m.Expect(m.Cold("-a|"), name: "result"),
        """
        Incomplete expectation in "result": the expectation was never completed: call ToBe
          frame   0
          source  -a|      cold, subscribed ^-!
          result  -a|
        """);

    [Test]
    public void SeveralRows_EarliestFirst()
    {
        var failure = Failing.Run(m =>
        {
            var source = m.Hot("-a-b|");
            m.Expect(source, name: "late").ToBe("-a--b|");
            m.Expect(source, name: "early").ToBe("-x-b|");
            m.Expect(source, name: "right").ToBe("-a-b|");
        });
        Assert.That(failure.Mismatches.Select(x => (x.Row, x.Kind, x.Frame)), Is.EqualTo(new[]
        {
            ("early", MismatchKind.OtherValue, 1), ("late", MismatchKind.Early, 3L),
        }));
        Assert.That(failure.Mismatches[0].Expected, Is.EqualTo("-x-b|"));
        Assert.That(failure.Mismatches[0].Actual, Is.EqualTo("-a-b|"));
        Assert.That(failure.Message, Does.StartWith("2 marble mismatches, the earliest first\n\nMarble mismatch in \"early\" at frame 1"));
        Assert.That(failure.Message, Does.Contain("\n\nMarble mismatch in \"late\" at frame 3"));
    }

    [Test]
    public void AVeryLongChart_IsCutAroundTheCaret()
    {
        var message = Failing.Message(m =>
        {
            var letters = string.Concat(Enumerable.Repeat("ab-", 200));
            m.Expect(m.Cold(letters + "|")).ToBe(letters[..600].Remove(450, 1).Insert(450, "x") + "|");
        });
        Assert.That(message.Split('\n').Select(line => line.Length).Max(), Is.LessThan(700), "only the row to accept is long");
        var lines = message.Split('\n');
        var caret = lines.Single(line => line.TrimStart().StartsWith('^')).IndexOf('^', StringComparison.Ordinal);
        Assert.That(lines.Single(line => line.StartsWith("  expected", StringComparison.Ordinal))[caret], Is.EqualTo('x'));
        Assert.That(lines.Single(line => line.StartsWith("  actual", StringComparison.Ordinal))[caret], Is.EqualTo('a'));
    }

    [Test]
    public void WideCharacters_KeepTheColumns() => Shows(
        m => m.Expect(m.Cold("-🙈-b|"), name: "result").ToBe("-🙈-c|"),
        """
        Marble mismatch in "result" at frame 3 (3 ms): OnNext(b) instead of OnNext(c)
          frame     0
          source    -🙈-b|      cold, subscribed ^---!
          expected  -🙈-c|
          actual    -🙈-b|
                        ^ expected OnNext(c), got OnNext(b)
          to accept the actual result:  -🙈-b|
        """);

    [TestCase("de-DE")]
    [TestCase("tr-TR")]
    [TestCase("ar-SA")]
    public void TheCulture_DoesNotMatter(string culture)
    {
        static void Test(MarbleTest m) => m.Expect(m.Cold<double>("10.2ms {1.5} 0.25ms {2.5}|"), name: "result").ToBe("10.2ms {1.5} 0.25ms {-2.5}|");
        var expected = Failing.Message(Test);
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            Assert.That(Failing.Message(Test), Is.EqualTo(expected));
            Assert.That(expected, Does.Contain("10.2ms {1.5} 0.25ms {2.5}|"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Test]
    public void Mismatches_HaveAText()
    {
        Assert.That(Failing.Run(m => m.Expect(m.Cold("-a|"), name: "one").ToBe("--a|")).Mismatches.ToString(), Is.EqualTo("one, frame 1: Early"));

        var failure = Failing.Run(m =>
        {
            for (var i = 1; i <= 5; i++)
                m.Expect(m.Cold("-a"), name: $"row {i}").ToBe("-b");
        });
        Assert.That(failure.Mismatches.ToString(), Is.EqualTo("row 1, frame 1: OtherValue; row 2, frame 1: OtherValue; row 3, frame 1: OtherValue; … and 2 more"));
        Assert.That(failure.Mismatches, Has.Count.EqualTo(5));
    }

    [Test]
    public void TheActualDiagram_IsReadyToPaste()
    {
        // Whatever comes out of a source, expecting what the failure says makes the test pass.
        foreach (var diagram in new[] { "-a-b|", "(ab)-c", "[ab]-[c|]", "a 100ms b 1s |", "10.2ms a", "a 90m b 2h c 3h |", "@23h a|", "-{long name}-{x}|", "1-2-3|", "{1}{0}{m}{s}|", "-#", "", "-🙈|", "{-}{(}{ }|" })
        {
            var actual = Failing.Run(m => m.Expect(m.Cold(diagram)).ToBe("--{something else}#")).Mismatches.Single().Actual!;
            MarbleTest.Run(m => m.Expect(m.Cold(diagram)).ToBe(actual));
        }
    }

    [Test]
    public void TheActualDiagram_OfAnyRun_IsReadyToPaste()
    {
        string[] pieces = ["-", "--", "a", "b", "7", "{10}", "{ms}", "{long name}", "[ab]", "[1{m}]", "(ab)", " 17ms ", " 0.3ms ", " 2s ", "🙈", "-@", "."];
        var random = new Random(20261121);
        for (var round = 0; round < 1000; round++)
        {
            var diagram = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)])) + (random.Next(3) == 0 ? "" : "|");
            var delay = TimeSpan.FromTicks(random.Next(4) * 5_000L);
            IObservable<string> Source(MarbleTest m) => m.Cold<string>(diagram, Letters).Delay(delay, m.Clock);

            var mismatch = Failing.Run(m => m.Expect(Source(m)).ToBe("-a{something else}#")).Mismatches.Single();
            if (mismatch.Actual is { } actual)
                MarbleTest.Run(m => m.Expect(Source(m)).ToBe(actual), new MarbleOptions { MaxVirtualTime = TimeSpan.FromHours(1) });
        }
    }

    private static readonly MarbleValues<string> Letters = new Dictionary<string, string>
    {
        ["a"] = "a", ["b"] = "b", ["7"] = "7", ["10"] = "10", ["ms"] = "ms", ["long name"] = "long name", ["1"] = "1", ["m"] = "m", ["🙈"] = "🙈", ["@"] = "@", ["."] = ".",
    };

    private static void Shows(Action<MarbleTest> test, string message) => Assert.That(Failing.Message(test), Is.EqualTo(message));
}
