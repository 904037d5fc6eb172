using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using NUnit.Framework;

namespace RxTokens.Tests;

public class AsTimeProviderTests
{
    private static readonly TimeSpan Never = Timeout.InfiniteTimeSpan;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private VirtualClock _clock = null!;
    private TimeProvider _time = null!;
    private List<long> _rings = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new VirtualClock();
        _time = _clock.AsTimeProvider();
        _rings = [];
    }

    // Arguments

    [Test]
    public void ANullArgument_Throws()
    {
        Assert.That(() => ((IScheduler)null!).AsTimeProvider(), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("scheduler"));
        Assert.That(() => _time.CreateTimer(null!, null, Never, Never), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("callback"));
    }

    [Test]
    public void TimesOfATimer_AreRefused_WhereTheSystemRefusesThem(
        [Values(-20_000_001, -20_000, -19_999, -10_000, -9_999, -1, 0, 1, 42_949_672_949_999, 42_949_672_950_000, long.MaxValue)] long ticks)
    {
        var time = TimeSpan.FromTicks(ticks);
        using var theirs = TimeProvider.System.CreateTimer(_ => { }, null, Never, Never);
        using var ours = _time.CreateTimer(_ => { }, null, Never, Never);

        Assert.That(Refusal(() => ours.Change(time, Never)), Is.EqualTo(Refusal(() => theirs.Change(time, Never))));
        Assert.That(Refusal(() => ours.Change(Never, time)), Is.EqualTo(Refusal(() => theirs.Change(Never, time)) is null ? null : "period"));
        Assert.That(Refusal(() => _time.CreateTimer(_ => { }, null, time, Never)), Is.EqualTo(Refusal(() => ours.Change(time, Never))));

        static string? Refusal(Action call)
        {
            try
            {
                call();
                return null;
            }
            catch (ArgumentOutOfRangeException refusal)
            {
                return refusal.ParamName;
            }
        }
    }

    // Identity and time

    [Test]
    public void AsTimeProvider_OfOneScheduler_IsOneProvider_AndGoesBackToIt()
    {
        Assert.That(_clock.AsTimeProvider(), Is.SameAs(_time));
        Assert.That(_time.AsScheduler(), Is.SameAs(_clock));
    }

    [Test]
    public void UtcNow_And_Timestamps_AreTheClocks()
    {
        var start = _time.GetTimestamp();

        _clock.AdvanceToFrame(250);

        Assert.That(_time.GetUtcNow(), Is.EqualTo(_clock.Now));
        Assert.That(_time.GetTimestamp(), Is.EqualTo(_clock.Now.UtcTicks));
        Assert.That(_time.GetElapsedTime(start), Is.EqualTo(TimeSpan.FromMilliseconds(250)));
        Assert.That(_time.TimestampFrequency, Is.EqualTo(TimeSpan.TicksPerSecond));
        Assert.That(_time.LocalTimeZone, Is.EqualTo(TimeZoneInfo.Utc));
    }

    [Test]
    public void UtcNow_IsUtc_WhereTheSchedulerCountsFromAnotherZone()
    {
        var clock = new HistoricalScheduler(new DateTimeOffset(2026, 1, 1, 2, 0, 0, TimeSpan.FromHours(2)));

        Assert.That(clock.AsTimeProvider().GetUtcNow().EqualsExact(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)));
    }

    [Test]
    public void RealTimestamps_NeverGoBack()
    {
        foreach (var scheduler in new IScheduler[] { DefaultScheduler.Instance, TaskPoolScheduler.Default, new WithoutStopwatch() })
        {
            var time = scheduler.AsTimeProvider();
            var before = time.GetTimestamp();

            for (var i = 0; i < 1000; i++)
            {
                var now = time.GetTimestamp();
                Assert.That(now, Is.GreaterThanOrEqualTo(before));
                before = now;
            }

            Assert.That(new DateTimeOffset(before, TimeSpan.Zero), Is.EqualTo(time.GetUtcNow()).Within(TimeSpan.FromSeconds(5)));
        }
    }

    // Timers

    [Test]
    public void ATimer_RingsOnceAtItsTime_WithItsState()
    {
        object? got = null;
        using var timer = _time.CreateTimer(state => { got = state; Ring(); }, "state", Frames(3), Never);

        _clock.AdvanceToFrame(100);

        Assert.That(_rings, Is.EqualTo(new long[] { 3 }));
        Assert.That(got, Is.EqualTo("state"));
    }

    [Test]
    public void ATimerOfZero_RingsInTheSameInstant_ButNotInsideTheCall()
    {
        using var timer = _time.CreateTimer(_ => Ring(), null, TimeSpan.Zero, Never);
        Assert.That(_rings, Is.Empty);

        _clock.AdvanceToFrame(0);

        Assert.That(_rings, Is.EqualTo(new long[] { 0 }));
    }

    [Test]
    public void AnInfiniteDueTime_DoesNotStart_WhateverThePeriod()
    {
        using var timer = _time.CreateTimer(_ => Ring(), null, Never, Frames(1));

        _clock.AdvanceToFrame(100);

        Assert.That(_rings, Is.Empty);
    }

    [Test]
    public void APeriodOfZero_RingsOnce()
    {
        using var timer = _time.CreateTimer(_ => Ring(), null, Frames(2), TimeSpan.Zero);

        _clock.AdvanceToFrame(100);

        Assert.That(_rings, Is.EqualTo(new long[] { 2 }));
    }

    [Test]
    public void APeriodicTimer_RingsOnceForEachPeriod_ThatOneJumpPassesOver()
    {
        using var timer = _time.CreateTimer(_ => Ring(), null, Frames(5), Frames(10));

        _clock.AdvanceToFrame(40);

        Assert.That(_rings, Is.EqualTo(new long[] { 5, 15, 25, 35 }));
    }

    [Test]
    public void APeriodShorterThanAMillisecond_IsKept()
    {
        using var timer = _time.CreateTimer(_ => Ring(), null, TimeSpan.Zero, TimeSpan.FromMicroseconds(500));

        _clock.AdvanceToFrame(2);

        Assert.That(_rings, Is.EqualTo(new long[] { 0, 0, 1, 1, 2 }));
    }

    [TestCase(24, new long[] { 24, 30, 40 })]
    [TestCase(30, new long[] { 30, 40 })]
    public void PeriodsThatPassedUnheard_AreNotMadeUpFor_AndTheGridIsKept(long wakes, long[] expected)
    {
        using var timer = _time.CreateTimer(_ => Ring(), null, Frames(10), Frames(10));

        _clock.Sleep(Frames(wakes).Ticks);
        _clock.AdvanceToFrame(45);

        Assert.That(_rings, Is.EqualTo(expected));
    }

    // Change

    [Test]
    public void Change_ReplacesDueTimeAndPeriod()
    {
        using var timer = _time.CreateTimer(_ => Ring(), null, Frames(5), Frames(5));
        _clock.At(12, () => Assert.That(timer.Change(Frames(1), Frames(100)), Is.True));

        _clock.AdvanceToFrame(200);

        Assert.That(_rings, Is.EqualTo(new long[] { 5, 10, 13, 113 }));
    }

    [Test]
    public void Change_ToInfinite_Stops_AndTheTimerCanBeStartedAgain()
    {
        using var timer = _time.CreateTimer(_ => Ring(), null, Frames(5), Frames(5));
        _clock.At(7, () => timer.Change(Never, Never));
        _clock.At(50, () => timer.Change(TimeSpan.Zero, Never));

        _clock.AdvanceToFrame(100);

        Assert.That(_rings, Is.EqualTo(new long[] { 5, 50 }));
    }

    [Test]
    public void Change_FromInsideTheCallback_CountsFromThere()
    {
        ITimer timer = null!;
        timer = _time.CreateTimer(
            _ =>
            {
                Ring();
                timer.Change(Frames(_rings.Count), Frames(50));
            },
            null, Frames(1), Frames(1));

        _clock.AdvanceToFrame(12);

        Assert.That(_rings, Is.EqualTo(new long[] { 1, 2, 4, 7, 11 }));
    }

    // Errors

    [Test]
    public void AThrow_SurfacesToWhoRunsTheClock_AndThePeriodGoesOn()
    {
        var failure = new InvalidDataException();
        using var timer = _time.CreateTimer(
            _ =>
            {
                Ring();
                if (_rings.Count == 1)
                    throw failure;
            },
            null, Frames(5), Frames(5));

        Assert.That(() => _clock.AdvanceToFrame(20), Throws.Exception.SameAs(failure));
        Assert.That(_clock.Frame, Is.EqualTo(5));
        _clock.AdvanceToFrame(20);

        Assert.That(_rings, Is.EqualTo(new long[] { 5, 10, 15, 20 }));
    }

    [Test]
    public void ASchedulerThatWasDisposed_LeavesItsPeriodicTimersSilent()
    {
        var scheduler = new Closing(_clock);
        using var timer = scheduler.AsTimeProvider().CreateTimer(_ => Ring(), null, Frames(1), Frames(1));
        _clock.At(3, () => scheduler.IsClosed = true);

        _clock.AdvanceToFrame(10);

        Assert.That(_rings, Is.EqualTo(new long[] { 1, 2, 3 }), "the one that was under way is the last");
        Assert.That(() => timer.Change(Frames(1), Never), Throws.TypeOf<ObjectDisposedException>(), "a caller is told");
    }

    // Disposal

    [Test]
    public void Dispose_CallsOff_AndChangeReturnsFalse()
    {
        var timer = _time.CreateTimer(_ => Ring(), null, Frames(5), Frames(5));

        timer.Dispose();
        timer.Dispose();
        _clock.AdvanceToFrame(100);

        Assert.That(_rings, Is.Empty);
        Assert.That(timer.Change(TimeSpan.Zero, Frames(1)), Is.False);
        Assert.That(timer.DisposeAsync().IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public void Dispose_FromInsideTheCallback_IsTheLast()
    {
        ITimer timer = null!;
        timer = _time.CreateTimer(
            _ =>
            {
                Ring();
                timer.Dispose();
            },
            null, Frames(5), Frames(5));

        _clock.AdvanceToFrame(100);

        Assert.That(_rings, Is.EqualTo(new long[] { 5 }));
    }

    [Test]
    public void DisposeAsync_FromInsideTheCallback_EndsWhenItHasReturned()
    {
        var log = new List<string>();
        Task again = Task.CompletedTask;
        ITimer timer = null!;
        timer = _time.CreateTimer(
            _ =>
            {
                _ = Close();
                again = timer.DisposeAsync().AsTask();
                Assert.That(again.IsCompleted, Is.False);
                log.Add("returns");
            },
            null, Frames(5), Frames(5));

        _clock.AdvanceToFrame(100);

        Assert.That(log, Is.EqualTo(new[] { "returns", "closed at 5" }));
        Assert.That(again.IsCompletedSuccessfully, Is.True);

        async Task Close()
        {
            await timer.DisposeAsync();
            log.Add($"closed at {_clock.Frame}");
        }
    }

    [Test]
    public async Task DisposeAsync_WaitsForACallbackOnAnotherThread()
    {
        using var isIn = new SemaphoreSlim(0);
        using var mayLeave = new SemaphoreSlim(0);
        var timer = TaskPoolScheduler.Default.AsTimeProvider().CreateTimer(
            _ =>
            {
                isIn.Release();
                mayLeave.Wait(Patience);
            },
            null, TimeSpan.Zero, Never);
        Assert.That(await isIn.WaitAsync(Patience), Is.True);

        var disposal = timer.DisposeAsync().AsTask();
        Assert.That(disposal.IsCompleted, Is.False);
        mayLeave.Release();

        await disposal.WaitAsync(Patience);
    }

    [Test]
    public void AnAlarmThatRingsAfterItWasCalledOff_IsNotHeard()
    {
        var scheduler = new Deaf(_clock);
        using var timer = scheduler.AsTimeProvider().CreateTimer(_ => Ring(), null, Frames(5), Never);
        timer.Change(Frames(7), Never);

        _clock.AdvanceToFrame(100);

        Assert.That(_rings, Is.EqualTo(new long[] { 7 }));
    }

    // Execution context

    [Test]
    public void TheExecutionContext_IsThatOfTheCreation_AndWhatTheCallbackSetsStaysInside()
    {
        var ambient = new AsyncLocal<string> { Value = "creation" };
        var seen = new List<string?>();
        using var timer = _time.CreateTimer(
            _ =>
            {
                seen.Add(ambient.Value);
                ambient.Value = "callback";
            },
            null, Frames(1), Frames(1));

        ambient.Value = "run";
        timer.Change(Frames(1), Frames(1));
        _clock.AdvanceToFrame(2);

        Assert.That(seen, Is.EqualTo(new[] { "creation", "creation" }));
        Assert.That(ambient.Value, Is.EqualTo("run"));
    }

    [Test]
    public void TheExecutionContext_DoesNotFlow_WhereThatIsSuppressed()
    {
        var ambient = new AsyncLocal<string> { Value = "creation" };
        var seen = "";
        ITimer timer;
        using (ExecutionContext.SuppressFlow())
            timer = _time.CreateTimer(_ => seen = ambient.Value, null, Frames(1), Never);

        ambient.Value = "run";
        _clock.AdvanceToFrame(1);

        Assert.That(seen, Is.EqualTo("run"));
        timer.Dispose();
    }

    // The clock run from inside a callback, and two clocks

    [Test]
    public void ACallback_MayRunTheClock()
    {
        using var timer = _time.CreateTimer(
            _ =>
            {
                Ring();
                if (_clock.Frame == 5)
                    _clock.AdvanceToFrame(12);
            },
            null, Frames(5), Frames(5));

        _clock.AdvanceToFrame(20);

        Assert.That(_rings, Is.EqualTo(new long[] { 5, 10, 15, 20 }));
    }

    [Test]
    public void TwoClocks_AreTwoTimes()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var other = new HistoricalScheduler(start);
        var time = other.AsTimeProvider();
        var rings = new List<DateTimeOffset>();
        using var timer = time.CreateTimer(_ => rings.Add(time.GetUtcNow()), null, TimeSpan.FromHours(1), TimeSpan.FromHours(1));

        _clock.AdvanceToFrame(10_000_000);
        Assert.That(rings, Is.Empty);
        other.AdvanceBy(TimeSpan.FromHours(2.5));

        Assert.That(rings, Is.EqualTo(new[] { start.AddHours(1), start.AddHours(2) }));
        Assert.That(time, Is.Not.SameAs(_time));
    }

    // Real schedulers

    private static IEnumerable<IScheduler> RealSchedulers => [DefaultScheduler.Instance, TaskPoolScheduler.Default, NewThreadScheduler.Default];

    [TestCaseSource(nameof(RealSchedulers))]
    public async Task ARealPeriodicTimer_KeepsItsGrid(IScheduler scheduler)
    {
        var time = scheduler.AsTimeProvider();
        var start = time.GetTimestamp();
        var done = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        var rings = 0;

        await using var timer = time.CreateTimer(
            _ =>
            {
                if (Interlocked.Increment(ref rings) == 10)
                    done.TrySetResult(time.GetElapsedTime(start));
            },
            null, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(20));
        var elapsed = await done.Task.WaitAsync(Patience);

        Assert.That(elapsed, Is.GreaterThan(TimeSpan.FromMilliseconds(195)), "not earlier than the tenth time on the grid");
    }

    [TestCaseSource(nameof(RealSchedulers))]
    public void TheLongestTime_IsTaken(IScheduler scheduler)
    {
        using var timer = scheduler.AsTimeProvider().CreateTimer(_ => { }, null, TimeSpan.FromMilliseconds(uint.MaxValue - 1), Never);

        Assert.That(timer.Change(TimeSpan.FromDays(20), Never), Is.True);
    }

    private TimeSpan Frames(long count) => count * _clock.FrameSize;

    private void Ring() => _rings.Add(_clock.Frame);

    private sealed class WithoutStopwatch : IScheduler
    {
        public DateTimeOffset Now => Scheduler.Now;

        public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => throw new NotSupportedException();

        public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) => throw new NotSupportedException();

        public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => throw new NotSupportedException();
    }

    /// <summary>Takes no more work when it is closed, as an event loop.</summary>
    private sealed class Closing(VirtualClock clock) : LocalScheduler
    {
        public bool IsClosed { get; set; }

        public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return clock.Schedule(state, dueTime, action);
        }

        public override IStopwatch StartStopwatch() => clock.StartStopwatch();
    }

    /// <summary>Cannot call work off, as a scheduler where it is under way already.</summary>
    private sealed class Deaf(VirtualClock clock) : LocalScheduler
    {
        public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
        {
            clock.Schedule(state, dueTime, action);
            return Disposable.Empty;
        }
    }
}
