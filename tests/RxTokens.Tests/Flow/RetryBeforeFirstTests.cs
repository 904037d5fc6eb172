using System.Reactive.Concurrency;
using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Second tries before the first item, with what public reports of such operators complain of (RB).</summary>
public class RetryBeforeFirstTests
{
    private static readonly Exception Other = new NotSupportedException("of a function");

    private VirtualClock _clock = null!;
    private CountingScheduler _timers = null!;

    [SetUp]
    public void SetUp() => _timers = new CountingScheduler(_clock = new VirtualClock());

    private PullProbe<string> Pull(string diagram) => _clock.Pull(Marbles.Of(diagram));

    private static TimeSpan Ms(int frames) => TimeSpan.FromMilliseconds(frames);

    private string All(IAsyncEnumerable<string> stream, CancellationToken cancellationToken = default)
    {
        var consumer = FlowAssert.All(_clock, stream, cancellationToken);
        _clock.Start();
        Assert.That(_timers.Alive, Is.Zero, "timers that are left");
        return Marbles.Show(consumer.Received);
    }

    private Exception Failure(IAsyncEnumerable<string> stream)
    {
        var consumer = _clock.Consume(stream);
        _ = consumer.AskForAll();
        _clock.Start();
        Assert.That(_timers.Alive, Is.Zero, "timers that are left");
        return consumer.Received.Last().Notification.Exception!;
    }

    // Arguments

    [Test]
    public void Null_IsRefused()
    {
        IAsyncEnumerable<string> none = null!;
        foreach (var (parameter, call) in new (string, Func<object>)[]
        {
            ("source", () => none.RetryBeforeFirst(1)),
            ("source", () => none.RetryBeforeFirst(1, (_, _) => Ms(1), _clock)),
            ("source", () => none.RetryBeforeFirst(1, (_, _) => Ms(1), TimeProvider.System)),
            ("delay", () => Pull("|").RetryBeforeFirst(1, null!, _clock)),
            ("delay", () => Pull("|").RetryBeforeFirst(1, null!, TimeProvider.System)),
            ("scheduler", () => Pull("|").RetryBeforeFirst(1, (_, _) => Ms(1), (IScheduler)null!)),
            ("timeProvider", () => Pull("|").RetryBeforeFirst(1, (_, _) => Ms(1), (TimeProvider)null!)),
        })
            Assert.That(call, Throws.ArgumentNullException.With.Property("ParamName").EqualTo(parameter));
    }

    [Test]
    public void LessThanNoRetry_IsRefused()
    {
        foreach (var call in new Func<object>[]
        {
            () => Pull("|").RetryBeforeFirst(-1),
            () => Pull("|").RetryBeforeFirst(-1, (_, _) => Ms(1), _clock),
            () => Pull("|").RetryBeforeFirst(-1, (_, _) => Ms(1), TimeProvider.System),
        })
            Assert.That(call, Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("retries").And.Property("ActualValue").EqualTo(-1));
    }

    // Tries

    [MarbleOf("RetryBeforeFirst<TSource>(IAsyncEnumerable<TSource>, Int32, Func<Exception, Boolean>)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(new SourceInTurn<string>(m.Pull(rows["source 1"], name: "source 1"), m.Pull(rows["source 2"])).RetryBeforeFirst(retries: 5)).ToBe(rows["result"]));

    [MarbleOf("RetryBeforeFirst<TSource>(IAsyncEnumerable<TSource>, Int32, Func<Int32, Exception, TimeSpan>, IScheduler, Func<Exception, Boolean>)")]
    public void ItsMarble_AfterAWhile(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(new SourceInTurn<string>(m.Pull(rows["source 1"], name: "source 1"), m.Pull(rows["source 2"])).RetryBeforeFirst(5, (retry, _) => retry * Ms(2), m.Clock))
            .ToBe(rows["result"]));

    [MarbleOf("RetryBeforeFirst<TSource>(IAsyncEnumerable<TSource>, Int32, Func<Int32, Exception, TimeSpan>, TimeProvider, Func<Exception, Boolean>)")]
    public void ItsMarble_OfATimeProvider(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(new SourceInTurn<string>(m.Pull(rows["source 1"], name: "source 1"), m.Pull(rows["source 2"])).RetryBeforeFirst(5, (retry, _) => retry * Ms(2), m.Clock.AsTimeProvider()))
            .ToBe(rows["result"]));

    [Test]
    public void RB01_AFailureAfterTheFirstItem_IsTheEnd()
    {
        var calls = 0;
        var source = Pull("-a-#");
        var stream = source.RetryBeforeFirst(3, (_, _) => { calls++; return Ms(1); }, _timers, _ => { calls++; return true; });
        Assert.That(All(stream), Is.EqualTo("1:a 3:#InvalidDataException"));
        Assert.That((source.Enumerations.Count, source.Reads.Count, calls), Is.EqualTo((1, 2, 0)));
        FlowAssert.Clean(source, 3);
    }

    [TestCase(0, "1:#InvalidDataException")]
    [TestCase(1, "2:#InvalidDataException")]
    [TestCase(2, "4:a 5:|")]
    [TestCase(int.MaxValue, "4:a 5:|")]
    public void SoManyRetries_AndNoMore(int retries, string expected)
    {
        var breaking = Pull("-#");
        Assert.That(All(new SourceInTurn<string>(breaking, breaking, Pull("--a|")).RetryBeforeFirst(retries)), Is.EqualTo(expected));
        Assert.That((breaking.Disposals.Count, breaking.Violations.Count), Is.EqualTo((Math.Min(retries, 1) + 1, 0)));
    }

    [Test]
    public void TheLastFailure_IsThrownAsItIs()
    {
        var last = new TimeoutException("the last one");
        Assert.That(Failure(new SourceInTurn<string>(Pull("#"), new ThrowingSource("MoveNextAsync", last)).RetryBeforeFirst(1)), Is.SameAs(last));
    }

    [Test]
    public void TheDelay_RunsFromTheDisposalOfTheTryBefore_AndKnowsWhichRetryItIs()
    {
        var calls = new List<string>();
        var breaking = _clock.Pull(Marbles.Of("-#"));
        breaking.DisposalFrames = 3;
        var stream = new SourceInTurn<string>(breaking, breaking, Pull("a|")).RetryBeforeFirst(
            5, (retry, failure) => { calls.Add($"{_clock.Frame}: {retry} {failure.Message}"); return Ms(10 * retry); }, _timers);

        Assert.That(All(stream), Is.EqualTo("38:a 39:|"));
        Assert.That(breaking.Enumerations, Is.EqualTo(new[] { 0, 14 }));
        Assert.That(calls, Is.EqualTo(new[] { "4: 1 the source broke", "18: 2 the source broke" }));
        Assert.That((_timers.Schedules, _timers.MostAlive), Is.EqualTo((2, 1)));
    }

    [Test]
    public void NoDelayAtAll_NeedsNoTimer_AndAnyNumberOfTriesNoStack()
    {
        var tries = 0;
        var source = new SourceInTurn<string>(new ThrowingSource("GetAsyncEnumerator", Marbles.Failure));
        Assert.That(Failure(source.RetryBeforeFirst(100_000, (_, _) => { tries++; return TimeSpan.Zero; }, _timers)), Is.SameAs(Marbles.Failure));
        Assert.That((tries, source.Enumerations, _timers.Schedules), Is.EqualTo((100_000, 100_001, 0)));
    }

    [Test]
    public void EachEnumeration_HasItsOwnTries()
    {
        var stream = new SourceInTurn<string>(Pull("#"), Pull("#"), Pull("a|"), Pull("#"), Pull("#"), Pull("b|")).RetryBeforeFirst(2);
        var consumers = new[] { _clock.Consume(stream), _clock.Consume(stream) };
        foreach (var consumer in consumers)
            _ = consumer.AskForAll();
        _clock.Start();
        Assert.That(consumers.Select(c => Marbles.Show(c.Received)), Is.EqualTo(new[] { "0:a 1:|", "0:b 1:|" }));
    }

    [Test]
    public void OnlyFailuresThatAreWorthIt_AreTriedAgain()
    {
        var source = new SourceInTurn<string>(new ThrowingSource("MoveNextAsync", new TimeoutException()), Pull("#"), Pull("a|"));
        Assert.That(All(source.RetryBeforeFirst(5, failure => failure is TimeoutException)), Is.EqualTo("0:#InvalidDataException"));
        Assert.That(source.Enumerations, Is.EqualTo(2));
    }

    [Test]
    public void RB06_AnEmptyStream_HasAnswered()
    {
        var source = Pull("--|");
        Assert.That(All(source.RetryBeforeFirst(3)), Is.EqualTo("2:|"));
        Assert.That(source.Enumerations, Has.Count.EqualTo(1));
    }

    [TestCase("GetAsyncEnumerator", 0)]
    [TestCase("null", 0)]
    [TestCase("MoveNextAsync", 1)]
    [TestCase("Current", 1)]
    public void RB06_WhateverThrowsBeforeTheFirstItem_IsTriedAgain(string where, int disposals)
    {
        var throwing = new ThrowingSource(where, Marbles.Failure);
        Assert.That(All(new SourceInTurn<string>(throwing, Pull("-a|")).RetryBeforeFirst(1)), Is.EqualTo("1:a 2:|"));
        Assert.That(throwing.Disposals, Is.EqualTo(disposals));
    }

    [Test]
    public void RB09_EveryItemCounts()
    {
        var broken = _clock.Pull(Marbles.Of("a--#", _ => ""));
        var good = _clock.Pull(Marbles.Of("ab|", c => c == 'a' ? "" : "x"));
        Assert.That(All(new SourceInTurn<string>(broken, good).Through(o => o.Where(x => x != "")).RetryBeforeFirst(1)), Is.EqualTo("4:x 5:|"));

        SetUp();
        broken = _clock.Pull(Marbles.Of("a--#", _ => ""));
        Assert.That(All(new SourceInTurn<string>(broken, Pull("a|")).RetryBeforeFirst(1)), Is.EqualTo("0:\"\" 3:#InvalidDataException"));
    }

    [Test]
    public void AFailureOfTheCleanUp_StandsBesideTheFailure_AndIsForgottenWithIt()
    {
        Exception? asked = null;
        var failing = Pull("-#");
        failing.DisposalFailure = Other;
        Assert.That(All(new SourceInTurn<string>(failing, Pull("a|")).RetryBeforeFirst(1, failure => { asked = failure; return true; })), Is.EqualTo("1:a 2:|"));
        Assert.That(((AggregateException)asked!).InnerExceptions, Is.EqualTo(new[] { Marbles.Failure, Other }));

        SetUp();
        failing = Pull("-#");
        failing.DisposalFailure = Other;
        Assert.That(((AggregateException)Failure(failing.RetryBeforeFirst(1))).InnerExceptions, Is.EqualTo(new[] { Marbles.Failure, Other }), "once");
    }

    // Leaving

    [Test]
    public void RB03_CancelledInTheDelay_EndsThereAndThen()
    {
        using var cancellation = new CancellationTokenSource();
        var source = Pull("-#");
        _clock.At(5, cancellation.Cancel);
        var consumer = FlowAssert.All(_clock, source.RetryBeforeFirst(2, (_, _) => Ms(10), _timers), cancellation.Token);
        _clock.AdvanceToFrame(5);
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("5:#OperationCanceledException"));
        Assert.That(((OperationCanceledException)consumer.Received[0].Notification.Exception!).CancellationToken, Is.EqualTo(cancellation.Token));
        Assert.That(_timers.Alive, Is.Zero);

        _clock.Start();
        Assert.That(source.Enumerations, Is.EqualTo(new[] { 0 }));
        FlowAssert.Clean(source, 1);
    }

    [Test]
    public void LeftInTheDelay_IsFreeThereAndThen()
    {
        var source = Pull("-#");
        var reading = source.RetryBeforeFirst(2, (_, _) => Ms(10), _timers).GetAsyncEnumerator();
        var read = reading.MoveNextAsync().AsTask();
        Task? leaving = null;
        _clock.At(5, () => leaving = reading.DisposeAsync().AsTask());
        _clock.AdvanceToFrame(5);
        Assert.That((leaving!.IsCompletedSuccessfully, read.IsCompletedSuccessfully && !read.Result, _timers.Alive), Is.EqualTo((true, true, 0)));
        _clock.Start();
        Assert.That(source.Enumerations, Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public void RB04_CancelledDuringATry_IsNotTriedAgain_WhateverIsWorthIt()
    {
        using var cancellation = new CancellationTokenSource();
        var calls = 0;
        var source = Pull("");
        _clock.At(2, cancellation.Cancel);
        Assert.That(All(source.RetryBeforeFirst(5, _ => ++calls > 0), cancellation.Token), Is.EqualTo("2:#OperationCanceledException"));
        Assert.That((source.Enumerations.Count, calls), Is.EqualTo((1, 0)));
        FlowAssert.Clean(source, 2);
    }

    [Test]
    public void RB04_ACancellationOfTheSourcesOwn_IsAFailureLikeAnyOther()
    {
        var cancelled = new ThrowingSource("MoveNextAsync", new OperationCanceledException("a time-out of its own"));
        Assert.That(All(new SourceInTurn<string>(cancelled, Pull("--a|")).RetryBeforeFirst(5)), Is.EqualTo("2:a 3:|"));
    }

    [Test]
    public void LeftFromInsideTheFunctions_BeginsNothing()
    {
        foreach (var isWhen in new[] { true, false })
        {
            SetUp();
            IAsyncEnumerator<string> reading = null!;
            Task? leaving = null;
            var source = Pull("-#");
            reading = source.RetryBeforeFirst(
                5,
                (_, _) => { leaving ??= isWhen ? null : reading.DisposeAsync().AsTask(); return Ms(1); },
                _timers,
                _ => { leaving ??= isWhen ? reading.DisposeAsync().AsTask() : null; return true; }).GetAsyncEnumerator();
            var read = reading.MoveNextAsync().AsTask();
            _clock.Start();
            Assert.That((source.Enumerations.Count, read.IsCompleted, leaving!.IsCompletedSuccessfully, _timers.Alive), Is.EqualTo((1, true, true, 0)));
        }
    }

    // Functions that fail

    [Test]
    public void RB08_WhatAFunctionThrows_StandsBesideTheFailure()
    {
        foreach (var stream in new[]
        {
            Pull("-#").RetryBeforeFirst(2, (_, _) => throw Other, _timers),
            Pull("-#").RetryBeforeFirst(2, (_, _) => Ms(1), _timers, _ => throw Other),
            Pull("-#").RetryBeforeFirst(2, _ => throw Other),
        })
            Assert.That(((AggregateException)Failure(stream)).InnerExceptions, Is.EqualTo(new[] { Marbles.Failure, Other }));
    }

    [Test]
    public void RB08_ANegativeDelay_StandsBesideTheFailure()
    {
        foreach (var delay in new[] { Ms(-1), TimeSpan.FromTicks(-1), Timeout.InfiniteTimeSpan })
        {
            var failures = ((AggregateException)Failure(Pull("-#").RetryBeforeFirst(2, (_, _) => delay, _timers))).InnerExceptions;
            Assert.That(failures[0], Is.SameAs(Marbles.Failure));
            Assert.That(failures[1], Is.TypeOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo(delay).And.Property("ParamName").EqualTo("delay"));
        }
    }

    [Test]
    public void AClockThatThrows_StandsBesideTheFailure()
    {
        _timers.Failure = Other;
        Assert.That(((AggregateException)Failure(Pull("-#").RetryBeforeFirst(2, (_, _) => Ms(5), _timers))).InnerExceptions, Is.EqualTo(new[] { Marbles.Failure, Other }));
    }

    // Beside others

    [TestCaseSource(typeof(OtherOperators), nameof(OtherOperators.All))]
    public void IntoAndAroundOthers(Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> other)
    {
        foreach (var over in new[]
        {
            (Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>>)(s => other(s.RetryBeforeFirst(3, (_, _) => Ms(2), _timers))),
            s => other(s).RetryBeforeFirst(3, (_, _) => Ms(2), _timers),
        })
        {
            SetUp();
            var breaking = Pull("-#");
            Assert.That(All(over(new SourceInTurn<string>(breaking, breaking, Pull("-a-b|")))), Is.EqualTo("7:a 9:b 10:|"));
            Assert.That((breaking.Disposals.Count, breaking.Violations.Count), Is.EqualTo((2, 0)));
        }
    }
}
