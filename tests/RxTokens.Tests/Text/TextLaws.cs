using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>The laws of the text operators: what goes in comes out, and how the text was cut makes no difference.</summary>
internal static class TextLaws
{
    /// <summary>How many random texts an operator gets: few in every run, more where somebody asks for them.</summary>
    public static int Rounds { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("RXTOKENS_TEXT_CASES"), out var rounds) && rounds > 0 ? rounds : 400;

    /// <summary>Pieces of text in which something may go wrong where it is cut, or where two of them meet.</summary>
    private static readonly string[] Pieces =
    [
        "a", "b", "Z", "e", "7", "0", ".", ",", "!", "?", ":", ";", "'", "\"", "-", "_", "*", "`", "#", "<", ">", "[", "]", "(", ")", "{", "}", "\\", "/",
        " ", "  ", "\t", "\n", "\r", "\r\n", "\n\n", "\0", "\a", "\e", "\u007F", "\u0085", "\u00A0", "\u2028", "\u2029", "\u200B", "\u200C", "\u200D", "\uFEFF",
        "é", "e\u0301", "\u0301", "\u0308", "ß", "Ω", "я", "א", "ש״ם", "ع", "٣", "हि", "क्षि", "\u094D", "ก", "ำ", "한", "\u1100", "\u1161", "\u11A8",
        "漢", "字", "。", "！", "？", "」", "「", "ア", "ー", "ｱ", "３", "．", "…", "’", "”", "«", "»",
        "😀", "\uD83D", "\uDE00", "👍🏽", "👩‍👩‍👧‍👦", "🐻‍❄️", "❤️", "🇩🇪", "🇯", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\uDB40\uDC67", "𝒜", "𠮷",
        "Dr. ", "e.g. ", "3.14", "U.S. ", "word", "Hello", " world", "the end. ", "<think>", "</think>", "```", "```cs\n", "**", "- ", "1. ", "> ",
    ];

    private static readonly Gen<string> Characters = Gen.OneOf(
        Gen.Choose(' ', '~').Select(c => $"{(char)c}"),
        Gen.Choose(0, char.MaxValue).Select(c => $"{(char)c}"),
        Gen.Choose(0x10000, 0x10FFFF).Select(char.ConvertFromUtf32));

    /// <summary>Any text: all of Unicode, and often what is difficult.</summary>
    public static Gen<string> Texts { get; } = Gen.Frequency((4, Gen.Elements(Pieces)), (1, Characters)).ListOf().Select(string.Concat);

    /// <summary>A text of words from this list, in any order, among others: for an operator that looks for something.</summary>
    public static Gen<string> TextsWith(params string[] words) =>
        Gen.Frequency((3, Gen.Elements(words)), (2, Gen.Elements(Pieces)), (1, Characters)).ListOf().Select(string.Concat);

    /// <summary>Checks something for random texts, each with random cuts. The seed is fixed; where more rounds are wanted, the first are the same.</summary>
    public static void ForAll(Gen<string> texts, Action<string, string[]> check, ulong seed = 20261126)
    {
        var run = 0;
        var cases = from text in texts from pieces in Cut(text) select (text, pieces);
        FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Rounds).WithEndSize(60).WithReplay(seed, 1),
            Prop.ForAll(cases.ToArbitrary(), c =>
            {
                run++;
                try
                {
                    check(c.text, c.pieces);
                }
                catch (Exception failure)
                {
                    throw new AssertionException($"{failure.Message}\n{Show(c.text)}, in pieces: {string.Join(" | ", c.pieces.Select(Show))}", failure);
                }
            }));
        Assert.That(run, Is.EqualTo(Rounds));
    }

    /// <summary>The text whole, in single characters, in two at each place, with empty pieces, and in random pieces: what all must give the same of.</summary>
    public static IEnumerable<string[]> Cuts(string text)
    {
        yield return [text];
        yield return [.. text.Select(c => $"{c}")];
        yield return ["", .. text.SelectMany(c => new[] { $"{c}", "" })];
        for (var at = 1; at < text.Length; at++)
            yield return [text[..at], text[at..]];
        for (var first = 1; first < text.Length - 1 && text.Length < 60; first++)
        {
            for (var second = first + 1; second < text.Length; second++)
                yield return [text[..first], text[first..second], text[second..]];
        }
    }

    /// <summary>All words of so many letters, <c>a</c> and <c>b</c>.</summary>
    public static IEnumerable<string> Words(int length) =>
        Enumerable.Range(0, 1 << length).Select(n => string.Concat(Enumerable.Range(0, length).Select(i => (n >> i & 1) == 0 ? 'a' : 'b')));

    /// <summary>All ways to cut a short text: two to the number of its inner borders.</summary>
    public static IEnumerable<string[]> EveryCut(string text)
    {
        for (var cuts = 0; cuts < 1 << Math.Max(0, text.Length - 1); cuts++)
        {
            int[] places = [0, .. Enumerable.Range(1, Math.Max(0, text.Length - 1)).Where(i => (cuts >> (i - 1) & 1) == 1), text.Length];
            yield return [.. places.Zip(places.Skip(1), (from, to) => text[from..to])];
        }
    }

    /// <summary>All that an operator says of the pieces, which a source pushes one after the other and then ends.</summary>
    public static List<T> Run<T>(Func<IObservable<string>, IObservable<T>> @operator, IEnumerable<string> pieces, Exception? failure = null)
    {
        var results = new List<T>();
        Exception? error = null;
        var isOver = false;
        @operator(Observable.Create<string>(observer =>
        {
            foreach (var piece in pieces)
            {
                if (isOver)
                    break;
                observer.OnNext(piece);
            }

            if (failure is null)
                observer.OnCompleted();
            else
                observer.OnError(failure);
            return Disposable.Empty;
        })).Subscribe(
            results.Add,
            e => (error, isOver) = (e, true),
            () => isOver = true);
        if (error is not null && error != failure)
            throw error;
        Assert.That(isOver, "it has ended");
        return results;
    }

    /// <summary>Half a character at the border of a result that the text has not: one that the operator has cut.</summary>
    public static void AssertNoPairIsSplit(IEnumerable<string> results)
    {
        string? last = null;
        foreach (var result in results.Where(r => r.Length > 0))
        {
            if (last is not null && char.IsHighSurrogate(last[^1]))
                Assert.That(char.IsLowSurrogate(result[0]), Is.False, "a surrogate pair is split between two results");
            last = result;
        }
    }

    /// <summary>Whether a text has no half of a surrogate pair of its own.</summary>
    public static bool IsWellFormed(string text) =>
        !text.Where((c, i) => char.IsSurrogate(c) && !(char.IsHighSurrogate(c) ? i + 1 < text.Length && char.IsSurrogatePair(text, i) : i > 0 && char.IsSurrogatePair(text, i - 1))).Any();

    /// <summary>A text with its control characters and its halves of surrogate pairs as escapes.</summary>
    public static string Show(string text)
    {
        var shown = new StringBuilder("\"");
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text, i))
                shown.Append(text, i++, 2);
            else if (char.IsControl(text[i]) || char.IsSurrogate(text[i]) || char.GetUnicodeCategory(text[i]) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.NonSpacingMark)
                shown.Append($"\\u{(int)text[i]:X4}");
            else
                shown.Append(text[i]);
        }

        return shown.Append('"').ToString();
    }

    private static Gen<string[]> Cut(string text) => Gen.OneOf(
        Gen.Constant(text.Select(c => $"{c}").ToArray()),
        Gen.Choose(0, text.Length).ListOf().Select(cuts =>
        {
            var places = cuts.Append(0).Append(text.Length).Order().ToArray();
            return places.Zip(places.Skip(1), (from, to) => text[from..to]).ToArray();
        }));
}
