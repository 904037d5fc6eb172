using System.Diagnostics.Metrics;

namespace RxTokens;

/// <summary>The meter "RxTokens": what the operators lose and merge, for any metrics listener.</summary>
internal static class Metrics
{
    private static readonly Meter Meter = new("RxTokens");

    public static readonly Counter<long> Dropped =
        Meter.CreateCounter<long>("rxtokens.items.dropped", "{item}", "Items dropped by Buffered and KeepLatest.");

    public static readonly Counter<long> Merged =
        Meter.CreateCounter<long>("rxtokens.items.merged", "{item}", "Items merged into one that was waiting, by Conflate.");
}
