namespace RxTokens;

/// <summary>
/// Lets one thread at a time drain work that many may add: whoever finds the gate open drains, everyone else leaves
/// a note and goes. It is what keeps re-entrant and concurrent callers from recursing or overlapping.
/// </summary>
/// <remarks>
/// One visitor that comes again and again, never twice at once, may hold the gate shut between its visits, and then comes and goes
/// without an interlocked operation. It is safe because the price is paid on the other side: whoever takes the gate away from
/// its holder (<see cref="TryRevoke"/>) first puts a fence into every running thread. Then either the holder, which announces its visit before it
/// looks for a revocation, has seen the revocation, or the revoker sees the visit; and where both may want the gate, an interlocked operation decides.
/// </remarks>
internal struct DrainGate
{
    private const int Open = 0;
    private const int Draining = 1;
    private const int DrainingWithNote = 2;

    private const int NotHeld = 0;
    private const int Held = 1;

    private int _state;
    private int _hold; // Held: the state is Draining for the holder's sake, on a visit or between two
    private volatile bool _isVisiting;
    private volatile bool _isRevoked;

    /// <summary>Announces new work. True means the caller must drain until <see cref="TryLeave"/> says so.</summary>
    public bool TryEnter() =>
        Interlocked.CompareExchange(ref _state, Draining, Open) == Open
        || Interlocked.Exchange(ref _state, DrainingWithNote) == Open;

    /// <summary>False means that work was announced meanwhile: drain once more.</summary>
    public bool TryLeave()
    {
        // In this order: who finds no visit must find no hold either.
        Volatile.Write(ref _hold, NotHeld);
        _isVisiting = false;
        if (Interlocked.CompareExchange(ref _state, Open, Draining) == Draining)
            return true;

        // A full fence, not a plain store: the next round's reads must come after the note is taken down,
        // or an announcement made in between would be read by nobody.
        Interlocked.Exchange(ref _state, Draining);
        return false;
    }

    /// <summary>The same as <see cref="TryEnter"/>, for the one who may hold the gate.</summary>
    public bool TryEnterAsHolder()
    {
        _isVisiting = true;
        if (_hold == Held && (!_isRevoked || TryTakeHeld()))
            return true;

        _isVisiting = false;
        return TryEnter();
    }

    /// <summary>
    /// Leaves, but holds the gate shut: for when nothing that others announce matters before the next visit. False means that this
    /// was revoked: drain once more.
    /// </summary>
    public bool TryHold()
    {
        Volatile.Write(ref _hold, Held);
        _isVisiting = false;
        return !_isRevoked || !TryTakeHeld();
    }

    /// <summary>Ends holding for good. True means that the gate was held, and that the caller has entered in the holder's place.</summary>
    public bool TryRevoke()
    {
        _isRevoked = true;
        Interlocked.MemoryBarrierProcessWide();
        return !_isVisiting && TryTakeHeld();
    }

    private bool TryTakeHeld() => Interlocked.CompareExchange(ref _hold, NotHeld, Held) == Held;
}
