using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>
/// What all text operators have in common when a stream ends, fails or is left in the middle of a segment, is subscribed to again, and where sources
/// and observers are not as they should be.
/// </summary>
public class TextRulesTests
{
    /// <param name="Name">The operator.</param>
    /// <param name="Apply">Applies it; what it tells, as text.</param>
    /// <param name="Pieces">A text that ends in the middle of a segment.</param>
    /// <param name="Told">What is told of it as it comes.</param>
    /// <param name="Held">What is told at its end.</param>
    public sealed record Operator(string Name, Func<IObservable<string>, IScheduler, IObservable<string>> Apply, string[] Pieces, string[] Told, params string[] Held)
    {
        public override string ToString() => Name;
    }

    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(3);

    private static readonly Operator[] All =
    [
        new("Graphemes", (s, _) => s.Graphemes(), ["a", "b"], ["a"], "b"),
        new("Graphemes, flushed", (s, clock) => s.Graphemes(Wait, clock), ["a", "b"], ["a"], "b"),
        new("Words", (s, _) => s.Words(), ["one t", "w"], ["one", " "], "tw"),
        new("Words, after space", (s, _) => s.Words(WordBorders.AfterSpace), ["one t", "w"], ["one "], "tw"),
        new("Words, flushed", (s, clock) => s.Words(Wait, clock), ["one t", "w"], ["one", " "], "tw"),
        new("Sentences", (s, _) => s.Sentences(), ["One. T", "w"], ["One. "], "Tw"),
        new("Sentences, flushed", (s, clock) => s.Sentences(Wait, clock), ["One. T", "w"], ["One. "], "Tw"),
        new("Lines", (s, _) => s.Lines(), ["one\nt", "w"], ["one"], "tw"),
        new("Lines, flushed", (s, clock) => s.Lines(Wait, clock), ["one\nt", "w"], ["one\n"], "tw"),
        new("Segments", (s, _) => s.Segments(new Regex("ab+")).Select(x => x.Text), ["xa", "bb"], ["x"], "abb"),
        new("StopAt", (s, _) => s.StopAt("stop"), ["go s", "t"], ["go "], "st"),
        new("Lanes", (s, _) => s.Lanes("<t>", "</t>").Select(x => x.Text), ["go <", "t"], ["go "], "<t"),
        new("CodeFences", (s, _) => s.CodeFences().Where(x => x.Text.Length > 0).Select(x => x.Text), ["```\nco", "\n`"], ["co", "\n"], "`"),
        new("CodeFences, whole", (s, _) => s.CodeFences(whole: true).Select(x => x.Text), ["```\nco", "de"], [], "code"),
        new("MarkdownBlocks", (s, _) => s.MarkdownBlocks().Select(x => x.Text), ["one\n\nt", "w"], ["one"], "tw"),
        new("PartialJson", (s, _) => s.PartialJson(), ["[1,2", "]"], ["[1,2]"]),
        new("TakeTokens", (s, _) => s.TakeTokens(100, text => text.Length), ["one t", "w"], ["one"], " tw"),
        new("ShapeText", (s, clock) => s.ShapeText(text => text, (_, text) => text, texts => texts.Words(Wait, clock)), ["one t", "w"], ["one", " "], "tw"),
    ];

    // Endings in the middle of a segment

    [TestCaseSource(nameof(All))]
    public void TheEnd_ArrivesBehindWhatIsHeld(Operator op)
    {
        var (source, told, timers) = Begin(op);
        source.OnCompleted();

        Assert.That(told, Is.EqualTo((string[])[.. op.Told, .. op.Held, "|"]));
        Assert.That(timers.Pending, Is.Zero);
    }

    [TestCaseSource(nameof(All))]
    public void AFailure_ArrivesBehindWhatIsHeld(Operator op)
    {
        var (source, told, timers) = Begin(op);
        source.OnError(Marbles.Failure);

        Assert.That(told, Is.EqualTo((string[])[.. op.Told, .. op.Held, $"#{Marbles.Failure.Message}"]));
        Assert.That(timers.Pending, Is.Zero);
    }

    [TestCaseSource(nameof(All))]
    public void OneWhoLeaves_HearsNothingMore_AndLeavesNeitherSourceNorTimer(Operator op)
    {
        var (source, told, timers, subscription) = Subscribe(op);
        Push(source, op);
        subscription.Dispose();
        Assert.That((source.HasObservers, timers.Pending), Is.EqualTo((false, 0)));

        source.OnNext(op.Pieces[0]);
        source.OnCompleted();
        Assert.That(told, Is.EqualTo(op.Told));
    }

    [TestCaseSource(nameof(All))]
    public void EachSubscription_BeginsAnew(Operator op)
    {
        var sources = new Queue<Subject<string>>([new(), new(), new()]);
        var (first, second, third) = (sources.ElementAt(0), sources.ElementAt(1), sources.ElementAt(2));
        var stream = op.Apply(Observable.Defer(() => sources.Dequeue()), new Timers());
        List<string>[] told = [[], [], []];

        using var left = Listen(stream, told[0]);
        Push(first, op);
        left.Dispose(); // in the middle of a segment
        using var one = Listen(stream, told[1]);
        using var other = Listen(stream, told[2]);
        foreach (var piece in op.Pieces) // by turns
        {
            second.OnNext(piece);
            third.OnNext(piece);
        }

        second.OnCompleted();
        third.OnCompleted();

        Assert.That(told[0], Is.EqualTo(op.Told));
        Assert.That(told[1], Is.EqualTo((string[])[.. op.Told, .. op.Held, "|"]));
        Assert.That(told[2], Is.EqualTo(told[1]));
    }

    [TestCaseSource(nameof(All))]
    public void WhoeverKeepsASubscriptionThatHasEnded_KeepsNoText(Operator op)
    {
        foreach (var isLeft in new[] { false, true })
        {
            IDisposable subscription = null!;
            WeakReference[] texts = [];
            Kept.OnAThreadOfItsOwn(() =>
            {
                var source = new Subject<string>();
                subscription = op.Apply(source, new VirtualClock()).Subscribe(_ => { });
                texts = PushNew(source, op);
                if (isLeft)
                    subscription.Dispose();
                else
                    source.OnCompleted();
            });

            Kept.AssertKeepsNone(subscription, texts, isLeft ? "left" : "ended");
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference[] PushNew(Subject<string> source, Operator op) =>
        [
            .. op.Pieces.Select(piece =>
            {
                var text = new string(piece.AsSpan());
                source.OnNext(text);
                return new WeakReference(text);
            }),
        ];
    }

    // Sources

    [TestCaseSource(nameof(All))]
    public void ASubscribeThatThrows_IsTheFailure_AndLeavesNoTimer(Operator op)
    {
        var timers = new Timers();
        var told = new List<string>();
        using var subscription = Listen(op.Apply(Speaking(op, _ => throw Marbles.Failure), timers), told);

        Assert.That(told, Is.EqualTo((string[])[.. op.Told, $"#{Marbles.Failure.Message}"]).Or.EqualTo((string[])[.. op.Told, .. op.Held, $"#{Marbles.Failure.Message}"]));
        Assert.That(timers.Pending, Is.Zero);
    }

    [TestCaseSource(nameof(All))]
    public void ASourceThatEndsInsideItsSubscribe_AndSpeaksOn_IsHeardToItsEnd(Operator op)
    {
        var timers = new Timers();
        var told = new List<string>();
        var source = Speaking(op, observer =>
        {
            observer.OnCompleted();
            observer.OnNext(op.Pieces[0]);
            observer.OnError(Marbles.Failure);
            observer.OnCompleted();
        });
        using var subscription = Listen(op.Apply(source, timers), told);

        Assert.That(told, Is.EqualTo((string[])[.. op.Told, .. op.Held, "|"]));
        Assert.That(timers.Pending, Is.Zero);
    }

    [TestCaseSource(nameof(All))]
    public void EmptyPieces_ChangeNothing(Operator op)
    {
        var (source, told, _) = Begin(op with { Pieces = [.. op.Pieces.SelectMany(piece => new[] { "", piece, "" })] });
        source.OnCompleted();
        Assert.That(told, Is.EqualTo((string[])[.. op.Told, .. op.Held, "|"]));
    }

    // Observers

    [TestCaseSource(nameof(All))]
    public void WhatAnObserverThrows_GoesToTheSource_AndItHearsNothingMore(Operator op)
    {
        var timers = new Timers();
        using var source = new Subject<string>();
        var calls = 0;
        using var subscription = op.Apply(source, timers).Subscribe(
            _ =>
            {
                calls++;
                throw Marbles.Failure;
            },
            _ => calls += 100,
            () => calls += 100);
        Exception? thrown = null;
        foreach (var speak in (Action[])[.. op.Pieces.Select(piece => (Action)(() => source.OnNext(piece))), source.OnCompleted])
        {
            try
            {
                speak();
            }
            catch (Exception failure)
            {
                thrown = failure;
            }
        }

        Assert.That(thrown, Is.SameAs(Marbles.Failure));
        Assert.That((calls, timers.Pending), Is.EqualTo((1, 0)));
    }

    [TestCaseSource(nameof(All))]
    public void AnObserverThatLeavesInsideItsOnNext_HearsNothingMore(Operator op)
    {
        var timers = new Timers();
        using var source = new Subject<string>();
        var told = new List<string>();
        var subscription = new SingleAssignmentDisposable();
        subscription.Disposable = op.Apply(source, timers).Subscribe(
            text =>
            {
                told.Add(text);
                subscription.Dispose();
            },
            _ => told.Add("#"),
            () => told.Add("|"));
        Push(source, op);
        source.OnCompleted();

        Assert.That(told, Is.EqualTo(((string[])[.. op.Told, .. op.Held]).Take(1)));
        Assert.That((source.HasObservers, timers.Pending), Is.EqualTo((false, 0)));
    }

    private static (Subject<string> Source, List<string> Told, Timers Timers) Begin(Operator op)
    {
        var (source, told, timers, _) = Subscribe(op);
        Push(source, op);
        Assert.That(told, Is.EqualTo(op.Told));
        return (source, told, timers);
    }

    private static (Subject<string> Source, List<string> Told, Timers Timers, IDisposable Subscription) Subscribe(Operator op)
    {
        var (source, told, timers) = (new Subject<string>(), new List<string>(), new Timers());
        return (source, told, timers, Listen(op.Apply(source, timers), told));
    }

    private static void Push(Subject<string> source, Operator op)
    {
        foreach (var piece in op.Pieces)
            source.OnNext(piece);
    }

    private static IDisposable Listen(IObservable<string> stream, List<string> told) =>
        stream.Subscribe(told.Add, failure => told.Add($"#{failure.Message}"), () => told.Add("|"));

    private static RawObservable<string> Speaking(Operator op, Action<IObserver<string>> then) => new(observer =>
    {
        foreach (var piece in op.Pieces)
            observer.OnNext(piece);
        then(observer);
        return Disposable.Empty;
    });
}
