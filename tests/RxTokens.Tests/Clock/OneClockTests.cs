using System.Reactive.Concurrency;
using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What the framework does with the virtual clock's time.</summary>
public class OneClockTests
{
    private VirtualClock _clock = null!;
    private TimeProvider _time = null!;
    private List<string> _log = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new VirtualClock();
        _time = _clock.AsTimeProvider();
        _log = [];
    }

    [Test]
    public void TaskDelay_EndsAtItsTime_AndWhatAwaitsItRunsInsideTheClocksRun()
    {
        var thread = Environment.CurrentManagedThreadId;
        var run = Run();

        _clock.AdvanceToFrame(100);

        Assert.That(_log, Is.EqualTo(new[] { "10", "35" }));
        Assert.That(run.IsCompletedSuccessfully, Is.True);

        async Task Run()
        {
            await Task.Delay(Frames(10), _time);
            Log();
            await Task.Delay(Frames(25), _time);
            Log();
            Assert.That(Environment.CurrentManagedThreadId, Is.EqualTo(thread));
        }
    }

    /// <summary>The framework's doing, on any clock: what awaits a delay that is cancelled must not run inside Cancel. WaitAsync has no such rule.</summary>
    [Test]
    public void ATaskDelay_ThatIsCancelled_EndsAtOnce_ButWhatAwaitsItContinuesOnThePool()
    {
        using var cancellation = new CancellationTokenSource();
        var delay = Task.Delay(Frames(10), _time, cancellation.Token);
        var run = ThreadAfter(delay);
        var wait = ThreadAfter(new TaskCompletionSource().Task.WaitAsync(Frames(10), _time, cancellation.Token));
        _clock.At(5, cancellation.Cancel);

        _clock.AdvanceToFrame(5);

        Assert.That(delay.IsCanceled, Is.True);
        Assert.That(run.Wait(TimeSpan.FromSeconds(20)), Is.True);
        Assert.That(run.Result, Is.Not.EqualTo(Environment.CurrentManagedThreadId));
        Assert.That(wait.IsCompletedSuccessfully, Is.True);

        static async Task<int> ThreadAfter(Task task)
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return Environment.CurrentManagedThreadId;
        }
    }

    /// <summary>Found out by this test: a waiting reader continues inline, on the thread that runs the clock, in the instant of the tick.</summary>
    [Test]
    public void PeriodicTimer_ContinuesInline_OnTheClocksThread()
    {
        var thread = Environment.CurrentManagedThreadId;
        using var timer = new PeriodicTimer(Frames(10), _time);
        var run = Run();

        _clock.AdvanceToFrame(35);
        Assert.That(_log, Is.EqualTo(new[] { "10", "20", "30" }));
        timer.Dispose();

        Assert.That(run.IsCompletedSuccessfully, Is.True);

        async Task Run()
        {
            while (await timer.WaitForNextTickAsync())
            {
                Log();
                Assert.That(Environment.CurrentManagedThreadId, Is.EqualTo(thread));
            }
        }
    }

    [Test]
    public void PeriodicTimer_KeepsOneTick_ForAReaderThatIsBusy()
    {
        using var timer = new PeriodicTimer(Frames(10), _time);
        _ = Run();

        _clock.AdvanceToFrame(60);

        Assert.That(_log, Is.EqualTo(new[] { "10", "35", "60" }), "20 and 30 became one tick, and so did 40 and 50");

        async Task Run()
        {
            while (await timer.WaitForNextTickAsync())
            {
                Log();
                await Task.Delay(Frames(25), _time);
            }
        }
    }

    [Test]
    public void PeriodicTimer_TakesANewPeriod()
    {
        using var timer = new PeriodicTimer(Frames(10), _time);
        _ = Run();
        _clock.At(15, () => timer.Period = Frames(3));

        _clock.AdvanceToFrame(22);

        Assert.That(_log, Is.EqualTo(new[] { "10", "18", "21" }));

        async Task Run()
        {
            while (await timer.WaitForNextTickAsync())
                Log();
        }
    }

    [Test]
    public void CancellationTokenSource_CancelsAtItsTime()
    {
        using var cancellation = new CancellationTokenSource(Frames(10), _time);
        cancellation.Token.Register(Log);
        _clock.At(5, () => cancellation.CancelAfter(Frames(20)));

        _clock.AdvanceToFrame(100);

        Assert.That(_log, Is.EqualTo(new[] { "25" }));
    }

    [Test]
    public void WaitAsync_TimesOut()
    {
        var wait = new TaskCompletionSource().Task.WaitAsync(Frames(10), _time);

        _clock.AdvanceToFrame(9);
        Assert.That(wait.IsCompleted, Is.False);
        _clock.AdvanceToFrame(10);

        Assert.That(wait.Exception!.InnerException, Is.TypeOf<TimeoutException>());
    }

    [Test]
    public void Delays_InsideDelays_AndRx_ShareOneOrder()
    {
        Observable.Interval(Frames(10), _time.AsScheduler()).Take(3).Subscribe(n => _log.Add($"{_clock.Frame} tick {n}"));
        _ = Run();

        _clock.AdvanceToFrame(100);

        Assert.That(_log, Is.EqualTo(new[] { "5", "10 tick 0", "10", "20 tick 1", "20", "30 tick 2" }));

        async Task Run()
        {
            await Task.Delay(Frames(5), _time);
            Log();
            await Task.WhenAll(Task.Delay(Frames(5), _time), Task.Delay(Frames(1), _time));
            Log();
            await Task.Delay(Frames(10), _time);
            Log();
        }
    }

    private TimeSpan Frames(long count) => count * _clock.FrameSize;

    private void Log() => _log.Add($"{_clock.Frame}");
}
