using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace RxTokens.Tests;

public class PerFrameTests
{
    private VirtualClock _clock = null!;
    private CountingScheduler _timers = null!;
    private FrameClock _frames = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new VirtualClock { MaxActions = int.MaxValue };
        _timers = new CountingScheduler(_clock);
        _frames = new FrameClock(Ms(16), _timers);
    }

    private static TimeSpan Ms(int frames) => TimeSpan.FromMilliseconds(frames);

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private PullConsumer<T> ConsumeAll<T>(IAsyncEnumerable<T> stream, CancellationToken cancellationToken = default)
    {
        var consumer = _clock.Consume(stream, cancellationToken);
        _clock.At(_clock.Frame, () => _ = consumer.AskForAll());
        return consumer;
    }

    // Arguments

    [Test]
    public void ANullArgument_Throws()
    {
        Assert.That(() => TokenStream.PerFrame<string>(null!, _frames), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => Pull("a").PerFrame(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("frames"));
        Assert.That(() => new FrameClock(Ms(16), (IScheduler)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("scheduler"));
        Assert.That(() => new FrameClock(Ms(16), (TimeProvider)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("timeProvider"));
    }

    /// <summary>FR-08.</summary>
    [TestCase(0)]
    [TestCase(-16)]
    [TestCase(Timeout.Infinite)]
    public void APeriodThatIsNotPositive_IsRefused(int milliseconds)
    {
        var period = Ms(milliseconds);
        Assert.That(() => new FrameClock(period, _clock), Refuses());
        Assert.That(() => new FrameClock(period, _clock.AsTimeProvider()), Refuses());

        NUnit.Framework.Constraints.Constraint Refuses() => Throws.TypeOf<ArgumentOutOfRangeException>()
            .With.Property("ParamName").EqualTo("period").And.Property("ActualValue").EqualTo(period).And.Message.Contains(period.ToString());
    }

    // The grid

    [MarbleOf("PerFrame")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Pull(rows["source"]).PerFrame(new FrameClock(Ms(4), m.Clock))).ToBe(rows["result"]));

    [MarbleOf("FrameClock")]
    public void TheClocksMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var frames = new FrameClock(Ms(4), m.Clock);
        m.Expect(new ReadySource<string>(_ => "x").PerFrame(frames), demand: "5", name: "new FrameClock(4 ms)").ToBe(rows["frames"]);
        m.Expect(m.Pull(rows["source"]).Conflate((_, x) => x).PerFrame(frames), name: "Conflate((_, x) => x).PerFrame(frames)").ToBe(rows["result"]);
    });

    /// <summary>FR-01.</summary>
    [Test]
    public void WhatHasComeSinceTheLastFrame_IsShownInOne_TheLastToo()
    {
        var source = Pull("-----a----b----c----d----e----f----g|");
        var consumer = ConsumeAll(source.Conflate().PerFrame(_frames));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("5:a 16:bc 32:def 48:g 64:|"));
        Assert.That((source.Disposals.Count, source.Violations.Count, _timers.Alive), Is.EqualTo((1, 0, 0)));
    }

    /// <summary>FR-01.</summary>
    [Test]
    public void ItsSourceIsAsked_OnceAFrame_TheEndToo()
    {
        var source = Pull("[abc|]");
        var consumer = ConsumeAll(source.PerFrame(_frames));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 16:b 32:c 48:|"));
        Assert.That(source.Reads, Is.EqualTo(new long[] { 0, 16, 32, 48 }));
        Assert.That(_timers.Alive, Is.Zero);
    }

    /// <summary>FR-03; and leaving is quick for each, wherever it waits.</summary>
    [Test]
    public void TenThousandStreams_ShareOneTimer_AndLeaveNothingBehind()
    {
        const int streams = 10_000;
        var told = new int[streams];
        var readings = new IAsyncEnumerator<int>[streams];
        _clock.At(0, () =>
        {
            for (var n = 0; n < streams; n++)
                _ = Consume(n);
        });
        _clock.AdvanceToFrame(1000);

        Assert.That(told, Is.All.EqualTo(63), "at 0, 16, …, 992");
        Assert.That((_timers.Schedules, _timers.MostAlive, _timers.Alive), Is.EqualTo((63, 1, 1)));

        // From the middle outwards: no order is the quick one.
        for (var n = 0; n < streams; n++)
            Assert.That(readings[(n + (streams / 2)) % streams].DisposeAsync().IsCompletedSuccessfully, Is.True);
        Assert.That((_timers.Schedules, _timers.Alive), Is.EqualTo((63, 0)));
        Assert.That(Waiting(_frames), Is.Zero);

        async Task Consume(int n)
        {
            readings[n] = new ReadySource<int>(i => i).PerFrame(_frames).GetAsyncEnumerator();
            while (await readings[n].MoveNextAsync().ConfigureAwait(false))
                told[n]++;
        }
    }

    /// <summary>What the debugger shows.</summary>
    private static int Waiting(FrameClock frames) => ((System.Collections.ICollection)typeof(FrameClock)
        .GetField("_waiting", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(frames)!).Count;

    /// <summary>FR-04.</summary>
    [Test]
    public void AfterAPause_TheClockHasItsPhaseStill_AndHadNoTimer()
    {
        var consumer = _clock.Consume(new ReadySource<string>(i => $"{i}").PerFrame(_frames)).AskAt(0, 0, 0, 100, 100, 100);
        _clock.AdvanceToFrame(32);
        for (var frame = 33; frame < 100; frame++)
        {
            _clock.AdvanceToFrame(frame);
            Assert.That(_timers.Alive, Is.Zero, $"at {frame}");
        }

        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:0 16:1 32:2 100:3 112:4 128:5"));
    }

    [Test]
    public void TheGrid_BeginsWhenTheClockIsMade()
    {
        _clock.AdvanceToFrame(5);
        var frames = new FrameClock(Ms(16), _clock.AsTimeProvider());
        Assert.That(frames.Period, Is.EqualTo(Ms(16)));
        _clock.AdvanceToFrame(15);
        var consumer = ConsumeAll(Pull("[abc|]").PerFrame(frames));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("15:a 21:b 37:c 53:|"));
    }

    [Test]
    public void ATimerThatIsLate_SkipsTheFramesThatItHasMissed_AndTheNextIsOnTheGrid()
    {
        _clock.At(10, () => _clock.Sleep(Ms(30).Ticks)); // the thread is busy until 40
        var consumer = ConsumeAll(new ReadySource<string>(i => $"{i}", 4).PerFrame(_frames));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:0 40:1 48:2 64:3 80:|"));
    }

    /// <summary>A sixtieth of a second, on timers of whole milliseconds: one a frame, and none that comes for nothing but the first.</summary>
    [Test]
    public void AClockThatIsSetBack_OrAhead_KeepsNobodyWaitingForLonger([Values(-1, 1)] int hours)
    {
        var clock = new SettableScheduler(_clock);
        var frames = new FrameClock(TimeSpan.FromMilliseconds(16), clock);
        var consumer = _clock.Consume(Pull("[abcdef|]").PerFrame(frames)).AskAt(0, 0, 0, 60, 60);
        _clock.At(24, () => clock.Offset = TimeSpan.FromHours(hours));
        _clock.AdvanceToFrame(100);

        Assert.That(string.Concat(consumer.Items), Is.EqualTo("abcde"));
    }

    [Test]
    public void TimersThatAreEarly_AreNotMadeAgainAndAgain_AndNobodyIsToldBeforeItsFrame()
    {
        var timers = new CountingScheduler(_clock) { LeavesOutFractions = true };
        var period = TimeSpan.FromSeconds(1.0 / 60);
        var consumer = ConsumeAll(new ReadySource<string>(i => $"{i}").PerFrame(new FrameClock(period, timers)));
        _clock.AdvanceToFrame(1001);

        var times = consumer.Received.Select(m => m.Time).ToList();
        Assert.That(times.Select(t => t.Ticks / period.Ticks), Is.EqualTo(Enumerable.Range(0, 61)), "one in each frame");
        Assert.That(times.Select((t, n) => t - (n * period)), Is.All.InRange(TimeSpan.Zero, Ms(1)), "and at its beginning");
        Assert.That(timers.Schedules, Is.EqualTo(1 + 61));
    }

    [Test]
    public void AnEarlyTimerThatCannotBeMadeAgain_FailsThoseWhoWait()
    {
        var timers = new CountingScheduler(_clock) { LeavesOutFractions = true };
        var consumer = ConsumeAll(Pull("[abc|]").PerFrame(new FrameClock(TimeSpan.FromMilliseconds(16.5), timers)));
        _clock.At(10, () => timers.Breaks = "Schedule");
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 16:#InvalidDataException"));
    }

    [Test]
    public void ASlowRead_CountsInTheFrameInWhichItsItemIsTold()
    {
        var source = Pull("a-------------------b-c-d|");
        var consumer = ConsumeAll(source.PerFrame(_frames));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 20:b 32:c 48:d 64:|"));
        Assert.That(source.Reads, Is.EqualTo(new long[] { 0, 16, 32, 48, 64 }));
    }

    /// <summary>FR-08.</summary>
    [Test]
    public void TwoInARow_AreAsOne()
    {
        var source = Pull("[abc|]");
        var consumer = ConsumeAll(source.PerFrame(_frames).PerFrame(_frames));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 16:b 32:c 48:|"));
        Assert.That(source.Reads, Is.EqualTo(new long[] { 0, 16, 32, 48 }));
    }

    /// <summary>FR-08.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public void TwoOfDifferentPhase_TellNeverMoreThanOneInAFrameOfEither(bool isInnerLater)
    {
        FrameClock? later = null;
        _clock.At(8, () => later = new FrameClock(Ms(16), _clock));
        _clock.AdvanceToFrame(8);
        var (inner, outer) = isInnerLater ? (later!, _frames) : (_frames, later!);
        var consumer = ConsumeAll(new ReadySource<string>(i => $"{i}", 20).PerFrame(inner).PerFrame(outer));
        _clock.Start();

        var times = consumer.Received.Where(m => m.Notification.HasValue).Select(m => (int)m.Time.TotalMilliseconds).ToList();
        Assert.That(times, Has.Count.EqualTo(20));
        Assert.That(times.Select(t => t / 16), Is.Unique);
        Assert.That(times.Select(t => (t - 8) / 16), Is.Unique);
    }

    // Errors

    [Test]
    public void AFailureOfTheSource_ArrivesInItsFrame()
    {
        var consumer = ConsumeAll(Pull("[a#]").PerFrame(_frames));
        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 16:#InvalidDataException"));
        Assert.That(_timers.Alive, Is.Zero);
    }

    [Test]
    public void ASchedulerThatThrows_FailsTheStream()
    {
        var source = Pull("[abc|]");
        var consumer = ConsumeAll(source.PerFrame(_frames));
        _clock.At(10, () => _timers.Breaks = "Schedule");
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 16:b 16:#InvalidDataException"));
        Assert.That((source.Disposals.Count, Waiting(_frames)), Is.EqualTo((1, 0)));
    }

    /// <summary>They rely on the one who schedules.</summary>
    [Test]
    public void ASchedulerThatThrowsOnce_KeepsNoOtherStreamWaiting()
    {
        var first = ConsumeAll(Pull("[ab|]").PerFrame(_frames));
        PullConsumer<string>? second = null;
        _timers.OnSchedule = () =>
        {
            // As on another thread, which finds that somebody is at it.
            _timers.OnSchedule = null;
            second = _clock.Consume(Pull("[xy|]").PerFrame(_frames));
            _ = second.AskForAll();
            throw Marbles.Failure;
        };
        _clock.Start();

        Assert.That(Marbles.Show(first.Received), Is.EqualTo("0:a 0:#InvalidDataException"));
        Assert.That(Marbles.Show(second!.Received), Is.EqualTo("0:x 16:y 32:|"));
        Assert.That((Waiting(_frames), _timers.Alive), Is.EqualTo((0, 0)));
    }

    /// <summary>Not one inside the other.</summary>
    [Test]
    public void ASchedulerThatBreaks_FailsTenThousandStreams_OneAfterTheOther()
    {
        var failures = 0;
        _clock.At(0, () =>
        {
            for (var n = 0; n < 10_000; n++)
                _ = Consume();
        });
        _clock.At(10, () => _timers.Breaks = "Schedule");
        _clock.Start();

        Assert.That((failures, Waiting(_frames), _timers.Alive), Is.EqualTo((10_000, 0, 0)));

        async Task Consume()
        {
            try
            {
                await foreach (var item in new ReadySource<int>(i => i).PerFrame(_frames).ConfigureAwait(false))
                    Assert.That(item, Is.LessThan(2));
            }
            catch (InvalidDataException)
            {
                failures++;
            }
        }
    }

    [Test]
    public void ATimerWhoseDisposalThrows_IsToldWhoLeaves()
    {
        var source = Pull("[abc|]");
        var consumer = ConsumeAll(source.PerFrame(_frames));
        _clock.AdvanceToFrame(5);
        _timers.Breaks = "Dispose";

        Assert.That(consumer.Leave, Throws.Exception.SameAs(Marbles.Failure));
        Assert.That((source.Disposals.Count, Waiting(_frames)), Is.EqualTo((1, 0)));
    }

    // Leaving and cancelling

    [Test]
    public void LeftWhileItWaitsForAFrame_IsFreeAtOnce()
    {
        var source = Pull("[abc|]");
        var consumer = ConsumeAll(source.PerFrame(_frames));
        _clock.AdvanceToFrame(5);
        Assert.That(_timers.Alive, Is.EqualTo(1));

        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
        Assert.That((_timers.Alive, Waiting(_frames)), Is.EqualTo((0, 0)));
        Assert.That(source.Disposals, Is.EqualTo(new long[] { 5 }));
        Assert.That(source.Reads, Has.Count.EqualTo(1));
    }

    [TestCase(0, "0:#OperationCanceledException", 0)]
    [TestCase(5, "0:a 5:#OperationCanceledException", 1)]
    [TestCase(20, "0:a 20:#OperationCanceledException", 1)]
    public void Cancelled_BeforeItsStart_WhileItWaits_AndDuringARead(int at, string expected, int enumerations)
    {
        using var cancellation = new CancellationTokenSource();
        var source = Pull("a-----------------------------b|");
        _clock.At(at, cancellation.Cancel);
        var consumer = ConsumeAll(source.PerFrame(_frames), cancellation.Token);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(expected));
        Assert.That((source.Enumerations.Count, source.Disposals.Count, source.Violations.Count), Is.EqualTo((enumerations, enumerations, 0)));
        Assert.That((_timers.Alive, Waiting(_frames)), Is.EqualTo((0, 0)));
    }

    [Test]
    public void CancelledInTheInstantOfTheFrame_IsToldOnce_AndNothingIsLeft()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Pull("[abc|]");
        _clock.At(16, cancellation.Cancel); // before the frame
        var consumer = ConsumeAll(source.PerFrame(_frames), cancellation.Token);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 16:#OperationCanceledException"));
        Assert.That((source.Reads.Count, _timers.Alive), Is.EqualTo((1, 0)));
    }

    [Test]
    public void ASourceThatIgnoresItsToken_IsWaitedFor()
    {
        using var cancellation = new CancellationTokenSource();
        var source = new PullProbe<string>(_clock, Marbles.Of("--------a|")) { IgnoresCancellation = true };
        var consumer = ConsumeAll(source.PerFrame(_frames), cancellation.Token);
        _clock.At(5, cancellation.Cancel);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("8:#OperationCanceledException"));
        Assert.That((source.Disposals.Single(), source.Violations.Count), Is.EqualTo((8L, 0)));
    }

    [Test]
    public void ASourceThatEndsQuietlyWhenItIsCancelled_IsNoEnd()
    {
        using var cancellation = new CancellationTokenSource();
        var consumer = ConsumeAll(Quiet().PerFrame(_frames), cancellation.Token);
        _clock.At(3, cancellation.Cancel);
        _clock.AdvanceToFrame(20);
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("3:#OperationCanceledException"));

        async IAsyncEnumerable<string> Quiet([EnumeratorCancellation] CancellationToken token = default)
        {
            await _clock.Delay(TimeSpan.FromHours(1), token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            yield break;
        }
    }

    [Test]
    public void ACleanUpThatFails_IsTheLeavers()
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("[ab|]")) { DisposalFailure = Marbles.Failure };
        var consumer = ConsumeAll(source.PerFrame(_frames));
        _clock.AdvanceToFrame(5);

        Assert.That(consumer.Leave, Throws.Exception.SameAs(Marbles.Failure));
        Assert.That(consumer.Leave, Throws.Nothing, "once");
    }

    [Test]
    public void AnItem_IsAliveUntilTheConsumerComesBack()
    {
        var consumer = _clock.Consume(new Issues.LeasingSource(Pull("[a|]")).PerFrame(_frames)).AskAt(0, 20);
        _clock.AdvanceToFrame(19);
        Assert.That(consumer.Items.Single().IsAlive, Is.True);

        _clock.Start();
        Assert.That((consumer.Items.Single().IsAlive, consumer.HasEnded), Is.EqualTo((false, true)));
    }

    // From inside a frame

    /// <summary>FR-06.</summary>
    [Test]
    public void InsideAFrame_OneThrows_OneDisposesTheNextAndJoinsAnother()
    {
        var hand = new HandScheduler();
        var frames = new FrameClock(Ms(16), hand);
        var log = new List<string>();
        var context = new Posts();
        var second = new List<IAsyncEnumerator<int>>();
        var third = Stream().GetAsyncEnumerator();

        Next(Stream().GetAsyncEnumerator(), n => "S1:" + n, n => n == 1 ? throw new FormatException("S1") : 0);
        Next(Stream().GetAsyncEnumerator(), n => "S2:" + n, n =>
        {
            if (n != 1)
                return 0;
            _ = third.DisposeAsync();
            Next(Stream().GetAsyncEnumerator(), m => "S4:" + m, _ => 0);
            return 0;
        });
        Next(third, n => "S3:" + n, _ => 0);
        log.Clear();

        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            hand.AdvanceTo(Ms(16));
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Assert.That(log, Is.EqualTo(new[] { "S1:1", "S2:1", "S4:0", "S3 is over" }).Or.EqualTo(new[] { "S1:1", "S3 is over", "S2:1", "S4:0" }).Or.EqualTo(new[] { "S1:1", "S2:1", "S3 is over", "S4:0" }));
        Assert.That(context.Run, Throws.TypeOf<FormatException>(), "to its own loop");
        log.Clear();
        hand.AdvanceTo(Ms(32));
        Assert.That(log, Is.EquivalentTo(new[] { "S2:2", "S4:1" }));

        IAsyncEnumerable<int> Stream() => new ReadySource<int>(i => i).PerFrame(frames);

        // A consumer without a task round it, which would keep what it throws to itself.
        void Next(IAsyncEnumerator<int> reading, Func<int, string> say, Func<int, int> work)
        {
            while (true)
            {
                var asked = reading.MoveNextAsync().ConfigureAwait(false).GetAwaiter();
                if (!asked.IsCompleted)
                {
                    asked.UnsafeOnCompleted(() =>
                    {
                        if (Take(asked))
                            Next(reading, say, work);
                    });
                    return;
                }

                if (!Take(asked))
                    return;
            }

            bool Take(ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter asked)
            {
                if (!asked.GetResult())
                {
                    log.Add(say(-1)[..2] + " is over");
                    return false;
                }

                log.Add(say(reading.Current));
                work(reading.Current);
                return true;
            }
        }
    }

    private sealed class Posts : SynchronizationContext
    {
        private Action? _work;

        public override void Post(SendOrPostCallback d, object? state) => _work += () => d(state);

        public void Run() => _work!.Invoke();
    }

    /// <summary>Timers of the pool do not wait for each other.</summary>
    [Test]
    public void ATick_ThatComesWhileTheOneBeforeIsBusyWithAStream_KeepsNobodyWaiting()
    {
        var hand = new HandScheduler();
        var frames = new FrameClock(Ms(16), hand);
        var told = new List<string>();
        for (var n = 1; n <= 4; n++)
            _ = Consume($"S{n}");
        told.Clear();

        hand.AdvanceTo(Ms(16));
        Assert.That(told.Order(), Is.EqualTo(new[] { "S1:1 at 16", "S1:2 at 32", "S2:1 at 32", "S3:1 at 32", "S4:1 at 32" }));
        hand.AdvanceTo(Ms(48));
        Assert.That(told.Skip(5).Order(), Is.EqualTo(new[] { "S1:3 at 48", "S2:2 at 48", "S3:2 at 48", "S4:2 at 48" }));

        async Task Consume(string name)
        {
            var reading = new ReadySource<int>(i => i).PerFrame(frames).GetAsyncEnumerator();
            var isBusy = false;
            while (await reading.MoveNextAsync().ConfigureAwait(false))
            {
                told.Add($"{name}:{reading.Current} at {hand.Now.Millisecond}");
                if (name != "S1" || reading.Current != 1 || isBusy)
                    continue;

                // It asks again, and is busy beyond the next frame before it lets go of the thread.
                isBusy = true;
                var next = reading.MoveNextAsync();
                hand.AdvanceTo(Ms(32));
                Assert.That(await next.ConfigureAwait(false), Is.True);
                told.Add($"{name}:{reading.Current} at {hand.Now.Millisecond}");
            }
        }
    }

    // In and around others

    [TestCaseSource(typeof(OtherOperators), nameof(OtherOperators.All))]
    public void AroundAnother_ItTellsOneAFrame(Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> other)
    {
        var source = Pull("a------------------b-------------c|");
        var consumer = ConsumeAll(other(source).PerFrame(_frames));
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 19:b 33:c 48:|"));
        Assert.That((source.Disposals.Count, source.Violations.Count, _timers.Alive), Is.EqualTo((1, 0, 0)));
    }

    [TestCaseSource(typeof(OtherOperators), nameof(OtherOperators.All))]
    public void InsideAnother_LeavingWhileItWaits_FreesTheClock(Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> other)
    {
        var source = Pull("[abcdefgh|]");
        var consumer = _clock.Consume(other(source.PerFrame(_frames))).AskAt(0, 0);
        _clock.AdvanceToFrame(5);
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a"));

        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
        Assert.That((source.Reads.Count, source.Disposals.Count, source.Violations.Count), Is.EqualTo((1, 1, 0)));
        Assert.That((_timers.Alive, Waiting(_frames)), Is.EqualTo((0, 0)));
    }

    /// <summary>A clock that counts its timers, and breaks on demand.</summary>
    private sealed class CountingScheduler(VirtualClock clock) : IScheduler, IServiceProvider, IStopwatchProvider
    {
        public int Schedules { get; private set; }

        public int Alive { get; private set; }

        public int MostAlive { get; private set; }

        public string Breaks { get; set; } = "";

        public Action? OnSchedule { get; set; }

        /// <summary>As the system's: a timer comes early, by what its time has beyond whole milliseconds.</summary>
        public bool LeavesOutFractions { get; init; }

        public DateTimeOffset Now => clock.Now;

        public object? GetService(Type serviceType) => serviceType == typeof(IStopwatchProvider) ? this : null;

        public IStopwatch StartStopwatch() => clock.StartStopwatch();

        public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => Schedule(state, TimeSpan.Zero, action);

        public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => Schedule(state, dueTime - Now, action);

        public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
        {
            OnSchedule?.Invoke();
            if (Breaks == "Schedule")
                throw Marbles.Failure;

            Schedules++;
            MostAlive = Math.Max(MostAlive, ++Alive);
            var isOver = false;
            var timer = clock.Schedule(state, LeavesOutFractions ? TimeSpan.FromMilliseconds((long)dueTime.TotalMilliseconds) : dueTime, (_, s) =>
            {
                Over();
                return action(this, s);
            });
            return Disposable.Create(() =>
            {
                Over();
                timer.Dispose();
                if (Breaks == "Dispose")
                    throw Marbles.Failure;
            });

            void Over()
            {
                if (!isOver)
                    Alive--;
                isOver = true;
            }
        }
    }

    /// <summary>Runs what is due where it is told to, also from inside what runs.</summary>
    private sealed class HandScheduler : IScheduler, IServiceProvider, IStopwatchProvider, IStopwatch
    {
        private readonly List<(TimeSpan Due, Action Run)> _due = [];

        public TimeSpan Elapsed { get; private set; }

        public DateTimeOffset Now => DateTimeOffset.UnixEpoch + Elapsed;

        public void AdvanceTo(TimeSpan time)
        {
            Elapsed = time;
            while (_due.FindIndex(d => d.Due <= time) is var next and >= 0)
            {
                var run = _due[next].Run;
                _due.RemoveAt(next);
                run();
            }
        }

        public object? GetService(Type serviceType) => serviceType == typeof(IStopwatchProvider) ? this : null;

        public IStopwatch StartStopwatch() => this;

        public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => Schedule(state, TimeSpan.Zero, action);

        public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => Schedule(state, dueTime - Now, action);

        public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
        {
            (TimeSpan Due, Action Run) work = (Elapsed + dueTime, () => action(this, state));
            _due.Add(work);
            return Disposable.Create(() => _due.Remove(work));
        }
    }
}
