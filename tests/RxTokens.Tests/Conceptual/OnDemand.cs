using System.Reactive.Linq;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static IObservable<T> OnDemand<T>(this IAsyncEnumerable<T> source, IObservable<long> requests) => Observable.Create<T>(async (observer, leaving) =>
    {
        var (credits, credit) = (Channel.CreateUnbounded<long>(), 0L);
        using var listening = requests.Subscribe(
            count => credits.Writer.TryWrite(count), failure => credits.Writer.Complete(failure), () => credits.Writer.Complete());
        if (!await MayRead())
            return;
        await foreach (var item in source.WithCancellation(leaving))
        {
            observer.OnNext(item);
            if (!await MayRead())
                return;
        }

        async Task<bool> MayRead()
        {
            leaving.ThrowIfCancellationRequested();
            if (credit == 0 && await credits.Reader.WaitToReadAsync(leaving))
                credit = await credits.Reader.ReadAsync(leaving);
            return credit-- > 0;
        }
    });
    // </conceptual>
}

public partial class ConceptualTests
{
    private static readonly Gen<SourceCase> RequestCases =
        from counts in Gen.ListOf(from delay in Gen.Choose(0, 6) from count in Gen.Frequency((6, Gen.Choose(1, 4)), (1, Gen.Constant(1_000_000))) select (delay, count))
        from ending in Gen.Elements('-', '|')
        select new SourceCase([.. counts.Select(c => c.delay)], ending) { Values = [.. counts.Select(c => c.count)] };

    [Test]
    public void OnDemand() => Same(
        from source in SourceCases from requests in RequestCases from leaves in LeavingTimes select (source, requests, leaves), 102,
        (c, w) => w.Observe(TokenStream.OnDemand(w.Pull(c.source), w.Push(c.requests).Select(count => (long)count)), c.leaves),
        (c, w) => w.Observe(Concept.OnDemand(w.Pull(c.source), w.Push(c.requests).Select(count => (long)count)), c.leaves));

    [Test]
    public void OnDemand_AskedFromInside() => Same(
        from source in SourceCases from first in Gen.Choose(1, 3) from more in Gen.Choose(1, 3) select (source, first, more), 103,
        (c, w) => Ask(w, c.first, c.more, demand => TokenStream.OnDemand(w.Pull(c.source), demand)),
        (c, w) => Ask(w, c.first, c.more, demand => Concept.OnDemand(w.Pull(c.source), demand)));

    private static void Ask(World world, int first, int more, Func<Demand, IObservable<int>> stream)
    {
        var demand = new Demand();
        demand.Request(first);
        world.Observe(stream(demand).Do(item =>
        {
            if (item % 3 == 0)
                demand.Request(more);
        }), leavesAt: null);
    }
}
