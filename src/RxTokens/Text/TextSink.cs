using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>A text operator, push → push: each subscription has a sink of its own.</summary>
internal sealed class TextOperator<R>(IObservable<string> source, Func<IObserver<R>, TextSink<R>> subscription) : ObservableBase<R>
{
    protected override IDisposable SubscribeCore(IObserver<R> observer)
    {
        var sink = subscription(observer);
        sink.Subscribe(source);
        return sink;
    }
}

/// <summary>A subscription of a text operator: makes results of text that comes in pieces, the same whatever the pieces are.</summary>
/// <remarks>
/// <code>
/// field                    written by                        read by    ordered by
/// _upstream, _timer        the subscriber; who speaks        everyone   themselves: Rx's own, may be disposed before they are there
/// _isOver                  who speaks; who disposes          everyone   volatile: a hint that there is no use in going on
/// the derived class's      who speaks                        who speaks the same
/// all others               who speaks                        who speaks _gate where there is a timer, else Rx's grammar: one at a time
/// </code>
/// <para>“Who speaks” is the source, or the timer of a flush. What either says while a result is being told, which only the observer's own
/// call can cause, waits until that has returned, in its order: a derived class is never inside itself.</para>
/// <para>An exception that the observer throws goes to whom it would go to without us, the source or the scheduler; one that the derived class
/// throws is the failure that the observer is told. Before either ending, and before a failure of the source, what is held is told.</para>
/// </remarks>
internal abstract class TextSink<R> : IObserver<string>, IDisposable
{
    private readonly IObserver<R> _observer;
    private readonly object? _gate; // no Lock: the systematic exploration knows none
    private readonly TimeSpan _flushAfter;
    private readonly IScheduler? _scheduler;
    private readonly SingleAssignmentDisposable _upstream = new();
    private readonly SerialDisposable? _timer;
    private volatile bool _isOver;

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
    protected TextSink(IObserver<R> observer) => _observer = observer;

    /// <summary>With a flush, where a scheduler is given.</summary>
    protected TextSink(IObserver<R> observer, TimeSpan flushAfter, IScheduler? scheduler)
        : this(observer)
    {
        if (scheduler is null)
            return;

        (_gate, _flushAfter, _scheduler, _timer) = (new(), flushAfter, scheduler, new());
    }

    /// <summary>Whether nothing that follows is of use.</summary>
    protected bool IsOver => _isOver;

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

    public void Subscribe(IObservable<string> source) => _upstream.Disposable = source.Subscribe(this);

    public void Dispose()
    {
        _isOver = true;
        _upstream.Dispose();
        _timer?.Dispose();
    }

    protected void Emit(R result)
    {
        if (_isOver)
            return;

        _hasEmitted = true;
        _isTelling = true;
        _observer.OnNext(result);
        _isTelling = false;
    }

    /// <summary>Ends before the source does, which is disposed.</summary>
    protected void Complete()
    {
        if (_isOver)
            return;

        _isOver = true;
        _isTelling = true;
        _observer.OnCompleted();
        _isTelling = false;
    }

    // The source speaks.

    public void OnNext(string value)
    {
        if (_gate is null)
            Hear(value ?? ""); // some clients have chunks without text
        else
            lock (_gate)
                Hear(value ?? "");
    }

    public void OnError(Exception error) => OnEnd(error);

    public void OnCompleted() => OnEnd(null);

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
            if (_isOver || !_isArmed || arming != _armings)
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
        if (_isOver || _isEnding)
            return;
        if (_isBusy)
            (_later ??= new()).Enqueue(piece);
        else
            Work(piece);
    }

    private void HearEnd(Exception? failure)
    {
        if (_isOver || _isEnding)
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
            while (!_isOver && _later is { Count: > 0 })
                Add(_later.Dequeue());
            if (_isFlushDue && !_isOver && !_isEnding)
                FlushNow();
        }
        catch (Exception failure) when (!_isTelling)
        {
            (_isEnding, _failure) = (true, failure);
        }

        if (_isEnding)
            End();
        else if (_scheduler is not null && !_isOver)
            Watch();
        _isBusy = false; // not where the observer has thrown: it hears nothing more
    }

    private void FlushNow()
    {
        _isFlushDue = false;
        if (IsHolding)
            Flush();
    }

    private void End()
    {
        try
        {
            if (!_isOver)
                AddEnd();
        }
        catch (Exception failure) when (!_isTelling)
        {
            _failure ??= failure;
        }

        if (_isOver)
            return;

        _isOver = true;
        _timer?.Dispose();
        if (_failure is null)
            _observer.OnCompleted();
        else
            _observer.OnError(_failure);
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
