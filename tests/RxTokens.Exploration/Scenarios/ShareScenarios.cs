using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>
/// One consumer of a shared stream, as of any other; and two on two threads, one of which joins, leaves or cancels beside the items and the end.
/// (The source is disposed while items wait: they cannot be lent.)
/// </summary>
public static class ShareScenarios
{
    private const string Letters = "abc";

    [Test] public static void Alone() => Play.Alone(Operators.Share);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.Share);

    [Test] public static void Left() => Play.Left(Operators.Share);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.Share);

    [Test] public static void Broken() => Play.Broken(Operators.Share);

    [Test] public static void Fails() => Play.Fails(Operators.Share);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.Share);

    [Test] public static void ConflatedAlone() => Play.Alone(Operators.ShareConflated);

    [Test] public static void ConflatedCancelled() => Play.Cancelled(Operators.ShareConflated);

    [Test] public static void ConflatedLeft() => Play.Left(Operators.ShareConflated);

    /// <summary>Both get the whole, whenever the second joins.</summary>
    [Test]
    public static void OneJoins()
    {
        var play = new Two(failure: null);
        var first = play.Start(play.Join());
        var second = play.StartLater(play.Join());
        play.Run();
        Require(first.Letters == Letters && first.Failure is null, $"the first got '{Show(first)}'");
        Require(second().Letters == Letters && second().Failure is null, $"the second got '{Show(second())}'");
    }

    [Test]
    public static void BothAreThereFromTheBeginning()
    {
        var play = new Two(failure: null);
        var (first, second) = (play.Start(play.Join()), play.Start(play.Join()));
        play.Run();
        Require(first.Letters == Letters && second.Letters == Letters, $"they got '{Show(first)}' and '{Show(second)}'");
    }

    /// <summary>Several items come at once to each, beside what it takes, asks and makes room for.</summary>
    [Test]
    public static void BothAreReadAheadFor()
    {
        var play = new Two(failure: null);
        var (first, second) = (play.Start(play.Join(2)), play.Start(play.Join(3)));
        play.Run();
        Require(first.Letters == Letters && second.Letters == Letters, $"they got '{Show(first)}' and '{Show(second)}'");
    }

    [Test]
    public static void OneLeavesWhatIsReadAhead()
    {
        var play = new Two(failure: null);
        var first = play.Start(play.Join(3));
        var second = play.Start(play.Join(2), taken: true);
        play.StartLater(() => _ = second.LeaveAsync());
        play.Run();
        Require(first.Letters == Letters && first.Failure is null, $"the first got '{Show(first)}'");
        Require(second.HasLeft && second.LeavingFailure is null, "the second never leaves");
        Require(Letters.StartsWith(second.Letters, StringComparison.Ordinal), $"the second got '{Show(second)}'");
    }

    /// <summary>The failure comes to both.</summary>
    [Test]
    public static void OneJoinsAndTheSourceFails()
    {
        var failure = new InvalidDataException("the source failed");
        var play = new Two(failure);
        var first = play.Start(play.Join());
        var second = play.StartLater(play.Join());
        play.Run();
        foreach (var consumer in new[] { first, second() })
            Require(consumer.Letters == Letters && consumer.Failure == failure, $"it got '{Show(consumer)}'");
    }

    [Test]
    public static void OneLeaves()
    {
        var play = new Two(failure: null);
        var first = play.Start(play.Join());
        var second = play.Start(play.Join(), taken: true);
        play.StartLater(() => _ = second.LeaveAsync());
        play.Run();
        Require(first.Letters == Letters && first.Failure is null, $"the first got '{Show(first)}'");
        Require(second.HasLeft && second.LeavingFailure is null, "the second never leaves");
        Require(Letters.StartsWith(second.Letters, StringComparison.Ordinal), $"the second got '{Show(second)}'");
    }

    [Test]
    public static void OneIsCancelled()
    {
        var play = new Two(failure: null);
        var cancellation = new CancellationTokenSource();
        var first = play.Start(play.Join());
        var second = play.Start(play.Join(), cancellationToken: cancellation.Token);
        play.StartLater(cancellation.Cancel);
        play.Run();
        Require(first.Letters == Letters && first.Failure is null, $"the first got '{Show(first)}'");
        Require(second.Failure is OperationCanceledException || second.Letters == Letters, $"the second got '{Show(second)}'");
        Require(Letters.StartsWith(second.Letters, StringComparison.Ordinal), $"the second got '{Show(second)}'");
    }

    /// <summary>Who joins either holds the stream, or comes too late and is told so.</summary>
    [Test] public static void TheLastLeavesAndAnotherJoins() => LastLeaves(hasGrace: false);

    [Test] public static void TheLastLeavesAndAnotherJoinsInTheGraceTime() => LastLeaves(hasGrace: true);

    private static void LastLeaves(bool hasGrace)
    {
        var play = new Two(failure: null, hasGrace);
        var first = play.Start(play.Join(), wants: 2);
        var second = play.StartLater(play.Join());
        play.Run();
        Require(Letters.StartsWith(first.Letters, StringComparison.Ordinal), $"the first got '{Show(first)}'");
        Require(second().Failure is InvalidOperationException ? Letters.StartsWith(second().Letters, StringComparison.Ordinal) : second().Letters == Letters, $"the second got '{Show(second())}'");
    }

    private static string Show(Consumer consumer) => $"{string.Join('|', consumer.Items)}, {consumer.Failure?.Message ?? "no failure"}";

    private static void Require(bool condition, string what) => Scene.Require(condition, what);

    /// <summary>A shared stream and its consumers, each on a thread of its own.</summary>
    private sealed class Two
    {
        private readonly Scene _scene = new();
        private readonly Source _source;
        private readonly SharedStream<Item> _shared;
        private readonly List<Consumer> _consumers = [];

        public Two(Exception? failure, bool hasGrace = false)
        {
            _source = new Source(_scene, Letters) { Failure = failure };
            _shared = hasGrace ? Operators.ShareMerged(_source, new Stage(_scene).StartTicks()) : Operators.ShareMerged(_source);
            _scene.Start(_source.Land);
        }

        public IAsyncEnumerable<Item> Join() => Operators.Join(_shared, _scene.Choose(4));

        public IAsyncEnumerable<Item> Join(int capacity) => _shared.Join(capacity);

        public Consumer Start(IAsyncEnumerable<Item> stream, int wants = int.MaxValue, bool taken = false, CancellationToken cancellationToken = default)
        {
            var consumer = Add(stream, wants, taken, cancellationToken);
            _scene.Start(consumer.Run);
            return consumer;
        }

        public Func<Consumer> StartLater(IAsyncEnumerable<Item> stream)
        {
            Consumer? consumer = null;
            StartLater(() => (consumer = Add(stream, int.MaxValue, taken: false, CancellationToken.None)).Run());
            return () => consumer!;
        }

        public void StartLater(Action act)
        {
            var moment = _scene.Choose(Letters.Length + 3);
            var pauses = _scene.Choose(12);
            _scene.Start(() =>
            {
                _scene.WaitUntil(() => moment == 0 || _source.Reads >= moment - 1);
                for (; pauses > 0; pauses--)
                    Scene.Pause();
                act();
            });
        }

        public void Run()
        {
            _scene.Play();
            foreach (var consumer in _consumers)
                Scene.Require(consumer.IsDone, $"{consumer.Where}, it got '{Show(consumer)}'");
            Scene.Require(_source.IsSettled && _source.Enumerations <= 1, $"{_source.Enumerations} enumerations, {_source.Disposals} disposals");
            Scene.Require(_source.Reads <= Letters.Length + 1, $"{_source.Reads} reads");
            Scene.Require(_shared.ConsumerCount == 0, $"{_shared.ConsumerCount} consumers in the end");
        }

        private Consumer Add(IAsyncEnumerable<Item> stream, int wants, bool taken, CancellationToken cancellationToken)
        {
            var consumer = new Consumer(_scene, stream, cancellationToken) { Wants = wants, IsTakenAway = taken };
            _consumers.Add(consumer);
            return consumer;
        }
    }
}
