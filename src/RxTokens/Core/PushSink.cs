using System.Reactive;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>An operator from push to push: each subscription has a sink of its own.</summary>
internal sealed class PushOperator<T, R>(IObservable<T> source, Func<IObserver<R>, PushSink<T, R>> subscription) : ObservableBase<R>
{
    protected override IDisposable SubscribeCore(IObserver<R> observer)
    {
        var sink = subscription(observer);
        try
        {
            sink.Subscribe(source);
            return sink;
        }
        catch
        {
            sink.Dispose(); // nobody else can: there may be a timer
            throw;
        }
    }
}

/// <summary>A subscription of such an operator.</summary>
/// <remarks>
/// <code>
/// field        written by                           read by    ordered by
/// _upstream    the subscriber; who disposes         everyone   itself: Rx's own, may be disposed before it is there
/// _isOver      who speaks; who disposes, to true    everyone   volatile: a hint that there is no use in going on
/// </code>
/// <para>“Who speaks” is whoever tells the observer something: the source, a timer, another stream. A derived class sees to it that it is one at a time.</para>
/// </remarks>
internal abstract class PushSink<T, R>(IObserver<R> observer) : IObserver<T>, IDisposable
{
    private readonly SingleAssignmentDisposable _upstream = new();
    private volatile bool _isOver;

    protected IObserver<R> Observer => observer;

    /// <summary>Whether nothing that follows is of use.</summary>
    protected bool IsOver => _isOver;

    public virtual void Subscribe(IObservable<T> source) => _upstream.Disposable = source.Subscribe(this);

    public virtual void Dispose()
    {
        _isOver = true;
        _upstream.Dispose();
    }

    public abstract void OnNext(T value);

    public abstract void OnError(Exception error);

    public abstract void OnCompleted();

    /// <summary>Nothing more is told, but for the ending. The source is disposed when that has been told.</summary>
    protected void Close() => _isOver = true;
}
