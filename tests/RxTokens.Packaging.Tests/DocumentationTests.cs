using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace RxTokens.Packaging.Tests;

/// <summary>Every public member says what it does; every operator says it the way all operators do.</summary>
[TestFixtureSource(typeof(Package), nameof(Package.All))]
public class DocumentationTests(Package package)
{
    private Dictionary<string, XElement> _documentation = [];

    [OneTimeSetUp]
    public void ReadDocumentation() =>
        _documentation = XDocument.Load(package.DocumentationFile).Descendants("member").ToDictionary(m => m.Attribute("name")!.Value);

    [Test]
    public void EveryPublicMember_HasASummary()
    {
        var missing =
            from type in package.Assembly.GetExportedTypes()
            from member in ApiListing.PublicMembers(type).Where(IsWritten).Prepend(type)
            let documentation = Documentation(member)
            where documentation?.Element("inheritdoc") is null && IsBlank(documentation?.Element("summary"))
            select DocumentationId.Of(member);

        Assert.That(missing, Is.Empty);
    }

    /// <summary>The compiler documents internals too; the build takes them out of the file.</summary>
    [Test]
    public void TheFile_HasWhatAUserCanSee_AndNothingElse()
    {
        var written =
            from type in package.Assembly.GetExportedTypes()
            from member in ApiListing.PublicMembers(type).Where(IsWritten).Prepend(type)
            select DocumentationId.Of(member);

        Assert.That(_documentation.Keys, Is.SupersetOf(written));
        Assert.That(_documentation.Keys, Is.SubsetOf(VisibleMembers.Of(package.Assembly).Select(DocumentationId.Of)));
    }

    [Test]
    public void EveryParameter_IsDocumented()
    {
        var missing =
            from type in package.Assembly.GetExportedTypes()
            from method in ApiListing.PublicMembers(type).Where(IsWritten).OfType<MethodBase>()
            let documentation = Documentation(method)
            where documentation?.Element("inheritdoc") is null
            let documented = documentation?.Elements("param").Where(p => !IsBlank(p)).Select(p => p.Attribute("name")!.Value).ToHashSet() ?? []
            from parameter in method.GetParameters()
            where !documented.Contains(parameter.Name!)
            select $"{parameter.Name} of {DocumentationId.Of(method)}";

        Assert.That(missing, Is.Empty);
    }

    /// <summary>One marble, then what becomes of demand, errors, disposal and threads: the reader knows where to look.</summary>
    [Test]
    public void EveryOperator_HasAMarble_AndSaysDemandErrorsDisposalThreading()
    {
        var incomplete =
            from type in package.Assembly.GetExportedTypes()
            where type.Name == nameof(TokenStream)
            from @operator in ApiListing.PublicMembers(type)
            let remarks = Documentation(@operator)?.Element("remarks")
            let text = remarks?.Value ?? ""
            let missing = Headings.Where(h => !h.Split('|').Any(w => text.Contains(w, StringComparison.Ordinal)))
                .Concat(IsBlank(remarks?.Element("code")) ? ["<code> marble"] : [])
                .ToList()
            where missing.Count > 0
            select $"{DocumentationId.Of(@operator)} lacks {string.Join(", ", missing)}";

        Assert.That(incomplete, Is.Empty);
    }

    /// <summary>Rows with the same labels everywhere, in the grammar of the marble tests, under one another.</summary>
    [Test]
    public void EveryMarbleOfAnOperator_IsRowsOfDiagrams()
    {
        var wrong =
            from type in package.Assembly.GetExportedTypes()
            where type.Name is nameof(TokenStream) or nameof(Demand)
            from member in ApiListing.PublicMembers(type).Prepend(type)
            let lines = Documentation(member)?.Element("remarks")?.Element("code")?.Value.Split('\n') ?? []
            let rows = lines.Where(line => !string.IsNullOrWhiteSpace(line)).Select(line => MarbleLine.Match(line)).ToList()
            let columns = rows.Where(row => row.Groups["label"].Value != "source 2") // it begins where it is enumerated
               .Select(row => row.Groups["diagram"].Index).Distinct()
            let problem = rows.Select(Problem).FirstOrDefault(p => p is not null) ?? (columns.Count() > 1 ? "the diagrams begin in different columns" : null)
            where problem is not null
            select $"{DocumentationId.Of(member)}: {problem}";

        Assert.That(wrong, Is.Empty);

        static string? Problem(Match row)
        {
            if (!row.Success)
                return "a line is no row: source (1, 2), requests, pulls, isOpen, stop, cancel or result, two spaces, a diagram, and a comment behind //";

            try
            {
                MarbleDiagram.Parse(row.Groups["diagram"].Value, row.Groups["label"].Value switch
                {
                    "source" or "source 1" or "source 2" => MarbleRow.Cold,
                    "requests" => MarbleRow.Demand,
                    "pulls" => MarbleRow.Pulls,
                    _ => MarbleRow.Expected,
                });
                return null;
            }
            catch (MarbleSyntaxException failure)
            {
                return failure.Message;
            }
        }
    }

    private static readonly Regex MarbleLine = new("^ *(?<label>source( [0-9])?|requests|pulls|isOpen|stop|cancel|result( [0-9])?)  +(?<diagram>[^ ].*?) *(//.*)?$");

    /// <summary>OnDemand speaks of all its ways to end, errors among them, under one heading.</summary>
    private static readonly string[] Headings = ["Demand:", "Errors:|Ending:", "Disposal:", "Threading:"];

    private XElement? Documentation(MemberInfo member) => _documentation.GetValueOrDefault(DocumentationId.Of(member));

    /// <summary>A class that writes no constructor has one all the same, without documentation.</summary>
    private static bool IsWritten(MemberInfo member) => member is not ConstructorInfo constructor || constructor.GetParameters().Length > 0;

    private static bool IsBlank(XElement? element) =>
        element is null || (string.IsNullOrWhiteSpace(element.Value) && !element.Elements().Any());
}
