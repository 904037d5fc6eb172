namespace RxTokens.Benchmarks;

/// <summary>How many files, and so sockets, a process may have open.</summary>
internal static class Descriptors
{
    private const string Limits = "/proc/self/limits";
    private const int Others = 300; // assemblies, pipes, the runtime's own

    /// <summary>Why so many readers cannot be had; null if they can, or if it is not known.</summary>
    public static string? Objection(int readers)
    {
        var limit = Limit();
        return limit is not { } most || readers + Others <= most
            ? null
            : $"{readers:N0} readers need {readers + Others:N0} open files in a process, and {most:N0} are allowed. " +
              $"Raise the limit (ulimit -n {readers + Others}), or take fewer (--readers {Math.Max(1, most - Others)}).";
    }

    /// <summary>The runtime raises a process to the hard limit when it starts, so that is what counts.</summary>
    private static int? Limit()
    {
        if (!File.Exists(Limits))
            return null;

        var line = File.ReadLines(Limits).FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        return int.TryParse(line?.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4], out var limit) ? limit : null; // or "unlimited"
    }
}
