using System.Reactive.Disposables;

namespace RxTokens.Exploration;

/// <summary>Requests of somebody who is no <see cref="Demand"/>, for one stream.</summary>
internal sealed class Requests : IObservable<long>
{
    private IObserver<long>? _observer;

    public bool HasObserver => _observer is not null;

    public void Request(long count) => _observer?.OnNext(count);

    public void Complete() => _observer?.OnCompleted();

    public void Fail(Exception error) => _observer?.OnError(error);

    public IDisposable Subscribe(IObserver<long> observer)
    {
        _observer = observer;
        return Disposable.Create(() => _observer = null);
    }
}
