using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Threading.Tasks.Sources;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Who joins, leaves, asks or throws from where nobody expects it.</summary>
public class ShareAttackTests
{
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp() => _clock = new VirtualClock();

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private PullConsumer<T> All<T>(IAsyncEnumerable<T> stream, CancellationToken cancellationToken = default)
    {
        var consumer = _clock.Consume(stream, cancellationToken);
        _clock.Schedule(() => _ = consumer.AskForAll());
        return consumer;
    }

    private static string Show<T>(PullConsumer<T> consumer) => Marbles.Show(consumer.Received);

    // Asking when nothing is to be had any more

    [Test]
    public void WhoIsCancelled_GetsNothingThatWaited()
    {
        using var cancellation = new CancellationTokenSource();
        var dropped = new List<string>();
        var source = Pull("abc-----d|");
        var shared = source.Share();
        _ = All(shared);
        var second = _clock.Consume(shared.Join(4, Overflow.Wait, dropped.Add), cancellation.Token).AskAt(0, 6);
        _clock.At(5, cancellation.Cancel);
        _clock.Start();
        Assert.That(Show(second), Is.EqualTo("0:a 6:#OperationCanceledException"));
        Assert.That(string.Concat(dropped), Is.EqualTo("bc"));
    }

    [Test]
    public void WhoHasFailed_AsksTheSourceForNothing()
    {
        var source = Pull("[abcd|]");
        var shared = source.Share();
        var first = _clock.Consume(shared.Join(1, Overflow.Fail)).AskAt(0, 1, 2);
        var second = _clock.Consume(shared.Join(4)).AskAt(0, 0, 0);
        _clock.AdvanceToFrame(5);
        Assert.That((Show(first), Show(second)), Is.EqualTo(("0:a 1:b 2:#BackpressureException", "0:a 0:b 0:c")));
        Assert.That(source.Reads, Has.Count.EqualTo(3));
    }

    [Test]
    public void WhoIsCancelled_AsksTheSourceForNothing()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Pull("[abcd|]");
        var shared = source.Share();
        var first = _clock.Consume(shared, cancellation.Token).AskAt(0, 2);
        var second = _clock.Consume(shared).AskAt(0);
        _clock.At(1, cancellation.Cancel);
        _clock.AdvanceToFrame(5);
        Assert.That((Show(first), Show(second)), Is.EqualTo(("0:a 2:#OperationCanceledException", "0:a")));
        Assert.That(source.Reads, Has.Count.EqualTo(1));
    }

    // From inside

    [Test]
    public void JoiningFromInsideTheMergeOfTheHistory_MissesNothing()
    {
        SharedStream<string> shared = null!;
        var late = new List<PullConsumer<string>>();
        shared = Pull("abc|").Share((x, y) =>
        {
            late.Add(All(shared));
            return x + y;
        });
        _ = All(shared);
        _clock.Start();
        Assert.That(late.Select(consumer => string.Concat(consumer.Items)), Is.EqualTo(new[] { "abc", "abc" }));
    }

    [Test]
    public void JoiningFromInsideTheDisposalOfTheGraceTimer_IsToldTheEnd()
    {
        PullConsumer<string>? late = null;
        SharedStream<string> shared = null!;
        var scheduler = new Handing(() => late ??= All(shared));
        var source = Pull("a--|");
        shared = source.Share(history: 1, grace: TimeSpan.FromSeconds(1), scheduler: scheduler);
        var first = _clock.Consume(shared);
        _ = first.Ask();
        _ = first.Ask();
        _clock.At(1, () => _ = first.Leave());
        _clock.Start();
        Assert.That(Show(late!), Is.EqualTo("3:a 3:|"));
    }

    /// <summary>Its timers never ring.</summary>
    private sealed class Handing(Action onDisposed) : LocalScheduler
    {
        public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) => Disposable.Create(onDisposed);
    }

    [Test]
    public void LeavingFromInsideTheSourcesRead_CancelsIt_AndIsWaitedFor()
    {
        IAsyncEnumerator<int> reading = null!;
        Task? leaving = null;
        var source = new Calling();
        var shared = source.Share();
        reading = shared.GetAsyncEnumerator();
        var reads = ReadTwice();
        source.OnRead = () => leaving = reading.DisposeAsync().AsTask();
        source.Land();
        Assert.That((source.IsCancelled, source.Disposals), Is.EqualTo((true, 1)));
        Assert.That((reads.IsCompletedSuccessfully && !reads.Result, leaving!.IsCompletedSuccessfully), Is.EqualTo((true, true)));
        Assert.That(shared.ConsumerCount, Is.Zero);

        async Task<bool> ReadTwice() => await reading.MoveNextAsync() && await reading.MoveNextAsync();
    }

    /// <summary>Whoever is told something joins a new consumer, leaves, and asks at once; nobody misses or repeats anything.</summary>
    [Test]
    public void JoiningLeavingAndAsking_FromInsideAFunction([Values("seed", "add", "dropped", "item", "end", "merge")] string where, [Values] bool leaves)
    {
        SharedStream<string> shared = null!;
        PullConsumer<string>? late = null, leaver = null;
        var source = Pull("-abcde|");
        shared = source.Share((x, y) =>
        {
            Act("merge");
            return x + y;
        });
        var first = All(shared);
        leaver = _clock.Consume(shared.Join(9));
        _ = leaver.Ask();
        var busy = _clock.Consume(shared.JoinConflated(
            x =>
            {
                Act("seed");
                return x;
            },
            (x, y) =>
            {
                Act("add");
                return x + y;
            })).AskAt(0, 4, 9, 9);
        var dropping = _clock.Consume(shared.Join(1, Overflow.DropOldest, _ => Act("dropped"))).AskAt(0, 9, 9);
        using var observer = shared.AsObservable().Subscribe(_ => Act("item"), () => Act("end"));
        _clock.Start();

        Assert.That((string.Concat(first.Items), string.Concat(busy.Items), string.Concat(dropping.Items)), Is.EqualTo(("abcde", "abcde", "ae")));
        Assert.That(string.Concat(late!.Items), Is.EqualTo("abcde"));
        Assert.That(leaves || !leaver.HasEnded, Is.True);
        FlowAssert.Clean(source, 6);
        Assert.That((source.Enumerations.Count, source.Reads.Count), Is.EqualTo((1, 6)));

        void Act(string here)
        {
            if (here != where || late is not null)
                return;

            late = _clock.Consume(shared);
            _ = late.AskForAll();
            if (leaves)
                _ = leaver!.Leave();
        }
    }

    [Test]
    public void AskingFromInsideOnesOwnAdd_WaitsForIt()
    {
        var shared = Pull("-abc|").Share();
        _ = All(shared);
        PullConsumer<string> busy = null!;
        Task? asking = null;
        busy = _clock.Consume(shared.JoinConflated(x => x, (x, y) =>
        {
            asking ??= busy.Ask();
            return x + y;
        })).AskAt(0, 8);
        _clock.AdvanceToFrame(3);
        Assert.That((Show(busy), asking!.IsCompletedSuccessfully), Is.EqualTo(("1:a 3:bc", true)));
    }

    [TestCase("GetAsyncEnumerator")]
    [TestCase("MoveNextAsync")]
    [TestCase("DisposeAsync")]
    public void JoiningAndAskingFromInsideTheSource(string where)
    {
        SharedStream<string> shared = null!;
        PullConsumer<string>? late = null;
        var source = new Around(Pull("[abc|]"), here =>
        {
            if (here != where || late is not null)
                return;

            late = _clock.Consume(shared.Join(8));
            _ = late.AskForAll();
        });
        shared = source.Share(history: 9);
        var first = All(shared.Join(8));
        _clock.Start();
        Assert.That((Show(first), Show(late!)), Is.EqualTo(("0:a 0:b 0:c 0:|", "0:a 0:b 0:c 0:|")));
        Assert.That(shared.ConsumerCount, Is.Zero);
    }

    [Test]
    public void ASourceThatThrows_FailsAll_Once([Values("GetAsyncEnumerator", "MoveNextAsync", "DisposeAsync")] string where)
    {
        var shared = new Around(Pull("[ab|]"), here =>
        {
            if (here == where)
                throw Marbles.Failure;
        }).Share(history: 9);
        var consumers = new List<PullConsumer<string>> { All(shared.Join(8)), All(shared.JoinConflated((x, y) => x + y)) };
        _clock.Start();
        consumers.Add(All(shared));
        _clock.Start();
        var expected = where == "DisposeAsync" ? "ab" : "";
        foreach (var consumer in consumers)
        {
            Assert.That(string.Concat(consumer.Items), Is.EqualTo(expected));
            Assert.That(consumer.Received[^1].Notification.Exception, Is.SameAs(Marbles.Failure));
        }

        Assert.That(shared.ConsumerCount, Is.Zero);
    }

    /// <summary>A source, and what happens inside its calls.</summary>
    private sealed class Around(IAsyncEnumerable<string> source, Action<string> inside) : IAsyncEnumerable<string>, IAsyncEnumerator<string>
    {
        private IAsyncEnumerator<string> _reading = null!;

        public string Current => _reading.Current;

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            inside("GetAsyncEnumerator");
            _reading = source.GetAsyncEnumerator(cancellationToken);
            return this;
        }

        public ValueTask<bool> MoveNextAsync()
        {
            inside("MoveNextAsync");
            return _reading.MoveNextAsync();
        }

        public ValueTask DisposeAsync()
        {
            inside("DisposeAsync");
            return _reading.DisposeAsync();
        }
    }

    // Many

    [Test]
    [Category(Categories.Long)]
    public void AMillionItemsThatAreReady_NeedNoStack()
    {
        const int count = 1_000_000;
        var shared = Numbers().Share();
        var readings = Enumerable.Range(1, 3).Select(i => shared.Join(i).GetAsyncEnumerator()).ToArray();
        var sums = readings.Select(Sum).ToArray();
        Assert.That(sums.Select(sum => sum.GetAwaiter().GetResult()), Is.All.EqualTo((long)count * (count - 1) / 2));
        Assert.That(shared.ConsumerCount, Is.Zero);

        static async Task<long> Sum(IAsyncEnumerator<int> reading)
        {
            long sum = 0;
            while (await reading.MoveNextAsync().ConfigureAwait(false))
                sum += reading.Current;
            await reading.DisposeAsync().ConfigureAwait(false);
            return sum;
        }

        static async IAsyncEnumerable<int> Numbers()
        {
            await Task.CompletedTask;
            for (var i = 0; i < count; i++)
                yield return i;
        }
    }

    /// <summary>Calls back from its reads, which wait until they land or are cancelled.</summary>
    private sealed class Calling : IAsyncEnumerable<int>, IAsyncEnumerator<int>, IValueTaskSource<bool>
    {
        private CancellationToken _token;
        private ManualResetValueTaskSourceCore<bool> _read;

        public Action OnRead { get; set; } = () => { };

        public int Disposals { get; private set; }

        public bool IsCancelled => _token.IsCancellationRequested;

        public int Current { get; private set; }

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            _token = cancellationToken;
            _token.Register(() => _read.SetException(new OperationCanceledException(_token)));
            return this;
        }

        public ValueTask<bool> MoveNextAsync()
        {
            OnRead();
            _read.Reset();
            return new ValueTask<bool>(this, _read.Version);
        }

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return default;
        }

        public void Land()
        {
            Current++;
            _read.SetResult(true);
        }

        bool IValueTaskSource<bool>.GetResult(short token) => _read.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _read.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _read.OnCompleted(continuation, state, token, flags);
    }

    [Test]
    public void WhoLeavesLast_WhileTheSourceIsDisposedAfterItsEnd_IsToldThatItFailed()
    {
        var count = HedgeTests.Unobserved(() =>
        {
            SetUp();
            var source = Pull("a|");
            (source.DisposalFrames, source.DisposalFailure) = (3, Marbles.Failure);
            var consumer = _clock.Consume(source.Share()).AskAt(0, 0);
            Task? leaving = null;
            _clock.At(2, () => leaving = consumer.Leave());
            _clock.AdvanceToFrame(3);
            Assert.That(leaving!.IsCompleted, Is.False);
            _clock.Start();
            Assert.That(leaving.Exception?.InnerException, Is.SameAs(Marbles.Failure));
        });
        Assert.That(count, Is.Zero);
    }

    // Consumers that throw

    [Test]
    public void AnObserverThatThrowsAtItsFailure_IsNoAffairOfTheOthers()
    {
        // As from an async void: to the context that the item lands in; without one it would end the process, as everywhere in Rx.
        var context = new Posts();
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            var source = new Calling();
            var shared = source.Share();
            shared.JoinConflated<int>(_ => throw new NotSupportedException(), (x, _) => x).AsObservable().Subscribe(_ => { }); // no onError: it throws
            var others = new List<int>();
            using var other = shared.AsObservable().Subscribe(others.Add);
            source.Land();
            source.Land();
            Assert.That(others, Is.EqualTo(new[] { 1, 2 }));
            Assert.That(context.Failures.Single(), Is.TypeOf<NotSupportedException>());
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private sealed class Posts : SynchronizationContext
    {
        public List<Exception> Failures { get; } = [];

        public override void Post(SendOrPostCallback d, object? state)
        {
            try
            {
                d(state);
            }
            catch (Exception failure)
            {
                Failures.Add(failure);
            }
        }
    }
}
