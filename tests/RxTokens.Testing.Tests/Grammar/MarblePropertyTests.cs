using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Random diagrams. The seeds are fixed, so every run checks the same thousands of cases.</summary>
public class MarblePropertyTests
{
    private const int Rounds = 5000;

    /// <summary>A piece of a well-formed diagram, as its symbols are written, and what the model makes of it.</summary>
    /// <param name="Atoms">What may have spaces between.</param>
    /// <param name="Items">The keys, and how many ticks after the piece's beginning.</param>
    /// <param name="Ticks">How long the piece is.</param>
    public sealed record Piece(string[] Atoms, (string Key, long Ticks)[] Items, long Ticks)
    {
        public override string ToString() => string.Concat(Atoms);
    }

    private static readonly MarbleSyntax[] Syntaxes =
    [
        new(),
        new() { Noncompliant = true },
        new() { Keys = ["a", "b", "1", "2", "s", "m", "ab"] },
        new() { FrameSize = new TimeSpan(1) },
        new() { FrameSize = TimeSpan.MaxValue / 4 },
    ];

    private static readonly Gen<string> AnyText =
        from atoms in Gen.ListOf(Gen.Frequency(
            (12, Gen.Elements("-|#^!()[]{}*x.@ \t\r\nabmshd0123459".Select(c => c.ToString()).ToArray())),
            (2, Gen.Elements("1ms", " 10ms ", "2.5s", "(ab)", "[a", "{name}", " .5s ", " @5 ", " @1s ", "..4..")),
            (1, Gen.Elements("é", "🙈", "\uD83D", "\uDE48", "\uFE0F", "\u200D", "\u0301", "\u0000", "🇩", "\u00A0"))))
        select string.Concat(atoms);

    /// <summary>Letters that are no unit; digits have a dash behind, so that they cannot be a number with a unit.</summary>
    private static readonly Gen<string> Key = Gen.Elements("a", "b", "c", "x", "é", "🙈", "*", "{order1}", "{10ms}", "{a b}");

    private static readonly Gen<Piece> Dashes =
        from count in Gen.Choose(1, 4) select new Piece([.. Enumerable.Repeat("-", count)], [], Frames(count));

    private static readonly Gen<Piece> Item =
        from key in Key select new Piece([key], [(Bare(key), 0)], Frames(1));

    private static readonly Gen<Piece> Digit =
        from digit in Gen.Choose(0, 9) select new Piece([$"{digit}", "-"], [($"{digit}", 0)], Frames(2));

    private static readonly Gen<Piece> Tight =
        from keys in Gen.NonEmptyListOf(Key)
        select new Piece(["[", .. keys, "]"], [.. keys.Select(k => (Bare(k), 0L))], Frames(1));

    private static readonly Gen<Piece> Round =
        from parts in Gen.NonEmptyListOf(Gen.Frequency((3, Key), (1, Gen.Constant("-"))))
        select new Piece(["(", .. parts, ")"], [.. parts.Where(p => p != "-").Select(k => (Bare(k), 0L))], Frames(parts.Count + 2));

    private static readonly Gen<Piece> Duration =
        from tenths in Gen.Choose(0, 500)
        from unit in Gen.Elements(("ms", 1_000L), ("s", 1_000_000L), ("m", 60_000_000L), ("h", 3_600_000_000L), ("d", 86_400_000_000L))
        from fraction in Gen.Elements(true, false)
        select fraction
            ? new Piece([$" {tenths / 10}.{tenths % 10}{unit.Item1} "], [], tenths * unit.Item2)
            : new Piece([$" {tenths}{unit.Item1} "], [], tenths * unit.Item2 * 10);

    private static readonly Gen<List<Piece>> Pieces =
        from pieces in Gen.ListOf(Gen.Frequency((4, Dashes), (4, Item), (1, Digit), (1, Tight), (1, Round), (1, Duration)))
        from ending in Gen.Elements("", "|", "#")
        select (List<Piece>)[.. pieces, .. ending == "" ? Array.Empty<Piece>() : [new Piece([ending], [(ending, 0)], Frames(1))]];

    [Test]
    public void AnyText_IsRead_OrRefusedAtAPlace() => ForAll(
        from text in AnyText from row in Gen.Elements(Enum.GetValues<MarbleRow>()) from syntax in Gen.Elements(Syntaxes) select (text, row, syntax), 3,
        c =>
        {
            try
            {
                var diagram = MarbleDiagram.Parse(c.text, c.row, c.syntax);

                Assert.That(diagram.Symbols.Select(s => s.Time), Is.Ordered);
                Assert.That(diagram.Symbols.Select(s => s.Index), Is.Ordered.And.Unique);
                Assert.That(diagram.Symbols, Is.All.Matches<MarbleSymbol>(s => s.Index < c.text.Length && s.Time <= diagram.Length));
                Assert.That(diagram.Symbols, Is.All.Matches<MarbleSymbol>(s => string.CompareOrdinal(c.text, s.Index, s.Text, 0, s.Text.Length) == 0 || c.text[s.Index] == '{'));
                return true;
            }
            catch (MarbleSyntaxException error)
            {
                var scalars = c.text.EnumerateRunes().Count();
                Assert.That(error.Index, Is.InRange(0, c.text.Length));
                Assert.That(error.Column, Is.InRange(1, scalars + 1));
                Assert.That(error.Column, Is.EqualTo(1 + c.text[..error.Index].EnumerateRunes().Count()));
                Assert.That(error.Time, Is.GreaterThanOrEqualTo(TimeSpan.Zero));
                Assert.That(error.Hint, Is.Not.Null);
                Assert.That(error.Message.Split('\n'), Has.Length.EqualTo(4), error.Message);
                return false;
            }
        }, atLeast: 500);

    [Test]
    public void WellFormedDiagrams_MeanWhatTheModelSays() => ForAll(
        from pieces in Pieces from row in Gen.Elements(MarbleRow.Cold, MarbleRow.Expected) select (pieces, row), 5,
        c =>
        {
            var (items, length) = Model(c.pieces);
            var diagram = MarbleDiagram.Parse(string.Concat(c.pieces), c.row);

            Assert.That(diagram.Symbols.Select(s => (s.Text, s.Time.Ticks)), Is.EqualTo(items), diagram.Text);
            Assert.That(diagram.Length.Ticks, Is.EqualTo(length), diagram.Text);
            return true;
        });

    [Test]
    public void HotDiagrams_CountFromTheirOrigin() => ForAll(
        from before in Pieces from after in Pieces select (before, after), 7,
        c =>
        {
            c.before.RemoveAll(p => p.Atoms is ["|" or "#"]);
            var (past, origin) = Model(c.before);
            var (future, length) = Model(c.after);
            var diagram = MarbleDiagram.Parse($"{string.Concat(c.before)}^{string.Concat(c.after)}", MarbleRow.Hot);

            var expected = past.Select(i => (i.Key, i.Ticks - origin)).Concat(future.Select(i => (i.Key, i.Ticks + Frames(1))));
            Assert.That(diagram.Symbols.Select(s => (s.Text, s.Time.Ticks)), Is.EqualTo(expected), diagram.Text);
            Assert.That(diagram.Length.Ticks, Is.EqualTo(length + Frames(1)), diagram.Text);
            return true;
        });

    [Test]
    public void Spaces_ChangeNoTime() => ForAll(
        from pieces in Pieces
        from spaces in Gen.NonEmptyListOf(Gen.Elements("", "", " ", "  ", "\t", "\r\n"))
        select (pieces, spaces), 9,
        c =>
        {
            var spaced = new StringBuilder(c.spaces[0]);
            foreach (var (i, atom) in c.pieces.SelectMany(p => p.Atoms).Index())
                spaced.Append(atom).Append(c.spaces[i % c.spaces.Count]);

            Assert.That(Times(spaced.ToString()), Is.EqualTo(Times(string.Concat(c.pieces))), spaced.ToString());
            return true;

            static IEnumerable<(string, TimeSpan)> Times(string diagram) =>
                MarbleDiagram.Parse(diagram, MarbleRow.Cold).Symbols.Select(s => (s.Text, s.Time));
        });

    private static (List<(string Key, long Ticks)> Items, long Length) Model(IEnumerable<Piece> pieces)
    {
        var items = new List<(string, long)>();
        long at = 0;
        foreach (var piece in pieces)
        {
            items.AddRange(piece.Items.Select(i => (i.Key, at + i.Ticks)));
            at += piece.Ticks;
        }

        return (items, at);
    }

    private static long Frames(long count) => count * TimeSpan.TicksPerMillisecond;

    private static string Bare(string key) => key.Trim('{', '}');

    /// <summary>Checks all cases; a check tells whether the diagram was accepted.</summary>
    private static void ForAll<T>(Gen<T> cases, ulong seed, Func<T, bool> check, int atLeast = Rounds)
    {
        var rounds = 0;
        var accepted = 0;
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Rounds).WithEndSize(20).WithReplay(seed, 1),
            Prop.ForAll(cases.ToArbitrary(), c =>
            {
                rounds++;
                accepted += check(c) ? 1 : 0;
            }));
        TestContext.Out.WriteLine($"{rounds} rounds, {accepted} accepted");
        Assert.That(rounds, Is.EqualTo(Rounds));
        Assert.That(accepted, Is.GreaterThanOrEqualTo(atLeast));
    }
}
