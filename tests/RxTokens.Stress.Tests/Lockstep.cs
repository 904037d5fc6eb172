using System.Diagnostics;

namespace RxTokens.Stress;

/// <summary>
/// Two threads that meet again and again, within some ten nanoseconds of each other: for races whose window is too small for
/// <see cref="Race"/>, which gathers its actors through the operating system. Each try is checked before the next begins.
/// </summary>
internal static class Lockstep
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Tries for a time, until a try fails.</summary>
    /// <param name="time">How long.</param>
    /// <param name="spins">The most that the second may be late, in turns of a loop.</param>
    /// <param name="prepare">Makes a try.</param>
    public static void Run(TimeSpan time, int spins, Func<Random, Try> prepare)
    {
        var second = new Second();
        var watch = Stopwatch.StartNew();
        var random = new Random(7);
        var tries = 0;
        try
        {
            while (watch.Elapsed < time)
            {
                var attempt = prepare(random);
                second.MeetIn(attempt.Second, random.Next(spins));
                var meeting = new Meeting(second);
                attempt.First(meeting);
                meeting.Now();
                if (!Race.Until(() => second.IsDone))
                    Assert.Fail($"Try {tries} hangs: the second thread has not returned.");
                if (second.Failure is not null)
                    Assert.Fail($"Try {tries}: {second.Failure}");
                if (!Race.Until(attempt.HasEnded))
                    Assert.Fail($"Try {tries} hangs: it does not end within {Patience.TotalSeconds} s.");
                attempt.Check();
                tries++;
            }
        }
        finally
        {
            second.Dismiss();
        }

        TestContext.Out.WriteLine($"{tries} tries in {watch.ElapsedMilliseconds} ms");
    }

    /// <summary>One try.</summary>
    /// <param name="First">Says when the second may begin, and goes on.</param>
    /// <param name="Second">What happens beside that.</param>
    /// <param name="HasEnded">Whether everything has come to its end.</param>
    /// <param name="Check">What must be true then.</param>
    public sealed record Try(Action<Meeting> First, Action Second, Func<bool> HasEnded, Action Check);

    public sealed class Meeting(Second second)
    {
        /// <summary>The second begins, which is at the line and running; only the first call counts.</summary>
        public void Now() => second.Begin();
    }

    public sealed class Second
    {
        private volatile int _round;
        private volatile int _beats;
        private volatile int _done;
        private volatile bool _isDismissed;
        private bool _hasBegun;
        private Action _act = static () => { };
        private int _spins;

        public Second() => new Thread(Work) { IsBackground = true, Name = "second" }.Start();

        public bool IsDone => _done == _round;

        public Exception? Failure { get; private set; }

        public void MeetIn(Action act, int spins)
        {
            _act = act;
            _spins = spins;
            _hasBegun = false;
        }

        public void Begin()
        {
            if (_hasBegun)
                return;
            _hasBegun = true;
            for (var i = 0; i < 30 && !IsAtTheLine(); i++)
                Thread.Yield();
            _round++;
        }

        /// <summary>Whether it is running this very moment: on a busy machine it may have been put aside, and would come too late to race.</summary>
        private bool IsAtTheLine()
        {
            var beats = _beats;
            for (var i = 0; i < 500; i++)
            {
                if (_beats != beats)
                    return true;
            }

            return false;
        }

        public void Dismiss() => _isDismissed = true;

        private void Work()
        {
            var seen = 0;
            while (!_isDismissed)
            {
                // A short spin, then the processor is for others: it may be the only one.
                for (var i = 0; _round == seen && i < 20_000; i++)
                    _beats++;

                if (_round == seen)
                {
                    Thread.Yield();
                    continue;
                }

                seen = _round;
                for (var i = 0; i < _spins; i++)
                    Volatile.Read(ref _spins);
                try
                {
                    _act();
                }
                catch (Exception failure)
                {
                    Failure = failure;
                }

                _done = seen;
            }
        }
    }
}
