using System.Reactive.Disposables;

namespace RxTokens.Exploration;

/// <summary>
/// A query with a timer, like Rx's <c>Buffer(period)</c>: it keeps letters until the timer rings, on a thread of its own.
/// </summary>
internal sealed class Timer(Scene scene)
{
    private readonly List<Item> _kept = [];
    private IObserver<Item>? _observer;
    private readonly OneInside _one = new(scene);

    public IObservable<Item> Over(IObservable<Item> source) => new Query(this, source);

    /// <summary>The body of the thread on which it rings, whenever there is something to say.</summary>
    public void Ring()
    {
        while (scene.WaitUntil(() => _kept.Count > 0 && _observer is not null))
            _one.Do(Say);
    }

    private void Say()
    {
        if (_kept.Count == 0)
            return;

        var all = _kept.Aggregate(Item.Merge);
        _kept.Clear();
        Scene.Pause();
        _observer?.OnNext(all);
        Scene.Pause();
    }

    private sealed class Query(Timer timer, IObservable<Item> source) : IObservable<Item>, IObserver<Item>
    {
        public IDisposable Subscribe(IObserver<Item> observer)
        {
            timer._observer = observer;
            return new CompositeDisposable(source.Subscribe(this), Disposable.Create(() => timer._observer = null));
        }

        public void OnNext(Item value) => timer._one.Do(() => timer._kept.Add(value));

        public void OnError(Exception error) => End(observer => observer.OnError(error));

        public void OnCompleted() => End(static observer => observer.OnCompleted());

        private void End(Action<IObserver<Item>> tell) => timer._one.Do(() =>
        {
            timer.Say();
            if (timer._observer is { } observer)
                tell(observer);
        });
    }
}
