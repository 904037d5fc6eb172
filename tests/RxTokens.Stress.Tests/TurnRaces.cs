namespace RxTokens.Stress;

/// <summary>
/// The turn, used as a stage uses it: a consumer that comes again and again and may keep it, others that bring news, and a
/// cancellation. One runs at a time, and a note is seen to also where the consumer does not come again.
/// </summary>
public sealed class TurnRaces
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
        private Turn _turn = new(mayBeHeld: true);
        private int _brought;
        private int _passed;

        // The runner's, and unguarded: two at once would show.
        private bool _isInside;
        private bool _hasStopped;
        private int _passes;
        private int _seen;

        /// <summary>As a consumer asks.</summary>
        public void Consume(int visits, int spin, Random? leaves)
        {
            for (var i = 0; i < visits; i++)
            {
                if (_turn.TryVisit())
                {
                    bool holds;
                    do
                    {
                        Pass();
                        holds = !_hasStopped && leaves?.Next(4) != 0 && _turn.MayHold;
                    }
                    while (!(holds ? _turn.TryHold() : _turn.TryLeave()));
                }
                else
                {
                    Announce(Note.Asked);
                }

                Thread.SpinWait(spin);
            }
        }

        public void Stop() => Post(Note.Cancelled);

        public void Bring(int news, int spin)
        {
            for (var i = 0; i < news; i++)
            {
                Interlocked.Increment(ref _brought);
                Post(Note.News);
                Thread.SpinWait(spin);
            }
        }

        public void Check()
        {
            Assert.That(_hasStopped, Is.True, "nobody has seen to the cancellation");
            CheckNews();
        }

        public void CheckNews()
        {
            Assert.That(_seen, Is.EqualTo(_brought), "news that nobody has seen");
            Assert.That(_passes, Is.EqualTo(_passed), "two ran at once");
            Assert.That(_turn.TryEnter(), Is.True, "somebody keeps the turn");
        }

        public override string ToString() => $"passes: {_passes} of {_passed}, seen: {_seen} of {_brought}, stopped: {_hasStopped}";

        // As Stage.Post.
        private void Post(Note note)
        {
            if (_turn.TryEnter())
                Run(note);
            else
                Announce(note);
        }

        private void Announce(Note note)
        {
            if (_turn.Announce(note))
                Run(Note.None);
        }

        private void Run(Note note)
        {
            do
            {
                Pass(note);
                note = Note.None;
            }
            while (!_turn.TryLeave());
        }

        private void Pass(Note note = Note.None)
        {
            referee.Require(!_isInside, "two run");
            _isInside = true;
            _passes++;
            note |= _turn.Take();
            _seen = Volatile.Read(ref _brought);
            _hasStopped |= (note & Note.Cancelled) != 0;
            _isInside = false;
            Interlocked.Increment(ref _passed);
        }
    }
}
