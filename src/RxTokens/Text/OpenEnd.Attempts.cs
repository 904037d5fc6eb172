namespace RxTokens;

internal sealed partial class OpenEnd
{
    /// <summary>Where in a text an attempt that begins there is open at the end of it, and nothing is known of those before.</summary>
    /// <remarks>From the end to the beginning: one walk tells of each attempt by itself, while the attempts that go on together only tell of the oldest.</remarks>
    /// <returns>For each character, and for the end.</returns>
    public bool[] FindOpen(ReadOnlySpan<char> text)
    {
        var isOpen = new bool[text.Length + 1];
        var seen = new int[_states.Count]; // where last
        Array.Fill(seen, Nowhere);
        var (live, nextLive) = (new List<int>(), new List<int>()); // what leads on to a state that asks for what is behind the end
        for (var at = text.Length; at >= 0; at--)
        {
            nextLive.Clear();
            if (at == text.Length)
            {
                for (var state = 0; state < _states.Count; state++)
                {
                    if (_states[state].Set is not null)
                        Enter(state);
                }
            }
            else
            {
                foreach (var state in live)
                {
                    foreach (var before in _before.Value[state])
                    {
                        if (_states[before].Set is { } set && set.Contains(text[at]))
                            Enter(before);
                    }
                }
            }

            // What leads there without a character: the list grows meanwhile.
            for (var i = 0; i < nextLive.Count; i++)
            {
                foreach (var before in _before.Value[nextLive[i]])
                {
                    if (_states[before].Set is null)
                        Enter(before);
                }
            }

            isOpen[at] = at == text.Length || (_entry != Nowhere && seen[_entry] == at);
            (live, nextLive) = (nextLive, live);

            void Enter(int state)
            {
                if (seen[state] == at)
                    return;

                seen[state] = at;
                nextLive.Add(state);
            }
        }

        return isOpen;
    }

    private List<int>[] Backwards()
    {
        var before = new List<int>[_states.Count];
        for (var state = 0; state < before.Length; state++)
            before[state] = [];
        for (var state = 0; state < before.Length; state++)
        {
            var (_, next, other) = _states[state];
            if (next != Nowhere)
                before[next].Add(state);
            if (other != Nowhere)
                before[other].Add(state);
        }

        return before;
    }

    /// <summary>The attempts of one subscription.</summary>
    public sealed class Attempts
    {
        private readonly OpenEnd _graph;
        private readonly long[] _seen; // when last
        private readonly Stack<int> _ways = new();
        private List<(int State, long Start)> _open = []; // the oldest first
        private List<(int State, long Start)> _nextOpen = [];
        private long _time;
        private long _at;

        public Attempts(OpenEnd graph)
        {
            (_graph, _seen) = (graph, new long[graph._states.Count]);
            Restart(0);
        }

        /// <summary>Where the first open attempt has begun, or the end.</summary>
        public long First => _open.Count > 0 ? _open[0].Start : _at;

        /// <summary>Forgets all, and goes on from there.</summary>
        public void Restart(long at)
        {
            _at = at;
            _open.Clear();
            _time++;
            Enter(_open, _graph._entry, at);
        }

        public void Add(ReadOnlySpan<char> text)
        {
            foreach (var character in text)
            {
                _at++;
                _time++;
                _nextOpen.Clear();
                foreach (var (state, start) in _open)
                {
                    if (_graph._states[state].Set!.Contains(character))
                        Enter(_nextOpen, _graph._states[state].Next, start);
                }

                Enter(_nextOpen, _graph._entry, _at);
                (_open, _nextOpen) = (_nextOpen, _open);
            }
        }

        private void Enter(List<(int State, long Start)> open, int entry, long start)
        {
            _ways.Push(entry);
            while (_ways.TryPop(out var state))
            {
                if (state == Nowhere || _seen[state] == _time)
                    continue;

                _seen[state] = _time;
                var (set, next, other) = _graph._states[state];
                if (set is not null)
                {
                    open.Add((state, start));
                    continue;
                }

                _ways.Push(other);
                _ways.Push(next);
            }
        }
    }
}
