using System.Reactive.Disposables;

namespace RxTokens.Exploration;

/// <summary>Closes and opens a valve, as the explorer chooses; in the end it is open.</summary>
internal sealed class Switch(Scene scene) : IObservable<bool>
{
    private IObserver<bool>? _valve;

    /// <summary>The body of the thread on which it speaks.</summary>
    public void Turn()
    {
        if (!scene.WaitUntil(() => _valve is not null))
            return;

        for (var turns = scene.Choose(4); turns > 0; turns--)
        {
            Say(false);
            Say(true);
        }
    }

    public IDisposable Subscribe(IObserver<bool> observer)
    {
        _valve = observer;
        return Disposable.Empty;
    }

    private void Say(bool isOpen)
    {
        for (var pauses = scene.Choose(6); pauses > 0; pauses--)
            Scene.Pause();
        _valve!.OnNext(isOpen);
    }
}
