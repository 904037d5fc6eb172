using System.Reactive.Disposables;

namespace RxTokens.Exploration;

/// <summary>An operator from push to push, as the scenarios see it.</summary>
/// <param name="Apply">Applies it to a stream of letters.</param>
/// <param name="Keeps">What it promises about them.</param>
internal sealed record Query(string Name, Keeps Keeps, Func<Stage, IObservable<Item>, IObservable<Item>> Apply)
{
    /// <summary>Whether a failure drops what is held.</summary>
    public bool DropsAtFailure { get; init; }
}

/// <summary>An operator from push to push between who pushes and who listens, with timers and who disposes beside them; and what has to be true after it.</summary>
internal sealed class PushPlay
{
    private const string Letters = "ab c";

    private readonly Scene _scene = new();
    private readonly SingleAssignmentDisposable _subscription = new();
    private readonly Listener _listener = new();
    private readonly PushSource _source;
    private readonly Query _query;
    private bool _isDisposed;
    private int _itemsAtDisposal;
    private int _items;

    private PushPlay(Query query, Exception? failure = null)
    {
        _query = query;
        _source = new PushSource(_scene, Letters) { Failure = failure };
        _listener.OnItem = _ => _items++;
    }

    /// <summary>Nothing but the timers beside the source.</summary>
    public static void Alone(Query query) => new PushPlay(query).Run();

    public static void Fails(Query query) => new PushPlay(query, new InvalidDataException("the source failed")).Run();

    /// <summary>Somebody disposes, before, while or after the source speaks.</summary>
    public static void Disposed(Query query) => new PushPlay(query).DisposeBeside().Run();

    public static void FailsAndDisposed(Query query) => new PushPlay(query, new InvalidDataException("the source failed")).DisposeBeside().Run();

    /// <summary>The observer disposes from inside its call, whoever makes it.</summary>
    public static void DisposedFromInside(Query query)
    {
        var play = new PushPlay(query);
        play._listener.OnItem = _ =>
        {
            play._items++;
            if (!play._isDisposed)
                play.Dispose();
        };
        play.Run();
        Scene.Require(play._items <= 1, play.Story("hears more than it wants"));
    }

    private PushPlay DisposeBeside()
    {
        _scene.Start(() =>
        {
            var moment = _scene.Choose(Letters.Length + 2);
            _scene.WaitUntil(() => moment == 0 || _source.Sent.Length >= moment - 1);
            Dispose();
        });
        return this;
    }

    private void Dispose()
    {
        _isDisposed = true;
        _subscription.Dispose();
        _itemsAtDisposal = _items;
    }

    private void Run()
    {
        var stage = new Stage(_scene);
        var stream = _query.Apply(stage, _source);
        _scene.Start(_source.Push);
        _scene.Start(() => _subscription.Disposable = stream.Subscribe(_listener));
        _scene.Play();
        Check();
    }

    private void Check()
    {
        var (got, sent) = (_listener.Letters, _source.Sent);
        var place = 0;
        foreach (var letter in got)
        {
            place = sent.IndexOf(letter, place) + 1;
            Scene.Require(place > 0, Story("a letter that nobody sent, twice, or out of order"));
        }

        if (Promises(Keeps.All))
            Scene.Require(sent.StartsWith(got, StringComparison.Ordinal), Story("a letter is missing"));
        if (_isDisposed)
        {
            Scene.Require(_source.IsSettled, Story("the source is not unsubscribed from"));
            Scene.Require(_items <= _itemsAtDisposal + 1, Story("more than the item that was under way comes after the disposal"));
            return;
        }

        Scene.Require(_listener.HasEnded && _listener.Failure == _source.Failure, Story("not the right ending"));
        Scene.Require(_source.IsSettled, Story("the source is not unsubscribed from at the end"));
        if (Promises(Keeps.All) && (_source.Failure is null || !_query.DropsAtFailure))
            Scene.Require(got == Letters, Story("a letter got lost"));
        if (Promises(Keeps.Oldest))
            Scene.Require(got.StartsWith(Letters[0]), Story("the oldest was dropped"));
        if (Promises(Keeps.Newest) && _source.Failure is null)
            Scene.Require(got.EndsWith(Letters[^1]), Story("the newest was dropped"));
    }

    private bool Promises(Keeps promise) => (_query.Keeps & promise) == promise;

    private string Story(string what) => $"{what} ({_query.Name}: sent '{_source.Sent}', heard {_listener}, disposed: {_isDisposed})";
}
