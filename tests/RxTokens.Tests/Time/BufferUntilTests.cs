using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;
using static RxTokens.Tests.TimeCases;

namespace RxTokens.Tests;

public class BufferUntilTests
{
    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        var source = Observable.Never<string>();
        Assert.That(() => ((IObservable<string>)null!).BufferUntil(_ => true), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => source.BufferUntil(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("isLast"));
        Assert.That(() => source.BufferUntil(_ => true, 0), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo(0));
    }

    [MarbleOf("BufferUntil")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Hot(rows["source"]).BufferUntil(x => x == ".").Select(string.Concat<string>)).ToBe(rows["result"]));

    [Test]
    public void AnyItems_AreInTheirLists_InOrder() => TextLaws.ForAll(TextLaws.TextsWith(".", "a"), (text, _) =>
    {
        var lists = text.ToObservable().BufferUntil(c => c == '.').ToList().Wait();
        Assert.That(string.Concat(lists.SelectMany(l => l)), Is.EqualTo(text));
        Assert.That(lists.SkipLast(1), Has.All.Matches<IList<char>>(l => l![^1] == '.'));
        Assert.That(lists, Has.All.Matches<IList<char>>(l => l!.Count > 0 && !l.SkipLast(1).Contains('.')));
    });

    [Test]
    public void AListThatHasNoEnd_Fails() => MarbleTest.Run(m =>
        m.Expect(m.Hot("abc").BufferUntil(_ => false, maxCount: 2)).ToBe("--#", error: ExpectedError.Where(e => e is BackpressureException { Bound: 2 })));

    [Test]
    public void WhatThePredicateThrows_IsTheFailure() => MarbleTest.Run(m =>
        m.Expect(m.Hot("a").BufferUntil(_ => throw Marbles.Failure)).ToBe("#", error: Marbles.Failure));

    [Test]
    public void WhatIsPushedWhileAListIsTold_BeginsTheNext()
    {
        using var source = new Subject<string>();
        var told = new List<string>();
        using var subscription = source.BufferUntil(x => x == ".").Subscribe(list =>
        {
            told.Add(string.Concat(list));
            if (told.Count == 1)
                source.OnNext("n");
        });
        source.OnNext("a");
        source.OnNext(".");
        source.OnCompleted();

        Assert.That(told, Is.EqualTo(new[] { "a.", "n" }));
    }

    [Test]
    public void TheRulesOfAll_AreKept() => KeepsTheRules((source, _) => source.BufferUntil(x => x == "b"));
}
