using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

public class LinesTests
{
    private static string Meaning(string name) => name.Replace("LF", "\n", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);

    // Arguments

    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        Assert.That(() => TokenStream.Lines(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(
            () => Observable.Never<string>().Lines(0),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("maxChars").And.Property("ActualValue").EqualTo(0));
    }

    // Behaviour

    [MarbleOf("Lines(IObservable<String>, Int32)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"], rows.Values("source", Meaning)).Lines()).ToBe(rows["result"]));

    [MarbleOf("Lines(IObservable<String>, TimeSpan, IScheduler, Int32)")]
    public void WithAFlush_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"], rows.Values("source", Meaning)).Lines(TimeSpan.FromMilliseconds(5), m.Clock)).ToBe(rows["result"], rows.Values("result", Meaning)));

    [MarbleOf("Lines(IObservable<String>, TimeSpan, TimeProvider, Int32)")]
    public void OfATimeProvider_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"], rows.Values("source", Meaning)).Lines(TimeSpan.FromMilliseconds(5), m.TimeProvider)).ToBe(rows["result"], rows.Values("result", Meaning)));

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "Lines" })]
    public void Reported(TextCase @case)
    {
        foreach (var pieces in @case.Pieces())
            Assert.That(TextLaws.Run(texts => texts.Lines(), pieces), Is.EqualTo(@case.Right()[0]), string.Join('|', pieces.Select(TextLaws.Show)));
    }

    [Test]
    public void AnyText_CutAnywhere_HasTheLinesThatAReaderReads() => TextLaws.ForAll(TextLaws.Texts, (text, pieces) =>
    {
        var lines = TextLaws.Run(texts => texts.Lines(), pieces);
        var reader = new StringReader(text);
        var expected = new List<string>();
        while (reader.ReadLine() is { } line)
            expected.Add(line);
        Assert.That(lines, Is.EqualTo(expected));
    });

    [Test]
    public void ALine_IsToldAtItsCarriageReturn_AndTheLineFeedIsNotAnother()
    {
        var (source, lines) = Subscribed();

        source.OnNext("a\r");
        Assert.That(lines, Is.EqualTo(new[] { "a" }));
        source.OnNext("\nb\n");
        Assert.That(lines, Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public void WithAFlushThatNeverComes_LinesAreTheSame_ButForTheirEnds() => TextLaws.ForAll(TextLaws.Texts, (_, pieces) =>
    {
        var lines = TextLaws.Run(texts => texts.Lines(TimeSpan.FromDays(1), new HistoricalScheduler()), pieces);
        Assert.That(lines.Select(line => line.TrimEnd('\r', '\n')), Is.EqualTo(TextLaws.Run(texts => texts.Lines(), pieces)));
    });

    [Test]
    public void AFlush_TellsAPartOfALine_AndMovesNoOtherBorder()
    {
        var clock = new HistoricalScheduler();
        var (source, lines) = (new Subject<string>(), new List<string>());
        source.Lines(TimeSpan.FromSeconds(1), clock).Subscribe(lines.Add);

        source.OnNext("a\r\nb");
        clock.AdvanceBy(TimeSpan.FromSeconds(1));
        Assert.That(lines, Is.EqualTo(new[] { "a\r\n", "b" }));
        source.OnNext("c\r");
        clock.AdvanceBy(TimeSpan.FromSeconds(0.9));
        source.OnNext("\nd\re");
        Assert.That(lines.Skip(2), Is.EqualTo(new[] { "c\r\n", "d\r" }));
        source.OnNext("\r");
        clock.AdvanceBy(TimeSpan.FromSeconds(1));
        Assert.That(lines.Skip(4), Is.EqualTo(new[] { "e\r" }));
        source.OnNext("f");
        source.OnCompleted();
        Assert.That(lines.Skip(5), Is.EqualTo(new[] { "f" }));
    }

    // Bounds and errors

    [Test]
    public void ALineThatIsTooLong_FailsAfterWhatThereIsOfIt()
    {
        Assert.That(TextLaws.Run(texts => texts.Lines(3), ["ab", "c\n", "def\r", "\ngh"]), Is.EqualTo(new[] { "abc", "def", "gh" }));

        MarbleTest.Run(m => m.Expect(m.Cold("a-b-c", [("a", "x\nab"), ("b", "c"), ("c", "d")]).Lines(3).Materialize().Select(n => n.HasValue ? n.Value : $"{n.Exception?.GetType().Name}"))
            .ToBe("a---[bc|]", [("a", "x"), ("b", "abc"), ("c", nameof(BackpressureException))]));
    }

    [Test]
    public void AFailure_ArrivesAfterTheLineThatItCutsOff() =>
        MarbleTest.Run(m => m.Expect(m.Cold("a-b-#", [("a", "x\ny"), ("b", "z")]).Lines()).ToBe("a---[b#]", [("a", "x"), ("b", "yz")]));

    // Disposal

    [Test]
    public void OneWhoLeavesInTheMiddleOfAPiece_HearsNoMore_AndTheSourceIsLeft()
    {
        using var source = new Subject<string>();
        var lines = new List<string>();
        using var subscription = source.Lines().Take(2).Subscribe(lines.Add);

        source.OnNext("a\nb\nc\nd");

        Assert.That(lines, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(source.HasObservers, Is.False);
    }

    [Test]
    public void EachSubscription_HasALineOfItsOwn()
    {
        using var source = new Subject<string>();
        var lines = source.Lines();
        var (first, second) = (new List<string>(), new List<string>());
        using var one = lines.Subscribe(first.Add);
        source.OnNext("a");
        using var two = lines.Subscribe(second.Add);
        source.OnNext("b\n");

        Assert.That(first, Is.EqualTo(new[] { "ab" }));
        Assert.That(second, Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public void WhatIsPushedWhileALineIsTold_ComesAfterIt()
    {
        using var source = new Subject<string>();
        var lines = new List<string>();
        using var subscription = source.Lines().Subscribe(line =>
        {
            lines.Add(line);
            if (line == "a")
                source.OnNext("x\n");
            if (line == "b")
                source.OnCompleted();
        });

        source.OnNext("a\nb\nc");

        Assert.That(lines, Is.EqualTo(new[] { "a", "b", "cx" }));
    }

    private static (Subject<string> Source, List<string> Lines) Subscribed()
    {
        var (source, lines) = (new Subject<string>(), new List<string>());
        source.Lines().Subscribe(lines.Add);
        return (source, lines);
    }
}
