using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using NUnit.Framework;
using RxTokens.Tests.Issues;

namespace RxTokens.Tests;

/// <summary>A stop that keeps what was read, with what public reports of such operators complain of (ST).</summary>
public class TakeUntilTests
{
    private VirtualClock _clock = null!;
    private CancellationTokenSource _stop = null!;

    [SetUp]
    public void SetUp() => (_clock, _stop) = (new VirtualClock(), new CancellationTokenSource());

    [TearDown]
    public void TearDown() => _stop.Dispose();

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private PullConsumer<T> All<T>(IAsyncEnumerable<T> stream, CancellationToken cancellationToken = default) => FlowAssert.All(_clock, stream, cancellationToken);

    // Arguments

    [Test]
    public void Null_IsRefused()
    {
        IAsyncEnumerable<string> none = null!;
        Assert.That(() => none.TakeUntil(_stop.Token), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
    }

    // What was read arrives

    [MarbleOf("TakeUntil")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        using var stop = new CancellationTokenSource();
        m.At(rows["stop"].IndexOf('x', StringComparison.Ordinal), stop.Cancel);
        m.Expect(m.Pull(rows["source"]).TakeUntil(stop.Token)).ToBe(rows["result"]);
        m.Flush();
    });

    [Test]
    public void ST01_WhatWaitsBehindIt_Arrives()
    {
        var source = Pull("a-b-c-d-e|");
        _clock.At(5, _stop.Cancel);
        var consumer = _clock.Consume(source.TakeUntil(_stop.Token).Buffered(8)).AskAt(0, 10, 10, 10);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 10:b 10:c 10:|"));
        Assert.That((source.Reads.Count, source.Cancellations.Single()), Is.EqualTo((4, 5)));
        FlowAssert.Clean(source, 5);
    }

    [Test]
    public void WhatWaitsBeforeIt_CountsAsNotRead()
    {
        var source = Pull("a-b-c-d-e|");
        _clock.At(5, _stop.Cancel);
        var consumer = _clock.Consume(source.Buffered(8).TakeUntil(_stop.Token)).AskAt(0, 10);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 10:|"));
        FlowAssert.Clean(source, 10);
    }

    [Test]
    public void ST03_AnItemThatLandsWhileTheStopWaitsForTheRead_Arrives()
    {
        using var counters = new Counters();
        var source = Pull("a-----b|");
        source.IgnoresCancellation = true;
        _clock.At(3, _stop.Cancel);
        var consumer = All(source.TakeUntil(_stop.Token));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 6:b 6:|"));
        Assert.That((source.Reads.Count, source.Cancellations.Single()), Is.EqualTo((2, 3)));
        Assert.That(counters.Dropped, Is.Zero);
        FlowAssert.Clean(source, 6);
    }

    [Test]
    public void ST03_AStopAtEveryInstant_TellsAllThatWasRead([Values] bool isDeaf, [Range(0, 9)] int frame)
    {
        var given = 0;
        var source = Pull("a--b-cd-e|");
        source.IgnoresCancellation = isDeaf;
        _clock.At(frame, _stop.Cancel);
        var consumer = All(source.Counted(() => given++).TakeUntil(_stop.Token));
        _clock.Start();

        Assert.That(consumer.Items, Has.Count.EqualTo(given));
        Assert.That(consumer.Received[^1].Notification.Kind, Is.EqualTo(System.Reactive.NotificationKind.OnCompleted));
        Assert.That(source.Violations, Is.Empty);
        Assert.That(source.Disposals, Has.Count.EqualTo(source.Enumerations.Count));
    }

    [Test]
    public void ST03_InWhateverOrder_NoItemThatWasReadIsLost()
    {
        var told = new HashSet<string>();
        MarbleTest.Explore(m =>
        {
            using var stop = new CancellationTokenSource();
            var given = 0;
            var source = m.Pull("a--b--c|");
            var consumer = m.Clock.Consume(source.Counted(() => given++).TakeUntil(stop.Token));
            m.At(0, () => _ = consumer.AskForAll());
            m.At(3, stop.Cancel);
            m.Flush();

            told.Add(Marbles.Show(consumer.Received));
            Assert.That(consumer.Items, Has.Count.EqualTo(given));
            Assert.That(source.Disposals, Has.Count.EqualTo(1));
        });

        Assert.That(told, Is.EquivalentTo(new[] { "0:a 3:|", "0:a 3:b 3:|" }));
    }

    [Test]
    public void StoppedWhileTheConsumerIsBusy_CancelsAtOnce_AndEndsWhenItComesBack()
    {
        var source = Pull("ab|");
        _clock.At(3, _stop.Cancel);
        var consumer = _clock.Consume(source.TakeUntil(_stop.Token)).AskAt(0, 9);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 9:|"));
        Assert.That(source.Cancellations, Is.EqualTo(new[] { 3 }));
        FlowAssert.Clean(source, 9);
    }

    [Test]
    public void AnItem_LivesUntilTheConsumerComesBack()
    {
        var reading = new LeasingSource(Pull("ab|")).TakeUntil(_stop.Token).GetAsyncEnumerator();
        Assert.That(reading.MoveNextAsync().Result, Is.True);
        var item = reading.Current;
        _stop.Cancel();

        Assert.That(item.IsAlive, Is.True);
        Assert.That(reading.MoveNextAsync().Result, Is.False);
        Assert.That(item.IsAlive, Is.False);
    }

    [Test]
    public void ASlowCleanUp_IsAwaited_AndAFailingOneIsTold()
    {
        var source = Pull("a------b|");
        source.DisposalFrames = 4;
        source.DisposalFailure = Marbles.Failure;
        _clock.At(3, _stop.Cancel);
        var consumer = All(source.TakeUntil(_stop.Token));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 7:#InvalidDataException"));
        FlowAssert.Clean(source, 3);
    }

    [Test]
    public void ASourceThatEndsQuietlyWhenItIsCancelled_HasEnded()
    {
        _clock.At(3, _stop.Cancel);
        var consumer = All(Quiet().TakeUntil(_stop.Token));
        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 3:|"));

        static async IAsyncEnumerable<string> Quiet([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return "a";
            var cancelled = new TaskCompletionSource();
            using var registration = cancellationToken.Register(cancelled.SetResult);
            await cancelled.Task;
        }
    }

    [Test]
    public async Task ASourceThatIsAlwaysReady_IsStopped()
    {
        var source = new ReadySource<int>(i => i < 100_000 ? i : throw new InvalidOperationException("It reads on for ever."));
        var count = 0;
        await foreach (var item in source.TakeUntil(_stop.Token))
        {
            if (++count == 1000)
                await _stop.CancelAsync();
        }

        Assert.That((count, source.Reads, source.Disposals), Is.EqualTo((1000, 1000, 1)));
    }

    // Failures

    [Test]
    public void ST05_ACancellationOfTheSourcesOwn_IsAFailure([Values(0, 5)] int stopsAt)
    {
        var failure = new TaskCanceledException("a time limit of its own");
        var source = _clock.Pull([Marble.Next<string>(0, "a"), Marble.Error<string>(2, failure)]);
        if (stopsAt > 0)
            _clock.At(stopsAt, _stop.Cancel);
        var consumer = All(source.TakeUntil(_stop.Token));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 2:#TaskCanceledException"));
        Assert.That(consumer.Received[1].Notification.Exception, Is.SameAs(failure));
        FlowAssert.Clean(source, 2);
    }

    [Test]
    public void ST06_AFailureThatWasReadBeforeTheStop_IsTold()
    {
        var source = Pull("abc#");
        _clock.At(5, _stop.Cancel);
        var consumer = _clock.Consume(source.TakeUntil(_stop.Token).Buffered(8)).AskAt(0, 10, 10, 10);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 10:b 10:c 10:#InvalidDataException"));
        FlowAssert.Clean(source, 3);
    }

    [Test]
    public void AnotherFailureThanACancellation_WithWhichTheReadAnswersTheStop_IsTold()
    {
        var source = Pull("a-----#");
        source.IgnoresCancellation = true;
        _clock.At(3, _stop.Cancel);
        var consumer = All(source.TakeUntil(_stop.Token));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 6:#InvalidDataException"));
        FlowAssert.Clean(source, 6);
    }

    [Test]
    public void AStopAfterTheEnd_ChangesNothing([Values("a|", "a#")] string diagram)
    {
        var source = Pull(diagram);
        _clock.At(5, _stop.Cancel);
        var consumer = All(source.TakeUntil(_stop.Token));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(diagram == "a|" ? "0:a 1:|" : "0:a 1:#InvalidDataException"));
        Assert.That(source.Cancellations, Is.Empty);
        FlowAssert.Clean(source, 1);
    }

    /// <summary>The source has ended by itself: there is nothing to stop, and what it still awaits must not fail.</summary>
    [TestCase("a|", "0:a 6:|")]
    [TestCase("a#", "0:a 6:#InvalidDataException")]
    public void AStopWhileTheSourceCleansUp_LeavesItInPeace(string diagram, string expected)
    {
        var source = new FlushingSource(_clock, Pull(diagram));
        _clock.At(3, _stop.Cancel);
        var consumer = All(source.TakeUntil(_stop.Token));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(expected));
        Assert.That(source.IsCancelled, Is.False);
    }

    /// <summary>What it does at the end takes five frames, and gives way to its token.</summary>
    private sealed class FlushingSource(VirtualClock clock, IAsyncEnumerable<string> items) : IAsyncEnumerable<string>
    {
        private CancellationToken _token;

        public bool IsCancelled => _token.IsCancellationRequested;

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            _token = cancellationToken;
            return new Enumerator(this, items.GetAsyncEnumerator(CancellationToken.None));
        }

        private sealed class Enumerator(FlushingSource source, IAsyncEnumerator<string> items) : IAsyncEnumerator<string>
        {
            public string Current => items.Current;

            public ValueTask<bool> MoveNextAsync() => items.MoveNextAsync();

            public ValueTask DisposeAsync() => new(source.Flush());
        }

        private Task Flush() => clock.Delay(TimeSpan.FromMilliseconds(5), _token);
    }

    // The two tokens

    [Test]
    public void BothTokens_Fail([Values] bool stopsFirst, [Values] bool isDeaf, [Values] bool atOnce)
    {
        using var cancellation = new CancellationTokenSource();
        var source = Pull("a------b|");
        source.IgnoresCancellation = isDeaf;
        _clock.At(3, stopsFirst ? _stop.Cancel : cancellation.Cancel);
        _clock.At(atOnce || !isDeaf ? 3 : 5, stopsFirst ? cancellation.Cancel : _stop.Cancel);
        var consumer = All(source.TakeUntil(_stop.Token), cancellation.Token);
        _clock.Start();

        // A stop that the source answers at once has completed the stream before somebody cancels it.
        var hasCompleted = stopsFirst && !isDeaf;
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(hasCompleted ? "0:a 3:|" : $"0:a {(isDeaf ? 7 : 3)}:#OperationCanceledException"));
        if (!hasCompleted)
            Assert.That(((OperationCanceledException)consumer.Received[1].Notification.Exception!).CancellationToken, Is.EqualTo(cancellation.Token));
        FlowAssert.Clean(source, isDeaf ? 7 : 3);
    }

    [Test]
    public void OneTokenAsBoth_Fails()
    {
        var source = Pull("a------b|");
        _clock.At(3, _stop.Cancel);
        var consumer = All(source.TakeUntil(_stop.Token), _stop.Token);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 3:#OperationCanceledException"));
        FlowAssert.Clean(source, 3);
    }

    [Test]
    public void StoppedBeforeTheStart_EnumeratesNothing()
    {
        _stop.Cancel();
        foreach (var over in new Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>>[] { s => s, s => s.Through(o => o), s => s.Buffered(4) })
        {
            var source = Pull("abc|");
            var consumer = All(over(source).TakeUntil(_stop.Token));
            _clock.Start();

            Assert.That(consumer.Received.Single().Notification.Kind, Is.EqualTo(System.Reactive.NotificationKind.OnCompleted));
            Assert.That(source.Enumerations, Is.Empty);
            SetUpClock();
        }
    }

    private void SetUpClock() => _clock = new VirtualClock();

    [Test]
    public void BothBeforeTheStart_Fails()
    {
        using var cancellation = new CancellationTokenSource();
        _stop.Cancel();
        cancellation.Cancel();
        var source = Pull("abc|");
        var consumer = All(source.TakeUntil(_stop.Token), cancellation.Token);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#OperationCanceledException"));
        Assert.That(source.Enumerations, Is.Empty);
    }

    /// <summary>Callbacks run last first: that of the source, registered later, before the operator's own.</summary>
    [Test]
    public void ASourceThatHasTheStopsTokenItself_Completes()
    {
        _clock.At(3, _stop.Cancel);
        var consumer = All(Reading(_stop.Token).TakeUntil(_stop.Token));
        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 3:|"));

        async IAsyncEnumerable<string> Reading(CancellationToken stop, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return "a";
            await _clock.Delay(TimeSpan.FromHours(1), stop);
        }
    }

    [Test]
    public void AConsumerThatAsksInsideTheStop_BeforeTheOperatorHears_ReadsNoMore()
    {
        var source = new ReadySource<int>(i => i);
        var reading = source.TakeUntil(_stop.Token).GetAsyncEnumerator();
        Assert.That(reading.MoveNextAsync().Result, Is.True);
        bool? hasMore = null;
        using var first = _stop.Token.Register(() => hasMore = reading.MoveNextAsync().Result);
        _stop.Cancel();

        Assert.That((hasMore, source.Reads, source.Disposals), Is.EqualTo((false, 1, 1)));
    }

    [Test]
    public void WhatHasEnded_IsNotKeptByTheStopsToken([Values] bool ends)
    {
        using var counting = new CancellationTokenSource();
        for (var i = 0; i < 3; i++)
        {
            var (stream, left) = Finished(counting.Token, ends);
            GC.Collect();
            Assert.That(left.TryGetTarget(out _), Is.False, "the stop's token keeps what has ended");
            Assert.That(stream, Is.Not.Null);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static (object Stream, WeakReference<object> Left) Finished(CancellationToken stop, bool ends)
        {
            var stream = new ReadySource<int>(i => i, 3).TakeUntil(stop);
            var reading = stream.GetAsyncEnumerator();
            while (reading.MoveNextAsync().Result && ends)
            {
            }

            if (!ends)
                reading.DisposeAsync().AsTask().Wait();
            return (stream, new WeakReference<object>(reading));
        }
    }

    [Test]
    public void ATokenThatCannotBeCancelled_ChangesNothing()
    {
        var source = Pull("a-b|");
        var consumer = All(source.TakeUntil(CancellationToken.None));
        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 2:b 3:|"));
        FlowAssert.Clean(source, 3);
    }

    // Left

    [TestCase(true)]
    [TestCase(false)]
    public void LeftDuringTheReadThatTheStopWaitsFor_DropsItsItem(bool isDeaf)
    {
        using var counters = new Counters();
        var source = Pull("------a|");
        source.IgnoresCancellation = isDeaf;
        var consumer = _clock.Consume(source.TakeUntil(_stop.Token)).AskAt(0);
        Task? leaving = null;
        _clock.At(2, () => leaving = consumer.Leave());
        _clock.At(3, _stop.Cancel);
        _clock.Start();

        Assert.That(leaving!.IsCompletedSuccessfully, Is.True);
        Assert.That(counters.Dropped, Is.EqualTo(isDeaf ? 1 : 0));
        Assert.That(consumer.Items, Is.Empty);
        FlowAssert.Clean(source, isDeaf ? 6 : 2);
    }

    // Called from inside

    [Test]
    public void StoppedFromInsideTheSourcesRead_TellsItsItem()
    {
        var source = new ReadySource<int>(i =>
        {
            if (i == 2)
                _stop.Cancel();
            return i;
        });
        var consumer = All(source.TakeUntil(_stop.Token));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:0 0:1 0:2 0:|"));
        Assert.That((source.Reads, source.Disposals, source.IsCancelled), Is.EqualTo((3, 1, true)));
    }

    [Test]
    public void StoppedFromInsideTheConsumersContinuation_Ends()
    {
        var source = Pull("--a--b|");
        var consumer = _clock.Consume(source.TakeUntil(_stop.Token));
        _clock.At(0, async () =>
        {
            await consumer.Ask();
            Stop();
            await consumer.Ask();
        });

        // Not CancelAsync, which would go to the pool.
        void Stop() => _stop.Cancel();

        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("2:a 2:|"));
        FlowAssert.Clean(source, 2);
    }

    [Test]
    public void StoppedAndLeftInsideTheSourcesRead_Ends()
    {
        IAsyncEnumerator<int>? reading = null;
        ValueTask? leaving = null;
        var source = new ReadySource<int>(i =>
        {
            _stop.Cancel();
            leaving = reading!.DisposeAsync();
            return i;
        });
        reading = source.TakeUntil(_stop.Token).GetAsyncEnumerator();

        Assert.That(reading.MoveNextAsync().Result, Is.False);
        Assert.That(leaving!.Value.IsCompletedSuccessfully, Is.True);
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((1, 1)));
    }

    /// <summary>Whoever runs the stage is inside the source: the stop does not wait for it.</summary>
    [Test]
    public void StoppedWhileTheSourceBlocksItsThread_CancelsItsToken()
    {
        using var isInside = new ManualResetEventSlim();
        var source = new BlockingSource(isInside);
        var reading = Task.Run(() => source.TakeUntil(_stop.Token).GetAsyncEnumerator().MoveNextAsync().AsTask());
        Assert.That(isInside.Wait(TimeSpan.FromSeconds(10)), Is.True);
        _stop.Cancel();

        Assert.That(reading.Wait(TimeSpan.FromSeconds(10)), Is.True, "it still blocks");
        Assert.That(reading.Result, Is.False);
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    private sealed class BlockingSource(ManualResetEventSlim isInside) : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        private CancellationToken _token;

        public int Disposals { get; private set; }

        public int Current => 0;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            _token = cancellationToken;
            return this;
        }

        public ValueTask<bool> MoveNextAsync()
        {
            isInside.Set();
            _token.WaitHandle.WaitOne(TimeSpan.FromSeconds(20));
            return ValueTask.FromCanceled<bool>(_token);
        }

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return default;
        }
    }

    // In and around others

    [TestCase("Through", "0:a 3:b 4:|")]
    [TestCase("SelectAwait", "0:a 3:b 4:|")]
    [TestCase("Conflate", "0:a 3:b 4:|")]
    [TestCase("Detach", "0:a 3:b 4:|")]
    [TestCase("Timeout", "0:a 3:b 4:|")]
    public void InAndAroundEach_AStopKeepsWhatHasArrived(string name, string expected)
    {
        foreach (var isInside in new[] { false, true })
        {
            SetUp();
            var source = Pull("a--b---c|");
            IAsyncEnumerable<string> Other(IAsyncEnumerable<string> s) => name switch
            {
                "Through" => s.Through(o => o.Select(x => x)),
                "SelectAwait" => s.SelectAwait((x, _) => ValueTask.FromResult(x), 2),
                "Conflate" => s.Conflate(),
                "Detach" => s.Detach(),
                _ => s.Timeout(TimeSpan.FromHours(1), TimeSpan.FromHours(1), _clock),
            };
            _clock.At(4, _stop.Cancel);
            var consumer = All(isInside ? Other(source.TakeUntil(_stop.Token)) : Other(source).TakeUntil(_stop.Token));
            _clock.Start();

            Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(expected), $"inside: {isInside}");
            FlowAssert.Clean(source, 4);
        }
    }

    [Test]
    public void BehindDetach_ADeafSourceIsLeftBehind()
    {
        using var counters = new Counters();
        var dropped = new List<string>();
        var source = Pull("a------b|");
        source.IgnoresCancellation = true;
        _clock.At(3, _stop.Cancel);
        var consumer = All(source.Detach(dropped.Add).TakeUntil(_stop.Token));
        _clock.AdvanceToFrame(3);
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 3:|"));
        Assert.That(counters.Orphans, Is.EqualTo(1));

        _clock.Start();
        Assert.That(dropped, Is.EqualTo(new[] { "b" }));
        Assert.That(counters.Orphans, Is.Zero);
        FlowAssert.Clean(source, 7);
    }
}
