namespace RxTokens.Benchmarks;

/// <summary>How the results of <c>load</c> become rows.</summary>
internal static class LoadTables
{
    private static readonly (string Name, int Width)[] s_memory =
    [
        ("managed KB", 10), ("growth KB", 9), ("working set KB", 14), ("growth KB", 9), ("CPU s/s", 7),
    ];

    public static Table Of(LoadCase first) => new(1,
    [
        (first.Group, 34), .. s_memory, .. first.IsIdle ? Array.Empty<(string, int)>() : [("system's buffers KB", 19), ("items ahead, mean", 17), ("most", 6)],
    ]);

    public static string[] Row(Loaded loaded)
    {
        var figures = loaded.Figures;
        return
        [
            loaded.Case.Served.Name, Kilobytes(figures.Managed), Kilobytes(figures.Managed - figures.ManagedBefore),
            Kilobytes(figures.WorkingSet), Kilobytes(figures.WorkingSet - figures.WorkingSetBefore), $"{figures.Cpu:F3}",
            .. loaded.Case.IsIdle ? Array.Empty<string>() : [Kilobytes(figures.Kernel), $"{figures.MeanAhead:F1}", $"{figures.MostAhead:N0}"],
        ];
    }

    public static Table Throughput() => new(3,
        ("a fast reader", 24), ("served by", 28), ("compared with", 28), ("MB/s", 6), ("the other's", 11), ("ratio", 5), ("middle half", 11), ("target", 11));

    public static string[] Row(Throughput result) =>
    [
        result.Name, result.Ours, result.Base, $"{result.OurRate:F0}", $"{result.BaseRate:F0}", $"{result.Ratio:F2}", $"{result.Low:F2}-{result.High:F2}",
        result.Base != Served.OursUnlimited.Name ? "-" : $"0.90 {(Math.Round(result.Ratio, 2) >= 0.9 ? "met" : "missed")}",
    ];

    private static string Kilobytes(double bytes) => (bytes / 1024).ToString("F1");
}
