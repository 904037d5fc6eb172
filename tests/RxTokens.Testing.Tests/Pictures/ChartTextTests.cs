using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Runs as text for a log.</summary>
public class ChartTextTests
{
    [Test]
    public void ARun_IsRowsUnderOneAnother() => Assert.That(Runs.Of("slow-screen").ToText(), Is.EqualTo(
        """
          frame     0
          source    a   b   cde   f|              pull
          pulls     [^2]-   --2   ---[3!]
          requests  1   -   --1   ---*
          shown     -   {ab}--{cd}---[{ef}|]

        """));

    [TestCase("🙂", "✅", 2)]
    [TestCase("❤️", "1️⃣", 2)]
    [TestCase("👩‍👩‍👧", "🇦🇹", 2)]
    [TestCase("日本", "ｗ字", 4)]
    [TestCase("é", "e\u0301", 1)]
    public void WideCharacters_KeepWhatFollowsInItsColumn(string one, string other, int columns)
    {
        var rows = Marbles(one, other).ToText().Split('\n');

        // What is in front of b takes as many columns in both rows, though not as many characters.
        var inFront = new[] { "left", "right" }.Select(name => rows.Single(row => row.TrimStart().StartsWith(name, StringComparison.Ordinal)).Split('b')[0]).ToList();
        var letters = inFront.ConvertAll(text => text.Replace(one, new string('w', columns), StringComparison.Ordinal).Replace(other, new string('w', columns), StringComparison.Ordinal).Length);
        Assert.That(letters[0], Is.EqualTo(letters[1]), string.Join('\n', rows));
    }

    [Test]
    public void NamesOfRows_AreOnOneLineAndCutBetweenCharacters()
    {
        var text = MarbleTest.Run(m => m.Expect(m.Hot("a|", name: "a\n \t" + string.Concat(Enumerable.Repeat("🙂", 20))), name: "out").ToBe("a|")).ToText();

        Assert.That(text, Does.Contain("  a 🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂…  a|"));
        Assert.That(text.Split('\n'), Has.Length.EqualTo(4));
    }

    [Test]
    public void NotesWithLines_AreOnOneLine()
    {
        var chart = MarbleTest.Run(m => m.Expect(m.Hot<string>("a|", [("a", "one\ntwo")]), name: "out").ToBe("b|", [("b", "one\ntwo")]));

        Assert.That(chart.ToText().Split('\n'), Has.Length.EqualTo(4));
    }

    [Test]
    public void TimesWithinAFrame_AreInOneColumn_AndThatIsSaid()
    {
        var text = MarbleTest.Run(m =>
        {
            _ = m.Hot("a|", name: "left");
            _ = m.Hot("0.5ms b|", name: "right");
        }).ToText();

        Assert.That(text, Does.Contain("less than a frame apart"));
    }

    private static MarbleChart Marbles(string one, string other) => MarbleTest.Run(m =>
    {
        _ = m.Hot($"-{{{one}}}b|", name: "left");
        _ = m.Hot($"-{{{other}}}b|", name: "right");
    });
}
