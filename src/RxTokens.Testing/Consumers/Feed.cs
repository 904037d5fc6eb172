using System.Reactive;

namespace RxTokens;

/// <summary>What a stream has said and nobody has taken yet.</summary>
internal abstract class Feed<T>(Timeline clock)
{
    public Queue<Marble<T>> Waiting { get; } = [];

    public virtual IEnumerable<Violation> Violations => [];

    /// <summary>One item is wanted, if none is already.</summary>
    public abstract void Ask();

    public abstract void Leave();

    /// <summary>Whether leaving is over.</summary>
    public virtual bool IsGone => true;

    protected void Arrive(Marble<T> marble)
    {
        Waiting.Enqueue(marble);
        clock.Interrupt();
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

    public override void Ask()
    {
    }

    public override void Leave() => _subscription.Dispose();
}

internal sealed class PullFeed<T> : Feed<T>
{
    private readonly ObservedPull<T> _stream;
    private bool _isAsked;

    public PullFeed(Timeline clock, IAsyncEnumerable<T> stream)
        : base(clock)
    {
        _stream = new ObservedPull<T>(clock, stream, demand: null, clock.Limit) { OnReceived = Take };
        _stream.Subscribe();
    }

    public override void Ask()
    {
        if (_isAsked)
            return;

        _isAsked = true;
        _stream.Request(1);
    }

    public override bool IsGone => _stream.IsGone;

    public override IEnumerable<Violation> Violations => _stream.Violations;

    public override void Leave() => _stream.Leave();

    private void Take(Marble<T> marble)
    {
        _isAsked = marble.Notification.Kind != NotificationKind.OnNext;
        Arrive(marble);
    }
}
