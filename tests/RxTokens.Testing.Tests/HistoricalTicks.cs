using System.Reactive.Concurrency;

namespace RxTokens.Tests;

/// <summary>A virtual clock that is not ours.</summary>
internal sealed class HistoricalTicks : VirtualTimeScheduler<long, long>
{
    protected override long Add(long absolute, long relative) => absolute + relative;

    protected override DateTimeOffset ToDateTimeOffset(long absolute) => new(absolute, TimeSpan.Zero);

    protected override long ToRelative(TimeSpan timeSpan) => timeSpan.Ticks;
}
