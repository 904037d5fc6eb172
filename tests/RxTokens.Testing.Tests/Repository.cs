namespace RxTokens.Tests;

/// <summary>Where the files of the repository are, whatever the paths in the assemblies say: a deterministic build has none that exist.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "RxTokens.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException($"There is no RxTokens.sln above {AppContext.BaseDirectory}.");
        return folder.FullName;
    }
}
