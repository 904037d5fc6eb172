using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Streams that go on after they have broken off, with what public reports of such code complain of (RS).</summary>
public class ResumeWithTests
{
    private static readonly Exception Other = new NotSupportedException("of a function");

    private readonly List<string> _asked = [];
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new VirtualClock();
        _asked.Clear();
    }

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    /// <summary>Items that are ready one a frame, then the failure, or the end.</summary>
    private PullProbe<T> Source<T>(bool breaks, params T[] items) => new(
        _clock, [.. items.Select((item, i) => Marble.Next(i + 1, item)), breaks ? Marble.Error<T>(items.Length + 1, Marbles.Failure) : Marble.End<T>(items.Length + 1)]);

    private PullProbe<string> Broken(params string[] items) => Source(true, items);

    private PullProbe<string> Whole(params string[] items) => Source(false, items);

    /// <summary>Goes on with each of these in turn, then with nothing.</summary>
    private Func<string, Exception, IAsyncEnumerable<string>?> With(params PullProbe<string>[] continuations)
    {
        var next = 0;
        return (received, failure) =>
        {
            _asked.Add(received);
            Assert.That(failure, Is.SameAs(Marbles.Failure));
            Assert.That(continuations.Skip(next).Select(c => c.Enumerations.Count), Is.All.Zero);
            Assert.That(continuations.Take(next).Select(c => c.Disposals.Count), Is.All.EqualTo(1), "the one before is disposed");
            return next < continuations.Length ? continuations[next++] : null;
        };
    }

    private IReadOnlyList<Marble<T>> Run<T>(IAsyncEnumerable<T> stream, CancellationToken cancellationToken = default)
    {
        var consumer = _clock.Consume(stream, cancellationToken);
        _ = consumer.AskForAll();
        _clock.Start();
        return consumer.Received;
    }

    private string Text(IAsyncEnumerable<string> stream)
    {
        var received = Run(stream);
        var ending = received[^1].Notification;
        return string.Concat(received.SkipLast(1).Select(m => m.Notification.Value)) + (ending.Exception is null ? "|" : ReferenceEquals(ending.Exception, Marbles.Failure) ? "#" : $"#{ending.Exception.GetType().Name}");
    }

    // Arguments

    [Test]
    public void Null_IsRefused()
    {
        IAsyncEnumerable<string> none = null!;
        IAsyncEnumerable<int> noNumbers = null!;
        foreach (var (parameter, call) in new (string, Func<object>)[]
        {
            ("source", () => none.ResumeWith((string _, Exception _) => null, 1)),
            ("source", () => none.ResumeWith((string _, Exception _) => null, 1, 1, "")),
            ("source", () => noNumbers.ResumeWith((_, _) => null, 1)),
            ("source", () => noNumbers.ResumeWith((_, _) => null, 1, 1, 0)),
            ("resume", () => Pull("|").ResumeWith((Func<string, Exception, IAsyncEnumerable<string>?>)null!, 1)),
            ("resume", () => Pull("|").ResumeWith((Func<string, Exception, IAsyncEnumerable<string>?>)null!, 1, 1, "")),
            ("resume", () => Source(false, 1).ResumeWith(null!, 1)),
            ("resume", () => Source(false, 1).ResumeWith(null!, 1, 1, 0)),
            ("restart", () => Pull("|").ResumeWith((string _, Exception _) => null, 1, 1, null!)),
        })
            Assert.That(call, Throws.ArgumentNullException.With.Property("ParamName").EqualTo(parameter));
    }

    [Test]
    public void LessThanOne_IsRefused()
    {
        foreach (var value in new[] { 0, -1 })
        {
            foreach (var (parameter, call) in new (string, Func<object>)[]
            {
                ("times", () => Pull("|").ResumeWith((string _, Exception _) => null, value)),
                ("times", () => Pull("|").ResumeWith((string _, Exception _) => null, value, 1, "")),
                ("times", () => Source(false, 1).ResumeWith((_, _) => null, value)),
                ("times", () => Source(false, 1).ResumeWith((_, _) => null, value, 1, 0)),
                ("leastOverlap", () => Pull("|").ResumeWith((string _, Exception _) => null, 1, value, "")),
                ("leastOverlap", () => Source(false, 1).ResumeWith((_, _) => null, 1, value, 0)),
            })
                Assert.That(call, Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo(parameter).And.Property("ActualValue").EqualTo(value));
        }
    }

    // Marbles

    [MarbleOf("ResumeWith(IAsyncEnumerable<String>, Func<String, Exception, IAsyncEnumerable<String>>, Int32)")]
    public void ItsMarble_OfText(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var source = m.Pull(rows["source 1"], name: "source 1");
        var next = m.Pull(rows["source 2"]);
        m.Expect(source.ResumeWith((received, _) => received == "ab" ? next : null, times: 1)).ToBe(rows["result"]);
    });

    [MarbleOf("ResumeWith(IAsyncEnumerable<String>, Func<String, Exception, IAsyncEnumerable<String>>, Int32, Int32, String)")]
    public void ItsMarble_OfAnOverlapOfText(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var source = m.Pull(rows["source 1"], name: "source 1");
        var next = m.Pull(rows["source 2"]);
        m.Expect(source.ResumeWith((received, _) => received == "abcd" ? next : null, times: 1, leastOverlap: 3, restart: "…")).ToBe(rows["result"]);
    });

    [MarbleOf("ResumeWith<TSource>(IAsyncEnumerable<TSource>, Func<IReadOnlyList<TSource>, Exception, IAsyncEnumerable<TSource>>, Int32)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var source = m.Pull(rows["source 1"], name: "source 1");
        var next = m.Pull(rows["source 2"]);
        m.Expect(source.ResumeWith<string>((received, _) => received is ["a", "b"] ? next : null, times: 1)).ToBe(rows["result"]);
    });

    [MarbleOf("ResumeWith<TSource>(IAsyncEnumerable<TSource>, Func<IReadOnlyList<TSource>, Exception, IAsyncEnumerable<TSource>>, Int32, Int32, TSource)")]
    public void ItsMarble_OfAnOverlap(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var source = m.Pull(rows["source 1"], name: "source 1");
        var next = m.Pull(rows["source 2"]);
        m.Expect(source.ResumeWith<string>((received, _) => received is ["a", "b", "c", "d"] ? next : null, times: 1, leastOverlap: 2, restart: "…"))
            .ToBe(rows["result"]);
    });

    // Overlaps

    [Test]
    public void RS01_TwoCuts_TheFirstContinuationRepeatsTheTail()
    {
        var source = Broken("part ", "one ");
        var one = Broken("part one", " part two ");
        var two = Whole("part two three");
        Assert.That(Text(source.ResumeWith(With(one, two), 5, 3, "…")), Is.EqualTo("part one part two three|"));
        Assert.That(_asked, Is.EqualTo(new[] { "part one ", "part one part two " }));
        foreach (var probe in new[] { source, one, two })
            Assert.That((probe.Enumerations.Count, probe.Disposals.Count, probe.Violations.Count), Is.EqualTo((1, 1, 0)));
    }

    [Test]
    public void RS03_OfSeveralOverlaps_TheLongest_AndWhatIsNewAtOnce()
    {
        var stream = Broken("abcabc").ResumeWith(With(Whole("b", "c", "a", "b", "c", "X")), 1, 2, "…");
        Assert.That(Marbles.Show(Run(stream)), Is.EqualTo("1:abcabc 8:X 9:|"), "the continuation begins at 2");
    }

    [TestCase(2, "aaaab|")]
    [TestCase(3, "aaaa…aab|")]
    public void RS04_RepeatedCharacters_TheLeastLengthDecides(int leastOverlap, string expected) =>
        Assert.That(Text(Broken("aaaa").ResumeWith(With(Whole("aab")), 1, leastOverlap, "…")), Is.EqualTo(expected));

    [Test]
    public void RS06_APairOfSurrogates_IsNotCut()
    {
        var stream = Broken("Hello 👩").ResumeWith(With(Whole("lo ", "\uD83D", "\uDC69 bye")), 1, 3, "…");
        Assert.That(Marbles.Show(Run(stream)), Is.EqualTo("1:Hello 👩 5:\" bye\" 6:|"));
    }

    [TestCase("abc", "xyz", 1, "abc…xyz|", Description = "nothing in common")]
    [TestCase("abc", "abc", 3, "abc|", Description = "all of it, and nothing new")]
    [TestCase("abc", "abcd", 4, "abc…abcd|", Description = "less received than an overlap has")]
    [TestCase("abcd", "cd", 2, "abcd|", Description = "the end, repeated, and nothing more")]
    [TestCase("abcd", "bc", 2, "abcd…bc|", Description = "ends in the middle of what might have become an overlap")]
    [TestCase("abab", "ab", 2, "abab|", Description = "a shorter overlap, where the longer one does not come about")]
    [TestCase("abc", "", 2, "abc|", Description = "an empty continuation")]
    [TestCase("abc", "c", 1, "abc|")]
    [TestCase("a", "a", 1, "a|")]
    public void BordersOfAllKinds(string received, string continuation, int leastOverlap, string expected)
    {
        foreach (var isCut in new[] { false, true })
        {
            SetUp();
            var items = isCut ? continuation.Select(c => c.ToString()).ToArray() : continuation == "" ? [] : [continuation];
            Assert.That(Text(Broken(received).ResumeWith(With(Whole(items)), 1, leastOverlap, "…")), Is.EqualTo(expected), isCut ? "character by character" : "at once");
        }
    }

    [Test]
    public void TheMarker_IsAnItemOfItsOwn_AndNoPartOfTheText()
    {
        var stream = Broken("abc").ResumeWith(With(Broken("xyz"), Whole("yz!")), 2, 2, "…");
        Assert.That(Run(stream).SkipLast(1).Select(m => m.Notification.Value), Is.EqualTo(new[] { "abc", "…", "xyz", "!" }));
        Assert.That(_asked, Is.EqualTo(new[] { "abc", "abcxyz" }));
    }

    [Test]
    public void EmptyItems_ArriveOutsideOfABorder_AndAreNothingNew()
    {
        var continuation = Broken("", "b", "", "c", "", "d", "");
        Assert.That(Run(Broken("", "abc").ResumeWith(With(continuation, Broken("")), 5, 2, "…")).SkipLast(1).Select(m => m.Notification.Value), Is.EqualTo(new[] { "", "abc", "", "d", "" }));
        Assert.That(_asked, Is.EqualTo(new[] { "abc", "abcd" }));
    }

    /// <summary>By the definition of the overlap, for texts that repeat themselves much.</summary>
    [Test]
    public void AnyText_CutAnywhere_GoesOnByTheRule()
    {
        var texts = Gen.Elements('a', 'b').ListOf().Select(chars => string.Concat(chars));
        var cases = from received in texts where received != "" from repeats in Gen.Choose(0, 6) from more in texts from least in Gen.Choose(1, 4) from size in Gen.Choose(1, 3)
                    select (received, continuation: received[Math.Max(0, received.Length - repeats)..] + more, least, size);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000).WithReplay(7, 1), Prop.ForAll(cases.ToArbitrary(), c =>
        {
            SetUp();
            var expected = Enumerable.Range(c.least, Math.Max(0, Math.Min(c.received.Length, c.continuation.Length) - c.least + 1)).Reverse()
                .Where(length => c.received.EndsWith(c.continuation[..length], StringComparison.Ordinal))
                .Select(length => c.received + c.continuation[length..]).FirstOrDefault(c.received + (c.continuation == "" ? "" : "…" + c.continuation));
            var items = c.continuation.Chunk(c.size).Select(chunk => new string(chunk)).ToArray();
            Assert.That(Text(Broken(c.received).ResumeWith(With(Whole(items)), 1, c.least, "…")), Is.EqualTo(expected + "|"), $"{c}");
        }));
    }

    /// <summary>A text of one letter, of which each place might be the border.</summary>
    [Test]
    public void TextThatRepeatsItself_CostsNoMoreThanAnyOther()
    {
        const int Length = 200_000;
        var stream = new ReadySource<string>(_ => new string('a', Length), 1) { FailsAtTheEnd = Marbles.Failure }
            .ResumeWith((_, _) => new ReadySource<string>(i => i < Length - 1 ? "a" : "b", Length), 1, 10, "…");
        var reading = stream.GetAsyncEnumerator();
        Assert.That(reading.MoveNextAsync().Result, Is.True);
        Assert.That((reading.MoveNextAsync().Result, reading.Current), Is.EqualTo((true, "b")));
    }

    [Test]
    public void RS09_ItemsOfAnyKind()
    {
        var continuation = Source(false, 3, 3, 4);
        Assert.That(Run(Source(true, 1, 2, 3, 3).ResumeWith((received, _) => received is [1, 2, 3, 3] ? continuation : null, 1, 1, -1)).SkipLast(1).Select(m => m.Notification.Value),
            Is.EqualTo(new[] { 1, 2, 3, 3, 4 }));
    }

    [Test]
    public void RS09_ItemsWithoutAnOverlap_ComeAfterTheMarker_OneForEachRequest()
    {
        var continuation = Source(false, 7, 8);
        var consumer = _clock.Consume(Source(true, 1, 2).ResumeWith((_, _) => continuation, 1, 2, -1)).AskAt(0, 1, 2, 10, 20, 30);
        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:1 2:2 4:-1 10:7 20:8 30:|"));
    }

    [Test]
    public void WhatIsNewAtTheEndOnly_ComesBeforeTheDisposal_AndIsCountedWhenNobodyGetsIt()
    {
        using var counters = new Counters();
        var continuation = Source(false, 1, 2);
        var consumer = _clock.Consume(Source(true, 1, 2, 3).ResumeWith((_, _) => continuation, 1, 2, -1)).AskAt(0, 1, 2, 10, 20);
        Task? leaving = null;
        _clock.At(30, () => leaving = consumer.Leave());
        _clock.AdvanceToFrame(29);
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:1 2:2 3:3 13:-1 20:1"));
        Assert.That((continuation.Disposals.Count, counters.Dropped), Is.EqualTo((0, 0)));
        _clock.Start();
        FlowAssert.Clean(continuation, 30);
        Assert.That((leaving!.IsCompletedSuccessfully, counters.Dropped), Is.EqualTo((true, 1)));
    }

    [Test]
    public void AnEqualsThatThrows_EndsTheStream()
    {
        var (one, other) = (new Odd(), new Odd());
        Assert.That(Run(Source(true, one).ResumeWith((_, _) => Source(false, other), 1, 1, null!))[^1].Notification.Exception, Is.TypeOf<NotSupportedException>());
    }

#pragma warning disable CA1065 // that it throws is the point
    private sealed class Odd
    {
        public override bool Equals(object? obj) => throw new NotSupportedException();

        public override int GetHashCode() => 0;
    }
#pragma warning restore CA1065

    // Exactly

    [Test]
    public void WithoutALeastOverlap_ItGoesOnExactly()
    {
        Assert.That(Text(Broken("abab").ResumeWith(With(Broken("ab"), Whole("ab")), 2)), Is.EqualTo("abababab|"));
        Assert.That(_asked, Is.EqualTo(new[] { "abab", "ababab" }));
    }

    // How often

    [TestCase(1, "ab#")]
    [TestCase(2, "abc#")]
    [TestCase(3, "abcd|")]
    public void SoOften_AndNoMore(int times, string expected) =>
        Assert.That(Text(Broken("a").ResumeWith(With(Broken("b"), Broken("c"), Whole("d")), times)), Is.EqualTo(expected));

    [Test]
    public void RS08_AContinuationThatBringsNothingNew_EndsIt()
    {
        foreach (var nothingNew in new[] { Broken(), Broken("bc"), Broken("abc"), Broken("a", "b", "c") })
        {
            _asked.Clear();
            var source = Broken("abc");
            Assert.That(Text(source.ResumeWith(With(nothingNew), 1000, 2, "…")), Is.EqualTo("abc#"));
            Assert.That((_asked.Count, source.Disposals.Count, nothingNew.Enumerations.Count, nothingNew.Disposals.Count), Is.EqualTo((1, 1, 1, 1)));
        }
    }

    [Test]
    public void AStreamThatBreaksBeforeItsFirstItem_HasNothingToGoOnFrom()
    {
        Assert.That(Text(Broken().ResumeWith(With(Whole("a")), 5)), Is.EqualTo("#"));
        Assert.That(_asked, Is.Empty);
    }

    // When not

    [Test]
    public void RS09_AnEnd_IsTheEnd()
    {
        Assert.That(Text(Whole("ab").ResumeWith(With(Whole("c")), 5, 1, "…")), Is.EqualTo("ab|"));
        Assert.That(_asked, Is.Empty);
    }

    [Test]
    public void RS09_Cancelled_IsNotResumed()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Pull("a");
        _clock.At(3, cancellation.Cancel);
        Assert.That(Marbles.Show(Run(source.ResumeWith(With(Whole("b")), 5), cancellation.Token)), Is.EqualTo("0:a 3:#OperationCanceledException"));
        Assert.That(_asked, Is.Empty);
        FlowAssert.Clean(source, 3);
    }

    [Test]
    public void Cancelled_WhileAnOverlapIsLookedFor_DisposesTheContinuation()
    {
        using var cancellation = new CancellationTokenSource();
        var continuation = Pull("-b--------");
        _clock.At(5, cancellation.Cancel);
        Assert.That(Marbles.Show(Run(Pull("abc#").ResumeWith(With(continuation), 5, 2, "…"), cancellation.Token)), Is.EqualTo("0:a 1:b 2:c 5:#OperationCanceledException"));
        FlowAssert.Clean(continuation, 5);
    }

    [Test]
    public void RS09_NothingToGoOnWith_IsTheFailureItself() => Assert.That(Text(Broken("ab").ResumeWith(With(), 5)), Is.EqualTo("ab#"));

    [Test]
    public void RS09_WhatTheFunctionThrows_StandsBesideTheFailure()
    {
        var failure = Run(Broken("ab").ResumeWith((string _, Exception _) => throw Other, 5))[^1].Notification.Exception;
        Assert.That(((AggregateException)failure!).InnerExceptions, Is.EqualTo(new[] { Marbles.Failure, Other }));
    }

    [Test]
    public void LeftFromInsideTheFunction_BeginsNothing()
    {
        IAsyncEnumerator<string> reading = null!;
        Task? leaving = null;
        var continuation = Whole("c");
        reading = Pull("a-#").ResumeWith((string _, Exception _) => { leaving = reading.DisposeAsync().AsTask(); return continuation; }, 1).GetAsyncEnumerator();
        var first = reading.MoveNextAsync();
        Assert.That(first.Result, Is.True);
        var read = reading.MoveNextAsync().AsTask();
        _clock.Start();
        Assert.That((leaving!.IsCompletedSuccessfully, read.IsCompletedSuccessfully && !read.Result, continuation.Enumerations.Count), Is.EqualTo((true, true, 0)));
    }

    // Beside others

    [TestCaseSource(typeof(OtherOperators), nameof(OtherOperators.All))]
    public void IntoAndAroundOthers(Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> other)
    {
        Assert.That(Text(other(Broken("abc").ResumeWith(With(Broken("bcd"), Whole("cde")), 2, 2, "…"))), Is.EqualTo("abcde|"));
        SetUp();
        Assert.That(Text(other(Broken("abc")).ResumeWith(With(Broken("bcd"), Whole("cde")), 2, 2, "…")), Is.EqualTo("abcde|"));
    }

    [Test]
    public void AfterARetry_BothDoTheirs()
    {
        var source = new SourceInTurn<string>(Broken(), Broken(), Broken("ab"));
        Assert.That(Text(source.RetryBeforeFirst(5).ResumeWith((string _, Exception _) => Whole("abc"), 1, 2, "…")), Is.EqualTo("abc|"));
    }
}
