namespace RxTokens.Stress;

public sealed class SelectAwaitRaces
{
    private const int Rounds = 1500;
    private const int Count = 15;

    [TestCase(1, true)]
    [TestCase(3, true)]
    [TestCase(8, true)]
    [TestCase(1, false)]
    [TestCase(3, false)]
    public void FunctionsOnSeveralThreads_AgainstTheConsumer_GiveAResultEach(int maxConcurrency, bool ordered) => Race.Run(Rounds, (referee, random) =>
    {
        var work = new Work(referee, random, maxConcurrency, ordered, Pace.AtRandom);
        return work.Round(
            [() => work.Consumer.Run(spin: random.Next(60))],
            () =>
            {
                Assert.That(work.Consumer.Error, Is.Null);
                Assert.That(ordered ? work.Consumer.Items : [.. work.Consumer.Items.Order()], Is.EqualTo(Enumerable.Range(0, Count)));
            });
    });

    [TestCase(true)]
    [TestCase(false)]
    public void FunctionsOnSeveralThreads_OneOfWhichFails_FailAfterWhatCameBefore(bool ordered) => Race.Run(Rounds, (referee, random) =>
    {
        const int failing = 7;
        var work = new Work(referee, random, maxConcurrency: 4, ordered, Pace.AtRandom, failing);
        return work.Round(
            [() => work.Consumer.Run(spin: random.Next(60))],
            () =>
            {
                Assert.That(work.Consumer.Error, Is.TypeOf<IOException>());
                Assert.That(work.Consumer.LeavingError, Is.Null);
                if (ordered)
                    Assert.That(work.Consumer.Items, Is.EqualTo(Enumerable.Range(0, failing)));
                else
                    Assert.That(work.Consumer.Items, Is.Unique.And.None.EqualTo(failing));
            });
    });

    [TestCase(true)]
    [TestCase(false)]
    public void FunctionsOnSeveralThreads_WhoseConsumerLeavesBetweenItems_AreAwaited(bool ordered) => Race.Run(Rounds, (referee, random) =>
    {
        var work = new Work(referee, random, maxConcurrency: 3, ordered, Pace.AtRandom);
        return work.Round([() => work.Consumer.Run(leaveAfter: 1 + random.Next(6), spin: random.Next(60))], () => { });
    });

    [TestCase(true)]
    [TestCase(false)]
    public void FunctionsOnSeveralThreads_WhoseConsumerLeavesWhileItAsks_AreAwaited(bool ordered) => Race.Run(Rounds, (referee, random) =>
    {
        var work = new Work(referee, random, maxConcurrency: 3, ordered, Pace.OnArrival);
        work.Consumer.Run();
        return work.Round([work.Consumer.Leave, () => work.Source.Arrive(4)], () => { });
    });

    [TestCase(true)]
    [TestCase(false)]
    public void FunctionsOnSeveralThreads_WhoseEnumerationIsCancelled_AreAwaited(bool ordered) => Race.Run(Rounds, (referee, random) =>
    {
        var work = new Work(referee, random, maxConcurrency: 3, ordered, Pace.OnArrival);
        work.Consumer.Run();
        return work.Round(
            [work.Cancellation.Cancel, () => work.Source.Arrive(4)],
            () => Assert.That(work.Consumer.Error, Is.InstanceOf<OperationCanceledException>()));
    });

    [Test]
    public void FunctionsOnSeveralThreads_AgainstTheSourcesFailure_FailOnce() => Race.Run(Rounds, (referee, random) =>
    {
        var work = new Work(referee, random, maxConcurrency: 4, ordered: true, Pace.AtRandom, sourceFailure: new IOException("cut off"));
        return work.Round(
            [() => work.Consumer.Run(spin: random.Next(60))],
            () =>
            {
                Assert.That(work.Consumer.Error, Is.TypeOf<IOException>());
                Assert.That(work.Consumer.Items, Is.EqualTo(Enumerable.Range(0, Count)));
            });
    });

    /// <summary>One enumeration, its source and its functions.</summary>
    private sealed class Work
    {
        private readonly Referee _referee;
        private readonly int _seed;
        private readonly int _maxConcurrency;
        private readonly int _failing;
        private int _running;

        public Work(
            Referee referee, Random random, int maxConcurrency, bool ordered, Pace pace, int failing = -1, Exception? sourceFailure = null)
        {
            _referee = referee;
            _seed = random.Next(1000);
            _maxConcurrency = maxConcurrency;
            _failing = failing;
            Source = RacingSource.Numbers(
                referee, random, Count, pace, sourceFailure, mayHaveRead: () => (long)Consumer!.Asked + maxConcurrency - 1);
            Consumer = new RacingConsumer<int>(Source.SelectAwait(WorkAsync, maxConcurrency, ordered ? AwaitOrder.Source : AwaitOrder.Completion), static n => [n], Cancellation.Token);
            Consumer.OnEnding = () =>
            {
                if (Consumer.Error is not null)
                    CheckAtRest("told");
            };
        }

        public CancellationTokenSource Cancellation { get; } = new();

        public RacingSource<int> Source { get; }

        public IRacingConsumer Consumer { get; }

        public Round Round(Action[] actors, Action check) => new(
            actors,
            () => Consumer.HasEnded && Source.IsSettled,
            () =>
            {
                CheckAtRest("reached");
                Assert.That(Source.Disposals, Is.EqualTo(1));
                check();
            },
            () => $"{Source}; {Consumer}; running: {_running}");

        private void CheckAtRest(string how)
        {
            _referee.Require(Source.IsSettled, $"the end was {how} before the disposal");
            _referee.Require(Volatile.Read(ref _running) == 0, $"the end was {how} with functions in work");
        }

        private async ValueTask<int> WorkAsync(int item, CancellationToken cancellationToken)
        {
            _referee.Require(Interlocked.Increment(ref _running) <= _maxConcurrency, "more in work than allowed");
            try
            {
                var chance = ((item * 7919) + _seed) % 5;
                if (chance > 0)
                    await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                Thread.SpinWait(chance * 20);
                return item != _failing ? item : throw new IOException("the function");
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }
    }
}
