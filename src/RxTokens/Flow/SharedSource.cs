using System.Runtime.CompilerServices;

namespace RxTokens;

/// <summary>The one reader of a shared source: it reads when a consumer asks and none of those that hold it back is full, on as far as all have room, and tells all.</summary>
/// <remarks>
/// <code>
/// field             written by                     read by       ordered by
/// _changed,         everyone                       the runner    _gate, which covers no more than this
///   Seat.Wishes
/// _hasChanged       everyone, under _gate          the runner    volatile, before the note News
/// _wanted           the consumers' runners, up     the runner    interlocked, before their note News
/// _consumers,       who joins, leaves, interrupts  everyone      _gate, with their wish
///   _isClosed
/// _end              the runner, once               the runner    the turn
/// all others        the runner                     the runner    the turn
/// </code>
/// <para>The consumers are a list through their seats. What is told, an item or the end, goes along it, and calls the consumers' code, which may
/// join, leave and ask meanwhile: who joins stands behind, and is not told what came before; who leaves is taken out, and the walk goes on with the next.</para>
/// </remarks>
internal sealed class SharedSource<T>(IAsyncEnumerable<T> source, History<T> history, TimeSpan grace, System.Reactive.Concurrency.IScheduler? scheduler)
    : Stage<T>(source)
{
    /// <summary>How many items that are ready are told in one turn: who asks again at once must not keep the others' thread for ever.</summary>
    private const int Burst = 1024;

    private readonly object _gate = new();
    private readonly Queue<Seat<T>> _changed = new();
    private volatile bool _hasChanged; // none in the queue: an ask is too frequent to take the lock for
    private long _wanted; // the number of the item that somebody has asked for
    private volatile int _consumers;
    private volatile bool _isClosed; // the only consumer was ended while its thread was perhaps inside the source: whoever joins has come too late

    private Seat<T>? _first;
    private Seat<T>? _last;
    private Seat<T>? _next; // to be told
    private Seat<T>? _unchecked; // from here on it is not known who has room for the next item
    private bool _isChecked; // or of nobody
    private int _room; // for so many items, as far as that is known
    private long _readTo; // the number of the last item that there is room for, since somebody has asked
    private long _count; // items that have come
    private T[] _come = new T[1]; // the last of them, which are told together
    private int _untold;
    private bool _isTelling;
    private bool _hasAskerLeft;
    private bool _hasBegun;
    private bool _isDeserted;
    private Alarm? _grace;
    private List<Seat<T>>? _leavers; // who wait for the disposal
    private Task? _end; // how it has ended

    /// <summary>Those that have joined and not left.</summary>
    public int Consumers => _consumers;

    public void Join(Seat<T> seat)
    {
        lock (_gate)
        {
            _consumers++;
            Enqueue(seat, Seat<T>.Wish.Join);
        }

        SeeToChangesSoon();
    }

    public void Leave(Seat<T> seat, bool isCancelled)
    {
        lock (_gate)
        {
            _consumers--;
            seat.CountedOut(isLast: _consumers == 0 || _isClosed);
            Enqueue(seat, Seat<T>.Wish.Leave | (isCancelled ? Seat<T>.Wish.Cancel : Seat<T>.Wish.None));
        }

        SeeToChangesSoon();
    }

    /// <summary>For a consumer that perhaps has not been let in yet.</summary>
    /// <returns>Whether it has not; it will have asked when it is.</returns>
    public bool TryWishToAsk(Seat<T> seat)
    {
        lock (_gate)
        {
            if (seat.Number != Seat<T>.NotYet)
                return false;

            Enqueue(seat, Seat<T>.Wish.Ask);
        }

        SeeToChangesSoon();
        return true;
    }

    public void Ask(long number)
    {
        for (var wanted = Volatile.Read(ref _wanted); number > wanted;)
        {
            var seen = Interlocked.CompareExchange(ref _wanted, number, wanted);
            if (seen == wanted)
                break;
            wanted = seen;
        }

        GoOn();
    }

    public void GoOn()
    {
        if (!IsInside || !_isTelling) // who is told an item and asks for the next need not say so: we look when all are told
            Post(Note.News);
    }

    /// <summary>Cancels what the only consumer may be inside of. From any thread.</summary>
    public void InterruptFor(Seat<T> seat)
    {
        lock (_gate)
        {
            if (_consumers != 1 || seat.HasLeft || grace != TimeSpan.Zero)
                return;

            _isClosed = true;
        }

        CancelSource();
    }

    private void Enqueue(Seat<T> seat, Seat<T>.Wish wish)
    {
        _hasChanged = true;
        if (seat.Wishes == Seat<T>.Wish.None)
            _changed.Enqueue(seat);
        seat.Wishes |= wish;
    }

    private void SeeToChangesSoon()
    {
        Post(Note.News);
        if (IsInside)
            SeeToChanges(); // from inside a consumer's code: what it gets now is there when it goes on
    }

    protected override long OnEnter() => Burst;

    protected override void OnNotes(Note notes)
    {
        SeeToChanges();
        if (_grace is { HasRung: true })
        {
            Disarm(ref _grace);
            if (Consumers == 0)
                Desert();
        }
    }

    private void SeeToChanges()
    {
        while (_hasChanged)
        {
            Tell(); // what has come is for those that were here
            _readTo = _count;
            if (!TryTakeChange(out var seat, out var wishes))
                return;

            if ((wishes & Seat<T>.Wish.Leave) != 0)
                LetOut(seat, isCancelled: (wishes & Seat<T>.Wish.Cancel) != 0);
            else if ((wishes & Seat<T>.Wish.Join) != 0)
                LetIn(seat, hasAsked: (wishes & Seat<T>.Wish.Ask) != 0);
        }
    }

    private bool TryTakeChange(out Seat<T> seat, out Seat<T>.Wish wishes)
    {
        lock (_gate)
        {
            if (!_changed.TryDequeue(out seat!))
            {
                wishes = Seat<T>.Wish.None;
                return false;
            }

            _hasChanged = _changed.Count > 0;
            wishes = seat.Wishes;
            seat.Wishes = Seat<T>.Wish.None;
            if (seat.Number == Seat<T>.NotYet)
                seat.Number = _count - history.Count; // from here on it asks for itself
            return true;
        }
    }

    private void LetIn(Seat<T> seat, bool hasAsked)
    {
        Disarm(ref _grace);
        if (_end is null)
            Link(seat);

        var isTold = seat.Number < _count;
        history.Tell(seat.Consumer);
        if (_end is not null)
            TellEnd(seat);
        else if (hasAsked && !isTold)
            seat.AskNow(_count + 1);
    }

    private void LetOut(Seat<T> seat, bool isCancelled)
    {
        if (seat.IsLinked)
        {
            Unlink(seat);
            _hasAskerLeft |= seat.Asked > _count;
        }

        if ((Consumers > 0 && !_isClosed) || IsSourceDisposed || !_hasBegun)
        {
            seat.Free(null);
            return;
        }

        if (grace != TimeSpan.Zero)
        {
            seat.Free(null);
            if (!Alarm.IsNever(grace))
                StartGrace();
            return;
        }

        if (!seat.IsFree)
            (_leavers ??= []).Add(seat);
        Desert();
        if (isCancelled)
            CancelSource();
    }

    private void StartGrace()
    {
        Disarm(ref _grace);
        _grace = new Alarm(this, scheduler!, grace);
        try
        {
            _grace.Start();
        }
        catch (Exception failure)
        {
            Unobserved.Report(failure); // nobody is there to be told
            Desert();
        }
    }

    private void Desert()
    {
        _isDeserted |= !IsStopped && !IsSourceOver;
        Stop();
    }

    protected override bool MayRead()
    {
        if (_isClosed)
        {
            Desert();
            return false;
        }

        if (_count >= _readTo && !TryReadOn())
            return false;

        _hasBegun = true;
        return true;
    }

    /// <summary>One item for who asks; and as many as there is room for, where nobody would lose by it.</summary>
    private bool TryReadOn()
    {
        if (Volatile.Read(ref _wanted) <= _count || (_hasAskerLeft && !IsAsked) || !HasEverybodyRoom)
            return false;

        _readTo = _count + _room;
        return true;
    }

    private bool IsAsked
    {
        get
        {
            for (var seat = _first; seat is not null; seat = seat.Next)
            {
                if (seat.Asked > _count)
                    return true;
            }

            return false;
        }
    }

    /// <summary>Who has room keeps it until the next item: nobody is looked at twice.</summary>
    private bool HasEverybodyRoom
    {
        get
        {
            if (!_isChecked)
                (_isChecked, _unchecked, _room) = (true, _first, Burst);
            for (; _unchecked is { } seat; _unchecked = seat.Next)
            {
                var room = seat.Holds ? seat.Consumer.RoomOrSaysWhen() : 1;
                if (room == 0)
                    return false;

                _room = Math.Min(_room, room);
            }

            return true;
        }
    }

    protected override bool OnItem(T item)
    {
        try
        {
            history.Add(item);
        }
        catch (Exception failure)
        {
            Failures.OfStage = failure; // told after the item
            Stop();
        }

        // Not before: who joins from inside the history's function does not find the item there, and is told it.
        _count++;
        (_isChecked, _hasAskerLeft) = (false, false);
        if (_untold == _come.Length)
            Array.Resize(ref _come, 2 * _untold);
        _come[_untold++] = item;
        if (_count < _readTo && !IsStopped && !_isClosed)
            return true;

        Tell();
        return !IsStopped && MayRead();
    }

    /// <summary>Tells all what has come, each all of it at once: with many consumers, the less each is touched the better.</summary>
    private void Tell()
    {
        if (_untold == 0)
            return;

        var items = _come.AsSpan(0, _untold);
        _untold = 0;
        _isTelling = true;
        for (_next = _first; _next is { } seat;)
        {
            _next = seat.Next;
            if (seat.Number < _count && !seat.HasLeft)
                seat.Consumer.Tell(items, _count);
        }

        _isTelling = false;
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            items.Clear();
        LookAtNotes();
    }

    /// <summary>The last items are told before the source is disposed.</summary>
    protected override bool MayDispose()
    {
        Tell();
        return true;
    }

    protected override bool IsFailure(Exception thrown) => !(_isClosed && thrown is OperationCanceledException);

    protected override void OnEnd()
    {
        _isDeserted |= _isClosed && SourceFailure is null;
        Disarm(ref _grace);
        var failure = _isDeserted
            ? new InvalidOperationException("The shared stream was ended when its last consumer had left, and is not enumerated twice. Share it with a grace time to outlast a change of consumers.")
            : Ending.Combine([OwnFailure, SourceFailure, .. CleanupFailures]);

        // Where nobody is ever told, its task says so.
        _end = failure is null ? Task.CompletedTask : Task.FromException(failure);
        var isForLeavers = _isDeserted || _leavers is not null;
        if (_isDeserted || (isForLeavers && OwnFailure is null && SourceFailure is null))
            _ = _end.Exception;
        FreeLeavers(isForLeavers ? Ending.Combine(CleanupFailures) : null);
        for (_next = _first; _next is { } seat;)
        {
            _next = seat.Next;
            Unlink(seat);
            TellEnd(seat);
        }
    }

    private void FreeLeavers(Exception? failure)
    {
        if (_leavers is null)
            Unobserved.Report(failure);
        foreach (var seat in _leavers ?? [])
            seat.Free(failure);
        _leavers = null;
    }

    private void TellEnd(Seat<T> seat)
    {
        if (!seat.HasLeft)
            seat.Consumer.End(_end!.Exception?.InnerException);
    }

    private void Link(Seat<T> seat)
    {
        seat.IsLinked = true;
        seat.Previous = _last;
        if (_last is null)
            _first = seat;
        else
            _last.Next = seat;
        _last = seat;
        if (_isChecked)
            _unchecked ??= seat;
    }

    private void Unlink(Seat<T> seat)
    {
        if (_next == seat)
            _next = seat.Next;
        if (_unchecked == seat)
            _unchecked = seat.Next;
        if (seat.Previous is null)
            _first = seat.Next;
        else
            seat.Previous.Next = seat.Next;
        if (seat.Next is null)
            _last = seat.Previous;
        else
            seat.Next.Previous = seat.Previous;
        (seat.IsLinked, seat.Next, seat.Previous) = (false, null, null);
    }

    protected override Due OnRest(bool isUsedUp)
    {
        if (_untold > 0)
        {
            Tell(); // the next is not ready, or not in this turn
            if (!isUsedUp)
                Announce(Note.News); // who was told may have asked for more
        }

        if (IsStopped && IsReading)
            CancelSource(); // the last one may have left from inside the very call
        return isUsedUp && !IsStopped ? Due.Continue : Due.None;
    }

    protected override void Do(Due due)
    {
        if ((due & Due.Continue) != 0)
            ThreadPool.QueueUserWorkItem(static source => source.Post(Note.News), this, preferLocal: false);
    }
}
