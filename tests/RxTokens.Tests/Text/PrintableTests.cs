using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests;

public class PrintableTests
{
    private static readonly Config Repeatable = Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20250701, 9);

    // Arguments

    [Test]
    public void Printable_OfNull_Throws()
    {
        Assert.That(() => TokenStream.Printable(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => TextExtensions.Printable(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("text"));
    }

    // Behaviour

    [MarbleOf("Printable")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        static string Meaning(string name) => name
            .Replace("ESC", "\e", StringComparison.Ordinal).Replace("CR", "\r", StringComparison.Ordinal)
            .Replace("LF", "\n", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);

        m.Expect(m.Pull(rows["source"], rows.Values("source", Meaning)).Printable()).ToBe(rows["result"], rows.Values("result", Meaning));
        m.Expect(m.Pull(rows["source"], rows.Values("source", Meaning)).Printable(ControlCharacters.Show)).ToBe(rows["result 2"], rows.Values("result 2", Meaning));
    });

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "Printable" })]
    public async Task Reported(TextCase @case)
    {
        string[] right = [@case.Expected.GetString()!, .. (@case.Accept ?? []).Select(a => a.GetString()!)];
        foreach (var pieces in @case.Pieces())
            Assert.That(right, Does.Contain(string.Concat(await pieces.ToAsyncEnumerable().Printable().ToListAsync())), string.Join('|', pieces.Select(TextLaws.Show)));
    }

    [TestCase("plain, é, 漢字, 👩‍👧, x͎͊, \u200Fעברית", "plain, é, 漢字, 👩‍👧, x͎͊, \u200Fעברית")]
    [TestCase("\e]0;title\a text", " text")]
    [TestCase("\e]0;title\e\\text", "text")]
    [TestCase("\e]0;never closed\nnext", "\nnext")]
    [TestCase("\ePdata\a more\u009Ctext", "text")]
    [TestCase("\e(Bx\e7y\e#8z", "xyz")]
    [TestCase("\e[1\n;31mred", "\nred")]
    [TestCase("\e[2J\x7F\0\b", "")]
    [TestCase("\e[éx", "éx")]
    [TestCase("\eé", "é")]
    [TestCase("a\r\nb\rc\n\r\r\n", "a\nb\nc\n\n\n")]
    [TestCase("a\u2028b\u2029c\td", "a\nb\nc\td")]
    [TestCase("user\u202E\u2066// nobody", "user// nobody")]
    [TestCase("\e]😀\u0007x", "x")]
    public void ATextWithoutItsControlCharacters_ReadsLikeThis(string text, string left) => Assert.That(text.Printable(), Is.EqualTo(left));

    [Test]
    public void WhatIsLeft_HasNothingThatATerminalObeys() => TextLaws.ForAll(TextLaws.TextsWith("\e", "[", "]", "0;", "m", "\u009B", "\u009D", "\a", "\\", "P", "\x18"), (text, pieces) =>
    {
        var left = string.Concat(pieces.ToAsyncEnumerable().Printable().ToListAsync().AsTask().GetAwaiter().GetResult());
        Assert.That(left.Where(c => (char.IsControl(c) && c is not ('\n' or '\t')) || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069')), Is.Empty);
        Assert.That(left.Printable(), Is.EqualTo(left), "nothing more to take out");
        Assert.That(left, Is.EqualTo(text.Printable()));
    });

    [Test]
    public void AValueThatIsNone_IsRefusedAtTheCall()
    {
        Assert.That(() => "".Printable((ControlCharacters)7), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo((ControlCharacters)7));
        Assert.That(() => AsyncEnumerable.Empty<string>().Printable((ControlCharacters)7), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("controls"));
    }

    [TestCase("plain, é, 漢字, 👩‍👧, x͎͊, \u200Fעברית", "plain, é, 漢字, 👩‍👧, x͎͊, \u200Fעברית")]
    [TestCase("\e]0;title\a", "␛]0;title␇")]
    [TestCase("\e[2J\x7F\0\b", "␛[2J␡␀␈")]
    [TestCase("\u009B31m", "\uFFFD31m")]
    [TestCase("a\r\nb\rc\n\r\r\n", "a\nb␍c\n␍\n")]
    [TestCase("a\vb\fc\u0085d", "a␋b␌c\uFFFDd")]
    [TestCase("a\u2028b\u2029c", "a\nb\nc")]
    [TestCase("\tx\n12\t3\t4567\t8", "    x\n12  3   4567    8")]
    [TestCase("user\u202E\u2066// nobody", "user\uFFFD\uFFFD// nobody")]
    [TestCase("\r", "␍")]
    [TestCase("", "")]
    public void AText_IsShownLikeThis(string text, string shown) => Assert.That(text.Printable(ControlCharacters.Show), Is.EqualTo(shown));

    [Test]
    public void HalfAPair_IsShownAsUnknown([Values] ControlCharacters controls) =>
        Assert.That("\uD83D and \uDE00, \uD83D".Printable(controls), Is.EqualTo("\uFFFD and \uFFFD, \uFFFD"));

    [Test]
    public void EveryCharacter_ThatIsShown_IsNoControl()
    {
        for (var c = '\0'; c < char.MaxValue; c++)
        {
            var shown = $"{c}".Printable(ControlCharacters.Show);
            Assert.That(shown.Where(s => s != '\n' && (char.IsControl(s) || char.IsSurrogate(s) || s is (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069'))), Is.Empty, $"U+{(int)c:X4}");
        }
    }

    [Test]
    public void ATextWithNothingToChange_IsTheSameString()
    {
        var text = "one\ntwo é";

        Assert.That(text.Printable(), Is.SameAs(text));
        Assert.That(text.Printable(ControlCharacters.Show), Is.SameAs(text));
    }

    [Test]
    public async Task ASequence_ThatIsSplitOverItems_IsShownAllTheSame() =>
        Assert.That(await Shown("\e", "]52", ";c;cm0=", "\a", "\u009B", "2J"), Is.EqualTo(new[] { "␛", "]52", ";c;cm0=", "␇", "\uFFFD", "2J" }));

    [Test]
    public async Task ALineEnd_ThatIsCutInTwo_IsOne() =>
        Assert.That(await Shown("a\r", "\nb\r", "c\r"), Is.EqualTo(new[] { "a", "\nb", "␍c", "␍" }));

    [Test]
    public async Task APair_ThatIsCutInTwo_IsWhole() =>
        Assert.That(await Shown("smile \uD83D", "\uDE00", "\uD83D", "x", "\uD83D"), Is.EqualTo(new[] { "smile ", "😀", "\uFFFDx", "\uFFFD" }));

    [Test]
    public void AnyText_CutAnywhere_GivesTheSame()
    {
        var characters = Gen.OneOf(
            Gen.Elements('\r', '\n', '\t', '\e', '[', ']', '\\', '\a', '\u0085', '\u009B', '\u009D', '\u009C', '\u202E', '\uD83D', '\uDE00'), Gen.Choose(' ', 'z').Select(c => (char)c));
        var cases = from text in characters.ArrayOf()
                    from cuts in Gen.Choose(0, 50).ListOf()
                    select (Text: new string(text), Cuts: cuts);

        Check.One(Repeatable, Prop.ForAll(Arb.From(cases), c =>
        {
            var places = c.Cuts.Select(cut => Math.Min(cut, c.Text.Length)).Append(0).Append(c.Text.Length).Order().ToArray();
            var pieces = places.Zip(places.Skip(1), (from, to) => c.Text[from..to]).ToArray();
            foreach (var controls in Enum.GetValues<ControlCharacters>())
            {
                var shown = pieces.ToAsyncEnumerable().Printable(controls).ToListAsync().AsTask().GetAwaiter().GetResult();
                Assert.That(string.Concat(shown), Is.EqualTo(c.Text.Printable(controls)));
                Assert.That(shown, Has.None.Empty);
            }
        }));
    }

    // Errors

    [Test]
    public void AFailure_ArrivesAfterWhatWasShown_WithoutHalfALineEnd() => MarbleTest.Run(m =>
        m.Expect(m.Pull("a-b-#", [("a", "x\e"), ("b", "y\r")]).Printable(ControlCharacters.Show)).ToBe("a-b-#", [("a", "x␛"), ("b", "y")]));

    private static async Task<List<string>> Shown(params string[] texts) => await texts.ToAsyncEnumerable().Printable(ControlCharacters.Show).ToListAsync();
}
