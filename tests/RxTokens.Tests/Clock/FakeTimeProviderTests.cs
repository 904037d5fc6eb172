using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>The usual double of a <see cref="TimeProvider"/>, which rings a timer of zero while it is being set.</summary>
public class FakeTimeProviderTests
{
    private FakeTimeProvider _time = null!;
    private IScheduler _scheduler = null!;
    private List<string> _log = null!;
    private DateTimeOffset _start;

    [SetUp]
    public void SetUp()
    {
        _time = new FakeTimeProvider();
        _start = _time.GetUtcNow();
        _scheduler = _time.AsScheduler();
        _log = [];
    }

    [Test]
    public void Repeat_Generate_Range_AndIntervalsOfZero_EndWhenTheyAreLeft()
    {
        Expect(Observable.Repeat(1, _scheduler).Take(5).Select(n => (long)n), [1, 1, 1, 1, 1]);
        Expect(Observable.Generate(0L, _ => true, n => n + 1, n => n, _scheduler).Take(5), [0, 1, 2, 3, 4]);
        Expect(Observable.Range(0, int.MaxValue, _scheduler).Take(5).Select(n => (long)n), [0, 1, 2, 3, 4]);
        Expect(Observable.Interval(TimeSpan.Zero, _scheduler).Take(5), [0, 1, 2, 3, 4]);
        Expect(Observable.Timer(TimeSpan.Zero, TimeSpan.Zero, _scheduler).Take(5), [0, 1, 2, 3, 4]);
        Expect(Observable.Generate(0L, _ => true, n => n + 1, n => n, _ => TimeSpan.Zero, _scheduler).Take(5), [0, 1, 2, 3, 4]);
    }

    [Test]
    public void AHundredThousandSteps_UseConstantStack() =>
        Assert.That(Observable.Range(0, 100_000, _scheduler).Count().Wait(), Is.EqualTo(100_000));

    [Test]
    public void AnInterval_ThatIsAlwaysLate_EndsWhenItIsLeft()
    {
        var ticks = new List<long>();
        _time.AutoAdvanceAmount = TimeSpan.FromSeconds(1);
        Observable.Interval(TimeSpan.FromSeconds(1), _scheduler).Take(5).Subscribe(ticks.Add);

        for (var i = 0; i < 5; i++)
            _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(ticks, Is.EqualTo(new[] { 0, 1, 2, 3, 4 }));
    }

    [Test]
    public void ABoundary_OverAnEndlessSource_EndsWhenItIsFull()
    {
        Assert.That(() => Observable.Repeat(1, _scheduler).Take(100).Buffered(10).Drain(), Throws.TypeOf<BackpressureException>());
    }

    [Test]
    public void WorkThatIsDueNow_FromInsideWork_RunsAfterIt()
    {
        _scheduler.Schedule(() =>
        {
            _scheduler.Schedule(() => Log("inner"));
            Log("outer");
        });

        Assert.That(_log, Is.EqualTo(new[] { "0 outer", "0 inner" }));
    }

    [Test]
    public void WorkThatIsDueNow_IsCancelled_WhileItWaitsForItsTurn()
    {
        CurrentThreadScheduler.Instance.Schedule(() =>
        {
            var work = _scheduler.Schedule(() => Log("work"));
            Assert.That(_log, Is.Empty);
            work.Dispose();
        });

        Assert.That(_log, Is.Empty);
    }

    [Test]
    public void AnInterval_OverManyPeriodsInOneGo_TicksOnceForEach()
    {
        Observable.Interval(TimeSpan.FromSeconds(1), _scheduler).Take(3).Subscribe(n => Log($"{n}"), () => Log("end"));

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.That(_log.Select(line => line.Split(' ')[1]), Is.EqualTo(new[] { "0", "1", "2", "end" }));
    }

    [Test]
    public void TimersOfOperators_GoByTheProvider()
    {
        Observable.Never<int>().Timeout(TimeSpan.FromSeconds(3), _scheduler).Subscribe(_ => { }, e => Log(e.GetType().Name));

        for (var i = 0; i < 5; i++)
            _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(_log, Is.EqualTo(new[] { "3 TimeoutException" }));
    }

    [Test]
    public void OneLongAdvance_ShowsEachTimerTheTimeOfItsEnd() // not the time at which it was due
    {
        Observable.Interval(TimeSpan.FromSeconds(1), _scheduler).Take(2).Subscribe(n => Log($"{n}"));

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.That(_log, Is.EqualTo(new[] { "10 0", "10 1" }));
    }

    [Test]
    public void ATimerThatIsChangedInsideItsCallback_RingsByItsNewTime()
    {
        Observable.Generate(1, n => n <= 3, n => n + 1, n => n, n => TimeSpan.FromSeconds(n), _scheduler).Subscribe(n => Log($"{n}"));

        for (var i = 0; i < 10; i++)
            _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(_log, Is.EqualTo(new[] { "1 1", "3 2", "6 3" }));
    }

    [Test]
    public void ATimerThatIsDisposedInsideItsCallback_IsSilentFromThen()
    {
        var subscription = new System.Reactive.Disposables.SingleAssignmentDisposable();
        subscription.Disposable = Observable.Interval(TimeSpan.FromSeconds(1), _scheduler).Subscribe(n =>
        {
            Log($"{n}");
            subscription.Dispose();
        });

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.That(_log, Has.Count.EqualTo(1));
    }

    [Test]
    public void AutoAdvance_MovesTheTimeOfWhoAsksForIt_AndRingsWhatIsDue()
    {
        _time.AutoAdvanceAmount = TimeSpan.FromSeconds(1);
        _scheduler.Schedule(TimeSpan.FromSeconds(3), () => _log.Add("rung"));

        for (var i = 0; i < 3 && _log.Count == 0; i++)
            _ = _scheduler.Now;

        Assert.That(_log, Is.EqualTo(new[] { "rung" }));
    }

    [Test]
    public void ATimeLongerThanAnyTimer_IsWaitedForInParts()
    {
        _scheduler.Schedule(TimeSpan.FromDays(60), () => Log("work"));

        for (var day = 1; day <= 60; day++)
            _time.Advance(TimeSpan.FromDays(1));

        Assert.That(_log, Is.EqualTo(new[] { $"{TimeSpan.FromDays(60).TotalSeconds} work" }));
    }

    [Test]
    public void NeverIsNever()
    {
        _scheduler.Schedule(TimeSpan.MaxValue, () => Log("work"));
        Observable.Timer(Timeout.InfiniteTimeSpan, _scheduler).Subscribe(n => Log($"{n}")); // what Rx takes for zero

        _time.Advance(TimeSpan.FromDays(400));

        Assert.That(_log, Is.EqualTo(new[] { "0 0" }));
    }

    [Test]
    public void OursBetweenAModelAndAScreen_GoByTheProvider()
    {
        var tokens = System.Threading.Channels.Channel.CreateUnbounded<string>(new() { AllowSynchronousContinuations = true });
        var shown = TokenStream.FromChannel(tokens.Reader).Through(o => o.Buffer(TimeSpan.FromSeconds(1), _scheduler).Select(list => string.Concat(list))).Conflate();
        var reading = Show();

        tokens.Writer.TryWrite("a");
        tokens.Writer.TryWrite("b");
        _time.Advance(TimeSpan.FromSeconds(1));
        tokens.Writer.TryWrite("c");
        tokens.Writer.Complete();
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(reading.IsCompletedSuccessfully, Is.True);
        Assert.That(_log, Is.EqualTo(new[] { "1 ab", "1 c" }));

        async Task Show()
        {
            await foreach (var text in shown)
                Log(text);
        }
    }

    private static void Expect(IObservable<long> stream, long[] items)
    {
        var received = new List<long>();
        var isOver = false;
        stream.Subscribe(received.Add, () => isOver = true);

        Assert.That(received, Is.EqualTo(items));
        Assert.That(isOver, Is.True);
    }

    private void Log(string what) => _log.Add($"{(_time.GetUtcNow() - _start).TotalSeconds} {what}");
}
