namespace RxTokens;

/// <summary>A consumer of a shared stream, as that sees it. It tells one thing at a time.</summary>
internal interface IJoined<T>
{
    /// <summary>For how many items there is room; if for none, it says so when there is.</summary>
    int RoomOrSaysWhen();

    /// <summary>An item that came before it joined.</summary>
    void Remember(T item);

    /// <param name="items">The items, one or more.</param>
    /// <param name="number">The how-manieth of the source the last of them is.</param>
    void Tell(ReadOnlySpan<T> items, long number);

    /// <summary>Nothing follows.</summary>
    void End(Exception? failure);

    /// <summary>It need not wait any more: its seat says why.</summary>
    void Free();
}

/// <summary>What lies between a consumer and the shared source.</summary>
/// <remarks>
/// <code>
/// field                 written by                       read by           ordered by
/// Consumer              constructor's caller, once       everyone          before it joins
/// Next, Previous,       the source's runner              the same          the source's turn
///   IsLinked
/// Wishes                everyone                         the runner        the source's lock
/// _number               the runner, first under the      the consumer's    volatile
///                       lock; then after what it tells   runner
/// _asked                the consumer's runner; while     the runner        volatile, before its note News
///                       it waits to be let in: the
///                       runner
/// _hasLeft              the consumer's runner            everyone          the source's lock; elsewhere a hint
/// _isFree               the consumer's runner: false,    the consumer's    volatile, before the consumer is told
///                       under the lock; the runner:      runner
///                       true
/// _failure              the runner                       the consumer's    _isFree
///                                                        runner
/// </code>
/// </remarks>
internal sealed class Seat<T>(SharedSource<T> source, bool holds)
{
    private long _number = NotYet;
    private long _asked;
    private volatile bool _hasLeft;
    private volatile bool _isFree = true;
    private bool _hasJoined; // before anybody else knows of it
    private Exception? _failure;

    public const long NotYet = -1;

    /// <summary>What a seat wants of the source, and waits to be seen to.</summary>
    [Flags]
    public enum Wish
    {
        None = 0,
        Join = 1,
        Ask = 2,
        Leave = 4,

        /// <summary>With <see cref="Leave"/>: by its token.</summary>
        Cancel = 8,
    }

    public IJoined<T> Consumer { get; set; } = null!;

    public Seat<T>? Next { get; set; }

    public Seat<T>? Previous { get; set; }

    public bool IsLinked { get; set; }

    public Wish Wishes { get; set; }

    /// <summary>Whether the source is held back where this consumer has no room.</summary>
    public bool Holds => holds;

    /// <summary>The number of the last item that it was told, or that was told before it joined; <see cref="NotYet"/> before that.</summary>
    public long Number
    {
        get => Volatile.Read(ref _number);
        set => Volatile.Write(ref _number, value);
    }

    /// <summary>The number of the item that the consumer waits for, or has waited for.</summary>
    public long Asked => Volatile.Read(ref _asked);

    public bool HasLeft => _hasLeft;

    /// <summary>Whether leaving needs to wait for nothing any more.</summary>
    public bool IsFree => _isFree;

    /// <summary>For the consumer, at its very beginning.</summary>
    public void Join()
    {
        _hasJoined = true;
        source.Join(this);
    }

    /// <summary>The consumer has nothing, and waits for this item. It may come before the call returns.</summary>
    /// <returns>False: it has been let in meanwhile, and has to look at its number again.</returns>
    public bool TryAsk(long number)
    {
        if (number == NotYet + 1)
            return source.TryWishToAsk(this);

        AskNow(number);
        return true;
    }

    /// <summary>The same, for the source's runner, where the consumer has asked before it was there.</summary>
    public void AskNow(long number)
    {
        Volatile.Write(ref _asked, number);
        source.Ask(number);
    }

    /// <summary>The consumer has made room.</summary>
    public void GoOn() => source.GoOn();

    /// <summary>Somebody ends the consumer, whose thread may be inside the source on its behalf. From any thread.</summary>
    public void Interrupt()
    {
        if (_hasJoined)
            source.InterruptFor(this);
    }

    /// <summary>The consumer has left, cancelled, failed or ended. Again, that changes nothing.</summary>
    /// <param name="isCancelled">Whether its token is cancelled; so is the source's then, if it was the last.</param>
    public void Leave(bool isCancelled)
    {
        if (!_hasJoined || _hasLeft)
            return;

        source.Leave(this, isCancelled);
    }

    /// <summary>For the source, under its lock.</summary>
    /// <param name="isLast">Whether its consumer has to wait for the source's end, perhaps.</param>
    public void CountedOut(bool isLast) => (_hasLeft, _isFree) = (true, !isLast);

    /// <summary>For the source's runner.</summary>
    public void Free(Exception? failure)
    {
        if (_isFree)
            return;

        _failure = failure;
        _isFree = true;
        Consumer.Free();
    }

    /// <summary>What the clean-up of the source has failed with, for the one who waited for it.</summary>
    public Exception? TakeFailure()
    {
        if (!_isFree)
            return null;

        var failure = _failure;
        _failure = null;
        return failure;
    }
}
