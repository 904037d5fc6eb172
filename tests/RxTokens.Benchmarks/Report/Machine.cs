extern alias SystemInteractiveAsync;
extern alias SystemLinqAsync;

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
        Version("System.Reactive", typeof(Observable)),
        Version("System.Linq.Async", typeof(SystemLinqAsync::System.Linq.AsyncEnumerable)),
        Version("System.Interactive.Async", typeof(SystemInteractiveAsync::System.Linq.AsyncEnumerableEx)),
        Version("the framework's System.Linq.AsyncEnumerable", typeof(AsyncEnumerable)),
    ]);

    private static string Processor
    {
        get
        {
            var model = File.Exists(CpuInfo) ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name")) : null;
            return model?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        }
    }

    private static string Version(string name, Type type)
    {
        var version = type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        return $"{name} {version.Split('+')[0]}";
    }
}
