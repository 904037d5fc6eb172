using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace RxTokens.Benchmarks;

/// <summary>
/// Each measurement has a process of its own. The runtime fits code to what it has met so far: in one process for all, a figure
/// would depend on what ran before, and <c>--only</c> would print others than the whole run.
/// </summary>
internal static class Child
{
    public const string Option = "--child";

    /// <summary>Measures in a new process.</summary>
    public static Task<T> MeasureAsync<T>(string name, bool quick) =>
        AskAsync<T>(name, ["ratios", Option, name, .. quick ? new[] { "--quick" } : []]);

    /// <summary>Runs this program with arguments, and reads the JSON that it prints.</summary>
    public static async Task<T> AskAsync<T>(string name, string[] arguments)
    {
        using var process = Process.Start(Self(arguments))!;
        var answer = await process.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<T>(answer)!
            : throw new InvalidOperationException($"Measuring \"{name}\" ended with exit code {process.ExitCode}. {answer}");
    }

    /// <summary>How this program is started once more; what it prints is for us.</summary>
    public static ProcessStartInfo Self(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }

    /// <summary>What the new process does.</summary>
    public static async Task<int> AnswerAsync(string name, bool quick)
    {
        object answer;
        if (Growth.Names.Contains(name))
            answer = await Growth.MeasureAsync(name, quick).ConfigureAwait(false);
        else if (Memory.Names.Contains(name))
            answer = await Memory.MeasureAsync(name).ConfigureAwait(false);
        else if (name == Block.All)
            answer = Block.Measure();
        else
            answer = await Comparison.MeasureRoundsAsync(Scenario.All(quick).First(scenario => scenario.Name == name), quick).ConfigureAwait(false);

        Console.WriteLine(JsonSerializer.Serialize(answer));
        return 0;
    }
}
