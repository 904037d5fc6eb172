namespace RxTokens.Packaging.Tests;

[TestFixtureSource(typeof(Package), nameof(Package.All))]
public class PublicApiTests(Package package)
{
    private const string AcceptVariable = "RXTOKENS_ACCEPT_API";

    [Test]
    public void PublicApi_IsWhatTheCheckedInListingSays()
    {
        var actual = ApiListing.Of(package.Assembly);
        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
            File.WriteAllText(package.ListingFile, actual);

        var listed = File.Exists(package.ListingFile) ? File.ReadAllText(package.ListingFile).ReplaceLineEndings("\n") : "";

        if (actual != listed)
            Assert.Fail(
                $"The public API of {package} is not what src/{package}/PublicApi.txt says (- listed, + actual):\n\n{Diff(listed, actual)}\n"
                + $"If the change is meant, accept it and commit the file:\n  {AcceptVariable}=1 dotnet test tests/RxTokens.Packaging.Tests\n");
    }

    /// <summary>The lines on one side only, each under the type it belongs to.</summary>
    private static string Diff(string listed, string actual)
    {
        var (before, after) = (Qualified(listed), Qualified(actual));
        var lines = before.Except(after).Select(line => (line, sign: "-"))
            .Concat(after.Except(before).Select(line => (line, sign: "+")))
            .OrderBy(l => l.line, StringComparer.Ordinal)
            .Select(l => $"{l.sign} {l.line}\n");
        return string.Concat(lines);
    }

    private static List<string> Qualified(string listing)
    {
        var type = "";
        var lines = new List<string>();
        foreach (var line in listing.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var isMember = line[0] == ' ';
            if (!isMember)
                type = line;
            lines.Add(isMember ? $"{type} > {line.Trim()}" : line);
        }

        return lines;
    }
}
