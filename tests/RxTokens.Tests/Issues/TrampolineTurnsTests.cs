using System.Reactive.Concurrency;
using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>On Rx's trampoline a stream waits for its turn once at a time: turns do not pile up.</summary>
public class TrampolineTurnsTests
{
    private const int Count = 100_000;

    [TestCase(true)]
    [TestCase(false)]
    public void AQueryThatResubscribesForEachItem_KeepsNoTurns(bool resubscribes)
    {
        long before = 0;
        long grown = 0;
        var source = new ReadySource<int>(
            i =>
            {
                if (i == 1000)
                    before = GC.GetTotalMemory(forceFullCollection: true);
                else if (i == Count - 1)
                    grown = GC.GetTotalMemory(forceFullCollection: true) - before;
                return i;
            },
            Count);
        CurrentThreadScheduler.Instance.Schedule(() =>
        {
            var stream = source.Through(o => (resubscribes ? o.Take(1).Repeat(Count) : o).Where(_ => false));
            _ = stream.GetAsyncEnumerator().MoveNextAsync().AsTask();
        });

        Assert.That(source.Reads, Is.EqualTo(Count));
        Assert.That(grown, Is.LessThan(1_000_000), "bytes; two turns an item are 8 MB");
    }
}
