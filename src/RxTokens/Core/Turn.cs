namespace RxTokens;

/// <summary>What a stage can be told. Each is a note in its <see cref="Turn"/>; what there is to say beside it lies in the stage.</summary>
[Flags]
internal enum Note
{
    None = 0,

    /// <summary>The consumer wants an item.</summary>
    Asked = 1 << 1,

    /// <summary>The read that was pending has returned, or the clean-up has.</summary>
    Landed = 1 << 2,

    /// <summary>Something that the stage asks for by itself has changed: a result from elsewhere, room, credit.</summary>
    News = 1 << 3,

    /// <summary>The consumer's token is cancelled.</summary>
    Cancelled = 1 << 4,

    /// <summary>The consumer has disposed the stream.</summary>
    Left = 1 << 5,

    /// <summary>Who pushes (a query, a push source, the requests) has ended, failed, or broken the rules.</summary>
    Ended = 1 << 6,

    /// <summary>Rx's trampoline has come to the turn that was asked for.</summary>
    OnTrampoline = 1 << 7,
}

/// <summary>
/// Whose turn it is to run a stage: one word, in which everything that happens is a note. Who finds nobody at it runs the stage; everyone
/// else leaves the note to the one who does. Nobody ever waits.
/// </summary>
/// <remarks>
/// <code>
/// field         written by                    read by          ordered by
/// _word         everyone                      everyone         interlocked operations alone
/// _hold         the consumer; a revoker       both             interlocked, where both may want it: TryTakeHeld
/// _isVisiting   the consumer                  a revoker        the revoker's process-wide fence
/// _isRevoked    revokers, to true             the consumer     the same
/// </code>
/// <para>The consumer may keep the turn between its calls (<see cref="TryHold"/>): it then comes and goes without an interlocked
/// operation, as long as it is alone. Whoever has a note meanwhile takes the turn away from it, for good. The price is paid by that one:
/// it puts a fence into every running thread. Then either the consumer, which says that it is here before it looks for a revocation, has
/// seen it, or the revoker sees the visit; and where both may want the turn, an interlocked operation decides.</para>
/// </remarks>
internal struct Turn
{
    private const int Idle = 0;
    private const int Running = 1;

    private const int NotHeld = 0;
    private const int Held = 1;

    private int _word;
    private int _hold; // Held: the word is Running for the consumer's sake, on a visit or between two
    private volatile bool _isVisiting;
    private volatile bool _isRevoked;

    /// <param name="mayBeHeld">Whether the consumer uses <see cref="TryVisit"/> and <see cref="TryHold"/>.</param>
    public Turn(bool mayBeHeld) => _isRevoked = !mayBeHeld;

    /// <summary>True: nobody is at it, and the caller runs the stage until <see cref="TryLeave"/> says so. Else no note is left.</summary>
    public bool TryEnter() => Interlocked.CompareExchange(ref _word, Running, Idle) == Idle;

    /// <summary>Leaves a note. True: nobody is at it (any more), and the caller runs the stage.</summary>
    public bool Announce(Note note) => Interlocked.Or(ref _word, Running | (int)note) == Idle || TryRevoke();

    /// <summary>The same for who runs the stage itself, and comes from inside a call that it has made.</summary>
    public void Remind(Note note) => Interlocked.Or(ref _word, (int)note);

    /// <summary>Whether there are notes. For who runs the stage.</summary>
    public readonly bool HasNotes => Volatile.Read(in _word) != Running;

    /// <summary>Takes the notes. For who runs the stage.</summary>
    public Note Take() => HasNotes ? (Note)(Interlocked.Exchange(ref _word, Running) & ~Running) : Note.None;

    /// <summary>False means that a note was left meanwhile: go on.</summary>
    public bool TryLeave()
    {
        // In this order: who finds no visit must find no hold either.
        Volatile.Write(ref _hold, NotHeld);
        _isVisiting = false;
        return Interlocked.CompareExchange(ref _word, Idle, Running) == Running;
    }

    /// <summary>Whether the consumer may still keep the turn.</summary>
    public readonly bool MayHold => !_isRevoked;

    /// <summary><see cref="TryEnter"/> for the consumer, which may have kept the turn.</summary>
    public bool TryVisit()
    {
        _isVisiting = true;
        if (_hold == Held && (!_isRevoked || TryTakeHeld()))
            return true;

        _isVisiting = false;
        return TryEnter();
    }

    /// <summary>Leaves, but keeps the turn. False means that it was revoked: go on.</summary>
    public bool TryHold()
    {
        Volatile.Write(ref _hold, Held);
        _isVisiting = false;
        return !_isRevoked || !TryTakeHeld();
    }

    /// <summary>Ends keeping the turn. True: the consumer had kept it, and the caller runs the stage in its place.</summary>
    private bool TryRevoke()
    {
        // Who revoked it first takes the turn, or the consumer gives it back; either way our note is seen.
        if (_isRevoked)
            return false;

        _isRevoked = true;
        Interlocked.MemoryBarrierProcessWide();
        return !_isVisiting && TryTakeHeld();
    }

    private bool TryTakeHeld() => Interlocked.CompareExchange(ref _hold, NotHeld, Held) == Held;
}
