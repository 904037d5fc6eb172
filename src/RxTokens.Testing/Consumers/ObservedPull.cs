using System.Reactive;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace RxTokens;

/// <summary>A consumer of a pull stream that asks one request after another, as many as it has been told to, and never two at a time.</summary>
internal sealed class ObservedPull<T>(Timeline clock, IAsyncEnumerable<T> stream, MarbleDiagram? demand, int maxReads) : Observed<T>(clock, demand)
{
    private readonly List<Marble<T>> _received = [];
    private readonly CancellationTokenSource _cancellation = new();
    private IAsyncEnumerator<T>? _enumerator;
    private long _credit;
    private int _reads;
    private bool _isReading;
    private bool _isInLoop;
    private bool _hasEnded;
    private bool _hasLeft;

    public override IReadOnlyList<Marble<T>> Received => _received;

    public override long RequestsOfTheEnd => 1;

    public override bool IsPulled => true;

    /// <summary>Whether nothing is under way any more: left or ended, and disposed.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Told of all that arrives.</summary>
    public Action<Marble<T>>? OnReceived { get; init; }

    public override void Subscribe()
    {
        try
        {
            _enumerator = stream.GetAsyncEnumerator(_cancellation.Token);
        }
        catch (Exception failure)
        {
            Record(Notification.CreateOnError<T>(failure));
            _hasEnded = true;
        }
    }

    public override void Leave()
    {
        if (_enumerator is null)
            IsGone = true;
        if (_hasLeft || _hasEnded || _enumerator is null)
            return;

        _hasLeft = true;
        if (_isReading)
            _cancellation.Cancel(); // what is being read has to return before anything may be disposed
        else
            Dispose();
    }

    protected override void OnRequest(long count)
    {
        _credit = Amount.Sum(_credit, count);
        Go();
    }

    private void Go()
    {
        if (_isInLoop)
            return;

        _isInLoop = true;
        while (_credit > 0 && !_isReading && !_hasEnded && !_hasLeft && _enumerator is not null)
            Read(_enumerator);
        _isInLoop = false;
    }

    private void Read(IAsyncEnumerator<T> enumerator)
    {
        if (++_reads > maxReads)
            throw VirtualTimeLimitException.Reads(maxReads, Clock.Now);
        if (_credit != long.MaxValue)
            _credit--;

        _isReading = true;
        ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter read;
        try
        {
            read = enumerator.MoveNextAsync().ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception failure)
        {
            _isReading = false;
            End(Notification.CreateOnError<T>(failure));
            return;
        }

        if (read.IsCompleted)
        {
            Land();
            return;
        }

        read.UnsafeOnCompleted(() =>
        {
            try
            {
                Land();
                Go();
            }
            catch (Exception thrown)
            {
                // A task would hand it to the pool, which ends the process: the clock's run is where it belongs.
                var captured = ExceptionDispatchInfo.Capture(thrown);
                Clock.At(Clock.Now, this, "consumer", captured.Throw);
            }
        });

        void Land()
        {
            _isReading = false;
            bool hasItem;
            T item;
            try
            {
                hasItem = read.GetResult();
                item = hasItem ? enumerator.Current : default!;
            }
            catch (Exception failure)
            {
                End(Notification.CreateOnError<T>(failure));
                return;
            }

            if (_hasLeft)
            {
                Dispose();
            }
            else if (hasItem)
            {
                Record(Notification.CreateOnNext(item));
                Count(item);
            }
            else
            {
                End(Notification.CreateOnCompleted<T>());
            }
        }
    }

    private void End(Notification<T> ending)
    {
        if (!_hasLeft)
            Record(ending);
        else if (ending.Exception is { } failure and not OperationCanceledException)
            Violate($"OnError({ErrorName.Of(failure)}) came out of a stream that had been left");
        _hasEnded = true;
        Dispose();
    }

    private void Dispose()
    {
        ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter disposal;
        try
        {
            disposal = _enumerator!.DisposeAsync().ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception failure)
        {
            IsGone = true;
            Fail(failure);
            return;
        }

        if (disposal.IsCompleted)
            Finish();
        else
            disposal.UnsafeOnCompleted(Finish);

        void Finish()
        {
            IsGone = true;
            try
            {
                disposal.GetResult();
            }
            catch (Exception failure)
            {
                Fail(failure);
            }
        }
    }

    /// <summary>As in an <c>await foreach</c>, a disposal that fails is how the loop ends, whatever it had come to before.</summary>
    private void Fail(Exception failure)
    {
        if (_received is [.., { Notification.Kind: not NotificationKind.OnNext }])
            _received.RemoveAt(_received.Count - 1);
        Record(Notification.CreateOnError<T>(failure));
    }

    private void Record(Notification<T> notification)
    {
        var marble = new Marble<T>(Clock.Now, notification);
        if (Clock.IsElsewhere)
        {
            Violate(Violation.OnAnotherThread(marble));
            return;
        }

        _received.Add(marble);
        OnReceived?.Invoke(marble);
    }
}
