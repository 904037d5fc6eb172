using System.Reactive.Disposables;

namespace RxTokens.Exploration;

/// <summary>
/// A query with a timer, like Rx's <c>Buffer(period)</c>: it keeps letters until the timer rings, on a thread of its own. One thread is inside it
/// at a time, which in Rx's operators a lock sees to; the thread that is inside may not enter it once more, from which no lock would keep it.
/// </summary>
internal sealed class Timer(Scene scene)
{
    private readonly List<Item> _kept = [];
    private IObserver<Item>? _observer;
    private int _inside;

    public IObservable<Item> Over(IObservable<Item> source) => new Query(this, source);

    /// <summary>The body of the thread on which it rings, whenever there is something to say.</summary>
    public void Ring()
    {
        while (scene.WaitUntil(() => _kept.Count > 0 && _observer is not null))
            Inside(Say);
    }

    private void Inside(Action work)
    {
        var self = Environment.CurrentManagedThreadId;
        Scene.Require(_inside != self, "the query is told of something by the thread on which it speaks");
        if (!scene.WaitUntil(() => _inside == 0))
            return;

        _inside = self;
        work();
        _inside = 0;
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

        public void OnNext(Item value) => timer.Inside(() => timer._kept.Add(value));

        public void OnError(Exception error) => End(observer => observer.OnError(error));

        public void OnCompleted() => End(static observer => observer.OnCompleted());

        private void End(Action<IObserver<Item>> tell) => timer.Inside(() =>
        {
            timer.Say();
            if (timer._observer is { } observer)
                tell(observer);
        });
    }
}
