namespace RxTokens.Exploration;

/// <summary>
/// A pull source of letters, which reports every use that no reader may make of an enumerator. A read is answered at once, or lands on
/// the thread that runs <see cref="Land"/>, as the explorer chooses. Enumerated again, it goes on with the next letter.
/// </summary>
internal sealed class Source(Scene scene, string letters) : IAsyncEnumerable<Item>
{
    private Enumerator? _enumerator;
    private int _next;

    /// <summary>What the source fails with instead of ending.</summary>
    public Exception? Failure { get; init; }

    public Exception? CleanUpFailure { get; init; }

    /// <summary>Each enumeration fails with <see cref="Failure"/> after so many letters.</summary>
    public int FailsAfter { get; init; } = int.MaxValue;

    /// <summary>Whether reads are answered at once; null: as chance has it.</summary>
    public bool? IsReady { get; init; }

    /// <summary>Whether a read that waits gives way to its token.</summary>
    public bool ObeysItsToken { get; init; } = scene.Toss();

    public string Sent => letters[.._next];

    public bool IsAtItsEnd => _next == letters.Length;

    public int Reads { get; private set; }

    public int Enumerations { get; private set; }

    public int Disposals { get; private set; }

    public bool IsSettled => Enumerations == Disposals;

    /// <summary>The body of the thread on which reads land.</summary>
    public void Land()
    {
        while (scene.WaitUntil(() => _enumerator is { HasSomethingToLand: true }))
            _enumerator!.Land();
    }

    public IAsyncEnumerator<Item> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        Scene.Require(IsSettled, "enumerated again before the first enumerator was disposed");
        Enumerations++;
        return _enumerator = new Enumerator(this, cancellationToken);
    }

    private sealed class Enumerator(Source source, CancellationToken cancellationToken) : IAsyncEnumerator<Item>
    {
        private bool _isInside;
        private bool _hasEnded;
        private bool _isDisposed;
        private int _given;

        private Landing<bool>? _waiting;
        private Landing<bool>? _closing;

        public bool HasSomethingToLand => _waiting is not null || _closing is not null;

        public Item Current { get; private set; } = null!;

        public ValueTask<bool> MoveNextAsync()
        {
            Enter("MoveNextAsync");
            Scene.Require(!_hasEnded, "MoveNextAsync after the end");
            source.Reads++;
            Scene.Pause();
            if (source.IsReady ?? source.Toss())
                return Leave() is { } failure ? ValueTask.FromException<bool>(failure) : new ValueTask<bool>(!_hasEnded);

            if (source.ObeysItsToken && cancellationToken.IsCancellationRequested)
            {
                _isInside = false;
                _hasEnded = true;
                return ValueTask.FromCanceled<bool>(cancellationToken);
            }

            var waiting = _waiting = source.NewLanding();
            if (source.ObeysItsToken)
                cancellationToken.UnsafeRegister(static e => ((Enumerator)e!).GiveWay(), this);
            return waiting.Task;
        }

        public ValueTask DisposeAsync()
        {
            Enter("DisposeAsync");
            Scene.Pause();
            if (source.IsReady ?? source.Toss())
            {
                Close();
                return source.CleanUpFailure is { } failure ? ValueTask.FromException(failure) : default;
            }

            _closing = source.NewLanding();
            return _closing.TaskWithoutResult;
        }

        public void Land()
        {
            if (_closing is { } closing)
            {
                _closing = null;
                Close();
                Complete(closing, source.CleanUpFailure);
            }
            else if (_waiting is { } waiting)
            {
                _waiting = null;
                Complete(waiting, Leave());
            }
        }

        private void GiveWay()
        {
            if (_waiting is not { } waiting)
                return;

            _waiting = null;
            _isInside = false;
            _hasEnded = true;
            waiting.SetException(new OperationCanceledException(cancellationToken));
        }

        private void Complete(Landing<bool> landing, Exception? failure)
        {
            if (failure is null)
                landing.SetResult(!_hasEnded);
            else
                landing.SetException(failure);
        }

        private void Close()
        {
            _isInside = false;
            _isDisposed = true;
            source.Disposals++;
        }

        private void Enter(string call)
        {
            Scene.Require(!_isInside, call + " during another call");
            Scene.Require(!_isDisposed, call + " after DisposeAsync");
            _isInside = true;
        }

        /// <summary>The read's answer: an item, the end, or a failure.</summary>
        private Exception? Leave()
        {
            var fails = _given >= source.FailsAfter || (source.IsAtItsEnd && source.Failure is not null);
            _hasEnded = fails || source.IsAtItsEnd;
            if (!_hasEnded)
            {
                Current = new Item(source.Take(), () => !_isDisposed);
                _given++;
            }

            _isInside = false;
            return fails ? source.Failure : null;
        }
    }

    private Landing<bool> NewLanding() => new(scene);

    private bool Toss() => scene.Toss();

    private string Take() => letters[_next++].ToString();
}
