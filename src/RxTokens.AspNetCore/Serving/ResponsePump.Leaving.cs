using System.IO.Pipelines;

namespace RxTokens;

internal sealed partial class ResponsePump<T>
{
    /// <summary>Disposes a source that has come to its end. It is not being read.</summary>
    private void CleanUp()
    {
        var reading = _reading!;
        _reading = null;
        _figures.Merged = reading is IMergeCount count ? count.Merged : null;
        try
        {
            _cleanup = reading.DisposeAsync().ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception failure)
        {
            OnCleanUpFailed(failure);
            return;
        }

        _isCleaningUp = true;
        if (_cleanup.IsCompleted)
            OnCleanedUp();
        else
            _cleanup.UnsafeOnCompleted(_bell.OnLanded);
    }

    private void OnCleanedUp()
    {
        _isCleaningUp = false;
        try
        {
            _cleanup.GetResult();
        }
        catch (Exception failure)
        {
            OnCleanUpFailed(failure);
        }
    }

    /// <summary>A stream that ended well until then has failed, if there is still time to say so.</summary>
    private void OnCleanUpFailed(Exception failure)
    {
        if (_ending == Ending.Ended && !_hasSaidEnding)
            (_ending, _failure) = (Ending.Failed, failure);
        else
            Log.CleanUpFailed(_settings.Logger, failure);
    }

    /// <summary>
    /// Leaves a source that has not come to its end: it is cancelled; the client, if there is one, has its end at once; and when the read that is
    /// under way has come back, however long that takes, it is disposed.
    /// </summary>
    private async Task LeaveAsync()
    {
        if (_reading is not null)
            Cancel();

        var isInAHurry = _closeBy is not null || _isReading || _isCleaningUp;
        if (isInAHurry && _hasBegun && !_isClientGone)
            Await(CompleteAsync());
        while (_isReading || _isCleaningUp || _isFlushing)
            See(await _bell.NextAsync().ConfigureAwait(false));

        if (_reading is not null)
            CleanUp();
        while (_isCleaningUp)
            See(await _bell.NextAsync().ConfigureAwait(false));

        if (_closeBy is { } time && _hasBegun && !_isClientGone && Options.CloseAfter != Timeout.InfiniteTimeSpan)
            Farewell.AbortAfter(_context, time - Elapsed, _settings.Clock);
    }

    private async ValueTask<FlushResult> CompleteAsync()
    {
        await _context.Response.CompleteAsync().ConfigureAwait(false);
        return default;
    }

    private void Cancel()
    {
        try
        {
            _leaving.Cancel();
        }
        catch (Exception failure)
        {
            Log.CleanUpFailed(_settings.Logger, failure);
        }
    }
}
