using System.Globalization;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Microsoft.ML.Tokenizers;
using NUnit.Framework;

namespace RxTokens.Tests;

public class TakeTokensTests
{
    private static readonly Lazy<TiktokenTokenizer> O200k = new(() => TiktokenTokenizer.CreateForEncoding("o200k_base"));

    // Arguments

    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        var source = Observable.Never<string>();
        Assert.That(() => TokenStream.TakeTokens(null!, 1, Characters), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => source.TakeTokens(1, null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("count"));
        Assert.That(
            () => source.TakeTokens(-1, Characters),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("budget").And.Property("ActualValue").EqualTo(-1));
        Assert.That(
            () => source.TakeTokens(1, Characters, maxChars: 0),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("maxChars").And.Property("ActualValue").EqualTo(0));
    }

    // Behaviour

    [MarbleOf("TakeTokens")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        static string Meaning(string name) => name.Replace('_', ' ');

        m.Expect(m.Cold(rows["source"], rows.Values("source", Meaning)).TakeTokens(3, WordsIn, wholeWords: true)).ToBe(rows["result"], rows.Values("result", Meaning));
    });

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "TakeTokens" })]
    public void Reported(TextCase @case)
    {
        Func<string, int> count = @case.Params.GetProperty("tokens").GetString() switch
        {
            "one per char" or "one per UTF-16 unit" => Characters,
            "one per grapheme" => text => new StringInfo(text).LengthInTextElements,
            _ => Greedy,
        };
        foreach (var pieces in @case.Pieces())
        {
            var told = TextLaws.Run(texts => texts.TakeTokens(@case.Params.GetProperty("budget").GetInt32(), count), pieces);
            Assert.That(string.Concat(told), Is.EqualTo(@case.Result), string.Join('|', pieces.Select(TextLaws.Show)));
        }
    }

    [Test]
    public void AnyText_CutAnywhere_IsItsLongestBeginThatFits() => TextLaws.ForAll(TextLaws.Texts, (text, pieces) =>
    {
        for (var budget = 0; budget < text.Length + 2; budget = (budget * 2) + 1)
        {
            foreach (var everyCharacter in new[] { false, true })
            {
                var cut = -1;
                var told = TextLaws.Run(texts => texts.TakeTokens(budget, Characters, isBorder: everyCharacter ? (_, _) => true : null, onCut: tokens => cut = tokens), pieces);
                var expected = text[..Math.Min(budget, text.Length)];
                if (expected.Length < text.Length && expected.Length > 0 && char.IsSurrogatePair(text, expected.Length - 1))
                    expected = expected[..^1];
                Assert.That(string.Concat(told), Is.EqualTo(expected));
                Assert.That(cut, Is.EqualTo(expected.Length < text.Length ? expected.Length : -1));
                Assert.That(told, Has.None.Empty);
                TextLaws.AssertNoPairIsSplit(told.Append(text[expected.Length..]));
            }
        }
    });

    [Test]
    public void WithOneOfTheOpenAiEncodings_ItIsExact_OnTheWholeText() => TextLaws.ForAll(
        TextLaws.TextsWith("the", " end", "'s", ".\n", "\n", "  ", " ", "\t", "hello", " lo", "/", "12345", " 漢字", "<|endoftext|>", "👩‍👩‍👧‍👦", "A", "\r\n"),
        (text, pieces) =>
        {
            var whole = Whole(text);
            var at = 0;
            string[] cut = [.. pieces.Select(p => whole[at..(at += p.Length)])];
            var all = O200k.Value.CountTokens(whole);
            foreach (var budget in new[] { 0, 1, all / 2, all - 1, all }.Where(b => b >= 0))
            {
                var tokens = -1;
                var told = string.Concat(TextLaws.Run(texts => texts.TakeTokens(budget, t => O200k.Value.CountTokens(t), onCut: t => tokens = t), cut));
                var longest = Enumerable.Range(0, whole.Length + 1).Last(n => !(n > 0 && n < whole.Length && char.IsSurrogatePair(whole, n - 1)) && O200k.Value.CountTokens(whole[..n]) <= budget);
                Assert.That(told, Is.EqualTo(whole[..longest]));
                if (longest < whole.Length)
                    Assert.That(tokens, Is.EqualTo(O200k.Value.CountTokens(told)));

                var words = string.Concat(TextLaws.Run(texts => texts.TakeTokens(budget, t => O200k.Value.CountTokens(t), wholeWords: true), cut));
                var border = Enumerable.Range(0, longest + 1).Last(n => n == 0 || n == whole.Length || (char.IsWhiteSpace(whole[n]) && whole[n] is not ('\r' or '\n') && !char.IsWhiteSpace(whole[n - 1])));
                Assert.That(words, Is.EqualTo(whole[..border]));
            }
        });

    [Test]
    public void BetweenALineEndAndALetter_O200kSplits_AsIsSaid() => TextLaws.ForAll(
        TextLaws.TextsWith("字", "。", "\n", "\n\n", "\r\n", " ", "a", "'s", "/", "1"),
        (text, _) =>
        {
            var whole = Whole(text);
            for (var at = 1; at < whole.Length; at++)
            {
                if (whole[at - 1] == '\n' && char.IsLetter(whole[at]))
                    Assert.That(O200k.Value.CountTokens(whole), Is.EqualTo(O200k.Value.CountTokens(whole[..at]) + O200k.Value.CountTokens(whole[at..])), $"{at}");
            }
        });

    [Test]
    public void TheCut_IsAtAWord_AndIsTold()
    {
        var told = new List<string>();
        new[] { "one t", "wo three", " four" }.ToObservable()
            .TakeTokens(12, Characters, wholeWords: true, onCut: tokens => told.Add($"cut at {tokens}")).Subscribe(told.Add, () => told.Add("over"));

        Assert.That(told, Is.EqualTo(new[] { "one", " two", "cut at 7", "over" }));
    }

    [Test]
    public void ATextThatFits_IsNotCut()
    {
        var isCut = false;

        Assert.That(TextLaws.Run(texts => texts.TakeTokens(7, Characters, onCut: _ => isCut = true), ["one t", "wo"]), Is.EqualTo(new[] { "one", " two" }));
        Assert.That(isCut, Is.False);
    }

    [Test]
    public void EachWord_IsCountedOnce()
    {
        var counted = new List<string>();
        TextLaws.Run(texts => texts.TakeTokens(100, text => { counted.Add(text); return 1; }), "one two three".Select(c => $"{c}"));

        Assert.That(counted, Is.EqualTo(new[] { "one", " two", " three" }));
    }

    [Test]
    public void WhatTheCounterSays_MayFallAgain_AnyBeginOfAWordIsTried()
    {
        var random = new Random(20261127);
        for (var round = 0; round < 300; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 100)).Select(_ => random.Next(4) == 0 ? "😀" : "x"));
            var counts = Enumerable.Range(0, text.Length + 1).Select(_ => random.Next(random.Next(2) == 0 ? 4 : 1000)).ToArray();
            var budget = random.Next(4);
            var longest = Enumerable.Range(0, text.Length + 1).Last(n => n == 0 || (counts[n] <= budget && !(n < text.Length && char.IsSurrogatePair(text, n - 1))));

            Assert.That(string.Concat(TextLaws.Run(texts => texts.TakeTokens(budget, t => counts[t.Length]), [text])), Is.EqualTo(text[..longest]));
        }
    }

    [TestCase("a")]
    [TestCase("我们正在研究")]
    [TestCase("我们正在研究。")]
    [TestCase("=")]
    [TestCase("-=")]
    [TestCase("😀👩‍👩‍👧‍👦")]
    [TestCase("indivisible")]
    public void ATextWithoutABorder_IsCutExactly(string unit)
    {
        var text = string.Concat(Enumerable.Repeat(unit, 600 / unit.Length));
        var counts = Enumerable.Range(0, text.Length + 1)
            .Select(n => n > 0 && n < text.Length && char.IsSurrogatePair(text, n - 1) ? int.MaxValue : O200k.Value.CountTokens(text[..n])).ToArray();
        for (var budget = 0; budget < counts[^1]; budget++)
        {
            var told = string.Concat(TextLaws.Run(texts => texts.TakeTokens(budget, t => counts[t.Length]), [text]));

            Assert.That(told, Has.Length.EqualTo(Array.FindLastIndex(counts, c => c <= budget)), $"{budget}");
        }
    }

    [Test]
    public void ALongTextWithoutABorder_IsCountedSomeHundredTimesAtMost()
    {
        var calls = 0;
        var told = TextLaws.Run(texts => texts.TakeTokens(1000, text => { calls++; return (text.Length + 2) / 3; }), [new string('x', 16_000)]);

        Assert.That(told, Is.EqualTo(new[] { new string('x', 3000) }));
        Assert.That(calls, Is.LessThan(300));
    }

    // Bounds and errors

    [Test]
    public void ANegativeCount_IsAFailure([Values(true, false)] bool atTheCut)
    {
        var (told, failure) = ("", default(Exception));
        new[] { "ab cd" }.ToObservable().TakeTokens(1, text => text.Length == 1 || !atTheCut ? -2 : 5).Subscribe(t => told += t, e => failure = e);

        Assert.That(told, Is.Empty);
        Assert.That(failure, Is.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("count").And.Property("ActualValue").EqualTo(-2));
    }

    [Test]
    public void AFailure_WhereWhatWasHeldDoesNotFit_IsBehindTheCut()
    {
        var cut = -1;
        MarbleTest.Run(m => m.Expect(m.Cold("a-#", [("a", "x yz")]).TakeTokens(2, Characters, onCut: tokens => cut = tokens)).ToBe("a-[b|]", [("a", "x"), ("b", " ")]));

        Assert.That(cut, Is.EqualTo(2));
    }

    [Test]
    public void WhatIsBorderThrows_ComesAfterWhatWasHeld_TheSameForEveryCut()
    {
        foreach (var pieces in TextLaws.EveryCut("ab c!d"))
        {
            var (told, failure) = ("", default(Exception));
            pieces.ToObservable().TakeTokens(9, Characters, isBorder: (_, after) => after == '!' ? throw new InvalidOperationException() : after == ' ').Subscribe(t => told += t, e => failure = e);

            Assert.That(told, Is.EqualTo("ab c"), string.Join('|', pieces));
            Assert.That(failure, Is.InstanceOf<InvalidOperationException>());
        }
    }

    [Test]
    public void TextWithoutABorder_FailsAfterWhatThereIsOfIt()
    {
        var (told, failure) = (new List<string>(), default(Exception));
        new[] { "a bcd", "efg" }.ToObservable().TakeTokens(100, Characters, maxChars: 5).Subscribe(told.Add, e => failure = e);

        Assert.That(told, Is.EqualTo(new[] { "a", " bcde" }));
        Assert.That(failure, Is.InstanceOf<BackpressureException>().With.Property("Bound").EqualTo(5));
    }

    [Test]
    public void AFailure_ArrivesAfterWhatWasHeld() =>
        MarbleTest.Run(m => m.Expect(m.Cold("a-#", [("a", "x y")]).TakeTokens(9, Characters)).ToBe("a-[b#]", [("a", "x"), ("b", " y")]));

    [Test]
    public void WhatTheCounterThrows_IsTheFailure()
    {
        var failure = new InvalidOperationException();
        var heard = default(Exception);
        new[] { "a b" }.ToObservable().TakeTokens(9, _ => throw failure).Subscribe(_ => { }, e => heard = e);

        Assert.That(heard, Is.SameAs(failure));
    }

    // Disposal

    [Test]
    public void TheSource_IsLeft_WhenTheBudgetIsSpent()
    {
        using var source = new Subject<string>();
        var told = "";
        using var subscription = source.TakeTokens(4, Characters).Subscribe(t => told += t);

        source.OnNext("abcdef");
        Assert.That(source.HasObservers);
        source.OnNext(" ");

        Assert.That(told, Is.EqualTo("abcd"));
        Assert.That(source.HasObservers, Is.False);
    }

    [Test]
    public void OneWhoLeavesInTheMiddleOfAPiece_HearsNoMore()
    {
        using var source = new Subject<string>();
        var told = new List<string>();
        using var subscription = source.TakeTokens(4, Characters, onCut: _ => told.Add("cut")).Take(1).Subscribe(told.Add);

        source.OnNext("a bcdef ");

        Assert.That(told, Is.EqualTo(new[] { "a" }));
        Assert.That(source.HasObservers, Is.False);
    }

    [Test]
    public void OneWhoLeavesWhileItIsCounted_IsNotCountedFor()
    {
        using var source = new Subject<string>();
        var calls = 0;
        IDisposable? subscription = null;
        subscription = source.TakeTokens(4, text =>
        {
            if (++calls == 3)
                subscription!.Dispose();
            return text.Length;
        }).Subscribe(_ => Assert.Fail());

        source.OnNext("abcdefghijkl ");

        Assert.That(calls, Is.EqualTo(3));
    }

    [Test]
    public void EachSubscription_HasABudgetOfItsOwn_AndWhatIsPushedMeanwhileComesLater()
    {
        using var source = new Subject<string>();
        var texts = source.TakeTokens(4, Characters);
        var (first, second) = (new List<string>(), new List<string>());
        using var one = texts.Subscribe(text =>
        {
            first.Add(text);
            if (text == "a")
                source.OnNext("x ");
        });
        using var two = texts.Subscribe(second.Add);

        source.OnNext("a b");

        Assert.That(first, Is.EqualTo(new[] { "a", " bx" }));
        Assert.That(second, Is.EqualTo(new[] { "x", " a" }));
    }

    private static int Characters(string text) => text.Length;

    private static int WordsIn(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;

    /// <summary>The longest word of a list first; any other character is one.</summary>
    private static int Greedy(string text)
    {
        var (tokens, at) = (0, 0);
        for (; at < text.Length; tokens++)
            at += new[] { "hello", "hel", "lo", " " }.FirstOrDefault(word => string.CompareOrdinal(text, at, word, 0, word.Length) == 0)?.Length ?? 1;
        return tokens;
    }

    /// <summary>Without halves of pairs, which the tokenizer does not take.</summary>
    private static string Whole(string text) => new([.. text.Select((c, i) =>
        char.IsSurrogate(c) && !char.IsSurrogatePair(text, i) && (i == 0 || !char.IsSurrogatePair(text, i - 1)) ? 'x' : c)]);
}
