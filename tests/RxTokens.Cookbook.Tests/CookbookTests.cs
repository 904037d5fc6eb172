using System.Text.RegularExpressions;

namespace RxTokens.Cookbook.Tests;

/// <summary>What <c>docs/cookbook.md</c> shows is what is compiled and run here.</summary>
public partial class CookbookTests
{
    private static readonly string Repository = FindRepository();

    [Test]
    public void EveryRecipeInTheCookbook_StandsHere()
    {
        var sources = Lines(string.Concat(new[] { "Recipes.cs", "SearchViewModel.cs", "SearchViewModelTests.cs" }.Select(name => Read("tests", "RxTokens.Cookbook.Tests", name))));
        var recipes = Code().Matches(Read("docs", "cookbook.md")).Select(m => Lines(m.Groups[1].Value)).ToList();

        Assert.That(recipes, Has.Count.GreaterThanOrEqualTo(10));
        Assert.Multiple(() =>
        {
            foreach (var recipe in recipes)
                Assert.That(sources, Does.Contain(recipe), "a recipe of docs/cookbook.md that does not stand in the sources of its tests");
        });
    }

    [Test]
    public void EveryRecipeHere_StandsInTheCookbook_AndIsRun()
    {
        var cookbook = Lines(Read("docs", "cookbook.md"));
        var tests = Read("tests", "RxTokens.Cookbook.Tests", "RecipeTests.cs");
        var recipes = Method().Matches(Read("tests", "RxTokens.Cookbook.Tests", "Recipes.cs"));

        Assert.That(recipes, Has.Count.GreaterThanOrEqualTo(8));
        Assert.Multiple(() =>
        {
            foreach (Match recipe in recipes)
            {
                Assert.That(cookbook, Does.Contain(Lines(recipe.Groups[2].Value)), recipe.Groups[1].Value);
                Assert.That(tests, Does.Contain($"Recipes.{recipe.Groups[1].Value}("), "it is run");
            }
        });
    }

    private static string Lines(string text) =>
        "\n" + string.Join('\n', text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)) + "\n";

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([Repository, .. path]));

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "RxTokens.sln")))
            folder = folder.Parent;
        return folder.FullName;
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"^    public static [^(]*? (\w+)\([^\n]*\)\n    \{\n(.*?)^    \}", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Method();
}
