using System.Reactive.Concurrency;
using System.Threading.Channels;

namespace RxTokens.Stress;

/// <summary>Sinks against whoever cancels, and a channel's reader that has had enough.</summary>
public sealed class SinkRaces
{
    private const int Rounds = 20_000;
    private const int Count = 12;

    [Test]
    public void CopyToAsync_AgainstAReaderAndACanceller_LooksCompleteOnlyWhenItIs() => Race.Run(Rounds, (referee, random) =>
    {
        var source = new Source(referee, random);
        var channel = Channel.CreateBounded<int>(random.Next(1, 4));
        var cancellation = new CancellationTokenSource();
        var consumer = new RacingConsumer<int>(channel.Reader.ReadAllAsync(), static n => [n]);
        Task copying = Task.CompletedTask;
        var isBegun = false;
        return new Round(
            [
                () =>
                {
                    copying = source.CopyToAsync(channel.Writer, cancellationToken: cancellation.Token);
                    Volatile.Write(ref isBegun, true);
                },
                () => consumer.Run(spin: random.Next(40)),
                cancellation.Cancel,
            ],
            () => Volatile.Read(ref isBegun) && copying.IsCompleted && consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, consumer.Items.Count)));
                Assert.That(source.Disposals, source.Reads > 0 ? Is.EqualTo(1) : Is.LessThanOrEqualTo(1));
                if (copying.IsCompletedSuccessfully)
                    Assert.That((consumer.Items.Count, consumer.Error), Is.EqualTo((Count, (Exception?)null)));
                else
                    Assert.That((copying.IsCanceled, consumer.Error), Is.EqualTo((true, consumer.Error as OperationCanceledException)).And.Not.EqualTo((true, (Exception?)null)));
            },
            () => $"copying {copying.Status}; {consumer}");
    });

    [Test]
    public void CopyToAsync_AgainstAReaderThatHasHadEnough_FailsUnlessAllWasWritten() => Race.Run(Rounds, (referee, random) =>
    {
        var source = new Source(referee, random);
        var channel = Channel.CreateBounded<int>(Count);
        Task copying = Task.CompletedTask;
        var isBegun = false;
        return new Round(
            [
                () =>
                {
                    copying = source.CopyToAsync(channel.Writer, scheduler: new SoonScheduler(random.Next(200)));
                    Volatile.Write(ref isBegun, true);
                },
                () => channel.Writer.TryComplete(),
            ],
            () => Volatile.Read(ref isBegun) && copying.IsCompleted,
            () =>
            {
                Assert.That(source.Disposals, source.Reads > 0 ? Is.EqualTo(1) : Is.LessThanOrEqualTo(1));
                if (copying.IsCompletedSuccessfully)
                    Assert.That(channel.Reader.Count, Is.EqualTo(Count));
                else
                    Assert.That(copying.Exception!.InnerExceptions.Single(), Is.TypeOf<ChannelClosedException>());
            },
            () => $"copying {copying.Status}");
    });

    [TestCase(true)]
    [TestCase(false)]
    public void RenderOnAsync_AgainstACanceller_RendersEachOnceInOrder(bool isAsynchronous) => Race.Run(Rounds, (referee, random) =>
    {
        var source = new Source(referee, random);
        var cancellation = new CancellationTokenSource();
        var drawn = new List<int>();
        var rendering = Task.CompletedTask;
        var isBegun = false;
        var drawing = 0;
        void Draw(int item)
        {
            referee.Require(Interlocked.Exchange(ref drawing, 1) == 0, "two renders at once");
            drawn.Add(item);
            referee.Require(!Volatile.Read(ref isBegun) || !rendering.IsCompleted, "a render after the end");
            Volatile.Write(ref drawing, 0);
        }

        async ValueTask DrawAsync(int item)
        {
            if (item % 2 == 0)
                await Task.Yield();
            Draw(item);
        }

        return new Round(
            [
                () =>
                {
                    rendering = isAsynchronous
                        ? source.RenderOnAsync(TaskPoolScheduler.Default, DrawAsync, cancellation.Token)
                        : source.RenderOnAsync(TaskPoolScheduler.Default, Draw, cancellation.Token);
                    Volatile.Write(ref isBegun, true);
                },
                cancellation.Cancel,
            ],
            () => Volatile.Read(ref isBegun) && rendering.IsCompleted,
            () =>
            {
                Assert.That(rendering.IsCompletedSuccessfully ? drawn.Count : Count, Is.EqualTo(Count));
                Assert.That(rendering.IsFaulted, Is.False);
                Assert.That(drawn, Is.EqualTo(Enumerable.Range(0, drawn.Count)));
                Assert.That(source.Disposals, source.Reads > 0 ? Is.EqualTo(1) : Is.LessThanOrEqualTo(1));
            },
            () => $"rendering {rendering.Status}, drawn {string.Join(',', drawn)}");
    });

    /// <summary>So many numbers, at once or from the pool; cancelled, some reads fail, some end quietly, some go on.</summary>
    private sealed class Source(Referee referee, Random random) : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        private CancellationToken _token;
        private int _isReading;
        private int _reads;
        private int _disposals;

        public int Reads => Volatile.Read(ref _reads);

        public int Disposals => Volatile.Read(ref _disposals);

        public int Current { get; private set; } = -1;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            _token = cancellationToken;
            return this;
        }

        public async ValueTask<bool> MoveNextAsync()
        {
            referee.Require(Interlocked.Exchange(ref _isReading, 1) == 0, "two reads at once");
            referee.Require(Disposals == 0, "a read after the disposal");
            Interlocked.Increment(ref _reads);
            try
            {
                var kind = random.Next(4);
                if (kind > 0)
                    await Task.Yield();
                if (kind == 2)
                    _token.ThrowIfCancellationRequested();
                if (kind == 3 && _token.IsCancellationRequested)
                    return false;
                return ++Current < Count;
            }
            finally
            {
                Volatile.Write(ref _isReading, 0);
            }
        }

        public ValueTask DisposeAsync()
        {
            Interlocked.Increment(ref _disposals);
            referee.Require(Volatile.Read(ref _isReading) == 0, "a disposal during a read");
            return default;
        }
    }
}
