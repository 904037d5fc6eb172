namespace RxTokens.Stress;

public sealed class FromBlockingRaces
{
    private const int Rounds = 500; // a thread each

    [Test]
    public void Steps_AgainstTheConsumer_GiveAllInOrder() => Race.Run(Rounds, (referee, random) =>
    {
        var generator = new Generator(referee, random.Next(60));
        var consumer = Consume(TokenStream.FromBlocking(_ => generator.Run(12)));
        return new Round(
            [() => consumer.Run(spin: random.Next(60))],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, 12)));
                generator.Check();
            },
            () => $"{consumer}");
    });

    [Test]
    public void Steps_AgainstCancel_DisposeTheGeneratorOnce() => Race.Run(Rounds, (referee, random) =>
    {
        var generator = new Generator(referee, random.Next(60));
        var cancellation = new CancellationTokenSource();
        var consumer = Consume(TokenStream.FromBlocking(_ => generator.Run(int.MaxValue)), cancellation.Token);
        return new Round(
            [() => consumer.Run(spin: random.Next(60)), cancellation.Cancel],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.InstanceOf<OperationCanceledException>());
                Assert.That(consumer.LeavingError, Is.Null);
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, consumer.Items.Count)));
                generator.Check();
            },
            () => $"{consumer}");
    });

    [Test]
    public void Steps_AgainstLeaving_DisposeTheGeneratorOnce() => Race.Run(Rounds, (referee, random) =>
    {
        var generator = new Generator(referee, random.Next(60));
        var consumer = Consume(TokenStream.FromBlocking(_ => generator.Run(int.MaxValue)));
        consumer.Run();
        return new Round(
            [consumer.Leave],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null);
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, consumer.Items.Count)));
                generator.Check();
            },
            () => $"{consumer}");
    });

    private static IRacingConsumer Consume(IAsyncEnumerable<int> stream, CancellationToken cancellationToken = default) =>
        new RacingConsumer<int>(stream, static n => [n], cancellationToken);

    /// <summary>Notes whether it runs on one thread, and is disposed when it was started.</summary>
    private sealed class Generator(Referee referee, int spin)
    {
        private int _started;
        private int _disposed;

        public IEnumerable<int> Run(int count)
        {
            var thread = Environment.CurrentManagedThreadId;
            Interlocked.Increment(ref _started);
            try
            {
                for (var i = 0; i < count; i++)
                {
                    Thread.SpinWait(spin);
                    referee.Require(Environment.CurrentManagedThreadId == thread, "a step on another thread");
                    yield return i;
                }
            }
            finally
            {
                referee.Require(Environment.CurrentManagedThreadId == thread, "the disposal on another thread");
                Interlocked.Increment(ref _disposed);
            }
        }

        public void Check()
        {
            Assert.That(_started, Is.LessThanOrEqualTo(1));
            Assert.That(_disposed, Is.EqualTo(_started));
        }
    }
}
