using System.Reactive.Linq;
using NUnit.Framework;
using static RxTokens.Tests.TimeCases;

namespace RxTokens.Tests;

public class DistinctFramesTests
{
    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        RefusesBadTimes((source, frame, clock) => source.DistinctFrames(frame, clock), "frame");
        Assert.That(() => Observable.Never<string>().DistinctFrames(Ms(1), (TimeProvider)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("timeProvider"));
    }

    [MarbleOf("DistinctFrames<TSource>(IObservable<TSource>, TimeSpan, IScheduler, IEqualityComparer<TSource>)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Hot(rows["source"]).DistinctFrames(Ms(4), m.Clock)).ToBe(rows["result"]));

    [MarbleOf("DistinctFrames<TSource>(IObservable<TSource>, TimeSpan, TimeProvider, IEqualityComparer<TSource>)")]
    public void OfATimeProvider_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Hot(rows["source"]).DistinctFrames(Ms(4), m.TimeProvider)).ToBe(rows["result"]));

    [Test]
    public void WhatIsShown_IsTheNewestAtTheEnd_NeverTheSameTwice_AndOneAFrame() => TextLaws.ForAll(TextLaws.TextsWith("a", "b", " ", "  "), (text, _) =>
    {
        var clock = new VirtualClock();
        var source = Observable.Create<char>(observer =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                var c = text[i];
                if (c != ' ')
                    clock.At(i, () => observer.OnNext(c));
            }

            clock.At(text.Length, observer.OnCompleted);
            return () => { };
        });
        var told = new List<(long At, char Value)>();
        using var subscription = source.DistinctFrames(Ms(3), clock).Subscribe(c => told.Add((clock.Frame, c)));
        clock.Start();

        var said = text.Where(c => c != ' ').ToList();
        Assert.That(told.Count > 0, Is.EqualTo(said.Count > 0));
        if (told.Count > 0)
            Assert.That(told[^1].Value, Is.EqualTo(said[^1]));
        for (var i = 1; i < told.Count; i++)
        {
            Assert.That(told[i].Value, Is.Not.EqualTo(told[i - 1].Value));
            Assert.That(told[i].At - told[i - 1].At, Is.GreaterThanOrEqualTo(3).Or.GreaterThanOrEqualTo(text.Length - told[i - 1].At), "but for the last, which comes with the end");
        }
    });

    [Test]
    public void AComparer_SaysWhatIsEqual() => MarbleTest.Run(m =>
        m.Expect(m.Hot("aA-------b|").DistinctFrames(Ms(4), m.Clock, StringComparer.OrdinalIgnoreCase)).ToBe("a--------b|"));

    [Test]
    public void AComparerThatThrows_IsTheFailure() => MarbleTest.Run(m =>
        m.Expect(m.Hot("ab").DistinctFrames(Ms(4), m.Clock, EqualityComparer<string>.Create((_, _) => throw Marbles.Failure))).ToBe("a#", error: Marbles.Failure));

    [Test]
    public void TheRulesOfAll_AreKept() => KeepsTheRules((source, clock) => source.DistinctFrames(Ms(3), clock));
}
