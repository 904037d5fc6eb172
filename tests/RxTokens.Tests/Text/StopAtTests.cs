using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

public class StopAtTests
{
    private static readonly string[] Stops = ["abab!", "END", "ENDING", "😀!", "\n\n", "aa"];

    // Arguments

    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        var source = Observable.Never<string>();

        Assert.That(() => TokenStream.StopAt(null!, "x"), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => source.StopAt((IEnumerable<string>)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("sequences"));
        Assert.That(() => source.StopAt([]), Throws.ArgumentException.With.Message.Contains("no sequence"));
        Assert.That(() => source.StopAt(""), Throws.ArgumentException.With.Message.Contains("sequence is empty"));
        Assert.That(() => source.StopAt(["x", null!]), Throws.ArgumentException.With.Message.StartsWith("sequences[1] is null. "));
        Assert.That(() => source.StopAt(["x\uD83D"]), Throws.ArgumentException.With.Message.Contains("U+D83D, at 1"));
    }

    // Behaviour

    [MarbleOf("StopAt(IObservable<String>, IEnumerable<String>, Action<String>)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"]).StopAt(["END"])).ToBe(rows["result"]));

    [MarbleOf("StopAt(IObservable<String>, String)")]
    public void OfOneSequence_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"]).StopAt("END")).ToBe(rows["result"]));

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "StopAt" })]
    public void Reported(TextCase @case)
    {
        string[] stops = [.. @case.Params.GetProperty("stops").EnumerateArray().Select(s => s.GetString()!)];
        foreach (var pieces in @case.Pieces())
        {
            using var source = new Subject<string>();
            var told = new List<string>();
            using var subscription = source.StopAt(stops).Subscribe(told.Add);
            foreach (var piece in pieces)
            {
                source.OnNext(piece);
                if (@case.Id == "st-03" && piece == pieces[0])
                    Assert.That(string.Concat(told), Is.EqualTo("I "));
            }

            if (@case.Params.TryGetProperty("thenSilence", out _))
            {
                Assert.That(told, Is.EqualTo(new[] { "abc", "d" }));
                continue;
            }

            Assert.That(source.HasObservers, Is.EqualTo(!stops.Any(string.Concat(pieces).Contains)), "left at the sequence");
            source.OnCompleted();
            Assert.That(string.Concat(told), Is.EqualTo(@case.Result), string.Join('|', pieces.Select(TextLaws.Show)));
            TextLaws.AssertNoPairIsSplit(told);
        }
    }

    [Test]
    public void AnyText_CutAnywhere_EndsWhereTheFirstSequenceIsComplete() => TextLaws.ForAll(TextLaws.TextsWith("a", "b", "ab", "abab", "!", "E", "EN", "END", "ING", "😀", "\n", "\uD83D"), (text, pieces) =>
    {
        var (end, stop) = (text.Length, (string?)null);
        for (var i = 1; i <= text.Length && stop is null; i++)
        {
            stop = Array.Find(Stops, s => text.AsSpan(0, i).EndsWith(s));
            end = stop is null ? text.Length : i - stop.Length;
        }

        string? stopped = null;
        var told = TextLaws.Run(texts => texts.StopAt(Stops, s => stopped = s), pieces);
        Assert.That(string.Concat(told), Is.EqualTo(text[..end]));
        Assert.That(stopped, Is.EqualTo(stop));
        Assert.That(told, Has.None.Empty);
        TextLaws.AssertNoPairIsSplit(told);
    });

    [Test]
    public void NothingIsHeld_ThatCannotBecomeASequence() => TextLaws.ForAll(TextLaws.TextsWith("a", "b", "ab", "aba", "E", "EN", "\n"), (text, pieces) =>
    {
        using var source = new Subject<string>();
        var (told, read) = ("", "");
        using var subscription = source.StopAt(Stops).Subscribe(t => told += t);
        foreach (var piece in pieces)
        {
            source.OnNext(piece);
            read += piece;
            if (Stops.Any(read.Contains))
                break;
            var held = Enumerable.Range(0, Math.Min(6, read.Length) + 1).Where(n => Stops.Any(s => s.Length > n && read.EndsWith(s[..n], StringComparison.Ordinal))).Max();
            if (held == 0 && read.Length > 0 && char.IsHighSurrogate(read[^1]))
                held = 1;
            Assert.That(told, Is.EqualTo(read[..^held]));
        }
    });

    [Test]
    public void OfTwoThatEndTogether_TheFirstInTheListCounts()
    {
        Assert.That(TextLaws.Run(texts => texts.StopAt(["bc", "abc"]), ["xabc"]), Is.EqualTo(new[] { "xa" }));
        Assert.That(TextLaws.Run(texts => texts.StopAt(["abc", "bc"]), ["xabc"]), Is.EqualTo(new[] { "x" }));
    }

    [Test]
    public void EverySetOfShortSequences_StopsEveryTextAtTheSamePlace_ForEveryCut()
    {
        string[] stops = [.. Enumerable.Range(1, 3).SelectMany(TextLaws.Words)];
        string[] texts = [.. Enumerable.Range(0, 7).SelectMany(TextLaws.Words)];
        string[][] sets =
        [
            .. stops.Select(s => new[] { s }),
            .. stops.SelectMany(s => stops.Select(t => new[] { s, t })),
            .. new[] { "aba", "ba", "b", "bb" }.SelectMany(s => stops.Select(t => new[] { s, t, "aab" })),
            ["aaab", "aab", "ab", "b"],
            ["ababb", "abb", "bab", "aa"],
            ["ab", "ab", "aab"],
        ];
        foreach (var set in sets)
        {
            foreach (var text in texts)
            {
                var end = Enumerable.Range(1, text.Length).FirstOrDefault(n => set.Any(text[..n].EndsWith));
                var stop = end == 0 ? null : set.First(text[..end].EndsWith);
                var expected = stop is null ? text : text[..(end - stop.Length)];
                foreach (var pieces in TextLaws.EveryCut(text))
                {
                    string? found = null;
                    var told = TextLaws.Run(source => source.StopAt(set, s => found = s), pieces);
                    if (found != stop || string.Concat(told) != expected)
                        Assert.Fail($"[{string.Join(',', set)}] {string.Join('|', pieces)}: '{string.Concat(told)}' at {found}, not '{expected}' at {stop}");
                }
            }
        }
    }

    [Test]
    public void AThousandSequences_AreFound_WithoutMoreWork()
    {
        string[] stops = [.. Enumerable.Range(0, 1000).Select(i => $"<{new string('x', i % 40)}{i:D4}>")];
        var text = string.Concat(Enumerable.Repeat("<xxxx<<0001 <x0002> 0", 10_000));
        string? found = null;
        var told = TextLaws.Run(source => source.StopAt(stops, s => found = s), text.Select(c => $"{c}").Append("<xx0042>y"));

        Assert.That(string.Concat(told), Is.EqualTo(text));
        Assert.That(found, Is.EqualTo("<xx0042>"));
    }

    [Test]
    public void AVeryLongSequence_IsNotKeptOnceForEachOfItsBeginnings()
    {
        var stop = new string('x', 20_000) + "!";
        var before = GC.GetAllocatedBytesForCurrentThread();
        var told = TextLaws.Run(source => source.StopAt(stop), ["a" + stop[..^2], "x", "!b"]);
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(told, Is.EqualTo(new[] { "a" }));
        Assert.That(bytes, Is.LessThan(4_000_000));
    }

    [Test]
    public void APieceWithoutABeginning_IsTheSameString()
    {
        var piece = new string('x', 5);
        Assert.That(TextLaws.Run(texts => texts.StopAt("END"), [piece])[0], Is.SameAs(piece));
    }

    // Errors

    [Test]
    public void AFailure_ArrivesAfterWhatWasHeld() =>
        MarbleTest.Run(m => m.Expect(m.Cold("a-#", [("a", "to EN")]).StopAt("END")).ToBe("a-[b#]", [("a", "to "), ("b", "EN")]));

    [Test]
    public void WhatTheCallbackThrows_IsTheFailure()
    {
        var thrown = new InvalidOperationException("mine");
        Assert.That(() => TextLaws.Run(texts => texts.StopAt(["END"], _ => throw thrown), ["x END"]), Throws.Exception.SameAs(thrown));
    }

    [Test]
    public void WhatTheCallbackThrows_ComesAfterNothingOfTheSequence_WhereverItIsCut()
    {
        var thrown = new InvalidOperationException("mine");
        foreach (var pieces in TextLaws.Cuts("x ENENDy"))
        {
            var (told, failure) = ("", default(Exception));
            pieces.ToObservable().StopAt(["END"], _ => throw thrown).Subscribe(t => told += t, e => failure = e);

            Assert.That(told, Is.EqualTo("x EN"), string.Join('|', pieces));
            Assert.That(failure, Is.SameAs(thrown));
        }
    }

    // Disposal

    [Test]
    public void OneWhoLeavesAtTheTextBefore_IsNotToldOfTheSequence()
    {
        using var source = new Subject<string>();
        var told = new List<string>();
        using var subscription = source.StopAt(["END"], s => told.Add($"at {s}")).Take(1).Subscribe(told.Add);

        source.OnNext("a END");

        Assert.That(told, Is.EqualTo(new[] { "a " }));
    }

    [Test]
    public void TwoSubscriptions_HaveNothingInCommon()
    {
        using var source = new Subject<string>();
        var stopped = source.StopAt("END");
        var (first, second) = (new List<string>(), new List<string>());
        using var one = stopped.Subscribe(first.Add);
        source.OnNext("EN");
        using var two = stopped.Subscribe(second.Add);
        source.OnNext("D");

        Assert.That(first, Is.Empty);
        Assert.That(second, Is.EqualTo(new[] { "D" }));
    }

    [Test]
    public void WhatIsPushedWhileTextIsTold_ComesAfterIt()
    {
        using var source = new Subject<string>();
        var told = new List<string>();
        using var subscription = source.StopAt("END").Subscribe(text =>
        {
            told.Add(text);
            if (told.Count == 1)
                source.OnNext("D.");
        });

        source.OnNext("a EN");

        Assert.That(told, Is.EqualTo(new[] { "a " }), "END is complete");
        Assert.That(source.HasObservers, Is.False);
    }
}
