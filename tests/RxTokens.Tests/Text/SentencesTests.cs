using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What is true of all segments stands in <see cref="SegmentTests"/>.</summary>
public partial class SentencesTests
{
    private static readonly string[] Samples =
    [
        ".", ". ", "! ", "? ", "...", "…", "。", "！", "．", "٣", "３", "７", "1", "12", " ", "  ", "\n", "\r\n", "\u2028", "\t", "a", "b", "bc", "Dr", "Mr.", "e.g.", "U.S.", "J.", "HTML", "Hmm", "É", "é", "я", "漢",
        "It", "is", "“", "”", "‘", "’", "„", "«", "»", "\"", "'", "(", ")", "「", "」", "*", "**", "_", "`", "#", "-", ">", ",", ":", "—", "\u0301", "\u200D", "😀", "don't", "1. ", "$",
    ];

    [MarbleOf("Sentences(IObservable<String>, Int32)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"], rows.Values("source", Meaning)).Sentences()).ToBe(rows["result"], rows.Values("result", Meaning)));

    [MarbleOf("Sentences(IObservable<String>, TimeSpan, IScheduler, Int32)")]
    public void WithAFlush_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"], rows.Values("source", Meaning)).Sentences(TimeSpan.FromMilliseconds(5), m.Clock)).ToBe(rows["result"], rows.Values("result", Meaning)));

    [MarbleOf("Sentences(IObservable<String>, TimeSpan, TimeProvider, Int32)")]
    public void OfATimeProvider_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"], rows.Values("source", Meaning)).Sentences(TimeSpan.FromMilliseconds(5), m.TimeProvider)).ToBe(rows["result"], rows.Values("result", Meaning)));

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "Sentences" })]
    public void Reported(TextCase @case)
    {
        foreach (var pieces in @case.Pieces())
        {
            var sentences = TextLaws.Run(texts => texts.Sentences(), pieces);
            var why = string.Join('|', pieces.Select(TextLaws.Show));
            switch (@case.Id)
            {
                case "se-14": // one or two, and we say one
                    Assert.That(sentences, Is.EqualTo(new[] { @case.Text }), why);
                    break;
                case "se-20": // about when: ASentence_IsToldWithTheFirstLetterOfTheNext
                    Assert.That(sentences, Is.EqualTo(pieces), why);
                    break;
                default:
                    Assert.That(@case.Right(), Has.Some.EqualTo(sentences), why);
                    break;
            }
        }
    }

    [TestCase("One. Two! Three? Four", "One. |Two! |Three? |Four")]
    [TestCase("It is 3.14. Fine", "It is 3.14. |Fine")]
    [TestCase("See example.com/a?b=C!d. Then", "See example.com/a?b=C!d. |Then")]
    [TestCase("Use .NET. Then C#. Then HTML. Or ASP.NET. End", "Use .NET. |Then C#. |Then HTML. |Or ASP.NET. |End")]
    [TestCase("Dr. Who vs. Mr. J. R. Smith Ltd. in the U.S. Army", "Dr. Who vs. Mr. J. R. Smith Ltd. in the U.S. Army")]
    [TestCase("Ask Prof. Moriarty", "Ask Prof. |Moriarty", Description = "a shape that is wrong")]
    [TestCase("I don't. You can't. He didn’t. End", "I don't. |You can't. |He didn’t. |End")]
    [TestCase("Try it. My fly. Shy", "Try it. |My fly. |Shy", Description = "y is a vowel")]
    [TestCase("Ж. Верн. Да", "Ж. Верн. |Да")]
    [TestCase("\"Stop!\" he said. (Really?) yes", "\"Stop!\" he said. |(Really?) yes")]
    [TestCase("Really? yes. no", "Really? |yes. no")]
    [TestCase("Wait... what? Well... No… No", "Wait... what? |Well... |No… |No")]
    [TestCase("Wait . . . What . . . No", "Wait . . . |What . . . |No")]
    [TestCase("Etc., and so. – Or", "Etc., and so. – Or")]
    [TestCase("**Note.** It is _so._ Or `xy.` Then", "**Note.** |It is _so._ |Or `xy.` |Then")]
    [TestCase("„Ja.“ »Nein.« Gut", "„Ja.“ |»Nein.« |Gut")]
    [TestCase("他走了。“好。”他说！再见", "他走了。|“好。”|他说！|再见")]
    [TestCase("重要。**注意**：是？是", "重要。|**注意**：是？|是")]
    [TestCase("値は３．１４です．次", "値は３．１４です．|次")]
    [TestCase("了。  \n好。」，他", "了。  \n|好。」，他")]
    [TestCase("# Title\n\nText\r\n  - one\n  - two. Three\n", "# Title\n\n|Text\r\n  |- one\n  |- two. |Three\n")]
    [TestCase("1. One. 2. Two\n2. Two\n  10. Ten\n- 3. Three\n> **4. Four**", "1. One. |2. |Two\n|2. Two\n  |10. Ten\n|- 3. Three\n|> **4. Four**")]
    [TestCase("In 1998. Then", "In 1998. |Then")]
    [TestCase("\n\n  It. Is", "\n\n  It. |Is", Description = "white space alone is no sentence")]
    [TestCase("  \n", "  \n")]
    [TestCase("Ok! 😀 So", "Ok! |😀 So")]
    [TestCase("Ok‼\uFE0F So", "Ok‼\uFE0F |So")]
    [TestCase("It. \u0301Is", "It. \u0301|Is", Description = "a mark belongs to the space before it")]
    [TestCase("Dr.\nWho", "Dr.\n|Who")]
    public void AText_IsCutLikeThis(string text, string expected)
    {
        foreach (var pieces in TextLaws.Cuts(text))
            Assert.That(string.Join('|', TextLaws.Run(texts => texts.Sentences(), pieces)), Is.EqualTo(expected), string.Join('|', pieces.Select(TextLaws.Show)));
    }

    [Test]
    public void AnyText_CutAnywhere_IsCutByTheRules() => TextLaws.ForAll(
        TextLaws.TextsWith(Samples),
        (text, pieces) => Assert.That(TextLaws.Run(texts => texts.Sentences(), pieces), Is.EqualTo(Expected(text))));

    [Test]
    public void ASentence_IsToldWithTheFirstLetterOfTheNext()
    {
        using var source = new Subject<string>();
        var sentences = new List<string>();
        using var subscription = source.Sentences().Subscribe(sentences.Add);

        source.OnNext("It rains. ");
        Assert.That(sentences, Is.Empty);
        source.OnNext("S");
        Assert.That(sentences, Is.EqualTo(new[] { "It rains. " }));
        source.OnNext("o。");
        Assert.That(sentences, Has.Count.EqualTo(1));
        source.OnNext("次");
        Assert.That(sentences, Is.EqualTo(new[] { "It rains. ", "So。" }));
    }

    [Test]
    public void AfterAFlush_TheBordersAreWhereTheyWere()
    {
        var clock = new System.Reactive.Concurrency.HistoricalScheduler();
        using var source = new Subject<string>();
        var sentences = new List<string>();
        using var subscription = source.Sentences(TimeSpan.FromSeconds(1), clock).Subscribe(sentences.Add);

        foreach (var piece in new[] { "Ask D", "r", ". No. ", "\n", "It is. So" })
        {
            source.OnNext(piece);
            clock.AdvanceBy(TimeSpan.FromSeconds(1));
        }

        Assert.That(sentences, Is.EqualTo(new[] { "Ask D", "r", ". No. ", "\n", "It is. ", "So" }));
    }

    private static string Meaning(string name) => name.Replace('␣', ' ');

    /// <summary>The rules as patterns of the whole text before a place, each code point in it one character that stands for its kind.</summary>
    private static List<string> Expected(string text)
    {
        var starts = Enumerable.Range(0, text.Length).Where(i => i == 0 || !char.IsSurrogatePair(text, i - 1)).ToList();
        var picture = new StringBuilder();
        var places = new List<int>(); // where in the text the characters of the picture are
        foreach (var start in starts)
        {
            var codePoint = char.IsSurrogatePair(text, start) ? char.ConvertToUtf32(text, start) : char.IsSurrogate(text[start]) ? 0xFFFD : text[start];
            var kind = SentenceRules.KindOf(codePoint);
            if (kind == SentenceKind.Nothing)
                continue;

            places.Add(start);
            picture.Append(kind switch
            {
                SentenceKind.Space => ' ',
                SentenceKind.LineEnd => '\n',
                SentenceKind.Point => '.',
                SentenceKind.Ellipsis => '…',
                SentenceKind.Terminator => '!',
                SentenceKind.WidePoint => '．',
                SentenceKind.WideTerminator => '。',
                SentenceKind.Small => codePoint < 128 ? (char)codePoint : 'é',
                SentenceKind.Capital => codePoint < 128 ? (char)codePoint : 'É',
                SentenceKind.Digit => '0',
                SentenceKind.Opening => '(',
                SentenceKind.InitialQuote => '«',
                SentenceKind.Closing => ')',
                SentenceKind.StraightQuote => '"',
                SentenceKind.Emphasis => '*',
                SentenceKind.LineMarker => '#',
                SentenceKind.Continuer => ',',
                _ => '漢',
            });
        }

        var simple = Abbreviation().Replace(ListNumber().Replace(DecimalPoint().Replace(picture.ToString(), "漢"), "ê"), "ê").Replace('ê', '漢');
        List<int> borders = [0, .. Enumerable.Range(0, simple.Length).Where(i => IsBorder(simple[..i], simple[i])).Select(i => places[i]), text.Length];
        return [.. borders.Zip(borders.Skip(1), (from, to) => text[from..to]).Where(s => s.Length > 0)];
    }

    private static bool IsBorder(string before, char next)
    {
        if (next is ' ' or '\n')
            return false;
        if (LineEndBefore().IsMatch(before))
            return true;
        if (next is '.' or '…' or '!' or '．' or '。' or ',')
            return false;
        if (WideEndBefore().Match(before) is { Success: true } wide)
            return wide.Groups["space"].Length > 0 || next is not (')' or '"');

        var end = EndBefore().Match(before);
        return end.Success && (!char.IsLower(next) || (end.Groups["closed"].Length == 0 && MarkBefore().IsMatch(before)));
    }

    // The points that are none.

    [GeneratedRegex("(?<=0)．(?=0)")]
    private static partial Regex DecimalPoint();

    [GeneratedRegex(@"(?<=(?:^|\n)[ *#]*(?:0+\.)*0+)\.")]
    private static partial Regex ListNumber();

    [GeneratedRegex(@"(?<=(?:^|[ \n(«])[)""*#]*(?:(?:[A-Za-zÉé]|(?=[A-Z]*[a-z])[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{2,4})\.)*(?:[A-Za-zÉé]|(?=[A-Z]*[a-z])[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{2,4}))\.")]
    private static partial Regex Abbreviation();

    // What a sentence ends with. A sign that goes on a run with a wide one is not looked at by itself.

    [GeneratedRegex(@"[^ \n] *\n[ \n]*$")]
    private static partial Regex LineEndBefore();

    [GeneratedRegex(@"[。．](?:[)""]* *[.…!。．])*[)""]*(?<space> *)$")]
    private static partial Regex WideEndBefore();

    [GeneratedRegex(@"(?<![。．](?:[)""]* *[.…!。．])*[)""]* *)[.…!](?<closed>[)""«*]*) +$")]
    private static partial Regex EndBefore();

    [GeneratedRegex(@"(?<![。．](?:[)""]* *[.…!。．])*[)""]* *)!(?:[)""«*]* *[.…!])*[)""«*]* +$")]
    private static partial Regex MarkBefore();
}
