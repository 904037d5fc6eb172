using System.Diagnostics;
using System.Reactive;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>When a subscription began and ended; null while it lasts.</summary>
/// <param name="Subscribed">The frame of <c>Subscribe</c>.</param>
/// <param name="Unsubscribed">The frame of <c>Dispose</c>.</param>
public readonly record struct SubscriptionFrames(long Subscribed, long? Unsubscribed);

/// <summary>A push source paced by a virtual clock, hot or cold. It records who subscribes.</summary>
/// <remarks>
/// <code>
/// cold    -a-b|     counted from each subscription
/// hot     -a-b|     counted from the start of the test, to whoever is subscribed then
/// </code>
/// </remarks>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("{Name,nq}: Subscriptions = {Subscriptions.Count}")]
public sealed class PushProbe<T> : IObservable<T>, ISourceProbe
{
    private readonly Timeline _clock;
    private readonly IReadOnlyList<Marble<T>> _marbles;
    private readonly bool _isHot;
    private readonly bool _replayTerminal;
    private readonly List<IObserver<T>> _observers = [];
    private readonly List<List<MarbleSymbol>> _uses = [];
    private Notification<T>? _ending;

    internal PushProbe(Timeline clock, IReadOnlyList<Marble<T>> marbles, bool isHot, bool replayTerminal, string name, MarbleDiagram? diagram)
    {
        _clock = clock;
        _marbles = Marble.Check(marbles);
        _isHot = isHot;
        _replayTerminal = replayTerminal;
        Name = name;
        Diagram = diagram;
    }

    /// <summary>What failures and pictures call it.</summary>
    public string Name { get; internal set; }

    /// <summary>Whether it goes on speaking to who has left, as of a source that ignores the disposal of its subscription; which it records all the same.</summary>
    public bool IgnoresDisposal { get; set; }

    /// <summary>The subscriptions so far, in order.</summary>
    public IReadOnlyList<SubscriptionFrames> Subscriptions =>
        [.. ((ISourceProbe)this).Uses.Select(use => new SubscriptionFrames(Frame(use[0]), use.Count > 1 ? Frame(use[1]) : null))];

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);

        var use = new List<MarbleSymbol> { new(_clock.Now, MarbleKind.Subscribe, "", 1, 0) };
        lock (_uses)
            _uses.Add(use);
        if (_uses.Count > _clock.Limit)
            return StopSomethingEndless();

        var timers = new CompositeDisposable();
        if (!_isHot)
        {
            var lane = new object();
            foreach (var marble in _marbles)
                timers.Add(_clock.At(_clock.Now + marble.Time, lane, Name, () => marble.Notification.Accept(observer)));
        }
        else if (_ending is null)
        {
            _observers.Add(observer);
        }
        else if (_replayTerminal)
        {
            _ending.Accept(observer);
        }

        return Disposable.Create(() =>
        {
            if (!IgnoresDisposal)
            {
                timers.Dispose();
                _observers.Remove(observer);
            }

            lock (_uses)
                use.Add(new MarbleSymbol(_clock.Now, MarbleKind.Unsubscribe, "", 1, 0));
        });
    }

    /// <summary>Says something now, whatever the diagram says: also from inside an observer's <c>OnNext</c>, which makes the signals overlap, or after the ending.</summary>
    /// <param name="notification">What to say to whoever is subscribed.</param>
    /// <exception cref="ArgumentNullException"><paramref name="notification"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The source is cold: it has a conversation with each subscriber, and none with all.</exception>
    public void Signal(Notification<T> notification)
    {
        ArgumentNullException.ThrowIfNull(notification);
        if (!_isHot)
            throw new InvalidOperationException($"'{Name}' is cold: only a hot source can signal to all.");

        if (notification.Kind != NotificationKind.OnNext)
            _ending = notification;
        foreach (var observer in _observers.ToArray())
            notification.Accept(observer);
    }

    internal MarbleDiagram? Diagram { get; }

    /// <summary>Puts what a hot source will say on the clock. What is past is said at once.</summary>
    internal void Arm()
    {
        foreach (var marble in _marbles)
        {
            if (marble.Time < TimeSpan.Zero || marble.Time < _clock.Now)
                Signal(marble.Notification);
            else
                _clock.At(marble.Time, this, Name, () => Signal(marble.Notification), Phase.Speak);
        }
    }

    string ISourceProbe.Kind => _isHot ? "hot" : "cold";

    MarbleDiagram? ISourceProbe.Diagram => Diagram;

    IReadOnlyList<IReadOnlyList<MarbleSymbol>> ISourceProbe.Uses
    {
        get
        {
            // An operator that has left the clock may dispose on another thread.
            lock (_uses)
                return [.. _uses.Select(use => use.ToList())];
        }
    }

    MarbleRow ISourceProbe.UseRow => MarbleRow.ExpectedSubscription;

    IReadOnlyList<Violation> ISourceProbe.Violations => [];

    /// <summary>A throw from here would be one more failure to retry. So the source falls silent, and the clock's run throws.</summary>
    private IDisposable StopSomethingEndless()
    {
        var limit = VirtualTimeLimitException.Subscriptions(Name, _clock.Limit, _clock.Now);
        if (_uses.Count == _clock.Limit + 1)
            _clock.At(_clock.Now, this, Name, () => throw limit);
        return Disposable.Empty;
    }

    private long Frame(MarbleSymbol symbol) => symbol.Time.Ticks / _clock.FrameSize.Ticks;
}
