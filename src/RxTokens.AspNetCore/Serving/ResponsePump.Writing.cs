using System.IO.Pipelines;
using System.Runtime.ExceptionServices;

namespace RxTokens;

internal sealed partial class ResponsePump<T>
{
    /// <summary>The headers, before the first byte.</summary>
    private void BeginResponse()
    {
        if (_hasBegun)
            return;

        ResponseHeaders.Set(_context, _format.ContentType);
        _hasBegun = true;
        _format.WriteOpening(_written);
    }

    private void Flush()
    {
        try
        {
            Await(_output.FlushAsync(_context.RequestAborted));
        }
        catch (Exception failure)
        {
            OnFlushFailed(failure);
        }
    }

    private void Await(ValueTask<FlushResult> flush)
    {
        _flush = flush.ConfigureAwait(false).GetAwaiter();
        _isFlushing = true;
        if (_flush.IsCompleted)
        {
            OnFlushed();
            return;
        }

        _figures.BeginWait(Elapsed);
        _flush.UnsafeOnCompleted(_bell.OnFlushed);
    }

    private void OnFlushed()
    {
        _isFlushing = false;
        _lastSaid = Elapsed;
        _settings.Metrics.OnBytes(_figures.Add(_written.Count));
        if (_figures.EndWait(_lastSaid) is { } time)
            _settings.Metrics.OnWait(time);

        try
        {
            var result = _flush.GetResult();
            if (result.IsCompleted || result.IsCanceled || _context.RequestAborted.IsCancellationRequested)
                OnGone();
        }
        catch (Exception failure)
        {
            OnFlushFailed(failure);
        }
    }

    /// <summary>Whatever stands between us and the client takes nothing any more.</summary>
    private void OnFlushFailed(Exception failure)
    {
        Log.FlushFailed(_settings.Logger, failure);
        OnGone();
        if (!_context.RequestAborted.IsCancellationRequested)
            CutOff(); // what has been sent must not look complete
    }

    /// <summary>The source is silent: sends the headers, or a comment, if it is time; else sees to it that the timer rings when it is.</summary>
    /// <returns>Whether something was sent.</returns>
    private bool SpeakUp()
    {
        if (_isArmed)
            return false;

        var elapsed = Elapsed;
        if (_format.HasComments && IsDue(Options.Heartbeat, _lastSaid))
        {
            BeginResponse();
            _format.WriteComment(_written);
            Flush();
            return true;
        }

        var headersAfter = _format.BeginsAtOnce ? TimeSpan.Zero : Options.HeadersAfter;
        if (!_hasBegun && IsDue(headersAfter, TimeSpan.Zero))
        {
            SendHeaders();
            return true;
        }

        var next = TimeSpan.MaxValue;
        if (_format.HasComments && Options.Heartbeat != Timeout.InfiniteTimeSpan)
            next = Options.Heartbeat + _lastSaid - elapsed;
        if (!_hasBegun && headersAfter != Timeout.InfiniteTimeSpan && headersAfter - elapsed < next)
            next = headersAfter - elapsed;
        Arm(next == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : next);
        return false;

        bool IsDue(TimeSpan time, TimeSpan since) => time != Timeout.InfiniteTimeSpan && elapsed - since >= time;
    }

    private void SendHeaders()
    {
        var saidBefore = _lastSaid; // headers are no sign of life
        var before = _written.Count;
        BeginResponse();
        Await(_written.Count > before ? _output.FlushAsync(_context.RequestAborted) : FlushHeadersAsync());
        _lastSaid = saidBefore;
    }

    /// <summary>By the body, not by its writer: that may have nothing to flush where a middleware stands in between.</summary>
    private async ValueTask<FlushResult> FlushHeadersAsync()
    {
        await _context.Response.Body.FlushAsync(_context.RequestAborted).ConfigureAwait(false);
        return default;
    }

    private void Arm(TimeSpan time)
    {
        _isArmed = true;
        if (time == Timeout.InfiniteTimeSpan)
            return;

        var due = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, time.TotalMilliseconds))); // timers know no less
        _timer ??= _settings.Clock.CreateTimer(static bell => ((Bell)bell!).Ring(News.Tick), _bell, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The last thing that is said, if there is a client to say it to, and a response to say it in.</summary>
    private void SayEnding()
    {
        _hasSaidEnding = true;
        if (_isClientGone || (!_hasBegun && _ending != Ending.Ended))
            return;

        var before = _written.Count;
        BeginResponse();
        var isSaid = _ending switch
        {
            Ending.Failed => _format.WriteFailure(_written, Told(_failure!)),
            Ending.Stopped => _format.WriteStopped(_written, _settings.ComeBack()),
            _ => _format.WriteEnd(_written) || true,
        };
        if (!isSaid)
            CutOff();
        else if (_written.Count > before)
            Flush();
    }

    private void CutOff()
    {
        _isClientGone = true; // for us
        _context.Abort();
    }

    private TokenFailure Told(Exception failure)
    {
        var told = _settings.Describe(failure);
        if (told.StatusCode >= 500)
            Log.Failed(_settings.Logger, failure);
        return told;
    }

    /// <summary>Where nothing has been sent, a status tells how it ended.</summary>
    private async Task AnswerWithoutStreamAsync()
    {
        if (_hasBegun || _isClientGone)
            return;

        if (_ending == Ending.Stopped)
            Refusal.OfAStoppingHost(_context, _settings);
        else if (_failure is not null && _settings.Described(_failure) is { } told)
            await Refusal.AnswerAsync(_context, _settings, told, _failure).ConfigureAwait(false);
        else if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
    }
}
