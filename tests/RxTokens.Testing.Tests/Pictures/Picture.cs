using System.Xml.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>
/// Pictures that are checked in and compared to the letter. After a change that is meant, run the tests once with
/// <c>RXTOKENS_ACCEPT_PICTURES=1</c> in the environment: it writes them anew. Then look at them.
/// </summary>
internal static class Picture
{
    private static readonly bool _isAccepting = Environment.GetEnvironmentVariable("RXTOKENS_ACCEPT_PICTURES") == "1";

    public static void Compare(string svg, string path)
    {
        var file = Path.GetFullPath(Path.Combine(Folder(), path));
        if (_isAccepting)
            File.WriteAllText(file, svg);

        Assert.That(file, Does.Exist, "no such picture yet: run once with RXTOKENS_ACCEPT_PICTURES=1");
        Assert.That(svg, Is.EqualTo(File.ReadAllText(file)), "if the change is meant, run once with RXTOKENS_ACCEPT_PICTURES=1 and look at it");
    }

    /// <summary>The marks of each row, as they are drawn.</summary>
    public static IReadOnlyList<IReadOnlyList<DrawnMark>> Rows(string svg) =>
    [
        .. Elements(XDocument.Parse(svg), "g").Where(g => g.Attribute("class")!.Value.StartsWith("row ", StringComparison.Ordinal))
            .Select(row => Elements(row, "g").Where(g => g.Attribute("class")!.Value == "mark").Select(DrawnMark.Of).ToList()),
    ];

    public static IEnumerable<XElement> Elements(XContainer svg, string name) => svg.Descendants(XName.Get(name, "http://www.w3.org/2000/svg"));

    private static string Folder() => Path.Combine(Repository.Root, "tests", "RxTokens.Testing.Tests", "Pictures");
}
