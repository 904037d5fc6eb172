using System.Diagnostics;
using System.Reactive;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>When a subscription began and ended; null while it lasts.</summary>
/// <param name="Subscribed">The frame of <c>Subscribe</c>.</param>
/// <param name="Unsubscribed">The frame of <c>Dispose</c>.</param>
public readonly record struct SubscriptionFrames(long Subscribed, long? Unsubscribed);

/// <summary>A push source paced by a virtual clock, hot or cold. It records who subscribes.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("Subscriptions = {Subscriptions.Count}")]
public sealed class PushProbe<T> : IObservable<T>
{
    private readonly VirtualClock _clock;
    private readonly IReadOnlyList<Marble<T>> _marbles;
    private readonly bool _isHot;
    private readonly List<IObserver<T>> _observers = [];
    private readonly List<SubscriptionFrames> _subscriptions = [];
    private Notification<T>? _ending;

    internal PushProbe(VirtualClock clock, IReadOnlyList<Marble<T>> marbles, bool isHot)
    {
        _clock = clock;
        _marbles = marbles;
        _isHot = isHot;
        if (!isHot)
            return;

        foreach (var marble in marbles)
        {
            Schedule(marble, () =>
            {
                if (marble.Notification.Kind != NotificationKind.OnNext)
                    _ending = marble.Notification;
                foreach (var observer in _observers.ToArray())
                    marble.Notification.Accept(observer);
            });
        }
    }

    /// <summary>The subscriptions so far, in order.</summary>
    public IReadOnlyList<SubscriptionFrames> Subscriptions => _subscriptions;

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);

        var index = _subscriptions.Count;
        _subscriptions.Add(new SubscriptionFrames(_clock.Frame, Unsubscribed: null));
        var timers = new CompositeDisposable();
        if (_isHot)
        {
            if (_ending is not null)
                _ending.Accept(observer);
            else
                _observers.Add(observer);
        }
        else
        {
            foreach (var marble in _marbles)
                timers.Add(Schedule(marble, () => marble.Notification.Accept(observer)));
        }

        return Disposable.Create(() =>
        {
            timers.Dispose();
            _observers.Remove(observer);
            _subscriptions[index] = _subscriptions[index] with { Unsubscribed = _clock.Frame };
        });
    }

    private IDisposable Schedule(Marble<T> marble, Action action) =>
        _clock.ScheduleAt(_clock.Clock + (marble.Frame * VirtualClock.FrameSize.Ticks), action);
}
