using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <content>
/// What a deadline, a stop, an opening, a permit or a frame does in the instant of an item, an end, a failure, a request, a cancellation or a
/// leave: first in first out to the letter, and in every other order.
/// </content>
public partial class OrderTests
{
    private static readonly string[] Others = ["item", "end", "failure", "asked", "cancelled", "left"];

    // Two things in one instant

    [TestCase("deadline", "item", "0:a 5:b 7:|", "0:a 5:#TimeoutException")]
    [TestCase("deadline", "end", "0:a 5:|", "0:a 5:#TimeoutException")]
    [TestCase("deadline", "failure", "0:a 5:#InvalidDataException", "0:a 5:#TimeoutException")]
    [TestCase("deadline", "asked", "0:a 8:b 9:| 9:| 25:|")]
    [TestCase("deadline", "cancelled", "0:a 5:#OperationCanceledException", "0:a 5:#TimeoutException")]
    [TestCase("deadline", "left", "0:a 5:|", "0:a 5:#TimeoutException")]
    [TestCase("stop", "item", "0:a 5:|", "0:a 5:b 5:|")]
    [TestCase("stop", "end", "0:a 5:|")]
    [TestCase("stop", "failure", "0:a 5:|", "0:a 5:#InvalidDataException")]
    [TestCase("stop", "asked", "0:a 5:| 6:| 7:| 25:|")]
    [TestCase("stop", "cancelled", "0:a 5:|", "0:a 5:#OperationCanceledException")]
    [TestCase("stop", "left", "0:a 5:|")]
    [TestCase("orphan", "item + cancelled", "0:a 5:#OperationCanceledException dropped 1", "0:a 5:b 5:#OperationCanceledException")]
    [TestCase("orphan", "end + cancelled", "0:a 5:#OperationCanceledException", "0:a 5:|")]
    [TestCase("orphan", "failure + cancelled", "0:a 5:#OperationCanceledException", "0:a 5:#InvalidDataException")]
    [TestCase("orphan", "asked + cancelled", "0:a 5:#OperationCanceledException 6:| 7:| 25:|", "0:a 5:#OperationCanceledException 6:| 7:| 25:| dropped 1")]
    [TestCase("orphan", "item + left", "0:a 5:| dropped 1", "0:a 5:b 5:|")]
    [TestCase("orphan", "end + left", "0:a 5:|")]
    [TestCase("orphan", "failure + left", "0:a 5:|", "0:a 5:#InvalidDataException")]
    [TestCase("orphan", "asked + left", "0:a 5:| 6:| 7:| 25:|", "0:a 5:| 6:| 7:| 25:| dropped 1")]
    [TestCase("opening", "item", "0:a 5:b 7:|")]
    [TestCase("opening", "end", "0:a 5:|")]
    [TestCase("opening", "failure", "0:a 5:#InvalidDataException")]
    [TestCase("opening", "asked", "0:a 8:b 9:| 9:| 25:|")]
    [TestCase("opening", "cancelled", "0:a 5:#OperationCanceledException")]
    [TestCase("opening", "left", "0:a 5:|")]
    [TestCase("closing", "item", "0:a 9:b 9:|", "0:a 5:b 9:|")]
    [TestCase("closing", "end", "0:a 9:|", "0:a 5:|")]
    [TestCase("closing", "failure", "0:a 9:#InvalidDataException", "0:a 5:#InvalidDataException")]
    [TestCase("closing", "asked", "0:a 9:b 9:| 9:| 25:|")]
    [TestCase("closing", "cancelled", "0:a 5:#OperationCanceledException")]
    [TestCase("closing", "left", "0:a 5:|")]
    [TestCase("token", "item", "0:a 5:b 10:|")]
    [TestCase("token", "end", "0:a 5:|")]
    [TestCase("token", "failure", "0:a 5:#InvalidDataException")]
    [TestCase("token", "asked", "0:a 8:b 10:| 10:| 25:|")]
    [TestCase("token", "cancelled", "0:a 5:#OperationCanceledException")]
    [TestCase("token", "left", "0:a 5:|")]
    [TestCase("permit", "item", "0:a 5:b 7:|")]
    [TestCase("permit", "end", "0:a 5:|")]
    [TestCase("permit", "failure", "0:a 5:#InvalidDataException")]
    [TestCase("permit", "asked", "0:a 8:b 9:| 9:| 25:|")]
    [TestCase("permit", "cancelled", "0:a 5:#OperationCanceledException")]
    [TestCase("permit", "left", "0:a 5:|")]
    [TestCase("permit behind its item", "item", "0:a 5:b 7:|")]
    [TestCase("permit behind its item", "end", "0:a 5:|")]
    [TestCase("permit behind its item", "failure", "0:a 5:#InvalidDataException")]
    [TestCase("permit behind its item", "asked", "0:a 8:b 9:| 9:| 25:|")]
    [TestCase("permit behind its item", "cancelled", "0:a 5:#OperationCanceledException")]
    [TestCase("permit behind its item", "left", "0:a 5:|")]
    [TestCase("answer", "item", "0:a 5:b 7:|")]
    [TestCase("answer", "end", "0:a 5:|")]
    [TestCase("answer", "failure", "0:a 5:#InvalidDataException")]
    [TestCase("answer", "asked", "0:a 8:b 9:| 9:| 25:|")]
    [TestCase("answer", "cancelled", "0:a 5:#OperationCanceledException")]
    [TestCase("answer", "left", "0:a 5:|")]
    [TestCase("renewal", "item", "0:a 5:b 7:|")]
    [TestCase("renewal", "end", "0:a 5:|")]
    [TestCase("renewal", "failure", "0:a 5:#InvalidDataException")]
    [TestCase("renewal", "asked", "0:a 8:b 9:| 9:| 25:|")]
    [TestCase("renewal", "cancelled", "0:a 5:#OperationCanceledException")]
    [TestCase("renewal", "left", "0:a 5:|")]
    [TestCase("frame", "item", "0:a 5:b 10:|")]
    [TestCase("frame", "end", "0:a 5:|")]
    [TestCase("frame", "failure", "0:a 5:#InvalidDataException")]
    [TestCase("frame", "asked", "0:a 8:b 10:| 10:| 25:|")]
    [TestCase("frame", "cancelled", "0:a 5:#OperationCanceledException")]
    [TestCase("frame", "left", "0:a 5:|")]
    public void InOneInstant(string what, string other, string firstInFirstOut, params string[] otherwise)
    {
        var told = new List<string>();
        MarbleTest.Explore(m => told.Add(new Instant(m, what, other.Split(" + ")).Run()), Orders);

        Assert.That(told[0], Is.EqualTo(firstInFirstOut));
        Assert.That(told.Distinct(), Is.EquivalentTo([firstInFirstOut, .. otherwise]));
    }

    [TestCaseSource(nameof(Threes))]
    public void ThreeThingsInOneInstant(string what, string second, string third) =>
        MarbleTest.Explore(m => new Instant(m, what, [second, third]).Run(), orders: 50);

    // Many, in one instant after the other

    [TestCase("Detach")]
    [TestCase("Valve")]
    [TestCase("Pace")]
    [TestCase("Pace with a cost")]
    [TestCase("WithinQuota")]
    [TestCase("PerFrame")]
    public void FlowUnderRequests(string name) => Explore(m =>
    {
        var run = new Run(Flow(name, m), m.Pull(Source));
        m.Expect(requests => run.Stream.OnDemand(requests).Aggregate("", (all, x) => all + x), demand: "3--1--1-1---------*").ToBe("------------------[a|]", [("a", Letters)]);
        m.Flush();
        run.Check();
    });

    [TestCaseSource(nameof(Flows))]
    public Task FlowWithAConsumerThatIsBusy(string name) => ExploreAsync(async m =>
    {
        var source = m.Pull(Source);
        source.DisposalFrames = 2;
        var run = new Run(Flow(name, m), source);
        var hasTimedOut = false;
        try
        {
            await foreach (var item in run.Stream)
                await m.Delay(item is "a" or "c" ? 1 : 2);
        }
        catch (TimeoutException)
        {
            hasTimedOut = true;
        }

        if (hasTimedOut || name == "TakeUntil")
            run.CheckUntilCancelled();
        else
            run.Check();
        Assert.That(hasTimedOut, Is.False.Or.EqualTo(name == "Timeout"));
    }, races: name is "Timeout" or "TakeUntil" or "Valve" or "WithinQuota");

    [TestCaseSource(nameof(Flows))]
    public Task FlowCancelledWhileItemsComeAndAreAskedFor(string name) => ExploreAsync(async m =>
    {
        var cancellation = new CancellationTokenSource();
        var run = new Run(Flow(name, m), m.Pull(Source));
        m.At(6, cancellation.Cancel);
        var hasEnded = false;
        try
        {
            await foreach (var item in run.Stream.WithCancellation(cancellation.Token))
                await m.Delay(1);
            hasEnded = true;
        }
        catch (OperationCanceledException)
        {
        }
        catch (TimeoutException) when (name == "Timeout")
        {
        }

        Assert.That(hasEnded, Is.False.Or.EqualTo(name == "TakeUntil"));
        run.CheckUntilCancelled();
    });

    [TestCaseSource(nameof(Flows))]
    public void FlowLeftWhileItemsComeAndAreAskedFor(string name) => Explore(m =>
    {
        var run = new Run(Flow(name, m), m.Pull(Source));
        var consumer = m.Clock.Consume(run.Stream.Buffered(8)).AskAt(0, 1, 6);
        m.At(6, () => _ = consumer.Leave());
        m.Flush();

        run.CheckUntilCancelled();
    });

    [TestCaseSource(nameof(Flows))]
    public Task FlowOfASourceThatFails_TellsWhatCameBefore(string name) => ExploreAsync(async m =>
    {
        var broken = new InvalidDataException("the source broke"); // afresh: each throw makes its stack trace longer
        var source = m.Pull("-a-[bc]--d-[ef#]", broken);
        source.DisposalFrames = 1;
        var run = new Run(Flow(name, m), source);
        Exception? failure = null;
        try
        {
            await foreach (var item in run.Stream)
                await m.Delay(1);
        }
        catch (Exception thrown) when (thrown == broken || name == "Timeout")
        {
            failure = thrown;
        }

        if (failure == broken)
            run.Check();
        else
            run.CheckUntilCancelled();
        // The source's disposal is part of its last read, and takes as long as the time limit: then both are told.
        var first = failure is AggregateException both ? both.InnerExceptions[0] : failure;
        Assert.That(first == broken || (name == "Timeout" && first is TimeoutException) || (name == "TakeUntil" && first is null), Is.True);
    }, races: name is "Timeout" or "TakeUntil" or "Valve" or "WithinQuota");

    private static readonly string[] Flows = ["Timeout", "TakeUntil", "Detach", "Valve", "Pace", "Pace with a cost", "WithinQuota", "PerFrame"];

    /// <summary>The operators with timers, stops and switches that are due when items come.</summary>
    private static PullPipeline Flow(string name, MarbleTest m)
    {
        return new(name, Over, ReadAhead: 0);

        IAsyncEnumerable<string> Over(IAsyncEnumerable<string> source)
        {
            switch (name)
            {
                case "Timeout":
                    return source.Timeout(m.Time("-|"), m.Time("-|"), m.Clock);
                case "TakeUntil":
                    var stop = new CancellationTokenSource();
                    m.At(6, stop.Cancel);
                    return source.TakeUntil(stop.Token);
                case "Detach":
                    return source.Detach();
                case "Valve":
                    return source.Valve(m.Hot<bool>("-f-t--f-f-[ft]f--t", [("t", true), ("f", false)]));
                case "Pace":
                    return source.Pace(500, burst: 1, m.Clock);
                case "Pace with a cost":
                    return source.Pace(new TokenBucket(500, 1, m.Clock), _ => 1);
                case "WithinQuota":
                    return source.WithinQuota(new TokenQuota(1000, TimeSpan.FromMinutes(1), m.Clock.AsTimeProvider(), m.Time("---|")), "ann", _ => 1, reserve: 2);
                default:
                    return source.PerFrame(new FrameClock(m.Time("--|"), m.Clock));
            }
        }
    }

    private static IEnumerable<TestCaseData> Threes() =>
        from what in Instant.Whats
        from second in Others
        from third in Others
        where string.CompareOrdinal(second, third) < 0 && !(Instant.IsOfTheSource(second) && Instant.IsOfTheSource(third))
        select new TestCaseData(what, second, third);

    /// <summary>All that falls into frame 5, and what has to hold however it is ordered.</summary>
    private sealed class Instant
    {
        private const int Frame = 5;

        public static readonly string[] Whats = ["deadline", "stop", "orphan", "opening", "closing", "token", "permit", "permit behind its item", "answer", "renewal", "frame"];

        private readonly CancellationTokenSource _cancellation = new();
        private readonly MarbleTest _m;
        private readonly PullProbe<string> _source;
        private readonly PullConsumer<string> _consumer;
        private readonly ScriptedLimiter _limiter = new() { Waits = number => number == 2 };
        private readonly TokenQuota _quota;
        private readonly ScriptedQuota _answers;
        private Task? _leaving;
        private readonly List<Exception> _orphansFailures = [];
        private int _read;

        public Instant(MarbleTest m, string what, string[] others)
        {
            _m = m;
            _quota = new(100, TimeSpan.FromHours(1), m.Clock.AsTimeProvider(), TimeSpan.FromMilliseconds(3 * Frame));
            _answers = new(_quota) { Waits = number => number == 3 };
            _source = m.Pull("a----" + (others.Contains("item") ? "b-|" : others.Contains("end") ? "|" : others.Contains("failure") ? "#" : "---b|"), Marbles.Failure);
            _source.IgnoresCancellation = what == "orphan";
            _consumer = m.Clock.Consume(Over(what, _source.Counted(() => _read++)), _cancellation.Token);
            if (others.Contains("asked"))
                _consumer.AskAt(0, Frame, Frame + 1, Frame + 2, Frame + 20);
            else
                m.At(0, () => _ = _consumer.AskForAll());
            if (others.Contains("cancelled"))
                m.At(Frame, _cancellation.Cancel);
            if (others.Contains("left"))
                m.At(Frame, () => _leaving = _consumer.Leave());
        }

        public static bool IsOfTheSource(string what) => what is "item" or "end" or "failure";

        /// <returns>What the consumer was told, and what was dropped.</returns>
        public string Run()
        {
            using var counters = new Counters();
            _m.Flush();

            Assert.That(_consumer.HasEnded || _leaving is not null, Is.True);
            Assert.That(_leaving?.IsCompletedSuccessfully, Is.Not.False);
            Assert.That(_consumer.Items.Count + counters.Dropped, Is.EqualTo(_read), "told, or dropped and counted");
            Assert.That(counters.Orphans, Is.Zero);
            Assert.That(_source.Disposals, Has.Count.EqualTo(_source.Enumerations.Count));
            Assert.That(_source.Violations, Is.Empty);
            Assert.That(_limiter.Disposals, Is.All.EqualTo(1));
            var usage = _quota.GetUsage("ann");
            Assert.That((usage.Held, usage.Charged), Is.EqualTo((0L, usage.Charged == 0 ? 0L : _read)), "what was read is charged, once");
            foreach (var cancelled in _consumer.Received.Select(r => r.Notification.Exception).OfType<OperationCanceledException>())
                Assert.That(cancelled.CancellationToken, Is.EqualTo(_cancellation.Token));
            return Marbles.Show(_consumer.Received) + (counters.Dropped == 0 ? "" : $" dropped {counters.Dropped}");
        }

        private void Grant()
        {
            _limiter.Waits = _ => false;
            _limiter.Grant();
        }

        private IAsyncEnumerable<string> Over(string what, IAsyncEnumerable<string> source)
        {
            switch (what)
            {
                case "deadline":
                    return source.Timeout(TimeSpan.FromMilliseconds(Frame), TimeSpan.FromMilliseconds(Frame), _m.Clock);
                case "stop":
                    var stop = new CancellationTokenSource();
                    _m.At(Frame, stop.Cancel);
                    return source.TakeUntil(stop.Token);
                case "orphan":
                    return source.Detach(onFailed: _orphansFailures.Add);
                case "opening" or "closing":
                    var isOpen = new BehaviorSubject<bool>(true);
                    _m.At(what == "opening" ? 1 : Frame, () => isOpen.OnNext(false));
                    _m.At(what == "opening" ? Frame : Frame + 4, () => isOpen.OnNext(true));
                    return source.Valve(isOpen);
                case "token":
                    return source.Pace(1000.0 / Frame, burst: 1, _m.Clock);
                case "permit":
                    _m.At(Frame, Grant);
                    return source.Pace(_limiter);
                case "permit behind its item":
                    _m.At(Frame, Grant);
                    return source.Pace(_limiter, _ => 1);
                case "answer":
                    _m.At(Frame, _answers.AnswerAll);
                    return source.WithinQuota(_answers, "ann", _ => 1);
                case "renewal":
                    return source.WithinQuota(_quota, "ann", _ => 1, reserve: 5);
                default:
                    return source.PerFrame(new FrameClock(TimeSpan.FromMilliseconds(Frame), _m.Clock));
            }
        }
    }
}
