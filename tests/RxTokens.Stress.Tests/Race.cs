using System.Collections.Concurrent;
using System.Diagnostics;

namespace RxTokens.Stress;

/// <summary>One round of a race.</summary>
/// <param name="Actors">What happens at the same instant, each on a thread of its own.</param>
/// <param name="HasEnded">Whether everything that the actors set off has come to its end.</param>
/// <param name="Check">The invariants, asserted when everything has ended.</param>
/// <param name="State">What to show when something is wrong.</param>
public sealed record Round(Action[] Actors, Func<bool> HasEnded, Action Check, Func<string> State);

/// <summary>Collects what must not happen, from any thread, also after the round it happened in.</summary>
public sealed class Referee
{
    private readonly ConcurrentQueue<string> _violations = new();

    public void Violate(string what) => _violations.Enqueue(what);

    public void Require(bool condition, string what)
    {
        if (!condition)
            Violate(what);
    }

    public IReadOnlyCollection<string> Violations => _violations;
}

/// <summary>Runs rounds of races: gathers the actors at a starting line, lets them go at once, and never waits for ever.</summary>
public static class Race
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Runs the rounds; the first that breaks an invariant, or hangs, fails the test with its state.</summary>
    public static void Run(int rounds, Func<Referee, Random, Round> prepare)
    {
        var watch = Stopwatch.StartNew();
        var referee = new Referee();
        Crew? crew = null;
        try
        {
            for (var number = 0; number < rounds; number++)
            {
                var round = prepare(referee, new Random(number));
                crew ??= new Crew(round.Actors.Length);
                if (!crew.Run(round.Actors, referee, new Random(~number), Patience))
                    Assert.Fail($"Round {number} hangs: an actor has not returned. {round.State()}");
                if (!Until(round.HasEnded))
                    Assert.Fail($"Round {number} hangs: it does not end. {round.State()}");

                Assert.That(referee.Violations, Is.Empty, () => $"Round {number}. {round.State()}");
                round.Check();
                Assert.That(referee.Violations, Is.Empty, () => $"Round {number}, at its check. {round.State()}");
            }
        }
        finally
        {
            crew?.Dismiss();
        }

        Thread.Sleep(5); // for what comes too late
        Assert.That(referee.Violations, Is.Empty, "after the last round");
        TestContext.Out.WriteLine($"{rounds} rounds in {watch.ElapsedMilliseconds} ms");
    }

    /// <summary>Waits for a condition; false if it does not come true in time.</summary>
    public static bool Until(Func<bool> condition)
    {
        var spin = new SpinWait();
        long start = 0;
        while (!condition())
        {
            spin.SpinOnce(sleep1Threshold: 200);
            if (spin.Count % 64 != 0)
                continue;
            if (start == 0)
                start = Stopwatch.GetTimestamp();
            else if (Stopwatch.GetElapsedTime(start) > Patience)
                return condition();
        }

        return true;
    }

    /// <summary>The threads of one race, kept from round to round.</summary>
    private sealed class Crew
    {
        private readonly SemaphoreSlim[] _calls;
        private readonly ManualResetEventSlim _finished = new();
        private Action[] _actors = [];
        private int[] _handicaps = [];
        private Referee? _referee;
        private int _gathering;
        private int _working;
        private volatile bool _dismissed;

        public Crew(int size)
        {
            _calls = new SemaphoreSlim[size];
            for (var i = 0; i < size; i++)
            {
                var index = i;
                _calls[i] = new SemaphoreSlim(0);
                new Thread(() => Work(index)) { IsBackground = true, Name = $"actor {index}" }.Start();
            }
        }

        public bool Run(Action[] actors, Referee referee, Random random, TimeSpan patience)
        {
            _actors = actors;
            _referee = referee;
            _handicaps = [.. actors.Select(_ => random.Next(3) == 0 ? 0 : random.Next(60))];
            _gathering = _working = actors.Length;
            _finished.Reset();
            foreach (var call in _calls)
                call.Release();
            return _finished.Wait(patience);
        }

        public void Dismiss()
        {
            _dismissed = true;
            foreach (var call in _calls)
                call.Release();
        }

        private void Work(int index)
        {
            while (true)
            {
                _calls[index].Wait();
                if (_dismissed)
                    return;

                var spin = new SpinWait();
                Interlocked.Decrement(ref _gathering);
                while (Volatile.Read(ref _gathering) > 0)
                    spin.SpinOnce(sleep1Threshold: -1);
                Thread.SpinWait(_handicaps[index]);

                try
                {
                    _actors[index]();
                }
                catch (Exception failure)
                {
                    _referee!.Violate($"actor {index} failed: {failure}");
                }

                if (Interlocked.Decrement(ref _working) == 0)
                    _finished.Set();
            }
        }
    }
}
