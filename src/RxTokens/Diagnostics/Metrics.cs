using System.Diagnostics.Metrics;

namespace RxTokens;

/// <summary>The meter "RxTokens": what the operators lose and merge, for any metrics listener.</summary>
internal static class Metrics
{
    private static readonly Meter Meter = new("RxTokens");

    public static readonly Counter<long> Dropped =
        Meter.CreateCounter<long>("rxtokens.items.dropped", "{item}", "Items that were read and that nobody got: dropped by Buffered and KeepLatest, or come after the stream was left.");

    public static readonly UpDownCounter<long> Orphans =
        Meter.CreateUpDownCounter<long>("rxtokens.reads.orphaned", "{read}", "Reads under way that Detach has left behind.");

    public static readonly Counter<long> Merged =
        Meter.CreateCounter<long>("rxtokens.items.merged", "{item}", "Items merged into one that was waiting, by Conflate.");
}
