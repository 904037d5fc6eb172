using System.Reactive.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using RxTokens.Extensions;

namespace RxTokens.Packaging.Tests;

/// <summary>What docs/testing.md says is so: its code compiles, its printed texts are what is printed, its tables of diagrams are right.</summary>
public partial class TestingGuideTests
{
    private static readonly string Root = Package.RepositoryRoot();
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(Root, "docs", "testing.md"));

    /// <summary>The texts of the page, by the names in the comments above them.</summary>
    private static readonly Dictionary<string, Func<string>> Printed = new()
    {
        ["failure"] = () => Failure(() => MarbleTest.Run(m =>
        {
            var typed = m.Hot("-ab-----c-----|", name: "typed");
            var searched = typed.Throttle(m.Time("----|"), m.Clock);
            m.Expect(searched).ToBe("-----b-----c--|");
        })),
        ["legend"] = () => Failure(() => MarbleTest.Run(m =>
        {
            var pairs = m.Cold("abcd|", name: "letters").Buffer(2);
            m.Expect(pairs).ToBe("-x-y|", [("x", ["a", "b"]), ("y", ["c", "e"])]);
        })),
        ["inner"] = () => Failure(() => MarbleTest.Run(m =>
        {
            var source = m.Hot("-a-b-c-d|", name: "source");
            var windows = source.Window(2);
            m.Expect(windows).ToBe("x--y---z|", [("x", Marble.Inner("-a-[b|]")), ("y", Marble.Inner("--c-[e|]")), ("z", Marble.Inner("-|"))]);
        })),
        ["syntax"] = () => Failure(() => MarbleTest.Run(m =>
        {
            var searched = m.Cold("a|");
            m.Expect(searched).ToBe("a 10ms|");
        })),
        ["sample"] = () => TestingGuideSamples.Sampled().ToText(),
        ["count"] = () => Failure(() => MarbleTest.Run(m =>
        {
            var tokens = m.Cold("-a-b-c|", name: "tokens");
            m.Expect(tokens, name: "shown").ToHaveCount(3, atFrame: 4);
        })),
        ["twins"] = () => Failure(() => MarbleTest.Run(m =>
        {
            var typed = m.Hot("-ab---c|", name: "typed");
            var debounced = typed.Throttle(2.Milliseconds(), m.Clock);
            m.Expect(debounced).ToBe(typed.Delay(2.Milliseconds(), m.Clock));
        })),
        ["leftovers"] = () => Failure(() => MarbleTest.RunAsync(async m =>
        {
            var typed = m.Hot("-ab-----c-----|");
            var searched = m.Probe(typed.Throttle(m.Time("---|"), m.Clock), name: "searched");
            await m.Delay(6);
            await searched.DisposeAsync();
        }).GetAwaiter().GetResult()),
        ["race"] = () => Failure(TestingGuideSamples.ARace),
    };

    private static string Failure(Action test)
    {
        try
        {
            test();
        }
        catch (Exception failure) when (failure is MarbleAssertionException or MarbleSyntaxException)
        {
            return failure.Message;
        }

        throw new AssertionException("It passed.");
    }

    [Test]
    public void EveryLineOfCode_IsCompiled()
    {
        var compiled = Directory.EnumerateFiles(Path.Combine(Root, "tests", "RxTokens.Packaging.Tests"), "TestingGuide*.cs")
            .Concat(Directory.EnumerateFiles(Path.Combine(Root, "tests", "Frameworks"), "Guide.cs", SearchOption.AllDirectories))
            .SelectMany(File.ReadLines).Select(line => line.Trim()).Append("using RxTokens;").ToHashSet();
        var code = Blocks("csharp").SelectMany(block => block.Lines).Select(line => line.Trim()).Where(line => line.Length > 0).ToList();

        Assert.That(code.Except(compiled), Is.Empty, "compiled nowhere");
        Assert.That(code, Has.Count.GreaterThan(100), "there is code on the page");
    }

    [Test]
    public void EveryPrintedText_IsWhatIsPrinted()
    {
        var blocks = Blocks("text").ToList();
        Assert.That(blocks.Select(block => block.Name), Is.EquivalentTo(Printed.Keys));
        foreach (var block in blocks)
            Assert.That(string.Join('\n', block.Lines), Is.EqualTo(Printed[block.Name]().TrimEnd()), block.Name);
    }

    [Test]
    public void EveryDiagramOfTheTableOfTimes_MeansWhatItSays()
    {
        var rows = Rows("| diagram | events |").ToList();
        Assert.That(rows, Has.Count.EqualTo(12));
        foreach (var row in rows)
        {
            var (diagram, events) = (Code().Match(row[0]).Groups[1].Value, Code().Match(row[1]).Groups[1].Value);
            var kind = row[1].Contains("(hot)", StringComparison.Ordinal) ? MarbleRow.Hot : MarbleRow.Cold;
            Assert.That(string.Join(' ', Marble.Parse<string>(diagram, row: kind)), Is.EqualTo(events), diagram);
        }
    }

    [Test]
    public void EveryCode_IsWhatItsExampleGives()
    {
        var rows = Rows("| code | what is wrong | for example |").ToList();
        Assert.That(rows.Select(row => row[0]), Is.EqualTo(Enumerable.Range(1, 24).Select(i => $"MG{i:000}")));
        foreach (var row in rows)
        {
            var example = Code().Match(row[2]).Groups[1].Value;
            Action read = row[0] switch
            {
                "MG017" => () => MarbleTest.Run(m => m.Hot<int>("-a")),
                "MG020" => () => MarbleTest.Run(m => m.Cold("-c", [("a", 1)])),
                _ => () => MarbleDiagram.Parse(example, Enum.Parse<MarbleRow>(row[2].Split(' ')[0].Replace("-", "", StringComparison.Ordinal), ignoreCase: true)),
            };
            Assert.That(read, Throws.TypeOf<MarbleSyntaxException>().With.Property("Code").EqualTo(row[0]), row[2]);
        }
    }

    [Test]
    public void TheFrameworks_AreThoseOfTheTests_InTheirVersions()
    {
        var versions = XDocument.Load(Path.Combine(Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(package => (string)package.Attribute("Include")!, package => (string)package.Attribute("Version")!);
        var rows = Rows("| framework | package | version |").ToList();
        Assert.That(rows.Select(row => row[0].Replace(" ", "", StringComparison.Ordinal)), Is.EquivalentTo(
            Directory.EnumerateDirectories(Path.Combine(Root, "tests", "Frameworks")).Select(Path.GetFileName).Where(name => name is not "Shared").Select(name => name!.Replace("XunitV", "xUnitv", StringComparison.Ordinal))));
        Assert.That(rows.Select(row => row[2]), Is.EqualTo(rows.Select(row => versions[Code().Match(row[1]).Groups[1].Value])));
    }

    [Test]
    public void ReservedCharacters_AreItemsInBraces() => Assert.That(
        Marble.Parse("{-}{|}{#}{!}{^}{(}{)}{[}{]}{{}{❤️}").Select(m => m.Notification.Value), Is.EqualTo(new[] { "-", "|", "#", "!", "^", "(", ")", "[", "]", "{", "❤️" }));

    [Test]
    public void EveryHeadingOfTheContents_IsThere()
    {
        var headings = Page.Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => Anchor(line[3..]));
        var links = Link().Matches(Page.Single(line => line.StartsWith("**Contents:**", StringComparison.Ordinal))).Select(match => match.Groups[1].Value);
        Assert.That(links, Is.EqualTo(headings));

        static string Anchor(string heading) => NoAnchor().Replace(heading, "").Replace(' ', '-').ToLowerInvariant();
    }

    private static IEnumerable<(string Name, List<string> Lines)> Blocks(string language)
    {
        var name = "";
        List<string>? block = null;
        foreach (var line in Page)
        {
            if (Comment().Match(line) is { Success: true } comment)
                name = comment.Groups[1].Value;
            if (!line.StartsWith("```", StringComparison.Ordinal))
            {
                block?.Add(line);
                continue;
            }

            if (block is not null)
            {
                yield return (name, block);
                (block, name) = (null, "");
            }
            else if (line == $"```{language}")
            {
                block = [];
            }
        }
    }

    /// <summary>The rows of a table, cell by cell.</summary>
    private static IEnumerable<string[]> Rows(string heading) =>
        from line in Page.SkipWhile(line => line != heading).Skip(2).TakeWhile(line => line.StartsWith('|'))
        select CellBorder().Split(line).Select(cell => cell.Trim().Replace("\\|", "|", StringComparison.Ordinal)).ToArray()[1..^1];

    [GeneratedRegex("<!-- printed: (.*) -->")]
    private static partial Regex Comment();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex CellBorder();

    [GeneratedRegex("`(.*)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\(#([^)]*)\)")]
    private static partial Regex Link();

    [GeneratedRegex("[^A-Za-z -]")]
    private static partial Regex NoAnchor();
}
