using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

public class MarbleTestTests
{
    private static readonly MarbleValues<int> Numbers = [("a", 1), ("b", 2), ("c", 3)];

    // Arguments

    [Test]
    public void Arguments_ThatAreWrong_AreRefusedAtTheCall() => MarbleTest.Run(m =>
    {
        Assert.That(() => MarbleTest.Run((Action<MarbleTest>)null!), Throws.ArgumentNullException);
        Assert.That(() => MarbleTest.RunAsync(null!), Throws.ArgumentNullException);
        Assert.That(() => MarbleTest.Run(_ => { }, new MarbleOptions { FrameSize = TimeSpan.Zero }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => MarbleTest.Run(_ => { }, new MarbleOptions { MaxActions = 0 }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => m.Expect((IObservable<int>)null!), Throws.ArgumentNullException);
        Assert.That(() => m.Expect((IAsyncEnumerable<int>)null!), Throws.ArgumentNullException);
        Assert.That(() => m.Expect((Func<IObservable<long>, IObservable<int>>)null!, "1"), Throws.ArgumentNullException);
        Assert.That(() => m.Cold(null!), Throws.ArgumentNullException);
        Assert.That(() => m.Pull("a)"), Throws.TypeOf<MarbleSyntaxException>().With.Property("Code").EqualTo("MG003"));
        Assert.That(() => m.Hot<int>("-a|"), Throws.TypeOf<MarbleSyntaxException>().With.Message.Contains("'a' is no Int32"));
        Assert.That(() => m.Cold("-a-d|", Numbers), Throws.TypeOf<MarbleSyntaxException>().With.Message.Contains("a, b, c").And.Property("Code").EqualTo("MG020"));
        Assert.That(() => m.At(-1, () => { }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => m.Delay(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
    });

    [Test]
    public void MoreExpectedThanAskedFor_IsSaidBeforeAnythingRuns() => MarbleTest.Run(m =>
    {
        var stream = m.Pull("abc|");
        var expectation = m.Expect(stream, demand: "1--1");
        Assert.That(
            () => expectation.ToBe("a--bc"),
            Throws.ArgumentException.With.Message.Contains("'stream' is expected to deliver 3 items, but its demand row asks for 2 only"));
        expectation.ToBe("a--b");
    });

    // Values

    [Test]
    public void Values_ByLetterMapAndName() => MarbleTest.Run(m =>
    {
        m.Expect(m.Cold("-a-b|")).ToBe("-a-b|");
        m.Expect(m.Cold("-a-b|", Numbers)).ToBe("-a-b|", Numbers);
        m.Expect(m.Cold("-a-b|", [("a", 1), ("b", 2)])).ToBe("-x-y|", [("x", 1), ("y", 2)]);
        m.Expect(m.Cold<int>("-a-b|", new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 })).ToBe("-1-2|");
        m.Expect(m.Cold<int>("-1-{42}|").Select(x => x + 1)).ToBe("-2-{43}|");
        m.Expect(m.Cold<char>("-1-x|")).ToBe("-1-x|");
        m.Expect(m.Cold<double>("{0.5}-{1.25}|").Sum()).ToBe("---({1.75}|)");
        m.Expect(m.Cold<DayOfWeek>("-{Monday}|")).ToBe("-{Monday}|");
        m.Expect(m.Cold<TimeSpan>("-{00:01:00}|")).ToBe("-{00:01:00}|");
        m.Expect(m.Cold("-a-b|", MarbleValues.By("ab", key => new Uri($"test:{key}")))).ToBe("-p-q|", [("p", new Uri("test:a")), ("q", new Uri("test:b"))]);
        m.Expect(m.Cold("abcde|").Buffer(2)).ToBe("-x-y-(z|)", [("x", ["a", "b"]), ("y", ["c", "d"]), ("z", ["e"])]);
        m.Expect(m.Cold<int?>("-1|", [("1", null)])).ToBe("-n|", [("n", null)]);
    });

    [Test]
    public void Values_ThatAreWrong_AreRefused()
    {
        Assert.That(() => MarbleValues.Create([("a", 1), ("a", 2)]), Throws.ArgumentException.With.Message.Contains("'a' twice"));
        Assert.That(() => MarbleValues.Create([("", 1)]), Throws.ArgumentException);
        Assert.That(() => Numbers["z"], Throws.TypeOf<KeyNotFoundException>());
        Assert.That(Numbers.Keys, Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(Numbers, Has.Exactly(1).EqualTo(("b", 2)));
    }

    [Test]
    public void Errors_ByInstanceTypeAndPredicate() => MarbleTest.Run(m =>
    {
        var failure = new InvalidDataException("broken");
        m.Expect(m.Cold("-#")).ToBe("-#");
        m.Expect(m.Cold("-#")).ToBe("-#", error: new MarbleException("#"));
        m.Expect(m.Cold("-#", failure)).ToBe("-#", error: failure);
        m.Expect(m.Cold("-#", failure)).ToBe("-#", error: new InvalidDataException("broken"));
        m.Expect(m.Cold("-#", failure)).ToBe("-#", error: typeof(InvalidDataException));
        m.Expect(m.Cold("-#", failure)).ToBe("-#", error: typeof(SystemException));
        m.Expect(m.Cold("-#", failure)).ToBe("-#", error: ExpectedError.Where(e => e.Message.Length == 6));
        Assert.That(() => (ExpectedError)typeof(string), Throws.ArgumentException);
    });

    [TestCase("broken", "another")]
    public void AnotherError_IsAnotherValue(string actual, string expected)
    {
        var mismatch = Failing.Run(m => m.Expect(m.Cold("-#", new InvalidDataException(actual))).ToBe("-#", error: new InvalidDataException(expected))).Mismatches.Single();
        Assert.That(mismatch.Kind, Is.EqualTo(MismatchKind.OtherValue));
        Assert.That(mismatch.Message, Is.EqualTo("OnError(InvalidDataException(\"broken\")) instead of OnError(InvalidDataException(\"another\"))"));
    }

    // Sources

    [Test]
    public void Cold_CountsFromEachSubscription() => MarbleTest.Run(m =>
    {
        var source = m.Cold("-a-b|");
        m.Expect(source).ToBe("-a-b|");
        m.Expect(source, "---^").ToBe("----a-b|");
        m.Expect(source, "--^-!").ToBe("---a");
        m.ExpectSubscriptions(source).ToBe("^---!", "--^-!", "---^---!");
    });

    [Test]
    public void Hot_CountsFromTheStart_AndItsEndingIsRepeatedToTheLate() => MarbleTest.Run(m =>
    {
        var source = m.Hot("-a-^-b-c|");
        m.Expect(source).ToBe("--b-c|");
        m.Expect(source, "---^").ToBe("----c|");
        m.Expect(source, "10ms ^").ToBe("10ms |");
        m.Expect(m.Hot("-a|", replayTerminal: false), "---^").ToBe("-----");
    });

    [Test]
    public void HotMarblesOfThePast_ReachWhatHasSubscribedBefore() => MarbleTest.Run(m =>
    {
        var source = m.Hot("ab-^-c|");
        var replayed = source.Replay(1);
        replayed.Connect();
        m.Expect(replayed).ToBe("b-c|");
    });

    [Test]
    public void Pull_IsAvailableAtItsTimes_AndDeliveredWhenAskedFor() => MarbleTest.Run(m =>
    {
        var source = m.Pull("-a-b----c|");
        m.Expect(source, demand: "1-----1-1-1").ToBe("-a----b-c-|");
        m.ExpectPulls(source).ToBe("[^1]-----1-1-[1!]");
    });

    [Test]
    public void PullOnRequest_WorksOnlyWhileItIsAsked() => MarbleTest.Run(m =>
    {
        var source = m.PullOnRequest("--a---b|");
        m.Expect(source, demand: "1-----1------1").ToBe("--a-------b---|");
        m.ExpectPulls(source).ToBe("[^1]-----1------1!");
    });

    [Test]
    public void AnAvailableItem_IsDeliveredSynchronously() => MarbleTest.Run(m =>
    {
        var source = m.Pull("ab-c|");
        m.At(2, () =>
        {
            var enumerator = source.GetAsyncEnumerator();
            Assert.That(enumerator.MoveNextAsync().IsCompleted, Is.True, "counted from the enumeration's start");
            Assert.That(enumerator.MoveNextAsync().IsCompleted, Is.False);
        });
        m.Flush();
        m.ExpectPulls(source).ToBe("--[^2]");
    });

    [Test]
    public void MisbehavingPullSources() => MarbleTest.Run(m =>
    {
        var failure = new InvalidDataException("broken");

        var atEnumeration = m.Pull("a|");
        atEnumeration.EnumerationFailure = failure;
        m.Expect(atEnumeration).ToBe("#", error: failure);

        var inTheCall = m.Pull("#", failure);
        inTheCall.ThrowsFromMoveNextAsync = true;
        m.Expect(inTheCall).ToBe("#", error: failure);

        var atDisposal = m.Pull("a|");
        atDisposal.DisposalFailure = failure;
        atDisposal.DisposalFrames = 3;
        m.Expect(atDisposal, "*---1").ToBe("a---#", error: failure);

        var deaf = m.Pull("a---b|");
        deaf.IgnoresCancellation = true;
        m.Expect(deaf, "*-!").ToBe("a");
        m.ExpectPulls(deaf).ToBe("[^2]-x-!");

        var polite = m.Pull("a---b|");
        m.Expect(polite, "*-!").ToBe("a");
        m.ExpectPulls(polite).ToBe("[^2]-[x!]");
    });

    [Test]
    public void PushSources_ThatIgnoreDisposal()
    {
        MarbleTest.Run(m =>
        {
            var cold = m.Cold("-a-b-c|");
            cold.IgnoresDisposal = true;
            m.Expect(cold.Select(x => x), "^-!").ToBe("-a");
            m.Expect(cold.Take(1)).ToBe("-(a|)");
            m.ExpectSubscriptions(cold).ToBe("^-!", "^!");

            var hot = m.Hot("-a-b-c|");
            hot.IgnoresDisposal = true;
            m.Expect(hot.Select(x => x), "^-!").ToBe("-a");
            m.ExpectSubscriptions(hot).ToBe("^-!");
        });
        Assert.That(
            Failing.Message(m =>
            {
                var cold = m.Cold("-a-b|", name: "rude");
                cold.IgnoresDisposal = true;
                m.Expect(cold, "^-!", name: "result").ToBe("-a");
            }),
            Does.StartWith("2 marble mismatches, the earliest first\n\nProtocol violation in \"result\" at frame 3 (3 ms): 3:b came after it had been left\n"));
    }

    [Test]
    public void ADiagramAgainstTheRules_NeedsToSaySo()
    {
        Assert.That(() => MarbleTest.Run(m => m.Hot("-a|-b")), Throws.TypeOf<MarbleSyntaxException>().With.Property("Code").EqualTo("MG007"));

        // Rx's own operators protect their observers, and so does leaving at the ending; what does neither is found out.
        var options = new MarbleOptions { Noncompliant = true };
        MarbleTest.Run(m => m.Expect(m.Hot("-a|-b").Select(x => x)).ToBe("-a|"), options);
        MarbleTest.Run(m => m.Expect(m.Hot("-a|-b")).ToBe("-a|"), options);
        var mismatch = Failing.Run(
            m =>
            {
                var source = m.Hot("-a|-b");
                m.Expect(new RawObservable<string>(observer =>
                {
                    source.Subscribe(observer);
                    return System.Reactive.Disposables.Disposable.Empty;
                })).ToBe("-a|");
            },
            options).Mismatches[0];
        Assert.That((mismatch.Kind, mismatch.Message), Is.EqualTo((MismatchKind.ProtocolViolation, "4:b after the ending")));
    }

    [Test]
    public void OverlappingSignals_AreReported()
    {
        var mismatches = Failing.Run(m =>
        {
            var source = m.Hot("-a");
            var overlapping = new RawObservable<string>(observer =>
            {
                var recorder = (PushRecorder<string>)observer;
                var once = recorder.OnItem;
                recorder.OnItem = x =>
                {
                    once?.Invoke(x);
                    if (x == "a")
                        source.Signal(Notification.CreateOnNext("b"));
                };
                return source.Subscribe(observer);
            });
            m.Expect(overlapping).ToBe("-[ab]");
        }).Mismatches;
        Assert.That(mismatches.Single().Kind, Is.EqualTo(MismatchKind.ProtocolViolation));
        Assert.That(mismatches.Single().Message, Is.EqualTo("1:b during OnNext"));
        Assert.That(() => MarbleTest.Run(m => m.Cold("-a").Signal(Notification.CreateOnNext("b"))), Throws.InvalidOperationException.With.Message.Contains("cold"));
    }

    // Demand

    [TestCase(DemandPolicy.Hold, "-a--b---c---d|")]
    [TestCase(DemandPolicy.Drop, "-a--b--------|")]
    [TestCase(DemandPolicy.Fail, "-a--b--#")]
    public void UnderDemand_WhatNobodyHasAskedFor(DemandPolicy policy, string expected) => MarbleTest.Run(m =>
    {
        var source = m.Cold("-a--b--c--d--|");
        m.Expect(requests => source.UnderDemand(requests, policy), demand: policy == DemandPolicy.Hold ? "2-------1---*" : "2-----------*")
            .ToBe(expected, error: typeof(BackpressureException));
    });

    [Test]
    public void UnderDemand_Ignore_IsADemandViolation() => Assert.That(
        Failing.Message(m =>
        {
            var source = m.Cold("-a--b|", name: "rude");
            m.Expect(requests => source.UnderDemand(requests, DemandPolicy.Ignore), "1-----1").ToBe("-a--b|");
        }),
        Is.EqualTo(
            """
            Demand violation in "requests => source.UnderDemand(requests, DemandPolicy.Ignor…" at frame 4 (4 ms): OnNext(b) is item 2, and 1 had been asked for
              frame     0
              rude      -a--b|       cold, subscribed ^----!
              requests  1-----1
              actual    -a--b|
                            ^ OnNext(b) is item 2, and 1 had been asked for
              to accept the actual result:  -a--b|
            """));

    [Test]
    public void OnDemand_UnderItsOwnOperator() => MarbleTest.Run(m =>
    {
        var tokens = m.Pull("-a--b--c--d--|");
        m.Expect(requests => tokens.OnDemand(requests), demand: "2-------1---*").ToBe("-a--b---c---d|");
        m.ExpectPulls(tokens).ToBe("[^1]1------1---2!");
    });

    [Test]
    public void ARequestThatIsNone_NeedsToSaySo() => MarbleTest.Run(
        m =>
        {
            var tokens = m.Pull("-a--b|");
            m.Expect(requests => tokens.OnDemand(requests), demand: "1--0").ToBe("-a-#", error: typeof(ArgumentOutOfRangeException));
        },
        new MarbleOptions { Noncompliant = true });

    [Test]
    public void Requests_AreExpectedExactlyOrInSum() => MarbleTest.Run(m =>
    {
        var demand = new Demand();
        m.At(0, () => demand.Request(16));
        m.At(4, () => demand.Request(12));
        m.At(4, () => demand.Request(1));
        m.ExpectRequests(demand).ToBe("{16}---[{12}1]");
        m.ExpectRequests(demand).ToSumTo(16, atFrame: 3);
        m.ExpectRequests(demand).ToSumTo(29, atFrame: 4);
    });

    [Test]
    public void Requests_OtherThanExpected()
    {
        var mismatches = Failing.Run(m =>
        {
            var demand = new Subject<long>();
            m.At(2, () => demand.OnNext(5));
            m.ExpectRequests(demand).ToBe("--6");
            m.ExpectRequests(demand).ToSumTo(4, atFrame: 9);
        }).Mismatches;
        Assert.That(mismatches.Select(x => x.Message), Is.EqualTo(new[] { "Request(5) instead of Request(6)", "5 asked for up to frame 9, expected 4" }));
    }

    [Test]
    public void Pulls_OtherThanExpected()
    {
        var mismatches = Failing.Run(m =>
        {
            var tokens = m.Pull("ab|");
            m.Expect(tokens, "1--*").ToBe("a--[b|]");
            m.ExpectPulls(tokens).ToBe("[^1]--3!");
            m.ExpectPulls(tokens).ToSumTo(2, atFrame: 2);
            m.ExpectPulls(tokens).ToBe();
        }).Mismatches;
        Assert.That(mismatches.Select(x => x.Message), Is.EqualTo(new[]
        {
            "GetAsyncEnumerator was not expected",
            "1 MoveNextAsync up to frame 2, expected 2",
            "2 × MoveNextAsync instead of 3 × MoveNextAsync",
        }));
    }

    [Test]
    public void MisuseOfAPullSource_FailsWithoutBeingAskedAbout()
    {
        var mismatches = Failing.Run(m =>
        {
            var tokens = m.Pull("-a|", name: "tokens");
            m.At(0, () =>
            {
                var enumerator = tokens.GetAsyncEnumerator();
                _ = enumerator.MoveNextAsync();
                _ = enumerator.DisposeAsync();
            });
        }).Mismatches;
        Assert.That(mismatches.Single(), Is.EqualTo(new MarbleMismatch("tokens", MismatchKind.ProtocolViolation, TimeSpan.Zero, 0, "DisposeAsync during MoveNextAsync")));
    }

    [Test]
    public void ASignalOnAnotherThread_IsToldAsSuch()
    {
        var mismatches = Failing.Run(m =>
        {
            m.Expect(m.Cold("-a|").Do(_ => { }).Select(x => x).SelectMany(x => Observable.Create<string>(observer =>
            {
                var thread = new Thread(() => observer.OnNext(x));
                thread.Start();
                thread.Join();
                return System.Reactive.Disposables.Disposable.Empty;
            })), name: "result").ToBe("-a-");
        }).Mismatches;
        Assert.That(mismatches.Select(x => x.Kind), Is.EqualTo(new[] { MismatchKind.ProtocolViolation, MismatchKind.Missing }));
        Assert.That(mismatches[0].Message, Does.StartWith("1:a came on another thread").And.Contain("without m.Clock"));
    }

    [Test]
    public void LeavingInAGroup_IsAsItIsWritten() => MarbleTest.Run(m =>
    {
        var source = m.Pull("abc|");
        m.Expect(source, "[^2!]").ToBe("a");
        m.ExpectPulls(source).ToBe("[^2x!]");

        var later = m.Pull("abc|");
        m.Expect(later, "^--[2!]").ToBe("---[ab]");
        m.ExpectPulls(later).ToBe("^--[2!]");
    });

    [Test]
    public void AnEndThatNobodyAsksFor_IsSaidBeforeAnythingRuns() => MarbleTest.Run(m =>
    {
        var expectation = m.Expect(m.Pull("ab|"), "2", name: "stream");
        Assert.That(
            () => expectation.ToBe("ab|"),
            Throws.ArgumentException.With.Message.StartsWith("'stream' is expected to complete, but its demand row asks for the 2 items only"));
        expectation.ToBe("ab");
        var pushed = m.Pull("ab|");
        m.Expect(requests => pushed.OnDemand(requests), "2").ToBe("ab");
    });

    [Test]
    public void ToBe_Twice_IsRefused() => MarbleTest.Run(m =>
    {
        var expectation = m.Expect(m.Cold("-a|"));
        expectation.ToBe("-a|");
        Assert.That(() => expectation.ToBe("-b|"), Throws.InvalidOperationException.With.Message.Contains("'-a|' already"));
    });

    // Time

    [Test]
    public void Time_OfADiagram() => MarbleTest.Run(m =>
    {
        Assert.That(m.Time("---|"), Is.EqualTo(TimeSpan.FromMilliseconds(3)));
        Assert.That(m.Time("1s |"), Is.EqualTo(TimeSpan.FromSeconds(1)));
    });

    [Test]
    public void TheOrderWithinAFrame_IsLeaveComeAskSpeak()
    {
        var log = new List<string>();
        MarbleTest.Run(m =>
        {
            var hot = m.Hot("--h").Do(_ => log.Add("hot"));
            m.Expect(hot.Merge(Logged("subscribed")), "^").ToBe("--h");
            m.At(1, () => m.Clock.Schedule(m.Time("-|"), () => log.Add("scheduled")));
            m.Expect(requests => Observable.Never<string>().Merge(requests.Do(_ => log.Add("request")).IgnoreElements().Select(_ => "")), "--1").ToBe("---");
            m.Expect(Observable.Never<string>().Finally(() => log.Add("left")), "^-!").ToBe("---");
            m.Expect(Observable.Defer(() =>
            {
                log.Add("came");
                return Observable.Never<string>();
            }), "--^").ToBe("---");
        });
        Assert.That(log, Is.EqualTo(new[] { "subscribed", "left", "came", "request", "hot", "scheduled" }));

        IObservable<string> Logged(string what) => Observable.Defer(() =>
        {
            log.Add(what);
            return Observable.Never<string>();
        });
    }

    [Test]
    public void SubscribedAndLeftInTheSameFrame_SeesNothing() => MarbleTest.Run(m =>
    {
        var source = m.Hot("--a|");
        m.Expect(source, "--(^!)").ToBe("---");
        m.ExpectSubscriptions(source).ToBe("--(^!)");
    });

    [TestCase(1)]
    [TestCase(10_000)]
    [TestCase(15_000_000)]
    public void FramesOfAnyLength(long ticks) => MarbleTest.Run(
        m =>
        {
            m.Expect(m.Cold("-a-b|").Delay(m.Time("---|"), m.Clock)).ToBe("----a-b|");
            m.Expect(m.Pull("abc|"), "1--*").ToBe("a--[bc|]");
            m.ExpectRequests(Observable.Timer(m.Time("--|"), m.Clock).Select(_ => 7L)).ToBe("--[7!]");
        },
        new MarbleOptions { FrameSize = TimeSpan.FromTicks(ticks) });

    [Test]
    public void TimesBetweenFrames_AreKept() => MarbleTest.Run(m =>
        m.Expect(m.Cold("10.2ms a 0.3ms |")).ToBe("10.2ms a 0.3ms |"));

    [Test]
    public void Flush_ComparesInTheMiddle() => MarbleTest.Run(m =>
    {
        var seen = new List<string>();
        m.Expect(m.Cold("-a-b|").Do(seen.Add)).ToBe("-a-b|");
        m.Flush();
        Assert.That(seen, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(m.Frame, Is.EqualTo(4));
    });

    // Awaiting

    [Test]
    public Task RunAsync_ContinuesAwaitsOnTheClock() => MarbleTest.RunAsync(async m =>
    {
        var thread = Environment.CurrentManagedThreadId;
        var seen = new List<string>();
        await foreach (var text in m.Pull("a-b--c|").Conflate())
        {
            seen.Add($"{m.Frame}:{text}");
            await Task.Delay(TimeSpan.FromMilliseconds(4), m.TimeProvider);
        }

        Assert.That(seen, Is.EqualTo(new[] { "0:a", "4:b", "8:c" }));
        Assert.That(Environment.CurrentManagedThreadId, Is.EqualTo(thread));
    });

    [Test]
    public Task RunAsync_ComparesToo() => MarbleTest.RunAsync(async m =>
    {
        m.Expect(m.Pull("-a-b|")).ToBe("-a-b|");
        await m.Delay(2);
        Assert.That(m.Frame, Is.EqualTo(2));
    });

    [Test]
    public void RunAsync_FailsAsTheTestDoes()
    {
        Assert.That(async () => await MarbleTest.RunAsync(async m =>
        {
            await m.Delay(1);
            throw new InvalidDataException("broken");
        }), Throws.TypeOf<InvalidDataException>());
        Assert.That(async () => await MarbleTest.RunAsync(async m =>
        {
            m.Expect(m.Cold("-a|")).ToBe("--a|");
            await m.Delay(1);
        }), Throws.TypeOf<MarbleAssertionException>());
    }

    [Test]
    public void RunAsync_WaitingForWhatNeverComes_Fails() => Assert.That(
        async () => await MarbleTest.RunAsync(
            async m =>
            {
                m.Expect(m.Pull("-a-b|")).ToBe("-a-b|");
                await new TaskCompletionSource().Task;
            },
            new MarbleOptions { MaxRealWait = TimeSpan.FromMilliseconds(10) }),
        Throws.TypeOf<MarbleAssertionException>().With.Message.Contains("clock does not drive").And.Message.Contains("-a-b|"));

    [Test]
    public async Task RunAsync_WaitsAWhileForThePool() => await MarbleTest.RunAsync(async m =>
    {
        await Task.Run(() => { });
        await m.Delay(1);
    }, new MarbleOptions { MaxRealWait = TimeSpan.FromSeconds(20) });

    // Limits

    [Test]
    public void SomethingEndless_FailsAtALimit_WithTheDiagramSoFar()
    {
        var failure = Failing.Run(
            m => m.Expect(Observable.Interval(m.Time("-|"), m.Clock).Take(3).Concat(Observable.Interval(m.Time("-|"), m.Clock).Where(_ => false))).ToBe("-012"),
            new MarbleOptions { MaxActions = 1000 });
        Assert.That(failure.Mismatches.Single().Kind, Is.EqualTo(MismatchKind.Limit));
        Assert.That(failure.Message, Does.Contain("1,000 pieces of work").And.Contain("a row with '!' ends it (subscription: ").And.Contain("-012"));
        Assert.That(failure.InnerException, Is.TypeOf<VirtualTimeLimitException>());
    }

    [Test]
    public void SomethingFarAway_FailsAtALimit() => Assert.That(
        Failing.Message(m => m.Expect(Observable.Timer(TimeSpan.FromDays(2), m.Clock)).ToBe("2880m 0")),
        Does.Contain("MaxVirtualTime (1.00:00:00)"));

    [Test]
    public void AnEndlessSynchronousStream_FailsAtALimit() => Assert.That(
        Failing.Message(m => m.Expect(Endless()).ToBe("-")), Does.Contain("100,000 requests").And.Contain("demand row"));

    private static async IAsyncEnumerable<int> Endless()
    {
        while (true)
            yield return 1;
#pragma warning disable CS0162 // what makes it asynchronous is never reached
        await Task.CompletedTask;
#pragma warning restore CS0162
    }

    private sealed class RawObservable<T>(Func<IObserver<T>, IDisposable> subscribe) : IObservable<T>
    {
        public IDisposable Subscribe(IObserver<T> observer) => subscribe(observer);
    }

    [Test]
    public void At_TakesATimeToo()
    {
        var log = new List<string>();

        MarbleTest.Run(m =>
        {
            m.At(TimeSpan.FromSeconds(1.5), () => log.Add($"{m.Frame}"));
            m.At(TimeSpan.FromSeconds(2), async () =>
            {
                await m.Delay(1);
                log.Add($"{m.Frame}");
            });
            m.Expect(m.Hot("@3s |")).ToBe("@3s |");
        });

        Assert.That(log, Is.EqualTo(new[] { "1500", "2001" }));
        Assert.That(
            () => MarbleTest.Run(m => m.At(TimeSpan.FromSeconds(-1), () => { })),
            Throws.TypeOf<ArgumentOutOfRangeException>());
    }
}
