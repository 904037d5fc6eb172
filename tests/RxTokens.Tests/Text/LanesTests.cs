using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text.Json;
using NUnit.Framework;

namespace RxTokens.Tests;

public class LanesTests
{
    private const string Open = "<think>";
    private const string Close = "</think>";

    // Arguments

    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        var source = Observable.Never<string>();

        Assert.That(() => TokenStream.Lanes(null!, Open, Close), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => source.Lanes("", Close), Throws.ArgumentException.With.Property("ParamName").EqualTo("open"));
        Assert.That(() => source.Lanes(Open, null!), Throws.ArgumentException.With.Property("ParamName").EqualTo("close"));
        Assert.That(() => source.Lanes("\uDE00", Close), Throws.ArgumentException.With.Message.Contains("U+DE00"));
        Assert.That(() => source.Lanes("``", "```"), Throws.ArgumentException.With.Message.Contains("'``' and '```'"));
    }

    // Behaviour

    [MarbleOf("Lanes")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"]).Lanes(Open, Close).Select(l => l.IsInside ? $"({l.Text})" : l.Text)).ToBe(rows["result"]));

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "Lanes" })]
    public void Reported(TextCase @case)
    {
        var given = @case.Params;
        var startsInside = given.TryGetProperty("startInside", out var starts) && starts.GetBoolean();
        foreach (var pieces in @case.Pieces())
        {
            var told = TextLaws.Run(texts => texts.Lanes(given.GetProperty("open").GetString()!, given.GetProperty("close").GetString()!, startsInside), pieces);
            Assert.That(Joined(told), Is.EqualTo(Lanes(@case.Expected)), string.Join('|', pieces.Select(TextLaws.Show)));
        }
    }

    [TestCase(Open, Close, false)]
    [TestCase(Open, Close, true)]
    [TestCase("$$", "$$", false)]
    [TestCase("[", "]]", true)]
    public void AnyText_CutAnywhere_GoesDownTheSameLanes(string open, string close, bool startsInside) =>
        TextLaws.ForAll(TextLaws.TextsWith("<", "<t", "hink>", "</", "think>", Open, Close, "$", "$$", "[", "]", "]]", "\uD83D", "\uDE00"), (text, pieces) =>
        {
            var told = TextLaws.Run(texts => texts.Lanes(open, close, startsInside), pieces);
            Assert.That(Joined(told), Is.EqualTo(Whole(text, open, close, startsInside)));
            Assert.That(told.Select(l => l.Text), Has.None.Empty);
            if (TextLaws.IsWellFormed(text))
                Assert.That(told.Where(l => char.IsLowSurrogate(l.Text[0]) || char.IsHighSurrogate(l.Text[^1])), Is.Empty, "a surrogate pair is split");
        });

    [Test]
    public void EveryPairOfShortTags_LeadsEveryTextDownTheSameLanes_ForEveryCut()
    {
        string[] tags = [.. Enumerable.Range(1, 3).SelectMany(TextLaws.Words)];
        string[] texts = [.. Enumerable.Range(0, 7).SelectMany(TextLaws.Words)];
        var pairs = tags.SelectMany(o => tags.Select(c => (Open: o, Close: c))).Where(p => p.Open == p.Close || (!p.Open.Contains(p.Close) && !p.Close.Contains(p.Open)));
        foreach (var (open, close) in pairs)
        {
            foreach (var text in texts)
            {
                var startsInside = (text.Length + open.Length) % 2 == 0;
                var expected = Whole(text, open, close, startsInside);
                foreach (var pieces in TextLaws.EveryCut(text))
                {
                    var told = TextLaws.Run(source => source.Lanes(open, close, startsInside), pieces);
                    if (!Joined(told).SequenceEqual(expected) || told.Any(l => l.Text.Length == 0))
                        Assert.Fail($"'{open}' '{close}' {startsInside}, {string.Join('|', pieces)}: {string.Join(", ", told)}, not {string.Join(", ", expected)}");
                }
            }
        }
    }

    [Test]
    public void AFailureAnywhere_LosesNothing_AndNoTagIsToldInPart()
    {
        var failure = new InvalidOperationException("down");
        const string Text = "a<th<think>b<think></th</think>c</think></think>d<think>e</thin";
        for (var end = 0; end <= Text.Length; end++)
        {
            foreach (var pieces in new[] { [Text[..end]], Text[..end].Select(c => $"{c}").ToArray() })
                Assert.That(Joined(TextLaws.Run(texts => texts.Lanes(Open, Close), pieces, failure)), Is.EqualTo(Whole(Text[..end], Open, Close, false)));
        }
    }

    [Test]
    public void APieceWithoutATag_IsTheSameString()
    {
        var piece = new string('x', 5);
        Assert.That(TextLaws.Run(texts => texts.Lanes(Open, Close), [piece])[0].Text, Is.SameAs(piece));
    }

    // Errors

    [Test]
    public void AFailure_ArrivesAfterHalfATag_WhichIsTextOfItsLane() =>
        MarbleTest.Run(m => m.Expect(m.Cold("a-#", [("a", "x<think>y</th")]).Lanes(Open, Close)).ToBe(
            "[ab]-[c#]", [("a", new LaneText("x", false)), ("b", new LaneText("y", true)), ("c", new LaneText("</th", true))]));

    // Disposal

    [Test]
    public void OneWhoLeavesInTheMiddleOfAPiece_HearsNoMore()
    {
        using var source = new Subject<string>();
        var told = new List<LaneText>();
        using var subscription = source.Lanes(Open, Close).Take(1).Subscribe(told.Add);

        source.OnNext("a<think>b</think>c");

        Assert.That(told, Is.EqualTo(new[] { new LaneText("a", false) }));
        Assert.That(source.HasObservers, Is.False);
    }

    [Test]
    public void TwoSubscriptions_HaveNothingInCommon()
    {
        using var source = new Subject<string>();
        var lanes = source.Lanes(Open, Close);
        var second = new List<LaneText>();
        using var one = lanes.Subscribe();
        source.OnNext("<think>");
        using var two = lanes.Subscribe(second.Add);
        source.OnNext("a");

        Assert.That(second, Is.EqualTo(new[] { new LaneText("a", false) }));
    }

    /// <summary>The same over the whole text, tag after tag.</summary>
    private static List<LaneText> Whole(string text, string open, string close, bool startsInside)
    {
        var (lanes, depth, start, at) = (new List<LaneText>(), startsInside ? 1 : 0, 0, 0);
        while (at < text.Length)
        {
            var tag = depth > 0 && string.CompareOrdinal(text, at, close, 0, close.Length) == 0 ? close
                : (depth == 0 || open != close) && string.CompareOrdinal(text, at, open, 0, open.Length) == 0 ? open
                : null;
            if (tag is null)
            {
                at++;
                continue;
            }

            var isClosed = depth > 0 && tag == close;
            if (depth == 0 || (depth == 1 && isClosed))
            {
                lanes.Add(new(text[start..at], depth > 0));
                start = at + tag.Length;
            }

            depth += isClosed ? -1 : 1;
            at += tag.Length;
        }

        lanes.Add(new(text[start..], depth > 0));
        return Joined(lanes);
    }

    private static List<LaneText> Joined(IEnumerable<LaneText> lanes)
    {
        var joined = new List<LaneText>();
        foreach (var lane in lanes.Where(l => l.Text.Length > 0))
        {
            if (joined.Count > 0 && joined[^1].IsInside == lane.IsInside)
                joined[^1] = new(joined[^1].Text + lane.Text, lane.IsInside);
            else
                joined.Add(lane);
        }

        return joined;
    }

    private static List<LaneText> Lanes(JsonElement list) => [.. list.EnumerateArray().Select(l => new LaneText(l[1].GetString()!, l[0].GetString() == "inside"))];
}
