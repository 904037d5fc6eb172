using System.Diagnostics.Metrics;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Buffered, Conflate and KeepLatest: what happens to items that the consumer has not asked for yet.</summary>
public class BoundaryTests
{
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp() => _clock = new VirtualClock();

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private PushProbe<string> Hot(string diagram) => _clock.Hot(Marbles.Of(diagram));

    private string Run<T>(IAsyncEnumerable<T> stream, params long[] requests)
    {
        var consumer = _clock.Consume(stream).AskAt(requests);
        _clock.Start();
        return Marbles.Show(consumer.Received);
    }

    /// <summary>The marble of a boundary: a source, requests, and a result.</summary>
    private static void Run<T>(string member, Func<MarbleTest, string, IAsyncEnumerable<T>> stream) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(stream(m, rows["source"]), demand: rows["requests"]).ToBe(rows["result"]));

    // Arguments

    [Test]
    public void Arguments_ThatAreWrong_AreRefusedAtTheCall()
    {
        IAsyncEnumerable<string> pull = Pull("|");
        IObservable<string> push = Hot("|");

        foreach (var (parameter, call) in new (string, Func<object>)[]
        {
            ("source", () => TokenStream.Buffered((IAsyncEnumerable<int>)null!, 1)),
            ("source", () => TokenStream.Buffered((IObservable<int>)null!, 1)),
            ("source", () => TokenStream.KeepLatest((IAsyncEnumerable<int>)null!)),
            ("source", () => TokenStream.KeepLatest((IObservable<int>)null!)),
            ("source", () => TokenStream.Conflate((IAsyncEnumerable<string>)null!)),
            ("source", () => TokenStream.Conflate((IObservable<string>)null!)),
            ("source", () => TokenStream.Conflate((IAsyncEnumerable<int>)null!, (x, y) => x)),
            ("source", () => TokenStream.Conflate((IObservable<int>)null!, (x, y) => x)),
            ("source", () => TokenStream.Conflate((IAsyncEnumerable<int>)null!, x => x, (x, y) => x)),
            ("source", () => TokenStream.Conflate((IObservable<int>)null!, x => x, (x, y) => x)),
            ("merge", () => pull.Conflate(null!)),
            ("merge", () => push.Conflate(null!)),
            ("seed", () => pull.Conflate<string, int>(null!, (x, y) => x)),
            ("seed", () => push.Conflate<string, int>(null!, (x, y) => x)),
            ("add", () => pull.Conflate(x => x, null!)),
            ("add", () => push.Conflate(x => x, null!)),
        })
            Assert.That(call, Throws.ArgumentNullException.With.Property("ParamName").EqualTo(parameter));

        foreach (var (parameter, value, call) in new (string, object, Func<object>)[]
        {
            ("capacity", 0, () => pull.Buffered(0)),
            ("capacity", -3, () => push.Buffered(-3)),
            ("overflow", (Overflow)9, () => pull.Buffered(1, (Overflow)9)),
            ("resumeAt", -1, () => pull.Buffered(4, resumeAt: -1)),
            ("resumeAt", 4, () => pull.Buffered(4, resumeAt: 4)),
            ("maxChars", 0, () => pull.Conflate(0)),
            ("maxChars", 0, () => push.Conflate(0)),
        })
            Assert.That(call, Throws.TypeOf<ArgumentOutOfRangeException>()
                .With.Property("ParamName").EqualTo(parameter).And.Property("ActualValue").EqualTo(value));

        Assert.That(() => push.Buffered(1, Overflow.Wait), Throws.ArgumentException
            .With.Property("ParamName").EqualTo("overflow").And.Message.Contains("a push source does not wait"));
    }

    // Buffered

    [MarbleOf("Buffered<TSource>(IAsyncEnumerable<TSource>, Int32, Nullable<Int32>)")]
    public void BufferedWait_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var source = m.Pull(rows["source"]);
        m.Expect(source.Buffered(2), demand: rows["requests"]).ToBe(rows["result"]);
        m.ExpectPulls(source).ToBe(rows["pulls"]);
    });

    [TestCase(0, "[^2]111----------4")]
    [TestCase(2, "[^2]111--------2-2")]
    [TestCase(3, "[^2]111-------1111")]
    public void BufferedWait_GoesOnWhenTheBacklogHasDrainedToResumeAt(int resumeAt, string pulls) => MarbleTest.Run(m =>
    {
        var source = m.Pull("                                           abcdefghijkl");
        m.Expect(source.Buffered(4, resumeAt: resumeAt), demand: "1----------1111").ToBe("a----------bcde");
        m.ExpectPulls(source).ToBe(pulls);
    });

    [Test]
    public void BufferedDropOldest_DropsTheOldest() => MarbleTest.Run(m =>
    {
        var dropped = new List<string>();
        var source = m.Pull("abcdef|");
        m.Expect(source.Buffered(2, Overflow.DropOldest, onDropped: x => dropped.Add($"{m.Frame}:{x}")), demand: "1---------111").ToBe("a---------ef|");
        m.Flush();
        Assert.That(dropped, Is.EqualTo(new[] { "3:b", "4:c", "5:d" }));
    });

    [MarbleOf("Buffered<TSource>(IAsyncEnumerable<TSource>, Int32, Overflow, Action<TSource>)")]
    public void Buffered_WithAPolicy_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        foreach (var (row, overflow) in new[] { ("result 1", Overflow.DropOldest), ("result 2", Overflow.DropNewest), ("result 3", Overflow.DropWrite) })
            m.Expect(m.Pull(rows["source"]).Buffered(2, overflow), demand: rows["requests"]).ToBe(rows[row]);
    });

    [Test]
    public void BufferedDropNewest_DropsTheNewestThatWaits() => MarbleTest.Run(m =>
    {
        var dropped = new List<string>();
        var source = m.Pull("abcdef|");
        m.Expect(source.Buffered(3, Overflow.DropNewest, x => dropped.Add($"{m.Frame}:{x}")), demand: "1---------1111").ToBe("a---------bcf|");
        m.Flush();
        Assert.That(dropped, Is.EqualTo(new[] { "4:d", "5:e" }));
    });

    [Test]
    public void BufferedDropWrite_DropsWhatFindsNoRoom() => MarbleTest.Run(m =>
    {
        var dropped = new List<string>();
        var source = m.Pull("abcdef|");
        m.Expect(source.Buffered(2, Overflow.DropWrite, onDropped: x => dropped.Add($"{m.Frame}:{x}")), demand: "1---------111").ToBe("a---------bc|");
        m.Flush();
        Assert.That(dropped, Is.EqualTo(new[] { "3:d", "4:e", "5:f" }));
    });

    [Test]
    public void BufferedFail_FailsAfterWhatItHolds_AndTellsWhatDidNotFit()
    {
        var source = Pull("abcdef|");
        var dropped = new List<string>();
        var consumer = _clock.Consume(source.Buffered(2, Overflow.Fail, onDropped: dropped.Add)).AskAt(0, 10, 11, 12, 13);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 10:b 11:c 12:#BackpressureException 13:|"));
        var failure = (BackpressureException)consumer.Received[3].Notification.Exception!;
        Assert.That(failure.Bound, Is.EqualTo(2));
        Assert.That(failure.Message, Does.Contain("2 items").And.Contain("Conflate").And.Contain("KeepLatest"));
        Assert.That(dropped, Is.EqualTo(new[] { "d" }));
        Assert.That((source.Cancellations.Single(), source.Disposals.Single()), Is.EqualTo((3L, 12L)));
    }

    [Test]
    public void AnOnDroppedThatThrows_FailsTheStreamAfterWhatIsThere() => MarbleTest.Run(m =>
    {
        var source = m.Pull("abcd|");
        m.Expect(source.Buffered(1, Overflow.DropOldest, onDropped: _ => throw Marbles.Failure), demand: "1---------11").ToBe("a---------c#", error: Marbles.Failure);
        m.ExpectPulls(source).ToBe("[^2]1x--------!"); // disposed when the consumer is done with c
    });

    [MarbleOf("Buffered<TSource>(IObservable<TSource>, Int32, Overflow, Action<TSource>)")]
    public void APushSource_Buffered_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var dropped = new List<string>();
        var source = m.Hot(rows["source"]);
        m.Expect(source.Buffered(2, Overflow.DropOldest, dropped.Add), demand: rows["requests"]).ToBe(rows["result"]);
        m.ExpectSubscriptions(source).ToBe("^-----------!");
        m.Flush();
        Assert.That(dropped, Is.EqualTo(new[] { "b" }));
    });

    [Test]
    public void APushSource_BufferedDropWrite_DropsWhatFindsNoRoom() => MarbleTest.Run(m =>
        m.Expect(m.Hot("-abcdef|").Buffered(2, Overflow.DropWrite), demand: "1---------111").ToBe("-a--------bc|"));

    [Test]
    public void APushSource_BufferedFull_FailsLoudlyUnlessToldToDrop() => MarbleTest.Run(m =>
    {
        var source = m.Hot("-abcdef|");
        m.Expect(source.Buffered(2), demand: "1---------111").ToBe("-a--------bc#", error: typeof(BackpressureException));
        m.ExpectSubscriptions(source).ToBe("^---!");
    });

    // Conflate

    [MarbleOf("Conflate(IAsyncEnumerable<String>, Int32)")]
    public void Conflate_ItsMarble(string member) => Run(member, (m, row) => m.Pull(row).Conflate());

    [MarbleOf("Conflate<TSource>(IAsyncEnumerable<TSource>, Func<TSource, TSource, TSource>)")]
    public void Conflate_WithMerge_ItsMarble(string member) => Run(member, (m, row) => m.Pull(row).Conflate((x, y) => x + y));

    [MarbleOf("Conflate<TSource, TResult>(IAsyncEnumerable<TSource>, Func<TSource, TResult>, Func<TResult, TSource, TResult>)")]
    public void Conflate_WithSeed_ItsMarble(string member) => Run(member, (m, row) => m.Pull(row).Conflate(_ => 1, (count, _) => count + 1));

    [MarbleOf("Conflate(IObservable<String>, Int32)")]
    public void APushSource_Conflate_ItsMarble(string member) => Run(member, (m, row) => m.Hot(row).Conflate());

    [MarbleOf("Conflate<TSource>(IObservable<TSource>, Func<TSource, TSource, TSource>)")]
    public void APushSource_Conflate_WithMerge_ItsMarble(string member) => Run(member, (m, row) => m.Hot(row).Conflate((x, y) => x + y));

    [MarbleOf("Conflate<TSource, TResult>(IObservable<TSource>, Func<TSource, TResult>, Func<TResult, TSource, TResult>)")]
    public void APushSource_Conflate_WithSeed_ItsMarble(string member) => Run(member, (m, row) => m.Hot(row).Conflate(_ => 1, (count, _) => count + 1));

    [Test]
    public void Conflate_WithASeedThatIsAList_KeepsEachItem() => MarbleTest.Run(m => m
        .Expect(m.Pull("a-b-c-d|").Conflate(x => new List<string> { x }, (l, x) => [.. l, x]), "1----1---1")
        .ToBe("               a----b---d", [("a", ["a"]), ("b", ["b", "c"]), ("d", ["d"])]));

    [Test]
    public void Conflate_OverAPushSource_MergesWhatTheConsumerHasNotSeen() => MarbleTest.Run(m =>
    {
        const string source = "  -a-b-c-   d|";
        const string requests = "1-----1   --11";
        const string result = "  -a----{bc}--d|";
        m.Expect(m.Hot(source).Conflate(), requests).ToBe(result);
        m.Expect(m.Hot(source).Conflate((x, y) => x + y), requests).ToBe(result);
        m.Expect(m.Hot(source).Conflate(x => new List<string> { x }, (l, x) => [.. l, x]), requests)
            .ToBe(result, [("a", ["a"]), ("bc", ["b", "c"]), ("d", ["d"])]);
    });

    [Test]
    public void Conflate_TheFirstPassesAtOnce_AndTheLastAlwaysArrives() => MarbleTest.Run(m =>
        m.Expect(m.Pull("[abcd]|").Conflate(), demand: "2----1").ToBe("[a{bcd}]----|"));

    [Test]
    public void ConflateText_StopsReadingAtMaxChars_AndGoesOnWhenTaken() => MarbleTest.Run(m =>
    {
        var source = m.Pull("                                         abcdefgh|");
        m.Expect(source.Conflate(maxChars: 3), demand: "1   ----------1    ---1").ToBe("a   ----------{bcd}---{efg}");
        m.ExpectPulls(source).ToBe("                   [^2]11--------3    ---2");
    });

    [Test]
    public void ConflateText_HoldsLessThanMaxCharsAndOneItemMore()
    {
        var source = _clock.Pull(Enumerable.Range(0, 10).Select(i => Marble.Next(i, "12345")).ToArray());
        Assert.That(Run(source.Conflate(maxChars: 6), 0, 20), Is.EqualTo("0:12345 20:1234512345"));
    }

    [Test]
    public void ConflateText_OverAPushSource_FailsWhenMoreWouldWait() => MarbleTest.Run(m =>
    {
        var source = m.Hot("-abcdef|");
        m.Expect(source.Conflate(maxChars: 3), demand: "1---------11").ToBe("-a--------{bcd}#", error: typeof(BackpressureException));
        m.ExpectSubscriptions(source).ToBe("^----!");
    });

    [Test]
    public void ConflateText_OverAPushSource_TakesASingleItemHoweverLong() =>
        Assert.That(Run(_clock.Hot(Marble.Next(1, "a"), Marble.Next(2, "a long one")).Conflate(maxChars: 3), 0, 5), Is.EqualTo("1:a 5:a long one"));

    [Test]
    public void ConflateText_KeepsEmptyItemsHarmless() =>
        Assert.That(Run(_clock.Pull(Marble.Next(0, ""), Marble.Next(1, ""), Marble.Next(2, "a"), Marble.End<string>(3)).Conflate(), 0, 5, 6), Is.EqualTo("0:\"\" 5:a 6:|"));

    [Test]
    public void ConflateText_TakesNullForEmpty()
    {
        Marble<string>[] marbles = [Marble.Next(1, "a"), Marble.Next<string>(2, null!), Marble.Next<string>(3, null!), Marble.Next(4, "b"), Marble.End<string>(5)];
        Assert.That(Run(_clock.Hot(marbles).Conflate(), 0, 10, 11), Is.EqualTo("1:a 10:b 11:|"));

        SetUp();
        Assert.That(Run(_clock.Pull(marbles).Conflate(), 0, 10, 11), Is.EqualTo("1:a 10:b 11:|"));
    }

    [Test]
    public void AMergeThatThrows_FailsTheStreamAfterWhatWaits() => MarbleTest.Run(m =>
    {
        var source = m.Pull("abcd|");
        m.Expect(source.Conflate((x, y) => y == "c" ? throw Marbles.Failure : x + y), demand: "1---------11").ToBe("a---------b#", error: Marbles.Failure);
        m.ExpectPulls(source).ToBe("[^2]1x--------!"); // disposed when the consumer is done with b
    });

    [Test]
    public void ASeedThatThrows_FailsTheStream() =>
        Assert.That(Run(Pull("abcd|").Conflate<string, string>(x => x == "b" ? throw Marbles.Failure : x, (x, y) => x + y), 0, 10), Is.EqualTo("0:a 10:#InvalidDataException"));

    [Test]
    public void AMerge_DuringWhichTheConsumerLeaves_IsForgotten()
    {
        PullConsumer<string> consumer = null!;
        var source = Pull("a-b-c-d|");
        consumer = _clock.Consume(source.Conflate((x, y) =>
        {
            _ = consumer.Leave();
            return x + y;
        })).AskAt(0);
        _clock.Start();

        Assert.That(consumer.Items, Is.EqualTo(new[] { "a" }));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 4 }));
        Assert.That(source.Violations, Is.Empty);
    }

    [Test]
    public void AMerge_DuringWhichTheConsumerAsks_AnswersItWithTheResult()
    {
        PullConsumer<string> consumer = null!;
        consumer = _clock.Consume(Pull("a-b-c-d|").Conflate((x, y) =>
        {
            if (y == "c")
                _ = consumer.Ask();
            return x + y;
        })).AskAt(0);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 4:bc"));
    }

    // KeepLatest

    [MarbleOf("KeepLatest<TSource>(IAsyncEnumerable<TSource>, Action<TSource>)")]
    public void KeepLatest_ItsMarble(string member) => Run(member, (m, row) => m.Pull(row).KeepLatest());

    [MarbleOf("KeepLatest<TSource>(IObservable<TSource>, Action<TSource>)")]
    public void APushSource_KeepLatest_ItsMarble(string member) => Run(member, (m, row) => m.Hot(row).KeepLatest());

    [Test]
    public void KeepLatest_DropsWhatANewerOneReplaces() => MarbleTest.Run(m =>
    {
        var dropped = new List<string>();
        m.Expect(m.Pull("a-b-c-d|").KeepLatest(dropped.Add), demand: "1----1---11").ToBe("a----c---d|");
        m.Flush();
        Assert.That(dropped, Is.EqualTo(new[] { "b" }));
    });

    [Test]
    public void KeepLatest_OverAPushSource_KeepsTheNewest() => MarbleTest.Run(m =>
    {
        var dropped = new List<string>();
        m.Expect(m.Hot("-a-b-c-d|").KeepLatest(dropped.Add), demand: "1-----1--11").ToBe("-a----c--d|");
        m.Flush();
        Assert.That(dropped, Is.EqualTo(new[] { "b" }));
    });

    // What holds for all of them

    [Test]
    public void AnEndlessSynchronousSource_LetsGoOfTheThread()
    {
        foreach (var stream in new Func<IAsyncEnumerable<int>, IAsyncEnumerable<int>>[]
        {
            s => s.Buffered(2, Overflow.DropOldest), s => s.Buffered(2, Overflow.DropWrite), s => s.KeepLatest(), s => s.Conflate((x, y) => y),
        })
        {
            var source = new ReadySource<int>(i => i);
            var consumer = _clock.Consume(stream(source));
            for (var i = 1; i <= 3; i++)
            {
                Assert.That(consumer.Ask().IsCompletedSuccessfully, Is.True);
                Assert.That(source.Reads, Is.EqualTo(i * 1024));
            }

            Assert.That(consumer.Items[0], Is.EqualTo(0));
            _ = consumer.Leave();
            Assert.That(source.Disposals, Is.EqualTo(1));
        }
    }

    [Test]
    public void AFailureOfTheSource_ArrivesAfterWhatWaits()
    {
        foreach (var pull in Pipelines.All.Where(p => p.IsLossless && !p.Name.StartsWith("Through", StringComparison.Ordinal) && !p.Name.StartsWith("SelectAwait", StringComparison.Ordinal)))
        {
            var clock = new VirtualClock();
            var consumer = clock.Consume(pull.Over(clock.Pull(Marbles.Of("abc#")))).AskAt(0, 10, 11, 12, 13);
            clock.Start();
            Assert.That(string.Concat(consumer.Items), Is.EqualTo("abc"), pull.Name);
            Assert.That(consumer.Received.Single(m => m.Notification.Exception is not null).Notification.Exception, Is.SameAs(Marbles.Failure), pull.Name);
        }
    }

    [Test]
    public void AFailureOfAPushSource_ArrivesAfterWhatWaits_AndItIsUnsubscribedOnce()
    {
        foreach (var push in Pipelines.OverPush)
        {
            var clock = new VirtualClock();
            var source = clock.Hot(Marbles.Of("-ab#"));
            var consumer = clock.Consume(push.Over(source)).AskAt(0, 10, 11, 12);
            clock.Start();
            Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:a 10:b 11:#InvalidDataException 12:|"), push.Name);
            Assert.That(source.Subscriptions, Is.EqualTo(new[] { new SubscriptionFrames(0, 3) }), push.Name);
        }
    }

    [Test]
    public void APushSourceWhoseSubscribeOrUnsubscribeThrows_FailsTheStream()
    {
        foreach (var push in Pipelines.OverPush)
        {
            Assert.That(() => push.Over(new RawObservable<string>(_ => throw Marbles.Failure)).Drain(), Throws.Exception.SameAs(Marbles.Failure), push.Name);

            var throwing = new RawObservable<string>(observer =>
            {
                observer.OnNext("a");
                return System.Reactive.Disposables.Disposable.Create(() => throw Marbles.Failure);
            });
            var consumer = _clock.Consume(push.Over(throwing));
            _ = consumer.Ask();
            Assert.That(consumer.Leave().Exception!.InnerException, Is.SameAs(Marbles.Failure), push.Name);
        }
    }

    [Test]
    public void SignalsOfAPushSource_AfterItsEnding_AreIgnored()
    {
        foreach (var push in Pipelines.OverPush)
        {
            var consumer = _clock.Consume(push.Over(new RawObservable<string>(observer =>
            {
                observer.OnNext("a");
                observer.OnCompleted();
                observer.OnNext("late");
                observer.OnError(Marbles.Failure);
                return System.Reactive.Disposables.Disposable.Empty;
            })));
            for (var i = 0; i < 3; i++)
                _ = consumer.Ask();
            Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 0:| 0:|"), push.Name);
        }
    }

    [Test]
    public async Task WhatIsMerged_IsKnownToItsEnumerator()
    {
        foreach (var stream in new[] { Ready().Conflate(), Ready().Conflate((x, y) => x + y) })
        {
            await using var reading = stream.GetAsyncEnumerator();
            var items = 0;
            while (await reading.MoveNextAsync())
                items++;
            Assert.That(items, Is.LessThan(5), "the source was ready before its consumer");
            Assert.That(((IMergeCount)reading).Merged, Is.EqualTo(5 - items));
        }

        static async IAsyncEnumerable<string> Ready()
        {
            await Task.CompletedTask;
            foreach (var item in "abcde")
                yield return $"{item}";
        }
    }

    [Test]
    public void WhatIsDroppedAndMerged_IsCounted()
    {
        var counts = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == "RxTokens")
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, count, _, _) =>
            counts[instrument.Name] = counts.GetValueOrDefault(instrument.Name) + count);
        listener.Start();

        Run(Pull("abcdef|").KeepLatest(), 0, 10);
        Run(Pull("abcdef|").Buffered(2, Overflow.DropWrite), _clock.Frame, _clock.Frame + 10);
        Run(Pull("abcdef|").Conflate(), _clock.Frame, _clock.Frame + 10);
        Run(Pull("abcdef|").Conflate((x, y) => x + y), _clock.Frame, _clock.Frame + 10);

        Assert.That(counts["rxtokens.items.dropped"], Is.EqualTo(4 + 3));
        Assert.That(counts["rxtokens.items.merged"], Is.EqualTo(4 + 4));
    }
}
