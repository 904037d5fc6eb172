using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>Whoever keeps an enumerator or a subscription that has ended keeps neither the source nor its items.</summary>
[Category(Categories.Long)]
public class FinishedStreamsKeepNothingTests
{
    private static readonly PullPipeline[] Operators = Pipelines.All;

    [TestCaseSource(nameof(Operators))]
    public void AnEnumeratorThatHasEnded_LetsGoOfTheSource(object pipeline)
    {
        var (kept, source) = Finish(s => ((PullPipeline)pipeline).Over(s).GetAsyncEnumerator(), leaves: false);
        Kept.AssertKeepsNone(kept, [source]);
    }

    [TestCaseSource(nameof(Operators))]
    public void AnEnumeratorThatWasLeft_LetsGoOfTheSource(object pipeline)
    {
        var (kept, source) = Finish(s => ((PullPipeline)pipeline).Over(s).GetAsyncEnumerator(), leaves: true);
        Kept.AssertKeepsNone(kept, [source]);
    }

    [TestCaseSource(nameof(Operators))]
    public void AnEnumeratorOfNestedOperators_LetsGoOfTheSource(object pipeline)
    {
        foreach (var inner in Pipelines.All)
        {
            var (kept, source) = Finish(s => ((PullPipeline)pipeline).Over(inner.Over(s)).GetAsyncEnumerator(), leaves: true);
            Kept.AssertKeepsNone(kept, [source]);
        }
    }

    [TestCaseSource(nameof(Operators))]
    public void AnEnumeratorThatHasEnded_IsNotKeptByItsToken(object pipeline)
    {
        using var cancellation = new CancellationTokenSource();
        Kept.AssertKeepsNone(cancellation, [Ended((PullPipeline)pipeline, cancellation.Token)]);

        static WeakReference Ended(PullPipeline pipeline, CancellationToken token)
        {
            WeakReference result = null!;
            Kept.OnAThreadOfItsOwn(() =>
            {
                var reading = pipeline.Over(new Clinging()).GetAsyncEnumerator(token);
                while (reading.MoveNextAsync().AsTask().Result)
                {
                }

                result = new WeakReference(reading);
            });
            return result;
        }
    }

    [Test]
    public void ASubscriptionThatHasEnded_LetsGoOfTheSource()
    {
        var (subscription, source) = Subscribe();
        Kept.AssertKeepsNone(subscription, [source]);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static (IDisposable Subscription, WeakReference Source) Subscribe()
        {
            var source = new Clinging();
            var demand = new Demand();
            demand.Request(long.MaxValue);
            return (source.OnDemand(demand).Subscribe(_ => { }), new WeakReference(source));
        }
    }

    private static (IAsyncEnumerator<string> Kept, WeakReference Source) Finish(Func<IAsyncEnumerable<string>, IAsyncEnumerator<string>> read, bool leaves)
    {
        (IAsyncEnumerator<string>, WeakReference) result = default;
        Kept.OnAThreadOfItsOwn(() =>
        {
            var source = new Clinging();
            var reading = read(source);
            while (reading.MoveNextAsync().AsTask().Result && !leaves)
            {
            }

            if (leaves)
                reading.DisposeAsync().AsTask().Wait();
            result = (reading, new WeakReference(source));
        });
        return result;
    }

    /// <summary>A source of three items that forgets to unregister from its token.</summary>
    private sealed class Clinging : IAsyncEnumerable<string>, IAsyncEnumerator<string>
    {
        private int _reads;

        public string Current => "a";

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            cancellationToken.Register(() => _reads = 0);
            return this;
        }

        public ValueTask<bool> MoveNextAsync() => new(_reads++ < 3);

        public ValueTask DisposeAsync() => default;
    }
}
