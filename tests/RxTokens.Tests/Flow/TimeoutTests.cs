using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;
using NUnit.Framework;
using RxTokens.Tests.Issues;

namespace RxTokens.Tests;

/// <summary>Time limits, with what public reports of such operators complain of (TL).</summary>
public class TimeoutTests
{
    private static readonly TimeSpan Never = Timeout.InfiniteTimeSpan;

    private VirtualClock _clock = null!;
    private CountingScheduler _timers = null!;

    [SetUp]
    public void SetUp() => _timers = new CountingScheduler(_clock = new VirtualClock());

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private static TimeSpan Ms(int frames) => TimeSpan.FromMilliseconds(frames);

    private PullConsumer<T> All<T>(IAsyncEnumerable<T> stream, CancellationToken cancellationToken = default) => FlowAssert.All(_clock, stream, cancellationToken);

    private void AssertClean<T>(PullProbe<T> source, int disposals = 1)
    {
        Assert.That(source.Disposals, Has.Count.EqualTo(disposals));
        Assert.That(source.Violations, Is.Empty);
        Assert.That(_timers.Alive, Is.Zero, "timers that are left");
    }

    // Arguments

    [Test]
    public void Null_IsRefused()
    {
        IAsyncEnumerable<string> none = null!;
        foreach (var (parameter, call) in new (string, Func<object>)[]
        {
            ("source", () => none.Timeout(Ms(1), Ms(1), _clock)),
            ("source", () => none.Timeout(Ms(1), Ms(1), TimeProvider.System)),
            ("scheduler", () => Pull("|").Timeout(Ms(1), Ms(1), (IScheduler)null!)),
            ("timeProvider", () => Pull("|").Timeout(Ms(1), Ms(1), (TimeProvider)null!)),
        })
            Assert.That(call, Throws.ArgumentNullException.With.Property("ParamName").EqualTo(parameter));
    }

    [Test]
    public void TL11_NoTimeAtAll_AndLessThanThat_AreRefusedAtTheCall()
    {
        var source = Pull("a|");
        foreach (var limit in new[] { TimeSpan.Zero, TimeSpan.FromTicks(-1), -Ms(5), TimeSpan.MinValue })
        {
            foreach (var (parameter, call) in new (string, Func<object>)[]
            {
                ("first", () => source.Timeout(limit, Never, _clock)),
                ("between", () => source.Timeout(Never, limit, _clock)),
                ("first", () => source.Timeout(limit, Never, TimeProvider.System)),
                ("between", () => source.Timeout(Never, limit, TimeProvider.System)),
            })
                Assert.That(call, Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo(parameter).And.Property("ActualValue").EqualTo(limit));
        }

        Assert.That(source.Enumerations, Is.Empty);
    }

    // How long

    [Test]
    public void TL11_NoLimit_MakesNoTimer()
    {
        foreach (var limit in new[] { Never, TimeSpan.MaxValue })
        {
            SetUp();
            var source = Pull("-a--b-|");
            var consumer = All(source.Timeout(limit, limit, _timers));
            var other = All(Pull("-a--b-|").Timeout(limit, limit, new ManualTimeProvider()));
            _clock.Start();

            Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:a 4:b 6:|"));
            Assert.That(Marbles.Show(other.Received), Is.EqualTo("1:a 4:b 6:|"));
            Assert.That(_timers.Schedules, Is.Zero);
            AssertClean(source);
        }
    }

    [Test]
    public void TL11_SixtyDays_AreOverAtThatVeryTime()
    {
        var limit = TimeSpan.FromDays(60);
        _timers = new CountingScheduler(_clock = new VirtualClock { MaxVirtualTime = 2 * limit });
        var consumer = All(Pull("").Timeout(limit, Ms(1), _timers));
        _clock.AdvanceBy(limit - TimeSpan.FromTicks(1));
        Assert.That((consumer.IsWaiting, _timers.MostAlive), Is.EqualTo((true, 1)));

        _clock.AdvanceBy(TimeSpan.FromTicks(1));
        Assert.That(consumer.Received.Single().Notification.Exception, Is.InstanceOf<TimeoutException>());
        Assert.That(_timers.Alive, Is.Zero);
    }

    [Test]
    public void TL11_SixtyDays_OfATimeProvider()
    {
        var time = new ManualTimeProvider();
        var consumer = All(Pull("").Timeout(TimeSpan.FromDays(60), Ms(1), time));
        _clock.Start();
        time.Advance(TimeSpan.FromDays(60) - TimeSpan.FromTicks(1));
        Assert.That(consumer.IsWaiting, Is.True);

        time.Advance(TimeSpan.FromTicks(1));
        Assert.That(consumer.Received.Single().Notification.Exception, Is.InstanceOf<TimeoutException>());
        Assert.That(time.Set, Is.Zero);
    }

    [Test]
    public void TL11_SixtyDays_AndAMillionYears_AreNotTooLongForTheSystemsTimers()
    {
        foreach (var limit in new[] { TimeSpan.FromDays(60), TimeSpan.FromDays(10_000_000) })
        {
            var left = new List<PullConsumer<string>>();
            foreach (var stream in new[]
            {
                Pull("---a|").Timeout(limit, limit, DefaultScheduler.Instance),
                Pull("---a|").Timeout(limit, limit, TaskPoolScheduler.Default),
                Pull("---a|").Timeout(limit, limit, TimeProvider.System),
            })
            {
                var consumer = _clock.Consume(stream);
                _ = consumer.AskForAll();
                left.Add(consumer);
            }

            _clock.Start();
            Assert.That(left.Select(c => string.Concat(c.Items)), Is.All.EqualTo("a"));
            Assert.That(left.Select(c => c.Received.Last().Notification.Exception), Is.All.Null);
        }
    }

    [Test]
    public void TheMessage_SaysWhichLimitItWas_AndHowLong()
    {
        var first = All(Pull("").Timeout(TimeSpan.FromSeconds(1.5), Ms(7), _clock));
        var between = All(Pull("a").Timeout(TimeSpan.FromSeconds(1.5), Ms(7), _clock));
        _clock.Start();

        Assert.That(first.Received.Last().Notification.Exception!.Message, Does.Contain("first item").And.Contain("00:00:01.5"));
        Assert.That(between.Received.Last().Notification.Exception!.Message, Does.Contain("between items").And.Contain("00:00:00.007"));
    }

    // What is in time

    [MarbleOf("Timeout<TSource>(IAsyncEnumerable<TSource>, TimeSpan, TimeSpan, IScheduler)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) => m
        .Expect(m.Pull(rows["source"]).Timeout(Ms(4), Ms(5), m.Clock), rows["requests"]).ToBe(rows["result"], error: typeof(TimeoutException)));

    [MarbleOf("Timeout<TSource>(IAsyncEnumerable<TSource>, TimeSpan, TimeSpan, TimeProvider)")]
    public void OfATimeProvider_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) => m
        .Expect(m.Pull(rows["source"]).Timeout(Ms(4), Ms(5), m.TimeProvider), rows["requests"]).ToBe(rows["result"], error: typeof(TimeoutException)));

    [Test]
    public void TL01_AnItemInTheInstantOfTheDeadline_IsInTime()
    {
        var source = Pull("-----a--|");
        var consumer = All(source.Timeout(Ms(5), Never, _timers));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("5:a 8:|"));
        Assert.That(source.Reads, Has.Count.EqualTo(2));
        AssertClean(source);
    }

    [Test]
    public void TL01_InWhateverOrder_EitherTheItemIsToldOrTheTimeIsOver()
    {
        var told = new HashSet<string>();
        using var counters = new Counters();
        MarbleTest.Explore(m =>
        {
            var before = counters.Dropped;
            var source = m.Pull("-----a--|");
            source.IgnoresCancellation = true;
            var consumer = m.Clock.Consume(source.Timeout(Ms(5), Never, m.Clock));
            m.At(0, () => _ = consumer.AskForAll());
            m.Flush();

            var shown = Marbles.Show(consumer.Received);
            told.Add(shown);
            Assert.That(shown, Is.EqualTo("5:a 8:|").Or.EqualTo("5:#TimeoutException"));
            Assert.That(counters.Dropped - before, Is.EqualTo(shown.Contains('#') ? 1 : 0), "an item that is not told is counted");
            Assert.That(source.Disposals, Has.Count.EqualTo(1));
        });

        Assert.That(told, Has.Count.EqualTo(2), "both were tried");
    }

    [Test]
    public void TL03_TheConsumersOwnTimeDoesNotCount()
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("--a--b--|")) { PacedByRequests = true };
        var consumer = _clock.Consume(source.Timeout(Ms(4), Ms(4), _timers)).AskAt(0, 100, 200);
        var alive = new List<int>();
        foreach (var frame in new[] { 1, 3, 50, 99, 102, 104, 150, 199 })
            _clock.At(frame, () => alive.Add(_timers.Alive));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("2:a 103:b 203:|"));
        Assert.That(source.Reads, Has.Count.EqualTo(3));
        Assert.That(alive, Is.EqualTo(new[] { 1, 0, 0, 0, 1, 0, 0, 0 }));
        AssertClean(source);
    }

    [Test]
    public void TL05_LeftInsideTheFirstItem_MakesNoTimer()
    {
        var source = Pull("a-|");
        PullConsumer<string>? consumer = null;
        var unobserved = UnobservedFailures.Of(() =>
        {
            consumer = _clock.Consume(source.Timeout(Ms(3000), Ms(3000), _timers));
            _clock.At(0, async () =>
            {
                await consumer.Ask();
                await consumer.Leave();
            });
            _clock.AdvanceToFrame(10_000);
        });

        Assert.That(Marbles.Show(consumer!.Received), Is.EqualTo("0:a"));
        Assert.That((source.Reads.Count, _timers.Schedules), Is.EqualTo((1, 0)));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 0 }));
        Assert.That(unobserved, Is.Empty);
        AssertClean(source);
    }

    [Test]
    public async Task TL06_ASourceThatIsReady_CostsNoTimer()
    {
        var source = new ReadySource<int>(i => i, 1_000_000);
        var count = 0;
        await foreach (var item in source.Timeout(Ms(1000), Ms(1000), _timers))
            Assert.That(item == count++, Is.True);

        Assert.That((count, _timers.Schedules, source.Disposals), Is.EqualTo((1_000_000, 0, 1)));
    }

    [Test]
    public void TL06_ASourceThatIsNotReady_HasOneTimerAtATime_AndNoneEndsALaterRead()
    {
        var source = new PullProbe<string>(_clock, [.. Enumerable.Range(1, 1000).Select(i => Marble.Next<string>(i * 10, $"{i}")), Marble.End<string>(10_010)]);
        var consumer = All(source.Timeout(Ms(1000), Ms(1000), _timers));
        _clock.Start();

        Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(1, 1000).Select(i => $"{i}")));
        Assert.That(consumer.Received.Last().Notification.Kind, Is.EqualTo(System.Reactive.NotificationKind.OnCompleted));
        Assert.That(_timers.MostAlive, Is.EqualTo(1));
        Assert.That(_timers.Schedules, Is.EqualTo(1001), "one for each read that waits");
        AssertClean(source);
    }

    [Test]
    public void TL06_ATimerThatIsLate_EndsNoLaterRead()
    {
        var late = new LateScheduler();
        var source = Pull("--a-----b|");
        var consumer = All(source.Timeout(Ms(5), Ms(5), late));
        _clock.At(4, () => late.Run(0)); // of the first read, which has returned
        _clock.AdvanceToFrame(4);
        Assert.That((late.Count, consumer.IsWaiting), Is.EqualTo((2, true)));

        // The other way round, too: what the first says after the second changes nothing.
        _clock.At(6, () =>
        {
            late.Run(1);
            late.Run(0);
        });
        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("2:a 6:#TimeoutException"));
    }

    /// <summary>Runs what it is told to, also what has been given up: as a timer whose thread was put aside.</summary>
    private sealed class LateScheduler : IScheduler
    {
        private readonly List<Action> _work = [];

        public DateTimeOffset Now => VirtualClock.Epoch;

        public int Count => _work.Count;

        public void Run(int number) => _work[number]();

        public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => Schedule(state, TimeSpan.Zero, action);

        public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => Schedule(state, TimeSpan.Zero, action);

        public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
        {
            _work.Add(() => action(this, state));
            return System.Reactive.Disposables.Disposable.Empty;
        }
    }

    [TestCase("a", 100, "0:a 5:#TimeoutException")]
    [TestCase("a----|", 100, "0:a 5:|")]
    [TestCase("---|", 5, "3:|")]
    [TestCase("-----|", 5, "5:|")]
    [TestCase("-----#", 5, "5:#InvalidDataException")]
    public void TL10_TheEndIsAnAnswerToo(string diagram, int first, string expected)
    {
        var source = Pull(diagram);
        var consumer = All(source.Timeout(Ms(first), Ms(5), _timers));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(expected));
        AssertClean(source);
    }

    // The order of two operators

    [Test]
    public void TL08_BehindDetach_ItIsPrompt()
    {
        using var counters = new Counters();
        var dropped = new List<string>();
        var source = Pull("----------a|");
        source.IgnoresCancellation = true;
        var consumer = All(source.Detach(x => dropped.Add($"{_clock.Frame}:{x}")).Timeout(Ms(5), Never, _timers));
        _clock.AdvanceToFrame(5);
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("5:#TimeoutException"));
        Assert.That((counters.Orphans, source.Cancellations.Count, source.Disposals.Count), Is.EqualTo((1, 1, 0)));

        _clock.AdvanceToFrame(9);
        Assert.That(counters.Orphans, Is.EqualTo(1));
        _clock.Start();
        Assert.That((counters.Orphans, counters.Dropped), Is.EqualTo((0, 1)));
        Assert.That(dropped, Is.EqualTo(new[] { "10:a" }));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 10 }));
        AssertClean(source);
    }

    [Test]
    public void TL08_InFrontOfDetach_ItWaitsForTheSource()
    {
        using var counters = new Counters();
        var dropped = new List<string>();
        var source = Pull("----------a|");
        source.IgnoresCancellation = true;
        var consumer = All(source.Timeout(Ms(5), Never, _timers).Detach(dropped.Add));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("10:#TimeoutException"));
        Assert.That((counters.MostOrphans, counters.Dropped), Is.EqualTo((0, 1)));
        Assert.That(dropped, Is.Empty);
        Assert.That(source.Disposals, Is.EqualTo(new[] { 10 }));
        AssertClean(source);
    }

    // When the time is over

    [TestCase(true, "6:#TimeoutException", 1)]
    [TestCase(false, "3:#TimeoutException", 0)]
    public void ASource_IsCancelled_Awaited_AndDisposed_BeforeTheFailureIsTold(bool isDeaf, string expected, int dropped)
    {
        using var counters = new Counters();
        var source = Pull("------a|");
        source.IgnoresCancellation = isDeaf;
        var consumer = All(source.Timeout(Ms(3), Never, _timers));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(expected));
        Assert.That(source.Cancellations, Is.EqualTo(new[] { 3 }));
        Assert.That(source.Reads, Has.Count.EqualTo(1));
        Assert.That(counters.Dropped, Is.EqualTo(dropped));
        AssertClean(source);
    }

    [Test]
    public void ASlowCleanUp_IsAwaited()
    {
        var source = Pull("------a|");
        source.DisposalFrames = 4;
        var consumer = All(source.Timeout(Ms(3), Never, _timers));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("7:#TimeoutException"));
        AssertClean(source);
    }

    [Test]
    public void AFailingCleanUp_IsToldBesideTheTimeout()
    {
        var source = Pull("------a|");
        source.DisposalFailure = Marbles.Failure;
        var consumer = All(source.Timeout(Ms(3), Never, _timers));
        _clock.Start();

        var failure = (AggregateException)consumer.Received.Single().Notification.Exception!;
        Assert.That(failure.InnerExceptions, Has.Count.EqualTo(2));
        Assert.That(failure.InnerExceptions[0], Is.InstanceOf<TimeoutException>());
        Assert.That(failure.InnerExceptions[1], Is.SameAs(Marbles.Failure));
    }

    [Test]
    public void ASourceThatEndsQuietlyWhenItIsCancelled_HasTimedOutAllTheSame()
    {
        var consumer = All(Quiet().Timeout(Ms(3), Never, _timers));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("3:#TimeoutException"));
        Assert.That(_timers.Alive, Is.Zero);

        async IAsyncEnumerable<string> Quiet([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var cancelled = new TaskCompletionSource();
            using var registration = cancellationToken.Register(cancelled.SetResult);
            await cancelled.Task;
            yield break;
        }
    }

    [Test]
    public void AnItem_LivesUntilTheConsumerComesBack_ThoughTheTimeRunsOutMeanwhile()
    {
        var source = new LeasingSource(Pull("a|"));
        var reading = source.Timeout(Ms(3), Ms(3), _timers).GetAsyncEnumerator();
        Assert.That(reading.MoveNextAsync().Result, Is.True);
        var item = reading.Current;
        _clock.AdvanceToFrame(50);

        Assert.That(item.IsAlive, Is.True);
        Assert.That(reading.MoveNextAsync().Result, Is.False);
        Assert.That((item.IsAlive, _timers.Schedules), Is.EqualTo((false, 0)));
    }

    // Cancelled and left

    [Test]
    public void TL13_CancelledBeforeTheStart_IsCancelled_AndNothingIsEnumerated()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        var source = Pull("-------a|");
        var consumer = All(source.Timeout(Ms(5), Never, _timers), cancellation.Token);
        _clock.Start();

        Assert.That(Cancelled(consumer), Is.EqualTo((0, cancellation.Token)));
        Assert.That((source.Enumerations.Count, _timers.Schedules), Is.EqualTo((0, 0)));
    }

    [TestCase(5)]
    [TestCase(2)]
    public void TL13_CancelledInTheInstantOfTheDeadline_IsCancelled(int frame)
    {
        using var cancellation = new CancellationTokenSource();
        _clock.At(frame, cancellation.Cancel);
        var source = Pull("");
        var consumer = All(source.Timeout(Ms(5), Never, _timers), cancellation.Token);
        _clock.Start();

        Assert.That(Cancelled(consumer), Is.EqualTo((frame, cancellation.Token)));
        Assert.That(source.Cancellations, Is.EqualTo(new[] { frame }));
        AssertClean(source);
    }

    [Test]
    public void CancelledAfterTheDeadline_WhileADeafReadIsAwaited_IsCancelled()
    {
        using var cancellation = new CancellationTokenSource();
        _clock.At(7, cancellation.Cancel);
        var source = Pull("---------a|");
        source.IgnoresCancellation = true;
        var consumer = All(source.Timeout(Ms(5), Never, _timers), cancellation.Token);
        _clock.Start();

        Assert.That(Cancelled(consumer), Is.EqualTo((9, cancellation.Token)));
        AssertClean(source);
    }

    private static (long Frame, CancellationToken Token) Cancelled(PullConsumer<string> consumer)
    {
        var told = consumer.Received.Single();
        return ((long)told.Time.TotalMilliseconds, ((OperationCanceledException)told.Notification.Exception!).CancellationToken);
    }

    [TestCase(true, 9)]
    [TestCase(false, 3)]
    public void LeftDuringARead_StopsTheTimer(bool isDeaf, int frame)
    {
        using var counters = new Counters();
        var source = Pull("---------a|");
        source.IgnoresCancellation = isDeaf;
        var consumer = _clock.Consume(source.Timeout(Ms(5), Never, _timers)).AskAt(0);
        Task? leaving = null;
        _clock.At(3, () => leaving = consumer.Leave());
        _clock.At(4, () => Assert.That(_timers.Alive, Is.Zero));
        _clock.Start();

        Assert.That(leaving!.IsCompletedSuccessfully, Is.True);
        Assert.That(source.Disposals, Is.EqualTo(new[] { frame }));
        Assert.That(counters.Dropped, Is.EqualTo(isDeaf ? 1 : 0));
        AssertClean(source);
    }

    // Called from inside

    [Test]
    public void LeftFromInsideTheTimer_WhichTellsTheConsumer_Ends()
    {
        var source = Pull("a");
        PullConsumer<string>? consumer = null;
        Task? leaving = null;
        consumer = _clock.Consume(source.Timeout(Ms(5), Ms(5), _timers));
        _clock.At(0, async () =>
        {
            while (await consumer.Ask())
            {
            }

            leaving = consumer.Leave();
        });
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 5:#TimeoutException"));
        Assert.That(leaving!.IsCompletedSuccessfully, Is.True);
        AssertClean(source);
    }

    [Test]
    public void LeftFromInsideTheSourcesRead_Ends()
    {
        IAsyncEnumerator<int>? reading = null;
        ValueTask? leaving = null;
        var source = new ReadySource<int>(i =>
        {
            leaving = reading!.DisposeAsync();
            return i;
        });
        reading = source.Timeout(Ms(5), Ms(5), _timers).GetAsyncEnumerator();

        Assert.That(reading.MoveNextAsync().Result, Is.False);
        Assert.That(leaving!.Value.IsCompletedSuccessfully, Is.True);
        Assert.That((source.Reads, source.Disposals, _timers.Schedules), Is.EqualTo((1, 1, 0)));
    }

    // Schedulers

    [Test]
    public void ASchedulerThatThrows_FailsTheStream_AfterTheDisposal()
    {
        _timers.Failure = Marbles.Failure;
        var source = Pull("a---b|");
        source.DisposalFrames = 2;
        var consumer = All(source.Timeout(Ms(5), Ms(5), _timers));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 2:#InvalidDataException"));
        Assert.That(consumer.Received.Last().Notification.Exception, Is.SameAs(Marbles.Failure));
        AssertClean(source);
    }

    [Test]
    public void ATimerWhoseDisposalThrows_LosesNoItem_AndIsToldAtTheEnd()
    {
        _timers.DisposalFailure = Marbles.Failure;
        var source = Pull("-a-|");
        var consumer = All(source.Timeout(Ms(5), Never, _timers));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:a 3:#InvalidDataException"));
        AssertClean(source);
    }

    [Test]
    public void ASchedulerThatRunsItsWorkInsideSchedule_IsNoHang()
    {
        var source = Pull("---a|");
        var consumer = All(source.Timeout(TimeSpan.FromTicks(1), Never, ImmediateScheduler.Instance));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#TimeoutException"));
        AssertClean(source);
    }

    // In and around others

    [Test]
    public void InFrontOfABuffer_WhatWasReadArrivesBeforeTheFailure()
    {
        var source = Pull("abc");
        var consumer = _clock.Consume(source.Timeout(Ms(5), Ms(5), _timers).Buffered(8)).AskAt(0, 20, 21, 22);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 20:b 21:c 22:#TimeoutException"));
        AssertClean(source);
    }

    [Test]
    public void BehindABuffer_TheTimeIsThatOfTheBuffer()
    {
        var source = Pull("abc----------d|");
        var consumer = _clock.Consume(source.Buffered(8).Timeout(Ms(5), Ms(5), _timers)).AskAt(0, 20, 21, 22, 23);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 20:b 21:c 22:d 23:|"));
        Assert.That(_timers.Schedules, Is.Zero);
        AssertClean(source);
    }

    [Test]
    public void InEachOther_TheShorterTimeCounts()
    {
        foreach (var (inner, outer, expected) in new[] { (3, 6, "3:#TimeoutException"), (6, 3, "3:#TimeoutException"), (4, 4, "4:#TimeoutException") })
        {
            SetUp();
            var source = Pull("---------a|");
            var consumer = All(source.Timeout(Ms(inner), Never, _timers).Timeout(Ms(outer), Never, _timers));
            _clock.Start();

            Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(expected));
            AssertClean(source);
        }
    }

    [TestCase("Through")]
    [TestCase("SelectAwait")]
    [TestCase("Conflate")]
    [TestCase("TakeUntil")]
    [TestCase("Buffered")]
    public void AroundAndInsideEach_ASilentSourceTimesOut_AndIsDisposedOnce(string name)
    {
        foreach (var isInside in new[] { false, true })
        {
            SetUp();
            var source = Pull("a--------------b|");
            IAsyncEnumerable<string> Other(IAsyncEnumerable<string> s) => name switch
            {
                "Through" => s.Through(o => o),
                "SelectAwait" => s.SelectAwait((x, _) => ValueTask.FromResult(x), 2),
                "Conflate" => s.Conflate(),
                "TakeUntil" => s.TakeUntil(new CancellationTokenSource().Token),
                _ => s.Buffered(4),
            };
            IAsyncEnumerable<string> Limited(IAsyncEnumerable<string> s) => s.Timeout(Ms(5), Ms(5), _timers);
            var consumer = All(isInside ? Other(Limited(source)) : Limited(Other(source)));
            _clock.Start();

            Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 5:#TimeoutException"));
            AssertClean(source);
        }
    }
}
