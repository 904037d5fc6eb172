using System.Reactive.Concurrency;
using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>One enumeration for many consumers, with what public reports of such operators complain of (SH).</summary>
public class ShareTests
{
    private VirtualClock _clock = null!;
    private CountingScheduler _timers = null!;

    [SetUp]
    public void SetUp() => _timers = new CountingScheduler(_clock = new VirtualClock());

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private static TimeSpan Ms(int frames) => TimeSpan.FromMilliseconds(frames);

    /// <summary>Letters at 0, 1, 2, …</summary>
    private PullProbe<string> Letters(int count = 26, bool ends = false) =>
        Pull(string.Concat(Enumerable.Range(0, count).Select(i => (char)('a' + i))) + (ends ? "|" : ""));

    private PullConsumer<T> All<T>(IAsyncEnumerable<T> stream)
    {
        var consumer = _clock.Consume(stream);
        _clock.Schedule(() => _ = consumer.AskForAll()); // when all have joined
        return consumer;
    }

    private PullConsumer<T> AllAt<T>(int frame, IAsyncEnumerable<T> stream)
    {
        PullConsumer<T>? consumer = null;
        consumer = new DeferredConsumer<T>(_clock, stream).At(frame);
        return consumer;
    }

    /// <summary>Joins when it is time to, not when the test is set up.</summary>
    private sealed class DeferredConsumer<T>(VirtualClock clock, IAsyncEnumerable<T> stream)
    {
        public PullConsumer<T> At(int frame)
        {
            var consumer = clock.Consume(new Deferred(stream));
            clock.At(frame, () => _ = consumer.AskForAll());
            return consumer;
        }

        private sealed class Deferred(IAsyncEnumerable<T> stream) : IAsyncEnumerable<T>
        {
            public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(stream, cancellationToken);
        }

        private sealed class Enumerator(IAsyncEnumerable<T> stream, CancellationToken cancellationToken) : IAsyncEnumerator<T>
        {
            private IAsyncEnumerator<T>? _reading;

            public T Current => _reading!.Current;

            public ValueTask<bool> MoveNextAsync() => (_reading ??= stream.GetAsyncEnumerator(cancellationToken)).MoveNextAsync();

            public ValueTask DisposeAsync() => _reading?.DisposeAsync() ?? default;
        }
    }

    private static string Show<T>(PullConsumer<T> consumer) => Marbles.Show(consumer.Received);

    // Arguments

    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        IAsyncEnumerable<string> none = null!;
        var shared = Pull("|").Share();
        foreach (var (parameter, call) in new (string, Func<object>)[]
        {
            ("source", () => none.Share()),
            ("source", () => none.Share((x, _) => x)),
            ("source", () => none.ShareText()),
            ("merge", () => Pull("|").Share(null!)),
            ("scheduler", () => Pull("|").Share(grace: Ms(1))),
            ("scheduler", () => Pull("|").Share((x, _) => x, Ms(1))),
            ("scheduler", () => Pull("|").ShareText(Ms(1))),
            ("merge", () => shared.JoinConflated(null!)),
            ("seed", () => shared.JoinConflated<int>(null!, (x, _) => x)),
            ("add", () => shared.JoinConflated(_ => 1, null!)),
            ("shared", () => TokenStream.JoinConflated(null!)),
        })
            Assert.That(call, Throws.ArgumentNullException.With.Property("ParamName").EqualTo(parameter));

        foreach (var (parameter, call) in new (string, Func<object>)[]
        {
            ("history", () => Pull("|").Share(-1)),
            ("grace", () => Pull("|").Share(grace: Ms(-2), scheduler: _clock)),
            ("grace", () => Pull("|").Share((x, _) => x, Ms(-2), _clock)),
            ("grace", () => Pull("|").ShareText(Ms(-2), _clock)),
            ("capacity", () => shared.Join(0)),
            ("overflow", () => shared.Join(1, (Overflow)99)),
            ("maxChars", () => shared.JoinConflated(0)),
        })
            Assert.That(call, Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo(parameter));
    }

    // Marbles

    [MarbleOf("Share<TSource>(IAsyncEnumerable<TSource>, Int32, TimeSpan, IScheduler)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        WithALateConsumer(m, rows, m.Pull(rows["source"]).Share(history: 1), 4));

    [MarbleOf("Share<TSource>(IAsyncEnumerable<TSource>, Func<TSource, TSource, TSource>, TimeSpan, IScheduler)")]
    public void ItsMarble_Merging(string member) => DocumentedMarble.Run(member, (m, rows) =>
        WithALateConsumer(m, rows, m.Pull(rows["source"]).Share((x, y) => x + y), 6));

    [MarbleOf("ShareText")]
    public void ItsMarble_OfText(string member) => DocumentedMarble.Run(member, (m, rows) =>
        WithALateConsumer(m, rows, m.Pull(rows["source"]).ShareText(), 6));

    private static void WithALateConsumer(MarbleTest m, DocumentedMarble rows, SharedStream<string> shared, int frame)
    {
        m.Expect(shared).ToBe(rows["result 1"]);
        m.Expect(Observable.Timer(Ms(frame), m.Clock).SelectMany(_ => shared.AsObservable()), name: $"another, which joins at {frame}").ToBe(rows["result 2"]);
    }

    [MarbleOf("Join")]
    public void TheMarbleOf_Join(string member) => DocumentedMarble.Run(member, (m, rows) =>
        WithASlowConsumer(m, rows, shared => m.Expect(shared.Join(capacity: 4), demand: rows["requests"]).ToBe(rows["result 2"])));

    [MarbleOf("JoinConflated(Func<T, T, T>)")]
    public void TheMarbleOf_JoinConflated(string member) => DocumentedMarble.Run(member, (m, rows) =>
        WithASlowConsumer(m, rows, shared => m.Expect(shared.JoinConflated((x, y) => x + y), demand: rows["requests"]).ToBe(rows["result 2"])));

    [MarbleOf("JoinConflated<TResult>(Func<T, TResult>, Func<TResult, T, TResult>)")]
    public void TheMarbleOf_JoinConflated_OfAnotherType(string member) => DocumentedMarble.Run(member, (m, rows) =>
        WithASlowConsumer(m, rows, shared => m.Expect(shared.JoinConflated(_ => 1, (count, _) => count + 1).Through(o => o.Select(n => $"{n}")), demand: rows["requests"]).ToBe(rows["result 2"])));

    [MarbleOf("JoinConflated(SharedStream<String>, Int32)")]
    public void TheMarbleOf_JoinConflated_OfText(string member) => DocumentedMarble.Run(member, (m, rows) =>
        WithASlowConsumer(m, rows, shared => m.Expect(shared.JoinConflated(), demand: rows["requests"]).ToBe(rows["result 2"])));

    private static void WithASlowConsumer(MarbleTest m, DocumentedMarble rows, Action<SharedStream<string>> expect)
    {
        var shared = m.Pull(rows["source"]).Share();
        expect(shared);
        m.Expect(shared).ToBe(rows["result 1"]);
    }

    // Joining

    [Test]
    public void SH01_TheFirstConsumersDemand_DoesNotLeaveTheSecondBehind()
    {
        var source = Pull("[abc|]");
        var shared = source.Share();
        var first = _clock.Consume(shared.Join(4)).AskAt(0, 0, 0, 0);
        var second = _clock.Consume(shared.Join(4)).AskAt(5, 5, 5, 5);
        Assert.That(shared.ConsumerCount, Is.EqualTo(2));
        _clock.Start();
        Assert.That((Show(first), Show(second)), Is.EqualTo(("0:a 0:b 0:c 0:|", "5:a 5:b 5:c 5:|")));
        Assert.That((source.Enumerations.Count, source.Reads.Count), Is.EqualTo((1, 4)));
        FlowAssert.Clean(source, 0);
        Assert.That(shared.ConsumerCount, Is.Zero);
    }

    [Test]
    public void BeforeAnybodyAsks_NothingIsRead()
    {
        var source = Pull("abc|");
        var shared = source.Share();
        var consumers = new[] { _clock.Consume(shared), _clock.Consume(shared.Join(4)) };
        _clock.AdvanceToFrame(10);
        Assert.That((source.Enumerations.Count, shared.ConsumerCount), Is.EqualTo((0, 2)));
        foreach (var consumer in consumers)
            Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
        Assert.That((source.Enumerations.Count, shared.ConsumerCount), Is.EqualTo((0, 0)));

        var late = All(shared);
        _clock.Start();
        Assert.That(Show(late), Does.StartWith("10:a"), "nothing had begun");
    }

    [Test]
    public void SH08_ConsumersOfDifferentSpeed()
    {
        var source = _clock.Pull(Marbles.Of("[012345|]"));
        var shared = source.Share();
        var fast = Busy(shared, 100);
        var slow = Busy(shared, 400);
        _clock.Start();
        Assert.That(fast, Is.EqualTo(new[] { "0:0", "100:1", "400:2", "800:3", "1200:4", "1600:5", "2000:|" }));
        Assert.That(slow, Is.EqualTo(new[] { "0:0", "400:1", "800:2", "1200:3", "1600:4", "2000:5", "2400:|" }));
        Assert.That(source.Reads, Has.Count.EqualTo(7));

        List<string> Busy(IAsyncEnumerable<string> stream, int ms)
        {
            var log = new List<string>();
            var reading = stream.GetAsyncEnumerator();
            _clock.At(0, async () =>
            {
                while (await reading.MoveNextAsync())
                {
                    log.Add($"{_clock.Frame}:{reading.Current}");
                    await _clock.Delay(Ms(ms));
                }

                log.Add($"{_clock.Frame}:|");
            });
            return log;
        }
    }

    [Test]
    public void SH10_ASlowConsumerThatConflates_SlowsNobody()
    {
        var source = Letters();
        var shared = source.Share();
        var first = All(shared);
        var second = _clock.Consume(shared.JoinConflated()).AskAt(0, 10);
        _clock.AdvanceToFrame(20);
        Assert.That(Show(first), Is.EqualTo(string.Join(' ', Enumerable.Range(0, 21).Select(i => $"{i}:{(char)('a' + i)}"))));
        Assert.That(Show(second), Is.EqualTo("0:a 10:bcdefghij"));
        Assert.That(source.Reads, Has.Count.EqualTo(22));
    }

    [Test]
    public void SH11_JoiningInTheInstantOfAnItem_GetsItOnce()
    {
        var source = Letters();
        var shared = source.ShareText();
        var first = All(shared);
        var second = AllAt(5, shared);
        _clock.AdvanceToFrame(7);
        Assert.That(Show(second), Is.EqualTo("5:abcde 5:f 6:g 7:h").Or.EqualTo("5:abcdef 6:g 7:h"));
        Assert.That(source.Reads, Has.Count.EqualTo(9));
        Assert.That(string.Concat(first.Items), Is.EqualTo("abcdefgh"));
    }

    [TestCase(0, "6:e")]
    [TestCase(2, "5:cd 6:e")]
    [TestCase(99, "5:abcd 6:e")]
    public void LateConsumers_GetTheLastItems_ThenWhatIsNew(int history, string expected)
    {
        var source = Pull("abcd--e|");
        var shared = source.Share(history);
        _ = All(shared);
        var late = AllAt(5, shared.Join(1));
        _clock.AdvanceToFrame(6);
        Assert.That(Show(late).Replace(" 5:", "", StringComparison.Ordinal), Is.EqualTo(expected));
    }

    [Test]
    public void WhatALateConsumerMissed_MayBeMerged()
    {
        var shared = Pull("abcd--e|").Share((x, y) => x + y);
        _ = All(shared);
        var late = AllAt(5, shared);
        _clock.Start();
        Assert.That(Show(late), Is.EqualTo("5:abcd 6:e 7:|"));
    }

    [Test]
    public void TheHistory_IsNoBacklog()
    {
        var source = Pull("abcdefgh|");
        var shared = source.Share(history: 4);
        var first = All(shared);
        var second = new List<PullConsumer<string>>();
        _clock.At(4, () => second.Add(_clock.Consume(shared.Join(2)))); // abcd, of which it asks for nothing
        _clock.AdvanceToFrame(10);
        Assert.That(string.Concat(first.Items), Is.EqualTo("abcdef").Or.EqualTo("abcdefg"), "two more, and then it holds");
        var late = second[0];
        _ = late.AskForAll();
        _clock.Start();
        Assert.That(string.Concat(late.Items), Is.EqualTo("abcdefgh").Or.EqualTo("bcdefgh"));
        Assert.That(string.Concat(first.Items), Is.EqualTo("abcdefgh"));
    }

    // Bounds

    [Test]
    public void OneThatHolds_HoldsTheSource()
    {
        var source = Pull("[abcdef|]");
        var shared = source.Share();
        var first = All(shared.Join(1));
        var second = _clock.Consume(shared.Join(3)).AskAt(50, 50, 50, 50, 50, 50, 50);
        _clock.AdvanceToFrame(10);
        Assert.That((string.Concat(first.Items), source.Reads.Count), Is.EqualTo(("abc", 3)));
        _clock.Start();
        Assert.That(string.Concat(second.Items), Is.EqualTo("abcdef"));
    }

    // Reading ahead

    [Test]
    public void WhoeverAsks_IsReadAheadForAsFarAsAllHaveRoom()
    {
        var source = Pull("[abcdefgh|]");
        var shared = source.Share();
        var first = _clock.Consume(shared.Join(3)).AskAt(0, 10, 20, 30, 40, 50, 60, 70, 80);
        var second = _clock.Consume(shared.Join(5)).AskAt(0, 1, 2, 35, 36, 37, 38, 39, 80);
        _clock.Start();
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 0, 0, 30, 30, 30, 38, 50, 50 }), "the first is full at 38, until half of that is taken");
        Assert.That(Show(first), Is.EqualTo("0:a 10:b 20:c 30:d 40:e 50:f 60:g 70:h 80:|"));
        Assert.That(Show(second), Is.EqualTo("0:a 1:b 2:c 35:d 36:e 37:f 38:g 50:h 80:|"));
    }

    [Test]
    public void WhatIsNotReady_IsReadAheadToo()
    {
        var source = Pull("a---b---c---d|");
        var consumer = _clock.Consume(source.Share().Join(3)).AskAt(0, 20, 21);
        _clock.AdvanceToFrame(30);
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 0, 4 }));
        Assert.That(Show(consumer), Is.EqualTo("0:a 20:b 21:c"));
    }

    [TestCase(0, TestName = "WhereOnlyOneMayWait_NothingIsReadAhead")]
    [TestCase(1, TestName = "WhereSomebodyDrops_NothingIsReadAhead")]
    [TestCase(2, TestName = "WhereSomebodyMerges_NothingIsReadAhead")]
    [TestCase(3, TestName = "WhereSomebodyFails_NothingIsReadAhead")]
    public void NothingIsReadAhead(int other)
    {
        var source = Pull("[abcdef|]");
        var shared = source.Share();
        var first = _clock.Consume(shared.Join(4)).AskAt(0, 10);
        var second = _clock.Consume(other switch
        {
            0 => shared,
            1 => shared.Join(1, Overflow.DropOldest),
            2 => shared.JoinConflated(),
            _ => shared.Join(1, Overflow.Fail),
        }).AskAt(0, 10);
        _clock.Start();
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 10 }));
        Assert.That((Show(first), Show(second)), Is.EqualTo(("0:a 10:b", "0:a 10:b")));
    }

    [Test]
    public void WhoJoinsOrLeaves_EndsTheReadingAhead()
    {
        var source = Pull("a---b---c---d---e|");
        var shared = source.Share();
        var first = _clock.Consume(shared.Join(8)).AskAt(0);
        var second = new List<PullConsumer<string>>();
        _clock.At(5, () => second.Add(_clock.Consume(shared))); // beside the third read
        _clock.AdvanceToFrame(30);
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 0, 4 }));
        _clock.At(31, () => second[0].Leave());
        _ = first.AskAt(32, 33, 34);
        _clock.AdvanceToFrame(40);
        Assert.That(source.Reads, Is.EqualTo(new[] { 0, 0, 4, 34, 34, 34 }));
    }

    [Test]
    public void TheLastItems_AreThereBeforeTheSourceIsDisposed()
    {
        var source = Pull("-[abc|]");
        var seen = "";
        var shared = source.Share();
        var consumer = _clock.Consume(shared.Join(9).Through(o => o.Do(text => seen += $"{text}{source.Disposals.Count} "))).AskAt(0, 0, 0, 1);
        _clock.Start();
        Assert.That((seen, Show(consumer)), Is.EqualTo(("a0 b0 c0 ", "1:a 1:b 1:c 1:|")));
    }

    [Test]
    public void AHistoryThatFails_EndsWhatIsReadAhead()
    {
        var failure = new FormatException();
        var source = Pull("[abcdef|]");
        var shared = source.Share((x, y) => y == "c" ? throw failure : x + y);
        var consumer = All(shared.Join(9));
        _clock.Start();
        Assert.That(Show(consumer), Is.EqualTo("0:a 0:b 0:c 0:#FormatException"));
        Assert.That(source.Reads, Has.Count.EqualTo(3));
    }

    [Test]
    public void OneThatFailsWhenItIsFull_FailsAlone()
    {
        var shared = Pull("abcdef|").Share();
        var first = All(shared);
        var second = _clock.Consume(shared.Join(2, Overflow.Fail)).AskAt(0, 10, 11, 12);
        _clock.Start();
        Assert.That(Show(first), Is.EqualTo("0:a 1:b 2:c 3:d 4:e 5:f 6:|"));
        Assert.That(Show(second), Is.EqualTo("0:a 10:b 11:c 12:#BackpressureException"));
        Assert.That(shared.ConsumerCount, Is.Zero);
    }

    [TestCase(Overflow.DropOldest, "aef")]
    [TestCase(Overflow.DropNewest, "abf")]
    [TestCase(Overflow.DropWrite, "abc")]
    public void OneThatDrops_DropsAlone(Overflow overflow, string expected)
    {
        var dropped = new List<string>();
        var shared = Pull("abcdef|").Share();
        var first = All(shared);
        var second = _clock.Consume(shared.Join(2, overflow, dropped.Add)).AskAt(0, 10, 11, 12);
        _clock.Start();
        Assert.That((string.Concat(first.Items), string.Concat(second.Items)), Is.EqualTo(("abcdef", expected)));
        Assert.That(string.Concat(second.Items.Concat(dropped).Order()), Is.EqualTo("abcdef"));
    }

    [Test]
    public void TooMuchTextForOneThatConflates_FailsItAlone()
    {
        var shared = Pull("abcdef|").Share();
        var first = All(shared);
        var second = _clock.Consume(shared.JoinConflated(maxChars: 3)).AskAt(0, 10, 11);
        _clock.Start();
        Assert.That(string.Concat(first.Items), Is.EqualTo("abcdef"));
        Assert.That(Show(second), Is.EqualTo("0:a 10:bcd 11:#BackpressureException"));
    }

    [Test]
    public void AMergeThatThrows_FailsItsConsumerAlone()
    {
        var shared = Pull("abc|").Share();
        var first = All(shared);
        var second = _clock.Consume(shared.JoinConflated((_, _) => throw new NotSupportedException())).AskAt(0, 10, 11);
        _clock.Start();
        Assert.That(Show(first), Is.EqualTo("0:a 1:b 2:c 3:|"));
        Assert.That(Show(second), Is.EqualTo("0:a 10:b 11:#NotSupportedException"));
    }

    [Test]
    public void AMergeOfTheHistoryThatThrows_FailsAll_AfterTheItem()
    {
        var source = Pull("abc|");
        var shared = source.Share((_, _) => throw new NotSupportedException());
        var consumers = new[] { All(shared), All(shared.Join(4)) };
        _clock.Start();
        Assert.That(consumers.Select(Show), Is.All.EqualTo("0:a 1:b 1:#NotSupportedException"));
        FlowAssert.Clean(source, 1);
    }

    [Test]
    public void Observers_MayJoin()
    {
        var shared = Pull("-a-b|").Share();
        var log = new List<string>();
        shared.AsObservable().Subscribe(x => log.Add($"{_clock.Frame}:{x}"), () => log.Add($"{_clock.Frame}:|"));
        var other = All(shared);
        _clock.Start();
        Assert.That(string.Join(' ', log), Is.EqualTo("1:a 3:b 4:|"));
        Assert.That(Show(other), Is.EqualTo("1:a 3:b 4:|"));
    }

    [Test]
    public void AnObserverThatThrows_IsNoAffairOfTheOthers_AndItsExceptionIsNotLost()
    {
        var before = SynchronizationContext.Current;
        var thrown = new List<Exception>();
        SynchronizationContext.SetSynchronizationContext(new Catching(thrown));
        try
        {
            using var source = new System.Reactive.Subjects.Subject<string>();
            var shared = source.Buffered(8).Share();
            using var subscription = shared.AsObservable().Subscribe(_ => throw new NotSupportedException());
            var text = ReadAsync(shared.Join(1).GetAsyncEnumerator());
            source.OnNext("a");
            source.OnNext("b");
            Assert.That((shared.ConsumerCount, thrown.Select(e => e.GetType())), Is.EqualTo((1, new[] { typeof(NotSupportedException) })));

            source.OnCompleted();
            Assert.That((text.IsCompletedSuccessfully, text.Result), Is.EqualTo((true, "ab")));
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        static async Task<string> ReadAsync(IAsyncEnumerator<string> reading)
        {
            var text = "";
            while (await reading.MoveNextAsync().ConfigureAwait(false))
                text += reading.Current;
            return text;
        }
    }

    private sealed class Catching(List<Exception> thrown) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
            try
            {
                d(state);
            }
            catch (Exception failure)
            {
                thrown.Add(failure);
            }
        }
    }

    [Test]
    public void ConsumersOnAUiThread_ResumeThere_AndHoldNobodyWhoDoesNotWait() => MarbleTest.RunAsync(async m =>
    {
        var ui = m.UiThread();
        var source = m.Pull("-abcd|");
        var shared = source.Share();
        var log = new List<string>();
        var onUi = shared.JoinConflated().RenderOnAsync(ui, text =>
        {
            Assert.That(SynchronizationContext.Current, Is.SameAs(ui));
            log.Add($"{m.Frame}:{text}");
        });
        var text = "";
        await foreach (var item in shared)
            text += item;
        await onUi;
        Assert.That((text, string.Join(' ', log)), Is.EqualTo(("abcd", "1:a 2:b 3:c 4:d")));
        Assert.That(source.Enumerations, Has.Count.EqualTo(1));
    });

    // Ends

    [Test]
    public void SH05_JoiningInTheInstantOfTheEnd_GetsAll()
    {
        var source = Pull("-a|");
        var shared = source.ShareText();
        var first = All(shared);
        var second = AllAt(2, shared);
        _clock.Start();
        Assert.That((Show(first), Show(second)), Is.EqualTo(("1:a 2:|", "2:a 2:|")));
        Assert.That((source.Enumerations.Count, source.Reads.Count), Is.EqualTo((1, 2)));
    }

    [TestCase("-a|", true)]
    [TestCase("-a#", false)]
    public void SH06_JoiningAgainFromInsideTheEnd(string diagram, bool completes)
    {
        var source = Pull(diagram);
        var shared = source.ShareText();
        var again = "";
        var others = "";
        var (first, second) = (shared.GetAsyncEnumerator(), shared.GetAsyncEnumerator());
        _clock.At(0, async () =>
        {
            await ReadAsync(first);
            var reading = ReadAsync(shared.GetAsyncEnumerator());
            again = reading.IsCompletedSuccessfully ? reading.Result : "not at once";
            await second.DisposeAsync();
        });
        _clock.At(0, async () => others = await ReadAsync(second));
        _clock.Start();
        Assert.That((again, others), Is.EqualTo((completes ? "a|" : "a#", "a|")), "who has left is told of no failure");
        Assert.That((source.Enumerations.Count, shared.ConsumerCount), Is.EqualTo((1, 0)));

        static async Task<string> ReadAsync(IAsyncEnumerator<string> reading)
        {
            var text = "";
            try
            {
                while (await reading.MoveNextAsync())
                    text += reading.Current;

                return text + "|";
            }
            catch (InvalidDataException)
            {
                return text + "#";
            }
        }
    }

    [Test]
    public void SH20_AFailure_ReachesAll_OnceEach_TheSame()
    {
        var source = Pull("a--#");
        var shared = source.Share(history: 1);
        var first = All(shared);
        var second = _clock.Consume(shared.Join(2)).AskAt(10, 10);
        var third = AllAt(50, shared);
        _clock.Start();
        Assert.That((Show(first), Show(second), Show(third)), Is.EqualTo(("0:a 3:#InvalidDataException", "10:a 10:#InvalidDataException", "50:a 50:#InvalidDataException")));
        foreach (var consumer in new[] { first, second, third })
            Assert.That(consumer.Received[^1].Notification.Exception, Is.SameAs(Marbles.Failure));
        FlowAssert.Clean(source, 3);
    }

    [Test]
    public void SH20_AFailureThatNobodyIsTold_IsUnobserved_Once()
    {
        foreach (var isTold in new[] { true, false })
        {
            var count = HedgeTests.Unobserved(() =>
            {
                SetUp();
                var shared = Pull("a--#").Share(grace: Ms(100), scheduler: _timers);
                var first = _clock.Consume(shared);
                _ = first.Ask();
                _clock.AdvanceToFrame(1);
                _ = first.Ask();
                _ = first.Leave(); // a read is under way
                _clock.AdvanceToFrame(10);
                if (isTold)
                    _ = All(shared);
                _clock.Start();
            });
            Assert.That(count, Is.EqualTo(isTold ? 0 : 1));
        }
    }

    // Leaving

    [Test]
    public void TheLastToLeave_CancelsTheRead_AndWaitsForTheDisposal()
    {
        var source = Pull("a");
        source.DisposalFrames = 3;
        var shared = source.Share();
        var (first, second) = (All(shared), All(shared));
        Task? one = null, other = null;
        _clock.At(5, () => one = first.Leave());
        _clock.At(7, () => other = second.Leave());
        _clock.AdvanceToFrame(6);
        Assert.That((one!.IsCompletedSuccessfully, source.Cancellations.Count), Is.EqualTo((true, 0)));
        _clock.AdvanceToFrame(8);
        Assert.That((other!.IsCompleted, source.Cancellations.Single(), source.Disposals.Single()), Is.EqualTo((false, 7, 7)));
        _clock.AdvanceToFrame(10);
        Assert.That(other.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public void AFailureOfTheDisposal_IsTheLastToLeavesToKnow()
    {
        foreach (var frames in new[] { 0, 3 })
        {
            SetUp();
            var source = Pull("a");
            (source.DisposalFrames, source.DisposalFailure) = (frames, Marbles.Failure);
            var shared = source.Share();
            var (first, second) = (All(shared), All(shared));
            _clock.AdvanceToFrame(2);
            Assert.That(first.Leave().IsCompletedSuccessfully, Is.True);
            var leaving = second.Leave();
            _clock.Start();
            Assert.That(leaving.Exception?.InnerException, Is.SameAs(Marbles.Failure));
        }
    }

    [Test]
    public void WhoJoinsAfterTheLastHasLeft_GetsTheHistory_AndIsTold()
    {
        var source = Pull("abc");
        var shared = source.ShareText();
        var first = All(shared);
        _clock.At(5, () => _ = first.Leave());
        var late = AllAt(9, shared);
        _clock.Start();
        Assert.That(Show(late), Is.EqualTo("9:abc 9:#InvalidOperationException"));
        Assert.That(late.Received[^1].Notification.Exception!.Message, Does.Contain("last consumer"));
        Assert.That(source.Enumerations, Has.Count.EqualTo(1));
    }

    [Test]
    public void SH03_TheGraceTime_BeginsAnewEachTime()
    {
        var source = Pull("");
        var shared = source.Share(grace: Ms(20), scheduler: _timers);
        JoinAndLeave(0, 10);
        JoinAndLeave(25, 26);
        JoinAndLeave(40, 41);
        _clock.AdvanceToFrame(60);
        Assert.That(source.Cancellations, Is.Empty);
        _clock.Start();
        Assert.That((source.Cancellations.Single(), source.Enumerations.Count, _timers.MostAlive, _timers.Alive), Is.EqualTo((61, 1, 1, 0)));
        FlowAssert.Clean(source, 61);

        void JoinAndLeave(int joins, int leaves)
        {
            PullConsumer<string> consumer = null!;
            _clock.At(joins, () => consumer = All(shared));
            _clock.At(leaves, () => _ = consumer.Leave());
        }
    }

    [Test]
    public void SH18_NothingStays_AfterTheGraceTime()
    {
        var source = Letters();
        var shared = source.Share(grace: Ms(1000), scheduler: _timers);
        var consumer = _clock.Consume(shared).AskAt(0);
        _clock.At(0, () => Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True));
        _clock.AdvanceToFrame(5000);
        Assert.That((_timers.Alive, source.Disposals.Single()), Is.EqualTo((0, 1000)));
    }

    [Test]
    public void AGraceTimeWithoutAnEnd_NeedsNoTimer()
    {
        var source = Pull("a----b|");
        var shared = source.Share(grace: Timeout.InfiniteTimeSpan);
        var first = All(shared);
        _clock.At(2, () => _ = first.Leave());
        var second = AllAt(100, shared);
        _clock.Start();
        Assert.That(Show(second), Is.EqualTo("100:|"), "b came when nobody was there");
    }

    [Test]
    public void SH13_ThrownAndLeftInsideAnothersItem()
    {
        var source = Pull("-a-b-c-d|");
        var shared = source.Share();
        var log = new List<string>();
        IAsyncEnumerator<string> third = null!;
        Task? first = null;
        _clock.At(0, () => first = Read("1", x => x == "b" ? throw new NotSupportedException() : null, shared.Join(1).GetAsyncEnumerator()));
        _clock.At(0, () => _ = Read("2", x => x == "c" ? third.DisposeAsync().AsTask() : null, shared.Join(1).GetAsyncEnumerator()));
        _clock.At(0, () => _ = Read("3", _ => null, third = shared.Join(1).GetAsyncEnumerator()));
        _clock.Start();
        Assert.That(string.Join(' ', log), Is.EqualTo("1a 2a 3a 1b 2b 3b 2c 3| 2d 2|"));
        Assert.That(first!.Exception!.InnerException, Is.TypeOf<NotSupportedException>());
        Assert.That(source.Enumerations, Has.Count.EqualTo(1));
        FlowAssert.Clean(source, 8);

        async Task Read(string name, Func<string, Task?> on, IAsyncEnumerator<string> reading)
        {
            await using (reading)
            {
                while (await reading.MoveNextAsync())
                {
                    log.Add(name + reading.Current);
                    _ = on(reading.Current);
                }

                log.Add(name + "|");
            }
        }
    }

    [Test]
    public void SH16_LeftBeforeItAsked_OrCancelledBeforeItJoined_ChangesNothing()
    {
        var source = Pull("-a|");
        var shared = source.Share();
        var cancelled = _clock.Consume(shared, new CancellationToken(true));
        _ = cancelled.Ask();
        _clock.AdvanceToFrame(0);
        Assert.That((Show(cancelled), source.Enumerations.Count, shared.ConsumerCount), Is.EqualTo(("0:#OperationCanceledException", 0, 0)));

        var first = All(shared);
        cancelled = _clock.Consume(shared, new CancellationToken(true));
        _ = cancelled.Ask();
        var silent = _clock.Consume(shared);
        Assert.That(shared.ConsumerCount, Is.EqualTo(2));
        _ = silent.Leave();
        Assert.That((shared.ConsumerCount, source.Cancellations.Count), Is.EqualTo((1, 0)));
        _clock.Start();
        Assert.That((Show(first), source.Reads.Count), Is.EqualTo(("1:a 2:|", 2)));
    }

    [Test]
    public void ACancelledConsumer_IsFreeAtOnce_AndTheOthersGoOn()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Pull("-a-b-c|");
        var shared = source.Share();
        var first = _clock.Consume(shared, cancellation.Token);
        _ = first.AskForAll();
        var second = All(shared);
        _clock.At(2, cancellation.Cancel);
        _clock.Start();
        Assert.That((Show(first), Show(second)), Is.EqualTo(("1:a 2:#OperationCanceledException", "1:a 3:b 5:c 6:|")));
        FlowAssert.Clean(source, 6);
    }

    [Test]
    public void ARequestWhoseConsumerLeaves_IsTakenBack()
    {
        var source = Pull("[abcdef|]");
        var shared = source.Share();
        var holding = _clock.Consume(shared.Join(1)); // full after a, until it asks
        var first = _clock.Consume(shared.Join(1)).AskAt(0, 1);
        _clock.At(2, () => _ = first.Leave());
        _clock.AdvanceToFrame(3);
        Assert.That(source.Reads, Has.Count.EqualTo(1));
        holding.AskAt(5);
        _clock.AdvanceToFrame(10);
        Assert.That((string.Concat(holding.Items), source.Reads.Count), Is.EqualTo(("a", 1)), "nobody asks");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void SH15_TwiceAsManyConsumers_CostTwiceAsMuchMemory_AndLeavingNone(bool inReverse)
    {
        foreach (var count in new[] { 10_000, 20_000 })
        {
            var source = Letters(3, ends: true);
            var shared = source.Share();
            var consumers = Enumerable.Range(0, count).Select(_ => shared.Join(1).GetAsyncEnumerator()).ToArray();
            Assert.That(shared.ConsumerCount, Is.EqualTo(count));
            if (inReverse)
                Array.Reverse(consumers);
            foreach (var consumer in consumers)
                Assert.That(consumer.DisposeAsync().IsCompletedSuccessfully, Is.True);
            Assert.That((shared.ConsumerCount, source.Enumerations.Count), Is.EqualTo((0, 0)));
        }
    }

    [Test]
    public void SH15_OneItem_IsToldToAll_Once()
    {
        var shared = Pull("-a|").Share();
        var consumers = Enumerable.Range(0, 10_000).Select(_ => All(shared)).ToArray();
        _clock.Start();
        Assert.That(consumers.Select(Show), Is.All.EqualTo("1:a 2:|"));
    }

    // Beside others

    [Test]
    public void AnOperatorThatIsLeftUnread_LeavesTheSharedStream()
    {
        var source = Pull("-a|");
        var shared = source.Share();
        foreach (var stream in new[] { shared.Through(o => o), shared.Join(2).Buffered(3), shared.JoinConflated().TakeUntil(default), shared.Conflate() })
        {
            var reading = stream.GetAsyncEnumerator();
            Assert.That(shared.ConsumerCount, Is.EqualTo(1), "joined");
            Assert.That(reading.DisposeAsync().IsCompletedSuccessfully, Is.True);
            Assert.That(shared.ConsumerCount, Is.Zero);
        }

        Assert.That(source.Enumerations, Is.Empty);
    }

    [TestCaseSource(typeof(OtherOperators), nameof(OtherOperators.All))]
    public void IntoAndAroundOthers(Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> other)
    {
        var source = Pull("-a-b-c|");
        var shared = other(source).Share();
        var consumers = new[] { All(shared), All(other(shared)), All(other(shared.Join(2))), All(other(shared.JoinConflated())) };
        _clock.Start();
        Assert.That(consumers.Select(Show), Is.All.EqualTo("1:a 3:b 5:c 6:|"));
        FlowAssert.Clean(source, 6);
    }

    [Test]
    public void ASharedStream_MayBeShared()
    {
        var source = Pull("-a-b|");
        var shared = source.Share().Share();
        var consumers = new[] { All(shared), All(shared.Join(3)) };
        _clock.Start();
        Assert.That(consumers.Select(Show), Is.All.EqualTo("1:a 3:b 4:|"));
        FlowAssert.Clean(source, 4);
    }
}
