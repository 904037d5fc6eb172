namespace RxTokens.Serve.Tests;

internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "RxTokens.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("There is no RxTokens.sln above the tests.");
        return folder.FullName;
    }
}
