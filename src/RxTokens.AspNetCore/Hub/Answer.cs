using System.Diagnostics;
using System.Threading.RateLimiting;
using Microsoft.Extensions.DependencyInjection;

namespace RxTokens;

/// <summary>One answer under way: reads its source to the end, whoever follows, and writes it into the log.</summary>
/// <remarks>
/// <code>
/// field                  written by                   read by       ordered by
/// _followers, _timer,    who follows, leaves, stops;  the same      _gate, under which nothing else is called
///   _waits, _end,        the pump, at its end
///   _isOver
/// _whole, _written       the pump                     the same      its own flow
/// </code>
/// <para>The log is the judge of how the answer has ended: who says it first. Stopping begins to say it, and cancels the source, whatever the log does; the pump says the same
/// once more, for a log that has failed. It learns of an end that somebody else has said when it next writes, or shows that it lives.</para>
/// </remarks>
internal sealed class Answer
{
    private static readonly ActivitySource Activities = new("RxTokens.AspNetCore");

    private readonly object _gate = new();
    private readonly TokenStreamHub _hub;
    private readonly HubLimits.Place _place;
    private readonly long _fence;
    private readonly RateLimitLease? _lease;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _signOfLife;
    private int _followers;
    private ITimer? _timer; // until nobody has followed for too long
    private int _waits; // which of those times it is: one that is over may still be on its way
    private TokenLogEnd? _end; // why it is stopped
    private bool _isOver;
    private WholeCharacters _whole; // readers get no halves
    private long _written; // characters

    public Answer(TokenStreamHub hub, HubLimits.Place place, long fence, RateLimitLease? lease)
    {
        (_hub, _place, _fence, _lease) = (hub, place, fence, lease);
        var period = hub.Options.Keep / 3;
        _signOfLife = HubTimer.Create(hub.Clock, static answer => _ = ((Answer)answer!).ShowThatItLivesAsync(), this, period, period);
        WaitForFollowers();
    }

    private TokenLogEnd? StoppedAs
    {
        get
        {
            lock (_gate)
                return _end;
        }
    }

    /// <summary>When its source is disposed, and all is given back.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Begins to read, on the thread pool, and without what is ambient to the request.</summary>
    public void Start(TokenSource source)
    {
        var parent = Activity.Current?.Context ?? default;
        using (ExecutionContext.SuppressFlow())
            Completion = Task.Run(() => RunAsync(source, parent));
    }

    /// <summary>Ends it, now: whatever its source says of it, and when.</summary>
    public async ValueTask StopAsync(TokenLogEnd end)
    {
        lock (_gate)
            _end ??= end;
        var saying = SayAsync(end);
        _ = CancelSourceAsync(); // not waited for: what the source has registered may block, and its failures are logged
        await saying.ConfigureAwait(false);
    }

    private async Task SayAsync(TokenLogEnd end) => await _hub.Log.EndAsync(_place.Key.Value, _fence, end).ConfigureAwait(false);

    public void Follow()
    {
        lock (_gate)
        {
            _followers++;
            _waits++;
            _timer?.Dispose();
            _timer = null;
        }
    }

    public void Leave()
    {
        lock (_gate)
            _followers--;
        WaitForFollowers();
    }

    private void WaitForFollowers()
    {
        var after = _hub.Options.StopUnreadAfter;
        if (after == Timeout.InfiniteTimeSpan)
            return;

        lock (_gate)
        {
            if (_followers > 0 || _isOver)
                return;

            var wait = ++_waits;
            _timer?.Dispose();
            _timer = HubTimer.Create(_hub.Clock, _ => OnUnread(wait), null, after, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnUnread(int wait)
    {
        lock (_gate)
        {
            if (_waits != wait || _isOver)
                return; // somebody has come in the same moment, and may have left
        }

        _ = StopQuietlyAsync(TokenStreamHub.Unread); // nobody is there to wait for it; it logs what fails
    }

    public async Task StopQuietlyAsync(TokenLogEnd end)
    {
        try
        {
            await StopAsync(end).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            HubLog.LogFailed(_hub.Logger, failure);
        }
    }

    /// <summary>What is registered with the token is called on the thread pool: it may take its time, or block.</summary>
    private async Task CancelSourceAsync()
    {
        try
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It is over.
        }
        catch (AggregateException failure)
        {
            HubLog.CancellationFailed(_hub.Logger, failure);
        }
    }

    /// <summary>A source may be silent for longer than a log is kept that nobody writes.</summary>
    private async Task ShowThatItLivesAsync()
    {
        try
        {
            await _hub.Log.AppendAsync(_place.Key.Value, _fence, "").ConfigureAwait(false);
        }
        catch (TokenLogConflictException)
        {
            _ = CancelSourceAsync(); // ended from outside
        }
        catch (Exception failure)
        {
            HubLog.LogFailed(_hub.Logger, failure); // the next may succeed
        }
    }

    private async Task RunAsync(TokenSource source, ActivityContext parent)
    {
        using var activity = Activities.StartActivity("rxtokens.answer", ActivityKind.Internal, parent);
        TokenLogEnd? end = null;
        try
        {
            end = await ReadAsync(source).ConfigureAwait(false);
        }
        catch (TokenLogConflictException)
        {
            // Ended from outside: that is how it has ended.
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            end = StoppedAs;
        }
        catch (Exception failure)
        {
            var described = _hub.Describe(failure);
            end = StoppedAs ?? new TokenLogEnd(described.EventType, described.Message, described.RetryAfter);
            if (described.StatusCode >= 500)
                HubLog.AnswerFailed(_hub.Logger, failure);
        }
        finally
        {
            await EndAsync(end).ConfigureAwait(false); // also where the logging has failed
        }

        activity?.SetTag("rxtokens.ending", (StoppedAs ?? end)?.EventType);
        activity?.SetTag("rxtokens.characters", _written);
    }

    private async Task<TokenLogEnd> ReadAsync(TokenSource source)
    {
        var scope = _hub.Scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var stream = source(scope.ServiceProvider, _stopping.Token)
                ?? throw new InvalidOperationException("The function that makes the stream of an answer returned null.");
            await foreach (var text in stream.WithCancellation(_stopping.Token).ConfigureAwait(false))
            {
                _stopping.Token.ThrowIfCancellationRequested(); // it may be deaf, and say nothing that the log would refuse
                await AppendAsync(_whole.Take(text)).ConfigureAwait(false);
            }
        }

        await AppendAsync(_whole.Rest).ConfigureAwait(false);

        // A source that ends quietly when it is cancelled has not been read to its end.
        _stopping.Token.ThrowIfCancellationRequested();
        return TokenLogEnd.Complete;
    }

    private ValueTask AppendAsync(string text)
    {
        if (text.Length == 0)
            return default;

        _written += text.Length;
        return _hub.Log.AppendAsync(_place.Key.Value, _fence, text, _stopping.Token);
    }

    private async Task EndAsync(TokenLogEnd? end)
    {
        lock (_gate)
        {
            _isOver = true;
            _timer?.Dispose();
            _timer = null;
        }

        await _signOfLife.DisposeAsync().ConfigureAwait(false);
        try
        {
            if (end is not null)
                await SayAsync(end).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            HubLog.LogFailed(_hub.Logger, failure);
        }
        finally
        {
            if (!_stopping.IsCancellationRequested)
                _stopping.Dispose(); // else it would forget whom it still has to call
            _lease?.Dispose();
            _hub.OnOver(this, _place, Math.Min(_written, _hub.Options.CharactersPerAnswer));
        }
    }
}
