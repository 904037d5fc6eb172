using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using static RxTokens.Tests.TimeCases;

namespace RxTokens.Tests;

public class BatchByTests
{
    // Arguments

    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        RefusesBadTimes((source, wait, clock) => source.BatchBy(3, wait, clock), "maxWait");
        var (source, clock) = (Observable.Never<string>(), new VirtualClock());

        Assert.That(() => source.BatchBy(0, Ms(1), clock), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("count"));
        Assert.That(() => source.BatchBy(1, Ms(1), (TimeProvider)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("timeProvider"));
        Assert.That(() => source.BatchBy(1, Ms(1), null!, 1, clock), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("weight"));
        Assert.That(() => source.BatchBy(1, Ms(1), _ => 1, 0, clock), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("maxWeight"));
    }

    // Behaviour

    [MarbleOf("BatchBy<TSource>(IObservable<TSource>, Int32, TimeSpan, IScheduler)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Hot(rows["source"]).BatchBy(3, Ms(4), m.Clock).Select(string.Concat<string>)).ToBe(rows["result"]));

    [MarbleOf("BatchBy<TSource>(IObservable<TSource>, Int32, TimeSpan, TimeProvider)")]
    public void OfATimeProvider_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Hot(rows["source"]).BatchBy(3, Ms(4), m.TimeProvider).Select(string.Concat<string>)).ToBe(rows["result"]));

    [MarbleOf("BatchBy<TSource>(IObservable<TSource>, Int32, TimeSpan, Func<TSource, Int64>, Int64, IScheduler)")]
    public void ByWeight_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Hot(rows["source"]).BatchBy(9, Ms(4), text => text.Length, 4, m.Clock).Select(string.Concat<string>)).ToBe(rows["result"]));

    [TestCaseSource(typeof(TextCase), nameof(TextCase.Of), new object[] { "BatchBy" })]
    public void Reported(TextCase @case) =>
        Check(@case, (source, given, clock) => source.BatchBy(given.GetProperty("maxCount").GetInt32(), Ms(given.GetProperty("maxDelay").GetInt32()), clock));

    [Test]
    public void AnyItems_AreBatchedAsTheModelSays()
    {
        var cases = from items in Gen.Choose(0, 5).SelectMany(gap => Gen.Choose(0, 7).Select(weight => (gap, weight))).ListOf()
                    from count in Gen.Choose(1, 4) from wait in Gen.Choose(1, 7) from most in Gen.Choose(1, 9) select (items: items.ToArray(), count, wait, most);
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(TextLaws.Rounds).WithReplay(20261127, 7), Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var clock = new VirtualClock();
            using var source = new Subject<(int Id, int Weight)>();
            var (now, items) = (0, new List<(int At, int Id, int Weight)>());
            foreach (var (gap, weight) in c.items)
            {
                var item = (Id: items.Count, Weight: weight);
                items.Add((now += gap, item.Id, weight));
                clock.At(now, () => source.OnNext(item));
            }

            clock.At(now + 3, source.OnCompleted);
            var told = new List<string>();
            using var subscription = source.BatchBy(c.count, Ms(c.wait), item => item.Weight, c.most, clock).Subscribe(batch =>
            {
                Assert.That(batch, Is.Not.Empty);
                told.Add($"{clock.Frame}: {string.Join(' ', batch.Select(i => i.Id))}");
            });
            clock.Start();

            Assert.That(told, Is.EqualTo(Model(items, now + 3, c.count, c.wait, c.most)));
        }));
    }

    [Test]
    public void WhatIsPushedWhileABatchIsTold_ComesBehindTheItemThatWasUnderWay()
    {
        var clock = new VirtualClock();
        using var source = new Subject<string>();
        var told = new List<string>();
        using var subscription = source.BatchBy(9, Ms(5), text => text.Length, 3, clock).Subscribe(batch =>
        {
            told.Add(string.Join(' ', batch));
            if (told.Count == 1)
                source.OnNext("n");
        });

        source.OnNext("aa");
        source.OnNext("bb");
        clock.Start();

        Assert.That(told, Is.EqualTo(new[] { "aa", "bb n" }));
    }

    [Test]
    public void WhileNothingHasCome_ThereIsNoTimer()
    {
        var clock = new VirtualClock();
        using var source = new Subject<string>();
        using var subscription = source.BatchBy(2, Ms(5), clock).Subscribe();
        source.OnNext("a");
        source.OnNext("b");
        clock.Start();

        Assert.That(clock.Frame, Is.Zero, "the timer of a batch that was full has gone");
    }

    // Errors

    [Test]
    public void AWeightThatIsNegative_OrFails_IsTheFailure()
    {
        var thrown = new InvalidOperationException("mine");
        Exception? failure = null;
        Observable.Return("a").BatchBy(2, Ms(5), _ => throw thrown, 1, new VirtualClock()).Subscribe(_ => { }, e => failure = e);
        Assert.That(failure, Is.SameAs(thrown));

        Observable.Return("a").BatchBy(2, Ms(5), _ => -3, 1, new VirtualClock()).Subscribe(_ => { }, e => failure = e);
        Assert.That(failure, Is.InstanceOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo(-3L));
    }

    [Test]
    public void TheRulesOfAll_AreKept() => KeepsTheRules((source, clock) => source.BatchBy(2, Ms(3), clock));

    // Threads

    [Test]
    public void OnThreads_NoItemIsLostOrDoubled_NorOutOfOrder()
    {
        const int Items = 200_000;
        using var source = new Subject<int>();
        using var clock = new EventLoopScheduler();
        var told = new List<int>();
        using var over = new ManualResetEventSlim();
        using var subscription = source.BatchBy(50, TimeSpan.FromTicks(20), clock).Subscribe(told.AddRange, over.Set);
        for (var i = 0; i < Items; i++)
            source.OnNext(i);
        source.OnCompleted();

        Assert.That(over.Wait(TimeSpan.FromSeconds(30)));
        Assert.That(told, Is.EqualTo(Enumerable.Range(0, Items)));
    }

    private static List<string> Model(List<(int At, int Id, int Weight)> items, int end, int count, int wait, int most)
    {
        var (told, batch, weight, due) = (new List<string>(), new List<int>(), 0, int.MaxValue);
        for (var now = 0; now <= end; now++)
        {
            foreach (var item in items.Where(i => i.At == now))
            {
                if (batch.Count > 0 && weight + item.Weight > most)
                    Tell(now);
                if (batch.Count == 0)
                    due = now + wait;
                batch.Add(item.Id);
                weight += item.Weight;
                if (batch.Count == count || weight >= most)
                    Tell(now);
            }

            if (batch.Count > 0 && (now == end || now == due))
                Tell(now);
        }

        return told;

        void Tell(int now)
        {
            told.Add($"{now}: {string.Join(' ', batch)}");
            batch.Clear();
            weight = 0;
        }
    }
}
