using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>
/// Random consumers of one random source: they join, stall, leave and cancel when they please, each by a policy of its own.
/// The seeds are fixed, so every run checks the same cases.
/// </summary>
public class SharePropertyTests
{
    private const int Rounds = 2000;
    private const int EndOfTime = 400;

    public enum Policy
    {
        Holds,
        Observes,
        Conflates,
        ConflatesText,
        Fails,
        DropsOldest,
        DropsNewest,
        DropsWrite,
    }

    public enum Kept
    {
        Nothing,
        Last,
        Merged,
        Text,
    }

    /// <summary>What is shared, and how.</summary>
    /// <param name="Grace">Frames; below zero for ever.</param>
    public sealed record SharedCase(PropertyTests.SourceCase Source, Kept Kept, int History, int Grace)
    {
        public override string ToString() => $"{Source} keeps {Kept} ({History}) grace={Grace}";
    }

    /// <summary>What a consumer does.</summary>
    /// <param name="AsksAfter">Frames from its joining to its first request.</param>
    /// <param name="Busy">Frames after each item.</param>
    /// <param name="Asks">How often; then it sits there.</param>
    /// <param name="LeavesAfter">Frames from its joining on.</param>
    /// <param name="CancelsAfter">Frames from its joining on.</param>
    public sealed record ConsumerCase(Policy Policy, int Capacity, int JoinsAt, int AsksAfter, int[] Busy, int Asks, int? LeavesAfter, int? CancelsAfter)
    {
        public override string ToString() =>
            $"\n  {Policy}({Capacity}) joins={JoinsAt} asksAfter={AsksAfter} busy=[{string.Join(' ', Busy)}] asks={Asks} leavesAfter={LeavesAfter} cancelsAfter={CancelsAfter}";
    }

    private static Gen<int?> Sometimes(int most) => Gen.Frequency((3, Gen.Constant<int?>(null)), (1, Gen.Choose(0, most).Select(i => (int?)i)));

    private static readonly Gen<SharedCase> SharedCases =
        from delays in Gen.ListOf(Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(1, 4))))
        from ending in Gen.Elements('-', '|', '|', '|', '#')
        from ignores in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
        from disposal in Gen.Frequency((4, Gen.Constant(0)), (1, Gen.Choose(1, 3)))
        from kept in Gen.Elements(Enum.GetValues<Kept>())
        from history in Gen.Choose(1, 3)
        from grace in Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(1, 20)), (1, Gen.Constant(-1)))
        select new SharedCase(new PropertyTests.SourceCase([.. delays.Take(26)], ending, ignores, disposal), kept, history, grace);

    private static readonly Gen<ConsumerCase> ConsumerCases =
        from policy in Gen.Frequency((4, Gen.Constant(Policy.Holds)), (6, Gen.Elements(Enum.GetValues<Policy>())))
        from capacity in Gen.Choose(1, 4)
        from joins in Gen.Frequency((2, Gen.Constant(0)), (2, Gen.Choose(0, 30)))
        from asks in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(0, 20)))
        from busy in Gen.NonEmptyListOf(Gen.Frequency((2, Gen.Constant(0)), (2, Gen.Choose(1, 5)), (1, Gen.Constant(20))))
        from times in Gen.Frequency((4, Gen.Constant(1000)), (1, Gen.Choose(0, 5)))
        from leaves in Sometimes(40)
        from cancels in Sometimes(40)
        select new ConsumerCase(policy, capacity, joins, asks, [.. busy], times, leaves, cancels);

    [Test]
    public void EachGetsWhatItWasPromised()
    {
        var cases =
            from shared in SharedCases
            from count in Gen.Choose(1, 5)
            from consumers in Gen.ArrayOf(ConsumerCases, count)
            select (shared, consumers);
        var rounds = 0;
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Rounds).WithEndSize(20).WithReplay(11, 1),
            Prop.ForAll(cases.ToArbitrary(), c =>
            {
                rounds++;
                new Run(c.shared, c.consumers).Check();
            }));
        Assert.That(rounds, Is.EqualTo(Rounds));
    }

    private sealed class Run
    {
        private readonly VirtualClock _clock = new();
        private readonly SharedCase _case;
        private readonly PullProbe<int> _probe;
        private readonly Letters _source;
        private readonly SharedStream<string> _shared;
        private readonly Consumer[] _consumers;

        public Run(SharedCase shared, ConsumerCase[] consumers)
        {
            _case = shared;
            _probe = shared.Source.Build(_clock);
            _source = new Letters(_probe, OnRead, OnItem);
            var grace = shared.Grace < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(shared.Grace);
            _shared = shared.Kept switch
            {
                Kept.Nothing => _source.Share(grace: grace, scheduler: _clock),
                Kept.Last => _source.Share(shared.History, grace, _clock),
                Kept.Merged => _source.Share((x, y) => x + y, grace, _clock),
                _ => _source.ShareText(grace, _clock),
            };
            _consumers = [.. consumers.Select(c => new Consumer(this, c))];
        }

        public void Check()
        {
            _clock.AdvanceToFrame(EndOfTime);
            Assert.That(_shared.ConsumerCount, Is.EqualTo(_consumers.Count(c => c.IsPresent)), "consumers");
            foreach (var consumer in _consumers)
                CheckItems(consumer);

            // Nobody waits for ever: either a read is under way, or somebody who does not ask holds the source.
            if (_consumers.Any(c => c.IsPresent && c.IsAsking))
                Assert.That(_source.IsReading || _consumers.Any(HoldsTheSource), Is.True, "somebody waits for nothing");

            foreach (var consumer in _consumers)
                consumer.Leave();
            _clock.AdvanceToFrame(2 * EndOfTime);
            Assert.That(_shared.ConsumerCount, Is.Zero);
            Assert.That(_probe.Violations, Is.Empty);
            Assert.That(_probe.Enumerations, Has.Count.LessThanOrEqualTo(1));
            var isDeaf = _source.IsReading && _case.Source.IgnoresCancellation;
            if (_case.Grace >= 0 && !isDeaf)
                Assert.That(_probe.Disposals, Has.Count.EqualTo(_probe.Enumerations.Count));
            foreach (var consumer in _consumers)
                Assert.That(consumer.Leaving is null or { IsCompletedSuccessfully: true } || isDeaf, Is.True, "a leave does not end");
        }

        /// <summary>Once it was full, until half of that is taken.</summary>
        private bool HoldsTheSource(Consumer consumer) =>
            consumer is { IsPresent: true, IsAsking: false, Case.Policy: Policy.Holds } && consumer.Waiting > consumer.Case.Capacity / 2;

        private void OnRead()
        {
            if (!_consumers.Any(c => c.IsAsking))
                Assert.That(_consumers.Where(c => c.IsPresent), Is.Not.Empty.And.All.Property(nameof(Consumer.MayBeReadAheadFor)).True, $"read {_probe.Reads.Count} is asked for by nobody");
            foreach (var consumer in _consumers.Where(c => c.IsPresent && c.Case.Policy == Policy.Holds))
                Assert.That(consumer.Waiting - (consumer.IsAsking ? 1 : 0), Is.LessThan(consumer.Case.Capacity), $"{consumer.Case} is full"); // who asks has what came first
        }

        private void OnItem()
        {
            foreach (var consumer in _consumers)
                consumer.OnItem();
        }

        private void CheckItems(Consumer consumer)
        {
            var got = string.Concat(consumer.Items);
            var all = _source.Text[Math.Min(consumer.First, _source.Text.Length)..];
            var failure = consumer.Failure;
            var what = $"{consumer.Case}: got '{string.Join('|', consumer.Items)}', dropped '{consumer.Dropped}', of '{all}' ({_source.Text}), {failure?.Message}";
            var isWhole = consumer is { HasEnded: true, HasLeft: false } && failure is null or InvalidDataException;
            switch (consumer.Case.Policy)
            {
                case Policy.DropsOldest or Policy.DropsNewest or Policy.DropsWrite:
                    Assert.That(got, Is.EqualTo(string.Concat(got.Order())), what);
                    if (isWhole)
                        Assert.That(string.Concat((got + consumer.Dropped).Order()), Is.EqualTo(all), what);
                    break;

                default:
                    Assert.That(all, Does.StartWith(got), what);
                    if (isWhole)
                        Assert.That(got, Is.EqualTo(all), what);
                    break;
            }

            if (consumer.HasEnded && !consumer.HasLeft)
            {
                switch (failure)
                {
                    case null:
                        Assert.That((_case.Source.Ending, _source.Text.Length), Is.EqualTo(('|', _case.Source.Delays.Length)), what);
                        break;

                    case OperationCanceledException:
                        Assert.That(consumer.IsCancelled, Is.True, what);
                        break;

                    case BackpressureException:
                        Assert.That(consumer.Case.Policy, Is.EqualTo(Policy.Fails), what);
                        break;

                    case InvalidDataException:
                        Assert.That(_case.Source.Ending, Is.EqualTo('#'), what);
                        break;

                    default:
                        Assert.That(failure, Is.TypeOf<InvalidOperationException>(), what);
                        Assert.That(_case.Grace, Is.GreaterThanOrEqualTo(0), what);
                        break;
                }
            }
        }

        public VirtualClock Clock => _clock;

        public bool HasEnded => _source.HasEnded;

        public int Delivered => _source.Text.Length;

        /// <summary>How many of the items that have come a consumer is told that joins now.</summary>
        public int Past => _case.Kept switch
        {
            Kept.Nothing => 0,
            Kept.Last => Math.Min(_case.History, Delivered),
            _ => Delivered,
        };

        public IAsyncEnumerable<string> Join(ConsumerCase c, Action<string> onDropped) => c.Policy switch
        {
            Policy.Conflates => _shared.JoinConflated((x, y) => x + y),
            Policy.ConflatesText => _shared.JoinConflated(),
            Policy.Fails => _shared.Join(c.Capacity, Overflow.Fail),
            Policy.DropsOldest => _shared.Join(c.Capacity, Overflow.DropOldest, onDropped),
            Policy.DropsNewest => _shared.Join(c.Capacity, Overflow.DropNewest, onDropped),
            Policy.DropsWrite => _shared.Join(c.Capacity, Overflow.DropWrite, onDropped),
            Policy.Holds => _shared.Join(c.Capacity),
            _ => _shared,
        };
    }

    private sealed class Consumer
    {
        private readonly Run _run;
        private readonly CancellationTokenSource _cancellation = new();
        private IAsyncEnumerator<string>? _reading;
        private IDisposable? _subscription;
        private bool _hasJoined;
        private bool _hasAsked;
        private bool _hasOverflown;
        private int _past;
        private int _joinedAt;

        public Consumer(Run run, ConsumerCase c)
        {
            (_run, Case) = (run, c);
            run.Clock.At(c.JoinsAt, Join);
            if (c.CancelsAfter is { } cancels && c.Policy != Policy.Observes)
                run.Clock.At(c.JoinsAt + cancels, _cancellation.Cancel);
            if (c.LeavesAfter is { } leaves)
                run.Clock.At(c.JoinsAt + leaves, Leave);
        }

        public ConsumerCase Case { get; }

        public List<string> Items { get; } = [];

        public string Dropped { get; private set; } = "";

        public Exception? Failure { get; private set; }

        public bool HasEnded { get; private set; }

        public bool HasLeft { get; private set; }

        public bool IsCancelled => _cancellation.IsCancellationRequested;

        public Task? Leaving { get; private set; }

        /// <summary>Whether it waits for an item; one that is cancelled waits for its end.</summary>
        public bool IsAsking { get => field && !IsCancelled && !HasLeft; private set; }

        /// <summary>The index of the first item that is for it.</summary>
        public int First => _joinedAt - _past;

        /// <summary>Whether it is counted: it has joined, and has neither left nor failed nor been cancelled, nor been told the end.</summary>
        public bool IsPresent => _hasJoined && !HasEnded && !HasLeft && !(IsCancelled && _hasAsked) && !(_hasAsked && (_run.HasEnded || _hasOverflown));

        /// <summary>Items that have come since it joined, and that it has not taken.</summary>
        public int Waiting => _run.Delivered - _joinedAt - Math.Max(0, Items.Sum(text => text.Length) - _past);

        /// <summary>Whether an item may be read that nobody asks for: it is lost to no one, and not the only one that may wait.</summary>
        public bool MayBeReadAheadFor => Case is { Policy: Policy.Holds, Capacity: > 1 } && Waiting < Case.Capacity;

        public void Leave()
        {
            if (HasLeft || !_hasJoined)
                return;

            HasLeft = true;
            _subscription?.Dispose();
            Leaving = _reading?.DisposeAsync().AsTask();
        }

        /// <summary>One more item has come.</summary>
        public void OnItem() => _hasOverflown |= Case.Policy == Policy.Fails && _hasJoined && Waiting - (IsAsking ? 1 : 0) > Case.Capacity;

        private void Join()
        {
            (_hasJoined, _joinedAt, _past) = (!IsCancelled, _run.Delivered, _run.Past);
            var stream = _run.Join(Case, text => Dropped += text);
            if (Case.Policy == Policy.Observes)
            {
                (IsAsking, _hasAsked) = (true, true);
                _subscription = stream.AsObservable().Subscribe(Items.Add, failure => (Failure, HasEnded) = (failure, true), () => HasEnded = true);
                return;
            }

            _reading = stream.GetAsyncEnumerator(_cancellation.Token);
            _run.Clock.At(_run.Clock.Frame + Case.AsksAfter, () => _ = Read());
        }

        private async Task Read()
        {
            for (var i = 0; i < Case.Asks; i++)
            {
                try
                {
                    (IsAsking, _hasAsked) = (true, true);
                    HasEnded = !await _reading!.MoveNextAsync();
                }
                catch (Exception failure)
                {
                    (Failure, HasEnded) = (failure, true);
                }

                IsAsking = false;
                if (HasEnded)
                    return;
                Items.Add(_reading!.Current);
                if (Case.Busy[i % Case.Busy.Length] is var busy and > 0)
                    await _run.Clock.Delay(TimeSpan.FromMilliseconds(busy));
            }
        }
    }

    /// <summary>The numbers as letters, counted as they are taken.</summary>
    private sealed class Letters(PullProbe<int> probe, Action onRead, Action onItem) : IAsyncEnumerable<string>, IAsyncEnumerator<string>
    {
        private IAsyncEnumerator<int> _numbers = null!;
        private ValueTask<bool> _read;

        public string Text { get; private set; } = "";

        public bool IsReading { get; private set; }

        public bool HasEnded { get; private set; }

        public string Current
        {
            get
            {
                var letter = ((char)('a' + _numbers.Current)).ToString();
                Text += letter;
                onItem();
                return letter;
            }
        }

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            _numbers = probe.GetAsyncEnumerator(cancellationToken);
            return this;
        }

        public ValueTask<bool> MoveNextAsync()
        {
            onRead();
            IsReading = true;
            _read = _numbers.MoveNextAsync();
            if (!_read.IsCompleted)
                return new ValueTask<bool>(Pass());
            IsReading = false;
            return _read;

            async Task<bool> Pass()
            {
                try
                {
                    return await _read.ConfigureAwait(false);
                }
                finally
                {
                    IsReading = false;
                }
            }
        }

        public ValueTask DisposeAsync()
        {
            HasEnded = true;
            return _numbers.DisposeAsync();
        }
    }
}
