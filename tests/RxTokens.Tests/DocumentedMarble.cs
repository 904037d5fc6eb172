using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>A test of the marble that an operator's documentation shows: it takes the rows from there, by their labels.</summary>
/// <param name="member">The operator; with its parameters where its name is not enough.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MarbleOfAttribute(string member) : TestCaseAttribute(member)
{
    /// <summary>The operator.</summary>
    public string Member => member;
}

/// <summary>The rows of a marble in the documentation: a label, a diagram and, behind <c>//</c>, what there is to say about it.</summary>
internal sealed partial class DocumentedMarble
{
    private readonly string _member;
    private readonly OrderedDictionary<string, string> _rows = [];
    private readonly List<string> _used = [];

    public DocumentedMarble(string member, string code)
    {
        _member = member;
        foreach (Match row in Row().Matches(code))
            _rows.Add(row.Groups["label"].Value, row.Groups["diagram"].Value);
    }

    private static readonly IReadOnlyList<(string Id, string Name, string Code)> Documented =
    [
        .. from documented in XDocument.Load(Path.ChangeExtension(typeof(TokenStream).Assembly.Location, ".xml")).Descendants("member")
           let code = documented.Element("remarks")?.Element("code")?.Value
           where code is not null && Row().IsMatch(code)
           select (documented.Attribute("name")!.Value, NameOf(documented), code),
    ];

    /// <summary>The marbles of all documented members that have one, by the members' names in C#.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = Documented.ToDictionary(m => m.Name, m => m.Code);

    /// <summary>The runs of those whose tests have run, by the members' names in the XML documentation.</summary>
    public static ConcurrentDictionary<string, MarbleChart> Charts { get; } = [];

    /// <summary>The diagram with this label.</summary>
    public string this[string label]
    {
        get
        {
            if (!_used.Contains(label))
                _used.Add(label);
            return _rows.TryGetValue(label, out var diagram)
                ? diagram
                : throw new ArgumentException($"The marble of {_member} has no row '{label}', but {string.Join(", ", _rows.Keys)}.");
        }
    }

    /// <summary>What the names in a row mean.</summary>
    public MarbleValues<T> Values<T>(string label, Func<string, T> value) => new Dictionary<string, T>(
        MarbleDiagram.Parse(this[label], MarbleRow.Cold).Symbols.Where(s => s.Kind == MarbleKind.Value).Select(s => s.Text).Distinct()
            .Select(name => KeyValuePair.Create(name, value(name))));

    /// <summary>Runs a member's marble. Each of its rows must be used, the sources in their order: in pictures they stand and are named in the order in which they are made.</summary>
    public static void Run(string member, Action<MarbleTest, DocumentedMarble> test)
    {
        var name = Find(member);
        var marble = new DocumentedMarble(member, All[name]);
        var chart = MarbleTest.Run(m => test(m, marble));
        Assert.That(marble._used, Is.EquivalentTo(marble._rows.Keys), "the rows that the test looks at");
        Assert.That(marble._used.Where(IsSource), Is.EqualTo(marble._rows.Keys.Where(IsSource)), "sources are made in the order of their rows");
        Charts[Documented.First(d => d.Name == name).Id] = chart;
    }

    private static bool IsSource(string label) => label.StartsWith("source", StringComparison.Ordinal);

    /// <summary>The full name of a member: a name alone is enough where it is the only one.</summary>
    public static string Find(string member)
    {
        var found = All.Keys.Where(name => name == member || name.Split('<', '(')[0] == member).ToList();
        return found.Count == 1 ? found[0] : throw new ArgumentException($"{found.Count} members are called {member}. There are:\n{string.Join('\n', All.Keys)}");
    }

    /// <summary><c>M:RxTokens.TokenStream.Through``2(System.Func{``0,…})</c> is <c>Through&lt;T, R&gt;(Func&lt;T, …&gt;)</c>.</summary>
    private static string NameOf(XElement documented)
    {
        var types = documented.Elements("typeparam").Select(p => p.Attribute("name")!.Value).ToList();
        var name = Namespaces().Replace(documented.Attribute("name")!.Value[2..], "");
        name = Arity().Replace(name, _ => $"<{string.Join(",", types)}>");
        name = Parameter().Replace(name, p => types[int.Parse(p.Groups[1].ValueSpan)]);
        name = name.Replace("`0", "T", StringComparison.Ordinal); // of the one type that has one
        return name.Replace('{', '<').Replace('}', '>').Replace(",", ", ", StringComparison.Ordinal);
    }

    // A row of a marble, and not a line of C#: one of the labels, and then a diagram after two spaces or more.
    [GeneratedRegex(@"^ *(?<label>source( \d)?|requests|pulls|isOpen|frames|stop|cancel|result( \d)?)  +(?<diagram>.*?) *(//.*)?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();

    [GeneratedRegex(@"(\w+(`\d)?\.)+(?=\w)")]
    private static partial Regex Namespaces();

    [GeneratedRegex(@"(?<!`)``\d(?=\()")]
    private static partial Regex Arity();

    [GeneratedRegex(@"``(\d)")]
    private static partial Regex Parameter();
}

/// <summary>What the documentation shows is what the tests run.</summary>
public class DocumentedMarbleTests
{
    /// <summary>Members whose marble no test can run in virtual time, and why.</summary>
    private static readonly Dictionary<string, string> Exceptions = new()
    {
        ["FromBlocking<TSource>(IEnumerable<TSource>)"] = "runs on a thread of its own, which no virtual clock drives",
        ["FromBlocking<TSource>(Func<CancellationToken, IEnumerable<TSource>>)"] = "the same",
    };

    [Test]
    public void EveryMarbleInTheDocumentation_IsRunByATest()
    {
        var tested =
            from type in typeof(DocumentedMarbleTests).Assembly.GetTypes()
            from method in type.GetMethods()
            from attribute in method.GetCustomAttributes(typeof(MarbleOfAttribute), inherit: false)
            select DocumentedMarble.Find(((MarbleOfAttribute)attribute).Member);

        Assert.That(DocumentedMarble.All, Is.Not.Empty);
        Assert.That(tested.Concat(Exceptions.Keys), Is.EquivalentTo(DocumentedMarble.All.Keys), "once each");
    }

    [Test]
    public void ARow_IsALabelADiagramAndAComment()
    {
        var marble = new DocumentedMarble("X", "source    a   b|     // a comment\n  result 2  -{a b}|\nvar source = 1;\nsomething  -a|");
        Assert.That(marble["source"], Is.EqualTo("a   b|"));
        Assert.That(marble["result 2"], Is.EqualTo("-{a b}|"));
        Assert.That(() => marble["something"], Throws.ArgumentException.With.Message.Contains("source, result 2"));
    }

    [Test]
    public void AMember_IsFoundByItsNameOrItsSignature()
    {
        Assert.That(DocumentedMarble.Find("Through"), Is.EqualTo("Through<TSource, TResult>(IAsyncEnumerable<TSource>, Func<IObservable<TSource>, IObservable<TResult>>, Int32)"));
        Assert.That(DocumentedMarble.Find("KeepLatest<TSource>(IObservable<TSource>, Action<TSource>)"), Does.StartWith("KeepLatest"));
        Assert.That(() => DocumentedMarble.Find("KeepLatest"), Throws.ArgumentException.With.Message.Contains("2 members"));
    }
}
