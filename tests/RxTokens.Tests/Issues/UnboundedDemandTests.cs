using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>Demand.Unbounded has nothing more to say once it has said "no limit": it keeps nobody (dotnet/reactive#1251), and many streams cost as much as one does.</summary>
public class UnboundedDemandTests
{
    [Test]
    public void AnAbandonedStream_IsCollected()
    {
        var source = Abandon(Demand.Unbounded);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.That(source.IsAlive, Is.False);
    }

    [Test]
    public void AnAbandonedStream_OfAnAbandonedDemand_IsCollected()
    {
        var source = Abandon();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.That(source.IsAlive, Is.False);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Abandon()
        {
            var demand = new Demand();
            demand.Request(long.MaxValue);
            return UnboundedDemandTests.Abandon(demand);
        }
    }

    [Test]
    public void TwiceAsManyStreams_AllocateTwiceAsMuch([Values] bool shared)
    {
        var demand = new Demand();
        demand.Request(long.MaxValue);
        var requests = shared ? demand : Demand.Unbounded;
        SubscribeAndDispose(requests, 100);
        var half = SubscribeAndDispose(requests, 2000);
        var whole = SubscribeAndDispose(requests, 4000);

        Assert.That((double)whole / half, Is.LessThan(2.5), $"{half} and {whole} bytes");
    }

    [Test]
    public void Unbounded_IsNobodysToSteer()
    {
        var clock = new VirtualClock();
        var recorder = clock.Record<string>();
        (Demand.Unbounded as Demand)?.Request(0);
        clock.Pull("a--b|").OnDemand(Demand.Unbounded).Subscribe(recorder);
        (Demand.Unbounded as Demand)?.Request(0);
        clock.Start();

        Assert.That(Marbles.Show(recorder.Received), Is.EqualTo("0:a 3:b 4:|"));
    }

    // On a thread of its own, so that no forgotten stack slot keeps anything.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Abandon(IObservable<long> requests)
    {
        WeakReference? reference = null;
        var thread = new Thread(() =>
        {
            var source = new Silent();
            source.OnDemand(requests).Subscribe(_ => { });
            reference = new WeakReference(source);
        });
        thread.Start();
        thread.Join();
        return reference!;
    }

    private static long SubscribeAndDispose(IObservable<long> requests, int count)
    {
        var subscriptions = new IDisposable[count];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count; i++)
            subscriptions[i] = new Silent().OnDemand(requests).Subscribe(_ => { });
        foreach (var subscription in subscriptions)
            subscription.Dispose();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>A source that never says anything.</summary>
    private sealed class Silent : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        private readonly TaskCompletionSource<bool> _never = new();

        public int Current => 0;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => new(_never.Task);

        public ValueTask DisposeAsync() => default;
    }
}
