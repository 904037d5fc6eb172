using System.Reactive.Linq;
using System.Text;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>How values are written in failures, and what counts as the same value.</summary>
public class LettersTests
{
    [TestCase("{5}{x}")]
    [TestCase("{1}{2}h")]
    [TestCase("{5}{.}x")]
    [TestCase("{5}{µ}")]
    [TestCase("100ms {5}x 100ms |")]
    [TestCase("-[{5}x]|")]
    [TestCase("[{5}s|]")]
    [TestCase("[5|]")]
    [TestCase("5-s|")]
    [TestCase("{@}5|")]
    [TestCase("-[{@}5]|")]
    [TestCase(".{.}4..|")]
    public void DigitsBesideOtherMarks_CanBePasted(string diagram)
    {
        var actual = Failing.Run(m => m.Expect(m.Cold(diagram)).ToBe("#")).Mismatches.Single().Actual!;
        MarbleTest.Run(m => m.Expect(m.Cold(diagram)).ToBe(actual));
    }

    [Test]
    public void Digits_AreInBracesOnlyInFrontOfLetters()
    {
        var actual = Failing.Run(m => m.Expect(m.Cold("12-3-s{4}x5|")).ToBe("#")).Mismatches.Single().Actual;
        Assert.That(actual, Is.EqualTo("12-3-s{4}x5|"));
    }

    [Test]
    public void WhatIsLessThanAFrameApart_IsNotOfferedToBePasted()
    {
        var failure = Failing.Run(m =>
        {
            var source = m.Hot("a|").Merge(m.Hot("0.5ms b|"));
            m.Expect(source, name: "result").ToBe("ab|");
        });
        Assert.That(failure.Mismatches.Single().Actual, Is.Null);
        Assert.That(failure.Mismatches.Single().Expected, Is.EqualTo("ab|"));
        Assert.That(failure.Message, Does.Contain("less than a frame apart").And.Not.Contain("to accept"));
    }

    [Test]
    public void Null_HasALetter()
    {
        var message = Failing.Message(m => m.Expect(m.Cold<string?>("-a|", [("a", null)]), name: "result").ToBe("-{null}|"));
        Assert.That(message, Does.Contain("OnNext(A) instead of OnNext(null)").And.Contain("where A = null"));
    }

    [Test]
    public void Letters_AreNotThoseOfOtherValues()
    {
        var message = Failing.Message(m => m.Expect(m.Cold<string?>("aA|", [("a", null), ("A", "A")]), name: "result").ToBe("|"));
        Assert.That(message, Does.Contain("  actual    AB|").And.Contain("where A = null").And.Contain("where B = A\n"));
    }

    [Test]
    public void ValuesThatLookAlike_AreShownWithTheirTypes()
    {
        var message = Failing.Message(m => m.Expect(m.Cold<object>("-a|", [("a", 1)]), name: "result").ToBe("-1|"));
        Assert.That(message, Does.Contain("OnNext(1) (Int32) instead of OnNext(1) (String)"));
    }

    [Test]
    public void Times_AreWrittenToTheTick()
    {
        Assert.That(Shown(new DateTime(2026, 1, 2, 3, 4, 5, 6, DateTimeKind.Utc)), Is.EqualTo("2026-01-02T03:04:05.0060000Z"));
        Assert.That(Shown(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 6, TimeSpan.FromHours(1))), Is.EqualTo("2026-01-02T03:04:05.0060000+01:00"));
        Assert.That(Shown(new TimeOnly(3, 4, 5, 6)), Is.EqualTo("03:04:05.0060000"));
        Assert.That(Shown(new DateOnly(2026, 1, 2)), Is.EqualTo("2026-01-02"));
    }

    [Test]
    public void Times_CanBePasted()
    {
        Pastes(new DateTime(2026, 1, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        Pastes(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 6, TimeSpan.FromHours(1)));
        Pastes(new TimeOnly(3, 4, 5, 6));
        Pastes(new DateOnly(2026, 1, 2));

        static void Pastes<T>(T value)
        {
            var actual = Failing.Run(m => m.Expect(m.Cold<T>("-a|", [("a", value)])).ToBe("#")).Mismatches.Single().Actual!;
            MarbleTest.Run(m => m.Expect(m.Cold<T>("-a|", [("a", value)])).ToBe(actual));
            if (value is DateTime time)
                Assert.That(((DateTime)(object)Marble.Parse<T>(actual)[0].Notification.Value!).Kind, Is.EqualTo(time.Kind));
        }
    }

    [TestCase("a}")]
    [TestCase("{a")]
    [TestCase("{a}")]
    [TestCase("a\nb")]
    [TestCase("a\rb")]
    public void KeysThatCannotBeWritten_AreRefused(string key)
    {
        Assert.That(
            () => MarbleValues.Create<int>([(key, 1)]),
            Throws.ArgumentException.With.Message.Contains(key.Replace('\n', '␊').Replace('\r', '␍')));
    }

    // Soon: were the work quadratic in what has come, these three would take minutes, and CI ends a test that hangs.

    [Test]
    public void AnEndlessStream_IsReportedSoonAndShortly()
    {
        var message = Failing.Message(m => m.Expect(Observable.Interval(TimeSpan.FromMilliseconds(1), m.Clock)).ToBe("-"));
        Assert.That(message, Has.Length.LessThan(4000));
    }

    [Test]
    public void ManyMarks_AreReportedSoonAndShortly()
    {
        var failure = Failing.Run(m => m.Expect(Observable.Interval(TimeSpan.FromMilliseconds(1), m.Clock).Take(90_000)).ToBe("-"));
        Assert.That(failure.Message, Has.Length.LessThan(4000).And.Not.Contain("to accept"));
        Assert.That(failure.Mismatches.Single().Actual, Has.Length.GreaterThan(90_000));
    }

    [Test]
    public void ManyValuesWithoutALetter_AreReportedSoonAndShortly()
    {
        var failure = Failing.Run(m =>
            m.Expect(Observable.Interval(TimeSpan.FromMilliseconds(1), m.Clock).Take(50_000)).ToBe("-a", [("a", -1)]));
        Assert.That(failure.Message, Has.Length.LessThan(4000));
        Assert.That(failure.Message, Does.Contain("  where J = 9\n  … and 49990 more\n"));
    }

    [Test]
    public void ManySubscriptions_AreCounted()
    {
        var failure = Failing.Run(m =>
        {
            var source = m.Cold("|");
            m.Expect(source.Repeat(8), name: "result").ToBe("-");
        });
        Assert.That(failure.Message, Does.Contain("cold, subscribed [^!], then [^!], then [^!], then [^!], then [^!], … (8 in all)\n"));
    }

    [Test]
    public void ManySubscriptions_AreAllInThePicture()
    {
        var picture = MarbleTest.Run(m =>
        {
            var source = m.Cold("-|", name: "source");
            m.Expect(source.Repeat(8), name: "result").ToBe("8ms |");
        }).ToSvg();
        Assert.That(picture, Does.Contain("subscribed from 7 ms to 8 ms"));
    }

    [Test]
    public void ManyViolations_AreReportedSoonAndShortly()
    {
        var failure = Failing.Run(m => m.Expect(_ => Observable.Interval(TimeSpan.FromMilliseconds(1), m.Clock).Take(3000), demand: "1").ToBe("-0"));
        Assert.That(failure.Mismatches, Has.Count.GreaterThan(2999));
        Assert.That(failure.Message, Has.Length.LessThan(20_000));
    }

    [Test]
    public void SequencesAreAlike_IfTheirItemsAre()
    {
        Assert.That(AreAlike(new List<int> { 1, 2 }, new[] { 1, 2 }), Is.True);
        Assert.That(AreAlike(new List<int[]> { new[] { 1 } }, new[] { new List<int> { 1 } }), Is.True);
        Assert.That(AreAlike(new[] { 1, 2 }, new[] { 1 }), Is.False);
        Assert.That(AreAlike(System.Collections.Immutable.ImmutableArray.Create(1), System.Collections.Immutable.ImmutableArray.Create(1)), Is.True);
        Assert.That(AreAlike(new Queue<int>([1]), new Queue<int>([1])), Is.True);
        Assert.That(AreAlike(new int[1, 2], new int[2, 1]), Is.False);
    }

    [Test]
    public void SequencesOfDifferentKinds_AreDifferent()
    {
        Assert.That(AreAlike(new List<int>(), new Dictionary<int, int>()), Is.False);
        Assert.That(AreAlike(new Queue<int>(), new Stack<int>()), Is.False);
        Assert.That(AreAlike(new List<int>(), new HashSet<int>()), Is.False);
    }

    [Test]
    public void Dictionaries_AreComparedByKey()
    {
        Assert.That(AreAlike(new Dictionary<string, int[]> { ["a"] = [1], ["b"] = [2] }, new Dictionary<string, int[]> { ["b"] = [2], ["a"] = [1] }), Is.True);
        Assert.That(AreAlike(new Dictionary<string, int> { ["a"] = 1 }, new Dictionary<string, int> { ["a"] = 2 }), Is.False);
        Assert.That(AreAlike(new Dictionary<string, int> { ["a"] = 1 }, new Dictionary<string, int> { ["b"] = 1 }), Is.False);
    }

    [Test]
    public void ATypesOwnEquals_Stands()
    {
        Assert.That(AreAlike(new Named("x", [1]), new Named("y", [1])), Is.False);
        Assert.That(AreAlike(new Named("x", [1]), new Named("x", [2])), Is.True);
    }

    [Test]
    [CancelAfter(20_000)]
    public void EndlessSequences_AreDifferent()
    {
        static IEnumerable<int> Endless()
        {
            while (true)
                yield return 1;
        }

        Assert.That(AreAlike(Endless(), Endless()), Is.False);

        var (one, other) = (new List<object>(), new List<object>());
        one.Add(one);
        other.Add(other);
        Assert.That(AreAlike(one, other), Is.False);
        Assert.That(Shown(one), Has.Length.LessThan(300));
    }

    [Test]
    public void WhatCanBeParsed_IsALiteral()
    {
        Assert.That(Marble.Parse<Int128>("{12}|")[0].Notification.Value, Is.EqualTo((Int128)12));
        Assert.That(Marble.Parse<Half>("{1.5}|")[0].Notification.Value, Is.EqualTo((Half)1.5));
        Assert.That(Marble.Parse<Rune>("x|")[0].Notification.Value, Is.EqualTo(new Rune('x')));
        Assert.That(Marble.Parse<Celsius>("{20}|")[0].Notification.Value, Is.EqualTo(new Celsius(20)));
        Assert.That(Marble.Parse<Celsius?>("{20}|")[0].Notification.Value, Is.EqualTo(new Celsius(20)));
        Assert.That(Marble.Parse<Explicit>("{20}|")[0].Notification.Value, Is.EqualTo(new Explicit(20)));
        Assert.That(() => Marble.Parse<Celsius>("x|"), Throws.TypeOf<MarbleSyntaxException>().With.Message.Contains("'x' is no Celsius"));
        Assert.That(() => Marble.Parse<Version>("x|"), Throws.TypeOf<MarbleSyntaxException>());
    }

    [Test]
    public void Sums_CountTheWholeLastFrame()
    {
        MarbleTest.Run(m =>
        {
            m.ExpectRequests(Observable.Timer(TimeSpan.FromMilliseconds(3.5), m.Clock).Select(_ => 2L)).ToSumTo(2, atFrame: 3);
            m.ExpectRequests(Observable.Timer(TimeSpan.FromMilliseconds(4), m.Clock).Select(_ => 2L)).ToSumTo(0, atFrame: 3);
        });
        var message = Failing.Message(m => m.ExpectRequests(Observable.Return(1L), "requests").ToSumTo(2, atFrame: 3));
        Assert.That(message, Does.Contain("1 asked for up to frame 3, expected 2"));
    }

    [Test]
    public void ExpectationsOfRows_AreMadeOnce()
    {
        var refused = 0;
        MarbleTest.Run(m =>
        {
            var push = m.Cold("|");
            m.Expect(push).ToBe("|");
            var subscriptions = m.ExpectSubscriptions(push);
            Assert.That(() => subscriptions.ToBe("nonsense"), Throws.TypeOf<MarbleSyntaxException>());
            subscriptions.ToBe("[^!]");
            Assert.That(() => subscriptions.ToBe("^---!"), Throws.InvalidOperationException.With.Message.Contains("subscriptions of push"));

            var requests = m.ExpectRequests(Observable.Return(1L), "demand");
            Assert.That(() => requests.ToBe("nonsense"), Throws.TypeOf<MarbleSyntaxException>());
            requests.ToBe("[1!]");
            Assert.That(() => requests.ToBe("2"), Throws.InvalidOperationException.With.Message.Contains("demand"));
            refused++;
        });
        Assert.That(refused, Is.EqualTo(1));
    }

    [Test]
    public void RequestsThatFail_AreNotAtTheirEnd()
    {
        var failure = Failing.Run(m =>
            m.ExpectRequests(m.Cold<long>("1--#", error: new TimeoutException("too slow")), "demand").ToBe("1"));
        Assert.That(failure.Mismatches.Select(x => (x.Row, x.Kind, x.Frame, x.Message)), Is.EqualTo(new[]
        {
            ("demand", MismatchKind.Extra, 3L, "the requests failed: TimeoutException(\"too slow\")"),
        }));
        Assert.That(failure.Message, Does.Contain("\n  actual  1\n             ^ the requests failed"));
    }

    [Test]
    public void NamesWithLineBreaks_AreOnOneLine()
    {
        var message = Failing.Message(m =>
            m.ExpectRequests(Observable.Return(1L), "the\n   requests of\r\n\tsomebody " + new string('x', 300)));
        var lines = message.Split('\n');
        Assert.That(lines[0], Does.StartWith("Incomplete expectation in \"the requests of somebody xxx").And.Length.LessThan(200));
        Assert.That(lines, Has.Length.EqualTo(3));
        Assert.That(lines[2], Does.StartWith("  the requests of somebody xx…  ["));
        Assert.That(message, Does.Not.Contain('\r').And.Not.Contain('\t'));
    }

    [Test]
    public void WideCharacters_AreCutBetweenThem()
    {
        var faces = string.Concat(Enumerable.Repeat("🙈", 200));
        var message = Failing.Message(m => m.Expect(m.Cold(faces + "|"), name: "result").ToBe(string.Concat(faces.AsSpan(0, 300), "x", faces.AsSpan(302), "|")));
        Assert.That(() => new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(message), Throws.Nothing);
        var lines = message.Split('\n');
        var caret = lines.Single(line => line.TrimStart().StartsWith('^'));
        var expected = lines.Single(line => line.StartsWith("  expected", StringComparison.Ordinal));
        Assert.That(Columns(expected[..expected.IndexOf('x', "  expected".Length)]), Is.EqualTo(caret.IndexOf('^', StringComparison.Ordinal)));
    }

    [TestCase("a-a-a|", "--a-a|", "OnNext(a) is missing")]
    [TestCase("--a-a|", "a-a-a|", "OnNext(a) was not expected")]
    [TestCase("a-a-a|", "--a-a-a|", "OnNext(a) arrived 2 frames late")]
    [TestCase("--a-a-a|", "a-a-a|", "OnNext(a) arrived 2 frames early")]
    [TestCase("---a---c-d--|", "---a---c--d-|", "OnNext(d) arrived 1 frame late")]
    public void WhatIsOnTime_IsNotLate(string expected, string actual, string message) =>
        Assert.That(Failing.Run(m => m.Expect(m.Cold(actual)).ToBe(expected)).Mismatches.Single().Message, Is.EqualTo(message));

    private static bool AreAlike(object expected, object actual)
    {
        try
        {
            MarbleTest.Run(m => m.Expect(m.Cold<object>("a|", [("a", actual)])).ToBe("a|", [("a", expected)]));
            return true;
        }
        catch (MarbleAssertionException)
        {
            return false;
        }
    }

    private static string Shown(object value)
    {
        var message = Failing.Message(m => m.Expect(m.Cold<object>("a|", [("a", value)])).ToBe("a|", [("a", "something else")]));
        return message.Split('\n').Single(line => line.StartsWith("  where A = ", StringComparison.Ordinal))["  where A = ".Length..];
    }

    private static int Columns(string text) => text.EnumerateRunes().Sum(rune => rune.Value > 0xffff ? 2 : 1);

    private sealed class Named(string name, int[] items) : List<int>(items)
    {
        private readonly string _name = name;

        public override bool Equals(object? obj) => obj is Named other && other._name == _name;

        public override int GetHashCode() => _name.Length;
    }

    private readonly record struct Explicit(int Degrees) : IParsable<Explicit>
    {
        static Explicit IParsable<Explicit>.Parse(string s, IFormatProvider? provider) => new(int.Parse(s, provider));

        static bool IParsable<Explicit>.TryParse(string? s, IFormatProvider? provider, out Explicit result) => throw new NotSupportedException();
    }

    private readonly record struct Celsius(int Degrees)
    {
        public static Celsius Parse(string text, IFormatProvider? provider) => new(int.Parse(text, provider));
    }
}
