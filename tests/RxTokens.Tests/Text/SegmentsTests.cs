using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text.Json;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RxTokens.Tests;

public class SegmentsTests
{
    private static readonly string[] Words = ["a", "b", "c", "ab", "abc", "aab", "A", "1", "12", "\n", " ", "<", ">", "z", "😀"];

    // Arguments

    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        var source = Observable.Never<string>();
        Assert.That(() => TokenStream.Segments(null!, new("a")), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => source.Segments(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("pattern"));
        Assert.That(
            () => source.Segments(new("a"), 0),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("maxHold").And.Property("ActualValue").EqualTo(0));
    }

    [TestCase("a", RegexOptions.RightToLeft, "right to left")]
    [TestCase("a", RegexOptions.ECMAScript, "ECMAScript")]
    [TestCase("(?<=a*)b", RegexOptions.None, "without bound")]
    [TestCase("(?<!^.+)b", RegexOptions.None, "without bound")]
    [TestCase("(?<=a(?=b))b", RegexOptions.None, "look-ahead in the look-behind")]
    [TestCase(@"\Gab", RegexOptions.None, "\\G at 0")]
    [TestCase("(a)?(?(1)b|c)", RegexOptions.None, "condition")]
    [TestCase("[[:a]", RegexOptions.None, "[:")]
    public void APatternThatCannotBeRightInAStream_IsRefused(string pattern, RegexOptions options, string why) => Assert.That(
        () => Observable.Never<string>().Segments(new(pattern, options)),
        Throws.ArgumentException.With.Message.Contains(pattern).And.Message.Contains(why).And.Property("ParamName").EqualTo("pattern"));

    [Test]
    public void APatternThatIsTooMuch_IsRefused()
    {
        var source = Observable.Never<string>();
        Assert.That(() => source.Segments(new($"{new string('(', 300)}a{new string(')', 300)}")), Throws.ArgumentException.With.Message.Contains("too deeply"));
        Assert.That(() => source.Segments(new("(((a{32}){32}){32}){32}")), Throws.ArgumentException.With.Message.Contains("too large"));
        Assert.That(() => source.Segments(new(string.Join('|', Enumerable.Range(0, 5000)))), Throws.Nothing);
    }

    // Behaviour

    [MarbleOf("Segments")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"]).Segments(new(@"\d+")))
            .ToBe(rows["result"], rows.Values("result", name => name[0] == '#' ? new TextSegment(name[1..], true) : new(name, false))));

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "Segments" })]
    public void Reported(TextCase @case)
    {
        var options = Enum.Parse<RegexOptions>(@case.Params.GetProperty("options").GetString()!);
        if (@case.Id == "sg-14")
            options |= RegexOptions.NonBacktracking;
        var pattern = new Regex(@case.Params.GetProperty("regex").GetString()!, options);
        foreach (var pieces in @case.Pieces())
        {
            List<TextSegment> expected = @case.Expected.ValueKind == JsonValueKind.Array
                ? [.. @case.Expected.EnumerateArray().Select(e => new TextSegment(e[1].GetString()!, e[0].GetString() == "match"))]
                : [new(string.Concat(pieces), false)];
            Assert.That(Merged(TextLaws.Run(texts => texts.Segments(pattern), pieces)), Is.EqualTo(expected), string.Join('|', pieces.Select(TextLaws.Show)));
        }
    }

    [TestCase("ab|abc")]
    [TestCase("abc|ab")]
    [TestCase("a|ab")]
    [TestCase("a(?=b)")]
    [TestCase("a(?!b)")]
    [TestCase("a(?!.*z)")]
    [TestCase("(?<=a)b")]
    [TestCase("(?<!a)b")]
    [TestCase("(?<=^a)b")]
    [TestCase(@"(?<=\ba)b")]
    [TestCase("(?<=a$)\n")]
    [TestCase("^a")]
    [TestCase("(?m)^a")]
    [TestCase("a$")]
    [TestCase("(?m)a$")]
    [TestCase(@"a\Z")]
    [TestCase(@"a\z")]
    [TestCase(@"\Aa+")]
    [TestCase(@"\bab\b")]
    [TestCase(@"\Ba\B")]
    [TestCase("a*")]
    [TestCase("a*?")]
    [TestCase("a+?b")]
    [TestCase("<.*>")]
    [TestCase("<.*?>")]
    [TestCase("<[^>]*>")]
    [TestCase("(?s)<.*?>")]
    [TestCase(@"(a|b)\1")]
    [TestCase(@"(?<x>a|b)c?\k<x>")]
    [TestCase("(?>a*)b")]
    [TestCase("(?>a|ab)c")]
    [TestCase("(?i)ab")]
    [TestCase("a(?i:b)c?")]
    [TestCase("(?x) a # a comment (\n b [ ] ? ")]
    [TestCase("a(?#a comment)b")]
    [TestCase("(?i-m:A)b")]
    [TestCase("a{2}")]
    [TestCase("a{1,2}b")]
    [TestCase("a{2,}")]
    [TestCase("(ab){0,2}c")]
    [TestCase("a{|a{,2}|ab")]
    [TestCase("[^]a]")]
    [TestCase("[]a]b")]
    [TestCase("[a-z-[b]]+")]
    [TestCase(@"[\]a-]b")]
    [TestCase(@"\x61\u0062|\141\n")]
    [TestCase(@"\p{Lu}|\P{L}")]
    [TestCase(@"\<a|\>")]
    [TestCase("😀+")]
    [TestCase("[😀]")]
    [TestCase("")]
    [TestCase("a||b")]
    [TestCase("(|a)b")]
    [TestCase("(a|b.*)")]
    [TestCase("ab|b.*")]
    [TestCase("(a(?=b)|b(?<=ab))c?")]
    [TestCase("(?=ab)")]
    [TestCase("(?=a)a|b")]
    [TestCase("(?:a(?:b(?:c)?)?)?z")]
    [TestCase(@"[\c]]b|a")]
    [TestCase(@"[\c\]b|a]")]
    [TestCase(@"[!--[b]]+")]
    [TestCase(@"[!-\x2D--[b]]+")]
    [TestCase(@"[\d--[1]]+")]
    [TestCase(@"[\141-[b]]b")]
    [TestCase("(?x)a\vb")]
    [TestCase(@"\141b|\12|\18")]
    [TestCase("ab|b[^z]*z|<[^>]*A")]
    public void APattern_FindsWhatItFindsInTheWhole(string pattern)
    {
        var regex = new Regex(pattern);
        TextLaws.ForAll(TextLaws.TextsWith(Words), (text, pieces) => AssertSameAsWhole(regex, text, pieces));
        foreach (var text in new[] { "\u001Db", "\u001Cb\u001C|a]", "b]-!,]-1", "a\vb\u00018", "aab\nabc<a>", "abcab z\n", "a\n\na", "12ab 1" })
        {
            foreach (var pieces in TextLaws.Cuts(text))
                AssertSameAsWhole(regex, text, pieces);
        }
    }

    [Test]
    public void AnyPattern_FindsWhatItFindsInTheWhole()
    {
        var random = new Random(20261127);
        TextLaws.ForAll(TextLaws.TextsWith(Words), (text, pieces) =>
        {
            for (var i = 0; i < 5; i++)
            {
                var pattern = RandomPattern(random, 3);
                var options = (random.Next(4) == 0 ? RegexOptions.IgnoreCase | RegexOptions.CultureInvariant : 0)
                    | (random.Next(3) == 0 ? RegexOptions.Multiline : 0) | (random.Next(3) == 0 ? RegexOptions.Singleline : 0);
                AssertSameAsWhole(new(pattern, options), text, pieces);
            }
        });
    }

    [TestCase(@"\d+", "ab12", "ab")]
    [TestCase("ab|abc", "xab", "x")]
    [TestCase("ab|abc", "xabd", "x[ab]d")]
    [TestCase("a(?=b)", "xa", "x")]
    [TestCase("test", "xtes", "x")]
    [TestCase("test", "xtesx", "xtesx")]
    [TestCase("test", "xtest", "x[test]")]
    [TestCase("<[^>]*>", "x<a>", "x[<a>]")]
    [TestCase("<.*?>", "x<a> b\nc", "x[<a>] b\nc")]
    [TestCase(@"\bcat\b", "a cat", "a ")]
    [TestCase("a(?!.*z)", "xa1\nb", "x[a]1\nb")]
    [TestCase("^a", "ba", "ba")]
    [TestCase("a$", "xa\n", "x")]
    [TestCase(@"\141b", "xabc", "x[ab]c")]
    public void OnlyWhatIsOpen_IsHeld(string pattern, string piece, string told)
    {
        using var source = new Subject<string>();
        var segments = "";
        using var subscription = source.Segments(new(pattern)).Subscribe(s => segments += s.IsMatch ? $"[{s.Text}]" : s.Text);

        source.OnNext(piece);

        Assert.That(segments, Is.EqualTo(told));
    }

    [Test]
    public void HalfAPair_WaitsForItsOtherHalf() =>
        Assert.That(TextLaws.Run(texts => texts.Segments(new("[a-z]")), ["1\uD83D", "\uDE00a"]), Is.EqualTo(new TextSegment[] { new("1", false), new("😀", false), new("a", true) }));

    [Test]
    public void APatternThatGoesBackForEver_DoesNot() => Assert.That(
        Merged(TextLaws.Run(texts => texts.Segments(new("(a+)+$", RegexOptions.NonBacktracking)), Enumerable.Repeat("a", 3000).Append("b"))), Is.EqualTo(new TextSegment[] { new(new string('a', 3000) + "b", false) }));

    [Test]
    public void ManyMatchesOverTheBeginningOfWhatWasOpen_TakeNoLonger()
    {
        var text = $"<{string.Concat(Enumerable.Repeat("ab", 50_000))}>{new string('a', 20_000)}";

        Assert.That(TextLaws.Run(texts => texts.Segments(new("ab|b[^z]*z|<[^>]*A")), [text]).Count(s => s.IsMatch), Is.EqualTo(50_000));
    }

    [Test]
    public void WhatIsOpen_IsTheSameFromBothEnds()
    {
        var random = new Random(20261127);
        TextLaws.ForAll(TextLaws.TextsWith(Words), (text, _) =>
        {
            var open = new OpenEnd(new(RandomPattern(random, 3)));
            var isOpen = open.FindOpen(text);
            for (var at = 0; at <= text.Length; at++)
            {
                var attempts = new OpenEnd.Attempts(open);
                attempts.Add(text.AsSpan(at));
                Assert.That(isOpen[at], Is.EqualTo(attempts.First == 0), $"{at}");
            }
        });
    }

    // Bounds and errors

    [Test]
    public void WhatIsHeldForTooLong_FailsAtTheSamePlace_ForEveryCut()
    {
        foreach (var pieces in TextLaws.EveryCut("x<ab😀d>y"))
        {
            for (var max = 1; max < 9; max++)
            {
                var (told, failure) = (new List<TextSegment>(), default(Exception));
                pieces.ToObservable().Segments(new("<[^>]*>"), max).Subscribe(told.Add, e => failure = e);

                TextSegment[] expected = max switch { < 6 => [new(max == 3 ? "x<ab" : "x<ab😀d"[..(max + 2)], false)], _ => [new("x", false), new("<ab😀d>", true), new("y", false)] };
                Assert.That(Merged(told), Is.EqualTo(expected), $"{max}: {string.Join('|', pieces.Select(TextLaws.Show))}");
                Assert.That(failure, max < 6 ? Is.InstanceOf<BackpressureException>() : Is.Null);
            }
        }
    }

    [TestCase("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "")]
    [TestCase("", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void WhereAMatchTakesTooLong_TheRestIsText_BeforeTheFailure(string piece, string atTheEnd)
    {
        var (told, failure) = (new List<TextSegment>(), default(Exception));
        new[] { $"x1{piece}y", atTheEnd }.ToObservable()
            .Segments(new("1|(a+)+[bc]", RegexOptions.None, TimeSpan.FromMilliseconds(100))).Subscribe(told.Add, e => failure = e);

        Assert.That(Merged(told), Is.EqualTo(new TextSegment[] { new("x", false), new("1", true), new($"{piece}y{atTheEnd}", false) }));
        Assert.That(failure, Is.InstanceOf<RegexMatchTimeoutException>());
    }

    [Test]
    public void WhatIsHeldForTooLong_Fails_AfterAllThereIs()
    {
        var (told, failure) = (new List<TextSegment>(), default(Exception));
        new[] { "x<abc", "def", ">" }.ToObservable().Segments(new("<[^>]*>"), 6).Subscribe(told.Add, e => failure = e);

        Assert.That(Merged(told), Is.EqualTo(new TextSegment[] { new("x<abcdef", false) }));
        Assert.That(failure, Is.InstanceOf<BackpressureException>().With.Property("Bound").EqualTo(6).And.Message.Contains("<[^>]*>"));
    }

    [Test]
    public void AFailure_ArrivesAfterWhatWasHeld() => MarbleTest.Run(m =>
        m.Expect(m.Cold("a-#", [("a", "x12")]).Segments(new(@"\d+"))).ToBe("a-[b#]", [("a", new TextSegment("x", false)), ("b", new TextSegment("12", true))]));

    // Disposal

    [Test]
    public void OneWhoLeavesInTheMiddleOfAPiece_HearsNoMore_AndTheSourceIsLeft()
    {
        using var source = new Subject<string>();
        var told = new List<TextSegment>();
        using var subscription = source.Segments(new("b")).Take(2).Subscribe(told.Add);

        source.OnNext("abcb");

        Assert.That(told, Is.EqualTo(new TextSegment[] { new("a", false), new("b", true) }));
        Assert.That(source.HasObservers, Is.False);
    }

    [Test]
    public void EachSubscription_HasAStartOfItsOwn()
    {
        using var source = new Subject<string>();
        var segments = source.Segments(new("^b"));
        var (first, second) = (new List<TextSegment>(), new List<TextSegment>());
        using var one = segments.Subscribe(first.Add);
        source.OnNext("a");
        using var two = segments.Subscribe(second.Add);
        source.OnNext("b");

        Assert.That(first, Is.EqualTo(new TextSegment[] { new("a", false), new("b", false) }));
        Assert.That(second, Is.EqualTo(new TextSegment[] { new("b", true) }));
    }

    [Test]
    public void WhatIsPushedWhileASegmentIsTold_ComesAfterThePiece()
    {
        using var source = new Subject<string>();
        var told = new List<TextSegment>();
        using var subscription = source.Segments(new("b")).Subscribe(segment =>
        {
            told.Add(segment);
            if (segment.Text == "a")
                source.OnNext("b");
        });

        source.OnNext("abc");

        Assert.That(told, Is.EqualTo(new TextSegment[] { new("a", false), new("b", true), new("c", false), new("b", true) }));
    }

    private static void AssertSameAsWhole(Regex pattern, string text, string[] pieces)
    {
        var told = TextLaws.Run(texts => texts.Segments(pattern), pieces);
        Assert.That(Merged(told), Is.EqualTo(Whole(pattern, text)), $"/{pattern}/ {pattern.Options}");
        Assert.That(told.Select(s => s.Text), Has.None.Empty);
    }

    private static List<TextSegment> Whole(Regex pattern, string text)
    {
        var (segments, from) = (new List<TextSegment>(), 0);
        foreach (var match in pattern.Matches(text).Where(m => m.Length > 0))
        {
            if (match.Index > from)
                segments.Add(new(text[from..match.Index], false));
            segments.Add(new(match.Value, true));
            from = match.Index + match.Length;
        }

        if (from < text.Length)
            segments.Add(new(text[from..], false));
        return segments;
    }

    private static List<TextSegment> Merged(IEnumerable<TextSegment> segments)
    {
        var merged = new List<TextSegment>();
        foreach (var segment in segments)
        {
            if (merged.Count > 0 && !merged[^1].IsMatch && !segment.IsMatch)
                merged[^1] = new(merged[^1].Text + segment.Text, false);
            else
                merged.Add(segment);
        }

        return merged;
    }

    /// <summary>Loops are not nested, so that the engine that is compared with comes to an end.</summary>
    private static string RandomPattern(Random random, int depth)
    {
        string[] characters = ["a", "b", "c", "z", "1", "\\n", "\\s", "\\d", "\\w", "\\W", ".", "[ab]", "[^a]", "[^\\n]", "[a-c-[b]]", "A"];
        string[] conditions = ["^", "$", "\\b", "\\B", "\\A", "\\z", "\\Z"];
        string[] loops = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?"];
        string[] short_ = ["?", "??", "{0,2}", "{1,2}?", "{2}"];
        string Any(string[] list) => list[random.Next(list.Length)];
        string Part() => random.Next(depth > 0 ? 12 : 6) switch
        {
            0 or 1 or 2 => Any(characters),
            3 or 4 => Any(characters) + Any(loops),
            5 => Any(conditions),
            6 => $"(?:{RandomPattern(random, depth - 1)}){Any(short_)}",
            7 => $"({RandomPattern(random, depth - 1)})",
            8 => $"(?={RandomPattern(random, depth - 1)})",
            9 => $"(?!{RandomPattern(random, depth - 1)})",
            10 => $"(?<{Any(["=", "!"])}{Any(["", .. conditions])}{Any(characters)}{Any(["", "?", "{2}"])}{Any(["", .. characters, .. conditions])})",
            _ => $"(?>{RandomPattern(random, depth - 1)})",
        };
        var sequence = string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Part()));
        return random.Next(4) == 0 ? $"{sequence}|{RandomPattern(random, depth - 1)}" : sequence;
    }
}
