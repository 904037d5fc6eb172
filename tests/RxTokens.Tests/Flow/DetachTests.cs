using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;
using NUnit.Framework;
using RxTokens.Tests.Issues;

namespace RxTokens.Tests;

/// <summary>Consumers that are free at once, with what public reports of such operators complain of (DT).</summary>
public class DetachTests
{
    private VirtualClock _clock = null!;
    private Counters _counters = null!;
    private List<string> _log = null!;

    [SetUp]
    public void SetUp() => (_clock, _counters, _log) = (new VirtualClock(), new Counters(), []);

    [TearDown]
    public void TearDown()
    {
        _counters.Dispose();
        Assert.That(_counters.Orphans, Is.Zero, "orphans are back at none");
    }

    private PullProbe<string> Deaf(string diagram) => new(_clock, Marbles.Of(diagram)) { IgnoresCancellation = true };

    private PullProbe<string> Prompt(string diagram) => new(_clock, Marbles.Of(diagram));

    private void Dropped<T>(T item) => _log.Add($"{_clock.Frame}:{item}");

    private void Failed(Exception failure) => _log.Add($"{_clock.Frame}:#{failure.GetType().Name}");

    private PullConsumer<T> All<T>(IAsyncEnumerable<T> stream, CancellationToken cancellationToken = default) => FlowAssert.All(_clock, stream, cancellationToken);

    /// <summary>Asks at 0 and leaves at a frame.</summary>
    private Task[] LeaveAt<T>(int frame, IAsyncEnumerable<T> stream)
    {
        var consumer = _clock.Consume(stream).AskAt(0);
        var leaving = new Task[1];
        _clock.At(frame, () => leaving[0] = consumer.Leave());
        return leaving;
    }

    // Arguments

    [Test]
    public void Null_IsRefused()
    {
        IAsyncEnumerable<string> none = null!;
        Assert.That(() => none.Detach(), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
    }

    // Nothing but a source and a consumer

    [TestCase("a-b-c|", "0:a 2:b 4:c 5:|")]
    [TestCase("a-b-#", "0:a 2:b 4:#InvalidDataException")]
    [TestCase("|", "0:|")]
    public void WithoutAHurry_ItChangesNothing(string diagram, string expected)
    {
        var source = Prompt(diagram);
        source.DisposalFrames = 3;
        var consumer = _clock.Consume(source.Detach(Dropped, Failed));
        _ = consumer.AskForAll();
        _clock.Start();

        var told = Marbles.Show(consumer.Received).Split(' ');
        var end = expected.Split(' ')[^1].Split(':');
        Assert.That(told[..^1], Is.EqualTo(expected.Split(' ')[..^1]));
        Assert.That(told[^1], Is.EqualTo($"{int.Parse(end[0]) + 3}:{end[1]}"), "the disposal is awaited");
        Assert.That((_counters.MostOrphans, _counters.Dropped, _log.Count), Is.EqualTo((0, 0, 0)));
        FlowAssert.Clean(source, int.Parse(end[0]));
    }

    // Orphans

    [MarbleOf("Detach")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        using var cancellation = new CancellationTokenSource();
        var source = m.Pull(rows["source"]);
        source.IgnoresCancellation = true;
        m.At(rows["cancel"].IndexOf('x', StringComparison.Ordinal), cancellation.Cancel);
        m.Expect(source.Detach(item => _log.Add($"{m.Frame}:{item}")).With(cancellation.Token)).ToBe(rows["result"], error: typeof(OperationCanceledException));
        m.Flush();
        Assert.That(_log, Is.EqualTo(new[] { "9:b" }));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 9 }));
    });

    [Test]
    public void DT02_WhatAnOrphanBrings_GoesToTheCallback_BeforeTheDisposal()
    {
        var names = Deaf("--------------------b|");
        var leaving = LeaveAt(5, new LeasingSource(names).Detach(item => _log.Add($"{_clock.Frame}:{item.Name}, alive: {item.IsAlive}")));
        _clock.AdvanceToFrame(5);
        Assert.That(leaving[0].IsCompletedSuccessfully, Is.True);
        Assert.That((_counters.Orphans, names.Cancellations.Single()), Is.EqualTo((1, 5)));

        _clock.AdvanceToFrame(19);
        Assert.That((_counters.Orphans, _counters.Dropped), Is.EqualTo((1, 0)));
        _clock.Start();
        Assert.That(_log, Is.EqualTo(new[] { "20:b, alive: True" }));
        Assert.That((_counters.Orphans, _counters.Dropped), Is.EqualTo((0, 1)));
        FlowAssert.Clean(names, 20);
    }

    [Test]
    public void DT03_ASourceThatLooksAtItsTokenLate_IsToldAtOnce_AndDisposedWhenItStops()
    {
        var disposedAt = -1L;
        var toldAt = -1L;
        var leaving = LeaveAt(5, HalfDeaf().Detach(Dropped, Failed));
        _clock.AdvanceToFrame(5);
        Assert.That((toldAt, leaving[0].IsCompletedSuccessfully, _counters.Orphans), Is.EqualTo((5, true, 1)));
        _clock.AdvanceToFrame(14);
        Assert.That((_counters.Orphans, disposedAt), Is.EqualTo((1, -1)));

        _clock.Start();
        Assert.That(disposedAt, Is.EqualTo(15));
        Assert.That(_log, Is.Empty, "a cancellation is no failure");

        async IAsyncEnumerable<string> HalfDeaf([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            using var registration = cancellationToken.Register(() => toldAt = toldAt < 0 ? _clock.Frame : throw new InvalidOperationException("twice"));
            try
            {
                await _clock.Delay(TimeSpan.FromMilliseconds(15), CancellationToken.None);
                cancellationToken.ThrowIfCancellationRequested();
                yield return "never";
            }
            finally
            {
                disposedAt = _clock.Frame;
            }
        }
    }

    [Test]
    public void DT05_ASourceThatHeedsItsToken_IsNeverOrphaned()
    {
        var isFree = false;
        for (var i = 0; i < 10_000; i++)
        {
            var source = new PromptSource(() => isFree);
            var reading = source.Detach(Dropped, Failed).GetAsyncEnumerator();
            var read = reading.MoveNextAsync().AsTask();
            isFree = false;
            var leaving = reading.DisposeAsync();
            isFree = leaving.IsCompletedSuccessfully;

            Assert.That((isFree, read.IsCompletedSuccessfully && !read.Result), Is.EqualTo((true, true)));
            Assert.That(source.Log, Is.EqualTo(new[] { "read", "cancelled", "returned", "disposed" }));
        }

        Assert.That((_counters.MostOrphans, _counters.Dropped, _log.Count), Is.EqualTo((0, 0, 0)));
    }

    /// <summary>Gives way inside the cancellation.</summary>
    private sealed class PromptSource(Func<bool> isConsumerFree) : IAsyncEnumerable<string>, IAsyncEnumerator<string>
    {
        private readonly TaskCompletionSource<bool> _read = new();

        public List<string> Log { get; } = [];

        public string Current => "";

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            cancellationToken.Register(() =>
            {
                Add("cancelled");
                _read.SetException(new OperationCanceledException(cancellationToken));
            });
            return this;
        }

        public async ValueTask<bool> MoveNextAsync()
        {
            Add("read");
            try
            {
                return await _read.Task;
            }
            finally
            {
                Add("returned");
            }
        }

        public ValueTask DisposeAsync()
        {
            Add("disposed");
            return default;
        }

        private void Add(string what) => Log.Add(isConsumerFree() && Log.Count > 0 ? what + ", too late" : what);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void AnItemWithWhichASourceAnswersTheCancellation_GoesToTheCallback(bool isCancelled)
    {
        var wasAlive = false;
        var source = new AnsweringSource();
        using var cancellation = new CancellationTokenSource();
        var reading = source.Detach(item => wasAlive = item == "last words" && source.Disposals == 0).GetAsyncEnumerator(cancellation.Token);
        var read = reading.MoveNextAsync().AsTask();
        if (isCancelled)
            cancellation.Cancel();
        var leaving = reading.DisposeAsync();

        Assert.That((leaving.IsCompletedSuccessfully, read.IsCompleted, wasAlive), Is.EqualTo((true, true, true)));
        Assert.That((_counters.Dropped, _counters.MostOrphans, source.Disposals), Is.EqualTo((1, 0, 1)));
    }

    private sealed class AnsweringSource : IAsyncEnumerable<string>, IAsyncEnumerator<string>
    {
        private readonly TaskCompletionSource<bool> _read = new();

        public int Disposals { get; private set; }

        public string Current => "last words";

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            cancellationToken.Register(() => _read.SetResult(true));
            return this;
        }

        public ValueTask<bool> MoveNextAsync() => new(_read.Task);

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return default;
        }
    }

    [Test]
    public void ASourceThatEndsQuietlyWhenItIsCancelled_IsNoOrphan()
    {
        var leaving = LeaveAt(5, Quiet().Detach(Dropped, Failed));
        _clock.Start();
        Assert.That(leaving[0].IsCompletedSuccessfully, Is.True);
        Assert.That((_counters.MostOrphans, _counters.Dropped, _log.Count), Is.EqualTo((0, 0, 0)));

        static async IAsyncEnumerable<string> Quiet([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var cancelled = new TaskCompletionSource();
            using var registration = cancellationToken.Register(cancelled.SetResult);
            await cancelled.Task;
            yield break;
        }
    }

    // Callbacks

    [Test]
    public void DT07_ACallbackThatThrows_IsNobodysConcern_AndTheSourceIsDisposed()
    {
        Task[] leaving = [];
        PullProbe<string>? source = null;
        var unobserved = UnobservedFailures.Of(() =>
        {
            source = Deaf("--------------------b|");
            leaving = LeaveAt(5, source.Detach(_ => throw Marbles.Failure));
            _clock.AdvanceToFrame(5);
            Assert.That(leaving[0].IsCompletedSuccessfully, Is.True);
            _clock.Start();
        });

        Assert.That(unobserved, Has.Member(Marbles.Failure));
        FlowAssert.Clean(source!, 20);
    }

    [Test]
    public void DT07_ACallbackThatAwaits_IsAwaitedByNobody()
    {
        var source = Deaf("--------------------b|");
        var leaving = LeaveAt(5, source.Detach(async item =>
        {
            Dropped(item);
            await new TaskCompletionSource().Task;
            Dropped("never");
        }));
        _clock.AdvanceToFrame(5);
        Assert.That(leaving[0].IsCompletedSuccessfully, Is.True);
        _clock.Start();

        Assert.That(_log, Is.EqualTo(new[] { "20:b" }));
        FlowAssert.Clean(source, 20);
    }

    [Test]
    public void DT07_ACallbackThatEnumeratesTheSourceAgain_HasAnEnumerationOfItsOwn()
    {
        var source = Deaf("--------------------b|");
        IAsyncEnumerable<string>? stream = null;
        PullConsumer<string>? again = null;
        stream = source.Detach(item =>
        {
            Dropped(item);
            again = _clock.Consume(stream!);
            _ = again.AskForAll();
        });
        var leaving = LeaveAt(5, stream);
        _clock.AdvanceToFrame(5);
        Assert.That(leaving[0].IsCompletedSuccessfully, Is.True);
        _clock.Start();

        Assert.That(_log, Is.EqualTo(new[] { "20:b" }));
        Assert.That(Marbles.Show(again!.Received), Is.EqualTo("40:b 41:|"));
        Assert.That(source.Enumerations, Is.EqualTo(new[] { 0, 20 }));
        FlowAssert.Clean(source, 20, 41);
    }

    [Test]
    public void AnOrphansFailure_GoesToTheCallback_Once()
    {
        var source = Deaf("---------#");
        var leaving = LeaveAt(5, source.Detach(Dropped, Failed));
        _clock.Start();

        Assert.That(leaving[0].IsCompletedSuccessfully, Is.True);
        Assert.That(_log, Is.EqualTo(new[] { "9:#InvalidDataException" }));
        Assert.That(_counters.Dropped, Is.Zero);
        FlowAssert.Clean(source, 9);
    }

    [Test]
    public void AnOrphanThatEnds_IsDisposed_AndTellsNothing()
    {
        var source = Deaf("---------|");
        LeaveAt(5, source.Detach(Dropped, Failed));
        _clock.Start();

        Assert.That(_log, Is.Empty);
        FlowAssert.Clean(source, 9);
    }

    [Test]
    public void AnOrphansFailingCleanUp_GoesToTheCallback_AfterItsItem_AndCountsUntilThen()
    {
        var source = Deaf("---------b|");
        source.DisposalFailure = new IOException();
        source.DisposalFrames = 4;
        LeaveAt(5, source.Detach(Dropped, Failed));
        _clock.AdvanceToFrame(12);
        Assert.That((_counters.Orphans, _counters.Dropped), Is.EqualTo((1, 1)));
        _clock.Start();

        Assert.That(_log, Is.EqualTo(new[] { "9:b", "13:#IOException" }));
        FlowAssert.Clean(source, 9);
    }

    [Test]
    public void WithoutACallback_FailuresAreUnobserved()
    {
        var cleanUp = new IOException();
        var unobserved = UnobservedFailures.Of(() =>
        {
            var source = Deaf("---------#");
            source.DisposalFailure = cleanUp;
            LeaveAt(5, source.Detach());
            _clock.Start();
        });

        Assert.That(unobserved.Where(failure => failure == Marbles.Failure || failure == cleanUp), Is.EquivalentTo(new[] { Marbles.Failure, cleanUp }), "once each");
    }

    [Test]
    public void ACallbackForFailuresThatThrows_IsUnobserved()
    {
        var thrown = new NotSupportedException();
        var unobserved = UnobservedFailures.Of(() =>
        {
            var source = Deaf("---------#");
            LeaveAt(5, source.Detach(onFailed: _ => throw thrown));
            _clock.Start();
            FlowAssert.Clean(source, 9);
        });

        Assert.That(unobserved, Has.Member(thrown));
    }

    // Endings

    [Test]
    public void CancelledDuringARead_TellsTheCancellation_InsideIt()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Deaf("a--------b|");
        var consumer = All(source.Detach(Dropped), cancellation.Token);
        _clock.At(4, () =>
        {
            cancellation.Cancel();
            Assert.That(consumer.HasEnded, Is.True);
        });
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 4:#OperationCanceledException"));
        Assert.That(((OperationCanceledException)consumer.Received[1].Notification.Exception!).CancellationToken, Is.EqualTo(cancellation.Token));
        Assert.That(_log, Is.EqualTo(new[] { "9:b" }));
        FlowAssert.Clean(source, 9);
    }

    [Test]
    public void CancelledBeforeTheStart_EnumeratesNothing()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        var source = Deaf("a|");
        var consumer = All(source.Detach(Dropped), cancellation.Token);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#OperationCanceledException"));
        Assert.That(source.Enumerations, Is.Empty);
    }

    [Test]
    public void CancelledInsideGetAsyncEnumerator_OrphansTheFirstRead()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Deaf("---a|");
        var consumer = All(new Hooked<string>(source, cancellation.Cancel).Detach(Dropped), cancellation.Token);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#OperationCanceledException"));
        Assert.That(_log, Is.EqualTo(new[] { "3:a" }));
        FlowAssert.Clean(source, 3);
    }

    private sealed class Hooked<T>(IAsyncEnumerable<T> source, Action onEnumerated) : IAsyncEnumerable<T>
    {
        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            onEnumerated();
            return source.GetAsyncEnumerator(cancellationToken);
        }
    }

    [Test]
    public void LeftBetweenReads_AwaitsTheDisposal()
    {
        var source = Deaf("ab|");
        source.DisposalFrames = 4;
        var leaving = LeaveAt(5, source.Detach(Dropped));
        _clock.AdvanceToFrame(8);
        Assert.That(leaving[0].IsCompleted, Is.False);
        _clock.Start();

        Assert.That(leaving[0].IsCompletedSuccessfully, Is.True);
        Assert.That(_counters.MostOrphans, Is.Zero);
        FlowAssert.Clean(source, 5);
    }

    [Test]
    public void LeftBetweenReads_TellsAFailingCleanUpTheLeaver()
    {
        var source = Deaf("ab|");
        source.DisposalFailure = Marbles.Failure;
        var leaving = LeaveAt(5, source.Detach(Dropped, Failed));
        _clock.Start();

        Assert.That(leaving[0].Exception?.InnerException, Is.SameAs(Marbles.Failure));
        Assert.That(_log, Is.Empty);
    }

    [Test]
    public void AnItem_LivesUntilTheConsumerComesBack_ThoughTheEnumerationIsCancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var reading = new LeasingSource(Deaf("a----b|")).Detach().GetAsyncEnumerator(cancellation.Token);
        Assert.That(reading.MoveNextAsync().Result, Is.True);
        var item = reading.Current;
        cancellation.Cancel();

        Assert.That(item.IsAlive, Is.True);
        Assert.That(() => reading.MoveNextAsync().AsTask().GetAwaiter().GetResult(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(item.IsAlive, Is.False);
    }

    [Test]
    public void AnOrphanThatNeverReturns_DoesNotKeepItsConsumer()
    {
        var source = new SilentSource();
        var left = Leave(source);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.That(left.TryGetTarget(out _), Is.False);
        source.Return();

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference<object> Leave(SilentSource source)
        {
            var item = new object();
            var reading = source.Detach().GetAsyncEnumerator();
            _ = WaitAsync(reading, item);
            reading.DisposeAsync().AsTask().Wait();
            return new WeakReference<object>(item);
        }

        static async Task WaitAsync(IAsyncEnumerator<int> reading, object item)
        {
            await reading.MoveNextAsync();
            GC.KeepAlive(item);
        }
    }

    private sealed class SilentSource : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        private readonly TaskCompletionSource<bool> _read = new();

        public int Current => 0;

        public void Return() => _read.SetResult(false);

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => new(_read.Task);

        public ValueTask DisposeAsync() => default;
    }

    // Called from inside

    [Test]
    public void LeftFromInsideTheSourcesRead_ThatIsReady_IsNoOrphan()
    {
        IAsyncEnumerator<int>? reading = null;
        ValueTask? leaving = null;
        var source = new ReadySource<int>(i =>
        {
            leaving = reading!.DisposeAsync();
            return i;
        });
        reading = source.Detach(Dropped).GetAsyncEnumerator();

        Assert.That(reading.MoveNextAsync().Result, Is.False);
        Assert.That(leaving!.Value.IsCompletedSuccessfully, Is.True);
        Assert.That(_log, Is.EqualTo(new[] { "0:0" }));
        Assert.That((source.Disposals, _counters.Dropped, _counters.MostOrphans), Is.EqualTo((1, 1, 0)));
    }

    [Test]
    public void LeftFromInsideTheSourcesRead_ThatStaysAway_IsAnOrphan()
    {
        IAsyncEnumerator<string>? reading = null;
        ValueTask? leaving = null;
        var source = Deaf("---a|");
        reading = new Hooked<string>(source, () => leaving = reading!.DisposeAsync()).Detach(Dropped).GetAsyncEnumerator();
        var read = reading.MoveNextAsync();

        Assert.That((read.IsCompleted, leaving!.Value.IsCompletedSuccessfully), Is.EqualTo((true, true)));
        Assert.That(read.Result, Is.False);
        _clock.Start();
        Assert.That(_log, Is.EqualTo(new[] { "3:a" }));
        FlowAssert.Clean(source, 3);
    }

    [Test]
    public void LeftFromInsideTheConsumersContinuation_Ends()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Deaf("a--------b|");
        var consumer = _clock.Consume(source.Detach(Dropped), cancellation.Token);
        Task? leaving = null;
        _clock.At(0, async () =>
        {
            while (await consumer.Ask())
            {
            }

            leaving = consumer.Leave();
        });
        _clock.At(4, () =>
        {
            cancellation.Cancel();
            Assert.That(leaving?.IsCompletedSuccessfully, Is.True, "inside the cancellation");
        });
        _clock.Start();

        Assert.That(_log, Is.EqualTo(new[] { "9:b" }));
        FlowAssert.Clean(source, 9);
    }

    // Sources that fail

    [TestCase("GetAsyncEnumerator")]
    [TestCase("MoveNextAsync")]
    [TestCase("Current")]
    [TestCase("DisposeAsync")]
    public void ACallThatThrows_FailsTheStream(string where)
    {
        var source = new ThrowingSource(where, Marbles.Failure);
        var consumer = All(source.Detach(Dropped, Failed));
        _clock.Start();

        Assert.That(consumer.Received.Last().Notification.Exception, Is.SameAs(Marbles.Failure));
        Assert.That(_log, Is.Empty);
        Assert.That(source.Disposals, Is.EqualTo(where == "GetAsyncEnumerator" ? 0 : 1));
    }

    [Test]
    public void ASourceWithoutAnEnumerator_FailsTheStream_AndIsNamed()
    {
        var consumer = All(new ThrowingSource("null", Marbles.Failure).Detach());
        _clock.Start();
        Assert.That(consumer.Received.Single().Notification.Exception!.Message, Does.Contain(nameof(ThrowingSource)));
    }

    // What is dropped behind it

    private static IEnumerable<TestCaseData> Behind()
    {
        yield return Case("Timeout", (s, clock) => s.Timeout(TimeSpan.FromHours(1), TimeSpan.FromHours(1), clock));
        yield return Case("TakeUntil", (s, _) => s.TakeUntil(new CancellationTokenSource().Token));
        yield return Case("Valve", (s, _) => s.Valve(Observable.Never<bool>()));
        yield return Case("Pace", (s, clock) => s.Pace(10, 1, clock));
        yield return Case("WithinQuota", (s, clock) => s.WithinQuota(new TokenQuota(100, TimeSpan.FromHours(1), clock.AsTimeProvider()), "ann", _ => 1, reserve: 2));
        yield return Case("PerFrame", (s, clock) => s.PerFrame(new FrameClock(TimeSpan.FromMilliseconds(1), clock)));
        yield return Case("RetryBeforeFirst", (s, _) => s.RetryBeforeFirst(3));
        yield return Case("all of them", (s, clock) => s
            .Timeout(TimeSpan.FromHours(1), TimeSpan.FromHours(1), clock).TakeUntil(new CancellationTokenSource().Token).Valve(Observable.Never<bool>()).Pace(10, 1, clock)
            .PerFrame(new FrameClock(TimeSpan.FromMilliseconds(1), clock)));

        static TestCaseData Case(string name, Func<IAsyncEnumerable<int>, VirtualClock, IAsyncEnumerable<int>> over) => new TestCaseData(over).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Behind))]
    public void AnItemThatIsOnItsWay_WhenItIsCancelled_GoesToTheCallback_Once(Func<IAsyncEnumerable<int>, VirtualClock, IAsyncEnumerable<int>> over)
    {
        using var cancellation = new CancellationTokenSource();
        var source = new ReadySource<int>(i =>
        {
            cancellation.Cancel();
            return i;
        });
        var consumer = _clock.Consume(over(source.Detach(Dropped), _clock), cancellation.Token).AskAt(0);
        _clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#OperationCanceledException"));
        Assert.That(_log, Is.EqualTo(new[] { "0:0" }));
        Assert.That((_counters.Dropped, source.Disposals), Is.EqualTo((1, 1)));
    }

    [Test]
    public void AnItemThatWaitsBehindIt_WhenItIsLeft_GoesToTheCallback_BeforeTheDisposal([Values("Valve", "Pace")] string what)
    {
        var source = Prompt("-a|");
        using var stop = new CancellationTokenSource();
        var read = source.Detach(item => Dropped($"{item}, {source.Disposals.Count} disposals")).TakeUntil(stop.Token);
        using var limiter = new ScriptedLimiter { Waits = _ => true };
        var isOpen = new Subject<bool>();
        var leaving = LeaveAt(5, what == "Valve" ? read.Valve(isOpen) : read.Pace(limiter, _ => 1));
        _clock.At(0, () => isOpen.OnNext(false));
        _clock.Start();

        Assert.That(leaving[0].IsCompletedSuccessfully, Is.True);
        Assert.That(_log, Is.EqualTo(new[] { "5:a, 0 disposals" }));
        Assert.That(_counters.Dropped, Is.EqualTo(1));
        FlowAssert.Clean(source, 5);
    }

    [Test]
    public void ACallbackThatThrows_WhereAnItemIsDroppedBehindIt_IsToldWhoLeaves()
    {
        var source = Prompt("-a|");
        var leaving = LeaveAt(5, source.Detach(_ => throw Marbles.Failure).Pace(new ScriptedLimiter { Waits = _ => true }, _ => 1));
        _clock.Start();

        Assert.That(() => leaving[0], Throws.Exception.SameAs(Marbles.Failure));
        FlowAssert.Clean(source, 5);
    }

    // In and around others

    [TestCase("Through")]
    [TestCase("SelectAwait")]
    [TestCase("Buffered")]
    [TestCase("Conflate")]
    [TestCase("Timeout")]
    [TestCase("TakeUntil")]
    public void InFrontOfEach_WhoLeavesIsFree_AndBehindEach_WhoLeavesIsFreeToo(string name)
    {
        foreach (var isInFront in new[] { true, false })
        {
            (_clock, _log) = (new VirtualClock(), []);
            IAsyncEnumerable<string> Other(IAsyncEnumerable<string> s) => name switch
            {
                "Through" => s.Through(o => o.Select(x => x)),
                "SelectAwait" => s.SelectAwait((x, _) => ValueTask.FromResult(x), 2),
                "Buffered" => s.Buffered(4),
                "Conflate" => s.Conflate(),
                "TakeUntil" => s.TakeUntil(new CancellationTokenSource().Token),
                _ => s.Timeout(TimeSpan.FromHours(1), TimeSpan.FromHours(1), _clock),
            };
            var source = Deaf("---------b|");
            var leaving = LeaveAt(5, isInFront ? Other(source.Detach(Dropped)) : Other(source).Detach(Dropped));
            _clock.AdvanceToFrame(5);
            Assert.That(leaving[0].IsCompletedSuccessfully, Is.True, $"in front: {isInFront}");
            Assert.That(_counters.Orphans, Is.EqualTo(1));
            _clock.Start();

            if (isInFront)
                Assert.That(_log, Is.EqualTo(new[] { "9:b" }));
            Assert.That(_counters.Orphans, Is.Zero);
            FlowAssert.Clean(source, 9);
        }
    }

    [Test]
    public void InEachOther_TheInnerOneFreesBoth()
    {
        var source = Deaf("---------b|");
        var leaving = LeaveAt(5, source.Detach(Dropped).Detach(item => Dropped("outer " + item)));
        _clock.AdvanceToFrame(5);
        Assert.That((leaving[0].IsCompletedSuccessfully, _counters.Orphans), Is.EqualTo((true, 1)));
        _clock.Start();

        Assert.That(_log, Is.EqualTo(new[] { "9:b" }));
        Assert.That(_counters.Dropped, Is.EqualTo(1));
        FlowAssert.Clean(source, 9);
    }
}

internal static class WithToken
{
    /// <summary>An enumeration with a token of the test's own.</summary>
    public static IAsyncEnumerable<T> With<T>(this IAsyncEnumerable<T> stream, CancellationToken cancellationToken) => new Stream<T>(stream, cancellationToken);

    private sealed class Stream<T>(IAsyncEnumerable<T> stream, CancellationToken token) : IAsyncEnumerable<T>
    {
        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => stream.GetAsyncEnumerator(token);
    }
}
