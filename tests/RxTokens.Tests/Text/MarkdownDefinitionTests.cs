using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>
/// Definitions of link references (CommonMark 0.31.2, 4.7), as MarkdownBlocks sees them: a line of dashes under a paragraph of definitions
/// alone is a thematic break, under any other paragraph it makes that a heading.
/// </summary>
public class MarkdownDefinitionTests
{
    [TestCase("[a]: /b")]
    [TestCase("[a]:   /b   ")]
    [TestCase("[a]:\n/b")]
    [TestCase("[a]: <b c>")]
    [TestCase("[a]: <b\\>c>")]
    [TestCase("[a]: b(c)d")]
    [TestCase("[a]: /b\\)c")]
    [TestCase("[a]: /b \"t\"")]
    [TestCase("[a]: /b 't'")]
    [TestCase("[a]: /b (t)")]
    [TestCase("[a]: /b \"t\\\"u\"  ")]
    [TestCase("[a]: /b\n\"t\"")]
    [TestCase("[a]: /b \"t\nu\"")]
    [TestCase("[a]: /b\n[c]: /d")]
    [TestCase("[a]: /b \"t\"\n[c]: /d\n[e]: /f")]
    [TestCase("[a\\]b]: /c")]
    [TestCase("[a\nb]: /c")]
    public void ALineOfDashes_UnderDefinitionsAlone_IsABlock(string definitions)
    {
        foreach (var pieces in TextLaws.Cuts($"{definitions}\n---\nx"))
            Assert.That(Blocks(pieces), Is.EqualTo(new[] { definitions.TrimEnd(' '), "---", "x" }).Or.EqualTo(new[] { definitions, "---", "x" }));
    }

    [TestCase("[a] /b")]
    [TestCase("[]: /b")]
    [TestCase("[ ]: /b")]
    [TestCase("[a[b]: /c")]
    [TestCase("[a")]
    [TestCase("[a]:")]
    [TestCase("[a]: /b x")]
    [TestCase("[a]: <b")]
    [TestCase("[a]: <b<c>")]
    [TestCase("[a]: <b>c")]
    [TestCase("[a]: b(c")]
    [TestCase("[a]: b)c")]
    [TestCase("[a]: b(c d)")]
    [TestCase("[a]: /b \"t\" x")]
    [TestCase("[a]: /b \"t")]
    [TestCase("[a]: /b (t(u)")]
    [TestCase("[a]: /b\n\"t\" x")]
    [TestCase("[a]: /b\nx")]
    public void ALineOfDashes_UnderAnyOtherParagraph_MakesItAHeading(string paragraph)
    {
        foreach (var pieces in TextLaws.Cuts($"{paragraph}\n---\nx"))
            Assert.That(Blocks(pieces), Is.EqualTo(new[] { $"{paragraph}\n---", "x" }));
    }

    [Test]
    public void ALabel_OfMoreThan999Characters_IsNone()
    {
        Assert.That(Blocks([$"[{new string('a', 999)}]: /b\n---\n"]), Has.Count.EqualTo(2));
        Assert.That(Blocks([$"[{new string('a', 1000)}]: /b\n---\n"]), Has.Count.EqualTo(1));
    }

    private static List<string> Blocks(string[] pieces) => [.. TextLaws.Run(texts => texts.MarkdownBlocks(), pieces).Select(b => b.Text)];
}
