using RxTokens.Tests;

namespace RxTokens.Stress;

/// <summary>Many streams of few users at once, and a quota that answers on another thread: never a token above the limit, and in the end nothing is held.</summary>
[NonParallelizable]
public sealed class QuotaRaces
{
    private const int Users = 64;
    private const int Streams = 1000;
    private const int Limit = 400;
    private const int Items = 60;
    private const int Rounds = 2000;
    private const int Count = 4;

    private Counters _counters = null!;

    [SetUp]
    public void SetUp() => _counters = new Counters();

    [TearDown]
    public void TearDown() => _counters.Dispose();

    [TestCase(1)]
    [TestCase(2)]
    public async Task AThousandStreamsOf64Users_NeverGetATokenAboveTheQuota(int seed)
    {
        var quota = new AuditedQuota(new TokenQuota(Limit, TimeSpan.FromHours(1), TimeProvider.System, TimeSpan.FromHours(1)), Limit);
        using var start = new SemaphoreSlim(0);
        var streams = Enumerable.Range(0, Streams).Select(i => Task.Run(() => RunAsync(quota, start, new Random(seed * Streams + i)))).ToList();
        start.Release(Streams);
        var ends = (await Task.WhenAll(streams).WaitAsync(TimeSpan.FromSeconds(60))).ToHashSet();

        // All of them may have been admitted before anything was used up. Some more, one after the other, use up what is left.
        start.Release(Streams);
        for (var i = 0; i < Streams && !ends.Contains(End.NotAdmitted); i++)
            ends.Add(await RunAsync(quota, start, new Random(~i)).WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.That(quota.Violations, Is.Empty);
        Assert.That(ends, Is.EquivalentTo(Enum.GetValues<End>()), "each way to end was gone");
        for (var i = 0; i < Users; i++)
        {
            var user = $"user {i}";
            var usage = quota.Inner.GetUsage(user);
            var told = quota.Of(user);
            Assert.That((usage.Held, usage.Charged, usage.Available), Is.EqualTo((0L, told.Charged, Limit - told.Charged)), user);
            Assert.That(told.Charged, Is.InRange(told.Delivered + told.Prompts, told.Read + told.Prompts), $"{user}: charged, of what was delivered and what was read");
        }
    }

    private enum End
    {
        Complete,
        UsedUp,
        NotAdmitted,
        Left,
        Cancelled,
        SourceFailed,
        CostFailed,
    }

    private static async Task<End> RunAsync(AuditedQuota quota, SemaphoreSlim start, Random random)
    {
        await start.WaitAsync();
        var user = $"user {random.Next(Users)}";
        var end = (End)random.Next(7); // what becomes of it, unless the quota is used up before
        var count = random.Next(3) == 0 ? Items / 10 : Items;
        var at = random.Next(count / 2);
        var prompt = random.Next(4) * 5;
        using var cancellation = new CancellationTokenSource();
        var isAdmitted = false;
        var delivered = 0;
        try
        {
            var stream = Costs().WithinQuota(
                quota, user, cost => end == End.CostFailed && delivered == at ? throw new InvalidDataException("the cost failed") : cost, prompt, random.Next(3) * random.Next(20),
                random.Next(2) == 0 ? static _ => -1 : null);
            await foreach (var cost in stream.WithCancellation(cancellation.Token))
            {
                if (cost < 0)
                    return End.UsedUp;
                quota.Deliver(user, cost);
                delivered++;
                if (end == End.Left && delivered > at)
                    return End.Left;
                if (end == End.Cancelled && delivered > at)
                    cancellation.Cancel();
            }

            return End.Complete;
        }
        catch (TokenQuotaExceededException)
        {
            return isAdmitted ? End.UsedUp : End.NotAdmitted;
        }
        catch (OperationCanceledException)
        {
            return End.Cancelled;
        }
        catch (IOException)
        {
            return End.SourceFailed;
        }
        catch (InvalidDataException)
        {
            return End.CostFailed;
        }

        async IAsyncEnumerable<int> Costs()
        {
            isAdmitted = true;
            quota.Admit(user, prompt);
            for (var i = 0; i < count; i++)
            {
                if (random.Next(3) == 0)
                    await Task.Yield();
                if (end == End.SourceFailed && i == at)
                    throw new IOException("the source failed");
                var cost = random.Next(8);
                quota.Read(user, cost);
                yield return cost;
            }
        }
    }

    [Test]
    public void CallsOnFourThreads_AreGrantedWhatThereIs_AndAllIsAccountedFor() => Race.Run(100, (referee, random) =>
    {
        string[] users = ["ann", "bob"];
        var quota = new TokenQuota(Limit, TimeSpan.FromHours(1), new RacingTimers());
        var charged = new long[users.Length];
        var seeds = Enumerable.Range(0, 4).Select(_ => random.Next()).ToArray();

        return new Round(
            [.. seeds.Select(seed => (Action)(() => Spend(new Random(seed))))],
            () => true,
            () =>
            {
                for (var i = 0; i < users.Length; i++)
                {
                    var usage = quota.GetUsage(users[i]);
                    Assert.That((usage.Charged, usage.Held), Is.EqualTo((charged[i], 0L)), users[i]);
                    Assert.That(usage.Available, Is.InRange(0, 3), "used up, but for what an item costs");
                }
            },
            () => $"charged: {string.Join(' ', charged)}");

        void Spend(Random chance)
        {
            var mine = users.Select(user => quota.ReserveAsync(user, 0, 1).Result).ToArray();
            for (var call = 0; call < 500; call++)
            {
                var which = chance.Next(users.Length);
                var charge = chance.Next(1, 4);
                var answer = quota.SettleAsync(mine[which], charge, chance.Next(3)).Result;
                if (answer.Exceeded is null)
                {
                    mine[which] = answer;
                    Interlocked.Add(ref charged[which], charge);
                }

                referee.Require(quota.GetUsage(users[which]).Available >= 0, "more than there is");
            }

            foreach (var rest in mine)
                referee.Require(quota.SettleAsync(rest, 0, 0).Result.Exceeded is null, "what is held can be given back");
        }
    });

    [TestCase(0)]
    [TestCase(3)]
    public void ACancellationRacesTheQuotasAnswers(int reserve) => Race.Run(Rounds, (referee, random) =>
    {
        var before = _counters.Dropped;
        var cancellation = new CancellationTokenSource();
        var source = RacingSource.Numbers(referee, random, Count, Pace.AtRandom);
        var clock = new RacingTimers();
        var ledger = new TokenQuota(100, TimeSpan.FromHours(1), clock);
        var quota = new RacingQuota(ledger, referee, random);
        var consumer = new LeanConsumer<int>(source.WithinQuota(quota, "ann", _ => 2, reserve: reserve), cancellation.Token)
        {
            OnEnding = () => referee.Require(source.IsSettled && ledger.GetUsage("ann").Held == 0, "told before everything was given back"),
        };

        return new Round(
            [() => consumer.Run(), cancellation.Cancel, clock.Ring],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Error, Is.Null.Or.InstanceOf<OperationCanceledException>());
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, consumer.Items.Count)));
                Assert.That(consumer.Items.Count + _counters.Dropped - before, Is.EqualTo(source.ItemsRead), "told, or dropped and counted");
                var usage = ledger.GetUsage("ann");
                Assert.That((usage.Charged, usage.Held), Is.EqualTo((source.ItemsRead * 2L, 0L)), "what was read is charged, once");
            },
            () => $"{source}; {consumer}");
    });

    [TestCase(0)]
    [TestCase(3)]
    public void LeavingRacesAnItemAndTheRenewal(int reserve) => Race.Run(Rounds, (referee, random) =>
    {
        var source = RacingSource.Numbers(referee, random, Count, Pace.OnArrival);
        var clock = new RacingTimers();
        var ledger = new TokenQuota(100, TimeSpan.FromHours(1), clock);
        var reading = source.WithinQuota(new RacingQuota(ledger, referee, random), "ann", _ => 2, promptTokens: 5, reserve).GetAsyncEnumerator();
        var read = reading.MoveNextAsync().AsTask();
        Task? leaving = null;

        return new Round(
            [() => source.Arrive(Count + 1), () => leaving = reading.DisposeAsync().AsTask(), clock.Ring],
            () => read.IsCompleted && leaving is { IsCompleted: true },
            () =>
            {
                Assert.That((read.IsCompletedSuccessfully, leaving!.IsCompletedSuccessfully, source.IsSettled), Is.EqualTo((true, true, true)));
                var usage = ledger.GetUsage("ann");
                Assert.That((usage.Charged, usage.Held), Is.EqualTo((5 + source.ItemsRead * 2L, 0L)));
            },
            () => $"{source}; read: {read.Status}; leaving: {leaving?.Status}");
    });

    /// <summary>Looks at each step whether too many tokens are taken, and keeps books of its own.</summary>
    private sealed class AuditedQuota(TokenQuota inner, long limit) : ITokenQuota
    {
        private readonly Dictionary<string, (long Charged, long Prompts, long Read, long Delivered)> _books = [];
        private readonly Referee _referee = new();

        public TokenQuota Inner => inner;

        public IReadOnlyCollection<string> Violations => _referee.Violations;

        public TimeProvider TimeProvider => inner.TimeProvider;

        public (long Charged, long Prompts, long Read, long Delivered) Of(string user)
        {
            lock (_books)
                return _books.GetValueOrDefault(user);
        }

        public void Admit(string user, long prompt) => Add(user, prompts: prompt);

        public void Read(string user, long cost) => Add(user, read: cost);

        public void Deliver(string user, long cost)
        {
            var books = Add(user, delivered: cost);
            _referee.Require(books.Delivered <= limit, $"{user}: {books.Delivered} tokens are delivered");
        }

        public async ValueTask<TokenReservation> ReserveAsync(string user, long charge, long hold) => Note(await inner.ReserveAsync(user, charge, hold), charge);

        public async ValueTask<TokenReservation> SettleAsync(TokenReservation reservation, long charge, long hold) => Note(await inner.SettleAsync(reservation, charge, hold), charge);

        private TokenReservation Note(TokenReservation answer, long charge)
        {
            var usage = inner.GetUsage(answer.User);
            _referee.Require(usage.Available >= 0, $"{usage}");
            if (answer.Exceeded is null)
                _referee.Require(Add(answer.User, charged: charge).Charged <= limit, $"{answer.User}: too much is charged");
            return answer;
        }

        private (long Charged, long Prompts, long Read, long Delivered) Add(string user, long charged = 0, long prompts = 0, long read = 0, long delivered = 0)
        {
            lock (_books)
            {
                var books = _books.GetValueOrDefault(user);
                return _books[user] = (books.Charged + charged, books.Prompts + prompts, books.Read + read, books.Delivered + delivered);
            }
        }
    }

    /// <summary>Answers at once, or from the pool, as chance has it; and sees to it that calls for a reservation do not overlap.</summary>
    private sealed class RacingQuota(ITokenQuota inner, Referee referee, Random random) : ITokenQuota
    {
        private readonly Random _random = new(random.Next());
        private int _calls;

        public TimeProvider TimeProvider => inner.TimeProvider;

        public ValueTask<TokenReservation> ReserveAsync(string user, long charge, long hold) => CallAsync(() => inner.ReserveAsync(user, charge, hold));

        public ValueTask<TokenReservation> SettleAsync(TokenReservation reservation, long charge, long hold) => CallAsync(() => inner.SettleAsync(reservation, charge, hold));

        private async ValueTask<TokenReservation> CallAsync(Func<ValueTask<TokenReservation>> call)
        {
            referee.Require(Interlocked.Increment(ref _calls) == 1, "two calls for one stream at once");
            if (_random.Next(2) == 0) // calls come one after the other
                await Task.Yield();
            var answer = await call();
            Interlocked.Decrement(ref _calls);
            return answer;
        }
    }

    /// <summary>Timers that ring when they are told to, from whatever thread; time stands still.</summary>
    private sealed class RacingTimers : TimeProvider
    {
        private Timer[] _timers = [];

        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(callback, state);
            lock (this)
                _timers = [.. _timers, timer];
            return timer;
        }

        public void Ring()
        {
            for (var i = 0; i < 3; i++)
            {
                foreach (var timer in Volatile.Read(ref _timers))
                    timer.Ring();
            }
        }

        private sealed class Timer(TimerCallback callback, object? state) : ITimer
        {
            public void Ring() => callback(state); // also after its disposal, as a real one may

            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
