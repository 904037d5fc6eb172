using System.Reactive.Concurrency;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>One item a frame, on the clock's grid, any number of streams on one timer.</summary>
public class PerFrameTests
{
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp() => _clock = new VirtualClock();

    private FrameClock Frames(int milliseconds = 16) => new(TimeSpan.FromMilliseconds(milliseconds), _clock);

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    [MarbleOf("PerFrame")]
    public void PerFrame_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Pull(rows["source"]).PerFrame(new FrameClock(TimeSpan.FromMilliseconds(4), m.Clock))).ToBe(rows["result"]));

    [MarbleOf("FrameClock")]
    public void FrameClock_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Pull(rows["source"]).Conflate((_, x) => x).PerFrame(new FrameClock(TimeSpan.FromMilliseconds(4), m.Clock))).ToBe(rows["result"]));

    [Test] // FR-01
    public void TheFirstAtOnce_ThenWhatHasCome_TheLastAlways()
    {
        var consumer = _clock.Consume(Pull("-----a----b----c----d----e----f----g|").Conflate().PerFrame(Frames()));
        _ = consumer.AskForAll();
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("5:a 16:bc 32:def 48:g 64:|"));
    }

    [Test] // FR-01
    public void AReadySource_IsReadOnceAFrame()
    {
        var source = Pull("[abc|]");
        var consumer = _clock.Consume(source.PerFrame(Frames()));
        _ = consumer.AskForAll();
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 16:b 32:c 48:|"));
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 16, 32, 48 }));
    }

    [Test] // FR-03
    public void TenThousandStreams_HaveOneTimer()
    {
        const int Streams = 10_000;
        var scheduler = new Counting(_clock);
        var frames = new FrameClock(TimeSpan.FromMilliseconds(16), scheduler);
        var told = 0;
        var readers = Enumerable.Range(0, Streams).Select(_ => new ReadySource<int>(i => i).PerFrame(frames).GetAsyncEnumerator()).ToList();
        foreach (var reader in readers)
            Read(reader);
        _clock.AdvanceToFrame(1000);

        Assert.That(told, Is.EqualTo(Streams * 63));
        Assert.That((scheduler.Most, scheduler.Schedules), Is.EqualTo((1, 63)));
        foreach (var reader in readers)
            Assert.That(reader.DisposeAsync().IsCompletedSuccessfully, Is.True);
        Assert.That(scheduler.Alive, Is.Zero, "no timer is left");

        async void Read(IAsyncEnumerator<int> reader)
        {
            while (await reader.MoveNextAsync())
                told++;
        }
    }

    [Test] // FR-04
    public void AfterAPause_TheGridIsTheSame()
    {
        var scheduler = new Counting(_clock);
        var frames = new FrameClock(TimeSpan.FromMilliseconds(16), scheduler);
        var consumer = _clock.Consume(new ReadySource<string>(i => $"{i}").PerFrame(frames)).AskAt(0, 1, 17, 100, 101, 113);
        _clock.AdvanceToFrame(50);
        Assert.That(scheduler.Alive, Is.Zero, "nobody waits");
        _clock.Start();

        Assert.That(consumer.Received.Select(m => m.Time.Ticks / TimeSpan.TicksPerMillisecond), Is.EqualTo(new[] { 0, 16, 32, 100, 112, 128 }));
    }

    [Test] // FR-06
    public void AConsumerThatThrows_LeavesAnother_AndStartsOne_TakesNobodysFrame()
    {
        var frames = Frames();
        var log = new List<string>();
        var third = Ready(frames);
        var failing = RunAsync("S1", Ready(frames), item => item == "1" ? throw Marbles.Failure : null);
        _ = RunAsync("S2", Ready(frames), item =>
        {
            if (item != "1")
                return null;
            _ = third.DisposeAsync().AsTask();
            return RunAsync("S4", Ready(frames), _ => null);
        });
        _ = RunAsync("S3", third, _ => null);
        _clock.AdvanceToFrame(33);

        Assert.That(log, Is.EqualTo(new[] { "0 S1 0", "0 S2 0", "0 S3 0", "16 S1 1", "16 S2 1", "16 S4 0", "32 S4 1", "32 S2 2" }));
        Assert.That(failing.Exception?.InnerException, Is.SameAs(Marbles.Failure));

        static IAsyncEnumerator<string> Ready(FrameClock frames) => new ReadySource<string>(i => $"{i}").PerFrame(frames).GetAsyncEnumerator();

        async Task RunAsync(string name, IAsyncEnumerator<string> reader, Func<string, Task?> at)
        {
            while (await reader.MoveNextAsync())
            {
                log.Add($"{_clock.Frame} {name} {reader.Current}");
                _ = at(reader.Current);
            }
        }
    }

    [Test] // FR-08
    public void TwoInARow_CostNoMoreFrames()
    {
        var frames = Frames();
        var consumer = _clock.Consume(Pull("[abc|]").PerFrame(frames).PerFrame(frames));
        _ = consumer.AskForAll();
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 16:b 32:c 48:|"));
    }

    [Test] // FR-08
    public void TwoClocksInARow_TellNoMoreThanEitherAllows()
    {
        var inner = Frames();
        _clock.AdvanceToFrame(8);
        var consumer = _clock.Consume(Pull("[abcdef|]").PerFrame(inner).PerFrame(Frames()));
        _ = consumer.AskForAll();
        _clock.Start();

        var told = consumer.Received.Select(m => m.Time.Ticks / TimeSpan.TicksPerMillisecond).ToList();
        Assert.That(consumer.Items, Has.Count.EqualTo(6));
        Assert.That(told.Select(frame => frame / 16), Is.Unique);
        Assert.That(told.Select(frame => (frame - 8) / 16), Is.Unique);
    }

    [TestCase(0L)]
    [TestCase(-1L)]
    [TestCase(-10_000L)] // Timeout.InfiniteTimeSpan
    public void APeriodThatIsNone_IsRefusedAtTheCall(long ticks) // FR-08
    {
        var period = TimeSpan.FromTicks(ticks);
        Assert.That(() => new FrameClock(period, _clock), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("period").And.Property("ActualValue").EqualTo(period));
        Assert.That(() => new FrameClock(period, _clock.AsTimeProvider()), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Arguments_ThatAreNull_AreRefusedAtTheCall()
    {
        Assert.That(() => new FrameClock(TimeSpan.FromTicks(1), (IScheduler)null!), Throws.ArgumentNullException);
        Assert.That(() => new FrameClock(TimeSpan.FromTicks(1), (TimeProvider)null!), Throws.ArgumentNullException);
        Assert.That(() => Pull("a").PerFrame(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("frames"));
        Assert.That(() => ((IAsyncEnumerable<string>)null!).PerFrame(Frames()), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
    }

    [Test]
    public void ATimeProvidersFrames_AreTheSame()
    {
        var consumer = _clock.Consume(Pull("[ab|]").PerFrame(new FrameClock(TimeSpan.FromMilliseconds(16), _clock.AsTimeProvider())));
        _ = consumer.AskForAll();
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 16:b 32:|"));
    }

    [TestCase("left")]
    [TestCase("cancelled")]
    public void WhoWaitsForAFrameAndGoes_LeavesNoTimer(string how)
    {
        using var cancellation = new CancellationTokenSource();
        var scheduler = new Counting(_clock);
        var source = Pull("[ab|]");
        var consumer = _clock.Consume(source.PerFrame(new FrameClock(TimeSpan.FromMilliseconds(16), scheduler)), cancellation.Token).AskAt(0, 1);
        _clock.AdvanceToFrame(5);
        Assert.That(scheduler.Alive, Is.EqualTo(1));
        if (how == "left")
            _ = consumer.Leave();
        else
            cancellation.Cancel();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(how == "left" ? "0:a 5:|" : "0:a 5:#OperationCanceledException"));
        Assert.That((source.Reads.Count, source.Disposals.Single(), scheduler.Alive), Is.EqualTo((1, 5L, 0)));
    }

    [Test]
    public void AClockThatThrows_FailsTheStreamThatWouldWait()
    {
        var scheduler = new Counting(_clock);
        var frames = new FrameClock(TimeSpan.FromMilliseconds(16), scheduler);
        scheduler.Fails = Marbles.Failure;
        var consumer = _clock.Consume(Pull("[ab|]").PerFrame(frames)).AskAt(0, 1);
        _clock.AdvanceToFrame(2);
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#InvalidDataException"));

        scheduler.Fails = null;
        var next = _clock.Consume(Pull("[ab|]").PerFrame(frames)).AskAt(3, 4);
        _clock.Start();
        Assert.That(Marbles.Show(next.Received), Is.EqualTo("3:a 16:b"), "the clock goes on");
    }

    [Test]
    public void TwiceAsManyStreams_LeaveInTwiceTheWork()
    {
        // Each leave takes its own entry out of a linked list: were one looked for, these would take minutes.
        foreach (var inOrder in new[] { true, false })
        {
            var frames = Frames();
            var readers = Enumerable.Range(0, 40_000).Select(_ => new ReadySource<int>(i => i).PerFrame(frames).GetAsyncEnumerator()).ToList();
            foreach (var reader in readers)
            {
                Assert.That(reader.MoveNextAsync().Result, Is.True);
                _ = reader.MoveNextAsync().AsTask();
            }

            if (!inOrder)
                readers.Reverse();
            foreach (var reader in readers)
                Assert.That(reader.DisposeAsync().IsCompletedSuccessfully, Is.True);
        }
    }

    /// <summary>Counts timers.</summary>
    private sealed class Counting(VirtualClock clock) : IScheduler, IServiceProvider
    {
        public int Schedules { get; private set; }

        public int Alive { get; private set; }

        public int Most { get; private set; }

        public Exception? Fails { get; set; }

        public DateTimeOffset Now => clock.Now;

        public object? GetService(Type serviceType) => ((IServiceProvider)clock).GetService(serviceType);

        public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => throw new NotSupportedException();

        public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => throw new NotSupportedException();

        public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
        {
            if (Fails is not null)
                throw Fails;
            Schedules++;
            Most = Math.Max(Most, ++Alive);
            var isAlive = true;
            var timer = clock.Schedule(state, dueTime, (scheduler, s) =>
            {
                End();
                return action(scheduler, s);
            });
            return System.Reactive.Disposables.Disposable.Create(() =>
            {
                End();
                timer.Dispose();
            });

            void End()
            {
                Alive -= isAlive ? 1 : 0;
                isAlive = false;
            }
        }
    }
}
