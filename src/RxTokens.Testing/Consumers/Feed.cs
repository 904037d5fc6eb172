using System.Reactive;

namespace RxTokens;

/// <summary>What a stream has said and nobody has taken yet.</summary>
internal abstract class Feed<T>(Timeline clock)
{
    private long _outstanding;
    private bool _isTold;
    private bool _hasEnded;

    public Queue<Marble<T>> Waiting { get; } = [];

    public virtual IEnumerable<Violation> Violations => [];

    /// <summary>Whether the stream speaks when it is asked, and only then.</summary>
    public virtual bool TakesRequests => true;

    /// <summary>Whether the test asks, and everything that it has asked for has come.</summary>
    public bool IsDry => _isTold && _outstanding == 0;

    /// <summary>One item is wanted, if none is already; unless the test asks by itself.</summary>
    public void Ask()
    {
        if (!_isTold && _outstanding == 0)
            Send(1);
    }

    /// <summary>The test asks, from now on it alone.</summary>
    public void Request(long count)
    {
        _isTold = true;
        Send(count);
    }

    public abstract void Leave();

    /// <summary>Whether leaving is over.</summary>
    public virtual bool IsGone => true;

    protected abstract void OnRequest(long count);

    protected void Arrive(Marble<T> marble)
    {
        if (_outstanding is > 0 and < long.MaxValue)
            _outstanding--;
        _hasEnded |= marble.Notification.Kind != NotificationKind.OnNext;
        Waiting.Enqueue(marble);
        clock.Interrupt();
    }

    private void Send(long count)
    {
        if (_hasEnded || !TakesRequests)
            return;

        _outstanding = Amount.Sum(_outstanding, count);
        OnRequest(count);
    }
}

internal sealed class PushFeed<T> : Feed<T>
{
    private readonly PushRecorder<T> _recorder;
    private readonly IDisposable _subscription;

    public PushFeed(Timeline clock, IObservable<T> stream)
        : base(clock)
    {
        _recorder = new PushRecorder<T>(clock) { OnReceived = Arrive };
        _subscription = stream.Subscribe(_recorder);
    }

    public override IEnumerable<Violation> Violations => _recorder.ProtocolViolations;

    public override bool TakesRequests => false;

    public override void Leave() => _subscription.Dispose();

    protected override void OnRequest(long count)
    {
    }
}

/// <summary>An observable under demand: what has not been asked for must not come.</summary>
internal sealed class DemandFeed<T> : Feed<T>
{
    private readonly ObservedPush<T> _stream;

    public DemandFeed(Timeline clock, Func<IObservable<long>, IObservable<T>> stream)
        : base(clock)
    {
        _stream = new ObservedPush<T>(clock, stream, demand: null) { OnReceived = Arrive, IsUnderDemand = true };
        _stream.Subscribe();
    }

    public override IEnumerable<Violation> Violations => _stream.Violations;

    public override void Leave() => _stream.Leave();

    protected override void OnRequest(long count) => _stream.Request(count);
}

internal sealed class PullFeed<T> : Feed<T>
{
    private readonly ObservedPull<T> _stream;

    public PullFeed(Timeline clock, IAsyncEnumerable<T> stream)
        : base(clock)
    {
        _stream = new ObservedPull<T>(clock, stream, demand: null, clock.Limit) { OnReceived = Arrive };
        _stream.Subscribe();
    }

    public override bool IsGone => _stream.IsGone;

    public override IEnumerable<Violation> Violations => _stream.Violations;

    public override void Leave() => _stream.Leave();

    protected override void OnRequest(long count) => _stream.Request(count);
}
