using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text;
using System.Text.Json;
using NUnit.Framework;

namespace RxTokens.Tests;

public partial class PartialJsonTests
{
    // Arguments

    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        var texts = Observable.Never<string>();
        Assert.That(() => TokenStream.PartialJson(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => TokenStream.PartialJson(null!, Json.Default.Int32Array), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => texts.PartialJson<int>(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("typeInfo"));
        Assert.That(
            () => texts.PartialJson(0),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("maxChars").And.Property("ActualValue").EqualTo(0));
        Assert.That(
            () => texts.PartialJson(Json.Default.Int32Array, maxDepth: -1),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("maxDepth").And.Property("ActualValue").EqualTo(-1));
    }

    // Behaviour

    [MarbleOf("PartialJson(IObservable<String>, Int32, Int32)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"], rows.Values("source", piece => piece)).PartialJson()).ToBe(rows["result"], rows.Values("result", view => view)));

    [MarbleOf("PartialJson<T>(IObservable<String>, JsonTypeInfo<T>, Int32, Int32)")]
    public void ItsMarble_OfValues(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"], rows.Values("source", piece => piece)).PartialJson(Json.Default.Int32Array).Select(numbers => $"[{string.Join(',', numbers!)}]"))
            .ToBe(rows["result"], rows.Values("result", value => value)));

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "PartialJson" })]
    public void Reported(TextCase @case)
    {
        foreach (var pieces in @case.Pieces())
        {
            var (views, failure) = Steps(pieces);
            switch (@case.Id)
            {
                case "pj-05":
                    Assert.That(views, Is.EqualTo(new[] { """[""]""", """["\uFFFDx"]""" }));
                    Assert.That(failure, Is.Null);
                    break;
                case "pj-15":
                    Assert.That(views, Is.EqualTo(Enumerable.Repeat("""{"p":"use App"}""", 3)));
                    Assert.That(failure, Is.InstanceOf<JsonException>().With.Message.Contain("'H'").And.Message.Contain("character 14 "));
                    break;
                case "pj-16":
                    Assert.That(views, Is.EqualTo(new[] { """{"p":"C:"}""", """{"p":"C:"}""" }));
                    Assert.That(failure, Is.InstanceOf<JsonException>().With.Message.Contain("'s'"));
                    break;
                default:
                    Assert.That(views.Select(Canonical), Is.EqualTo(@case.Expected.EnumerateArray().Select(e => Canonical(e.GetString()))), string.Join('|', pieces));
                    Assert.That(failure, Is.Null);
                    break;
            }
        }
    }

    [Test]
    public void AnyDocument_CutAnywhere_IsShownAsFarAsItHasCome_AndIsWholeAtItsEnd() => TextLaws.ForAll(Documents, (text, pieces) =>
    {
        var (views, failure) = Steps(pieces);

        Assert.That(failure, Is.Null);
        var length = 0;
        JsonElement? last = null;
        foreach (var (piece, view) in pieces.Zip(views))
        {
            length += piece.Length;
            Assert.That(Canonical(view), Is.EqualTo(new SlowModel(text[..length]).Read()), $"after {length}");
            if (view is null)
                continue;

            using var document = JsonDocument.Parse(view);
            if (last is { } before && !HasDuplicates(text))
                Assert.That(IsGrown(before, document.RootElement), $"from {before} to {document.RootElement}");
            last = document.RootElement.Clone();
        }

        if (!HasDuplicates(text) && !text.Contains("\\ud83d", StringComparison.Ordinal) && !text.Contains("\\uDE01", StringComparison.Ordinal))
            Assert.That(views[^1], Is.EqualTo(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Trim(' ', '\t', '\r', '\n')))));
        var told = TextLaws.Run(texts => texts.PartialJson(), pieces);
        Assert.That(told, Is.EqualTo(views.OfType<string>().Where((view, i) => i == 0 || view != views.OfType<string>().ElementAt(i - 1))), "once each");
    });

    [Test]
    public void AnyMistake_CutAnywhere_FailsWhereSystemTextJsonDoes() => TextLaws.ForAll(Mistakes, (text, pieces) =>
    {
        var expected = FirstFailure(text);
        var (views, failure) = Steps(pieces);

        if (expected is not var (at, error))
        {
            Assert.That(failure, IsWhole(text) ? Is.Null : Is.InstanceOf<JsonException>().With.Message.Contain("before it is whole"));
            return;
        }

        Assert.That(failure, Is.InstanceOf<JsonException>(), $"System.Text.Json: {error.Message}");
        Assert.That(failure!.Message, Does.Contain($"character {at} "), error.Message);
        Assert.That(
            (((JsonException)failure).LineNumber, ((JsonException)failure).BytePositionInLine), Is.EqualTo((error.LineNumber, error.BytePositionInLine)), error.Message);
        Assert.That(Canonical(views[^1]), Is.EqualTo(new SlowModel(text[..at]).Read()), "before the mistake");
    });

    [Test]
    public void AMemberThatTakesThePlaceOfAnother_IsShownAlone_WhereverTheOtherStood()
    {
        Assert.That(Steps("""{"a":1,"b":{"c":2},"c":3,"b":""", "[", """],"a":4, "\u0061" : 5}""").Views, Is.EqualTo(new[]
        {
            """{"a":1,"b":{"c":2},"c":3}""", """{"a":1,"c":3,"b":[]}""", """{"c":3,"b":[],"\u0061" : 5}""",
        }));
    }

    [Test]
    public void WhatChangesNothing_IsNotTold() =>
        Assert.That(TextLaws.Run(texts => texts.PartialJson(), ["", " ", "[", " ", "\"", "\"", ",", "t", "rue", "]", "\n", ""]), Is.EqualTo(new[]
        {
            "[]", "[ \"\"]", "[ \"\",true]",
        }));

    [Test]
    public void AViewThatCannotBeRead_IsLeftOut_AndAtTheEndItIsTheFailure()
    {
        Assert.That(
            TextLaws.Run(texts => texts.PartialJson(Json.Default.Order), ["""{"item":"t""", """ea","count":""", "1", "2}"]),
            Is.EqualTo(new[] { new Order("tea", 1), new Order("tea", 12) }));
        Assert.That(
            () => TextLaws.Run(texts => texts.PartialJson(Json.Default.Order), ["""{"item":"tea"}"""]), Throws.InstanceOf<JsonException>().With.Message.Contain("count"));
        Assert.That(TextLaws.Run(texts => texts.PartialJson(Json.Default.Order), ["nu", "ll"]), Is.EqualTo(new Order?[] { null }));
    }

    [Test]
    public void AManyTimesRepeatedMember_CostsItsOwnLengthOnly()
    {
        var members = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"\"k{i % 10_000}\":{i},"));

        var views = TextLaws.Run(texts => texts.PartialJson(), [$"{{{members}\"end\":1}}"]);

        using var document = JsonDocument.Parse(views.Single());
        Assert.That(document.RootElement.EnumerateObject().Select(m => m.Name).Distinct().Count(), Is.EqualTo(10_001));
        Assert.That(document.RootElement.GetProperty("k9").GetInt32(), Is.EqualTo(10_009));
    }

    // Bounds and errors

    [Test]
    public void ADocumentThatIsTooLong_FailsAfterWhatThereIsOfIt()
    {
        Assert.That(TextLaws.Run(texts => texts.PartialJson(6), [" [1,", "23", "]  "]).Last(), Is.EqualTo("[1,23]"));
        foreach (var pieces in TextLaws.Cuts("[\"abcd\"]"))
        {
            var (views, failure) = Steps(texts => texts.PartialJson(5), pieces);
            Assert.That(views.Last(v => v is not null), Is.EqualTo("[\"abc\"]"));
            Assert.That(failure, Is.InstanceOf<BackpressureException>().With.Property("Bound").EqualTo(5));
        }
    }

    [Test]
    public void ADocumentThatIsTooDeep_FailsAtTheBracket()
    {
        var deep = new string('[', 64);
        Assert.That(Steps(deep).Views, Is.EqualTo(new[] { deep + new string(']', 64) }));
        Assert.That(Steps(deep + "{").Failure, Is.InstanceOf<JsonException>().With.Message.Contain("character 64 "));
        Assert.That(Steps(texts => texts.PartialJson(maxDepth: 1), ["[[", "1"]).Failure, Is.InstanceOf<JsonException>().With.Message.Contain("character 1 "));
        Assert.That(TextLaws.Run(texts => texts.PartialJson(maxDepth: 65), [deep + "{"  + "}" + new string(']', 64)]), Has.Count.EqualTo(1));
    }

    [TestCase("")]
    [TestCase(" \n")]
    [TestCase("[1")]
    [TestCase("\"a")]
    [TestCase("-")]
    [TestCase("1.")]
    [TestCase("tru")]
    [TestCase("{\"a\":1,")]
    public void ADocumentThatIsNotWhole_FailsAtTheEnd_AfterItsLastView(string text)
    {
        var (views, failure) = Steps(text);
        Assert.That(Canonical(views[0]), Is.EqualTo(new SlowModel(text).Read()));
        Assert.That(failure, Is.InstanceOf<JsonException>().With.Message.Contain("before it is whole"));
    }

    [Test]
    public void AFailure_ArrivesAfterTheView_AndNotThatOfTheCutDocument() =>
        MarbleTest.Run(m => m.Expect(m.Cold("a-#", [("a", "[1,")]).PartialJson()).ToBe("b-#", [("b", "[1]")]));

    [Test]
    public void AFailureOfTheSerializer_EndsTheStream_AndTheSourceIsLeft()
    {
        using var source = new Subject<string>();
        var seen = new List<string>();
        using var subscription = source.PartialJson(Json.Default.Refusing).Subscribe(_ => seen.Add("value"), e => seen.Add(e.GetType().Name), () => seen.Add("end"));

        source.OnNext("{");
        source.OnNext("}");

        Assert.That(seen, Is.EqualTo(new[] { nameof(NotSupportedException) }));
        Assert.That(source.HasObservers, Is.False);
    }

    // Disposal

    [Test]
    public void OneWhoLeaves_HearsNoMore_AndTheSourceIsLeft()
    {
        using var source = new Subject<string>();
        var views = new List<string>();
        using var subscription = source.PartialJson().Take(1).Subscribe(views.Add);

        source.OnNext("[1");
        source.OnNext("2x");

        Assert.That(views, Is.EqualTo(new[] { "[1]" }));
        Assert.That(source.HasObservers, Is.False);
    }

    [Test]
    public void EachSubscription_HasADocumentOfItsOwn()
    {
        using var source = new Subject<string>();
        var views = source.PartialJson();
        var (first, second) = (new List<string>(), new List<string>());
        using var one = views.Subscribe(first.Add);
        source.OnNext("[");
        using var two = views.Subscribe(second.Add, _ => { });
        source.OnNext("1");

        Assert.That(first, Is.EqualTo(new[] { "[]", "[1]" }));
        Assert.That(second, Is.EqualTo(new[] { "1" }));
    }

    [Test]
    public void WhatIsPushedWhileAViewIsTold_ComesAfterIt()
    {
        using var source = new Subject<string>();
        var views = new List<string>();
        var isOver = false;
        using var subscription = source.PartialJson().Subscribe(
            view =>
            {
                views.Add(view);
                if (view == "[1]")
                {
                    source.OnNext(",2");
                    source.OnNext("]");
                    source.OnCompleted();
                    Assert.That(views, Has.Count.EqualTo(1));
                }
            },
            () => isOver = true);

        source.OnNext("[1");

        Assert.That(views, Is.EqualTo(new[] { "[1]", "[1,2]" }));
        Assert.That(isOver);
    }
}
