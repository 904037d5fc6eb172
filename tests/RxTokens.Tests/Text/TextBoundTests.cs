using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What is true of all text operators that hold no more than a bound.</summary>
public class TextBoundTests
{
    private static readonly (string Name, Func<IObservable<string>, int, IObservable<string>> Of)[] All =
    [
        ("Lines", (s, max) => s.Lines(max)),
        ("Lines, with their ends", (s, max) => s.Lines(TimeSpan.FromDays(1), new System.Reactive.Concurrency.HistoricalScheduler(), max)),
        ("Sentences", (s, max) => s.Sentences(max)),
        ("Words", (s, max) => s.Words(maxChars: max)),
        ("TakeTokens", (s, max) => s.TakeTokens(100, text => text.Length, maxChars: max)),
        ("MarkdownBlocks", (s, max) => s.MarkdownBlocks(maxChars: max).Select(b => b.Text)),
        ("CodeFences", (s, max) => s.CodeFences(maxChars: max + 2).Select(f => f.Text)),
        ("CodeFences, whole", (s, max) => s.CodeFences(whole: true, max + 4).Select(f => f.Text)),
    ];

    [Test]
    public void NoPairIsSplit_WhereverTheTextIsCut()
    {
        (string Fits, string Next, int Max)[] texts = [("a", "😀", 2), ("", "😀", 1), ("😀", "😀", 3), ("a\uD83D", "b", 2), ("ab", "\uDE00", 2)];
        foreach (var (name, of) in All)
        {
            var before = name switch { "CodeFences" => "```\n``", "CodeFences, whole" => "```\nxxxx", _ => "" };
            foreach (var (fits, next, max) in texts)
            {
                foreach (var pieces in TextLaws.Cuts(before + fits + next))
                {
                    var (told, failure) = ("", default(Exception));
                    of(pieces.ToObservable(), max).Subscribe(t => told += t, e => failure = e);

                    // Without a failure: where a code point may be a segment by itself, and where code is told as it comes.
                    Assert.That(before[..(before.LastIndexOf('\n') + 1)] + told, Is.EqualTo(before + fits + (failure is null ? next : "")), $"{name}: {string.Join('|', pieces.Select(TextLaws.Show))}");
                }
            }
        }
    }
}
