using System.Diagnostics;
using System.Xml.Linq;

namespace RxTokens.Frameworks.Tests;

/// <summary>How a test ended, as the test framework's own report has it.</summary>
public sealed record TestResult(string Name, bool HasPassed, string Message)
{
    /// <summary>The framework's report is about a test that is meant to fail.</summary>
    public bool IsMeantToFail => Name.EndsWith("_Fails", StringComparison.Ordinal);
}

/// <summary>A run of all tests of a program under tests/Frameworks.</summary>
public sealed record TestRun(int ExitCode, string Output, IReadOnlyList<TestResult> Results)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs it to its end, in a process of its own.</summary>
    public static async Task<TestRun> Of(string program, Func<string, string[]> arguments)
    {
        var folder = Directory.CreateTempSubdirectory("RxTokens.Frameworks");
        try
        {
            var report = Path.Combine(folder.FullName, "report.trx");
            var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach (var argument in arguments(report).Select(argument => argument.Replace("{program}", Built(program), StringComparison.Ordinal)))
                start.ArgumentList.Add(argument);

            using var process = Process.Start(start)!;
            var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            using var patience = new CancellationTokenSource(Patience);
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }

            return new TestRun(process.ExitCode, string.Join('\n', await output), File.Exists(report) ? [.. Read(report)] : []);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The program, beside this one and of the same configuration.</summary>
    private static string Built(string program)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(here.Parent!.Parent!.FullName, program, here.Name, $"{program}.dll");
    }

    private static IEnumerable<TestResult> Read(string report) =>
        from result in XDocument.Load(report).Descendants()
        where result.Name.LocalName == "UnitTestResult"
        select new TestResult(
            ((string)result.Attribute("testName")!).Split('.')[^1],
            (string?)result.Attribute("outcome") == "Passed",
            string.Concat(result.Descendants().Where(e => e.Name.LocalName == "Message").Select(e => e.Value)).ReplaceLineEndings("\n"));
}
