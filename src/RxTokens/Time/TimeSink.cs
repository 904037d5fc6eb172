using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>An operator about time, push → push: each subscription has a sink of its own.</summary>
internal sealed class TimeOperator<T, R>(IObservable<T> source, Func<IObserver<R>, TimeSink<T, R>> subscription) : ObservableBase<R>
{
    protected override IDisposable SubscribeCore(IObserver<R> observer)
    {
        var sink = subscription(observer);
        sink.Subscribe(source);
        return sink;
    }
}

/// <summary>A subscription of an operator that hears a source and timers, one at a time.</summary>
/// <remarks>
/// <code>
/// field                  written by             read by     ordered by
/// _upstream, _timer      who speaks             everyone    themselves: Rx's own, may be disposed before they are there
/// _isOver                who speaks; Dispose    everyone    volatile: a hint that there is no use in going on
/// all others, also the   who speaks             who speaks  _gate
///   derived class's
/// </code>
/// <para>“Who speaks” is the source, a timer or a window; the gate is held while something is told, as by Rx's own operators. An observer may push
/// from inside its call: a derived class therefore settles its state before it tells.</para>
/// </remarks>
internal abstract class TimeSink<T, R>(IObserver<R> observer) : IObserver<T>, IDisposable
{
    private readonly object _gate = new(); // no Lock: the systematic exploration knows none
    private readonly SingleAssignmentDisposable _upstream = new();
    private readonly SerialDisposable _timer = new();
    private volatile bool _isOver;
    private long _wait; // which wait is under way

    protected bool IsOver => _isOver;

    public void Subscribe(IObservable<T> source)
    {
        Begin();
        _upstream.Disposable = source.Subscribe(this);
    }

    public void Dispose()
    {
        _isOver = true;
        _upstream.Dispose();
        _timer.Dispose();
    }

    public void OnNext(T value)
    {
        lock (_gate)
        {
            if (!_isOver)
                Add(value);
        }
    }

    public void OnError(Exception error)
    {
        lock (_gate)
            Fail(error);
    }

    public void OnCompleted()
    {
        lock (_gate)
        {
            if (!_isOver)
                AddEnd();
            if (_isOver)
                return;

            End();
            observer.OnCompleted();
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
        if (!_isOver)
            observer.OnNext(result);
    }

    protected void Fail(Exception failure)
    {
        if (_isOver)
            return;

        End();
        observer.OnError(failure);
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
            if (!_isOver && wait == _wait)
                then();
        }
    }

    private void End()
    {
        _isOver = true;
        _timer.Dispose();
    }
}
