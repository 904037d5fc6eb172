using System.Reactive.Concurrency;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>A second source for a late first one, with what public reports of such operators complain of (HG).</summary>
public class HedgeTests
{
    private static readonly Exception Other = new NotSupportedException("of the second source");

    private Counters _counters = null!;
    private VirtualClock _clock = null!;
    private CountingScheduler _timers = null!;

    [SetUp]
    public void SetUp() => _timers = new CountingScheduler(_clock = new VirtualClock());

    [SetUp]
    public void Count() => _counters = new Counters();

    [TearDown]
    public void StopCounting() => _counters.Dispose();

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private PullProbe<string> PullOther(string diagram) => _clock.Pull(Marble.Parse<string>(diagram, error: Other));

    private static TimeSpan Ms(int frames) => TimeSpan.FromMilliseconds(frames);

    private PullConsumer<string> Consume(IAsyncEnumerable<string> stream, CancellationToken cancellationToken = default)
    {
        var consumer = _clock.Consume(stream, cancellationToken);
        _ = consumer.AskForAll();
        return consumer;
    }

    private string All(IAsyncEnumerable<string> stream, CancellationToken cancellationToken = default)
    {
        var consumer = Consume(stream, cancellationToken);
        _clock.Start();
        Assert.That(_timers.Alive, Is.Zero, "timers that are left");
        return Marbles.Show(consumer.Received);
    }

    internal static int Unobserved(Action action)
    {
        var count = 0;
        void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            count++;
            e.SetObserved();
        }

        Collect();
        TaskScheduler.UnobservedTaskException += OnUnobserved;
        try
        {
            action();
            Collect();
            return count;
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= OnUnobserved;
        }

        static void Collect()
        {
            for (var i = 0; i < 2; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
    }

    // Arguments

    [Test]
    public void ASecondSourceThatIsShared_IsJoinedWhenItIsBegun()
    {
        var shared = _clock.Pull(Marbles.Of("xyz|")).Share();
        var other = Consume(shared);
        var prompt = Consume(Pull("-a|").Hedge(Ms(2), shared.Join(1), _clock));
        var late = Consume(Pull("------a|").Hedge(Ms(1), shared.Join(1), _clock));
        _clock.At(0, () => Assert.That(shared.ConsumerCount, Is.EqualTo(1)));
        _clock.AdvanceToFrame(1);
        Assert.That(shared.ConsumerCount, Is.EqualTo(2));
        _clock.Start();
        Assert.That((Marbles.Show(other.Received), Marbles.Show(prompt.Received), Marbles.Show(late.Received)), Is.EqualTo(("0:x 1:y 2:z 3:|", "1:a 2:|", "2:z 3:|")));
    }

    [Test]
    public void Null_IsRefused()
    {
        IAsyncEnumerable<string> none = null!;
        foreach (var (parameter, call) in new (string, Func<object>)[]
        {
            ("source", () => none.Hedge(Ms(1), Pull("|"), _clock)),
            ("source", () => none.Hedge(Ms(1), Pull("|"), TimeProvider.System)),
            ("second", () => Pull("|").Hedge(Ms(1), null!, _clock)),
            ("second", () => Pull("|").Hedge(Ms(1), null!, TimeProvider.System)),
            ("scheduler", () => Pull("|").Hedge(Ms(1), Pull("|"), (IScheduler)null!)),
            ("timeProvider", () => Pull("|").Hedge(Ms(1), Pull("|"), (TimeProvider)null!)),
        })
            Assert.That(call, Throws.ArgumentNullException.With.Property("ParamName").EqualTo(parameter));
    }

    [Test]
    public void HG09_ANegativeDelay_IsRefused()
    {
        foreach (var call in new Func<object>[] { () => Pull("|").Hedge(Ms(-2), Pull("|"), _clock), () => Pull("|").Hedge(Ms(-2), Pull("|"), TimeProvider.System) })
            Assert.That(call, Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("delay").And.Property("ActualValue").EqualTo(Ms(-2)));
    }

    // When

    [MarbleOf("Hedge<TSource>(IAsyncEnumerable<TSource>, TimeSpan, IAsyncEnumerable<TSource>, IScheduler)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Pull(rows["source 1"], name: "source 1").Hedge(Ms(4), m.Pull(rows["source 2"]), m.Clock)).ToBe(rows["result"]));

    [MarbleOf("Hedge<TSource>(IAsyncEnumerable<TSource>, TimeSpan, IAsyncEnumerable<TSource>, TimeProvider)")]
    public void ItsMarble_OfATimeProvider(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Pull(rows["source 1"], name: "source 1").Hedge(Ms(4), m.Pull(rows["source 2"]), m.Clock.AsTimeProvider())).ToBe(rows["result"]));

    [Test]
    public void AFirstSourceThatIsInTime_IsTheOnlyOne()
    {
        var (first, second) = (Pull("--------a-b|"), PullOther("x|"));
        Assert.That(All(first.Hedge(Ms(10), second, _timers)), Is.EqualTo("8:a 10:b 11:|"));
        Assert.That((second.Enumerations.Count, _timers.Schedules), Is.EqualTo((0, 1)));
        FlowAssert.Clean(first, 11);
    }

    [Test]
    public void AFirstSourceThatIsReady_NeedsNoTimer()
    {
        var second = PullOther("x|");
        Assert.That(All(Pull("a|").Hedge(Ms(10), second, _timers)), Is.EqualTo("0:a 1:|"));
        Assert.That((second.Enumerations.Count, _timers.Schedules), Is.EqualTo((0, 0)));
    }

    [Test]
    public void HG02_AnItemInTheInstantOfTheDelay_IsInTime()
    {
        var (first, second) = (Pull("----------a|"), PullOther("x|"));
        Assert.That(All(first.Hedge(Ms(10), second, _timers)), Is.EqualTo("10:a 11:|"));
        Assert.That(second.Enumerations, Is.Empty);
    }

    [Test]
    public void HG02_TwoItemsInOneInstant_TheFirstOnesStays_AndTheOtherIsDropped()
    {
        var (first, second) = (Pull("--------------------a|"), PullOther("----------x|"));
        Assert.That(All(first.Hedge(Ms(10), second, _timers)), Is.EqualTo("20:a 21:|"));
        FlowAssert.Clean(first, 21);
        FlowAssert.Clean(second, 20);
    }

    [Test]
    public void HG02_AnItemThatLandsJustAfterTheOthers_IsDroppedAndCounted()
    {
        var (first, second) = (new Answers(), new Answers());
        var reading = first.Hedge(TimeSpan.Zero, second, _timers).GetAsyncEnumerator();
        var read = reading.MoveNextAsync();
        first.OnRead = () => second.Answer("x");
        first.Answer("a");
        Assert.That((read.Result, reading.Current, second.Disposals), Is.EqualTo((true, "x", 0)));
        Assert.That(_counters.Dropped, Is.EqualTo(1));
        Assert.That(reading.DisposeAsync().IsCompletedSuccessfully, Is.True);
        Assert.That((first.Disposals, second.Disposals), Is.EqualTo((1, 1)));
    }

    /// <summary>A source whose one read is answered from outside.</summary>
    private sealed class Answers : IAsyncEnumerable<string>, IAsyncEnumerator<string>
    {
        private readonly TaskCompletionSource<bool> _read = new();

        public Action? OnRead { get; set; }

        public int Disposals { get; private set; }

        public string Current { get; private set; } = "";

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => new(_read.Task);

        public void Answer(string item)
        {
            Current = item;
            OnRead?.Invoke();
            _read.TrySetResult(true);
        }

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return default;
        }
    }

    [Test]
    public void TheSecond_WhenTheFirstIsLate_AndItStays()
    {
        var (first, second) = (Pull("------------------------------a|"), PullOther("-----x--------------------y|"));
        Assert.That(All(first.Hedge(Ms(10), second, _timers)), Is.EqualTo("15:x 36:y 37:|"));
        Assert.That((first.Cancellations.Single(), second.Enumerations.Single()), Is.EqualTo((15, 10)));
        FlowAssert.Clean(first, 15);
        FlowAssert.Clean(second, 37);
    }

    [Test]
    public void TheFirst_WhenItComesAfterTheSecondHasBegun_ButBeforeItsItem()
    {
        var (first, second) = (Pull("------------a--b|"), PullOther("-----x|"));
        Assert.That(All(first.Hedge(Ms(10), second, _timers)), Is.EqualTo("12:a 15:b 16:|"));
        FlowAssert.Clean(second, 12);
    }

    [Test]
    public void HG09_NoDelayAtAll_BeginsBoth_TheFirstFirst()
    {
        var (first, second) = (Pull("---a|"), PullOther("--x-y|"));
        Assert.That(All(first.Hedge(TimeSpan.Zero, second, _timers)), Is.EqualTo("2:x 4:y 5:|"));
        Assert.That((first.Enumerations.Single(), second.Enumerations.Single(), _timers.Schedules), Is.EqualTo((0, 0, 0)));

        SetUp();
        (first, second) = (Pull("a|"), PullOther("x|"));
        Assert.That(All(first.Hedge(TimeSpan.Zero, second, _timers)), Is.EqualTo("0:a 1:|"));
        Assert.That(second.Enumerations, Is.Empty, "the first had answered");
    }

    [Test]
    public void HG09_NoEndToTheDelay_BeginsTheSecondOnlyAfterAFailure()
    {
        foreach (var never in new[] { Timeout.InfiniteTimeSpan, TimeSpan.MaxValue })
        {
            SetUp();
            var second = PullOther("x|");
            Assert.That(All(Pull("------------------------------a|").Hedge(never, second, _timers)), Is.EqualTo("30:a 31:|"));
            Assert.That((second.Enumerations.Count, _timers.Schedules), Is.EqualTo((0, 0)));

            SetUp();
            Assert.That(All(Pull("--#").Hedge(never, PullOther("x|"), _timers)), Is.EqualTo("2:x 3:|"));
        }
    }

    [Test]
    public void AFirstSourceThatFailsBeforeItsItem_BeginsTheSecondAtOnce()
    {
        var (first, second) = (Pull("--#"), PullOther("-x|"));
        Assert.That(All(first.Hedge(Ms(10), second, _timers)), Is.EqualTo("3:x 4:|"));
        FlowAssert.Clean(first, 2);
        FlowAssert.Clean(second, 4);
    }

    [Test]
    public void OnlyWhatIsAskedFor_IsReadOfTheOneThatStays()
    {
        var (first, second) = (Pull(""), PullOther("-xyz|"));
        var consumer = _clock.Consume(first.Hedge(Ms(10), second, _timers)).AskAt(0, 50);
        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("11:x 50:y"));
        Assert.That((first.Reads.Count, second.Reads), Is.EqualTo((1, new long[] { 10, 50 })));
    }

    // Failures and ends

    [Test]
    public void HG04_BothFail_IsBothFailures_InTheOrderOfTheSources()
    {
        var consumer = Consume(Pull("------------#").Hedge(Ms(10), PullOther("-----#"), _timers));
        _clock.AdvanceToFrame(14);
        Assert.That(consumer.IsWaiting, Is.True, "the second is still good");
        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("15:#AggregateException"));
        Assert.That(((AggregateException)consumer.Received[0].Notification.Exception!).InnerExceptions, Is.EqualTo(new[] { Marbles.Failure, Other }));

        SetUp();
        consumer = Consume(Pull("---------------#").Hedge(Ms(10), PullOther("-#"), _timers));
        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("15:#AggregateException"));
        Assert.That(((AggregateException)consumer.Received[0].Notification.Exception!).InnerExceptions, Is.EqualTo(new[] { Marbles.Failure, Other }));
    }

    [Test]
    public void BothFailWithTheSame_IsThat() =>
        Assert.That(All(Pull("--#").Hedge(Ms(10), Pull("-#"), _timers)), Is.EqualTo("3:#InvalidDataException"));

    [Test]
    public void HG04_TheSecondFails_TheFirstStays()
    {
        var second = PullOther("-#");
        Assert.That(All(Pull("------------------------------a|").Hedge(Ms(10), second, _timers)), Is.EqualTo("30:a 31:|"));
        FlowAssert.Clean(second, 11);
    }

    [TestCase("GetAsyncEnumerator")]
    [TestCase("MoveNextAsync")]
    [TestCase("Current")]
    public void HG04_ASecondSourceThatThrows_IsOneThatFails(string where)
    {
        var consumer = Consume(Pull("--#").Hedge(Ms(10), new ThrowingSource(where, Other), _timers));
        _clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("2:#AggregateException"));
        Assert.That(((AggregateException)consumer.Received[0].Notification.Exception!).InnerExceptions, Is.EqualTo(new[] { Marbles.Failure, Other }));
    }

    [Test]
    public void HG05_AnEmptyEnd_IsAnAnswer()
    {
        var second = PullOther("x|");
        Assert.That(All(Pull("----|").Hedge(Ms(10), second, _timers)), Is.EqualTo("4:|"));
        Assert.That(second.Enumerations, Is.Empty);

        SetUp();
        second = PullOther("");
        Assert.That(All(Pull("------------|").Hedge(Ms(10), second, _timers)), Is.EqualTo("12:|"));
        Assert.That(second.Cancellations, Is.EqualTo(new[] { 12 }));
        FlowAssert.Clean(second, 12);

        SetUp();
        var first = Pull("");
        Assert.That(All(first.Hedge(Ms(10), PullOther("-|"), _timers)), Is.EqualTo("11:|"));
        FlowAssert.Clean(first, 11);
    }

    [Test]
    public void HG05_TheEnd_WaitsForTheDisposalOfBoth()
    {
        var (first, second) = (Pull(""), PullOther("-x|"));
        (first.DisposalFrames, second.DisposalFrames) = (20, 3);
        Assert.That(All(first.Hedge(Ms(10), second, _timers)), Is.EqualTo("11:x 31:|"));
    }

    [Test]
    public void HG07_WhatTheOneThatHasLostFailsWith_IsNoBusinessOfTheAnswer()
    {
        foreach (var (fails, expected) in new (Func<Late>, int)[]
        {
            (() => new Late(this, new OperationCanceledException(), null), 0),
            (() => new Late(this, null, null), 0),
            (() => new Late(this, null, new IOException()), 1),
            (() => new Late(this, new IOException(), null), 1),
        })
        {
            var received = "";
            var unobserved = Unobserved(() =>
            {
                SetUp();
                received = All(fails().Hedge(Ms(10), PullOther("-----x-----y|"), _timers));
            });
            Assert.That((received, unobserved), Is.EqualTo(("15:x 21:y 22:|", expected)));
        }
    }

    /// <summary>Answers its cancellation a frame later.</summary>
    private sealed class Late(HedgeTests test, Exception? failure, Exception? disposalFailure) : IAsyncEnumerable<string>, IAsyncEnumerator<string>
    {
        private readonly TaskCompletionSource<bool> _read = new();

        public string Current => "late";

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            cancellationToken.Register(() => test._clock.At(test._clock.Frame + 1, () =>
            {
                if (failure is not null)
                    _read.SetException(failure);
                else
                    _read.SetResult(true);
            }));
            return this;
        }

        public ValueTask<bool> MoveNextAsync() => new(_read.Task);

        public ValueTask DisposeAsync() => disposalFailure is null ? default : throw disposalFailure;
    }

    [Test]
    public void WhatTheOneThatHasLostStillBrings_IsDroppedAndCounted()
    {
        Assert.That(All(new Late(this, null, null).Hedge(Ms(10), PullOther("-----x-----y|"), _timers)), Is.EqualTo("15:x 21:y 22:|"));
        Assert.That(_counters.Dropped, Is.EqualTo(1));
    }

    [Test]
    public void HG09_ALateFailureOfTheOneThatStays_IsTheEnd()
    {
        var (first, second) = (Pull(""), PullOther("-----x--#"));
        Assert.That(All(first.Hedge(Ms(10), second, _timers)), Is.EqualTo("15:x 18:#NotSupportedException"));
        Assert.That((first.Enumerations.Count, second.Enumerations.Count), Is.EqualTo((1, 1)));
        FlowAssert.Clean(first, 15);
        FlowAssert.Clean(second, 18);
    }

    [Test]
    public void AFailureOfTheCleanUp_OfTheOneThatStays_IsTold()
    {
        var second = PullOther("-x|");
        second.DisposalFailure = Other;
        Assert.That(All(Pull("").Hedge(Ms(10), second, _timers)), Is.EqualTo("11:x 12:#NotSupportedException"));
    }

    [Test]
    public void AClockThatThrows_EndsTheStream()
    {
        _timers.Failure = Other;
        var first = Pull("");
        Assert.That(All(first.Hedge(Ms(10), PullOther("|"), _timers)), Is.EqualTo("0:#NotSupportedException"));
        FlowAssert.Clean(first, 0);
    }

    // Leaving

    [TestCase(5)]
    [TestCase(12)]
    [TestCase(20)]
    public void Cancelled_EndsWhatHasBegun(int frame)
    {
        using var cancellation = new CancellationTokenSource();
        var (first, second) = (Pull(""), PullOther("-----x"));
        _clock.At(frame, cancellation.Cancel);
        var consumer = Consume(first.Hedge(Ms(10), second, _timers), cancellation.Token);
        _clock.AdvanceToFrame(frame);
        Assert.That(((OperationCanceledException)consumer.Received[^1].Notification.Exception!).CancellationToken, Is.EqualTo(cancellation.Token));
        Assert.That((_timers.Alive, second.Enumerations.Count), Is.EqualTo((0, frame > 10 ? 1 : 0)));
        FlowAssert.Clean(first, frame == 20 ? 15 : frame);
        FlowAssert.Clean(second, frame > 10 ? [frame] : []);
        _clock.Start();
        Assert.That(second.Enumerations, Has.Count.EqualTo(frame > 10 ? 1 : 0));
    }

    [TestCase(5)]
    [TestCase(12)]
    [TestCase(20)]
    public void LeftDuringARead_EndsWhatHasBegun(int frame)
    {
        var (first, second) = (Pull(""), PullOther("-----x"));
        (first.DisposalFrames, second.DisposalFrames) = (1, 2);
        var reading = first.Hedge(Ms(10), second, _timers).GetAsyncEnumerator();
        var reads = Read();
        Task? leaving = null;
        _clock.At(frame, () => leaving = reading.DisposeAsync().AsTask());
        _clock.AdvanceToFrame(frame + 3);
        Assert.That((leaving!.IsCompletedSuccessfully, reads.IsCompletedSuccessfully, _timers.Alive), Is.EqualTo((true, true, 0)));
        Assert.That((first.Disposals.Count, second.Disposals.Count), Is.EqualTo((1, frame > 10 ? 1 : 0)));

        async Task Read()
        {
            while (await reading.MoveNextAsync())
            {
            }
        }
    }

    [Test]
    public void LeftBeforeItsStart_NothingIsBegun()
    {
        var (first, second) = (Pull("a|"), PullOther("x|"));
        Assert.That(first.Hedge(Ms(10), second, _timers).GetAsyncEnumerator().DisposeAsync().IsCompletedSuccessfully, Is.True);
        Assert.That(All(first.Hedge(Ms(10), second, _timers), new CancellationToken(true)), Is.EqualTo("0:#OperationCanceledException"));
        Assert.That((first.Enumerations.Count, second.Enumerations.Count, _timers.Schedules), Is.EqualTo((0, 0, 0)));
    }

    // Beside others

    [TestCaseSource(typeof(OtherOperators), nameof(OtherOperators.All))]
    public void IntoAndAroundOthers(Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> other)
    {
        foreach (var over in new Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>, IAsyncEnumerable<string>>[]
        {
            (one, two) => other(one.Hedge(Ms(10), two, _timers)),
            (one, two) => other(one).Hedge(Ms(10), two, _timers),
            (one, two) => one.Hedge(Ms(10), other(two), _timers),
        })
        {
            SetUp();
            var (first, second) = (Pull("--------------------a|"), PullOther("-x-y|"));
            Assert.That(All(over(first, second)), Is.EqualTo("11:x 13:y 14:|"));
            FlowAssert.Clean(first, 11);
            FlowAssert.Clean(second, 14);
        }
    }

    [Test]
    public void OfThree_TheLastMayAnswer()
    {
        var sources = new[] { Pull(""), Pull(""), PullOther("-x|") };
        Assert.That(All(sources[0].Hedge(Ms(10), sources[1].Hedge(Ms(10), sources[2], _timers), _timers)), Is.EqualTo("21:x 22:|"));
        Assert.That(sources.Select(s => s.Disposals.Single()), Is.EqualTo(new[] { 21, 21, 22 }));
    }
}
