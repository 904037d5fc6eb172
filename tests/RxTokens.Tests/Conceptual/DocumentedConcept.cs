using System.Text.RegularExpressions;
using System.Xml.Linq;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

/// <summary>What the documentation shows under "Conceptually" is what the tests beside this file run.</summary>
public partial class DocumentedConceptTests
{
    /// <summary>The operators, each overload with the code that its documentation shows; null if there is none.</summary>
    private static readonly IReadOnlyList<(string Member, string Name, string? Shown)> Operators =
    [
        .. from member in XDocument.Load(Path.ChangeExtension(typeof(TokenStream).Assembly.Location, ".xml")).Descendants("member")
           let id = OperatorId().Match(member.Attribute("name")!.Value)
           where id.Success
           select (id.Value, id.Groups["name"].Value, member.Descendants("code").Select(code => code.Value).SingleOrDefault(code => Conceptually().IsMatch(code))),
    ];

    /// <summary>The compiled regions, with the names of their files.</summary>
    private static readonly IReadOnlyList<(string Name, string Code)> Compiled =
    [
        .. from file in Directory.EnumerateFiles(Path.Combine(Root(), "tests", "RxTokens.Tests", "Conceptual"), "*.cs")
           from region in Region().Matches(File.ReadAllText(file)).Cast<Match>()
           select (Path.GetFileNameWithoutExtension(file), region.Groups["code"].Value),
    ];

    [Test]
    public void EveryOperator_ShowsWhatItDoes()
    {
        Assert.That(Operators, Is.Not.Empty);
        Assert.That(Operators.Where(o => o.Shown is null && !IsPushToPush(o.Name, o.Member)).Select(o => o.Member), Is.Empty, "show nothing");
    }

    [Test]
    public void WhatAnOperatorShows_IsWhatIsCompiled()
    {
        foreach (var (member, name, shown) in Operators.Where(o => o.Shown is not null))
        {
            Assert.That(Normalized(shown!), Is.AnyOf([.. Compiled.Where(region => region.Name == name).Select(region => Normalized(region.Code))]), member);
            Assert.That(shown!.Contains("this IObservable<", StringComparison.Ordinal), Is.EqualTo(member.Contains("(System.IObservable{", StringComparison.Ordinal)), $"{member}: the model of another overload");
        }
    }

    [Test]
    public void WhatIsCompiled_IsShown()
    {
        Assert.That(Compiled, Has.Count.GreaterThan(20));
        var shown = Operators.Where(o => o.Shown is not null).Select(o => Normalized(o.Shown!)).ToHashSet();
        Assert.That(Compiled.Where(region => !shown.Contains(Normalized(region.Code))), Is.Empty, "shown nowhere");
    }

    [Test]
    public void EveryRegion_BeginsWithConceptually() =>
        Assert.That(Compiled.Where(region => !Conceptually().IsMatch(region.Code)), Is.Empty);

    /// <summary>Operators of text and time: their tests have a model over the whole text, or over lists of events, of which ten lines would be no less.</summary>
    private static bool IsPushToPush(string name, string member) =>
        member.Contains("(System.IObservable{", StringComparison.Ordinal)
        && typeof(TokenStream).GetMethods().Any(m => m.Name == name && m.ReturnType.Name.StartsWith("IObservable", StringComparison.Ordinal) && m.GetParameters()[0].ParameterType.Name.StartsWith("IObservable", StringComparison.Ordinal));

    private static string Normalized(string code) => Whitespace().Replace(code, " ").Trim();

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "RxTokens.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds RxTokens.sln.");
        return folder.FullName;
    }

    [GeneratedRegex(@"^M:RxTokens\.TokenStream\.(?<name>\w+).*")]
    private static partial Regex OperatorId();

    [GeneratedRegex(@"^\s*// Conceptually\b")]
    private static partial Regex Conceptually();

    [GeneratedRegex(@"// <conceptual>\r?\n(?<code>.*?)\s*// </conceptual>", RegexOptions.Singleline)]
    private static partial Regex Region();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
