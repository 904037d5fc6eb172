namespace RxTokens.Stress;

/// <summary>
/// The gate, used as the pump uses it: a consumer that comes again and again and may hold it, others that bring news, and a
/// stop. One is inside at a time, and a stop is seen to also where the consumer does not come again.
/// </summary>
public sealed class DrainGateRaces
{
    private const int Rounds = 5000;

    [TestCase(false)]
    [TestCase(true)]
    public void Stop_AgainstAConsumerThatHolds_IsSeenToByOneOfThem(bool leavesSometimes) => Race.Run(Rounds, (referee, random) =>
    {
        var work = new Work(referee);
        var (visits, spin, seed) = (random.Next(1, 60), random.Next(12), random.Next());

        return new Round(
            [() => work.Consume(visits, spin, leavesSometimes ? new Random(seed) : null), work.Stop],
            () => true,
            work.Check,
            work.ToString);
    });

    [Test]
    public void Stop_OfAConsumerThatIsAway_IsSeenToWithoutIt() => Race.Run(Rounds / 5, (referee, random) =>
    {
        var work = new Work(referee);
        work.Consume(random.Next(1, 4), spin: 0, leaves: null);

        return new Round([work.Stop, () => work.Bring(2, spin: 3)], () => true, work.Check, work.ToString);
    });

    [Test]
    public void Stop_WhileOthersBringNews_LeavesNoneBehind() => Race.Run(Rounds, (referee, random) =>
    {
        var work = new Work(referee);
        var (visits, spin, seed, news) = (random.Next(1, 60), random.Next(12), random.Next(), random.Next(1, 20));

        return new Round(
            [() => work.Consume(visits, spin, new Random(seed)), work.Stop, () => work.Bring(news, spin)],
            () => true,
            work.Check,
            work.ToString);
    });

    [Test]
    public void Stop_FromTwoThreads_IsSeenTo() => Race.Run(Rounds, (referee, random) =>
    {
        var work = new Work(referee);
        var (visits, spin) = (random.Next(1, 60), random.Next(12));

        return new Round(
            [() => work.Consume(visits, spin, leaves: null), work.Stop, work.Stop],
            () => true,
            work.Check,
            work.ToString);
    });

    [Test]
    public void Visits_WhileOthersBringNews_NeverOverlap() => Race.Run(40, (referee, random) =>
    {
        var work = new Work(referee);
        var seed = random.Next();

        return new Round(
            [
                () =>
                {
                    work.Consume(4000, spin: 0, new Random(seed));
                    work.Stop(); // what was brought while the gate was held is still to be looked at
                },
                () => work.Bring(4000, spin: 0),
            ],
            () => true,
            work.Check,
            work.ToString);
    });

    [Test]
    public void News_FromTwoThreadsAtTheSameInstant_IsSeen() => Race.Run(30, (referee, _) =>
    {
        // Side by side from gate to gate: each is left just as the other brings its last.
        var works = Enumerable.Range(0, 1000).Select(_ => new Work(referee)).ToArray();
        var places = new int[2];

        return new Round(
            [() => Walk(works, places, 0, work => work.Bring(2, spin: 0)), () => Walk(works, places, 1, work => work.Bring(3, spin: 0))],
            () => true,
            () =>
            {
                foreach (var work in works)
                    work.CheckNews();
            },
            () => string.Join(' ', places));
    });

    [Test]
    public void Stop_AtTheSameInstantAsAVisit_IsSeenTo() => Race.Run(30, (referee, _) =>
    {
        var works = Enumerable.Range(0, 200).Select(_ => new Work(referee)).ToArray();
        var places = new int[2];
        foreach (var work in works)
            work.Consume(1, spin: 0, leaves: null);

        return new Round(
            [() => Walk(works, places, 0, work => work.Consume(20, spin: 0, leaves: null)), () => Walk(works, places, 1, work => work.Stop())],
            () => true,
            () =>
            {
                foreach (var work in works)
                    work.Check();
            },
            () => string.Join(' ', places));
    });

    private static void Walk(Work[] works, int[] places, int self, Action<Work> act)
    {
        for (var i = 0; i < works.Length; i++)
        {
            Volatile.Write(ref places[self], i);
            var spin = new SpinWait();
            while (Volatile.Read(ref places[1 - self]) < i)
                spin.SpinOnce(sleep1Threshold: -1);
            act(works[i]);
        }

        Volatile.Write(ref places[self], works.Length);
    }

    private sealed class Work(Referee referee)
    {
        private DrainGate _gate;
        private volatile bool _stopping;
        private int _brought;
        private int _passed;

        // Of the thread inside the gate, and unguarded: two at once would show.
        private bool _isInside;
        private bool _hasStopped;
        private int _passes;
        private int _seen;

        /// <summary>As <c>Pump.WakeForConsumer</c>.</summary>
        public void Consume(int visits, int spin, Random? leaves)
        {
            for (var i = 0; i < visits; i++)
            {
                if (_gate.TryEnterAsHolder())
                {
                    bool holds;
                    do
                    {
                        Pass();
                        holds = !_hasStopped && leaves?.Next(4) != 0;
                    }
                    while (!(holds ? _gate.TryHold() : _gate.TryLeave()));
                }

                Thread.SpinWait(spin);
            }
        }

        /// <summary>As <c>Pump.Stop</c>.</summary>
        public void Stop()
        {
            _stopping = true;
            if (_gate.TryRevoke())
                Drain();
            else
                Wake();
        }

        public void Bring(int news, int spin)
        {
            for (var i = 0; i < news; i++)
            {
                Interlocked.Increment(ref _brought);
                Wake();
                Thread.SpinWait(spin);
            }
        }

        public void Check()
        {
            Assert.That(_hasStopped, Is.True, "nobody has seen to the stop");
            CheckNews();
        }

        public void CheckNews()
        {
            Assert.That(_seen, Is.EqualTo(_brought), "news that nobody has seen");
            Assert.That(_passes, Is.EqualTo(_passed), "two were inside at once");
            Assert.That(_gate.TryEnter(), Is.True, "the gate is shut");
        }

        public override string ToString() => $"passes: {_passes} of {_passed}, seen: {_seen} of {_brought}, stopping: {_stopping}, stopped: {_hasStopped}";

        private void Wake()
        {
            if (_gate.TryEnter())
                Drain();
        }

        private void Drain()
        {
            do
                Pass();
            while (!_gate.TryLeave());
        }

        private void Pass()
        {
            referee.Require(!_isInside, "two are inside");
            _isInside = true;
            _passes++;
            _seen = Volatile.Read(ref _brought);
            _hasStopped |= _stopping;
            _isInside = false;
            Interlocked.Increment(ref _passed);
        }
    }
}
