using System.Reactive.Disposables;

namespace RxTokens.Exploration;

/// <summary>A push source of letters, for one subscriber: it speaks on the thread that runs <see cref="Push"/>.</summary>
internal sealed class PushSource(Scene scene, string letters) : IObservable<Item>
{
    private IObserver<Item>? _observer;
    private int _next;

    /// <summary>What the source fails with instead of ending.</summary>
    public Exception? Failure { get; init; }

    public string Sent => letters[.._next];

    public int Subscriptions { get; private set; }

    public bool IsSettled => _observer is null;

    /// <summary>The body of the thread that pushes, once there is a subscriber.</summary>
    public void Push()
    {
        if (!scene.WaitUntil(() => _observer is not null))
            return;

        while (_next < letters.Length)
        {
            Scene.Pause();
            if (_observer is not { } observer)
                return;
            observer.OnNext(new Item(letters[_next++].ToString(), static () => true));
        }

        Scene.Pause();
        if (_observer is not { } last)
            return;
        if (Failure is not null)
            last.OnError(Failure);
        else
            last.OnCompleted();
    }

    public IDisposable Subscribe(IObserver<Item> observer)
    {
        Scene.Require(_observer is null, "subscribed twice");
        Subscriptions++;
        _observer = observer;
        return Disposable.Create(() => _observer = null);
    }
}
