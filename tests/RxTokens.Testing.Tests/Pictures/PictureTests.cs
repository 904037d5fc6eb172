using System.Diagnostics;
using System.Globalization;
using System.Reactive.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Runs as pictures.</summary>
public partial class PictureTests
{
    private static readonly string[] _runs = Runs.Names;

    [TestCaseSource(nameof(_runs))]
    public void ARun_LooksAsItIsCheckedIn(string run) => Picture.Compare(Runs.Of(run).ToSvg(), $"{run}.svg");

    [Test]
    public void ThePictureInTheDocumentation_IsThatOfTheExample() =>
        Picture.Compare(Runs.Of("slow-screen").ToSvg("A slow screen: nothing is pulled before it is asked for"), "../../../docs/images/slow-screen.svg");

    [TestCaseSource(nameof(_runs))]
    public void TheSameRun_MakesTheSamePicture_InAnyCulture(string run)
    {
        var usual = Runs.Of(run).ToSvg();

        foreach (var culture in new[] { "de-DE", "tr-TR", "ar-SA", "sv-SE" })
            Assert.That(In(culture, () => Runs.Of(run).ToSvg()), Is.EqualTo(usual), culture);
        Assert.That(usual, Does.Not.Contain("NaN").And.Not.Contain("\r"));
    }

    [TestCaseSource(nameof(_runs))]
    public void APicture_IsXmlForAllToRead(string run)
    {
        var svg = XDocument.Parse(Runs.Of(run).ToSvg("<b> & \"title\" \u0002\ud800")).Root!;

        Assert.Multiple(() =>
        {
            Assert.That(svg.Attribute("role")!.Value, Is.EqualTo("img"));
            Assert.That(svg.Elements().First().Value, Is.EqualTo("<b> & \"title\" ␂\ufffd"));
            Assert.That(svg.Elements().ElementAt(1).Name.LocalName, Is.EqualTo("desc"));
            Assert.That(Picture.Elements(svg, "script"), Is.Empty);
            Assert.That(svg.ToString().Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), Does.Not.Contain("://").And.Not.Contain("url("));
        });
    }

    [Test]
    public void APicture_IsDescribedRowByRow()
    {
        var desc = Picture.Elements(XDocument.Parse(Runs.Of("slow-screen").ToSvg()), "desc").Single().Value;

        Assert.That(desc.Split('\n'), Is.EqualTo(new[]
        {
            "source (pull source): a at 0 ms, b at 1 ms, c at 2 ms, d at 3 ms, e at 4 ms, f at 5 ms, completes at 6 ms.",
            "pulls (MoveNextAsync): GetAsyncEnumerator at 0 ms, MoveNextAsync twice at 0 ms, MoveNextAsync twice at 4 ms, MoveNextAsync 3 times at 8 ms, DisposeAsync at 8 ms.",
            "requests (demand): 1 at 0 ms, 1 at 4 ms, everything at 8 ms.",
            "shown (result): ab at 1 ms, cd at 4 ms, ef at 8 ms, completes at 8 ms.",
        }));
    }

    [Test]
    public void Subscriptions_AreDescribedAndDrawn()
    {
        var svg = XDocument.Parse(Runs.Of("failing").ToSvg());

        Assert.Multiple(() =>
        {
            Assert.That(Picture.Elements(svg, "desc").Single().Value, Does.Contain("subscribed from 0 ms to 4 ms, subscribed from 4 ms to 8 ms, subscribed from 8 ms to 12 ms."));
            Assert.That(Picture.Elements(svg, "g").Count(g => g.Attribute("class")!.Value == "subscription"), Is.EqualTo(3));
        });
    }

    [Test]
    public void FramesOfAnyLength_KeepSubscriptionsWhereTheyAre()
    {
        var svg = MarbleTest.Run(
            m => m.Expect(m.Hot("a-b-|"), "-^-!", name: "window").ToBe("--b"), new MarbleOptions { FrameSize = TimeSpan.FromMilliseconds(2.5) }).ToSvg();

        Assert.That(svg, Does.Contain("subscribed from 2.5 ms to 7.5 ms").And.Contain("frame (2.5 ms)"));
    }

    [Test]
    public void CallsOfAReaderThatLeaves_AreDrawnInTheirOrder()
    {
        var pulls = Picture.Rows(MarbleTest.Run(m => m.Expect(m.Pull("-a---b|"), demand: "2--!", name: "left").ToBe("-a")).ToSvg())[1];

        Assert.That(pulls.OrderBy(mark => mark.Middle).Select(mark => mark.Title), Is.EqualTo(new[]
        {
            "GetAsyncEnumerator at 0 ms", "MoveNextAsync once at 0 ms", "MoveNextAsync once at 1 ms", "cancelled at 3 ms", "DisposeAsync at 3 ms",
        }));
    }

    [Test]
    public void WhatFollowsAnEnding_IsDrawnToo()
    {
        var svg = MarbleTest.Run(m => _ = m.Hot("-[a|b]#c", name: "broken"), new MarbleOptions { Noncompliant = true }).ToSvg();

        AssertNoOverlap(svg);
        Assert.That(Picture.Rows(svg)[0], Has.Count.EqualTo(5));
    }

    [Test]
    public void EachValue_IsWritten()
    {
        var texts = Picture.Elements(XDocument.Parse(Runs.Of("strange-names").ToSvg()), "text").Select(text => text.Value).ToList();

        Assert.That(texts, Is.SupersetOf(new[]
        {
            "Bestellungen 🛒", "order 1", "<b>&\"c\"</b>", "👩‍👩‍👧", "日本語", "a-very-long-name-of-an-…", "A", "A = a-very-long-name-of-an-item-indeed", "first␁of\ufffdeach",
        }));
    }

    [TestCaseSource(nameof(_runs))]
    public void Marks_StandWhereTheirTimesAre(string run)
    {
        var rows = Picture.Rows(Runs.Of(run).ToSvg());

        foreach (var row in rows)
        {
            Assert.That(row.Select(mark => mark.Time), Is.Ordered);
            foreach (var (earlier, later) in Pairs(row).Where(pair => pair.First.Time < pair.Second.Time))
                Assert.That(earlier.Middle, Is.LessThan(later.Middle), $"{earlier.Title}, {later.Title}");
        }

        // What is at one instant in several rows is in one column; brackets and endings of a group are beside it.
        var firsts = rows.SelectMany(row => row.Where(mark => !mark.Title.StartsWith("GetAsync", StringComparison.Ordinal)).DistinctBy(mark => mark.Time));
        foreach (var instant in firsts.GroupBy(mark => mark.Time))
            Assert.That(instant.Select(mark => mark.Middle).Distinct().Count(), Is.EqualTo(1), $"{instant.Key} ms");
    }

    [TestCaseSource(nameof(_runs))]
    public void Marks_DoNotOverlap(string run) => AssertNoOverlap(Runs.Of(run).ToSvg());

    [Test]
    public void ItemsOfOneInstant_StandUnderOneAnotherInOrder()
    {
        var result = Picture.Rows(Runs.Of("merged").ToSvg())[^1];

        Assert.That(
            result.Where(mark => mark.Time == 6).OrderBy(mark => mark.MiddleOfHeight).Select(mark => mark.Title),
            Is.EqualTo(new[] { "c at 6 ms", "d at 6 ms", "y at 6 ms" }));
    }

    [Test]
    public void TheSameItem_HasTheSameColourInAllRows()
    {
        var svg = XDocument.Parse(Runs.Of("merged").ToSvg());

        var colours = Picture.Elements(svg, "circle").Select(circle => (Item: circle.ElementsAfterSelf().First().Value, Colour: circle.Attribute("class")!.Value)).Distinct().ToList();

        Assert.That(colours.Select(pair => pair.Item), Is.Unique);
        Assert.That(colours.Select(pair => pair.Colour), Is.Unique);
    }

    [Test]
    public void ALongSilence_IsShortInAllRows_WithItsLength()
    {
        var svg = Runs.Of("silent").ToSvg();

        var rows = Picture.Rows(svg);
        Assert.Multiple(() =>
        {
            Assert.That(svg, Does.Contain(">94 ms</text>").And.Contain(">1999 ms</text>"));
            Assert.That(rows[0][2].Middle - rows[0][1].Middle, Is.LessThan(250));
            Assert.That(Picture.Elements(XDocument.Parse(svg), "path").Count(path => path.Attribute("class")!.Value == "dots"), Is.EqualTo(4));
        });
    }

    [Test]
    public void TimesWithinAFrame_HavePlacesOfTheirOwn()
    {
        var svg = MarbleTest.Run(m =>
        {
            var source = m.Hot("a 0.25ms b 1ms c|");
            m.Expect(source.Delay(TimeSpan.FromTicks(2_500), m.Clock), name: "delayed").ToBe("0.25ms a 0.25ms b 1ms c|");
        }).ToSvg();

        AssertNoOverlap(svg);
        Assert.That(Picture.Rows(svg)[1][0].Title, Is.EqualTo("a at 0.25 ms"));
        Assert.That(Picture.Rows(svg)[1][0].Middle, Is.GreaterThan(Picture.Rows(svg)[0][0].Middle));
    }

    [Test]
    public void AnEmptyRun_HasAPictureAndNoText()
    {
        var chart = MarbleTest.Run(_ => { });

        Assert.That(chart.ToText(), Is.Empty);
        Assert.That(Picture.Rows(chart.ToSvg()), Is.Empty);
    }

    [Test]
    public void RowsWithoutMarks_AreDrawn()
    {
        var chart = MarbleTest.Run(m => m.Expect(m.Hot("---")).ToBe("---"));

        Assert.That(Picture.Rows(chart.ToSvg()), Has.Count.EqualTo(2));
    }

    [Test]
    public void ManyItemsOfOneInstant_AreCounted()
    {
        var chart = MarbleTest.Run(m => m.Expect(m.Hot($"-[{new string('a', 1000)}]-b|"), name: "all").ToBe($"-[{new string('a', 1000)}]-b|"));

        var svg = chart.ToSvg();
        AssertNoOverlap(svg);
        Assert.That(Picture.Rows(svg)[0].Select(mark => mark.Title), Has.Member("+977 at 1 ms"));
    }

    [Test]
    public void ALongRun_IsCut_AndSaysSo()
    {
        var diagram = string.Concat(Enumerable.Repeat("ab-c", 1000)) + "|";
        var chart = MarbleTest.Run(m => m.Expect(m.Hot(diagram), name: "all").ToBe(diagram));

        var watch = Stopwatch.StartNew();
        var svg = chart.ToSvg();

        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
        Assert.That((double)XDocument.Parse(svg).Root!.Attribute("width")!, Is.LessThan(12_500));
        Assert.That(Remark().Match(svg).Success, Is.True);
        AssertNoOverlap(svg);
    }

    [Test]
    public void ManySubscriptions_TakeFewLanes()
    {
        var chart = MarbleTest.Run(m => m.Expect(m.Cold("(a|)").Repeat(50).Merge(m.Hot("-")).Take(50), name: "all").ToBe($"[{new string('a', 50)}|]"));

        Assert.That(XDocument.Parse(chart.ToSvg()).Root!.Attribute("height")!.Value, Has.Length.LessThan(4));
    }

    [Test]
    public void Colours_HaveEnoughContrast()
    {
        var style = Picture.Elements(XDocument.Parse(Runs.Of("merged").ToSvg()), "style").Single().Value.Split("@media");

        foreach (var screen in style)
        {
            string Colour(string selector, string property) => Regex.Match(screen, $@"\.marbles {Regex.Escape(selector)}[,{{][^}}]*{property}:(#\w+)").Groups[1].Value;

            var grounds = new[] { Colour(".ground", "fill"), Colour(".panel", "fill") };
            foreach (var text in new[] { Colour("text", "fill"), Colour(".at", "fill"), Colour(".failure", "fill") })
                Assert.That(grounds.Select(ground => Contrast(text, ground)), Has.All.GreaterThanOrEqualTo(4.5), text);
            for (var i = 0; i < 8; i++)
            {
                Assert.That(Contrast(Colour("text", "fill"), Colour($".c{i}", "fill")), Is.GreaterThanOrEqualTo(4.5), $"item {i}");
                Assert.That(grounds.Select(ground => Contrast(Colour($".e{i}", "stroke"), ground)), Has.All.GreaterThanOrEqualTo(3), $"edge {i}");
            }

            Assert.That(grounds.Select(ground => Contrast(Colour(".line", "stroke"), ground)), Has.All.GreaterThanOrEqualTo(3));
        }
    }

    private static void AssertNoOverlap(string svg)
    {
        foreach (var row in Picture.Rows(svg))
        {
            foreach (var (one, other) in Pairs(row))
                Assert.That(one.Overlaps(other), Is.False, $"{one} {other}");
        }
    }

    /// <summary>Of marks that are near one another in their order.</summary>
    private static IEnumerable<(DrawnMark First, DrawnMark Second)> Pairs(IReadOnlyList<DrawnMark> row)
    {
        for (var i = 0; i < row.Count; i++)
        {
            for (var j = i + 1; j < Math.Min(row.Count, i + 30); j++)
                yield return (row[i], row[j]);
        }
    }

    private static string In(string culture, Func<string> draw)
    {
        var usual = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
        try
        {
            return draw();
        }
        finally
        {
            CultureInfo.CurrentCulture = usual;
        }
    }

    /// <summary>As WCAG 2 defines it.</summary>
    private static double Contrast(string one, string other)
    {
        var (x, y) = (Luminance(one), Luminance(other));
        return (Math.Max(x, y) + 0.05) / (Math.Min(x, y) + 0.05);

        static double Luminance(string colour) => (0.2126 * Part(colour, 1)) + (0.7152 * Part(colour, 3)) + (0.0722 * Part(colour, 5));

        static double Part(string colour, int at)
        {
            var part = Convert.ToInt32(colour.Substring(at, 2), 16) / 255.0;
            return part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4);
        }
    }

    [GeneratedRegex(@">\d+ more marks from \d+ ms on are not drawn</text>")]
    private static partial Regex Remark();
}
