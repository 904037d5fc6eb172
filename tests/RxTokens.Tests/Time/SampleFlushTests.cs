using System.Reactive.Linq;
using NUnit.Framework;
using static RxTokens.Tests.TimeCases;

namespace RxTokens.Tests;

public class SampleFlushTests
{
    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        RefusesBadTimes((source, period, clock) => source.SampleFlush(period, clock), "period");
        Assert.That(() => Observable.Never<string>().SampleFlush(Ms(1), (TimeProvider)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("timeProvider"));
    }

    [MarbleOf("SampleFlush<TSource>(IObservable<TSource>, TimeSpan, IScheduler)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Hot(rows["source"]).SampleFlush(Ms(4), m.Clock)).ToBe(rows["result"]));

    [MarbleOf("SampleFlush<TSource>(IObservable<TSource>, TimeSpan, TimeProvider)")]
    public void OfATimeProvider_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Hot(rows["source"]).SampleFlush(Ms(4), m.TimeProvider)).ToBe(rows["result"]));

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "SampleFlush" })]
    public void Reported(TextCase @case) => Check(@case, (source, given, clock) => source.SampleFlush(Ms(given.GetProperty("period").GetInt32()), clock));

    [Test]
    public void TheRulesOfAll_AreKept() => KeepsTheRules((source, clock) => source.SampleFlush(Ms(3), clock));
}
