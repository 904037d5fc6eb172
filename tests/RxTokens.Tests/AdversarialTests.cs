using System.Collections.Concurrent;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What somebody who wants to see it fail would try.</summary>
public class AdversarialTests
{
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp() => _clock = new VirtualClock();

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private static TimeSpan Ms(int frames) => TimeSpan.FromMilliseconds(frames);

    private static object[] AllPipelines => Pipelines.All;

    // Failures that nobody may swallow

    [TestCaseSource(nameof(AllPipelines))]
    public void ACleanUpThatFails_AfterACancellation_IsTheLeavers(object pipeline)
    {
        var source = new PullProbe<string>(_clock, Marbles.Of("a----b|")) { DisposalFailure = Marbles.Failure };
        using var cancellation = new CancellationTokenSource();
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source), cancellation.Token).AskAt(0, 1);
        _clock.At(3, cancellation.Cancel);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 3:#OperationCanceledException"));
        Assert.That(consumer.Leave, Throws.Exception.SameAs(Marbles.Failure));
        Assert.That(consumer.Leave, Throws.Nothing, "once");
    }

    [Test]
    public void AQueryThatThrowsOutOfOnCompleted_AfterItHasCompleted_FailsTheStream()
    {
        var consumer = _clock.Consume(Pull("a|").Through(o => new ThrowingBehind<string>(o))).AskAt(0, 1);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#InvalidDataException"));
    }

    private sealed class ThrowingBehind<T>(IObservable<T> source) : IObservable<T>
    {
        public IDisposable Subscribe(IObserver<T> observer) => source.Subscribe(new Observer(observer));

        private sealed class Observer(IObserver<T> observer) : IObserver<T>
        {
            public void OnNext(T value) => observer.OnNext(value);

            public void OnError(Exception error) => observer.OnError(error);

            public void OnCompleted()
            {
                observer.OnCompleted();
                throw Marbles.Failure;
            }
        }
    }

    [Test]
    public void ACallbackOfTheGeneratorsToken_ThatThrows_DoesNotThrowAtTheCanceller()
    {
        using var cancellation = new CancellationTokenSource();
        var stream = TokenStream.FromBlocking(token =>
        {
            token.Register(() => throw Marbles.Failure);
            return Enumerable.Range(0, 5);
        }).GetAsyncEnumerator(cancellation.Token);
        Assert.That(stream.MoveNextAsync().AsTask().Wait(TimeSpan.FromSeconds(10)), Is.True);

        Assert.That(cancellation.Cancel, Throws.Nothing);
        Assert.That(stream.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(10)), Is.True);
    }

    [Test]
    public void AGeneratorWhoseDisposeThrows_AfterACancellation_TellsTheLeaver()
    {
        static IEnumerable<int> Failing()
        {
            try
            {
                yield return 1;
            }
            finally
            {
                ThrowFailure();
            }
        }

        using var cancellation = new CancellationTokenSource();
        var stream = TokenStream.FromBlocking(Failing()).GetAsyncEnumerator(cancellation.Token);
        Assert.That(() => stream.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)), Is.True);
        cancellation.Cancel();

        Assert.That(() => stream.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => stream.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)), Throws.Exception.SameAs(Marbles.Failure));
    }

    private static void ThrowFailure() => throw Marbles.Failure;

    // Sources that never let go

    [Test]
    public void ConflateText_OverEndlessEmptyItemsThatAreReady_LetsGoOfTheThread()
    {
        var source = new ReadySource<string>(i => i < 1000 ? "" : throw new InvalidOperationException("It reads on for ever."));
        var consumer = _clock.Consume(source.Conflate(maxChars: 16)).AskAt(0, 1, 2);
        _clock.Start();

        Assert.That(consumer.Items, Is.EqualTo(new[] { "", "", "" }));
        Assert.That(source.Reads, Is.EqualTo(1 + 16 + 16 + 16));
    }

    // Operators inside the query

    [TestCase("Switch", "2:a 6:d 9:e 9:|")]
    [TestCase("Amb", "0:a 2:b 3:c 4:d 7:e 8:|")]
    [TestCase("Zip", "4:a0 8:b1 12:c2 16:d3 20:e4 24:|")]
    [TestCase("CombineLatest", "4:c0 4:d0 7:e0 8:e1 8:|")]
    [TestCase("Replay RefCount", "0:a 0:a 2:b 2:b 3:c 3:c 4:d 4:d 7:e 7:e 8:|")]
    [TestCase("Publish RefCount", "0:aa 2:bb 3:cc 4:dd 7:ee 8:|")]
    [TestCase("TakeUntil itself", "0:a 2:b 3:|")]
    [TestCase("Repeat with delay", "0:a 2:b 3:c 4:d 7:e 11:! 14:! 14:|")]
    [TestCase("ObserveOn", "0:a 2:b 3:c 4:d 7:e 8:|")]
    [TestCase("SubscribeOn", "0:a 2:b 3:c 4:d 7:e 8:|")]
    [TestCase("DelaySubscription", "3:a 5:b 6:c 7:d 10:e 11:|")]
    [TestCase("Expand", "0:a 0:ax 2:b 2:bx 3:c 3:cx 4:d 4:dx 7:e 7:ex 8:|")]
    [TestCase("Buffer by itself", "2:ab 4:cd 8:e 8:|")]
    [TestCase("Window by timers", "5:cd 8:e 8:|")]
    [TestCase("Throttle", "7:d 8:e 8:|")]
    [TestCase("Timeout per item", "0:a 2:b 3:#TimeoutException")]
    [TestCase("Multicast", "0:a 2:b 3:c 4:d 7:e 8:a 8:b 8:c 8:d 8:e 8:|")]
    [TestCase("SelectMany itself", "2:ab 3:bc 4:cd 7:de 8:|")]
    [TestCase("RepeatWhen", "0:a 2:b 3:c 4:d 7:e 14:|")]
    public void AnOperator_WithAConsumerThatIsQuick_DoesWhatItDoesInRx(string name, string expected)
    {
        var source = Pull("a-bcd--e|");
        var consumer = _clock.Consume(source.Through(o => Query(name, o)));
        _ = consumer.AskForAll();
        _clock.AdvanceToFrame(100);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(expected));
        Assert.That((source.Enumerations.Count, source.Disposals.Count, source.Violations.Count), Is.EqualTo((1, 1, 0)));
    }

    private IObservable<string> Query(string name, IObservable<string> o)
    {
        var replayed = o.Replay(1).RefCount();
        var published = o.Publish().RefCount();
        return name switch
        {
            "Switch" => o.Select(x => Observable.Timer(Ms(2), _clock).Select(_ => x)).Switch(),
            "Amb" => o.Amb(Observable.Timer(Ms(3), _clock).Select(_ => "late")),
            "Zip" => o.Zip(Observable.Interval(Ms(4), _clock), (x, i) => x + i),
            "CombineLatest" => o.CombineLatest(Observable.Interval(Ms(4), _clock).Take(2), (x, i) => x + i),
            "Replay RefCount" => replayed.Merge(replayed),
            "Publish RefCount" => published.Zip(published, (x, y) => x + y),
            "TakeUntil itself" => o.TakeUntil(o.Where(x => x == "c")),
            "Repeat with delay" => o.Concat(Observable.Timer(Ms(3), _clock).Select(_ => "!")).Repeat(2),
            "ObserveOn" => o.ObserveOn(_clock),
            "SubscribeOn" => o.SubscribeOn(_clock),
            "DelaySubscription" => o.DelaySubscription(Ms(3), _clock),
            "Expand" => o.Expand(x => x.Length < 2 ? Observable.Return(x + "x") : Observable.Empty<string>()),
            "Buffer by itself" => o.Buffer(o.Where(x => x is "b" or "d")).Select(list => string.Concat(list)),
            "Window by timers" => o.Window(Observable.Interval(Ms(3), _clock).Take(2), _ => Observable.Timer(Ms(2), _clock))
                .SelectMany(w => w.ToList()).Select(list => string.Concat(list)),
            "Throttle" => o.Throttle(Ms(3), _clock),
            "Timeout per item" => o.Timeout(x => Observable.Timer(Ms(x == "b" ? 1 : 50), _clock)),
            "Multicast" => o.Multicast(() => new ReplaySubject<string>(), p => p.Concat(p)),
            "SelectMany itself" => o.SelectMany(x => o.Take(1).Select(y => x + y)),
            "RepeatWhen" => o.RepeatWhen(ends => ends.Delay(Ms(2), _clock).Take(3)),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
        };
    }

    [Test]
    public void Timeout_InsideTheQuery_CountsTheConsumersTimeToo_UnlessSomethingReadsAhead()
    {
        var late = _clock.Consume(Pull("abc|").Through(o => o.Timeout(Ms(5), _clock))).AskAt(0, 1, 20);
        var ahead = _clock.Consume(Pull("abc|").Through(o => o.Timeout(Ms(5), _clock)).Conflate()).AskAt(0, 1, 20, 21);
        _clock.Start();

        Assert.That(Marbles.Show(late.Received), Is.EqualTo("0:a 1:b 20:#TimeoutException"));
        Assert.That(Marbles.Show(ahead.Received), Is.EqualTo("0:a 1:b 20:c 21:|"));
    }

    [Test]
    public void ABlockingPushSourceInsideTheQuery_WithObserveOn_DoesNotHoldUpTheReading()
    {
        using var mayEnd = new ManualResetEventSlim();
        var keys = Observable.Create<int>(observer =>
        {
            observer.OnNext(-1);
            mayEnd.Wait(TimeSpan.FromSeconds(10)); // as a loop over Console.ReadKey does, on Rx's trampoline
            return Disposable.Empty;
        }).SubscribeOn(NewThreadScheduler.Default).ObserveOn(TaskPoolScheduler.Default);
        var keyIsShown = new TaskCompletionSource();
        var allAreShown = new TaskCompletionSource();

        async IAsyncEnumerable<int> Tokens()
        {
            await keyIsShown.Task;
            for (var i = 0; i < 3; i++)
                yield return i;
        }

        var shown = new List<int>();
        _ = Task.Run(async () =>
        {
            await foreach (var i in Tokens().Through(o => o.Merge(keys)))
            {
                shown.Add(i);
                keyIsShown.TrySetResult();
                if (shown.Count == 4)
                    break;
            }

            allAreShown.SetResult();
        });

        Assert.That(allAreShown.Task.Wait(TimeSpan.FromSeconds(5)), Is.True);
        Assert.That(shown, Is.EqualTo(new[] { -1, 0, 1, 2 }));
        mayEnd.Set();
    }

    // A screen's thread

    [TestCaseSource(nameof(AllPipelines))]
    public void AConsumerOnAScreensThread_StaysThere(object pipeline)
    {
        static async IAsyncEnumerable<string> Tokens()
        {
            for (var i = 0; i < 50; i++)
            {
                if (i % 3 == 0)
                    await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                yield return "x";
            }
        }

        var elsewhere = 0;
        var length = 0;
        ScreenThread.Run(async () =>
        {
            var screen = Environment.CurrentManagedThreadId;
            await foreach (var text in ((PullPipeline)pipeline).Over(Tokens()))
            {
                length += text.Length;
                elsewhere += Environment.CurrentManagedThreadId == screen ? 0 : 1;
            }
        });

        Assert.That(elsewhere, Is.Zero);
        Assert.That(length, ((PullPipeline)pipeline).IsLossless ? Is.EqualTo(50) : Is.InRange(1, 50));
    }

    /// <summary>A context that runs what is posted on the one thread that waits for it.</summary>
    private sealed class ScreenThread : SynchronizationContext
    {
        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _posted = [];

        public override void Post(SendOrPostCallback d, object? state) => _posted.Add((d, state));

        public static void Run(Func<Task> main)
        {
            var screen = new ScreenThread();
            var before = Current;
            SetSynchronizationContext(screen);
            try
            {
                var running = main();
                running.GetAwaiter().OnCompleted(screen._posted.CompleteAdding);
                while (!screen._posted.IsCompleted)
                {
                    Assert.That(screen._posted.TryTake(out var work, TimeSpan.FromSeconds(10)) || screen._posted.IsCompleted, Is.True, "the consumer hangs");
                    work.Callback?.Invoke(work.State);
                }

                running.GetAwaiter().GetResult();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }
    }
}
