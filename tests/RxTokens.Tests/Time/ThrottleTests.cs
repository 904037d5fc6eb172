using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using static RxTokens.Tests.TimeCases;

namespace RxTokens.Tests;

/// <summary>ThrottleFirst, ThrottleLatest and Audit: one sink, and what it is told to do.</summary>
public class ThrottleTests
{
    private const string ByTime = "IObservable<TSource>, TimeSpan, IScheduler";
    private const string ByTimeProvider = "IObservable<TSource>, TimeSpan, TimeProvider";
    private const string BySelector = "IObservable<TSource>, Func<TSource, IObservable<TDuration>>";

    // Arguments

    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        RefusesBadTimes((source, period, clock) => source.ThrottleFirst(period, clock), "period");
        RefusesBadTimes((source, period, clock) => source.ThrottleLatest(period, clock), "period");
        RefusesBadTimes((source, period, clock) => source.Audit(period, clock), "period");

        var source = Observable.Never<string>();
        Assert.That(() => source.ThrottleFirst(Ms(1), (TimeProvider)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("timeProvider"));
        Assert.That(() => source.ThrottleLatest(Ms(1), (TimeProvider)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("timeProvider"));
        Assert.That(() => source.Audit(Ms(1), (TimeProvider)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("timeProvider"));
        Assert.That(() => source.ThrottleFirst((Func<string, IObservable<int>>)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("duration"));
        Assert.That(() => source.ThrottleLatest((Func<string, IObservable<int>>)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("duration"));
        Assert.That(() => source.Audit((Func<string, IObservable<int>>)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("duration"));
    }

    // Behaviour

    [MarbleOf($"ThrottleFirst<TSource>({ByTime})")]
    public void ThrottleFirst_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Hot(rows["source"]).ThrottleFirst(Ms(4), m.Clock)).ToBe(rows["result"]));

    [MarbleOf($"ThrottleFirst<TSource>({ByTimeProvider})")]
    public void ThrottleFirst_OfATimeProvider_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Hot(rows["source"]).ThrottleFirst(Ms(4), m.TimeProvider)).ToBe(rows["result"]));

    [MarbleOf($"ThrottleFirst<TSource, TDuration>({BySelector})")]
    public void ThrottleFirst_OfASelector_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var source = m.Hot(rows["source"]);
        var duration = m.Cold(rows["source 2"]);
        m.Expect(source.ThrottleFirst(_ => duration)).ToBe(rows["result"]);
    });

    [MarbleOf($"ThrottleLatest<TSource>({ByTime}, Boolean)")]
    public void ThrottleLatest_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        m.Expect(m.Hot(rows["source"]).ThrottleLatest(Ms(4), m.Clock)).ToBe(rows["result"]);
        m.Expect(m.Hot(rows["source"]).ThrottleLatest(Ms(4), m.Clock, leading: false)).ToBe(rows["result 2"]);
    });

    [MarbleOf($"ThrottleLatest<TSource>({ByTimeProvider}, Boolean)")]
    public void ThrottleLatest_OfATimeProvider_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        m.Expect(m.Hot(rows["source"]).ThrottleLatest(Ms(4), m.TimeProvider)).ToBe(rows["result"]);
        m.Expect(m.Hot(rows["source"]).ThrottleLatest(Ms(4), m.TimeProvider, leading: false)).ToBe(rows["result 2"]);
    });

    [MarbleOf($"ThrottleLatest<TSource, TDuration>({BySelector}, Boolean)")]
    public void ThrottleLatest_OfASelector_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var source = m.Hot(rows["source"]);
        var duration = m.Cold(rows["source 2"]);
        m.Expect(source.ThrottleLatest(_ => duration)).ToBe(rows["result"]);
    });

    [MarbleOf($"Audit<TSource>({ByTime})")]
    public void Audit_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Hot(rows["source"]).Audit(Ms(4), m.Clock)).ToBe(rows["result"]));

    [MarbleOf($"Audit<TSource>({ByTimeProvider})")]
    public void Audit_OfATimeProvider_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Hot(rows["source"]).Audit(Ms(4), m.TimeProvider)).ToBe(rows["result"]));

    [MarbleOf($"Audit<TSource, TDuration>({BySelector})")]
    public void Audit_OfASelector_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var source = m.Hot(rows["source"]);
        var duration = m.Cold(rows["source 2"]);
        m.Expect(source.Audit(_ => duration)).ToBe(rows["result"]);
    });

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "ThrottleFirst" })]
    public void ThrottleFirst_Reported(TextCase @case) =>
        Check(@case, (source, given, clock) => source.ThrottleFirst(Ms(given.GetProperty("window").GetInt32()), clock));

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "ThrottleLatest" })]
    public void ThrottleLatest_Reported(TextCase @case) =>
        Check(@case, (source, given, clock) => source.ThrottleLatest(Ms(given.GetProperty("window").GetInt32()), clock));

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "Audit" })]
    public void Audit_Reported(TextCase @case) =>
        Check(@case, (source, given, clock) => source.Audit(Ms(given.GetProperty("window").GetInt32()), clock));

    [Test]
    public void AnyValues_AreThrottledAsTheModelSays()
    {
        var cases = from gaps in Gen.Choose(0, 6).ListOf() from period in Gen.Choose(1, 6) from end in Gen.Choose(0, 9) select (gaps: gaps.ToArray(), period, end);
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(TextLaws.Rounds).WithReplay(20261127, 5), Prop.ForAll(cases.ToArbitrary(), c =>
        {
            foreach (var (leading, trailing, reopens) in new[] { (true, false, false), (true, true, true), (false, true, true), (false, true, false) })
            {
                var clock = new VirtualClock();
                using var source = new Subject<int>();
                var times = c.gaps.Aggregate(new List<int>(), (list, gap) => [.. list, (list.Count > 0 ? list[^1] : 0) + gap]);
                for (var i = 0; i < times.Count; i++)
                {
                    var value = i;
                    clock.At(times[i], () => source.OnNext(value));
                }

                var end = (times.Count > 0 ? times[^1] : 0) + c.end;
                clock.At(end, source.OnCompleted);
                var told = new List<(long At, int Value)>();
                var stream = !trailing ? source.ThrottleFirst(Ms(c.period), clock) : reopens ? source.ThrottleLatest(Ms(c.period), clock, leading) : source.Audit(Ms(c.period), clock);
                using var subscription = stream.Subscribe(value => told.Add((clock.Frame, value)));
                clock.Start();

                Assert.That(told, Is.EqualTo(Model(times, end, c.period, leading, trailing, reopens)), $"leading {leading}, trailing {trailing}, reopens {reopens}");
            }
        }));
    }

    [Test]
    public void AWindowThatIsOverAtOnce_LetsEverythingPass() => MarbleTest.Run(m =>
    {
        m.Expect(m.Hot("abc|").ThrottleFirst(_ => Observable.Return(0))).ToBe("abc|");
        m.Expect(m.Hot("abc|").ThrottleLatest(_ => Observable.Empty<int>())).ToBe("abc|");
        m.Expect(m.Hot("abc|").Audit(_ => Observable.Return(0))).ToBe("abc|");
    });

    // Errors

    [Test]
    public void ASelectorThatFails_OrItsStream_IsTheFailure() => MarbleTest.Run(m =>
    {
        m.Expect(m.Hot("a-b|").ThrottleFirst<string, int>(_ => throw Marbles.Failure)).ToBe("[a#]", error: Marbles.Failure);
        m.Expect(m.Hot("a-b|").ThrottleLatest(_ => Observable.Throw<int>(Marbles.Failure))).ToBe("[a#]", error: Marbles.Failure);
        m.Expect(m.Hot("a-b|").Audit(_ => m.Cold("-#", error: Marbles.Failure))).ToBe("-#", error: Marbles.Failure);
        m.Expect(m.Hot("a-b|").Audit<string, int>(_ => null!)).ToBe("#", error: typeof(InvalidOperationException));
    });

    [Test]
    public void TheRulesOfAll_AreKept()
    {
        KeepsTheRules((source, clock) => source.ThrottleFirst(Ms(3), clock));
        KeepsTheRules((source, clock) => source.ThrottleLatest(Ms(3), clock));
        KeepsTheRules((source, clock) => source.ThrottleLatest(Ms(3), clock, leading: false));
        KeepsTheRules((source, clock) => source.Audit(Ms(3), clock));
        KeepsTheRules((source, clock) => source.Audit(_ => Observable.Timer(Ms(3), clock)));
    }

    /// <summary>The rules, time after time: what the source says comes before timers of the same instant.</summary>
    private static List<(long, int)> Model(List<int> times, int end, int period, bool leading, bool trailing, bool reopens)
    {
        var (told, over, pending) = (new List<(long, int)>(), (int?)null, (int?)null);
        for (var now = 0; now <= end; now++)
        {
            for (var i = 0; i < times.Count; i++)
            {
                if (times[i] != now)
                    continue;
                if (over is null)
                {
                    over = now + period;
                    if (leading)
                        told.Add((now, i));
                    else
                        pending = i;
                }
                else if (trailing)
                {
                    pending = i;
                }
            }

            if (now == end && pending is { } last)
                told.Add((now, last));
            if (now == end || over != now)
                continue;
            over = null;
            if (pending is not { } newest)
                continue;
            told.Add((now, newest));
            (pending, over) = (null, reopens ? now + period : null);
        }

        return told;
    }
}
