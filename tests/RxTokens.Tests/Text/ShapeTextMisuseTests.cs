using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>ShapeText with shapes, functions and sources that are not as they should be.</summary>
public class ShapeTextMisuseTests
{
    // The push form

    [Test]
    public void BehindAShapeThatIsLate_1024ItemsWait_AndNoMore()
    {
        using var source = new Subject<string>();
        var late = new Subject<string>();
        var (told, failure) = (new List<string>(), (Exception?)null);
        using var subscription = source.ShapeText(Text, With, texts => texts.IgnoreElements().Concat(late)).Subscribe(told.Add, e => failure = e);
        source.OnNext("a");
        for (var i = 0; i < 1024; i++)
            source.OnNext("7");
        Assert.That(failure, Is.Null);
        source.OnNext("8");

        Assert.That(failure, Is.InstanceOf<BackpressureException>().With.Property("Bound").EqualTo(1024));
        Assert.That(told, Is.Empty);
        Assert.That((source.HasObservers, late.HasObservers), Is.EqualTo((false, false)));
    }

    [Test]
    public void WhatWaited_FollowsWhenALateShapeCompletes_WithItsEnding()
    {
        foreach (var ending in new[] { "|", "#" })
        {
            using var source = new Subject<string>();
            var late = new Subject<string>();
            var told = new List<string>();
            using var subscription = Subscribe(source.ShapeText(Text, With, texts => texts.Concat(late)), told);
            foreach (var item in new[] { "a", "7", "8", "b", "c", "9" })
                source.OnNext(item);
            if (ending == "|")
                source.OnCompleted();
            else
                source.OnError(Marbles.Failure);
            Assert.That(told, Is.EqualTo(new[] { "a" }));

            late.OnNext("x");
            late.OnCompleted(); // for every run that follows, too

            Assert.That(told, Is.EqualTo(new[] { "a", "x", "7", "8", "b", "c", "9", ending }));
        }
    }

    [Test]
    public void AShapeThatThrowsOutOfItsOnNext_OrItsOnCompleted_IsTheFailure()
    {
        foreach (var isAtEnd in new[] { false, true })
        {
            using var source = new Subject<string>();
            var (told, failure) = (new List<string>(), (Exception?)null);
            var thrown = new InvalidOperationException("the shape's");
            using var subscription = source.ShapeText(Text, With, texts => new RawObservable<string>(_ => texts.Subscribe(
                _ => { if (!isAtEnd) throw thrown; }, () => throw thrown))).Subscribe(told.Add, e => failure = e);
            source.OnNext("a");
            source.OnNext("7");

            Assert.That(failure, Is.SameAs(thrown));
            Assert.That(source.HasObservers, Is.False);
        }
    }

    [Test]
    public void WhatAnObserverThrows_WhileAShapeSpeaksInsideItsSubscribe_GoesToTheSource()
    {
        var thrown = new InvalidOperationException("the observer's");
        using var source = new Subject<string>();
        using var subscription = source.ShapeText(Text, With, texts => texts.StartWith("x")).Subscribe(_ => throw thrown);
        Assert.That(() => source.OnNext("a"), Throws.Exception.SameAs(thrown));
        Assert.That(source.HasObservers, Is.False);

        var speaking = new RawObservable<string>(observer =>
        {
            observer.OnNext("a");
            return Disposable.Empty;
        });
        Assert.That(() => speaking.ShapeText(Text, With, texts => texts.StartWith("x")).Subscribe(_ => throw thrown), Throws.Exception.SameAs(thrown));
    }

    [Test]
    public void AFailureOfTheShape_DoesNotHideThatOfTheSource()
    {
        using var source = new Subject<string>();
        Exception? failure = null;
        using var subscription = source.ShapeText(Text, With, texts => texts.SingleAsync(_ => false)).Subscribe(_ => { }, e => failure = e);
        source.OnNext("a");
        source.OnError(Marbles.Failure);

        Assert.That(failure, Is.InstanceOf<AggregateException>());
        Assert.That(((AggregateException)failure!).InnerExceptions[0], Is.SameAs(Marbles.Failure));
        Assert.That(((AggregateException)failure).InnerExceptions[1], Is.InstanceOf<InvalidOperationException>());
    }

    [Test]
    public void ASubscribeThatThrowsInTheShape_IsTheFailure()
    {
        using var source = new Subject<string>();
        Exception? failure = null;
        using var subscription = source.ShapeText(Text, With, _ => new RawObservable<string>(_ => throw Marbles.Failure)).Subscribe(_ => { }, e => failure = e);
        source.OnNext("a");

        Assert.That(failure, Is.SameAs(Marbles.Failure));
        Assert.That(source.HasObservers, Is.False);
    }

    [Test]
    public void AShapeThatSpeaksInsideItsSubscribe_AndBehindItsText() => MarbleTest.Run(m =>
    {
        m.Expect(m.Cold("a-b-7-c|").ShapeText(Text, With, texts => texts.StartWith("x").Concat(Observable.Return("y")))).ToBe("[xa]-b-[y7]-[xc][y|]");
        m.Expect(m.Cold("ab7c|").ShapeText(Text, With, _ => Observable.Return("x"))).ToBe("x-7[x]|");
        m.Expect(m.Cold("ab7c8|").ShapeText(Text, With, _ => m.Cold("--x|"))).ToBe("--x7-x[8|]");
    });

    [Test]
    public void AShapeThatSpeaksAfterItsEnd_OrEndsTwice_IsNotHeard()
    {
        using var source = new Subject<string>();
        IObserver<string>? shape = null;
        var told = new List<string>();
        using var subscription = Subscribe(
            source.ShapeText(Text, With, texts => new RawObservable<string>(observer =>
            {
                shape ??= observer;
                return texts.Subscribe(observer.OnNext);
            })),
            told);
        source.OnNext("a");
        source.OnNext("7");
        shape!.OnCompleted();
        shape.OnNext("late");
        shape.OnCompleted();
        source.OnNext("b");
        shape.OnNext("late");
        shape.OnCompleted();
        shape.OnError(Marbles.Failure);
        source.OnNext("8");

        Assert.That(told, Is.EqualTo(new[] { "a", "7", "b" }), "the second shape has not ended");
    }

    [Test]
    public void AnObserverOrAFunctionThatPushes_IsHeardInTurn()
    {
        using var source = new Subject<string>();
        var told = new List<string>();
        using var subscription = source.ShapeText(
            item =>
            {
                if (item == "a")
                    source.OnNext("7");
                return Text(item);
            },
            (_, text) =>
            {
                if (text == "a")
                    source.OnNext("b");
                return text;
            },
            texts => texts).Subscribe(item =>
            {
                told.Add(item);
                if (item == "7")
                    source.OnNext("c");
                if (item == "c")
                    source.OnCompleted();
            }, () => told.Add("|"));
        source.OnNext("a");

        Assert.That(told, Is.EqualTo(new[] { "a", "7", "b", "c", "|" }));
    }

    [Test]
    public void NestedInItself_EachRunIsShapedInItsRun() => MarbleTest.Run(m =>
    {
        static string? NoX(string text) => text == "x" ? null : text;
        m.Expect(m.Cold("abxcd7e|").ShapeText(Text, With, texts => texts.ShapeText(NoX, With, inner => inner.Lines()))).ToBe("--[{ab}x]--[{cd}7]-[e|]");
        m.Expect(m.Pull("abxcd7e|").ShapeText(Text, With, texts => texts.ShapeText(NoX, With, inner => inner.Through(o => o.Lines())))).ToBe("--[{ab}x]--[{cd}7]-[e|]");
    });

    [Test]
    public void ATextThatIsEmpty_IsARun()
    {
        var runs = 0;
        var told = new[] { "7", "", "8" }.ToObservable().ShapeText(item => item.Length > 0 ? Text(item) : item, With, texts =>
        {
            runs++;
            return texts.Concat(Observable.Return("end"));
        }).ToList().Wait();

        Assert.That((runs, string.Join(' ', told)), Is.EqualTo((1, "7  end 8")));
    }

    [Test]
    public void EachSubscription_HasRunsOfItsOwn()
    {
        using var source = new Subject<string>();
        var (first, second) = (new List<string>(), new List<string>());
        var stream = source.ShapeText(Text, With, texts => texts.Lines());
        using var one = Subscribe(stream, first);
        source.OnNext("a");
        using var two = Subscribe(stream, second);
        source.OnNext("b");
        source.OnCompleted();

        Assert.That((string.Concat(first), string.Concat(second)), Is.EqualTo(("ab|", "b|")));
    }

    // The pull form

    [Test]
    public async Task AShapeThatHandlesTheFailureOfTheSource_EndsTheStream_WhichIsNotReadAgain()
    {
        var source = new FailingOnAndOn();
        var items = await source.ShapeText(Text, With, texts => texts.Through(o => o.Catch<string, Exception>(_ => Observable.Return("broken")))).ToListAsync();

        Assert.That(items, Is.EqualTo(new[] { "a", "broken" }));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((2, 1)));
    }

    [Test]
    public async Task AShapeThatReadsAgainBehindAFailureOrTheEnd_HearsTheEnd()
    {
        foreach (var fails in new[] { true, false })
        {
            var source = new FailingOnAndOn { Fails = fails };
            var items = await source.ShapeText(Text, With, Stubborn).ToListAsync();

            Assert.That(items, Is.EqualTo(new[] { "a" }));
            Assert.That((source.Reads, source.Disposals), Is.EqualTo((2, 1)));
        }

        static async IAsyncEnumerable<string> Stubborn(IAsyncEnumerable<string> texts)
        {
            await using var reading = texts.GetAsyncEnumerator();
            for (var tries = 0; tries < 4; tries++)
            {
                var isThere = false;
                try
                {
                    isThere = await reading.MoveNextAsync();
                }
                catch (InvalidOperationException)
                {
                }

                if (isThere)
                    yield return reading.Current;
            }
        }
    }

    [Test]
    public void ShapesThatLeaveEarly_OrReadAhead_OrNever() => MarbleTest.Run(m =>
    {
        m.Expect(m.Pull("abc7de8|").ShapeText(Text, With, texts => texts.Take(1))).ToBe("a--7d-8|");
        m.Expect(m.Pull("abc7de8|").ShapeText(Text, With, texts => texts.Buffered(2))).ToBe("abc7de8|");
        m.Expect(m.Pull("abc7de8|").ShapeText(Text, With, texts => texts.Buffered(1).Take(2))).ToBe("ab-7de8|");
        m.Expect(m.Pull("abc7d|").ShapeText(Text, With, _ => AsyncEnumerable.Repeat("x", 2))).ToBe("[xx]--7[xx]|");
    });

    [Test]
    public async Task NoContinuation_RunsInTheContextOfTheConsumer()
    {
        var context = new Forbidden();
        var source = Source();
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            var items = "";
            await foreach (var item in source.ShapeText(Text, With, texts => texts.Conflate()).ConfigureAwait(false))
                items += item;
            Assert.That(items, Is.EqualTo("ab7c"));
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }

        Assert.That(context.Posts, Is.Zero);

        static async IAsyncEnumerable<string> Source()
        {
            foreach (var item in new[] { "a", "b", "7", "c" })
            {
                await Task.Run(() => { }).ConfigureAwait(false);
                yield return item;
            }
        }
    }

    private static IDisposable Subscribe(IObservable<string> stream, List<string> told) => stream.Subscribe(told.Add, _ => told.Add("#"), () => told.Add("|"));

    private static string? Text(string item) => char.IsAsciiDigit(item[0]) ? null : item;

    private static string With(string item, string text) => text;

    /// <summary>One item, and then failures, or ends.</summary>
    private sealed class FailingOnAndOn : IAsyncEnumerable<string>, IAsyncEnumerator<string>
    {
        public bool Fails { get; init; } = true;

        public int Reads { get; private set; }

        public int Disposals { get; private set; }

        public string Current => "a";

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public async ValueTask<bool> MoveNextAsync()
        {
            await Task.Yield();
            return ++Reads == 1 || (Fails ? throw new InvalidOperationException($"failure {Reads}") : false);
        }

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return default;
        }
    }

    private sealed class Forbidden : SynchronizationContext
    {
        public int Posts { get; private set; }

        public override void Post(SendOrPostCallback d, object? state)
        {
            Posts++;
            base.Post(d, state);
        }
    }
}
