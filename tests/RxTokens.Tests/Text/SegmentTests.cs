using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>An operator that cuts text into segments, two segments, and what may follow each of them.</summary>
public sealed record Segmenter(
    string Name,
    Func<IObservable<string>, int, IObservable<string>> Cut,
    Func<IObservable<string>, TimeSpan, IScheduler, int, IObservable<string>> CutOrFlush,
    Func<IObservable<string>, TimeSpan, TimeProvider, int, IObservable<string>> CutOrFlushOf,
    string First,
    string Second,
    string Next = "X")
{
    public static IEnumerable<Segmenter> All { get; } =
    [
        new("Graphemes", (s, max) => s.Graphemes(max), (s, after, on, max) => s.Graphemes(after, on, max), (s, after, on, max) => s.Graphemes(after, on, max), "e\u0301", "o\u0308"),
        new("Words", (s, max) => s.Words(maxChars: max), (s, after, on, max) => s.Words(after, on, maxChars: max), (s, after, on, max) => s.Words(after, on, maxChars: max), "Hi", "  ", "!"),
        new(
            "Words, AfterSpace",
            (s, max) => s.Words(WordBorders.AfterSpace, max),
            (s, after, on, max) => s.Words(after, on, WordBorders.AfterSpace, max),
            (s, after, on, max) => s.Words(after, on, WordBorders.AfterSpace, max),
            "Hi ",
            "is "),
        new("Sentences", (s, max) => s.Sentences(max), (s, after, on, max) => s.Sentences(after, on, max), (s, after, on, max) => s.Sentences(after, on, max), "It. ", "Is. "),
        new(
            "Lines, with their ends",
            (s, max) => s.Lines(TimeSpan.FromDays(1), new HistoricalScheduler(), max),
            (s, after, on, max) => s.Lines(after, on, max),
            (s, after, on, max) => s.Lines(after, on, max),
            "It\n",
            "Is\n"),
    ];

    public override string ToString() => Name;
}

/// <summary>What is true of all operators that cut text into segments.</summary>
[TestFixtureSource(typeof(Segmenter), nameof(Segmenter.All))]
public class SegmentTests(Segmenter segmenter)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly FsCheck.Gen<string> Texts = TextLaws.TextsWith(
        "क", "\u094D", "त", "\u093E", "\u200C", "\u200D", "\u0600", "\u0903", "x", " ", ". ", "! ", "e.g. ", "Mr. ", "’", "3", ",", "ש", "\"", "\r", "\n", "🇩", "한", "👩", "。");

    // Arguments

    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        var source = Observable.Never<string>();
        void Refused<T>(string name, Func<object> call)
            where T : ArgumentException => Assert.That(call, Throws.InstanceOf<T>().With.Property("ParamName").EqualTo(name));

        Refused<ArgumentNullException>("source", () => segmenter.Cut(null!, 1));
        Refused<ArgumentNullException>("source", () => segmenter.CutOrFlush(null!, Second, Scheduler.Immediate, 1));
        Refused<ArgumentNullException>("source", () => segmenter.CutOrFlushOf(null!, Second, TimeProvider.System, 1));
        Refused<ArgumentNullException>("scheduler", () => segmenter.CutOrFlush(source, Second, null!, 1));
        Refused<ArgumentNullException>("timeProvider", () => segmenter.CutOrFlushOf(source, Second, null!, 1));
        Refused<ArgumentOutOfRangeException>("maxChars", () => segmenter.Cut(source, 0));
        Refused<ArgumentOutOfRangeException>("maxChars", () => segmenter.CutOrFlush(source, Second, Scheduler.Immediate, 0));
        Refused<ArgumentOutOfRangeException>("flushAfter", () => segmenter.CutOrFlush(source, TimeSpan.Zero, Scheduler.Immediate, 1));
        Refused<ArgumentOutOfRangeException>("flushAfter", () => segmenter.CutOrFlushOf(source, -Second, TimeProvider.System, 1));
    }

    // Behaviour

    [Test]
    public void AnyText_CutAnywhere_IsItsSegmentsJoined_TheSameForEachCut() => TextLaws.ForAll(Texts, (text, pieces) =>
    {
        var segments = TextLaws.Run(Cut, pieces);
        Assert.That(string.Concat(segments), Is.EqualTo(text));
        Assert.That(segments, Is.EqualTo(TextLaws.Run(Cut, [text])));
        Assert.That(segments, Has.None.Empty);
        TextLaws.AssertNoPairIsSplit(segments);
    });

    [Test]
    public void AFlush_PutsABorder_AndTakesNoneAway() => TextLaws.ForAll(Texts, (text, pieces) =>
    {
        var clock = new HistoricalScheduler();
        var segments = new List<string>();
        using var source = new Subject<string>();
        using var subscription = segmenter.CutOrFlush(source, Second, clock, int.MaxValue).Subscribe(segments.Add);
        for (var i = 0; i < pieces.Length; i++)
        {
            source.OnNext(pieces[i]);
            if (i % 3 == 1)
                clock.AdvanceBy(Second);
        }

        source.OnCompleted();

        Assert.That(string.Concat(segments), Is.EqualTo(text));
        Assert.That(segments, Has.None.Empty);
        Assert.That(Borders(segments), Is.SupersetOf(Borders(TextLaws.Run(Cut, [text]))));
        TextLaws.AssertNoPairIsSplit(segments);
    });

    [Test]
    public void ASegment_ThatHasWaited_IsTold_ButForHalfACharacter()
    {
        var clock = new HistoricalScheduler();
        using var source = new Subject<string>();
        var segments = new List<string>();
        using var subscription = segmenter.CutOrFlush(source, Second, clock, 100).Subscribe(segments.Add);

        source.OnNext("a\uD83D");
        clock.AdvanceBy(Second - TimeSpan.FromTicks(1));
        Assert.That(segments, Is.Empty);
        clock.AdvanceBy(TimeSpan.FromTicks(1));
        Assert.That(segments, Is.EqualTo(new[] { "a" }));
        clock.AdvanceBy(10 * Second);
        source.OnNext("\uDE00");
        clock.AdvanceBy(Second);

        Assert.That(segments, Is.EqualTo(new[] { "a", "😀" }));
    }

    [Test]
    public void WhatIsPushedWhileAFlushIsTold_ComesBehindIt_AndBeforeTheNextPiece()
    {
        var clock = new HistoricalScheduler();
        using var source = new Subject<string>();
        var segments = new List<string>();
        using var subscription = segmenter.CutOrFlush(source, Second, clock, 100).Subscribe(segment =>
        {
            segments.Add(segment);
            if (segments.Count == 1)
                source.OnNext("b");
        });

        source.OnNext("a");
        clock.AdvanceBy(Second);
        clock.AdvanceBy(Second);
        Assert.That(segments, Is.EqualTo(new[] { "a", "b" }), "it has waited, too");

        segments.Clear();
        source.OnNext("a");
        clock.AdvanceBy(Second);
        source.OnNext("c");
        source.OnCompleted();
        Assert.That(string.Concat(segments), Is.EqualTo("abc"));
    }

    [Test]
    public void ASchedulerThatRunsAtOnce_LeavesNothingWaiting()
    {
        using var source = new Subject<string>();
        var segments = new List<string>();
        using var subscription = segmenter.CutOrFlush(source, TimeSpan.FromTicks(1), Scheduler.Immediate, 100).Subscribe(segments.Add);

        source.OnNext("a");
        Assert.That(segments, Is.EqualTo(new[] { "a" }));
        source.OnNext("b\uD83D");
        source.OnNext("\uDE00");
        source.OnCompleted();
        Assert.That(segments, Is.EqualTo(new[] { "a", "b", "😀" }));
    }

    [Test]
    public void ALongSegment_InSmallPieces_IsCopiedTwoTimesOrThree()
    {
        const int Length = 300_000;
        var mark = segmenter.Name.StartsWith("Grapheme", StringComparison.Ordinal) ? "\u0301" : "a";
        var result = "";
        using var source = new Subject<string>();
        using var subscription = Cut(source).Subscribe(s => result = s);
        source.OnNext("e" + mark);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Length; i++)
            source.OnNext(mark);
        source.OnCompleted();
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(result, Has.Length.EqualTo(Length + 2));
        Assert.That(bytes, Is.LessThan(8 * sizeof(char) * Length));
    }

    // Bounds and errors

    [Test]
    public void ASegmentThatIsTooLong_FailsAfterWhatThereIsOfIt()
    {
        var text = segmenter.First + segmenter.Second + segmenter.Next;
        for (var max = 1; max < segmenter.First.Length; max++)
        {
            foreach (var pieces in TextLaws.Cuts(text))
            {
                var results = Told(pieces, max);
                Assert.That(results[^1], Is.EqualTo(nameof(BackpressureException)));
                Assert.That(results[..^1], Is.EqualTo(new[] { text[..max] }));
            }
        }

        Assert.That(Told([text], segmenter.First.Length), Is.EqualTo(new[] { segmenter.First, segmenter.Second, segmenter.Next, "end" }));
    }

    [Test]
    public void HalfACharacter_ThatHasNoRoomAtTheEnd_FailsToo() =>
        Assert.That(Told(["\u0600\uD83D"], 1)[^1], segmenter.Name is "Words" ? Is.EqualTo("end") : Is.EqualTo(nameof(BackpressureException)));

    [Test]
    public void ACharacterOfTwo_IsNeverHalved() => Assert.That(Told(["😀"], 1), Is.EqualTo(new[] { nameof(BackpressureException) }));

    [Test]
    public void AFailure_ArrivesAfterTheSegmentThatItCutsOff()
    {
        using var source = new Subject<string>();
        var told = new List<string>();
        using var subscription = Cut(source).Subscribe(told.Add, e => told.Add(e.Message));

        source.OnNext(segmenter.First + segmenter.Next + "\uD83D");
        source.OnError(new InvalidOperationException("down"));

        Assert.That(string.Concat(told), Is.EqualTo(segmenter.First + segmenter.Next + "\uD83D" + "down"));
        Assert.That(told[0], Is.EqualTo(segmenter.First));
        Assert.That(told[^1], Is.EqualTo("down"));
    }

    [Test]
    public void WhatTheSchedulerThrows_IsTheFailure_AfterWhatIsHeld()
    {
        using var source = new Subject<string>();
        var (segments, failure) = (new List<string>(), default(Exception));
        using var subscription = segmenter.CutOrFlush(source, Second, new Closed(), 100).Subscribe(segments.Add, e => failure = e);

        source.OnNext("a");

        Assert.That(segments, Is.EqualTo(new[] { "a" }));
        Assert.That(failure, Is.InstanceOf<ObjectDisposedException>());
        Assert.That(source.HasObservers, Is.False);
    }

    [Test]
    public void EmptyPieces_AndPiecesThatAreNull_AreNothing() =>
        Assert.That(TextLaws.Run(Cut, ["", segmenter.First, null!, segmenter.Next, ""]), Is.EqualTo(new[] { segmenter.First, segmenter.Next }));

    [Test]
    public void NoText_IsNoSegment() => Assert.That(TextLaws.Run(Cut, []), Is.Empty);

    // Disposal

    [Test]
    public void OneWhoLeavesInTheMiddleOfAPiece_HearsNoMore_AndTheSourceIsLeft()
    {
        using var source = new Subject<string>();
        var segments = new List<string>();
        using var subscription = Cut(source).Take(1).Subscribe(segments.Add);

        source.OnNext(segmenter.First + segmenter.Second + segmenter.Next);

        Assert.That(segments, Is.EqualTo(new[] { segmenter.First }));
        Assert.That(source.HasObservers, Is.False);
    }

    [Test]
    public void OneWhoHasLeft_HearsOfNoFlush()
    {
        var clock = new HistoricalScheduler();
        using var source = new Subject<string>();
        var segments = new List<string>();
        using (segmenter.CutOrFlush(source, Second, clock, 100).Subscribe(segments.Add))
            source.OnNext("a");
        clock.AdvanceBy(10 * Second);

        Assert.That(segments, Is.Empty);
    }

    [Test]
    public void EachSubscription_HasASegmentOfItsOwn()
    {
        using var source = new Subject<string>();
        var cut = Cut(source);
        var (first, second) = (new List<string>(), new List<string>());
        using var one = cut.Subscribe(first.Add);
        source.OnNext(segmenter.First);
        using var two = cut.Subscribe(second.Add);
        source.OnNext(segmenter.Second);
        source.OnCompleted();

        Assert.That(first, Is.EqualTo(new[] { segmenter.First, segmenter.Second }));
        Assert.That(second, Is.EqualTo(new[] { segmenter.Second }));
    }

    [Test]
    public void WhatIsPushedWhileASegmentIsTold_ComesAfterIt()
    {
        using var source = new Subject<string>();
        var segments = new List<string>();
        using var subscription = Cut(source).Subscribe(segment =>
        {
            segments.Add(segment);
            if (segments.Count == 1)
                source.OnNext(segmenter.First);
            if (segments.Count == 2)
                source.OnCompleted();
        });

        source.OnNext(segmenter.First + segmenter.Second + segmenter.First + segmenter.Second);

        Assert.That(string.Concat(segments), Is.EqualTo(segmenter.First + segmenter.Second + segmenter.First + segmenter.Second + segmenter.First));
        Assert.That(segments, Has.Count.EqualTo(5));
    }

    // Threads

    [Test]
    public void AFlushOnAnotherThread_LosesNothing_AndIsOneAtATime()
    {
        var scheduler = new OtherThread();
        using var source = new Subject<string>();
        var segments = new List<string>();
        var inside = 0;
        using var subscription = segmenter.CutOrFlush(source, Second, scheduler, int.MaxValue).Subscribe(segment =>
        {
            Assert.That(Interlocked.Increment(ref inside), Is.EqualTo(1));
            segments.Add(segment);
            Interlocked.Decrement(ref inside);
        });
        var isOver = false;
        var timer = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
                scheduler.RunNext();
        });
        timer.Start();
        for (var i = 0; i < 20_000; i++)
            source.OnNext("e.\u0301 "[i % 4].ToString());
        Volatile.Write(ref isOver, true);
        timer.Join();
        source.OnCompleted();

        Assert.That(string.Concat(segments), Is.EqualTo(string.Concat(Enumerable.Repeat("e.\u0301 ", 5_000))));
    }

    private static HashSet<int> Borders(IEnumerable<string> segments)
    {
        var at = 0;
        return [.. segments.Select(s => at += s.Length)];
    }

    private IObservable<string> Cut(IObservable<string> source) => segmenter.Cut(source, 1 << 20);

    private List<string> Told(string[] pieces, int max)
    {
        var told = new List<string>();
        segmenter.Cut(pieces.ToObservable(Scheduler.Immediate), max).Subscribe(told.Add, e => told.Add(e.GetType().Name), () => told.Add("end"));
        return told;
    }

    /// <summary>As an event loop that has been disposed.</summary>
    private sealed class Closed : LocalScheduler
    {
        public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) =>
            throw new ObjectDisposedException(nameof(Closed));
    }

    /// <summary>Runs the newest that is scheduled where and when somebody asks for it.</summary>
    private sealed class OtherThread : LocalScheduler
    {
        private Action? _next;

        public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
        {
            Volatile.Write(ref _next, () => action(this, state));
            return System.Reactive.Disposables.Disposable.Empty;
        }

        public void RunNext() => Interlocked.Exchange(ref _next, null)?.Invoke();
    }
}
