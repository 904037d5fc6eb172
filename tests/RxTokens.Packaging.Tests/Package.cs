using System.Reflection;
using System.Runtime.CompilerServices;

namespace RxTokens.Packaging.Tests;

/// <summary>A package under test: its assembly, and its folder in the repository.</summary>
public sealed record Package(string Name)
{
    /// <summary>All packages; each becomes the fixture argument of the tests.</summary>
    public static IEnumerable<Package> All => [new("RxTokens"), new("RxTokens.AspNetCore"), new("RxTokens.Testing")];

    /// <summary>The assembly that goes into the package.</summary>
    public Assembly Assembly => Assembly.Load(Name);

    /// <summary>The documentation file that lies next to the assembly.</summary>
    public string DocumentationFile => Path.ChangeExtension(Assembly.Location, ".xml");

    /// <summary>The checked-in listing of the public API.</summary>
    public string ListingFile => Path.Combine(RepositoryRoot(), "src", Name, "PublicApi.txt");

    /// <inheritdoc />
    public override string ToString() => Name;

    /// <summary>The folder that holds the solution.</summary>
    public static string RepositoryRoot([CallerFilePath] string thisFile = "")
    {
        // Not from the source path alone: a deterministic build maps it to "/_/".
        var places = new[] { AppContext.BaseDirectory, Path.GetDirectoryName(thisFile)! };
        foreach (var place in places)
        {
            for (var folder = new DirectoryInfo(place); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "RxTokens.sln")))
                    return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {string.Join(" or ", places)} holds RxTokens.sln.");
    }
}
