using System.Runtime.CompilerServices;

namespace RxTokens;

/// <content>
/// The one enumerator of the source, and where it stands: <c>Ready</c> → <c>Reading</c> → <c>Ready</c> …, then <c>Over</c>, where the source
/// waits for its disposal, <c>CleaningUp</c>, and <c>Ended</c>, or <c>Ready</c> again where another source follows. All of it is the runner's.
/// </content>
internal abstract partial class Stage<T>
{
    private void Advance(ref long left)
    {
        // What the last item's receiver said, until it is used: asked again, it might answer differently.
        bool? mayRead = null;
        while (true)
        {
            switch (_phase)
            {
                case Phase.Ready:
                    if (_isStopped)
                    {
                        _phase = Phase.Over;
                        break;
                    }

                    if (left == 0 || _turn.HasNotes)
                        return;
                    var reads = mayRead ?? MayRead(); // which may stop us
                    mayRead = null;
                    if (!_isStopped && (!reads || !TryRead(ref left)))
                        return;
                    break;

                case Phase.Reading:
                    if (!_hasLanded)
                        return;
                    mayRead = Land();
                    if (_turn.HasNotes)
                        return;
                    break;

                case Phase.Over:
                    if (_turn.HasNotes || !MayDispose())
                        return;
                    CleanUp();
                    break;

                case Phase.CleaningUp:
                    if (!_hasLanded)
                        return;
                    Finish(_cleanup);
                    break;

                case Phase.Ended:
                    OnEnded();
                    return;
            }
        }
    }

    /// <summary>Reads and hands over what is ready. False: nothing more is wanted, or there are notes; else there is a phase to look at.</summary>
    private bool TryRead(ref long left)
    {
        try
        {
            while (true)
            {
                left--;
                var enumerator = _enumerator ??= Enumerate();
                var read = enumerator.MoveNextAsync();
                if (!read.IsCompleted)
                {
                    Await(read);
                    return !_turn.HasNotes;
                }

                if (!read.Result)
                {
                    _phase = Phase.Over;
                    return true;
                }

                var item = enumerator.Current;
                LookAtNotes();
                if (_isStopped)
                {
                    Discard(item);
                    return true;
                }

                var mayRead = OnItem(item);
                if (_isStopped)
                    return true;
                if (!mayRead || left == 0 || _turn.HasNotes)
                    return false;
            }
        }
        catch (Exception failure)
        {
            OnFailedRead(failure);
            return true;
        }
    }

    private IAsyncEnumerator<T> Enumerate()
    {
        if (_inner is not null)
            return _inner;

        var source = _source!;
        _source = null;
        return source.Enumerate(_cancellation!.Token);
    }

    private void Await(ValueTask<bool> read)
    {
        _read = read.ConfigureAwait(false).GetAwaiter();
        _phase = Phase.Reading;
        _hasLanded = false;

        // Not UnsafeOnCompleted: ambient values (the current activity, log scopes) follow the items, as through an await.
        if (_inner is not null)
            _inner.OnCompleted(static stage => ((Stage<T>)stage!).Post(Note.Landed), this);
        else
            _read.OnCompleted(_onLanded ??= OnLanded);
    }

    private void OnLanded() => Post(Note.Landed);

    /// <returns>What the receiver said; null where there is none.</returns>
    private bool? Land()
    {
        T item;
        try
        {
            if (!_read.GetResult())
            {
                _phase = Phase.Over;
                return null;
            }

            item = _enumerator!.Current;
        }
        catch (Exception failure)
        {
            OnFailedRead(failure);
            return null;
        }

        _phase = Phase.Ready;
        LookAtNotes();
        if (!_isStopped)
            return OnItem(item);

        Discard(item);
        return null;
    }

    private void OnFailedRead(Exception failure)
    {
        _phase = Phase.Over;
        LookAtNotes(); // what failed may be what a note has cancelled
        if (!_isStopped && !IsFailure(failure))
            return;
        if (!_isStopped)
            Failures.OfSource = failure;
        // Nobody is left to ask what a cancelled read became; but the clean-up of an iterator is part of its read.
        else if (failure is not OperationCanceledException)
            FailedToCleanUp(failure);
    }

    private void CleanUp()
    {
        var enumerator = _enumerator ?? _inner; // which may have joined others, unread
        if (enumerator is null)
        {
            End();
            return;
        }

        ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter cleanup;
        try
        {
            cleanup = enumerator.DisposeAsync().ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception failure)
        {
            OnFailedCleanup(failure);
            End();
            return;
        }

        if (cleanup.IsCompleted)
        {
            Finish(cleanup);
            return;
        }

        _cleanup = cleanup;
        _phase = Phase.CleaningUp;
        _hasLanded = false;
        cleanup.OnCompleted(_onLanded ??= OnLanded);
    }

    private void Finish(ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter cleanup)
    {
        try
        {
            cleanup.GetResult();
        }
        catch (Exception failure)
        {
            OnFailedCleanup(failure);
        }

        End();
    }

    private void OnFailedCleanup(Exception failure)
    {
        // A clean-up that gives way to our own cancellation has not failed; one that gives way to another has.
        if (_cancellation is { IsCancellationRequested: true } ours && failure is OperationCanceledException cancelled && cancelled.CancellationToken == ours.Token)
            return;

        FailedToCleanUp(failure);
    }

    private void End()
    {
        _source = null;
        _inner = null;
        _cancellation = null;
        _enumerator = null;
        _read = default;
        _cleanup = default;

        LookAtNotes(); // nothing is begun for who has left
        if (!_isStopped && NextSource() is { } next)
        {
            _failures = null;
            _phase = Phase.Ready;
            Begin(next);
            Interlocked.MemoryBarrier(); // who cancels looks for the source after its note, we for notes after the source
            return;
        }

        _phase = Phase.Ended;
        _isStopped = true;
        OnEnd();
    }

    private void Begin(IAsyncEnumerable<T> source)
    {
        if (OutletStream<T>.Of(source) is { } stream)
        {
            _inner = stream.Start(CancellationToken.None);
        }
        else
        {
            _source = source;
            _cancellation = new CancellationTokenSource();
        }
    }
}
