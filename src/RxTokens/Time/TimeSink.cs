using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>A subscription of an operator that hears a source and timers, one at a time.</summary>
/// <remarks>
/// <code>
/// field                          written by    read by     ordered by
/// _timer                         who speaks    everyone    itself: Rx's own, may be disposed before it is there
/// all others, also the derived   who speaks    who speaks  _gate
///   class's
/// </code>
/// <para>“Who speaks” is the source, a timer or a window; the gate is held while something is told, as by Rx's own operators. An observer may push
/// from inside its call: a derived class therefore settles its state before it tells. A wait that is over, or fails, inside the call that begins
/// it is over behind what was under way: there is no recursion, and nothing changes places.</para>
/// </remarks>
internal abstract class TimeSink<T, R>(IObserver<R> observer) : PushSink<T, R>(observer)
{
    private readonly object _gate = new(); // no Lock: the systematic exploration knows none
    private readonly SerialDisposable _timer = new();
    private long _wait; // which wait is under way
    private Action? _next; // what follows where that was over at once

    public override void Subscribe(IObservable<T> source)
    {
        lock (_gate)
        {
            Begin();
            GoOn();
        }

        if (!IsOver)
            base.Subscribe(source);
    }

    public override void Dispose()
    {
        base.Dispose();
        _timer.Dispose();
    }

    public override void OnNext(T value)
    {
        lock (_gate)
        {
            if (IsOver)
                return;

            Add(value);
            GoOn();
        }
    }

    public override void OnError(Exception error)
    {
        lock (_gate)
            Fail(error);
    }

    public override void OnCompleted()
    {
        lock (_gate)
        {
            if (!IsOver)
                AddEnd();
            if (IsOver)
                return;

            End();
            Observer.OnCompleted();
        }
    }

    /// <summary>Before the source is subscribed to.</summary>
    protected virtual void Begin()
    {
    }

    protected abstract void Add(T value);

    /// <summary>The source has completed: tells what is left.</summary>
    protected abstract void AddEnd();

    protected void Tell(R result)
    {
        if (!IsOver)
            Observer.OnNext(result);
    }

    protected void Fail(Exception failure)
    {
        if (IsOver)
            return;

        End();
        Observer.OnError(failure);
    }

    /// <summary>Waits for what <paramref name="begin"/> begins, and for nothing else any more.</summary>
    /// <param name="begin">Begins a wait; is given what to call when it is over, and when it has failed.</param>
    /// <param name="over">Called when it is over, unless another wait has begun or this one was given up.</param>
    protected void WaitFor(Func<Action, Action<Exception>, IDisposable> begin, Action over)
    {
        StopWaiting();
        var wait = _wait;
        var timer = new SingleAssignmentDisposable(); // in place before it begins: it may be over at once
        _timer.Disposable = timer;
        var hasBegun = false;
        try
        {
            timer.Disposable = begin(() => Follow(over), failure => Follow(() => Fail(failure)));
        }
        catch (Exception failure)
        {
            if (IsOver)
                throw; // an observer's, who was told something meanwhile. No filter: that would look before the observer is left
            Follow(() => Fail(failure));
        }

        hasBegun = true;

        void Follow(Action next)
        {
            lock (_gate)
            {
                if (IsOver || wait != _wait)
                    return;

                _next = next;
                if (hasBegun)
                    GoOn();
            }
        }
    }

    protected void WaitFor(TimeSpan time, IScheduler scheduler, Action over) =>
        WaitFor((done, _) => scheduler.Schedule(time, done), over);

    protected void StopWaiting()
    {
        _wait++;
        _next = null;
        _timer.Disposable = null;
    }

    private void GoOn()
    {
        while (!IsOver && _next is { } next)
        {
            _next = null;
            next();
        }
    }

    private void End()
    {
        Close();
        _timer.Dispose();
    }
}
