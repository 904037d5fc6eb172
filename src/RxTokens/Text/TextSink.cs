using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>A subscription of a text operator: makes results of text that comes in pieces, the same whatever the pieces are.</summary>
/// <remarks>
/// <code>
/// field                    written by                        read by    ordered by
/// _timer                   who speaks                        everyone   itself: Rx's own, may be disposed before it is there
/// the derived class's      who speaks                        who speaks the same
/// all others               who speaks                        who speaks _gate where there is a timer, else Rx's grammar: one at a time
/// </code>
/// <para>“Who speaks” is the source, or the timer of a flush. What either says while a result is being told, which only the observer's own
/// call can cause, waits until that has returned, in its order: a derived class is never inside itself.</para>
/// <para>An exception that the observer throws goes to whom it would go to without us, the source or the scheduler; one that the derived class
/// or the scheduler throws is the failure that the observer is told. Before either ending, and before a failure of the source, what is held is told.</para>
/// </remarks>
internal abstract class TextSink<R> : PushSink<string, R>
{
    private readonly object? _gate; // no Lock: the systematic exploration knows none
    private readonly TimeSpan _flushAfter;
    private readonly IScheduler? _scheduler;
    private readonly SerialDisposable? _timer;

    private bool _isBusy;
    private bool _isTelling;
    private bool _hasEmitted; // since the timer was armed
    private bool _isArmed;
    private bool _isFlushDue;
    private long _armings;
    private Queue<string>? _later;
    private bool _isEnding;
    private Exception? _failure;

    /// <summary>Without a flush: what is held waits for the text that settles it.</summary>
    protected TextSink(IObserver<R> observer)
        : base(observer)
    {
    }

    /// <summary>With a flush, where a scheduler is given.</summary>
    protected TextSink(IObserver<R> observer, TimeSpan flushAfter, IScheduler? scheduler)
        : this(observer)
    {
        if (scheduler is null)
            return;

        (_gate, _flushAfter, _scheduler, _timer) = (new(), flushAfter, scheduler, new());
    }

    /// <summary>Whether text waits for what will settle it, and may be flushed.</summary>
    protected virtual bool IsHolding => false;

    /// <summary>Takes the next piece, which may be empty, and emits what it settles.</summary>
    protected abstract void Add(string piece);

    /// <summary>The text has ended: emits what is held.</summary>
    protected abstract void AddEnd();

    /// <summary>What is held has waited long enough: emits it, but for half a surrogate pair, as if a border were there.</summary>
    protected virtual void Flush()
    {
    }

    /// <summary>What is held has no end, and memory has.</summary>
    /// <param name="what">With its article: “A line”.</param>
    /// <param name="maxChars">The bound.</param>
    protected static BackpressureException TooLong(string what, int maxChars) => new(
        $"{what} is longer than {maxChars:N0} characters, and would be held until it ends. Raise maxChars, or cut the text before.", maxChars);

    public override void Dispose()
    {
        base.Dispose();
        _timer?.Dispose();
    }

    protected void Emit(R result)
    {
        if (IsOver)
            return;

        _hasEmitted = true;
        _isTelling = true;
        Observer.OnNext(result);
        _isTelling = false;
    }

    /// <summary>Ends before the source does, which is disposed.</summary>
    protected void Complete()
    {
        if (IsOver)
            return;

        Close();
        _isTelling = true;
        Observer.OnCompleted();
        _isTelling = false;
    }

    // The source speaks.

    public override void OnNext(string value)
    {
        if (_gate is null)
            Hear(value ?? ""); // some clients have chunks without text
        else
            lock (_gate)
                Hear(value ?? "");
    }

    public override void OnError(Exception error) => OnEnd(error);

    public override void OnCompleted() => OnEnd(null);

    private void OnEnd(Exception? failure)
    {
        if (_gate is null)
            HearEnd(failure);
        else
            lock (_gate)
                HearEnd(failure);
    }

    private void OnTimer(long arming)
    {
        lock (_gate!)
        {
            if (IsOver || !_isArmed || arming != _armings)
                return;

            _isArmed = false;
            _isFlushDue = true;
            if (!_isBusy)
                Work(null);
        }
    }

    // One of them at a time.

    private void Hear(string piece)
    {
        if (IsOver || _isEnding)
            return;
        if (_isBusy)
            (_later ??= new()).Enqueue(piece);
        else
            Work(piece);
    }

    private void HearEnd(Exception? failure)
    {
        if (IsOver || _isEnding)
            return;

        (_isEnding, _failure) = (true, failure);
        if (!_isBusy)
            Work(null);
    }

    private void Work(string? piece)
    {
        _isBusy = true;
        try
        {
            if (piece is not null)
                Add(piece);
            while (!IsOver && WorkOn())
            {
            }
        }
        catch (Exception failure) when (!_isTelling)
        {
            (_isEnding, _failure) = (true, failure);
        }

        if (_isEnding)
            End();
        _isBusy = false; // not where the observer has thrown: it hears nothing more
    }

    /// <summary>Takes what has been said meanwhile, a flush behind it, and then waits.</summary>
    /// <returns>Whether there may be more.</returns>
    private bool WorkOn()
    {
        if (_later is { Count: > 0 })
        {
            Add(_later.Dequeue());
            return true;
        }

        if (_scheduler is null || _isEnding)
            return false;

        if (!_isFlushDue)
        {
            Watch();
            return _isFlushDue || _later is { Count: > 0 }; // there are schedulers that run what is due later at once
        }

        _isFlushDue = false;
        if (IsHolding)
            Flush();
        return true;
    }

    private void End()
    {
        try
        {
            if (!IsOver)
                AddEnd();
        }
        catch (Exception failure) when (!_isTelling)
        {
            _failure ??= failure;
        }

        if (IsOver)
            return;

        Close();
        _timer?.Dispose();
        if (_failure is null)
            Observer.OnCompleted();
        else
            Observer.OnError(_failure);
    }

    /// <summary>The wait begins when text begins to be held: with the first piece after the last result that leaves some.</summary>
    private void Watch()
    {
        if (!IsHolding)
        {
            if (_isArmed)
                Disarm();
        }
        else if (!_isArmed || _hasEmitted)
        {
            _isArmed = true;
            _hasEmitted = false;
            var arming = ++_armings;
            _timer!.Disposable = _scheduler!.Schedule((Self: this, Arming: arming), _flushAfter, static (_, s) =>
            {
                s.Self.OnTimer(s.Arming);
                return Disposable.Empty;
            });
        }
    }

    private void Disarm()
    {
        _isArmed = false;
        _timer!.Disposable = null;
    }
}
