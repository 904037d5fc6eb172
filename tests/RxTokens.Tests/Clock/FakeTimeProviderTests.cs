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
