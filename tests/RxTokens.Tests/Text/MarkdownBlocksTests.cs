using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text.Json;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Markdig;
using Markdig.Syntax;
using NUnit.Framework;

namespace RxTokens.Tests;

public partial class MarkdownBlocksTests
{
    // Arguments

    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        Assert.That(() => TokenStream.MarkdownBlocks(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(
            () => Observable.Never<string>().MarkdownBlocks(maxChars: -2),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("maxChars").And.Property("ActualValue").EqualTo(-2));
    }

    // Behaviour

    [MarbleOf("MarkdownBlocks")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        static string Meaning(string name) => name.Replace(" LF ", "\n", StringComparison.Ordinal).Replace("LF ", "\n", StringComparison.Ordinal).Replace("LF", "\n", StringComparison.Ordinal);

        m.Expect(m.Cold(rows["source"], rows.Values("source", Meaning)).MarkdownBlocks().Select(b => b.Text))
            .ToBe(rows["result"], rows.Values("result", Meaning));
        m.Expect(m.Cold(rows["source 2"], rows.Values("source 2", Meaning)).MarkdownBlocks(growing: true).Select(b => b.Text + (b.IsSettled ? " !" : "")))
            .ToBe(rows["result 2"], rows.Values("result 2", Meaning));
    });

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "MarkdownBlocks" })]
    public void Reported(TextCase @case)
    {
        var isRepair = @case.Params.GetProperty("mode").GetString() == "repair";
        foreach (var pieces in @case.Pieces())
        {
            var shown = Shown(pieces);
            switch (@case.Id)
            {
                case "mb-13":
                    Assert.That(shown, Is.EqualTo("- **start.sh**"));
                    break;
                case "mb-21":
                    Assert.That(shown, Is.EqualTo("See "));
                    break;
                case var _ when isRepair:
                    Assert.That(shown, Is.EqualTo(@case.Expected.GetString()));
                    break;
                default:
                    Assert.That(Settled(pieces), Is.EqualTo(@case.Expected.EnumerateArray().Select(b => b.GetString())), string.Join('|', pieces.Select(TextLaws.Show)));
                    break;
            }
        }
    }

    [Test]
    public void AnyMarkdown_CutAnywhere_HasTheBlocksThatAParserOfTheWholeFinds() => TextLaws.ForAll(MarkdownTexts.Any, (text, pieces) =>
    {
        var blocks = Settled(pieces);

        var (at, starts) = (0, new List<int>());
        foreach (var block in blocks)
        {
            var next = text.IndexOf(block, at, StringComparison.Ordinal);
            Assert.That(text[at..next].Trim(' ', '\t', '\r', '\n'), Is.Empty, "between two blocks are blank lines only");
            Assert.That(next == 0 || text[next - 1] is '\r' or '\n', "a block begins with a line");
            Assert.That(block.Trim(' ', '\t'), Has.Length.Positive.And.Not.EndsWith("\n").And.Not.EndsWith("\r"));
            starts.Add(LineOf(text, next));
            at = next + block.Length;
        }

        Assert.That(text[at..].Trim(' ', '\t', '\r', '\n'), Is.Empty);
        // Markdig takes the definitions of link references out of their paragraphs.
        if (!MarkdownTexts.IsReadDifferentlyByMarkdig(text) && !text.Contains("]:", StringComparison.Ordinal))
            Assert.That(starts, Is.EqualTo(MarkdownTexts.Parse(text).Select(block => LineOf(text, block.Span.Start))));
    });

    [Test]
    public void AnyMarkdown_CutAnywhere_IsShownInOrder_AndWhatIsSettledIsNotToldAgain() => TextLaws.ForAll(MarkdownTexts.Any, (text, pieces) =>
    {
        var told = TextLaws.Run(texts => texts.MarkdownBlocks(growing: true), pieces);

        Assert.That(told.Where(b => b.IsSettled).Select(b => b.Text), Is.EqualTo(Settled(text)));
        TextLaws.AssertNoPairIsSplit(told.Select(b => b.Text + "\n"));
        var (settled, shown) = (0, 0);
        MarkdownBlock? last = null;
        foreach (var block in told)
        {
            Assert.That(block.Index, Is.InRange(settled, shown), "neither settled nor far ahead");
            Assert.That(block, Is.Not.EqualTo(last), "once");
            shown = block.Index + 1;
            if (block.IsSettled)
                Assert.That(settled++, Is.EqualTo(block.Index));
            last = block;
        }
    });

    [Test]
    public void AnyMarkdown_CutAnywhere_IsShownAsIfItHadComeAtOnce() => TextLaws.ForAll(MarkdownTexts.Any, (text, pieces) =>
    {
        for (var count = 1; count <= pieces.Length; count++)
            Assert.That(Shown(pieces[..count]), Is.EqualTo(Shown(string.Concat(pieces[..count]))), $"after {count}");
    });

    [Test]
    public void WellFormedText_CutAnywhere_NeverShowsAHalfOpenLinkOrImageOrEmphasis() => TextLaws.ForAll(WellFormed, (text, pieces) =>
    {
        var whole = Html(text);
        for (var length = 1; length <= text.Length; length++)
        {
            var shown = Html(Shown(text[..length]));
            Assert.That(Plain(whole), Does.StartWith(Plain(shown).TrimEnd(' ', '*', '_', '~', '`', '!', '\\')), $"{length}: {shown}");
            Assert.That(Addresses(shown).Except(Addresses(whole)), Is.Empty, $"{length}: {shown}");
        }
    });

    [TestCase("**a", "**a**")]
    [TestCase("**a*", "**a**")]
    [TestCase("**a ", "**a** ")]
    [TestCase("**a _", "**a** ")]
    [TestCase("1", "")]
    [TestCase("a\n12.", "a")]
    [TestCase("1. a", "1. a")]
    [TestCase("***a", "***a***")]
    [TestCase("***a*", "***a***")]
    [TestCase("*a **b", "*a **b***")]
    [TestCase("*a **b**", "*a **b***")]
    [TestCase("a * b", "a * b")]
    [TestCase("snake_case_n", "snake_case_n")]
    [TestCase("~~a", "~~a~~")]
    [TestCase("~a", "~a")]
    [TestCase("~~a~", "~~a~~")]
    [TestCase("~~a ~~b", "~~a ~~b~~")]
    [TestCase("a `b", "a `b`")]
    [TestCase("a `b **c", "a `b **c`")]
    [TestCase("**a `b", "**a `b`**")]
    [TestCase("``a`", "``a``")]
    [TestCase("`a``", "`a`` `")]
    [TestCase("`a` b", "`a` b")]
    [TestCase("a `", "a `")]
    [TestCase("**", "**")]
    [TestCase("a \\*b", "a \\*b")]
    [TestCase("**a\\", "**a**")]
    [TestCase("[a", "a")]
    [TestCase("[a]", "a")]
    [TestCase("[a](", "a")]
    [TestCase("[a](b", "a")]
    [TestCase("[a](b \"t", "a")]
    [TestCase("[a](b)", "[a](b)")]
    [TestCase("[a] b", "[a] b")]
    [TestCase("[a](b c", "[a](b c")]
    [TestCase("[a][b", "a")]
    [TestCase("[*a](b", "*a*")]
    [TestCase("[*a](b) c*", "[*a](b) c*")]
    [TestCase("**[a](b) c", "**[a](b) c**")]
    [TestCase("- [x]", "- [x]")]
    [TestCase("- [ ]", "- [ ]")]
    [TestCase("![a", "")]
    [TestCase("b ![a](c", "b ")]
    [TestCase("**b ![a](c", "**b** ")]
    [TestCase("[![a](b)](c", "![a](b)")]
    [TestCase("[![a](b", "")]
    [TestCase("<http://a*b> c", "<http://a*b> c")]
    [TestCase("a <http://b", "a ")]
    [TestCase("a **b <http://b*", "a **b** ")]
    [TestCase("a <c@d", "a ")]
    [TestCase("a <", "a ")]
    [TestCase("a <htt", "a ")]
    [TestCase("a <3", "a <3")]
    [TestCase("a <b c", "a <b c")]
    [TestCase("a <http: *b", "a <http: *b*")]
    [TestCase("a < *b", "a < *b*")]
    [TestCase("`a <b", "`a <b`")]
    [TestCase("a <!-- **b", "a <!-- **b")]
    [TestCase("a <!-- **b --> *c", "a <!-- **b --> *c*")]
    [TestCase("a <!--> *c", "a <!--> *c*")]
    [TestCase("<a b='*'> c", "<a b='*'> c")]
    [TestCase("a\n-", "a")]
    [TestCase("a\n===", "a")]
    [TestCase("``", "")]
    [TestCase("# **a", "# **a**")]
    [TestCase("> **a\n> ", "> **a**")]
    [TestCase("- # **a\n", "- # **a")]
    [TestCase("**a\n\nb", "**a\n\nb")]
    [TestCase("- a\n- **b", "- a\n- **b**")]
    [TestCase("- ```\n  a", "- ```\n  a\n  ```")]
    [TestCase("> ~~~\n> a", "> ~~~\n> a\n> ~~~")]
    [TestCase("```", "")]
    [TestCase("```j", "```j\n```")]
    [TestCase("```j\n", "```j\n```")]
    [TestCase("    **a", "    **a")]
    [TestCase("<div>\n**a", "<div>\n**a")]
    [TestCase("[a](\r\n/u", "a", Description = "a link over a line end, of any kind")]
    [TestCase("[a](/u\r\"t", "a")]
    [TestCase("> [a](\r\n>  /u", "> a", Description = "behind the mark of a block quote")]
    [TestCase("- > **[a](/u\n  > \"t", "- > **a**")]
    [TestCase("> **a\n> ![b", "> **a**\n> ")]
    [TestCase(">**a\n>** b", ">**a\n>** b**", Description = "before a mark that begins a line")]
    [TestCase("**a > b\n>", "**a > b**")]
    [TestCase("a**😀 b** c", "a**😀 b** c", Description = "a symbol of two surrogates is one, too")]
    [TestCase("**a😀**", "**a😀**")]
    [TestCase("**2 * ", "**2** ", Description = "signs that would run together with what closes")]
    [TestCase("~~2 ~ ", "~~2~~ ")]
    [TestCase("**a `", "**a** ")]
    [TestCase("*a **`", "*a* ")]
    [TestCase("***a *\\", "***a*** ")]
    [TestCase("> ![x]", "> ", Description = "no task")]
    [TestCase("![]", "")]
    [TestCase("**a:**[b", "**a:**", Description = "without the bracket, two asterisks in a word")]
    [TestCase("**a:**[b](/c)", "**a:**[b](/c)")]
    [TestCase("**a**[b", "**a**b")]
    [TestCase("2*3 *x", "2*3 *x*", Description = "the rule of three: two asterisks would close one of them only")]
    [TestCase("2*3", "2*3*")]
    [TestCase("2*3 **x", "2*3 **x***")]
    public void ABlockThatGrows_IsShownLikeThis(string text, string shown) => Assert.That(Shown(text), Is.EqualTo(shown));

    [Test]
    public void ParenthesesThatNobodyCloses_AreText()
    {
        var nested = new string('(', 32);
        Assert.That(Shown($"[a]({nested}b"), Is.EqualTo("a"));
        Assert.That(Shown($"[a](({nested}b"), Is.EqualTo($"[a](({nested}b"));

        var many = string.Concat(Enumerable.Repeat("[a](", 250_000)) + "b c d";
        Assert.That(Shown(many), Is.EqualTo(many));
    }

    [Test]
    public void ALineThatMayBelongToTheBlockBefore_TakesItsPlaceBack()
    {
        var (source, told) = Subscribed();

        foreach (var piece in new[] { "a", "\n", "#", "b", "\n\n" })
            source.OnNext(piece);

        Assert.That(told, Is.EqualTo(new MarkdownBlock[] { new(0, "a", false), new(1, "#", false), new(0, "a\n#b", false), new(0, "a\n#b", true) }));
    }

    [Test]
    public void WhatWasShownOfALineThatMayBeARule_IsTakenBack()
    {
        var (source, told) = Subscribed();

        foreach (var piece in new[] { "*", "*", "*", "*", "a" })
            source.OnNext(piece);

        Assert.That(told.Select(b => b.Text), Is.EqualTo(new[] { "*", "**", "", "****a****" }));
    }

    [Test]
    public void Lines_KeepTheirEnds() =>
        Assert.That(Settled("a\r\nb\r\n\r\nc\rd\r\r- e\r\n\r\n  f\n"), Is.EqualTo(new[] { "a\r\nb", "c\rd", "- e\r\n\r\n  f" }));

    // Bounds and errors

    [Test]
    public void ABlockThatIsTooLong_FailsAfterWhatThereIsOfIt()
    {
        foreach (var pieces in TextLaws.Cuts("a\n\nbc\nde"))
        {
            var blocks = new List<string>();
            Exception? failure = null;
            using var subscription = pieces.ToObservable().MarkdownBlocks(maxChars: 4).Subscribe(b => blocks.Add(b.Text), e => failure = e);
            Assert.That(blocks, Is.EqualTo(new[] { "a", "bc\nd" }));
            Assert.That(failure, Is.InstanceOf<BackpressureException>().With.Property("Bound").EqualTo(4));
        }
    }

    [TestCase("```\nab\n\n\n", "```\nab")]
    [TestCase("- a\r\n\r\n\r\n\r\n", "- a")]
    [TestCase("<!--\n\n\n\n\n\n", "<!--")]
    [TestCase("    a\r\r\r\r", "    a")]
    public void EmptyLinesInABlock_AreHeld_AndCountForTheBound(string text, string shown)
    {
        foreach (var pieces in TextLaws.Cuts(text))
        {
            var blocks = new List<string>();
            Exception? failure = null;
            using var subscription = pieces.ToObservable().MarkdownBlocks(maxChars: 6).Subscribe(b => blocks.Add(b.Text), e => failure = e);
            Assert.That(blocks, Is.EqualTo(new[] { shown }));
            Assert.That(failure, Is.InstanceOf<BackpressureException>().With.Property("Bound").EqualTo(6));
        }

        Assert.That(TextLaws.Run(texts => texts.MarkdownBlocks(maxChars: 6), [new string('\n', 100) + "abcdef\n\n\n\n", "a"]), Has.Count.EqualTo(2), "between blocks nothing is held");
    }

    [Test]
    public void AFailure_ArrivesAfterTheBlockThatItCutsOff() =>
        MarbleTest.Run(m => m.Expect(m.Cold("a-b-#", [("a", "x\n\ny"), ("b", "z")]).MarkdownBlocks().Select(b => b.Text)).ToBe("a---[b#]", [("a", "x"), ("b", "yz")]));

    // Disposal

    [Test]
    public void OneWhoLeavesInTheMiddleOfAPiece_HearsNoMore_AndTheSourceIsLeft()
    {
        using var source = new Subject<string>();
        var blocks = new List<string>();
        using var subscription = source.MarkdownBlocks(growing: true).Take(2).Subscribe(b => blocks.Add(b.Text));

        source.OnNext("# a\n# b\n# c\n");

        Assert.That(blocks, Is.EqualTo(new[] { "# a", "# b" }));
        Assert.That(source.HasObservers, Is.False);
    }

    [Test]
    public void EachSubscription_HasATextOfItsOwn()
    {
        using var source = new Subject<string>();
        var blocks = source.MarkdownBlocks();
        var (first, second) = (new List<string>(), new List<string>());
        using var one = blocks.Subscribe(b => first.Add(b.Text));
        source.OnNext("a");
        using var two = blocks.Subscribe(b => second.Add(b.Text));
        source.OnNext("b\n\n");

        Assert.That(first, Is.EqualTo(new[] { "ab" }));
        Assert.That(second, Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public void WhatIsPushedWhileABlockIsTold_ComesAfterIt()
    {
        using var source = new Subject<string>();
        var blocks = new List<string>();
        using var subscription = source.MarkdownBlocks().Subscribe(block =>
        {
            blocks.Add(block.Text);
            if (block.Text == "# a")
                source.OnNext("x\n\n");
            if (block.Text == "# b")
                source.OnCompleted();
        });

        source.OnNext("# a\n# b\nc");

        Assert.That(blocks, Is.EqualTo(new[] { "# a", "# b", "cx" }));
    }

    private static (Subject<string> Source, List<MarkdownBlock> Told) Subscribed()
    {
        var (source, told) = (new Subject<string>(), new List<MarkdownBlock>());
        source.MarkdownBlocks(growing: true).Subscribe(told.Add);
        return (source, told);
    }

    private static List<string> Settled(params string[] pieces) => [.. TextLaws.Run(texts => texts.MarkdownBlocks(), pieces).Select(b => b.Text)];

    /// <summary>What a reader has before the text has ended.</summary>
    private static string Shown(params string[] pieces)
    {
        var (source, told) = Subscribed();
        foreach (var piece in pieces)
            source.OnNext(piece);
        var blocks = new List<string>();
        foreach (var block in told)
        {
            blocks.RemoveRange(block.Index, blocks.Count - block.Index);
            blocks.Add(block.Text);
        }

        return string.Join("\n\n", blocks.Where(block => block.Length > 0));
    }

    private static int LineOf(string text, int at) => text[..at].ReplaceLineEndings("\n").Count(c => c == '\n');

    // Text that is well-formed

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UseEmphasisExtras().Build();

    private static readonly Gen<string> Word = Gen.Elements("word", "a", "snake_case", "3.14", "é", "漢字", "x", "it's", "😀");

    private static readonly Gen<string> WellFormed =
        from blocks in (from mark in Gen.Elements("", "", "# ", "- ", "> ", "1. ", "> - ") from line in Inline(3) select mark + line).NonEmptyListOf()
        select string.Join("\n\n", blocks.Take(3));

    private static Gen<string> Inline(int depth)
    {
        var leaf = Gen.Frequency(
            (4, Word),
            (1, Word.Select(w => $"`{w}*`")),
            (1, Word.Select(w => $"``{w} ` b``")),
            (1, Word.Select(w => $"![{w}](http://e.test/{w} \"t\")")),
            (1, Gen.Constant("\\*")));
        var part = depth == 0 ? leaf : Gen.Frequency(
            (4, leaf),
            (3, Inline(depth - 1).Select(i => depth switch { 3 => $"**{i}**", 2 => $"_{i}_", _ => $"~~{i}~~" })),
            (1, from w in Word from a in Word select $"[{w} **{a}**](http://e.test/{a}_b)"));
        return from first in Word from parts in part.ListOf() from last in Word select string.Join(' ', [first, .. parts.Take(4), last]);
    }

    private static string Html(string text) => Markdown.ToHtml(text, Pipeline);

    private static string Plain(string html) => string.Join(' ', Tag().Replace(html, "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static IEnumerable<string> Addresses(string html) => Address().Matches(html).Select(m => m.Value);

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex("(href|src)=\"[^\"]*\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Address();
}
