using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace RxTokens.Tests.Pages;

/// <summary>The page of an operator: its documentation, with the picture of the run that its test asserts.</summary>
internal sealed partial class OperatorPage(Operator @operator, IReadOnlyList<OperatorPage.Member> members, IReadOnlyList<string> signatures, string sample, IReadOnlyList<string> costs)
{
    /// <summary>A documented member, and what its test has drawn; its overloads share a documentation where they say the same.</summary>
    public sealed record Member(XElement Documentation, string? Marble, MarbleChart? Chart);

    private const int LongestLabel = 60;
    private const string Command = "RXTOKENS_WRITE_PAGES=1 dotnet test tests/RxTokens.Tests --filter OperatorPages";

    public string FileName => $"{@operator.Name}.md";

    /// <summary>Its first picture, for the index.</summary>
    public string? FirstPicture => Pictures.Select(p => p.FileName).FirstOrDefault();

    public string Summary => DocumentationText.Inline(members[0].Documentation.Element("summary"));

    /// <summary>The pictures, by their file names: the same marble is drawn once.</summary>
    public IEnumerable<(string FileName, string Svg)> Pictures => Drawn.Select((m, i) => (PictureName(i), Labelled(m.Chart!.ToSvg(Call(m.Marble!)), m.Marble!) + "\n"));

    private IReadOnlyList<Member> Drawn => [.. members.Where(m => m.Chart is not null).DistinctBy(m => m.Marble)];

    /// <summary>The page as Markdown.</summary>
    public string Draw()
    {
        var page = new StringBuilder();
        page.Append($"# {@operator.Name}\n\n");
        page.Append($"<!-- Written by {Command}: what it says stands in the source. -->\n\n");
        page.Append($"{Summary}\n\n");
        page.Append($"**For:** {@operator.For}.\n\n```csharp\n{sample}\n```\n");

        foreach (var member in members.DistinctBy(m => m.Marble ?? string.Join('\n', DocumentationText.Paragraphs(m.Documentation.Element("remarks")))))
            DrawMember(page, member);

        page.Append("\n## Signatures\n\n```csharp\n").Append(string.Join('\n', signatures)).Append("\n```\n");
        DrawTable(page, "| parameter | |", "param", e => e.Attribute("name")!.Value);
        DrawTable(page, "| throws | when |", "exception", e => e.Attribute("cref")!.Value.Split('.')[^1]);

        if (members.Select(Conceptual).FirstOrDefault(code => code is not null) is { } conceptual)
            page.Append($"\n## What it does, in short\n\nRun beside the operator by the tests, over random sources and consumers.\n\n```csharp\n{conceptual}\n```\n");

        page.Append("\n## Cost\n\n").Append(costs.Count > 0 ? string.Join('\n', costs) : @operator.Cost).Append('\n');
        page.Append("\n## Elsewhere\n\n| R3 | RxJS | Reactor | Akka.Streams | Kotlin Flow |\n|---|---|---|---|---|\n");
        page.Append($"| {@operator.R3} | {@operator.RxJs} | {@operator.Reactor} | {@operator.Akka} | {@operator.Flow} |\n");
        page.Append("\n[All operators](README.md)\n");
        return page.ToString();
    }

    private void DrawMember(StringBuilder page, Member member)
    {
        if (member.Marble is { } marble)
        {
            page.Append($"\n## {Call(marble)}\n\n");
            if (!ReferenceEquals(member, members[0]) && DocumentationText.Inline(member.Documentation.Element("summary")) is var summary && summary != Summary)
                page.Append($"{summary}\n\n");
            if (member.Chart is not null)
                page.Append($"![{Call(marble)}, drawn from the run of its test](images/{PictureName(Index(marble))})\n\n");
            page.Append($"```text\n{marble}\n```\n");
        }

        foreach (var paragraph in DocumentationText.Paragraphs(member.Documentation.Element("remarks")))
            page.Append($"\n{paragraph}\n");
    }

    private void DrawTable(StringBuilder page, string head, string element, Func<XElement, string> name)
    {
        var rows = members.SelectMany(m => m.Documentation.Elements(element)).GroupBy(name, DocumentationText.Inline)
            .Select(row => $"| `{row.Key}` | {string.Join(" ", row.Distinct())} |").ToList();
        if (rows.Count > 0)
            page.Append($"\n{head}\n|---|---|\n{string.Join('\n', rows)}\n");
    }

    private int Index(string marble) => Drawn.Select((m, i) => (m.Marble, i)).First(m => m.Marble == marble).i;

    private string PictureName(int index) => index == 0 ? $"{@operator.Name}.svg" : $"{@operator.Name}-{index + 1}.svg";

    /// <summary>The results are called what the documentation calls them, and not as the test writes it.</summary>
    private static string Labelled(string svg, string marble)
    {
        var comments = marble.Split('\n').Where(row => row.StartsWith("result", StringComparison.Ordinal))
            .Select(row => row.IndexOf("// ", StringComparison.Ordinal) is var at and >= 0 ? row[(at + 3)..].Trim() : null).ToList();
        var labels = Label().Matches(svg);
        if (labels.Count != comments.Count || comments.Contains(null))
            return svg;

        var names = comments.ConvertAll(c => new XText(c!.Length > LongestLabel ? c[..LongestLabel] + "…" : c).ToString());
        for (var i = labels.Count - 1; i >= 0; i--)
            svg = svg[..labels[i].Groups[1].Index] + names[i] + svg[(labels[i].Groups[1].Index + labels[i].Groups[1].Length)..];
        for (var (i, end) = (labels.Count - 1, labels[0].Index); i >= 0; i--)
        {
            var told = svg.LastIndexOf($"{labels[i].Groups[1].Value} (result)", end, StringComparison.Ordinal); // in the description
            if (told >= 0)
                (svg, end) = (svg[..told] + names[i] + svg[(told + labels[i].Groups[1].Length)..], told);
        }

        return svg;
    }

    [GeneratedRegex("<text class=\"code\"[^>]*>([^<]*)</text>")]
    private static partial Regex Label();

    /// <summary>The call, which stands behind a result.</summary>
    private string Call(string marble)
    {
        foreach (var row in marble.Split('\n').Where(row => row.StartsWith("result", StringComparison.Ordinal)))
        {
            foreach (var name in @operator.Members)
            {
                var begin = row.IndexOf($"{name}(", StringComparison.Ordinal);
                if (begin < 0)
                    continue;

                var (end, depth) = (begin + name.Length, 0);
                do
                    depth += row[end] == '(' ? 1 : row[end] == ')' ? -1 : 0;
                while (++end < row.Length && depth > 0);
                return row[begin..end];
            }
        }

        return @operator.Name;
    }

    private static string? Conceptual(Member member) => member.Documentation.Descendants("code").Select(DocumentationText.Code)
        .FirstOrDefault(code => code.StartsWith("// Conceptually", StringComparison.Ordinal));
}
