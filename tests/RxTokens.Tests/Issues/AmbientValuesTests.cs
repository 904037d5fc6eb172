using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>What a query, a selector or a merge function sets in an AsyncLocal stays there, as with System.Linq's operators: the consumer does not see it.</summary>
public class AmbientValuesTests
{
    private static readonly AsyncLocal<string?> Ambient = new();

    private static readonly PullPipeline[] Setting =
    [
        new("query function", s => s.Through(o => Set(o))),
        new("query", s => s.Through(o => o.Do(x => Set(x)))),
        new("query Finally", s => s.Through(o => o.Finally(() => Set("")))),
        new("selector", s => s.SelectAwait((x, _) => ValueTask.FromResult(Set(x)), maxConcurrency: 1)),
        new("selector unordered", s => s.SelectAwait((x, _) => ValueTask.FromResult(Set(x)), 2, order: AwaitOrder.Completion)),
        new("merge", s => s.Conflate((x, y) => Set(x + y))),
        new("seed", s => s.Conflate(x => Set(x), (x, _) => x)),
        new("add", s => s.Conflate(x => x, (x, y) => Set(x + y))),
        new("onDropped of Buffered", s => s.Buffered(1, Overflow.DropOldest, onDropped: x => Set(x))),
        new("onDropped of KeepLatest", s => s.KeepLatest(x => Set(x))),
        new("query, behind Buffered", s => s.Through(o => o.Do(x => Set(x))).Buffered(2)),
        new("query, before Conflate", s => s.Conflate().Through(o => o.Do(x => Set(x)))),
        new("the source's MoveNextAsync", s => s.Through(o => o)),
        new("the source's MoveNextAsync, Buffered", s => s.Buffered(2)),
        new("the source's MoveNextAsync, SelectAwait", s => s.SelectAwait((x, _) => ValueTask.FromResult(x), maxConcurrency: 1)),
        new("the source's MoveNextAsync, KeepLatest", s => s.KeepLatest()),
    ];

    private static T Set<T>(T value)
    {
        Ambient.Value = "the operator's";
        return value;
    }

    [TestCaseSource(nameof(Setting))]
    public async Task OverASourceThatIsReady_TheConsumerKeepsItsOwn(object pipeline)
    {
        var seen = await Consume(((PullPipeline)pipeline).Over(new ReadySource<string>(i => Set($"{i}"), 3)));

        Assert.That(seen, Has.All.EqualTo("the consumer's").And.Not.Empty);
    }

    [TestCaseSource(nameof(Setting))]
    public void OverASourceThatWaits_TheConsumerKeepsItsOwn(object pipeline)
    {
        var clock = new VirtualClock();
        var consuming = Consume(((PullPipeline)pipeline).Over(clock.Pull("-ab--c|")));
        clock.Start();

        Assert.That(consuming.Result, Has.All.EqualTo("the consumer's").And.Not.Empty);
    }

    [TestCaseSource(nameof(Setting))]
    public async Task LeavingOverASourceThatIsReady_TheConsumerKeepsItsOwn(object pipeline)
    {
        Ambient.Value = "the consumer's";
        var reading = ((PullPipeline)pipeline).Over(new ReadySource<string>(i => Set($"{i}"), 3)).GetAsyncEnumerator();
        await reading.MoveNextAsync();
        Ambient.Value = "the consumer's";
        await reading.DisposeAsync();

        Assert.That(Ambient.Value, Is.EqualTo("the consumer's"));
    }

    [Test]
    public async Task TheSubscribeOfAPushSource_DoesNotChangeTheConsumers()
    {
        foreach (var push in Pipelines.OverPush)
        {
            var stream = push.Over(new RawObservable<string>(observer =>
            {
                observer.OnNext(Set("a"));
                observer.OnCompleted();
                return System.Reactive.Disposables.Disposable.Empty;
            }));

            Assert.That(await Consume(stream), Has.All.EqualTo("the consumer's").And.Not.Empty, push.Name);
        }
    }

    // The consumer's value on each item and at the end.
    private static async Task<List<string?>> Consume(IAsyncEnumerable<string> stream)
    {
        Ambient.Value = "the consumer's";
        var seen = new List<string?>();
        await foreach (var _ in stream)
            seen.Add(Ambient.Value);
        seen.Add(Ambient.Value);
        return seen;
    }
}
