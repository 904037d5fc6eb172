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
        var first = _clock.Consume(shared.Join(4), cancellation.Token).AskAt(0, 2);
        var second = _clock.Consume(shared.Join(4)).AskAt(0);
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
