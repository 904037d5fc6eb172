using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>An observable, subscribed and left at the times of its row, and given the requests that it asks for.</summary>
internal sealed class ObservedPush<T> : Observed<T>
{
    private readonly Func<IObservable<long>, IObservable<T>> _stream;
    private readonly PushRecorder<T> _recorder;
    private readonly Requests _requests = new();
    private readonly SingleAssignmentDisposable _subscription = new();

    public ObservedPush(Timeline clock, Func<IObservable<long>, IObservable<T>> stream, MarbleDiagram? demand)
        : base(clock, demand)
    {
        _stream = stream;
        _recorder = new PushRecorder<T>(clock) { OnItem = Count, OnEnd = _subscription.Dispose, OnReceived = marble => OnReceived?.Invoke(marble) };
    }

    /// <summary>Told of all that arrives.</summary>
    public Action<Marble<T>>? OnReceived { get; init; }

    /// <summary>Whether it is asked, though there is no row of requests.</summary>
    public bool IsUnderDemand { get; init; }

    public override IReadOnlyList<Marble<T>> Received => _recorder.Received;

    public override IEnumerable<Violation> Violations => [.. base.Violations, .. _recorder.ProtocolViolations];

    public override void Subscribe()
    {
        if (!_subscription.IsDisposed)
            _subscription.Disposable = _stream(_requests).Subscribe(_recorder);
    }

    public override void Leave()
    {
        _recorder.Leave();
        _subscription.Dispose();
    }

    protected override bool IsBounded => IsUnderDemand || base.IsBounded;

    protected override void OnRequest(long count) => _requests.Send(count);

    /// <summary>What the row asks for, to whoever listens.</summary>
    private sealed class Requests : IObservable<long>
    {
        private readonly List<IObserver<long>> _observers = [];

        public IDisposable Subscribe(IObserver<long> observer)
        {
            _observers.Add(observer);
            return Disposable.Create(() => _observers.Remove(observer));
        }

        public void Send(long count)
        {
            foreach (var observer in _observers.ToArray())
                observer.OnNext(count);
        }
    }
}
