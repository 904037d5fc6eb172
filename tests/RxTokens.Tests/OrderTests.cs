using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Items, requests, timers and a consumer's pauses that fall into the same instants, in many orders: what holds in every one.</summary>
public partial class OrderTests
{
    private const int Orders = 200;
    private const string Letters = "abcdef";

    // Pairs of items in one frame, and then one by one; the requests of these tests are in the same frames.
    private const string Source = "-a-[bc]--d-ef|";

    private static readonly PullPipeline[] Operators = Pipelines.All;
    private static readonly PushPipeline[] PushOperators = Pipelines.OverPush;

    // Operators from pull to pull

    [TestCaseSource(nameof(Operators))]
    public void UnderRequests(object pipeline) => Explore(m =>
    {
        var run = new Run((PullPipeline)pipeline, m.Pull(Source));
        m.Expect(requests => run.Stream.OnDemand(requests).Aggregate("", (all, x) => all + x).Where(_ => run.Pipeline.IsLossless), demand: "3--1--1-1---------*")
            .ToBe(run.Pipeline.IsLossless ? "------------------[a|]" : "------------------|", [("a", Letters)]);
        m.Flush();
        run.Check();
    });

    [TestCaseSource(nameof(Operators))]
    public Task WithAConsumerThatIsBusy(object pipeline) => ExploreAsync(async m =>
    {
        var run = new Run((PullPipeline)pipeline, m.Pull(Source));
        await foreach (var item in run.Stream)
            await m.Delay(2);

        run.Check();
    }, races: ((PullPipeline)pipeline).ReadAhead != 0);

    [TestCaseSource(nameof(Operators))]
    public Task CancelledWhileItemsComeAndAreAskedFor(object pipeline) => ExploreAsync(async m =>
    {
        var cancellation = new CancellationTokenSource();
        var run = new Run((PullPipeline)pipeline, m.Pull(Source));
        m.At(6, cancellation.Cancel);
        try
        {
            await foreach (var item in run.Stream.WithCancellation(cancellation.Token))
                await m.Delay(1);
            Assert.Fail("the stream is cancelled before its end");
        }
        catch (OperationCanceledException)
        {
        }

        run.CheckUntilCancelled();
    });

    [TestCaseSource(nameof(Operators))]
    public void LeftWhileItemsComeAndAreAskedFor(object pipeline) => Explore(m =>
    {
        var run = new Run((PullPipeline)pipeline, m.Pull(Source));
        var consumer = m.Clock.Consume(run.Stream.Buffered(8)).AskAt(0, 1, 6);
        m.At(6, () => _ = consumer.Leave());
        m.Flush();

        run.CheckUntilCancelled();
    });

    // Operators from push to pull

    [TestCaseSource(nameof(PushOperators))]
    public Task OverAPushSource_WithAConsumerThatIsBusy(object pipeline) => ExploreAsync(async m =>
    {
        var push = (PushPipeline)pipeline;
        var source = m.Hot(Source);
        var items = new List<string>();
        await foreach (var item in push.Over(source))
        {
            items.Add(item);
            await m.Delay(2);
        }

        Assert.That(string.Concat(items), push.Name == "KeepLatest" ? Does.StartWith("a").And.EndWith("f") : Is.EqualTo(Letters));
        Assert.That(items, Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
        m.ExpectSubscriptions(source).ToBe("^---------!");
    });

    [TestCaseSource(nameof(PushOperators))]
    public Task OverAPushSource_CancelledWhileItemsComeAndAreAskedFor(object pipeline) => ExploreAsync(async m =>
    {
        var cancellation = new CancellationTokenSource();
        var source = m.Hot(Source);
        m.At(6, cancellation.Cancel);
        var items = new List<string>();
        try
        {
            await foreach (var item in ((PushPipeline)pipeline).Over(source).WithCancellation(cancellation.Token))
            {
                items.Add(item);
                await m.Delay(3);
            }

            Assert.Fail("the stream is cancelled before its end");
        }
        catch (OperationCanceledException)
        {
        }

        Assert.That(items, Is.Not.Empty.And.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
        m.ExpectSubscriptions(source).ToBe("^-----!");
    });

    // Through, with timers in the query

    [TestCase("Sample")]
    [TestCase("Throttle")]
    [TestCase("Buffer")]
    [TestCase("Timeout")]
    public Task ThroughATimeQuery_WithAConsumerThatIsBusy(string name) => ExploreAsync(async m =>
    {
        var source = m.Pull(Source);
        var run = new Run(new PullPipeline(name, s => s.Through(o => TimeQuery(name, o, m)), IsLossless: name == "Buffer"), source) { ReadsOnlyForTheWaiting = true };
        var hasTimedOut = false;
        try
        {
            // Quicker than Buffer's period: a slower one would be answered by the lists that wait, and nothing more be read.
            await foreach (var item in run.Stream)
                await m.Delay(name == "Buffer" ? 1 : 2);
        }
        catch (TimeoutException)
        {
            hasTimedOut = true;
        }

        if (hasTimedOut)
            run.CheckUntilCancelled();
        else
            run.Check();
        Assert.That(hasTimedOut, Is.False.Or.EqualTo(name == "Timeout"));
    });

    [TestCase("Sample")]
    [TestCase("Throttle")]
    [TestCase("Buffer")]
    [TestCase("Timeout")]
    public Task ThroughATimeQuery_CancelledInTheInstantOfItsTimer(string name) => ExploreAsync(async m =>
    {
        var cancellation = new CancellationTokenSource();
        var run = new Run(new PullPipeline(name, s => s.Through(o => TimeQuery(name, o, m)), IsLossless: name == "Buffer"), m.Pull(Source)) { ReadsOnlyForTheWaiting = true };
        m.At(6, cancellation.Cancel);
        try
        {
            await foreach (var item in run.Stream.WithCancellation(cancellation.Token))
                await m.Delay(1);
            Assert.Fail("the stream is cancelled before its end");
        }
        catch (Exception failure) when (failure is OperationCanceledException or TimeoutException)
        {
        }

        run.CheckUntilCancelled();
    });

    // Queries that end, switch or speak by themselves in the instant of an item

    [TestCase("TakeUntil")]
    [TestCase("Merge")]
    [TestCase("Concat")]
    [TestCase("Window")]
    [TestCase("Delay")]
    [TestCase("Switch")]
    [TestCase("Buffer of time or count")]
    public Task ThroughAQueryWithTimers_WithASlowDisposal(string name) => ExploreAsync(async m =>
    {
        var source = m.Pull(Source);
        source.DisposalFrames = 2;
        var run = new Run(new PullPipeline(name, s => s.Through(o => Query(name, o, m)), IsLossless: name is "Concat" or "Window" or "Delay" or "Buffer of time or count"), source)
        {
            ReadsOnlyForTheWaiting = true,
        };
        await foreach (var item in run.Stream)
            await m.Delay(item is "a" or "c" ? 1 : 2);

        run.Check();
    });

    private static IObservable<string> Query(string name, IObservable<string> o, MarbleTest m) => name switch
    {
        "TakeUntil" => o.TakeUntil(Observable.Timer(m.Time("------|"), m.Clock)),
        "Merge" => o.Merge(Observable.Interval(m.Time("---|"), m.Clock).Take(3).Select(i => ((char)('A' + i)).ToString())).Where(x => char.IsLower(x[0])),
        "Concat" => o.TakeUntil(Observable.Timer(m.Time("---|"), m.Clock)).Concat(o),
        "Window" => o.Window(m.Time("---|"), m.Clock).SelectMany(w => w.Aggregate("", (all, x) => all + x)),
        "Delay" => o.Delay(m.Time("--|"), m.Clock),
        "Switch" => o.Select(x => Observable.Timer(m.Time("--|"), m.Clock).Select(_ => x)).Switch(),
        _ => o.Buffer(m.Time("---|"), 2, m.Clock).Select(b => string.Concat(b)),
    };

    // Functions in work

    [TestCase(1, true)]
    [TestCase(2, true)]
    [TestCase(3, true)]
    [TestCase(2, false)]
    [TestCase(3, false)]
    public Task SelectAwait_WhoseFunctionsEndInTheInstantsOfItems(int maxConcurrency, bool ordered) => ExploreAsync(async m =>
    {
        var inWork = 0;
        var most = 0;
        var run = new Run(new PullPipeline("SelectAwait", s => s.SelectAwait(WorkAsync, maxConcurrency, ordered ? AwaitOrder.Source : AwaitOrder.Completion), IsLossless: ordered), m.Pull(Source)) { KeepsOrder = ordered };
        await foreach (var item in run.Stream)
            await m.Delay(1);

        run.Check();
        Assert.That(run.Items.Order(), Is.EqualTo(Letters.Select(c => c.ToString())));
        Assert.That(most, Is.InRange(1, maxConcurrency));

        async ValueTask<string> WorkAsync(string item, CancellationToken cancellationToken)
        {
            most = Math.Max(most, ++inWork);
            await m.Delay(item is "a" or "d" ? 2 : 3);
            inWork--;
            return item;
        }
    }, races: maxConcurrency > 1);

    [TestCase(1, true)]
    [TestCase(3, true)]
    [TestCase(3, false)]
    public Task SelectAwait_OneOfWhoseFunctionsFails(int maxConcurrency, bool ordered) => ExploreAsync(async m =>
    {
        var inWork = 0;
        var run = new Run(new PullPipeline("SelectAwait", s => s.SelectAwait(WorkAsync, maxConcurrency, ordered ? AwaitOrder.Source : AwaitOrder.Completion), IsLossless: ordered), m.Pull(Source)) { KeepsOrder = ordered };
        Exception? failure = null;
        try
        {
            await foreach (var item in run.Stream)
                await m.Delay(1);
        }
        catch (IOException thrown)
        {
            failure = thrown;
        }

        Assert.That(failure?.Message, Is.EqualTo("d"));
        Assert.That(inWork, Is.Zero, "the failure waits for what is in work");
        if (ordered)
            Assert.That(string.Concat(run.Items), Is.EqualTo("abc"));
        run.CheckUntilCancelled();

        async ValueTask<string> WorkAsync(string item, CancellationToken cancellationToken)
        {
            inWork++;
            await m.Delay(2);
            inWork--;
            return item == "d" ? throw new IOException(item) : item;
        }
    }, races: maxConcurrency > 1);

    // Under demand

    [Test]
    public void OnDemand_AskedFromSeveralSides_DeliversWhatIsAskedFor() => Explore(m =>
    {
        var source = m.Pull(Source);
        var demand = new Demand();
        foreach (var frame in new[] { 0, 0, 3, 3, 6 })
            m.At(frame, () => demand.Request(1));
        var items = new List<string>();
        m.Expect(source.OnDemand(demand).Do(items.Add).IgnoreElements(), subscription: "^--------!").ToBe("---------");
        m.ExpectPulls(source).ToSumTo(5, atFrame: 8);
        m.Flush();
        Assert.That(string.Concat(items), Is.EqualTo("abcde"));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 9 }));
    });

    [Test]
    public void OnDemand_LeftInTheInstantOfItemsAndRequests_IsSilent() => Explore(m =>
    {
        var source = m.Pull(Source);
        var demand = new Demand();
        var recorder = m.Clock.Record<string>();
        var hasLeft = false;
        recorder.OnItem = _ => Assert.That(hasLeft, Is.False);
        IDisposable? subscription = null;
        m.At(0, () => subscription = source.OnDemand(demand).Subscribe(recorder));
        m.At(0, () => demand.Request(2));
        m.At(3, () => demand.Request(2));
        m.At(3, () =>
        {
            subscription!.Dispose();
            hasLeft = true;
        });
        m.Flush();
        Assert.That(string.Concat(recorder.Items), Is.EqualTo("a").Or.EqualTo("ab").Or.EqualTo("abc"));
        Assert.That(recorder.Violations, Is.Empty);
        Assert.That(source.Disposals, Is.EqualTo(new[] { 3 }));
    });

    // Failures

    [TestCaseSource(nameof(Operators))]
    public Task AFailureInTheInstantOfARequest_ArrivesAfterWhatCameBefore(object pipeline) => ExploreAsync(async m =>
    {
        var broken = new InvalidDataException("the source broke"); // afresh: each throw makes its stack trace longer
        var source = m.Pull("-a-[bc]--d-[ef#]", broken);
        source.DisposalFrames = 1;
        var run = new Run((PullPipeline)pipeline, source);
        Exception? failure = null;
        try
        {
            await foreach (var item in run.Stream)
                await m.Delay(item.EndsWith('d') ? 2 : 1);
        }
        catch (InvalidDataException thrown)
        {
            failure = thrown;
        }

        Assert.That(failure, Is.SameAs(broken));
        run.Check();
    }, races: ((PullPipeline)pipeline).ReadAhead != 0);

    /// <summary>Its timers are due when items come.</summary>
    private static IObservable<string> TimeQuery(string name, IObservable<string> o, MarbleTest m) => name switch
    {
        "Sample" => o.Sample(m.Time("--|"), m.Clock),
        "Throttle" => o.Throttle(m.Time("--|"), m.Clock),
        "Buffer" => o.Buffer(m.Time("--|"), m.Clock).Select(b => string.Concat(b)),
        _ => o.Timeout(m.Time("--|"), m.Clock),
    };

    private static void Explore(Action<MarbleTest> test) =>
        Assert.That(MarbleTest.Explore(test, Orders), Is.GreaterThan(1), "orders");

    private static async Task ExploreAsync(Func<MarbleTest, Task> test, bool races = true) =>
        Assert.That(await MarbleTest.ExploreAsync(test, Orders), races ? Is.GreaterThan(1) : Is.EqualTo(1), "orders");

    /// <summary>A pipeline whose reads and results are watched.</summary>
    private sealed class Run
    {
        private readonly PullProbe<string> _source;
        private readonly List<string> _items = [];
        private int _asked;
        private int _read;
        private int _mostAhead = int.MinValue;
        private bool _isWaiting;
        private bool _hasReadForNobody;

        public Run(PullPipeline pipeline, PullProbe<string> source)
        {
            Pipeline = pipeline;
            ReadsOnlyForTheWaiting = pipeline.ReadAhead == 0;
            _source = source;
            Stream = Results(pipeline.Over(Reads()));
        }

        public PullPipeline Pipeline { get; }

        public IAsyncEnumerable<string> Stream { get; }

        public IReadOnlyList<string> Items => _items;

        /// <summary>Whether it begins to read only while a request waits.</summary>
        public bool ReadsOnlyForTheWaiting { get; init; }

        /// <summary>Whether what comes out comes in the source's order.</summary>
        public bool KeepsOrder { get; init; } = true;

        public void Check()
        {
            if (Pipeline.IsLossless)
                Assert.That(string.Concat(_items), Is.EqualTo(Letters));
            else
                Assert.That(_items, Is.Not.Empty);
            CheckUntilCancelled();
        }

        public void CheckUntilCancelled()
        {
            var text = string.Concat(_items);
            if (Pipeline.IsLossless)
                Assert.That(text, Is.EqualTo(Letters[..text.Length]));
            else
                Assert.That(KeepsOrder ? text : string.Concat(text.Order()), Is.Ordered.And.Unique);
            Assert.That(_source.Disposals, Has.Count.EqualTo(1));
            Assert.That(_source.Violations, Is.Empty);
            if (Pipeline.ReadAhead is { } readAhead)
                Assert.That(_mostAhead, Is.LessThanOrEqualTo(readAhead));
            if (ReadsOnlyForTheWaiting)
                Assert.That(_hasReadForNobody, Is.False, "read while nobody waits");
        }

        private async IAsyncEnumerable<string> Reads([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await using var source = _source.GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                _mostAhead = Math.Max(_mostAhead, ++_read - _asked);
                _hasReadForNobody |= !_isWaiting;
                if (!await source.MoveNextAsync())
                    yield break;
                yield return source.Current;
            }
        }

        private async IAsyncEnumerable<string> Results(IAsyncEnumerable<string> stream, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await using var results = stream.GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                _asked++;
                _isWaiting = true;
                if (!await results.MoveNextAsync())
                    yield break;
                _isWaiting = false;
                _items.Add(results.Current);
                yield return results.Current;
            }
        }
    }
}
