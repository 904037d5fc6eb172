using System.Reactive.Concurrency;
using NUnit.Framework;

namespace RxTokens.Tests;

public class VirtualClockTests
{
    private readonly List<string> _log = [];
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new VirtualClock();
        _log.Clear();
    }

    private void Log(string what) => _log.Add($"{_clock.Frame}:{what}");

    [Test]
    public void Arguments_ThatAreWrong_AreRefusedAtTheCall()
    {
        _clock.AdvanceToFrame(5);
        Assert.That(() => new VirtualClock(TimeSpan.Zero), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => _clock.AdvanceToFrame(4), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo(4));
        Assert.That(() => _clock.AdvanceBy(TimeSpan.FromTicks(-1)), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => _clock.At(4, () => { }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => _clock.At(5, null!), Throws.ArgumentNullException);
        Assert.That(() => _clock.Delay(TimeSpan.FromTicks(-1)), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => _clock.ScheduleAbsolute(0, 0, null!), Throws.ArgumentNullException);
    }

    [Test]
    public void WorkThatIsDueNow_RunsInTheSameInstant_FirstInFirstOut()
    {
        _clock.At(3, () =>
        {
            Log("a");
            _clock.Schedule(() => Log("c"));
            _clock.Schedule(TimeSpan.Zero, () => Log("d"));
            _clock.Schedule(TimeSpan.FromMilliseconds(-2), () => Log("overdue"));
        });
        _clock.At(3, () => Log("b"));
        _clock.AdvanceToFrame(3);

        Assert.That(_log, Is.EqualTo(new[] { "3:a", "3:overdue", "3:b", "3:c", "3:d" }), "as in Rx, what is overdue comes before what is due");
    }

    [Test]
    public void AdvanceBy_GoesBetweenFrames()
    {
        _clock.Schedule(TimeSpan.FromTicks(15_000), () => _log.Add($"{_clock.Clock}"));
        _clock.AdvanceBy(TimeSpan.FromTicks(14_999));
        Assert.That(_log, Is.Empty);
        _clock.AdvanceBy(TimeSpan.FromTicks(1));
        Assert.That((_log.Single(), _clock.Clock, _clock.Frame), Is.EqualTo(("15000", 15_000, 1)));
    }

    [Test]
    public void WhatIsTakenBack_DoesNotRun()
    {
        var work = _clock.Schedule(TimeSpan.FromMilliseconds(1), () => Log("a"));
        var next = _clock.Schedule(TimeSpan.FromMilliseconds(2), () => Log("b"));
        work.Dispose();
        _clock.AdvanceToFrame(1);
        next.Dispose();
        _clock.Start();
        Assert.That(_log, Is.Empty);
        Assert.That(_clock.Frame, Is.EqualTo(1));
    }

    [Test]
    public void AnEarlierPieceOfWork_AddedLater_ComesFirst()
    {
        _clock.At(100, () => Log("late"));
        _clock.AdvanceToFrame(10);
        _clock.At(50, () => Log("early"));
        _clock.Start();
        Assert.That(_log, Is.EqualTo(new[] { "50:early", "100:late" }));
    }

    [Test]
    public void AdvancingFromInside_NeverGoesBack()
    {
        _clock.At(1, () => _clock.AdvanceToFrame(50));
        _clock.At(40, () => Log("inside"));
        _clock.AdvanceToFrame(10);
        Assert.That(_log, Is.EqualTo(new[] { "40:inside" }));
        Assert.That(_clock.Frame, Is.EqualTo(50));
    }

    [Test]
    public void WorkThatThrows_SurfacesWhereTheClockIsRun_AndItGoesOn()
    {
        _clock.At(1, () => throw new InvalidDataException("broken"));
        _clock.At(2, () => Log("after"));
        Assert.That(_clock.Start, Throws.TypeOf<InvalidDataException>());
        _clock.Start();
        Assert.That(_log, Is.EqualTo(new[] { "2:after" }));
    }

    [Test]
    public void WorkRuns_WithoutASynchronizationContext()
    {
        var context = new SynchronizationContext();
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            _clock.At(1, () => Log($"{SynchronizationContext.Current is null}"));
            _clock.Start();
            Assert.That(SynchronizationContext.Current, Is.SameAs(context));
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }

        Assert.That(_log, Is.EqualTo(new[] { "1:True" }));
    }

    [Test]
    public void Delay_ContinuesInsideTheRun_AndCanBeCancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var delay = _clock.Delay(TimeSpan.FromMilliseconds(5));
        var cancelled = _clock.Delay(TimeSpan.FromMilliseconds(5), cancellation.Token);
        delay.ContinueWith(_ => Log("delay"), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        cancellation.Cancel();
        _clock.AdvanceToFrame(4);
        Assert.That((delay.IsCompleted, cancelled.IsCanceled), Is.EqualTo((false, true)));
        _clock.Start();
        Assert.That(_log, Is.EqualTo(new[] { "5:delay" }));
    }

    [Test]
    public void MaxActions_StopsWhatGoesOnForEver()
    {
        var clock = new VirtualClock { MaxActions = 10 };
        void Again() => clock.Schedule(() =>
        {
            _log.Add("again");
            Again();
        });
        Again();
        Assert.That(clock.Start, Throws.TypeOf<VirtualTimeLimitException>().With.Message.Contains("MaxActions").And.Message.Contains("10 pieces"));
        Assert.That(_log, Has.Count.EqualTo(10));
    }

    [Test]
    public void MaxVirtualTime_StopsWhatIsTooFarAway()
    {
        var clock = new VirtualClock { MaxVirtualTime = TimeSpan.FromSeconds(1) };
        clock.At(1000, () => _log.Add("in time"));
        clock.At(1001, () => _log.Add("too late"));
        Assert.That(clock.Start, Throws.TypeOf<VirtualTimeLimitException>().With.Message.Contains("MaxVirtualTime (00:00:01)"));
        Assert.That(_log, Is.EqualTo(new[] { "in time" }));
    }

    [Test]
    public void WorkMayBeScheduledFromAnyThread()
    {
        var ran = 0;
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 1000; i++)
                _clock.Schedule(TimeSpan.FromMilliseconds(i % 7), () => ran++);
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        _clock.Start();
        Assert.That((ran, _clock.Frame), Is.EqualTo((4000, 6)));
    }

    [Test]
    public void Stop_EndsTheRun_AndStartGoesOn()
    {
        _clock.At(1, () => _clock.Stop());
        _clock.At(2, () => Log("after"));
        _clock.Start();
        Assert.That(_log, Is.Empty);
        _clock.Start();
        Assert.That(_log, Is.EqualTo(new[] { "2:after" }));
    }
}
