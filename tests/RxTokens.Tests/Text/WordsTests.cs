using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What is true of all segments stands in <see cref="SegmentTests"/>.</summary>
public partial class WordsTests
{
    // One or two of each kind of Word_Break, and halves of pairs.
    private static readonly string[] Samples =
    [
        "\u0001", "¿", "\r", "\n", "\u2028", "\u0301", "\u200D", "\u00AD", "ア", "ー", "א", "a", "ß", "'", "\"", ".", "’", ":", "·", ",", ";", "0", "３", "_", "\u202F", "🇩", "🇪",
        " ", "\u3000", "☺", "👩", "🏽", "Ⓜ", "漢", "ก", "\uD83D", "\uDE00",
    ];

    // Arguments

    [Test]
    public void BordersThatThereAreNot_AreRefusedAtTheCall()
    {
        var source = Observable.Never<string>();
        Assert.That(() => source.Words((WordBorders)2), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("borders"));
        Assert.That(
            () => source.Words(TimeSpan.FromSeconds(1), TimeProvider.System, (WordBorders)(-1)),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo((WordBorders)(-1)));
    }

    // Behaviour

    [MarbleOf("Words(IObservable<String>, WordBorders, Int32)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"], rows.Values("source", Meaning)).Words()).ToBe(rows["result"], rows.Values("result", Meaning)));

    [MarbleOf("Words(IObservable<String>, TimeSpan, IScheduler, WordBorders, Int32)")]
    public void WithAFlush_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"], rows.Values("source", Meaning)).Words(TimeSpan.FromMilliseconds(5), m.Clock)).ToBe(rows["result"], rows.Values("result", Meaning)));

    [MarbleOf("Words(IObservable<String>, TimeSpan, TimeProvider, WordBorders, Int32)")]
    public void OfATimeProvider_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"], rows.Values("source", Meaning)).Words(TimeSpan.FromMilliseconds(5), m.TimeProvider)).ToBe(rows["result"], rows.Values("result", Meaning)));

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "Words" })]
    public void Reported(TextCase @case)
    {
        foreach (var pieces in @case.Pieces())
            Assert.That(TextLaws.Run(texts => texts.Words(), pieces), Is.EqualTo(@case.Right()[0]), string.Join('|', pieces.Select(TextLaws.Show)));
    }

    [Test]
    public void EachPairAndTripleOfKinds_IsCutByTheRules()
    {
        foreach (var first in Samples)
        {
            foreach (var second in Samples)
            {
                foreach (var pair in new[] { first + second, $"{first}\u0308{second}", $"{first}\u200D{second}" })
                {
                    foreach (var text in Samples.Select(third => pair + third).Append(pair))
                    {
                        var expected = Expected(text);
                        Assert.That(TextLaws.Run(texts => texts.Words(), [text]), Is.EqualTo(expected), TextLaws.Show(text));
                        Assert.That(TextLaws.Run(texts => texts.Words(), text.Select(c => $"{c}")), Is.EqualTo(expected), TextLaws.Show(text));
                    }
                }
            }
        }
    }

    [Test]
    public void AnyText_CutAnywhere_IsCutByTheRules() => TextLaws.ForAll(
        TextLaws.TextsWith(Samples),
        (text, pieces) => Assert.That(TextLaws.Run(texts => texts.Words(), pieces), Is.EqualTo(Expected(text))));

    [Test]
    public void ASignBehindAWord_WaitsForWhatFollows_AndThenIsByItself()
    {
        var (source, words) = Subscribed(WordBorders.Unicode);

        source.OnNext("it");
        source.OnNext("'");
        Assert.That(words, Is.Empty);
        source.OnNext(" ");
        Assert.That(words, Is.EqualTo(new[] { "it", "'" }));
    }

    [Test]
    public void ASignThatWasFlushed_IsByItself_AndTheLetterBehindItToo()
    {
        var clock = new System.Reactive.Concurrency.HistoricalScheduler();
        using var source = new Subject<string>();
        var words = new List<string>();
        using var subscription = source.Words(TimeSpan.FromSeconds(1), clock).Subscribe(words.Add);

        source.OnNext("it'");
        clock.AdvanceBy(TimeSpan.FromSeconds(1));
        source.OnNext("s on ");

        Assert.That(words, Is.EqualTo(new[] { "it", "'", "s", " ", "on" }));
    }

    [TestCase("Hello, world! ", "Hello, |world! ")]
    [TestCase("  a  b\n\nc", "  |a  |b\n\n|c")]
    [TestCase("10\u00A0km\u202F/h x", "10\u00A0km\u202F/h |x")]
    [TestCase("a \u0301b c", "a \u0301b |c", Description = "a space with a mark")]
    [TestCase("漢字、漢字。", "漢字、漢字。")]
    [TestCase("👩‍👧 \uD83D", "👩‍👧 |\uD83D")]
    public void AfterSpace_AWordHasItsSpacesBehindIt(string text, string expected)
    {
        foreach (var pieces in TextLaws.Cuts(text))
            Assert.That(string.Join('|', TextLaws.Run(texts => texts.Words(WordBorders.AfterSpace), pieces)), Is.EqualTo(expected));
    }

    [Test]
    public void AfterSpace_AnyText_IsRunsOfNoSpaceAndSpace() => TextLaws.ForAll(TextLaws.Texts, (text, pieces) =>
    {
        // A mark is no space, and does not begin a word behind one: x stands for it.
        var simple = string.Concat(text.Select((c, i) => IsSpace(c) ? ' ' : Extends(text, i) ? 'x' : 'a'));
        var expected = SpacedWord().Matches(simple).Select(m => text.Substring(m.Index, m.Length));
        Assert.That(TextLaws.Run(texts => texts.Words(WordBorders.AfterSpace), pieces), Is.EqualTo(expected));
    });

    [Test]
    public void AfterSpace_AWord_IsToldWhenTheNextBegins()
    {
        var (source, words) = Subscribed(WordBorders.AfterSpace);

        source.OnNext("It is ");
        Assert.That(words, Is.EqualTo(new[] { "It " }));
        source.OnNext("\n");
        Assert.That(words, Has.Count.EqualTo(1));
        source.OnNext("I");
        Assert.That(words, Is.EqualTo(new[] { "It ", "is \n" }));
    }

    private static string Meaning(string name) => name.Replace('␣', ' ');

    private static (Subject<string> Source, List<string> Words) Subscribed(WordBorders borders)
    {
        var (source, words) = (new Subject<string>(), new List<string>());
        source.Words(borders).Subscribe(words.Add);
        return (source, words);
    }

    private static bool IsSpace(char c) => char.IsWhiteSpace(c) && c is not ('\u00A0' or '\u2007' or '\u202F');

    private static bool Extends(string text, int i)
    {
        var at = i > 0 && char.IsSurrogatePair(text, i - 1) ? i - 1 : i;
        return WordKinds.Of(char.IsSurrogatePair(text, at) ? char.ConvertToUtf32(text, at) : char.IsSurrogate(text[at]) ? 0xFFFD : text[at]).Extends();
    }

    [GeneratedRegex("^ +(?=a)|([^ ]| +x)+ *| +")]
    private static partial Regex SpacedWord();

    /// <summary>The rules of UAX #29, one by one, asked for each place in the whole text.</summary>
    private static List<string> Expected(string text)
    {
        var starts = Enumerable.Range(0, text.Length).Where(i => i == 0 || !char.IsSurrogatePair(text, i - 1)).ToList();
        var kinds = starts.ConvertAll(i => WordKinds.Of(char.IsSurrogatePair(text, i) ? char.ConvertToUtf32(text, i) : char.IsSurrogate(text[i]) ? 0xFFFD : text[i]));
        var borders = Enumerable.Range(0, starts.Count).Where(i => i == 0 || IsBorder(kinds, i)).Select(i => starts[i]).Append(text.Length).ToList();
        return [.. borders.Zip(borders.Skip(1), (from, to) => text[from..to])];
    }

    private static bool IsBorder(List<WordKind> kinds, int i)
    {
        var (last, next) = (kinds[i - 1], kinds[i]);
        if (last == WordKind.CarriageReturn && next == WordKind.LineFeed)
            return false; // WB3
        if (last.EndsLine() || next.EndsLine())
            return true; // WB3a, WB3b
        if (last == WordKind.Joiner && next is WordKind.Pictograph or WordKind.PictographicLetter)
            return false; // WB3c
        if (last == WordKind.Space && next == WordKind.Space)
            return false; // WB3d
        if (next.Extends())
            return false; // WB4

        // From here on what extends counts for nothing, but where there is nothing that it could extend.
        var before = Before(kinds, i);
        var beforeThat = before > 0 ? Before(kinds, before) : -1;
        var after = i + 1;
        while (after < kinds.Count && kinds[after].Extends())
            after++;
        last = kinds[before];
        var last2 = beforeThat < 0 ? WordKind.Other : kinds[beforeThat];
        var next2 = after < kinds.Count ? kinds[after] : WordKind.Other;

        static bool IsMidLetter(WordKind kind) => kind is WordKind.MidLetter or WordKind.MidAny or WordKind.SingleQuote;
        static bool IsMidNumber(WordKind kind) => kind is WordKind.MidNumber or WordKind.MidAny or WordKind.SingleQuote;
        const WordKind Hebrew = WordKind.HebrewLetter, Digit = WordKind.Numeric, Connector = WordKind.Connector, Katakana = WordKind.Katakana;

        var joins =
            (last.IsLetter() && next.IsLetter()) // WB5
            || (last.IsLetter() && IsMidLetter(next) && next2.IsLetter()) // WB6
            || (last2.IsLetter() && IsMidLetter(last) && next.IsLetter()) // WB7
            || (last == Hebrew && next == WordKind.SingleQuote) // WB7a
            || (last == Hebrew && next == WordKind.DoubleQuote && next2 == Hebrew) // WB7b
            || (last2 == Hebrew && last == WordKind.DoubleQuote && next == Hebrew) // WB7c
            || (last == Digit && next == Digit) // WB8
            || (last.IsLetter() && next == Digit) // WB9
            || (last == Digit && next.IsLetter()) // WB10
            || (last2 == Digit && IsMidNumber(last) && next == Digit) // WB11
            || (last == Digit && IsMidNumber(next) && next2 == Digit) // WB12
            || (last == Katakana && next == Katakana) // WB13
            || ((last.IsLetter() || last is Digit or Katakana or Connector) && next == Connector) // WB13a
            || (last == Connector && (next.IsLetter() || next is Digit or Katakana)) // WB13b
            || (last == WordKind.RegionalIndicator && next == WordKind.RegionalIndicator && Flags(kinds, i) % 2 == 1); // WB15, WB16
        return !joins;
    }

    /// <summary>The last one before that counts.</summary>
    private static int Before(List<WordKind> kinds, int i)
    {
        var before = i - 1;
        while (before > 0 && kinds[before].Extends() && !kinds[before - 1].EndsLine())
            before--;
        return before;
    }

    private static int Flags(List<WordKind> kinds, int i)
    {
        var count = 0;
        for (var at = Before(kinds, i); kinds[at] == WordKind.RegionalIndicator; at = Before(kinds, at))
        {
            count++;
            if (at == 0)
                break;
        }

        return count;
    }
}
