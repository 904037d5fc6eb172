using System.Reactive.Linq;
using System.Reflection;
using System.Runtime.InteropServices;

namespace RxTokens.Benchmarks;

/// <summary>Where a run took place, and against what.</summary>
internal static class Machine
{
    private const string CpuInfo = "/proc/cpuinfo";

    public static string Description =>
        $"{Processor}, {Environment.ProcessorCount} cores; {RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}";

    public static string Rivals => string.Join(", ",
    [
        Version("System.Reactive", typeof(Observable).Assembly),
        Version("System.Linq.Async", Assembly.Load("System.Linq.Async")),
        Version("System.Interactive.Async", typeof(AsyncEnumerableEx).Assembly),
        Version("the framework's System.Linq.AsyncEnumerable", typeof(AsyncEnumerable).Assembly),
        Version("R3", typeof(R3.Observable).Assembly),
        Version("Akka.Streams", typeof(Akka.Streams.Dsl.Source).Assembly),
        Version("ReactiveUI.Primitives", typeof(ReactiveUI.Primitives.Signals.Signal).Assembly),
    ]);

    private static string Processor
    {
        get
        {
            var model = File.Exists(CpuInfo) ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name")) : null;
            return model?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        }
    }

    private static string Version(string name, Assembly assembly)
    {
        var version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        return $"{name} {version.Split('+')[0]}";
    }
}
