using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text.Json;
using Markdig.Syntax;
using NUnit.Framework;

namespace RxTokens.Tests;

public class CodeFencesTests
{
    // Arguments

    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        Assert.That(() => TokenStream.CodeFences(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(
            () => Observable.Never<string>().CodeFences(maxChars: 0),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("maxChars").And.Property("ActualValue").EqualTo(0));
    }

    // Behaviour

    [MarbleOf("CodeFences")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        static string Meaning(string name) => name.Replace("LF", "\n", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);

        m.Expect(m.Cold(rows["source"], rows.Values("source", Meaning)).CodeFences().Select(fence =>
            fence.State == CodeFenceState.Closed ? "closed" : fence.Text.Length > 0 ? fence.Text : fence.Language)).ToBe(rows["result"], rows.Values("result", Meaning));
    });

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "CodeFences" })]
    public void Reported(TextCase @case)
    {
        static IEnumerable<(string, string, bool)> Fences(JsonElement list) =>
            list.EnumerateArray().Select(f => (f.GetProperty("info").GetString()!, f.GetProperty("content").GetString()!, f.GetProperty("closed").GetBoolean()));

        foreach (var pieces in @case.Pieces())
        {
            var fences = Whole(pieces).Select(f => (f.Info, f.Text, f.State == CodeFenceState.Closed));
            Assert.That(fences, Is.EqualTo(Fences(@case.Expected)), string.Join('|', pieces.Select(TextLaws.Show)));
            Assert.That(Joined(TextLaws.Run(texts => texts.CodeFences(), pieces)), Is.EqualTo(Whole(pieces)));
        }
    }

    [Test]
    public void AnyMarkdown_CutAnywhere_HasTheFencesThatAParserOfTheWholeFinds() => TextLaws.ForAll(MarkdownTexts.Any, (text, pieces) =>
    {
        var fences = Whole(pieces);
        var told = TextLaws.Run(texts => texts.CodeFences(), pieces);

        Assert.That(Joined(told), Is.EqualTo(fences), "told as they come");
        TextLaws.AssertNoPairIsSplit(told.Select(f => f.Text));
        Assert.That(fences.Select(f => f.Index), Is.EqualTo(Enumerable.Range(0, fences.Count)));

        if (MarkdownTexts.IsReadDifferentlyByMarkdig(text))
            return;

        // Markdig resolves escapes in the info string, and differs from CommonMark in the blanks that it takes off the lines of an indented fence.
        static string Info(string info) => string.Concat(info.Split(' ', '\t', '\\'));
        static string Code(string code) => string.Join('\n', code.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').Select(line => line.TrimStart(' ', '\t')));
        Assert.That(fences.Select(f => (Info(f.Info), Code(f.Text), f.State == CodeFenceState.Closed)), Is.EqualTo(
            MarkdownTexts.Parse(text).Descendants<FencedCodeBlock>().Select(f =>
                (Info($"{f.Info} {f.Arguments}"), Code(f.Lines.ToString()), f.ClosingFencedCharCount > 0))));
    });

    [TestCase("  ```\n \ta\n  ```", "  a\n", Description = "a tab fills the columns up to the fourth")]
    [TestCase(" ~~~\n \ta", "\ta")]
    [TestCase("\t```\n\tx", null)]
    [TestCase("-\t```\n\t a\n  \tb\n", " a\nb\n")]
    [TestCase("- ```\n\tx\n   y\n", "  x\n y\n")]
    [TestCase("> ```\n>\ta\n>b\n>  c", "  a\nb\n c")]
    [TestCase("- - ```\n     `", " `")]
    public void TheIndentation_IsTakenOff(string text, string? code) => Assert.That(Whole(text).Select(f => f.Text), Is.EqualTo(code is null ? [] : new[] { code }));

    [Test]
    public void ALineThatIsNoClosingFence_IsToldBeforeItEnds()
    {
        using var source = new Subject<string>();
        var fences = new List<string>();
        using var subscription = source.CodeFences().Subscribe(f => fences.Add($"{f.Text}"));

        foreach (var piece in new[] { "- ```\n", "  ", "`", "`", "x", "y", " \uD83D", "\uDE00", "\n", "  ```", "!", "\n  ```", " ", "\n" })
            source.OnNext(piece);

        Assert.That(fences, Is.EqualTo(new[] { "", "``x", "y", " ", "😀", "\n", "```!", "\n", "" }));
    }

    [Test]
    public void ABlock_SaysHowItEnded()
    {
        static IEnumerable<CodeFenceState> States(string text) => Whole(text).Select(f => f.State);

        Assert.That(States("```\na\n```"), Is.EqualTo(new[] { CodeFenceState.Closed }));
        Assert.That(States("> ```\n> a\n```\n"), Is.EqualTo(new[] { CodeFenceState.EndedByContainer, CodeFenceState.EndedByText }));
        Assert.That(Whole("> ```\n> a\n\n>b"), Is.EqualTo(new[] { new CodeFence(0, "", "a\n", CodeFenceState.EndedByContainer) }));
        Assert.That(Whole("``` c# {x}  \na\r\nb\rc"), Is.EqualTo(new[] { new CodeFence(0, "c# {x}", "a\nb\nc", CodeFenceState.EndedByText) }));
    }

    [Test]
    public void TheLanguage_IsTheFirstWord()
    {
        Assert.That(new CodeFence(0, "c# {x}", "", CodeFenceState.Open).Language, Is.EqualTo("c#"));
        Assert.That(new CodeFence(0, "js", "", CodeFenceState.Open).Language, Is.EqualTo("js"));
        Assert.That(new CodeFence(0, "", "", CodeFenceState.Open).Language, Is.Empty);
    }

    [Test]
    public void ContainersThatAreTooDeep_AreText()
    {
        Assert.That(Whole(new string('>', 99) + "```\n"), Has.Count.EqualTo(1));
        Assert.That(Whole(new string('>', 100) + "```\n"), Is.Empty);
        Assert.That(Whole(string.Concat(Enumerable.Repeat("- ", 5_000)) + "```\n" + new string('\n', 100_000)), Is.Empty);
    }

    // Bounds and errors

    [Test]
    public void WhatIsTooLong_FailsAfterWhatThereIsOfIt()
    {
        foreach (var pieces in TextLaws.Cuts("```\nab\ncd\n"))
        {
            var (fences, failure) = Told(pieces, whole: true, maxChars: 5);
            Assert.That(fences, Is.EqualTo(new[] { new CodeFence(0, "", "ab\ncd", CodeFenceState.EndedByText) }));
            Assert.That(failure, Is.InstanceOf<BackpressureException>().With.Property("Bound").EqualTo(5).And.Message.Contain("block of code"));
        }

        foreach (var pieces in TextLaws.Cuts("```\nab\n```c"))
            Assert.That(Told(pieces, whole: true, maxChars: 5).Fences, Is.EqualTo(new[] { new CodeFence(0, "", "ab\n``", CodeFenceState.EndedByText) }), "the last line, too");

        Assert.That(Told(["````\n", "abcd", "efgh\n```"], whole: false, maxChars: 4).Failure, Is.Null, "what is told as it comes has no limit");
        Assert.That(Told(["abcde"], whole: false, maxChars: 4).Failure, Is.InstanceOf<BackpressureException>().With.Message.Contain("A line"));
        Assert.That(Told(["[a\n[b\n", "[c"], whole: false, maxChars: 5).Failure, Is.InstanceOf<BackpressureException>().With.Message.Contain("paragraph"));
    }

    [Test]
    public void TheBlanksOfATab_CountForTheBound()
    {
        const string Text = "- ```\n  abcd\n\tx\n";
        foreach (var pieces in TextLaws.Cuts(Text))
        {
            var (fences, failure) = Told(pieces, whole: true, maxChars: 6);
            Assert.That(fences, Is.EqualTo(new[] { new CodeFence(0, "", "abcd\n ", CodeFenceState.EndedByText) }));
            Assert.That(failure, Is.InstanceOf<BackpressureException>().With.Property("Bound").EqualTo(6));
        }

        Assert.That(Told([Text], whole: true, maxChars: 9).Failure, Is.Null);
    }

    [Test]
    public void AFailure_ArrivesAfterTheEndOfTheBlock() => MarbleTest.Run(m => m
        .Expect(m.Cold("a-b-#", [("a", "```\nx"), ("b", "y\n``")]).CodeFences().Select(f => $"{f.Text}{f.State}"))
        .ToBe("[ab]-c-[d#]", [("a", "Open"), ("b", "xOpen"), ("c", "y\nOpen"), ("d", "``EndedByText")]));

    // Disposal

    [Test]
    public void OneWhoLeavesInTheMiddleOfAPiece_HearsNoMore_AndTheSourceIsLeft()
    {
        using var source = new Subject<string>();
        var fences = new List<string>();
        using var subscription = source.CodeFences(whole: true).Take(1).Subscribe(f => fences.Add(f.Text));

        source.OnNext("```\na\n```\n```\nb\n```\n");

        Assert.That(fences, Is.EqualTo(new[] { "a\n" }));
        Assert.That(source.HasObservers, Is.False);
    }

    [Test]
    public void EachSubscription_HasATextOfItsOwn()
    {
        using var source = new Subject<string>();
        var fences = source.CodeFences();
        var (first, second) = (new List<string>(), new List<string>());
        using var one = fences.Subscribe(f => first.Add(f.Text));
        source.OnNext("```\na");
        using var two = fences.Subscribe(f => second.Add(f.Text));
        source.OnNext("b\n");

        Assert.That(string.Concat(first), Is.EqualTo("ab\n"));
        Assert.That(second, Is.Empty);
    }

    [Test]
    public void WhatIsPushedWhileABlockIsTold_ComesAfterIt()
    {
        using var source = new Subject<string>();
        var fences = new List<string>();
        using var subscription = source.CodeFences().Subscribe(fence =>
        {
            fences.Add(fence.Text + fence.State);
            if (fence.Text == "a\nb")
            {
                source.OnNext("c\n");
                source.OnNext("```\n");
            }
        });

        source.OnNext("```\na\nb");

        Assert.That(fences, Is.EqualTo(new[] { "Open", "a\nbOpen", "c\nOpen", "Closed" }));
    }

    private static List<CodeFence> Whole(params string[] pieces) => TextLaws.Run(texts => texts.CodeFences(whole: true), pieces);

    private static IEnumerable<CodeFence> Joined(IEnumerable<CodeFence> fences) =>
        fences.GroupBy(f => f.Index).Select(parts => parts.Last() with { Text = string.Concat(parts.Select(p => p.Text)) });

    private static (List<CodeFence> Fences, Exception? Failure) Told(string[] pieces, bool whole, int maxChars)
    {
        var fences = new List<CodeFence>();
        Exception? failure = null;
        using var subscription = pieces.ToObservable().CodeFences(whole, maxChars).Subscribe(fences.Add, e => failure = e);
        return (fences, failure);
    }
}
