using System.ComponentModel;
using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text;
using System.Reactive.Threading.Tasks;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using Polly;
using Polly.Retry;
using RxTokens.Extensions;

namespace RxTokens.Packaging.Tests;

/// <summary>The samples of docs/testing.md, line by line, run.</summary>
public class TestingGuideSamples
{
    // The first test

    public class SearchTests
    {
        [Test]
        public void SearchesWhenTypingPauses() => MarbleTest.Run(m =>
        {
            var typed = m.Hot("-ab-----c-----|", name: "typed");
            var searched = typed.Throttle(m.Time("---|"), m.Clock);
            m.Expect(searched).ToBe("-----b-----c--|");
        });
    }

    // Values

    private sealed record Order(int Id, decimal Price);

    [Test]
    public void Values() => MarbleTest.Run(m =>
    {
        m.Expect(m.Cold("-a-b|")).ToBe("-a-b|");
        m.Expect(m.Cold<int>("-1-2-{42}|").Select(x => x + 1)).ToBe("-2-3-{43}|");
        m.Expect(m.Cold<DayOfWeek>("-{Monday}|")).ToBe("-{Monday}|");

        MarbleValues<Order> orders = [("a", new Order(1, 9.90m)), ("b", new Order(2, 12.50m))];
        m.Expect(m.Cold("-a-b|", orders).Where(order => order.Price > 10)).ToBe("---b|", orders);
        m.Expect(m.Cold("-a-b|", orders).Select(order => order.Id)).ToBe("-1-2|");
        m.Expect(m.Cold("-a-b|", MarbleValues.By("ab", key => new Uri($"test:{key}")))).ToBe("-x-y|", [("x", new Uri("test:a")), ("y", new Uri("test:b"))]);

        m.Expect(m.Cold("abcd|").Buffer(2)).ToBe("-x-y|", [("x", ["a", "b"]), ("y", ["c", "d"])]);

        m.Expect(m.Cold("-a-b|", orders)).ToBe("-x-y|", [("x", Marble.Any), ("y", Marble.Where<Order>(order => order.Price > 10))]);
        m.Expect(m.Cold("-a-B|")).ToBe("-A-b|", comparer: StringComparer.OrdinalIgnoreCase);
    });

    [Test]
    public void StreamsOfStreams() => MarbleTest.Run(m =>
    {
        var source = m.Hot("-a-b-c-d|", name: "source");
        var windows = source.Window(2);
        m.Expect(windows).ToBe("x--y---z|",
        [
            ("x", Marble.Inner("-a-[b|]")),
            ("y", Marble.Inner("--c-[d|]")),
            ("z", Marble.Inner("-|")),
        ]);

        var groups = m.Cold<int>("-1-2-3|").GroupBy(n => n % 2 == 0 ? "even" : "odd");
        m.Expect(groups).ToBe("-o-e--|",
        [
            ("o", Marble.Group<string, int>("odd", "1---3|")),
            ("e", Marble.Group<string, int>("even", "---2--|", absolute: true)),
        ]);
    });

    [Test]
    public void Errors() => MarbleTest.Run(m =>
    {
        var offline = new HttpRequestException("offline");
        var source = m.Cold("-a-#", error: offline);
        m.Expect(source).ToBe("-a-#", error: offline);
        m.Expect(source).ToBe("-a-#", error: new HttpRequestException("offline"));
        m.Expect(source).ToBe("-a-#", error: typeof(HttpRequestException));
        m.Expect(source).ToBe("-a-#", error: ExpectedError.Where(e => e.Message.StartsWith("off")));
        m.Expect(m.Cold("-a-#")).ToBe("-a-#");
    });

    // Sources

    [Test]
    public void PushSources() => MarbleTest.Run(m =>
    {
        var hot = m.Hot("a--b--c|");
        m.Expect(hot, "-^").ToBe("---b--c|");
        var cold = m.Cold("a--b--c|");
        m.Expect(cold, "-^").ToBe("-a--b--c|");
        m.Expect(cold, "-^--!").ToBe("-a");
        m.ExpectSubscriptions(cold).ToBe("-^------!", "-^--!");
        m.ExpectSubscriptions(cold).ToBeInAnyOrder("-^--!", "-^------!");

        var replayed = m.Hot("ab-^-c|").Replay(1);
        replayed.Connect();
        m.Expect(replayed).ToBe("b-c|");
    });

    [Test]
    public void AnswersThatEnd() => MarbleTest.Run(m =>
    {
        var later = m.Cold("5ms a|");
        var atOnce = m.Cold("5ms [a|]");
        m.Expect(later).ToBe("@5 a|");
        m.Expect(atOnce).ToBe("@5 [a|]");
        m.ExpectSubscriptions(later).ToBe("^ @6 !");
        m.ExpectSubscriptions(atOnce).ToBe("^ @5 !");
    });

    [Test]
    public void AnswersThatDiffer() =>
        MarbleTest.Run(m =>
        {
            var calls = new[] { m.Cold("-#", error: new HttpRequestException("down")), m.Cold("7s a|"), m.Cold("9s b|") };
            var next = 0;
            Task<string> Ask(CancellationToken stop) => calls[next++].FirstAsync().ToTask(stop);
            m.Expect(Observable.FromAsync(Ask, m.Clock).Retry(2).Repeat(), "^ @15 !").ToBe("@8 a");
            m.ExpectSubscriptions(calls[0]).ToBe("^!");
            m.ExpectSubscriptions(calls[1]).ToBe("-^ @8 !");
            m.ExpectSubscriptions(calls[2]).ToBe("@8 ^ @15 !");
        }, new MarbleOptions { FrameSize = 1.Seconds() });

    [Test]
    public void PullSources() => MarbleTest.Run(m =>
    {
        var live = m.Pull("--a---b|");
        m.Expect(live, demand: "1---------1-1").ToBe("--a-------b-|");
        var lazy = m.PullOnRequest("--a---b|");
        m.Expect(lazy, demand: "1---------1-----1").ToBe("--a-----------b--|");
    });

    [Test]
    public void SourcesThatMisbehave() => MarbleTest.Run(m =>
    {
        var deaf = m.Pull("a---b|");
        deaf.IgnoresCancellation = true;
        m.Expect(deaf, demand: "*-!").ToBe("a");
        m.ExpectPulls(deaf).ToBe("[^2]-x-!");

        var leaking = m.Pull("a|");
        leaking.DisposalFailure = new IOException("disk full");
        leaking.DisposalFrames = 3;
        m.Expect(leaking).ToBe("a---#", error: typeof(IOException));
    });

    [Test]
    public void SourcesThatIgnoreDisposal() => MarbleTest.Run(m =>
    {
        var ghost = m.Cold("-a-b-c|");
        ghost.IgnoresDisposal = true;
        m.Expect(ghost.Select(x => x), "^-!").ToBe("-a");
        m.ExpectSubscriptions(ghost).ToBe("^-!");
    });

    [Test]
    public void TheBody_RunsBeforeFrame0() => MarbleTest.Run(m =>
    {
        var log = new List<string>();
        m.Expect(Observable.Defer(() =>
        {
            log.Add("subscribed");
            return Observable.Empty<string>();
        })).ToBe("|");
        m.At(0, () => log.Add("frame 0"));
        log.Add("body");
        m.Flush();
        Assert.That(log, Is.EqualTo(new[] { "body", "subscribed", "frame 0" }));
    });

    [Test]
    public void WithoutASubscriptionMark() => MarbleTest.Run(m =>
    {
        var (heard, unheard) = (m.Cold("a|"), m.Cold("a|"));
        m.Expect(heard, "-").ToBe("a|");
        m.ExpectSubscriptions(heard).ToBe("^!");
        m.ExpectSubscriptions(unheard).ToBe("-");
    });

    [Test]
    public void SourcesThatGoOnAfterTheirEnd()
    {
        MarbleTest.Run(m =>
        {
            var rude = m.Hot("-a|-b");
            m.Expect(rude.Select(x => x)).ToBe("-a|");
        }, new MarbleOptions { Noncompliant = true });
    }

    [Test]
    public void SignalsThatOverlap() => MarbleTest.Run(m =>
    {
        var source = m.Hot("-a|");
        var echoed = source.Do(x =>
        {
            if (x == "a")
                source.Signal(Notification.CreateOnNext("b"));
        });
        m.Expect(echoed).ToBe("-[ba]|");
    });

    // Time

    [Test]
    public void TheOrderWithinAFrame() => MarbleTest.Run(m =>
    {
        var source = m.Hot("--a--b--c|");
        m.Expect(source, "--^--!").ToBe("--a");
    });

    [Test]
    public void Times() => MarbleTest.Run(m =>
    {
        Assert.That(m.Time("---|"), Is.EqualTo(3.Milliseconds()));
        Assert.That(m.Time("1.5s |"), Is.EqualTo(TimeSpan.FromSeconds(1.5)));
        m.Expect(m.Cold("a|").Delay(250.Milliseconds(), m.Clock)).ToBe("250ms a|");
    });

    [Test]
    public void FramesOfASecond()
    {
        MarbleTest.Run(m =>
        {
            var seconds = Observable.Interval(1.Seconds(), m.Clock).Take(3);
            m.Expect(seconds).ToBe("-01[2|]");
        }, new MarbleOptions { FrameSize = 1.Seconds() });
    }

    // Demand

    [Test]
    public void ASlowScreenSlowsTheModel() => MarbleTest.Run(m =>
    {
        var tokens = m.Pull("abcdef|", name: "tokens");
        var shown = tokens.Through(o => o.Buffer(2).Select(pair => pair[0] + pair[1]));
        m.Expect(shown, demand: "1---1---*").ToBe("-{ab}--{cd}---[{ef}|]");
        m.ExpectPulls(tokens).ToBe("[^2]---2---[3!]");
    });

    [Test]
    public void SumsOfReads() => MarbleTest.Run(m =>
    {
        var tokens = m.Pull("abcdefgh|");
        m.Expect(tokens.Buffered(4), demand: "1").ToBe("a");
        m.ExpectPulls(tokens).ToSumTo(5, atFrame: 100);
        m.ExpectPulls(tokens).ToSumToAtLeast(2, atFrame: 100);
    });

    [Test]
    public void Leaving() => MarbleTest.Run(m =>
    {
        var tokens = m.Pull("a-----b|");
        m.Expect(tokens, demand: "1-!").ToBe("a");
        m.Expect(tokens, demand: "2-!").ToBe("a");
        m.ExpectPulls(tokens).ToBe("[^1]-!", "[^2]-[x!]");
    });

    [Test]
    public void PushUnderDemand() => MarbleTest.Run(m =>
    {
        var tokens = m.Pull("-a--b--c--d--|");
        m.Expect(requests => tokens.OnDemand(requests), demand: "2-------1---*").ToBe("-a--b---c---d|");
        m.ExpectPulls(tokens).ToBe("[^1]1------1---2!");
    });

    [Test]
    public void TheRequestsThemselves() => MarbleTest.Run(m =>
    {
        var demand = new Demand();
        m.At(0, () => demand.Request(16));
        m.At(4, () => demand.Request(12));
        m.ExpectRequests(demand).ToBe("{16}---{12}");
        m.ExpectRequests(demand).ToSumTo(28, atFrame: 4);
    });

    [TestCase(DemandPolicy.Drop, "-a--b--------|")]
    [TestCase(DemandPolicy.Fail, "-a--b--#")]
    public void UnderDemandByOtherPolicies(DemandPolicy policy, string expected) => MarbleTest.Run(m =>
    {
        var source = m.Cold("-a--b--c--d--|");
        m.Expect(requests => source.UnderDemand(requests, policy), demand: "2-----------*").ToBe(expected, error: typeof(BackpressureException));
    });

    [Test]
    public void WhatNobodyAskedFor_FailsEvenIfItIsExpected() => Assert.That(
        () => MarbleTest.Run(m =>
        {
            var source = m.Cold("-a--b|");
            m.Expect(requests => source.UnderDemand(requests, DemandPolicy.Ignore), demand: "1-----1").ToBe("-a--b|");
        }),
        Throws.TypeOf<MarbleAssertionException>().With.Message.StartsWith("Demand violation"));

    [Test]
    public void UnderDemand() => MarbleTest.Run(m =>
    {
        var source = m.Cold("-a--b--c--d--|");
        m.Expect(requests => source.UnderDemand(requests), demand: "2-------1---*").ToBe("-a--b---c---d|");
    });

    // Sample with a demand row

    [Test]
    public void SampleReadsOnlyWhileSomebodyWaits() => Sampled();

    internal static MarbleChart Sampled() => MarbleTest.Run(m =>
    {
        var tokens = m.Pull("a--b--c--d--e--f|", name: "tokens");
        var shown = tokens.Through(o => o.Sample(m.Time("-------|"), m.Clock));
        m.Expect(shown, demand: "1---------------1-*").ToBe("-------c--------d----[f|]");
        m.ExpectPulls(tokens).ToBe("[^2]--1--1-----------[3!]");
    });

    // Counts, and another stream

    [Test]
    public void Counts() => MarbleTest.Run(m =>
    {
        var ticks = m.Expect(Observable.Interval(3.Milliseconds(), m.Clock), "^ @20 !");
        ticks.ToHaveCount(6);
        ticks.ToHaveCount(3, atFrame: 10);
    });

    [Test]
    public void AnotherStream() => MarbleTest.Run(m =>
    {
        var typed = m.Hot("-ab-----c-----|", name: "typed");
        m.Expect(typed.Throttle(3.Milliseconds(), m.Clock)).ToBe(typed.Throttle(_ => Observable.Timer(3.Milliseconds(), m.Clock)));
        m.Expect(m.Pull("abc|").Buffered(2), demand: "1--1-2").ToBe(m.Pull("abc|"));
    });

    // Pictures

    [Test]
    public void DrawsARun()
    {
        Directory.SetCurrentDirectory(TestContext.CurrentContext.WorkDirectory);

        MarbleChart chart = MarbleTest.Run(m =>
        {
            var tokens = m.Pull("abcdef|");
            var shown = tokens.Through(o => o.Buffer(2).Select(pair => pair[0] + pair[1]));
            m.Expect(shown, demand: "1---1---*").ToBe("-{ab}--{cd}---[{ef}|]");
        });
        File.WriteAllText("slow-screen.svg", chart.ToSvg("A slow screen"));

        Assert.That(File.ReadAllText("slow-screen.svg"), Does.StartWith("<svg").And.Contain("A slow screen"));
    }

    // Recordings

    [Test]
    public async Task RecordsAndReplays()
    {
        Directory.SetCurrentDirectory(TestContext.CurrentContext.WorkDirectory);
        var answer = new[] { "Once", " upon", " a", " time" }.ToAsyncEnumerable();
        var screen = new StringBuilder();

        using (var file = File.CreateText("answer.jsonl"))
        {
            await foreach (var text in answer.RecordTo(file, TimeProvider.System).Conflate())
                screen.Append(text);
        }

        Assert.That(screen.ToString(), Is.EqualTo("Once upon a time"));

        MarbleTest.Run(m =>
        {
            var recorded = StreamRecording.Load("answer.jsonl");
            var tokens = m.Pull(recorded.Stall(at: TimeSpan.Zero, duration: 30.Seconds()));
            var guarded = tokens.Through(o => o.Timeout(20.Seconds(), m.Clock));
            m.Expect(guarded).ToBe("20s #", error: typeof(TimeoutException));
        });
    }

    // Tests that await

    [Test]
    public Task SkipsWhatItWasTooSlowFor() => MarbleTest.RunAsync(async m =>
    {
        var drawn = new List<string>();
        await foreach (var text in m.Pull("a-b-c-d|").Conflate())
        {
            drawn.Add($"{m.Frame}: {text}");
            await Task.Delay(m.Time("-----|"), m.TimeProvider);
        }

        Assert.That(drawn, Is.EqualTo(new[] { "0: a", "5: bc", "10: d" }));
    });

    [Test]
    public Task RetriesAfterFiveSeconds() => MarbleTest.RunAsync(async m =>
    {
        var retry = new ResiliencePipelineBuilder { TimeProvider = m.TimeProvider }
            .AddRetry(new RetryStrategyOptions { MaxRetryAttempts = 3, Delay = TimeSpan.FromSeconds(5) })
            .Build();

        var attempts = 0;
        await retry.ExecuteAsync(async _ =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), m.TimeProvider);
            if (++attempts < 3)
                throw new TimeoutException();
        });

        Assert.That(m.Frame, Is.EqualTo(13_000), "three attempts of a second, two pauses of five");
    });

    [Test]
    public void VirtualTimeBeginsIn2000() => MarbleTest.Run(m =>
        Assert.That((m.Clock.Now, m.TimeProvider.GetUtcNow()), Is.EqualTo((VirtualClock.Epoch, new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero)))));

    [Test]
    public void InTheMiddle_AndAtAFrame() => MarbleTest.Run(m =>
    {
        var pressed = 0;
        m.At(3, () => pressed++);
        m.Flush();
        Assert.That((pressed, m.Frame), Is.EqualTo((1, 3)));
    });

    [Test]
    public Task PeriodicTimersToo() => MarbleTest.RunAsync(async m =>
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), m.TimeProvider);
        await timer.WaitForNextTickAsync();
        Assert.That(m.Frame, Is.EqualTo(60_000));
    });

    [Test]
    public void TasksInsideAQuery() => MarbleTest.Run(m =>
    {
        async Task<string> Search(string text)
        {
            await Task.Delay(m.Time("--|"), m.TimeProvider);
            return text.ToUpperInvariant();
        }

        var typed = m.Cold("-a----b|");
        m.Expect(typed.SelectMany(text => Search(text).ToObservable(m.Clock))).ToBe("---A----[B|]");
        m.Expect(typed.SelectMany(text => Observable.FromAsync(() => Search(text), m.Clock))).ToBe("---A----[B|]");
        m.Expect(m.Pull("-a----b|").SelectAwait((text, _) => new ValueTask<string>(Search(text)), maxConcurrency: 2)).ToBe("---A----[B|]");
    });

    [Test]
    public void OnABareClock_WithoutTheContext_AwaitsGoOnInItsRun()
    {
        var clock = new VirtualClock();
        var log = new List<string>();

        SynchronizationContext.SetSynchronizationContext(null);
        _ = Work();
        clock.AdvanceBy(1.Seconds());
        Assert.That(log, Is.EqualTo(new[] { "done" }));

        async Task Work()
        {
            await Task.Delay(1.Seconds(), clock.AsTimeProvider());
            log.Add("done");
        }
    }

    [Test]
    public void OperatorsOfLinq_CaptureTheContext([Values] bool isInstalled)
    {
        var clock = new VirtualClock();
        var context = new CountingContext();
        SynchronizationContext.SetSynchronizationContext(isInstalled ? context : null);
        var read = clock.Pull("-a|").Where(_ => true).GetAsyncEnumerator().MoveNextAsync();
        SynchronizationContext.SetSynchronizationContext(null);
        clock.AdvanceToFrame(1);
        Assert.That((context.Posted, read.IsCompleted), Is.EqualTo((isInstalled ? 1 : 0, !isInstalled)));
    }

    private sealed class CountingContext : SynchronizationContext
    {
        public int Posted { get; private set; }

        public override void Post(SendOrPostCallback d, object? state) => Posted++;
    }

    [Test]
    public Task SelectManyOfATask_GoesOnOnThePool() => MarbleTest.RunAsync(async m =>
    {
        var test = Environment.CurrentManagedThreadId;
        var observed = 0;
        await m.Cold("-a|")
            .SelectMany(async x =>
            {
                await Task.Delay(m.Time("--|"), m.TimeProvider);
                return x;
            })
            .Do(_ => observed = Environment.CurrentManagedThreadId);
        Assert.That(observed, Is.Not.EqualTo(test));
    }, new MarbleOptions { MaxRealWait = TimeSpan.FromSeconds(20) });

    [Test]
    public Task WhatAwaitsACancelledDelay_GoesOnOnThePool_UnlessItIsTheTestItself() => MarbleTest.RunAsync(async m =>
    {
        var test = Environment.CurrentManagedThreadId;
        using var limit = new CancellationTokenSource(m.Time("--|"), m.TimeProvider);
        Assert.That(await ThreadAfterCancelledDelay(captureContext: false), Is.Not.EqualTo(test));
        Assert.That(await ThreadAfterCancelledDelay(captureContext: true), Is.EqualTo(test));
        Assert.That(m.Frame, Is.EqualTo(2));

        async Task<int> ThreadAfterCancelledDelay(bool captureContext)
        {
            try
            {
                await Task.Delay(m.Time("----|"), m.TimeProvider, limit.Token).ConfigureAwait(captureContext);
            }
            catch (OperationCanceledException)
            {
                // as it is meant
            }

            return Environment.CurrentManagedThreadId;
        }
    }, new MarbleOptions { MaxRealWait = TimeSpan.FromSeconds(20) });

    [Test]
    public Task ContinueWith_GoesOnOnThePool_UnlessItIsSynchronous() => MarbleTest.RunAsync(async m =>
    {
        var test = Environment.CurrentManagedThreadId;
        Assert.That(await m.Delay(2).ContinueWith(_ => Environment.CurrentManagedThreadId, TaskScheduler.Default), Is.Not.EqualTo(test));
        Assert.That(await m.Delay(2).ContinueWith(
            _ => Environment.CurrentManagedThreadId, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default), Is.EqualTo(test));
    }, new MarbleOptions { MaxRealWait = TimeSpan.FromSeconds(20) });

    [Test]
    public Task AssertionsThatAwait() => MarbleTest.RunAsync(async m =>
    {
        await Assert.ThatAsync(
            async () =>
            {
                await m.Delay(5);
                throw new TimeoutException();
            },
            Throws.TypeOf<TimeoutException>());
        Assert.That(m.Frame, Is.EqualTo(5));
    });

    // A UI thread

    [Test]
    public void ABusyThread() => MarbleTest.Run(m =>
    {
        m.Expect(m.Hot("-a-b-c|").ObserveOn(m.UiThread("--^--!"))).ToBe("-a---[bc]|");
    });

    public sealed class Search : INotifyPropertyChanged
    {
        public event PropertyChangedEventHandler? PropertyChanged;

        public string Query { get; private set; } = "";

        public int Progress { get; private set; }

        public string Answer { get; private set; } = "";

        public async Task Run(IObservable<string> typed, IObservable<int> progress, IAsyncEnumerable<string> answer, SynchronizationContext ui, IScheduler clock)
        {
            using var query = typed.Throttle(TimeSpan.FromMilliseconds(3), clock).ObserveOn(ui).Subscribe(text => Set(nameof(Query), () => Query = text));
            using var bar = progress.Sample(TimeSpan.FromMilliseconds(4), clock).ObserveOn(ui).Subscribe(percent => Set(nameof(Progress), () => Progress = percent));
            await answer.Conflate().RenderOnAsync(ui, text => Set(nameof(Answer), () => Answer += text));
        }

        private void Set(string property, Action change)
        {
            change();
            PropertyChanged?.Invoke(this, new PropertyChangedEventArgs(property));
        }
    }

    [Test]
    public Task ShowsWhatMatters() => MarbleTest.RunAsync(async m =>
    {
        var search = new Search();
        var typed = m.Hot("ab-----|");
        var progress = m.Hot("12345678|", [("1", 10), ("2", 20), ("3", 30), ("4", 40), ("5", 50), ("6", 60), ("7", 70), ("8", 80)]);
        var answer = m.Pull("a-bcd----e|");
        m.Expect(Changes(search, nameof(Search.Query), () => search.Query)).ToBe("-----{ab}", [("ab", "b")]);
        m.Expect(Changes(search, nameof(Search.Progress), () => search.Progress)).ToBe("-----x--y", [("x", 50), ("y", 80)]);
        m.Expect(Changes(search, nameof(Search.Answer), () => search.Answer)).ToBe("a----[{ab}{abcd}]---{abcde}");
        await search.Run(typed, progress, answer, m.UiThread("-^---!"), m.Clock);
    });

    [Test]
    public Task DrawsSlowly() => MarbleTest.RunAsync(async m =>
    {
        var drawn = new Subject<string>();
        m.Expect(drawn).ToBe("a----{bcde}----f");
        await m.Pull("abcde-f|").Conflate().RenderOnAsync(m.UiThread(), async text =>
        {
            drawn.OnNext(text);
            await Task.Delay(5.Milliseconds(), m.TimeProvider);
        });
    });

    private static IObservable<T> Changes<T>(Search search, string property, Func<T> value) =>
        Observable.FromEventPattern<PropertyChangedEventHandler, PropertyChangedEventArgs>(h => search.PropertyChanged += h, h => search.PropertyChanged -= h)
            .Where(change => change.EventArgs.PropertyName == property)
            .Select(_ => value());

    // Microsoft's FakeTimeProvider

    [Test]
    public void OnAFakeTimeProvider()
    {
        var time = new FakeTimeProvider();
        var shown = new List<string>();
        using var typed = new Subject<string>();
        using var search = typed.Throttle(3.Seconds(), time.AsScheduler()).Subscribe(shown.Add);
        typed.OnNext("r");
        time.Advance(2.Seconds());
        typed.OnNext("rx");
        time.Advance(3.Seconds());
        Assert.That(shown, Is.EqualTo(new[] { "rx" }));
    }

    // Step by step

    [Test]
    public Task StepByStep() => MarbleTest.RunAsync(async m =>
    {
        var typed = m.Hot("-ab-----c-----|");
        await using var searched = m.Probe(typed.Throttle(m.Time("---|"), m.Clock));

        Assert.That(await searched.Next(), Is.EqualTo("b"));
        Assert.That(m.Frame, Is.EqualTo(5));
        await searched.NoEvent(m.Time("-----|"));
        Assert.That(await searched.Next(), Is.EqualTo("c"));
        await searched.Completed();
    });

    [Test]
    public Task PullStreamsStepByStep() => MarbleTest.RunAsync(async m =>
    {
        var tokens = m.Pull("abc|");
        await using var pairs = m.Probe(tokens.Through(o => o.Buffer(2)));

        Assert.That(await pairs.Next(), Is.EqualTo(new[] { "a", "b" }));
        await m.Delay(50);
        Assert.That(tokens.Reads, Has.Count.EqualTo(2));
        await pairs.Leave();
    });

    [Test]
    public Task ATestThatAsks() => MarbleTest.RunAsync(async m =>
    {
        var tokens = m.Pull("abcd|");
        await using var shown = m.Probe(requests => tokens.OnDemand(requests));

        shown.Request(2);
        Assert.That(await shown.Next(2), Is.EqualTo(new[] { "a", "b" }));
        await shown.NoEvent(10.Milliseconds());
        shown.Request(3);
        Assert.That(await shown.Next(2), Is.EqualTo(new[] { "c", "d" }));
        await shown.Completed();
    });

    // Races

    internal static void ARace()
    {
        MarbleTest.Explore(m =>
        {
            var price = m.Hot("a----b---|", name: "price");
            var order = m.Hot("-----o---|", name: "order");
            var charged = order.WithLatestFrom(price, (_, latest) => latest);
            m.Expect(charged).ToBe("-----b---|");
        });
    }

    [Test]
    public void WithoutTheRace()
    {
        var orders = MarbleTest.Explore(m =>
        {
            var price = m.Hot("a----b---|", name: "price");
            var order = m.Hot("------o--|", name: "order");
            m.Expect(order.WithLatestFrom(price, (_, latest) => latest)).ToBe("------b--|");
        });
        Assert.That(orders, Is.GreaterThan(1), "there was something to explore");
    }
}
