using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace RxTokens.Stress;

/// <summary>What one operator where two rates meet does, told for numbers.</summary>
public sealed record BoundaryCase(
    string Name,
    Func<RacingSource<int>, Action<int>, CancellationToken, IRacingConsumer>? Pull,
    Func<IObservable<int>, Action<int>, CancellationToken, IRacingConsumer>? Push)
{
    /// <summary>How many reads there may be beyond those asked for.</summary>
    public int ReadAhead { get; init; } = int.MaxValue;

    public bool MayDrop { get; init; }

    public bool MayFail { get; init; }

    public override string ToString() => Name;
}

public sealed class BoundaryRaces
{
    private const int Rounds = 800;
    private const int Count = 12;

    private static readonly BoundaryCase[] All =
    [
        Items("Buffered(1)", (s, _) => s.Buffered(1)) with { ReadAhead = 1 },
        Items("Buffered(4)", (s, _) => s.Buffered(4)) with { ReadAhead = 4 },
        Items("Buffered(4, resumeAt 0)", (s, _) => s.Buffered(4, resumeAt: 0)) with { ReadAhead = 4 },
        Items("Buffered(4, resumeAt 3)", (s, _) => s.Buffered(4, resumeAt: 3)) with { ReadAhead = 4 },
        Items("Buffered(2, DropOldest)", (s, d) => s.Buffered(2, Overflow.DropOldest, onDropped: d), (s, d) => s.Buffered(2, Overflow.DropOldest, d)) with { MayDrop = true },
        Items("Buffered(2, DropNewest)", (s, d) => s.Buffered(2, Overflow.DropWrite, onDropped: d), (s, d) => s.Buffered(2, Overflow.DropWrite, d)) with { MayDrop = true },
        Items("Buffered(2, Fail)", (s, d) => s.Buffered(2, Overflow.Fail, onDropped: d), (s, d) => s.Buffered(2, Overflow.Fail, d)) with { MayDrop = true, MayFail = true },
        Items("KeepLatest", (s, d) => s.KeepLatest(d), (s, d) => s.KeepLatest(d)) with { MayDrop = true },
        Lists("Conflate(seed, add)", s => s.Conflate(Begin, Add), s => s.Conflate(Begin, Add)),
        Lists("Conflate(merge)", s => s.Select(n => (int[])[n]).Conflate((a, b) => [.. a, .. b]), s => s.Select(n => (int[])[n]).Conflate((a, b) => [.. a, .. b])),
        Text("Conflate(text)", s => s.Conflate(), s => s.Conflate()),
        Text("Conflate(text, 3)", s => s.Conflate(3), null),
    ];

    private static IEnumerable<BoundaryCase> Pulls => All.Where(c => c.Pull is not null);

    private static IEnumerable<BoundaryCase> Pushes => All.Where(c => c.Push is not null);

    private static IEnumerable<TestCaseData> PullsOfBothPaces =>
        from c in Pulls
        from pace in Enum.GetValues<Pace>()
        select new TestCaseData(c, pace);

    [TestCaseSource(nameof(PullsOfBothPaces))]
    public void PullSource_AgainstTheConsumer_LosesNothingSilently(BoundaryCase boundary, Pace pace) => Race.Run(Rounds, (referee, random) =>
    {
        var pull = new PullRound(boundary, pace, referee, random);
        return pull.Round(
            [() => pull.Consumer.Run(spin: random.Next(80)), () => pull.ArriveAll()],
            () => pull.Check(isWhole: true));
    });

    [TestCaseSource(nameof(Pulls))]
    public void PullSource_ThatFails_FailsAfterItsItems(BoundaryCase boundary) => Race.Run(Rounds, (referee, random) =>
    {
        var pull = new PullRound(boundary, Pace.OnArrival, referee, random, new IOException("cut off"));
        return pull.Round(
            [() => pull.Consumer.Run(spin: random.Next(80)), () => pull.ArriveAll()],
            () =>
            {
                pull.Check(isWhole: true, failure: typeof(IOException));
            });
    });

    [TestCaseSource(nameof(Pulls))]
    public void PullSource_WhoseConsumerLeavesBetweenItems_IsDisposedOnce(BoundaryCase boundary) => Race.Run(Rounds, (referee, random) =>
    {
        var pull = new PullRound(boundary, Pace.OnArrival, referee, random);
        return pull.Round(
            [() => pull.Consumer.Run(leaveAfter: 1 + random.Next(4), spin: random.Next(80)), () => pull.ArriveAll()],
            () => pull.Check(isWhole: false));
    });

    [TestCaseSource(nameof(Pulls))]
    public void PullSource_WhoseConsumerLeavesWhileItAsks_IsDisposedOnce(BoundaryCase boundary) => Race.Run(Rounds, (referee, random) =>
    {
        var pull = new PullRound(boundary, Pace.OnArrival, referee, random);
        pull.Consumer.Run();
        return pull.Round([pull.Consumer.Leave, () => pull.ArriveAll()], () => pull.Check(isWhole: false));
    });

    [TestCaseSource(nameof(Pulls))]
    public void PullSource_WhoseEnumerationIsCancelled_IsDisposedOnce(BoundaryCase boundary) => Race.Run(Rounds, (referee, random) =>
    {
        var pull = new PullRound(boundary, Pace.OnArrival, referee, random);
        pull.Consumer.Run(spin: 10);
        return pull.Round(
            [pull.Cancellation.Cancel, () => pull.Source.Arrive(3)],
            () => pull.Check(isWhole: false, failure: typeof(OperationCanceledException)));
    });

    [TestCaseSource(nameof(Pushes))]
    public void PushSource_AgainstTheConsumer_LosesNothingSilently(BoundaryCase boundary) => Race.Run(Rounds, (referee, random) =>
    {
        var push = new PushRound(boundary, referee);
        return push.Round(
            [() => push.Consumer.Run(spin: random.Next(80)), push.SayAllToAListener],
            () => push.Check(isWhole: true));
    });

    [TestCaseSource(nameof(Pushes))]
    public void PushSource_WhoseConsumerLeavesWhileItAsks_IsUnsubscribed(BoundaryCase boundary) => Race.Run(Rounds, (referee, _) =>
    {
        var push = new PushRound(boundary, referee);
        push.Consumer.Run();
        return push.Round([push.Consumer.Leave, push.SayAll], () => push.Check(isWhole: false));
    });

    [TestCaseSource(nameof(Pushes))]
    public void PushSource_WhoseEnumerationIsCancelled_IsUnsubscribed(BoundaryCase boundary) => Race.Run(Rounds, (referee, _) =>
    {
        var push = new PushRound(boundary, referee);
        push.Consumer.Run(spin: 10);
        return push.Round([push.Cancellation.Cancel, push.SaySome], () => push.Check(isWhole: false, failure: typeof(OperationCanceledException)));
    });

    private static List<int> Begin(int item) => [item];

    private static List<int> Add(List<int> list, int item)
    {
        list.Add(item);
        return list;
    }

    private static BoundaryCase Items(
        string name,
        Func<IAsyncEnumerable<int>, Action<int>, IAsyncEnumerable<int>> pull,
        Func<IObservable<int>, Action<int>, IAsyncEnumerable<int>>? push = null) =>
        new(
            name,
            (source, dropped, token) => new RacingConsumer<int>(pull(source, dropped), n => [n], token),
            push is null ? null : (source, dropped, token) => new RacingConsumer<int>(push(source, dropped), n => [n], token));

    private static BoundaryCase Lists<R>(
        string name, Func<IAsyncEnumerable<int>, IAsyncEnumerable<R>> pull, Func<IObservable<int>, IAsyncEnumerable<R>> push)
        where R : IEnumerable<int> =>
        new(
            name,
            (source, _, token) => new RacingConsumer<R>(pull(source), list => list, token),
            (source, _, token) => new RacingConsumer<R>(push(source), list => list, token));

    private static BoundaryCase Text(
        string name, Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> pull, Func<IObservable<string>, IAsyncEnumerable<string>>? push) =>
        new(
            name,
            (source, _, token) => new RacingConsumer<string>(pull(source.Select(n => $"{n},")), Parse, token),
            push is null ? null : (source, _, token) => new RacingConsumer<string>(push(source.Select(n => $"{n},")), Parse, token));

    private static IEnumerable<int> Parse(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse);

    /// <summary>What both kinds of round have in common.</summary>
    private abstract class BoundaryRound(BoundaryCase boundary, Referee referee)
    {
        private readonly List<int> _dropped = [];

        public CancellationTokenSource Cancellation { get; } = new();

        public IRacingConsumer Consumer { get; protected init; } = null!;

        public virtual void Check(bool isWhole, Type? failure = null)
        {
            var overflowed = boundary.MayFail && Consumer.Error is BackpressureException;
            Assert.That(Consumer.LeavingError, Is.Null);
            Assert.That(Consumer.Error, failure is null || overflowed ? (overflowed ? Is.Not.Null : Is.Null) : Is.InstanceOf(failure));
            Assert.That(Consumer.Items, Is.Ordered.And.Unique);
            if (!isWhole || overflowed)
            {
                // What came before the one that was dropped, or before the consumer left, has no gaps.
                if (!boundary.MayDrop || overflowed)
                    Assert.That(Consumer.Items, Is.EqualTo(Enumerable.Range(0, Consumer.Items.Count)));
                return;
            }

            Assert.That(Consumer.Items.Concat(_dropped).Order(), Is.EqualTo(Enumerable.Range(0, Count)), "delivered and dropped");
            Assert.That(_dropped, boundary.MayDrop ? Is.Ordered : Is.Empty);
        }

        protected void OnDropped(int item)
        {
            referee.Require(boundary.MayDrop, "dropped");
            _dropped.Add(item);
        }
    }

    private sealed class PullRound : BoundaryRound
    {
        public PullRound(BoundaryCase boundary, Pace pace, Referee referee, Random random, Exception? failure = null)
            : base(boundary, referee)
        {
            Source = RacingSource.Numbers(referee, random, Count, pace, failure, mayHaveRead: () => (long)Consumer!.Asked + boundary.ReadAhead);
            Consumer = boundary.Pull!(Source, OnDropped, Cancellation.Token);
            Consumer.OnEnding = () =>
            {
                if (Consumer.Error is not null)
                    referee.Require(Source.IsSettled, "the end came before the disposal");
            };
        }

        public RacingSource<int> Source { get; }

        public void ArriveAll() => Source.Arrive(Count + 1);

        public Round Round(Action[] actors, Action check) =>
            new(actors, () => Consumer.HasEnded && Source.IsSettled, check, () => $"{Source}; {Consumer}");

        public override void Check(bool isWhole, Type? failure = null)
        {
            base.Check(isWhole, failure);
            Assert.That(Source.Disposals, Is.EqualTo(1));
        }
    }

    private sealed class PushRound : BoundaryRound
    {
        private readonly Subject<int> _source = new();

        public PushRound(BoundaryCase boundary, Referee referee)
            : base(boundary, referee) => Consumer = boundary.Push!(_source, OnDropped, Cancellation.Token);

        public void SayAllToAListener()
        {
            Race.Until(() => _source.HasObservers);
            SayAll();
        }

        public void SayAll()
        {
            SaySome();
            _source.OnCompleted();
        }

        public void SaySome()
        {
            for (var i = 0; i < Count; i++)
                _source.OnNext(i);
        }

        public Round Round(Action[] actors, Action check) =>
            new(actors, () => Consumer.HasEnded, check, () => $"listened to: {_source.HasObservers}; {Consumer}");

        public override void Check(bool isWhole, Type? failure = null)
        {
            base.Check(isWhole, failure);
            Assert.That(_source.HasObservers, Is.False);
        }
    }
}
