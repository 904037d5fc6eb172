using System.Runtime.CompilerServices;

namespace RxTokens;

/// <summary>
/// A stage of a pipeline: whose turn it is, and the one enumerator of its source, used correctly: one <c>MoveNextAsync</c> at a time and
/// only while more is asked for, one <c>DisposeAsync</c>, never during a read nor while the consumer is at work on an item, and in a
/// loop instead of recursion.
/// </summary>
/// <remarks>
/// <code>
/// field                    written by     read by       ordered by
/// _turn                    everyone       everyone      itself
/// _inner, _cancellation    constructor;   everyone      volatile; who cancels has left its note before, which is looked for
///                          the runner,                  before the next source is read
///                          at a source's end
/// _runner                  the runner     everyone      nothing: only the runner's own thread finds its number here
/// all others               the runner     the runner    _turn
/// </code>
/// <para><b>The runner</b> is the thread whose turn it is. <see cref="Post"/> is the one way to it: what happens is a <see cref="Note"/>, which the caller
/// sees to itself where nobody runs the stage, and leaves to the runner otherwise. So all events of a stage have one order, and everything
/// that derives from it says in its own table what does <em>not</em> belong to the runner.</para>
/// <para><b>A turn</b>: take the notes, read on as far as more is wanted, hand out, and again while there are notes; then rest, leave, and
/// only then, outside the turn, call the consumer.</para>
/// <para>(A base class, not an interface to call: one virtual call an item is all that it costs, also where the types share their code.)</para>
/// </remarks>
internal abstract partial class Stage<T> : IAwakened
{
    private enum Phase : byte
    {
        Ready,
        Reading,

        /// <summary>No more reads; the source is not disposed yet.</summary>
        Over,
        CleaningUp,
        Ended,
    }

    /// <summary>What a turn leaves to be done after it.</summary>
    [Flags]
    protected enum Due
    {
        None = 0,

        /// <summary>The consumer, still inside its call, has its answer.</summary>
        Answered = 1,

        /// <summary>The consumer waits for its answer, which is settled.</summary>
        Resume = 2,

        /// <summary>The consumer waits for the end of its disposal, which has come.</summary>
        Gone = 4,

        /// <summary>The observer has thrown.</summary>
        Throw = 8,

        /// <summary>There is more to read, in another turn.</summary>
        Continue = 16,
    }

    private volatile IOutlet<T>? _inner;
    private volatile CancellationTokenSource? _cancellation;
    private int _runner;

    private Phase _phase;
    private bool _hasLanded;
    private bool _isStopped;
    private IAsyncEnumerable<T>? _source; // until it is enumerated
    private IAsyncEnumerator<T>? _enumerator;
    private Action? _onLanded; // none before there is something to wait for
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _read;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _cleanup;
    private Failures? _failures;
    private Turn _turn; // the last: what a derived class begins with fills its half word

    /// <param name="source">The source, enumerated at the first read; none where items are pushed.</param>
    /// <param name="mayBeHeld">Whether the consumer may keep the turn between its calls.</param>
    protected Stage(IAsyncEnumerable<T>? source, bool mayBeHeld = false)
    {
        _turn = new Turn(mayBeHeld);
        if (source is not null)
            Begin(source);
    }

    /// <summary>What has gone wrong, to add to.</summary>
    protected Failures Failures => _failures ??= new();

    /// <summary>What the source failed with.</summary>
    protected Exception? SourceFailure => _failures?.OfSource;

    /// <summary>What the stage itself failed with.</summary>
    protected Exception? OwnFailure => _failures?.OfStage;

    /// <summary>What the consumer is told in the end, if that is no plain end.</summary>
    protected Exception? ToldFailure => _failures?.Told;

    /// <summary>What cleaning up failed with, none or more.</summary>
    protected ReadOnlySpan<Exception?> CleanupFailures => _failures?.OfCleanUp;

    /// <summary>The stage before this one, if the source is one of the library's; none once it is disposed.</summary>
    protected IOutlet<T>? Inner => _inner;

    /// <summary>Whether nothing more will be read.</summary>
    protected bool IsStopped => _isStopped;

    /// <summary>Whether a read is under way, and has not returned.</summary>
    protected bool IsReading => _phase == Phase.Reading && !_hasLanded;

    /// <summary>Whether the source has ended or failed, or is read no more.</summary>
    protected bool IsSourceOver => _phase >= Phase.Over;

    /// <summary>Whether the source is disposed.</summary>
    protected bool IsSourceDisposed => _phase == Phase.Ended;

    /// <summary>Whether the caller is the runner: it comes from inside a call that the stage has made.</summary>
    protected bool IsInside
    {
        // Another thread never finds its own number here, and this one sees what it wrote itself.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _runner != 0 && _runner == ThisThread.Number;
    }

    /// <summary>A turn begins. What depends on the thread alone stays the same until it rests.</summary>
    /// <returns>How many items that are ready may be read in it, until there are notes.</returns>
    protected virtual long OnEnter() => long.MaxValue;

    /// <summary>Something has happened.</summary>
    protected abstract void OnNotes(Note notes);

    /// <summary>Whether one more item is asked for now.</summary>
    protected abstract bool MayRead();

    /// <summary>One item. Does not throw.</summary>
    /// <returns>What <see cref="MayRead"/> says after it.</returns>
    protected abstract bool OnItem(T item);

    /// <summary>Whether what a read has thrown is a failure, and no end.</summary>
    protected virtual bool IsFailure(Exception thrown) => true;

    /// <summary>An item that nobody will get. May throw.</summary>
    protected virtual void OnDiscarded(T item)
    {
    }

    /// <summary>Whether the source may be disposed: the consumer is not at work on an item, and gets none before the end.</summary>
    protected virtual bool MayDispose() => true;

    /// <summary>The source has ended or failed, and is disposed. Does not throw.</summary>
    /// <returns>What to read after it, if there is anything: its failure, and that of its clean-up, are then forgotten.</returns>
    protected virtual IAsyncEnumerable<T>? NextSource() => null;

    /// <summary>The last source is disposed. Called once.</summary>
    protected virtual void OnEnd()
    {
    }

    /// <summary>A turn after that, and the one in which it happened.</summary>
    protected virtual void OnEnded()
    {
    }

    /// <summary>The turn is about to end.</summary>
    /// <param name="isUsedUp">Whether as many items have been read as may be in one turn.</param>
    protected virtual Due OnRest(bool isUsedUp) => Due.None;

    /// <summary>The turn has ended, and the stage is inside no call: the time to run a consumer's continuation.</summary>
    protected abstract void Do(Due due);

    /// <summary>Something has happened. From any thread, also from inside a call that the stage has made.</summary>
    /// <returns>Whether that was seen to: else somebody else is at it, who will.</returns>
    protected bool Post(Note note)
    {
        if (_turn.TryEnter())
        {
            Do(Run(note));
            return true;
        }

        if (IsInside)
        {
            _turn.Remind(note);
            return true;
        }

        if (!_turn.Announce(note))
            return false;

        Do(Run(Note.None));
        return true;
    }

    /// <summary>The same from inside a task's continuation.</summary>
    protected void PostFromTask(Note note)
    {
        try
        {
            Post(note);
        }
        catch (Exception thrown)
        {
            // An observer's, further down. The task that we are in would swallow it.
            Unobserved.Throw(thrown);
        }
    }

    /// <summary>The same for what ends the stage: whoever is at it may be inside the source or a query, and must not be kept there.</summary>
    protected void PostEnding(Note note)
    {
        if (!Post(note))
            Interrupt();
    }

    /// <summary>Cancels what the runner may be inside of. From any thread.</summary>
    protected virtual void Interrupt() => CancelSource();

    /// <summary>Leaves a note, for who has found somebody at it.</summary>
    /// <returns>What is to be done now, where the caller has run the stage after all.</returns>
    protected Due Announce(Note note)
    {
        if (IsInside)
            _turn.Remind(note);
        else if (_turn.Announce(note))
            return Run(Note.None);
        return Due.None;
    }

    /// <summary>Makes the turn the consumer's, if nobody else is at it. <see cref="Run"/> must follow.</summary>
    protected bool TryVisit() => _turn.TryVisit();

    /// <summary>Runs the stage, for who has the turn, and gives the turn back.</summary>
    protected Due Run(Note notes, bool mayHold = false)
    {
        var thread = ThisThread.Number;
        var due = Due.None;
        do
        {
            _runner = thread;
            notes |= _turn.Take();
            long left;
            do
            {
                left = OnEnter();
                SeeTo(notes);
                Advance(ref left);
                notes = _turn.Take();
            }
            while (notes != Note.None);

            due |= OnRest(left == 0);
            _runner = 0;
        }
        while (!(mayHold && due == Due.Answered && _phase == Phase.Ready && _turn.MayHold ? _turn.TryHold() : _turn.TryLeave()));

        return due;
    }

    /// <summary>For who runs the stage inside somebody's loop: sees to what has been left meanwhile.</summary>
    protected void LookAtNotes()
    {
        if (_turn.HasNotes)
            SeeTo(_turn.Take());
    }

    private void SeeTo(Note notes)
    {
        if ((notes & Note.Landed) != 0)
            _hasLanded = true;
        OnNotes(notes);
    }

    /// <summary>Reads no more. A pending read is cancelled: its item is of no use; without one the source may clean up in peace.</summary>
    protected void Stop()
    {
        if (_isStopped)
            return;

        _isStopped = true;
        if (_phase == Phase.Reading)
            CancelSource();
    }

    /// <summary>Cancels the source's token. From any thread, at any time.</summary>
    protected virtual void CancelSource()
    {
        if (_cancellation is { } cancellation)
            Unobserved.Cancel(cancellation);
        else if (_inner is { } inner)
            Unobserved.Cancel(inner, static inner => inner.Cancel());
    }

    void IAwakened.OnRung() => Post(Note.News);

    /// <summary>Puts a timer away, if there is one.</summary>
    protected void Disarm<TTimer>(ref TTimer? timer)
        where TTimer : class, IDisposable
    {
        try
        {
            timer?.Dispose();
        }
        catch (Exception failure)
        {
            FailedToCleanUp(failure);
        }

        timer = null;
    }

    /// <summary>Lets go of an item that nobody will get.</summary>
    protected void Discard(T item)
    {
        try
        {
            OnDiscarded(item);
        }
        catch (Exception failure)
        {
            FailedToCleanUp(failure);
        }
    }

    /// <summary>What the source and its clean-up have failed with, for who tells it by itself.</summary>
    protected Exception? PassOnFailure()
    {
        if (_failures is null)
            return null;

        var failure = Ending.Combine([_failures.OfSource, .. _failures.OfCleanUp]);
        _failures.OfSource = null;
        _failures.PassedOn = _failures.OfCleanUp.Length;
        return failure;
    }

    /// <summary>What cleaning up failed with, but for what has been passed on.</summary>
    protected ReadOnlySpan<Exception?> OwnCleanupFailures => CleanupFailures[(_failures?.PassedOn ?? 0)..];

    /// <summary>Something that belongs to cleaning up has failed.</summary>
    protected void FailedToCleanUp(Exception failure) => Failures.OfCleanUp = [.. Failures.OfCleanUp, failure];
}
