using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NUnit.Framework;

namespace RxTokens.Tests.Pages;

/// <summary>
/// The pages in <c>docs/operators</c>: a page an operator, made of its documentation, of the pictures of the runs that the tests of its marbles
/// assert, of a sample that is compiled here, and of its rows in <c>docs/performance.md</c>. With <c>RXTOKENS_WRITE_PAGES=1</c> they are written.
/// </summary>
public partial class OperatorPages
{
    private static readonly string Repository = FindRepository();
    private static readonly string Folder = Path.Combine(Repository, "docs", "operators");
    private static readonly bool IsToWrite = Environment.GetEnvironmentVariable("RXTOKENS_WRITE_PAGES") == "1";

    private static readonly (Group Group, string Title)[] Groups =
    [
        (Group.Bridges, "From pull to push, and back"),
        (Group.Rates, "Where two rates meet"),
        (Group.Limits, "An end before the end"),
        (Group.Again, "A second try"),
        (Group.Sharing, "One answer for many"),
        (Group.Text, "Text"),
        (Group.Time, "Time"),
        (Group.Ends, "Where streams begin and end"),
    ];

    [Test]
    public async Task ThePages_AreThoseOfTheSource()
    {
        var pages = await PagesAsync();
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["README.md"] = Index(pages) };
        foreach (var (_, page) in pages)
        {
            files.Add(page.FileName, page.Draw());
            foreach (var (name, svg) in page.Pictures)
                files.Add($"images/{name}", svg);
        }

        if (IsToWrite)
            Write(files);

        Assert.That(Existing(), Is.EquivalentTo(files.Keys), "the files in docs/operators");
        Assert.Multiple(() =>
        {
            foreach (var (name, text) in files)
                Assert.That(File.ReadAllText(Path.Combine(Folder, name)), Is.EqualTo(text), $"{name}; to write the pages anew: RXTOKENS_WRITE_PAGES=1 dotnet test tests/RxTokens.Tests --filter OperatorPages");
        });
    }

    [Test]
    public void EveryOperator_HasAPage() =>
        Assert.That(
            typeof(TokenStream).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Select(m => m.Name).Distinct(),
            Is.EquivalentTo(Operators.All.SelectMany(o => o.Members).Where(name => typeof(TokenStream).GetMember(name).Length > 0)));

    [Test]
    public void EveryLinkInThePages_LeadsSomewhere()
    {
        Assert.Multiple(() =>
        {
            foreach (var page in Directory.GetFiles(Folder, "*.md"))
            {
                foreach (Match link in Link().Matches(File.ReadAllText(page)))
                    Assert.That(File.Exists(Path.Combine(Folder, link.Groups[1].Value)), $"{Path.GetFileName(page)}: {link.Groups[1].Value}");
            }
        });
    }

    private static async Task<IReadOnlyList<(Operator Operator, OperatorPage Page)>> PagesAsync()
    {
        var charts = await ChartsAsync();
        var members = XDocument.Load(Path.ChangeExtension(typeof(TokenStream).Assembly.Location, ".xml")).Descendants("member")
            .Where(m => m.Attribute("name")!.Value is var name && (name.StartsWith("T:RxTokens.", StringComparison.Ordinal)
                || name.StartsWith("M:RxTokens.TokenStream.", StringComparison.Ordinal) || name.StartsWith("M:RxTokens.SharedStream", StringComparison.Ordinal)))
            .ToLookup(m => NameOf(m.Attribute("name")!.Value));
        var signatures = Signatures().ToLookup(s => s.Name, s => s.Text);
        var samples = Samples();
        var costs = File.ReadAllLines(Path.Combine(Repository, "docs", "performance.md"));

        return
        [
            .. from @operator in Operators.All
               let documented = @operator.Members.SelectMany(name => members[name]).Select(m => new OperatorPage.Member(m, MarbleOf(m), charts.GetValueOrDefault(m.Attribute("name")!.Value))).ToList()
               select (@operator, new OperatorPage(
                   @operator,
                   documented,
                   [.. @operator.Members.SelectMany(name => signatures[name])],
                   samples.TryGetValue(@operator.Name, out var sample) ? sample : throw new InvalidOperationException($"{@operator.Name} has no sample in {nameof(OperatorSamples)}.cs."),
                   Costs(@operator, costs))),
        ];
    }

    /// <summary>Runs the tests of all marbles in the documentation, for their pictures.</summary>
    private static async Task<IReadOnlyDictionary<string, MarbleChart>> ChartsAsync()
    {
        foreach (var type in typeof(OperatorPages).Assembly.GetTypes())
        {
            foreach (var method in type.GetMethods())
            {
                foreach (var attribute in method.GetCustomAttributes<MarbleOfAttribute>(inherit: false))
                {
                    var fixture = Activator.CreateInstance(type);
                    await CallAsync<SetUpAttribute>(type, fixture);
                    if (method.Invoke(fixture, [attribute.Member]) is Task task)
                        await task;
                    await CallAsync<TearDownAttribute>(type, fixture);
                }
            }
        }

        return DocumentedMarble.Charts;
    }

    /// <summary>What NUnit would call around a test.</summary>
    private static async Task CallAsync<TAttribute>(Type type, object? fixture)
        where TAttribute : Attribute
    {
        foreach (var method in type.GetMethods().Where(m => m.IsDefined(typeof(TAttribute))))
        {
            if (method.Invoke(fixture, null) is Task task)
                await task;
        }
    }

    private static string? MarbleOf(XElement member) =>
        member.Element("remarks")?.Element("code") is { } code && DocumentationText.Code(code) is var text && !text.StartsWith("// Conceptually", StringComparison.Ordinal) ? text : null;

    private static string NameOf(string member) => Parameters().Replace(member[2..], "").Split('.')[^1].Split('`')[0];

    private static IEnumerable<(string Name, string Text)> Signatures()
    {
        foreach (var line in File.ReadLines(Path.Combine(Repository, "src", "RxTokens", "PublicApi.txt")))
        {
            if (Signature().Match(line) is { Success: true } found)
                yield return (found.Groups[1].Value, line.Trim());
        }
    }

    /// <summary>What stands between the braces of each method of the samples.</summary>
    private static Dictionary<string, string> Samples()
    {
        var source = File.ReadAllText(Path.Combine(Repository, "tests", "RxTokens.Tests", "Pages", $"{nameof(OperatorSamples)}.cs")).Replace("\r\n", "\n", StringComparison.Ordinal);
        return Sample().Matches(source).ToDictionary(
            m => m.Groups[1].Value,
            m => string.Join('\n', m.Groups[2].Value.Trim('\n').TrimEnd().Split('\n').Select(line => line.Length > 8 ? line[8..] : "")));
    }

    private static List<string> Costs(Operator @operator, string[] performance)
    {
        var costs = new List<string>();
        for (var i = 0; i < performance.Length; i++)
        {
            if (!performance[i].StartsWith('|') || performance[i].StartsWith("|--", StringComparison.Ordinal))
                continue;
            var cell = performance[i].Split('|')[1].Trim();
            if (!@operator.Scenarios.Any(s => cell.StartsWith(s, StringComparison.Ordinal) && (s[^1] == '(' || cell.Length == s.Length || !char.IsLetter(cell[s.Length]))))
                continue;

            var head = i;
            while (!performance[head].StartsWith("|--", StringComparison.Ordinal))
                head--;
            if (!costs.Contains(performance[head - 1]))
                costs.AddRange(costs.Count > 0 ? ["", performance[head - 1], performance[head]] : [performance[head - 1], performance[head]]);
            costs.Add(performance[i]);
        }

        if (costs.Count > 0)
            costs.AddRange(["", "[Performance](../performance.md) says how it is measured, and what the figures mean."]);
        return costs;
    }

    private static string Index(IReadOnlyList<(Operator Operator, OperatorPage Page)> pages)
    {
        var index = new StringBuilder("# Which operator do I need?\n\n"
            + "The pictures are drawn from the runs that the tests assert: an item is a circle, a bar is the end, a cross a failure; what comes out lies on the panel.\n");
        foreach (var (group, title) in Groups)
        {
            var inGroup = pages.Where(p => p.Operator.Group == group).ToList();
            if (inGroup.Count == 0)
                continue;

            index.Append($"\n## {title}\n\n| | operator | for |\n|---|---|---|\n");
            foreach (var (@operator, page) in inGroup)
            {
                var picture = page.FirstPicture is { } name ? $"[<img src=\"images/{name}\" alt=\"\" width=\"260\">]({page.FileName})" : "";
                index.Append($"| {picture} | [`{@operator.Name}`]({page.FileName}) | {@operator.For} |\n");
            }
        }

        return index.ToString();
    }

    private static IEnumerable<string> Existing() => Directory.Exists(Folder)
        ? Directory.GetFiles(Folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Folder, f).Replace('\\', '/'))
        : [];

    private static void Write(SortedDictionary<string, string> files)
    {
        foreach (var old in Existing().Except(files.Keys).ToList())
            File.Delete(Path.Combine(Folder, old));
        Directory.CreateDirectory(Path.Combine(Folder, "images"));
        foreach (var (name, text) in files)
            File.WriteAllText(Path.Combine(Folder, name), text);
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "RxTokens.sln")))
            folder = folder.Parent;
        return folder.FullName;
    }

    [GeneratedRegex(@"\(.*\)$")]
    private static partial Regex Parameters();

    [GeneratedRegex(@"^    (?:static )?[^(=]*?(\w+)(?:<[\w, ]+>)?\(")]
    private static partial Regex Signature();

    [GeneratedRegex(@"^    public static [^(]*? (\w+)\([^\n]*\)\n    \{\n(.*?)^    \}", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"(?:\]\(|src="")([\w./-]+\.(?:md|svg))")]
    private static partial Regex Link();
}
