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
/// from inside its call: a derived class therefore settles its state before it tells.</para>
/// </remarks>
internal abstract class TimeSink<T, R>(IObserver<R> observer) : PushSink<T, R>(observer)
{
    private readonly object _gate = new(); // no Lock: the systematic exploration knows none
    private readonly SerialDisposable _timer = new();
    private long _wait; // which wait is under way

    public override void Subscribe(IObservable<T> source)
    {
        Begin();
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
            if (!IsOver)
                Add(value);
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
        var wait = ++_wait;
        var timer = new SingleAssignmentDisposable(); // in place before it begins: it may be over at once
        _timer.Disposable = timer;
        try
        {
            timer.Disposable = begin(() => If(wait, over), failure => If(wait, () => Fail(failure)));
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    protected void WaitFor(TimeSpan time, IScheduler scheduler, Action over) =>
        WaitFor((done, _) => scheduler.Schedule(time, done), over);

    protected void StopWaiting()
    {
        _wait++;
        _timer.Disposable = null;
    }

    private void If(long wait, Action then)
    {
        lock (_gate)
        {
            if (!IsOver && wait == _wait)
                then();
        }
    }

    private void End()
    {
        Close();
        _timer.Dispose();
    }
}
