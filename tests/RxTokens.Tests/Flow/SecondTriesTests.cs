using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Second tries whose consumer leaves or cancels from inside whatever they call, over sources and clocks of every kind.</summary>
public class SecondTriesTests
{
    private const int Never = int.MaxValue;

    private static readonly (string Name, Func<Play, IAsyncEnumerable<Item>> Make, string Whole)[] Streams =
    [
        ("RetryBeforeFirst", p => p.Source("#", "#", "ab|").RetryBeforeFirst(5, _ => p.At("when")), "ab|"),
        ("RetryBeforeFirst delay", p => p.Source("#", "#", "ab|").RetryBeforeFirst(5, (_, _) => Frames(p.At("delay") ? 2 : 0), p.Clock, _ => p.At("when")), "ab|"),
        ("RetryBeforeFirst in vain", p => p.Source("#").RetryBeforeFirst(2, (_, _) => Frames(p.At("delay") ? 2 : 0), p.Clock), "#"),
        ("ResumeWith", p => Resume(p, p.Source("ab#", "cd#", "e|"), 3), "abcde|"),
        ("ResumeWith in vain", p => Resume(p, p.Source("ab#", "#"), 3), "ab#"),
        ("ResumeWith overlap", p => ResumeOver(p, p.Source("abc#", "bcd#", "cde|"), 3), "abcde|"),
        ("ResumeWith restart", p => ResumeOver(p, p.Source("abc#", "xyz|"), 3), "abc-xyz|"),
        ("ResumeWith restart at the end", p => ResumeOver(p, p.Source("abcd#", "abc|"), 3), "abcd-abc|"),
        ("ResumeWith overlap at the end", p => ResumeOver(p, p.Source("ababx#", "xabab#", "xaba|"), 3), "ababx-xabab-xaba|"),
        ("Hedge late", p => p.Source("_").Hedge(Frames(2), p.Source("xy|"), p.Clock), "xy|"),
        ("Hedge in time", p => p.Source("ab|").Hedge(Frames(9), p.Source("xy|"), p.Clock), "ab|"),
        ("Hedge at once", p => p.Source("_").Hedge(TimeSpan.Zero, p.Source("xy|"), p.Clock), "xy|"),
        ("Hedge fails", p => p.Source("#").Hedge(Frames(9), p.Source("xy|"), p.Clock), "xy|"),
        ("Hedge both fail", p => p.Source("#").Hedge(Frames(9), p.Source("#"), p.Clock), "#"),
        ("Hedge breaks off", p => p.Source("_").Hedge(Frames(2), p.Source("x#"), p.Clock), "x#"),
        ("Hedge of hedges", p => p.Source("_").Hedge(Frames(2), p.Source("_").Hedge(Frames(2), p.Source("#").Hedge(Frames(2), p.Source("xy|"), p.Clock), p.Clock), p.Clock), "xy|"),
        ("Hedge, resumed", p => ResumeOver(p, p.Source("_").Hedge(Frames(2), p.Source("abc#"), p.Clock), 3, p.Source("bcd|")), "abcd|"),
        ("Retried, hedged", p => p.Source("_").Hedge(Frames(2), p.Source("#", "xy|").RetryBeforeFirst(3, (_, _) => Frames(2), p.Clock), p.Clock), "xy|"),
        ("Hedge, retried", p => p.Source("#", "_").Hedge(Frames(2), p.Source("#", "xy|"), p.Clock).RetryBeforeFirst(3, (_, _) => Frames(2), p.Clock), "xy|"),
        ("Retried, resumed", p => ResumeOver(p, p.Source("#", "abc#").RetryBeforeFirst(3), 3, p.Source("#", "bcd|").RetryBeforeFirst(3)), "abcd|"),
    ];

    private static readonly string[] Places =
        ["GetAsyncEnumerator", "MoveNextAsync", "Current", "DisposeAsync", "disposed", "cancelled", "when", "delay", "resume", "Equals", "Schedule", "scheduled", "timer disposed", "received"];

    private static TimeSpan Frames(int frames) => TimeSpan.FromMilliseconds(frames);

    private static IAsyncEnumerable<Item> Resume(Play p, IAsyncEnumerable<Item> source, int times) =>
        source.ResumeWith((received, _) => p.At("resume") && received.Count > 0 ? source : null, times);

    private static IAsyncEnumerable<Item> ResumeOver(Play p, IAsyncEnumerable<Item> source, int times, IAsyncEnumerable<Item>? next = null) =>
        source.ResumeWith((received, _) => p.At("resume") && received.Count > 0 ? next ?? source : null, times, 2, new Item(p, '-', null));

    public static IEnumerable<TestCaseData> Cases =>
        from stream in Streams select new TestCaseData(stream.Make, stream.Whole, stream.Name.Contains(',') || stream.Name.Contains("of hedges")).SetArgDisplayNames(stream.Name);

    [TestCaseSource(nameof(Cases))]
    public void Whole(object make, string whole, bool isNested)
    {
        foreach (var way in Ways())
        {
            var play = new Play(way, "", Never, _ => { });
            play.Run((Func<Play, IAsyncEnumerable<Item>>)make);
            Assert.That(play.Received, Is.EqualTo(whole), $"{play}");
            play.CheckClean();
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void LeftFromInside(object make, string whole, bool isNested) => FromInside(make, whole, isNested, play => play.Leave(), (play, ending) =>
        Assert.That(play.Received[..^ending.Length], Is.EqualTo(whole[..(play.Received.Length - ending.Length)]), $"{play}"));

    [TestCaseSource(nameof(Cases))]
    public void CancelledFromInside(object make, string whole, bool isNested) => FromInside(make, whole, isNested, play => play.Cancel(), (play, ending) =>
    {
        Assert.That(play.Received[..^ending.Length], Is.EqualTo(whole[..(play.Received.Length - ending.Length)]), $"{play}");
        Assert.That(ending is "!" || play.Received == whole, Is.True, $"{play}");
    });

    private static void FromInside(object make, string whole, bool isNested, Action<Play> act, Action<Play, string> check)
    {
        var acts = 0;
        foreach (var way in Ways())
        foreach (var place in Places)
        {
            for (var nth = 1; nth <= 4; nth++)
            {
                var enumerations = 0;
                var play = new Play(way, place, nth, p =>
                {
                    enumerations = p.Enumerations;
                    act(p);
                });
                play.Run((Func<Play, IAsyncEnumerable<Item>>)make);
                if (!play.HasActed)
                    break;

                acts++;
                Assert.That(play.Received, Does.Match("[|#!]$"), $"it ends: {play}");
                check(play, play.Received[^1..]);
                // A stage inside another is told when the call that it is in the middle of returns.
                if (!isNested)
                    Assert.That(play.Enumerations, Is.EqualTo(enumerations), $"nothing is begun afterwards: {play}");
                play.CheckClean();
            }
        }

        Assert.That(acts, Is.GreaterThan(50));
    }

    // What is left of them

    [TestCaseSource(nameof(Cases))]
    public void Afterwards_NeitherTheTokenNorTheClockKnowsOfThem(object make, string whole, bool isNested)
    {
        foreach (var act in new Action<Play>[] { _ => { }, play => play.Leave(), play => play.Cancel() })
        foreach (var way in new[] { new Way(false, Answer.Cancels, ClockKind.Plain, true, false), new Way(false, Answer.Late, ClockKind.Plain, false, true) })
        {
            var (reading, play) = Finished(way, act, (Func<Play, IAsyncEnumerable<Item>>)make);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            Assert.That(reading.TryGetTarget(out _), Is.False, $"{play}");
            GC.KeepAlive(play);
        }

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static (WeakReference<object> Reading, Play Play) Finished(Way way, Action<Play> act, Func<Play, IAsyncEnumerable<Item>> make)
        {
            var play = new Play(way, "MoveNextAsync", 2, act);
            play.Run(make);
            play.CheckClean();
            return (new WeakReference<object>(play.LetGo()), play);
        }
    }

    // Depth

    /// <summary>Each try fails where its continuation is given to it.</summary>
    [Test]
    public void TriesThatFailAsTheyAreAwaited_NeedNoStack()
    {
        var source = new FailsWhenAwaited(items: 0);
        Assert.That(() => source.RetryBeforeFirst(100_000).Drain(), Throws.TypeOf<InvalidDataException>());
        Assert.That(source.Disposals, Is.EqualTo(100_001));

        source = new FailsWhenAwaited(items: 0);
        Assert.That(() => source.RetryBeforeFirst(100_000, (_, _) => Frames(1), new AtOnce()).Drain(), Throws.TypeOf<InvalidDataException>());
        Assert.That(source.Disposals, Is.EqualTo(100_001));
    }

    [Test]
    public async Task ContinuationsThatBreakOffAsTheyAreAwaited_NeedNoStack()
    {
        var source = new FailsWhenAwaited(items: 1);
        var items = 0;
        try
        {
            await foreach (var item in source.ResumeWith<string>((_, _) => source, 100_000))
                items++;
        }
        catch (InvalidDataException)
        {
        }

        Assert.That((items, source.Disposals), Is.EqualTo((100_001, 100_001)));
    }

    [Test]
    public void AHedgeOfManyHedges_AllOfWhichFail()
    {
        IAsyncEnumerable<string> stream = new FailsWhenAwaited(items: 0);
        for (var i = 0; i < 200; i++)
            stream = new FailsWhenAwaited(items: 0).Hedge(Frames(1), stream, new AtOnce());
        Assert.That(() => stream.Drain(), Throws.TypeOf<AggregateException>());
    }

    private sealed class FailsWhenAwaited(int items) : IAsyncEnumerable<string>, IAsyncEnumerator<string>, System.Threading.Tasks.Sources.IValueTaskSource<bool>
    {
        private int _left;

        public int Disposals { get; private set; }

        public string Current => "a";

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            _left = items;
            return this;
        }

        public ValueTask<bool> MoveNextAsync() => _left-- > 0 ? new ValueTask<bool>(true) : new ValueTask<bool>(this, 0);

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return default;
        }

        public bool GetResult(short token) => throw new InvalidDataException();

        public System.Threading.Tasks.Sources.ValueTaskSourceStatus GetStatus(short token) => System.Threading.Tasks.Sources.ValueTaskSourceStatus.Pending;

        public void OnCompleted(Action<object?> continuation, object? state, short token, System.Threading.Tasks.Sources.ValueTaskSourceOnCompletedFlags flags) =>
            continuation(state);
    }

    /// <summary>Every time is over as soon as it is scheduled.</summary>
    private sealed class AtOnce : LocalScheduler
    {
        public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) => action(this, state);
    }

    // Clocks that fail

    [TestCase("RetryBeforeFirst", "3:a 4:|")]
    [TestCase("Hedge late", "3:a 4:|")]
    [TestCase("Hedge in time", "1:a 2:|")]
    public void ATimerWhoseDisposalThrows_IsToldAfterTheItems_Once(string name, string whole)
    {
        var clock = new VirtualClock();
        var failure = new NotSupportedException("of the timer");
        var timers = new CountingScheduler(clock) { DisposalFailure = failure };
        var source = clock.Pull(Marbles.Of(name == "Hedge in time" ? "-a|" : "-a|"));
        var stream = name switch
        {
            "RetryBeforeFirst" => new SourceInTurn<string>(clock.Pull(Marbles.Of("#")), source).RetryBeforeFirst(1, (_, _) => Frames(2), timers),
            "Hedge late" => clock.Pull(Marbles.Of("")).Hedge(Frames(2), source, timers),
            _ => source.Hedge(Frames(2), clock.Pull(Marbles.Of("x|")), timers),
        };
        var consumer = FlowAssert.All(clock, stream, default);
        clock.Start();
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo(whole.Replace("|", "#NotSupportedException", StringComparison.Ordinal)));
        Assert.That(consumer.Received[^1].Notification.Exception, Is.SameAs(failure));
        Assert.That(timers.Alive, Is.Zero);
        FlowAssert.Clean(source, (int)consumer.Received[^1].Time.TotalMilliseconds);
    }

    private static IEnumerable<Way> Ways() =>
        from isReady in new[] { true, false }
        from answer in Enum.GetValues<Answer>()
        from clock in Enum.GetValues<ClockKind>()
        from slowDisposal in new[] { false, true }
        from isBusy in new[] { false, true }
        select new Way(isReady, answer, clock, slowDisposal, isBusy);

    /// <summary>What a pending read does when its token is cancelled.</summary>
    public enum Answer
    {
        Cancels,
        Ends,
        Brings,
        Late,
    }

    public enum ClockKind
    {
        Plain,
        AtOnce,
        RingsLate,
    }

    public sealed record Way(bool IsReady, Answer Answer, ClockKind Clock, bool HasSlowDisposal, bool IsBusy);

    public sealed class Item(Play play, char letter, object? owner)
    {
        public char Letter { get; } = letter;

        public object? Owner { get; } = owner;

        public override bool Equals(object? obj) => play.At("Equals") && obj is Item other && other.Letter == Letter;

        public override int GetHashCode() => Letter;

        public override string ToString() => Letter.ToString();
    }

    /// <summary>One run: a stream, its consumer, and what is done at one place.</summary>
    public sealed class Play : IScheduler
    {
        private readonly VirtualClock _clock = new();
        private readonly CancellationTokenSource _cancellation = new();
        private readonly HashSet<object> _disposed = [];
        private readonly List<string> _violations = [];
        private readonly List<string> _log = [];
        private readonly Way _way;
        private readonly string _place;
        private readonly Action<Play> _act;
        private int _left;
        private int _timers;
        private IAsyncEnumerator<Item> _reading = null!;
        private Task? _leaving;
        private Task _consuming = Task.CompletedTask;

        public Play(Way way, string place, int nth, Action<Play> act) => (_way, _place, _left, _act) = (way, place, nth, act);

        public bool HasActed => _left <= 0;

        public string Received { get; private set; } = "";

        public int Enumerations { get; private set; }

        public int Disposals { get; private set; }

        public IScheduler Clock => this;

        public override string ToString() => $"{_way}, {_place}: {Received} ({string.Join(", ", _log)}; {string.Join(", ", _violations)})";

        public bool At(string place)
        {
            _log.Add($"{_clock.Frame} {place}");
            if (place == _place && --_left == 0)
                _act(this);
            return true;
        }

        public object LetGo()
        {
            var reading = _reading;
            _reading = null!;
            return reading;
        }

        public void Leave() => _leaving = _reading.DisposeAsync().AsTask();

        public void Cancel() => _cancellation.Cancel();

        public IAsyncEnumerable<Item> Source(params string[] scripts) => new ScriptedSource(this, scripts);

        public void Run(Func<Play, IAsyncEnumerable<Item>> make)
        {
            _reading = make(this).GetAsyncEnumerator(_cancellation.Token);
            _clock.At(1, () => _consuming = ConsumeAsync());
            _clock.Start();
        }

        public void CheckClean()
        {
            // A read that was given up and has failed all the same counts as the clean-up.
            foreach (var done in new[] { _consuming, _leaving ?? Task.CompletedTask })
                Assert.That(done.IsCompletedSuccessfully || (HasActed && done.Exception!.Flatten().InnerExceptions.All(e => e is InvalidDataException)), Is.True, $"{done.Status}, {done.Exception}: {this}");
            Assert.That((Disposals, _timers), Is.EqualTo((Enumerations, 0)), $"{this}");
            Assert.That(_violations, Is.Empty, $"{this}");
        }

        private async Task ConsumeAsync()
        {
            try
            {
                while (await _reading.MoveNextAsync())
                {
                    var item = _reading.Current;
                    Received += item;
                    CheckAlive(item);
                    At("received");
                    if (_way.IsBusy && _leaving is null)
                    {
                        await Delay(3);
                        CheckAlive(item);
                    }
                }

                Received += "|";
            }
            catch (OperationCanceledException cancelled)
            {
                Received += cancelled.CancellationToken == _cancellation.Token ? "!" : "?";
            }
            catch (Exception failure) when (failure is InvalidDataException or AggregateException)
            {
                Received += "#";
            }

            await _reading.DisposeAsync();
        }

        private void CheckAlive(Item item)
        {
            if (_leaving is null && item.Owner is { } owner && _disposed.Contains(owner))
                _violations.Add($"{item} is told after the disposal of its source");
        }

        private Task Delay(int frames)
        {
            var done = new TaskCompletionSource();
            _clock.At(_clock.Frame + frames, done.SetResult);
            return done.Task;
        }

        DateTimeOffset IScheduler.Now => _clock.Now;

        IDisposable IScheduler.Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => throw new NotSupportedException();

        IDisposable IScheduler.Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => throw new NotSupportedException();

        IDisposable IScheduler.Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
        {
            At("Schedule");
            _timers++;
            var work = Disposable.Empty;
            if (_way.Clock == ClockKind.AtOnce)
                action(this, state);
            else
                work = _clock.Schedule(state, dueTime, (_, s) => action(this, s));
            At("scheduled");
            var isDisposed = false;
            return Disposable.Create(() =>
            {
                if (isDisposed)
                    return;
                isDisposed = true;
                _timers--;
                if (_way.Clock != ClockKind.RingsLate)
                    work.Dispose();
                At("timer disposed");
            });
        }

        private sealed class ScriptedSource(Play play, string[] scripts) : IAsyncEnumerable<Item>
        {
            private int _enumerations;

            public IAsyncEnumerator<Item> GetAsyncEnumerator(CancellationToken cancellationToken = default)
            {
                play.Enumerations++;
                play.At("GetAsyncEnumerator");
                return new Enumerator(play, scripts[Math.Min(_enumerations++, scripts.Length - 1)], cancellationToken);
            }
        }

        private sealed class Enumerator : IAsyncEnumerator<Item>
        {
            private readonly Play _play;
            private readonly string _script;
            private readonly CancellationToken _token;
            private int _at;
            private TaskCompletionSource<bool>? _read;

            public Enumerator(Play play, string script, CancellationToken token)
            {
                (_play, _script, _token) = (play, script, token);
                token.Register(OnCancelled);
            }

            public Item Current
            {
                get
                {
                    _play.At("Current");
                    if (_play._disposed.Contains(this))
                        _play._violations.Add("Current after the disposal");
                    return field;
                }

                private set;
            }

            = null!;

            public ValueTask<bool> MoveNextAsync()
            {
                if (_read is not null || _play._disposed.Contains(this))
                    _play._violations.Add("MoveNextAsync during another call, or after the disposal");
                var read = _read = new TaskCompletionSource<bool>();
                _play.At("MoveNextAsync");
                if (_read is null)
                    return new ValueTask<bool>(read.Task); // cancelled meanwhile
                if (_token.IsCancellationRequested)
                    OnCancelled();
                else if (_script[_at] != '_' && _play._way.IsReady)
                    Complete();
                else if (_script[_at] != '_')
                    _play._clock.At(_play._clock.Frame + 1, Complete);
                return new ValueTask<bool>(read.Task);
            }

            public async ValueTask DisposeAsync()
            {
                if (_read is not null)
                    _play._violations.Add("DisposeAsync during MoveNextAsync");
                if (!_play._disposed.Add(this))
                    _play._violations.Add("DisposeAsync twice");
                _play.At("DisposeAsync");
                if (_play._way.HasSlowDisposal)
                    await _play.Delay(1);
                _play.Disposals++;
                _play.At("disposed");
            }

            private void Complete()
            {
                var read = _read;
                _read = null;
                if (read is null)
                    return;

                var next = _script[_at++];
                if (char.IsLetter(next))
                    Current = new Item(_play, next, this);
                if (next == '#')
                    read.SetException(new InvalidDataException());
                else
                    read.SetResult(next != '|');
            }

            private void OnCancelled()
            {
                _play.At("cancelled");
                if (_read is null)
                    return;
                if (_play._way.Answer == Answer.Late)
                {
                    _play._clock.At(_play._clock.Frame + 2, () => Give(hasItem: true));
                    return;
                }

                Give(_play._way.Answer == Answer.Brings);
            }

            private void Give(bool hasItem)
            {
                var read = _read;
                _read = null;
                if (read is null)
                    return;
                if (hasItem)
                    Current = new Item(_play, '?', this);
                if (_play._way.Answer == Answer.Cancels)
                    read.SetException(new OperationCanceledException(_token));
                else
                    read.SetResult(hasItem);
            }
        }
    }
}
