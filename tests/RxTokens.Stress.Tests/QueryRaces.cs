using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace RxTokens.Stress;

/// <summary>A text or time operator, from numbers to numbers.</summary>
/// <param name="Apply">Applies it, with a scheduler for its timers.</param>
/// <param name="IsLossless">Whether every number arrives.</param>
/// <param name="KeepsLast">Whether the last one does.</param>
public sealed record QueryCase(string Name, Func<IObservable<int>, IScheduler, IObservable<int>> Apply, bool IsLossless = true, bool KeepsLast = true)
{
    public override string ToString() => Name;
}

/// <summary>Text and time operators whose timers ring while items come, and while they are left.</summary>
public sealed class QueryRaces
{
    private const int Rounds = 1500;
    private const int Count = 24;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(1);

    private static readonly QueryCase[] All =
    [
        OfText("Graphemes", (text, scheduler) => text.Graphemes(Period, scheduler)),
        OfText("Words", (text, scheduler) => text.Words(Period, scheduler)),
        OfText("Sentences", (text, scheduler) => text.Sentences(Period, scheduler)),
        OfText("ShapeText", (text, scheduler) => text.ShapeText(t => t is "C" or "H" ? null : t, (_, t) => t, texts => texts.Sentences(Period, scheduler))),
        OfText("ShapeText, ends late", (text, scheduler) => text.ShapeText(t => t is "C" or "H" ? null : t, (_, t) => t, texts => texts.Concat(Observable.Empty<string>().Delay(Period, scheduler)))),
        new("BatchBy", (numbers, scheduler) => numbers.BatchBy(3, Period, scheduler).SelectMany(batch => batch)),
        new("BatchBy, weighed", (numbers, scheduler) => numbers.BatchBy(5, Period, n => n % 4, 6, scheduler).SelectMany(batch => batch)),
        new("BufferUntil", (numbers, _) => numbers.BufferUntil(n => n % 5 == 0).SelectMany(batch => batch)),
        new("ThrottleFirst", (numbers, scheduler) => numbers.ThrottleFirst(Period, scheduler), IsLossless: false, KeepsLast: false),
        new("ThrottleLatest", (numbers, scheduler) => numbers.ThrottleLatest(Period, scheduler), IsLossless: false),
        new("Audit", (numbers, scheduler) => numbers.Audit(Period, scheduler), IsLossless: false),
        new("SampleFlush", (numbers, scheduler) => numbers.SampleFlush(Period, scheduler), IsLossless: false),
        new("DistinctFrames", (numbers, scheduler) => numbers.DistinctFrames(Period, scheduler), IsLossless: false),
    ];

    [TestCaseSource(nameof(All))]
    public void ATimer_AgainstItems_LosesNothingAndSpeaksInTurn(QueryCase query) => Race.Run(Rounds, (referee, random) =>
    {
        var source = new Subject<int>();
        var observer = new RacingObserver(referee);
        query.Apply(source, new SoonScheduler(random.Next(200))).Subscribe(observer);
        return new Round(
            [() => Push(source, random)],
            () => observer.HasEnded,
            () =>
            {
                Check(query, observer);
                Assert.That(observer.Error, Is.Null);
                Assert.That(source.HasObservers, Is.False);
                if (query.IsLossless)
                    Assert.That(observer.Items, Has.Count.EqualTo(Count));
                if (query.KeepsLast)
                    Assert.That(observer.Items[^1], Is.EqualTo(Count - 1));
            },
            observer.ToString);
    });

    [TestCaseSource(nameof(All))]
    public void ADisposal_AgainstItemsAndTimers_LeavesNothingSubscribed(QueryCase query) => Race.Run(Rounds, (referee, random) =>
    {
        var source = new Subject<int>();
        var observer = new RacingObserver(referee);
        var subscription = query.Apply(source, new SoonScheduler(random.Next(200))).Subscribe(observer);
        return new Round(
            [() => Push(source, random), subscription.Dispose],
            () => !source.HasObservers,
            () => Check(query, observer),
            observer.ToString);
    });

    private static void Check(QueryCase query, RacingObserver observer)
    {
        var items = observer.Items.ToArray();
        if (query.IsLossless)
            Assert.That(items, Is.EqualTo(Enumerable.Range(0, items.Length)));
        else
            Assert.That(items, Is.Ordered.And.Unique.And.All.InRange(0, Count - 1));
    }

    private static void Push(Subject<int> source, Random random)
    {
        for (var n = 0; n < Count; n++)
        {
            source.OnNext(n);
            Thread.SpinWait(random.Next(150));
        }

        source.OnCompleted();
    }

    private static QueryCase OfText(string name, Func<IObservable<string>, IScheduler, IObservable<string>> apply) => new(
        name, (numbers, scheduler) => apply(numbers.Select(n => $"{(char)('A' + n)}"), scheduler).SelectMany(text => text.Select(c => c - 'A')));
}
