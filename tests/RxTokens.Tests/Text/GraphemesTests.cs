using System.Globalization;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What is true of all segments stands in <see cref="SegmentTests"/>.</summary>
public partial class GraphemesTests
{
    // One or more of each kind that the rules know, and of each that only some rules tell apart.
    private static readonly string[] Samples =
    [
        " ", "a", "\r", "\n", "\u0001", "\u200B", "\u034F", "\u0300", "\u0301", "🇦", "\u0600", "\u0903", "\u0A03", "\u1100", "\u1160", "\u11A8", "\uAC00", "\uAC01",
        "⌚", "©", "👩", "🏽", "\uFE0F", "\u200C", "\u200D", "\u0378", "\u0915", "\u0BB5", "\u0D3A", "\u0904", "\u094D", "\u0D4D", "\u0BCD", "\u093C", "\uDB40\uDC67", "\uD83D", "\uDE00",
    ];

    [MarbleOf("Graphemes(IObservable<String>, Int32)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"], rows.Values("source", Meaning)).Graphemes()).ToBe(rows["result"], rows.Values("result", Meaning)));

    [MarbleOf("Graphemes(IObservable<String>, TimeSpan, IScheduler, Int32)")]
    public void WithAFlush_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"]).Graphemes(TimeSpan.FromMilliseconds(5), m.Clock)).ToBe(rows["result"]));

    [MarbleOf("Graphemes(IObservable<String>, TimeSpan, TimeProvider, Int32)")]
    public void OfATimeProvider_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"]).Graphemes(TimeSpan.FromMilliseconds(5), m.TimeProvider)).ToBe(rows["result"]));

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "Graphemes" })]
    public void Reported(TextCase @case)
    {
        foreach (var pieces in @case.Pieces())
            Assert.That(TextLaws.Run(texts => texts.Graphemes(), pieces), Is.EqualTo(@case.Right()[0]), string.Join('|', pieces.Select(TextLaws.Show)));
    }

    [Test]
    public void EachPairOfKinds_IsCutAsTheFrameworkDoes()
    {
        foreach (var first in Samples)
        {
            foreach (var second in Samples)
            {
                foreach (var text in new[] { first + second, $"{first}\u0308{second}", $"{first}\u094D{second}", $"{first}\u200D{second}", $"क{first}\u094D{second}त" })
                {
                    var expected = Expected(text);
                    foreach (var pieces in TextLaws.Cuts(text))
                        Assert.That(TextLaws.Run(texts => texts.Graphemes(), pieces), Is.EqualTo(expected), TextLaws.Show(text));
                }
            }
        }
    }

    [Test]
    public void AnyText_CutAnywhere_HasTheClustersOfTheFramework_AndThoseThatAViramaJoins() => TextLaws.ForAll(
        TextLaws.TextsWith(Samples),
        (text, pieces) => Assert.That(TextLaws.Run(texts => texts.Graphemes(), pieces), Is.EqualTo(Expected(text))));

    /// <summary>What comes in one run of marks, emoji and signs is what the rules are about: all code points, each between others.</summary>
    [Test]
    [Category(Categories.Long)]
    public void EachCodePoint_IsWhatTheFrameworkTakesItFor()
    {
        for (var c = 0; c <= 0x10FFFF; c++)
        {
            if (c is >= 0xD800 and <= 0xDFFF)
                continue;

            var s = char.ConvertFromUtf32(c);
            var text = $"a{s}{s}a©{s}\u200D©\u200D{s}🇩{s}\u1100{s}\u1161{s}\u11A8{s}";
            Assert.That(TextLaws.Run(texts => texts.Graphemes(), [text]), Is.EqualTo(Elements(text)), $"U+{c:X4}");
        }
    }

    [TestCase("क्ष", "क्ष")]
    [TestCase("क्‍ष", "क्‍ष", Description = "with a joiner")]
    [TestCase("क्‌ष", "क्‌|ष", Description = "with a non-joiner")]
    [TestCase("ক্ষa", "ক্ষ|a")]
    [TestCase("ക്ഷ", "ക്ഷ")]
    [TestCase("க்ஷ", "க்|ஷ", Description = "Tamil has no conjuncts")]
    [TestCase("क्त", "क्त", Description = "Devanagari with Devanagari")]
    [TestCase("क्a", "क्|a")]
    [TestCase("क़्त", "क़्त", Description = "with a nukta")]
    [TestCase("कि्त", "कि्|त", Description = "behind a spacing vowel sign")]
    [TestCase("कु्त", "कु्त", Description = "behind a vowel sign that extends")]
    public void ConsonantsThatAViramaJoins_AreOneCluster(string text, string expected) =>
        Assert.That(string.Join('|', TextLaws.Run(texts => texts.Graphemes(), [text])), Is.EqualTo(expected));

    [Test]
    public void ALineFeed_AndAControl_AreToldAtOnce()
    {
        using var source = new Subject<string>();
        var clusters = new List<string>();
        using var subscription = source.Graphemes().Subscribe(clusters.Add);

        source.OnNext("a\n");
        Assert.That(clusters, Is.EqualTo(new[] { "a", "\n" }));
        source.OnNext("\r");
        Assert.That(clusters, Has.Count.EqualTo(2));
        source.OnNext("\n\e");
        Assert.That(clusters, Is.EqualTo(new[] { "a", "\n", "\r\n", "\e" }));
    }

    [Test]
    public void AfterAFlush_FlagsAreStillPairsAsTheyWere()
    {
        var clock = new System.Reactive.Concurrency.HistoricalScheduler();
        using var source = new Subject<string>();
        var clusters = new List<string>();
        using var subscription = source.Graphemes(TimeSpan.FromSeconds(1), clock).Subscribe(clusters.Add);

        source.OnNext("🇩");
        clock.AdvanceBy(TimeSpan.FromSeconds(1));
        source.OnNext("🇪🇯🇵!");

        Assert.That(clusters, Is.EqualTo(new[] { "🇩", "🇪", "🇯🇵" }));
    }

    [Test]
    public void SingleCharactersOfAscii_AllocateNothing()
    {
        using var source = new Subject<string>();
        var count = 0;
        using var subscription = source.Graphemes().Subscribe(_ => count++);
        source.OnNext("warm");

        var before = GC.GetAllocatedBytesForCurrentThread();
        source.OnNext("Hello, ");
        source.OnNext("world!");
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(count, Is.EqualTo(16));
    }

    private static string Meaning(string name) => name.Replace("MARK", "\u0301", StringComparison.Ordinal);

    private static List<string> Elements(string text)
    {
        var elements = new List<string>();
        for (var all = StringInfo.GetTextElementEnumerator(text); all.MoveNext();)
            elements.Add(all.GetTextElement());
        return elements;
    }

    /// <summary>The framework's clusters, and two of them are one where rule GB9c says so of the text before and behind.</summary>
    private static List<string> Expected(string text)
    {
        // What extends is a letter in the picture, e; a linker is l, a consonant c, all else a point.
        var picture = new StringBuilder();
        foreach (var rune in Runes(text))
        {
            var kind = Consonant().IsMatch(rune) ? 'c' : Linker().IsMatch(rune) ? 'l' : Extends(rune) ? 'e' : '.';
            picture.Append(kind, rune.Length);
        }

        var clusters = new List<string>();
        var at = 0;
        foreach (var element in Elements(text))
        {
            if (at > 0 && picture[at] == 'c' && Linked().IsMatch(picture.ToString(0, at)))
                clusters[^1] += element;
            else
                clusters.Add(element);
            at += element.Length;
        }

        return clusters;
    }

    private static IEnumerable<string> Runes(string text)
    {
        for (var i = 0; i < text.Length; i++)
            yield return char.IsSurrogatePair(text, i) ? text.Substring(i++, 2) : text.Substring(i, 1);
    }

    private static bool Extends(string c) => c != "\u200C" && c is not "\r" and not "\n"
        && (c == "\u200D" || (Elements("a" + c).Count == 1 && Elements($"©{c}\u200D©").Count == 1));

    [GeneratedRegex("c[el]*l[el]*$")]
    private static partial Regex Linked();

    [GeneratedRegex("^[\u094D\u09CD\u0ACD\u0B4D\u0C4D\u0D4D]$")]
    private static partial Regex Linker();

    [GeneratedRegex("^[\u0915-\u0939\u0958-\u095F\u0978-\u097F\u0995-\u09A8\u09AA-\u09B0\u09B2\u09B6-\u09B9\u09DC\u09DD\u09DF\u09F0\u09F1" +
        "\u0A95-\u0AA8\u0AAA-\u0AB0\u0AB2\u0AB3\u0AB5-\u0AB9\u0AF9\u0B15-\u0B28\u0B2A-\u0B30\u0B32\u0B33\u0B35-\u0B39\u0B5C\u0B5D\u0B5F\u0B71" +
        "\u0C15-\u0C28\u0C2A-\u0C39\u0C58-\u0C5A\u0D15-\u0D3A]$")]
    private static partial Regex Consonant();
}
