using System.Diagnostics;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>
/// While a timer of the query brings a result, the query is inside its own call: an operator that is fed from there, on the same thread, may
/// take the item for one that it has just said (Rx's <c>Buffer</c> adds it to the list that is on its way, <c>Throttle</c> forgets it).
/// </summary>
public class QueriesThatSpeakTests
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private static IEnumerable<TestCaseData> Timed()
    {
        yield return Case("Buffer", (o, clock) => o.Buffer(Period, clock).Select(list => string.Join("", list)));
        yield return Case("Throttle", (o, clock) => o.Throttle(Period, clock));
        yield return Case("Sample", (o, clock) => o.Sample(Period, clock));

        static TestCaseData Case(string name, Func<IObservable<string>, IScheduler, IObservable<string>> query) =>
            new TestCaseData(query).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Timed))]
    public void AnItemThatLandsInsideATimersCall_IsPushedAfterIt(Func<IObservable<string>, IScheduler, IObservable<string>> query)
    {
        using var context = new PostQueue();
        var clock = new HistoricalScheduler();
        var source = new HandSource();
        var said = new List<string>();
        var consuming = Consume(source.Through(o => query(o, clock)), result =>
        {
            said.Add(result);
            if (said.Count == 1)
                source.Say("b"); // whose read is pending, and lands inside the timer's call
        });

        source.Say("a");
        for (var i = 0; i < 3 && said.Count(text => text.Length > 0) < 2; i++)
        {
            clock.AdvanceBy(Period);
            context.Drain();
        }

        Assert.That(said.Where(text => text.Length > 0), Is.EqualTo(new[] { "a", "b" }));
        source.End();
        clock.AdvanceBy(Period); // Sample says its end at the next one
        Assert.That(consuming.IsCompletedSuccessfully, Is.True);
    }

    [TestCaseSource(nameof(Timed))]
    public void AnEndThatComesInsideATimersCall_IsToldAfterIt(Func<IObservable<string>, IScheduler, IObservable<string>> query)
    {
        using var context = new PostQueue();
        var clock = new HistoricalScheduler();
        var source = new HandSource();
        var said = new List<string>();
        var consuming = Consume(source.Through(o => query(o, clock)), result =>
        {
            said.Add(result);
            if (said.Count == 1)
                source.End();
        });

        source.Say("a");
        clock.AdvanceBy(Period);
        context.Drain();
        clock.AdvanceBy(Period); // Sample says its end at the next one

        Assert.That(said.Where(text => text.Length > 0), Is.EqualTo(new[] { "a" }), "not said twice");
        Assert.That(consuming.IsCompletedSuccessfully, Is.True);
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [Test]
    public void AnEndThatComesInsideATimersCall_WhereTheConsumerPumpsItsContext_IsToldAfterIt()
    {
        using var context = new PostQueue();
        var clock = new HistoricalScheduler();
        var source = new HandSource();
        var said = new List<string>();
        async Task Read()
        {
            await using var reading = source.Through(o => o.Buffer(Period, clock)).GetAsyncEnumerator();
            await reading.MoveNextAsync().ConfigureAwait(false);
            said.AddRange(reading.Current);
            source.End();
            var next = reading.MoveNextAsync();
            context.Drain(); // a message box, say: still inside the timer's call
            while (await next.ConfigureAwait(false))
                next = reading.MoveNextAsync();
        }

        var consuming = Read();
        source.Say("a");
        clock.AdvanceBy(Period);
        context.Drain();

        Assert.That(said, Is.EqualTo(new[] { "a" }));
        Assert.That(consuming.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public async Task AnItemThatLandsInsideATimersCall_WithoutAContext_ComesOnThePool()
    {
        var clock = new HistoricalScheduler();
        var source = new HandSource();
        var said = new List<string>();
        var consuming = Consume(source.Through(o => o.Buffer(Period, clock)), list =>
        {
            said.AddRange(list);
            if (said.Count == 1)
                source.Say("b");
            else
                source.End();
        });

        source.Say("a");
        for (var waited = Stopwatch.StartNew(); !consuming.IsCompleted && waited.Elapsed < TimeSpan.FromSeconds(10); await Task.Delay(1))
            clock.AdvanceBy(Period);

        Assert.That(consuming.IsCompletedSuccessfully, Is.True);
        Assert.That(said, Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public void AConsumerThatLeavesInsideATimersCall_LeavesNothingBehind()
    {
        using var context = new PostQueue();
        var clock = new HistoricalScheduler();
        var source = new HandSource();
        var reading = source.Through(o => o.Buffer(Period, clock)).GetAsyncEnumerator();
        var leaving = Task.CompletedTask;
        async Task Read()
        {
            await reading.MoveNextAsync().ConfigureAwait(false);
            source.Say("b");
            leaving = reading.DisposeAsync().AsTask();
        }

        _ = Read();
        source.Say("a");
        clock.AdvanceBy(Period);
        context.Drain();

        Assert.That(leaving.IsCompletedSuccessfully, Is.True);
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    private static IEnumerable<TestCaseData> OddContexts()
    {
        yield return new TestCaseData(new OddContext(static (d, state) => d(state))).SetArgDisplayNames("runs at once what is posted");
        yield return new TestCaseData(new OddContext(static (_, _) => throw new ObjectDisposedException("window"))).SetArgDisplayNames("throws");
    }

    [TestCaseSource(nameof(OddContexts))]
    [CancelAfter(30_000)]
    public async Task UnderAContextOfNoUse_WhatLandsInsideATimersCall_ComesOnThePool(SynchronizationContext context, CancellationToken tooLong)
    {
        var clock = new HistoricalScheduler();
        var source = new HandSource();
        var said = new List<string>();
        // No query that switches at its timer: what comes on another thread may fall between the two.
        var consuming = Consume(source.Through(o => o.Buffer(Period, clock).Merge(o.Buffer(1).Skip(1)).Take(2)), list =>
        {
            said.AddRange(list);
            if (said.Count == 1)
                source.Say("b");
        });

        Advance();
        await consuming.WaitAsync(tooLong);
        Assert.That(said, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(source.Disposals, Is.EqualTo(1));

        void Advance() => OnAThreadWith(context, () =>
        {
            source.Say("a");
            clock.AdvanceBy(Period);
        });
    }

    [TestCaseSource(nameof(OddContexts))]
    [CancelAfter(30_000)]
    public async Task UnderAContextOfNoUse_AnEndThatComesInsideATimersCall_IsTold(SynchronizationContext context, CancellationToken tooLong)
    {
        var clock = new HistoricalScheduler();
        var source = new HandSource();
        var said = new List<string>();
        var consuming = Consume(source.Through(o => o.Throttle(Period, clock)), result =>
        {
            said.Add(result);
            source.End();
        });

        OnAThreadWith(context, () =>
        {
            source.Say("a");
            clock.AdvanceBy(Period);
        });
        await consuming.WaitAsync(tooLong);
        Assert.That(said, Is.EqualTo(new[] { "a" }));
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    /// <summary>What was held back, and what came after it, have been told when the context comes to it.</summary>
    [Test]
    public void AContextThatIsLate_DoesNotTellTheEndAgain()
    {
        using var context = new PostQueue();
        var source = new HandSource();
        var (ticks, again) = (new Subject<string>(), new Subject<string>());
        var reading = source.Through(o => o.Catch((FormatException _) => again.SelectMany(_ => o)).Merge(ticks)).GetAsyncEnumerator();
        async Task Read()
        {
            await reading.MoveNextAsync().ConfigureAwait(false);
            source.Say("a");
        }

        _ = Read();
        ticks.OnNext("tick");
        var second = reading.MoveNextAsync();
        Assert.That((second.IsCompletedSuccessfully, reading.Current), Is.EqualTo((true, "a")));
        source.Fail(new FormatException());
        var third = reading.MoveNextAsync().AsTask();
        context.Drain();
        again.OnNext("once more");

        Assert.That(third.Exception?.InnerException, Is.InstanceOf<InvalidOperationException>(), "the source has failed, which the query may not forget");
    }

    [Test]
    public void AnItemThatIsHeldBack_IsLetGoOfWhenTheConsumerLeaves()
    {
        using var context = new PostQueue();
        var (reading, item) = Leave(context);
        for (var i = 0; i < 5 && item.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.That(item.IsAlive, Is.False);
        GC.KeepAlive(reading);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static (object Reading, WeakReference Item) Leave(PostQueue context)
        {
            var source = new HandSource();
            var ticks = new Subject<string>();
            var reading = Open(source, ticks);
            var item = new string('a', 100);
            async Task Read()
            {
                await reading.MoveNextAsync().ConfigureAwait(false);
                source.Say(item);
                await reading.DisposeAsync();
            }

            _ = Read();
            ticks.OnNext("tick");
            context.Drain();
            return (reading, new WeakReference(item));
        }

        // A query with a closure of its own, which does not hold the item too.
        static IAsyncEnumerator<string> Open(HandSource source, Subject<string> ticks) => source.Through(o => o.Merge(ticks)).GetAsyncEnumerator();
    }

    [Test]
    public void AQueryThatSpeaksFromTwoThreadsAtOnce_IsToldToSynchronize()
    {
        using var inside = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        IObserver<string>? speaker = null;
        var source = new HandSource();
        var consuming = Consume(source.Through(_ => new RawObservable<string>(observer =>
        {
            speaker = observer;
            return Disposable.Empty;
        })), _ =>
        {
            inside.Set();
            goOn.Wait(TimeSpan.FromSeconds(10));
        });
        var first = new Thread(() => speaker!.OnNext("a")) { IsBackground = true };
        first.Start();
        Assert.That(inside.Wait(TimeSpan.FromSeconds(10)), Is.True);

        var second = new Thread(() => speaker!.OnNext("b")) { IsBackground = true };
        second.Start();
        Assert.That(second.Join(TimeSpan.FromSeconds(10)), Is.True, "the second is not held up");
        goOn.Set();
        Assert.That(first.Join(TimeSpan.FromSeconds(10)), Is.True);
        source.End();

        Assert.That(
            async () => await consuming.WaitAsync(TimeSpan.FromSeconds(10)),
            Throws.InvalidOperationException.With.Message.Contains("Synchronize"));
    }

    [Test]
    public void ALoopThatAnItemBegins_IsLeftWhereverTheStreamEnded()
    {
        var rounds = 0;
        var stream = new ReadySource<int>(i => i, 3).Through(o => new RawObservable<int>(observer => o.Subscribe(_ =>
        {
            observer.OnError(Marbles.Failure);
            while (rounds++ < 1000)
                observer.OnNext(1); // after its end: against Rx's grammar, and endless but for this bound
        })));

        Assert.That(async () => await stream.Drain(), Throws.Exception.SameAs(Marbles.Failure));
        Assert.That(rounds, Is.EqualTo(1));
    }

    private static void OnAThreadWith(SynchronizationContext context, Action work)
    {
        var thread = new Thread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(context);
            work();
        }) { IsBackground = true };
        thread.Start();
        Assert.That(thread.Join(TimeSpan.FromSeconds(10)), Is.True, "it is not held up");
    }

    private static async Task Consume<T>(IAsyncEnumerable<T> stream, Action<T> body)
    {
        await foreach (var item in stream.ConfigureAwait(false))
            body(item);
    }

    /// <summary>Its reads are completed by hand, inside the call that completes them.</summary>
    private sealed class HandSource : IAsyncEnumerable<string>, IAsyncEnumerator<string>, IValueTaskSource<bool>
    {
        private readonly object _gate = new(); // it may be ended on another thread than it is read on
        private ManualResetValueTaskSourceCore<bool> _read;
        private bool _isReading;
        private bool _isEnded;
        private Exception? _failure;

        public int Disposals { get; private set; }

        public string Current { get; private set; } = "";

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            cancellationToken.Register(End);
            return this;
        }

        public ValueTask<bool> MoveNextAsync()
        {
            lock (_gate)
            {
                if (_isEnded)
                    return _failure is null ? new ValueTask<bool>(false) : ValueTask.FromException<bool>(_failure);
                _read.Reset();
                _isReading = true;
                return new ValueTask<bool>(this, _read.Version);
            }
        }

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return default;
        }

        public void Say(string item)
        {
            Current = item;
            Answer(true, isEnd: false);
        }

        public void End() => Answer(false, isEnd: true);

        public void Fail(Exception failure)
        {
            _failure = failure;
            End();
        }

        private void Answer(bool hasItem, bool isEnd)
        {
            lock (_gate)
            {
                _isEnded |= isEnd;
                if (!_isReading)
                    return;

                _isReading = false;
            }

            if (_failure is null)
                _read.SetResult(hasItem);
            else
                _read.SetException(_failure);
        }

        bool IValueTaskSource<bool>.GetResult(short token) => _read.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _read.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _read.OnCompleted(continuation, state, token, flags);
    }

    private sealed class OddContext(Action<SendOrPostCallback, object?> post) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => post(d, state);
    }

    /// <summary>A thread's context, whose posts run when it is drained.</summary>
    private sealed class PostQueue : SynchronizationContext, IDisposable
    {
        private readonly Queue<(SendOrPostCallback Callback, object? State)> _posts = new();
        private readonly SynchronizationContext? _before = Current;

        public PostQueue() => SetSynchronizationContext(this);

        public override void Post(SendOrPostCallback d, object? state) => _posts.Enqueue((d, state));

        public void Drain()
        {
            while (_posts.TryDequeue(out var post))
                post.Callback(post.State);
        }

        public void Dispose() => SetSynchronizationContext(_before);
    }
}
