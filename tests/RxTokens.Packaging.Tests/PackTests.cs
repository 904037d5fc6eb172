using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Xml.Linq;

namespace RxTokens.Packaging.Tests;

/// <summary>The versions of packages: new at each pack, since NuGet goes on taking what it has once seen of a version.</summary>
public class PackTests
{
    [Test]
    public async Task APackage_IsNewAtEachPack()
    {
        var before = DateTime.UtcNow.AddSeconds(-1);
        var (version, ofRxTokens) = await Pack();

        Assert.That(version, Does.Match(@"^0\.1\.0-local\.\d{14}$"));
        var packed = DateTime.ParseExact(version[^14..], "yyyyMMddHHmmss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
        Assert.That(packed, Is.InRange(before, DateTime.UtcNow));
        Assert.That(ofRxTokens, Is.EqualTo(version), "the packages of a build belong together");
    }

    [Test]
    public async Task APackage_OfARelease_HasTheVersionAlone() => Assert.That(await Pack("-p:PublicRelease=true"), Is.EqualTo(("0.1.0", "0.1.0")));

    /// <summary>The version of RxTokens.Testing, and the one of RxTokens that it asks for.</summary>
    private static async Task<(string Version, string OfRxTokens)> Pack(params string[] options)
    {
        var folder = Directory.CreateTempSubdirectory("RxTokens.Pack");
        try
        {
            var project = Path.Combine(Package.RepositoryRoot(), "src", "RxTokens.Testing", "RxTokens.Testing.csproj");
            var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
            {
                RedirectStandardOutput = true,
            };
            foreach (var argument in (string[])["pack", project, "--no-build", "-c", configuration, "-o", folder.FullName, "-nodeReuse:false", .. options])
                start.ArgumentList.Add(argument);

            using var pack = Process.Start(start)!;
            var output = await pack.StandardOutput.ReadToEndAsync();
            await pack.WaitForExitAsync();
            Assert.That(pack.ExitCode, Is.Zero, output);

            using var package = await ZipFile.OpenReadAsync(folder.GetFiles("*.nupkg").Single().FullName);
            await using var nuspec = await package.Entries.Single(entry => entry.Name == "RxTokens.Testing.nuspec").OpenAsync();
            var elements = XDocument.Load(nuspec).Descendants().ToList();
            return (
                elements.Single(e => e.Name.LocalName == "version").Value,
                elements.Single(e => e.Name.LocalName == "dependency" && (string?)e.Attribute("id") == "RxTokens").Attribute("version")!.Value);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
