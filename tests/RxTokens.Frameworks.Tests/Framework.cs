namespace RxTokens.Frameworks.Tests;

/// <summary>A test framework: how its program is started, and how it reports.</summary>
/// <param name="Name">For people.</param>
/// <param name="Program">The project under tests/Frameworks.</param>
/// <param name="Arguments">What <c>dotnet</c> gets, from the file for the report; {program} is the program's path.</param>
/// <param name="Prefix">What stands before the message of an exception; {test} and {exception} are filled in.</param>
public sealed record Framework(string Name, string Program, Func<string, string[]> Arguments, string Prefix)
{
    private const string Qualified = "{exception} : ";

    /// <summary>All of them.</summary>
    public static IEnumerable<Framework> All =>
    [
        new("NUnit", "MarblesOnNUnit", OnVSTest, Qualified) { PrintsProperties = true },
        new("xUnit v2", "MarblesOnXunitV2", OnVSTest, Qualified),
        new("xUnit v3", "MarblesOnXunitV3", report => ["{program}", "-trx", report], Qualified),
        new("xUnit v3, aggressive", "MarblesOnXunitV3", report => ["{program}", "-trx", report, "-parallelAlgorithm", "aggressive"], Qualified),
        new("MSTest", "MarblesOnMSTest", OnTestingPlatform, "Test method {class}.{test} threw exception:\n{exception}: ") { ExitCodeOfFailedTests = 2 },
        new("TUnit", "MarblesOnTUnit", OnTestingPlatform, "{exception}: ") { ExitCodeOfFailedTests = 2, HasShortNames = true },
    ];

    /// <summary>What the host says by its exit code when tests have failed, and nothing worse.</summary>
    public int ExitCodeOfFailedTests { get; init; } = 1;

    /// <summary>NUnit 5 prints the properties of an exception below its message.</summary>
    public bool PrintsProperties { get; init; }

    /// <summary>Exceptions are called by their names alone.</summary>
    public bool HasShortNames { get; init; }

    /// <summary>What a report has to say.</summary>
    public string Report(string test, string exception, string message) =>
        Prefix.Replace("{exception}", HasShortNames ? exception.Split('.')[^1] : exception, StringComparison.Ordinal)
            .Replace("{class}", test.StartsWith("Run", StringComparison.Ordinal) ? "Frameworks.AsyncVoidMarbles" : "Frameworks.Reports", StringComparison.Ordinal)
            .Replace("{test}", test, StringComparison.Ordinal) + message;

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string[] OnVSTest(string report) =>
        ["test", "{program}", "--logger", $"trx;LogFileName={Path.GetFileName(report)}", "--results-directory", Path.GetDirectoryName(report)!];

    private static string[] OnTestingPlatform(string report) =>
        ["{program}", "--report-trx", "--report-trx-filename", Path.GetFileName(report), "--results-directory", Path.GetDirectoryName(report)!];
}
