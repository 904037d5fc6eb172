using System.Reflection;

namespace RxTokens.Packaging.Tests;

public class NativeAotTests
{
    [Test]
    public void EveryOperator_IsInTheProgramThatIsCompiledAheadOfTime()
    {
        var program = File.ReadAllText(Path.Combine(Package.RepositoryRoot(), "tests", "RxTokens.NativeAot", "Program.cs"));
        var operators = new[] { typeof(TokenStream), typeof(ClockExtensions), typeof(TextExtensions) }
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Select(method => method.Name)
            .Distinct();

        Assert.That(operators.Where(name => !program.Contains($".{name}(") && !program.Contains($".{name}<")), Is.Empty);
    }
}
