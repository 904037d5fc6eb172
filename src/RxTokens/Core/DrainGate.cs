namespace RxTokens;

/// <summary>
/// Lets one thread at a time drain work that many may add: whoever finds the gate open drains, everyone else leaves
/// a note and goes. It is what keeps re-entrant and concurrent callers from recursing or overlapping.
/// </summary>
internal struct DrainGate
{
    private const int Open = 0;
    private const int Draining = 1;
    private const int DrainingWithNote = 2;

    private int _state;

    /// <summary>Announces new work. True means the caller must drain until <see cref="TryLeave"/> says so.</summary>
    public bool TryEnter() =>
        Interlocked.CompareExchange(ref _state, Draining, Open) == Open
        || Interlocked.Exchange(ref _state, DrainingWithNote) == Open;

    /// <summary>False means that work was announced meanwhile: drain once more.</summary>
    public bool TryLeave()
    {
        if (Interlocked.CompareExchange(ref _state, Open, Draining) == Draining)
            return true;

        // A full fence, not a plain store: the next round's reads must come after the note is taken down,
        // or an announcement made in between would be read by nobody.
        Interlocked.Exchange(ref _state, Draining);
        return false;
    }
}
