using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace RxTokens;

/// <summary>Serves one stream to one client: an item is written and flushed before the next is asked for.</summary>
/// <remarks>
/// <code>
/// field            written by      read by       ordered by
/// _bell            everyone        the loop      itself
/// _leaving         the framework   the source    itself: cancelled with the request, or by the loop
/// all others       the loop        the loop      it is one asynchronous method: <see cref="RunAsync"/>
/// </code>
/// <para>What others have to say - the source's read has landed, the flush has, the timer, the host that stops, the client that is gone - rings the
/// bell. The loop alone writes, reads, and decides: <see cref="Advance"/> does all that can be done now, and <see cref="See"/> takes what has come meanwhile.</para>
/// </remarks>
internal sealed partial class ResponsePump<T>
{
    private readonly HttpContext _context;
    private readonly IAsyncEnumerable<T> _source;
    private readonly ResponseFormat<T> _format;
    private readonly ServingSettings _settings;
    private readonly Bell _bell = new();
    private readonly CancellationTokenSource _leaving;
    private readonly PipeWriter _output;
    private readonly CountingWriter _written;
    private readonly long _began;

    private IAsyncEnumerator<T>? _reading; // until its disposal begins
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _read;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _cleanup;
    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _flush;
    private bool _isReading;
    private bool _isCleaningUp;
    private bool _isFlushing;
    private bool _hasItem;

    private Ending _ending;
    private Exception? _failure;
    private bool _isClientGone;
    private bool _hasBegun; // the response
    private bool _hasSaidEnding;

    private ITimer? _timer; // none for a source that never lets us wait
    private bool _isArmed;
    private TimeSpan _lastSaid;
    private TimeSpan? _closeBy; // when a client that does not read is cut off
    private ResponseFigures _figures;

    public ResponsePump(HttpContext context, IAsyncEnumerable<T> source, ResponseFormat<T> format, ServingSettings settings)
    {
        (_context, _source, _format, _settings) = (context, source, format, settings);
        _leaving = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        _output = context.Response.BodyWriter;
        _written = new CountingWriter(_output);
        _began = settings.Clock.GetTimestamp();
    }

    private TimeSpan Elapsed => _settings.Clock.GetElapsedTime(_began);

    private TokenResultOptions Options => _settings.Options;

    public async Task RunAsync()
    {
        var activity = Activity.Current;
        _settings.Metrics.Begin();
        using (_context.RequestAborted.UnsafeRegister(static bell => ((Bell)bell!).Ring(News.Gone), _bell))
        using (_settings.Stopping.UnsafeRegister(static bell => ((Bell)bell!).Ring(News.Stopping), _bell))
        {
            try
            {
                Begin();
                while (Advance())
                    See(await _bell.NextAsync().ConfigureAwait(false));
            }
            catch (Exception failure)
            {
                Break(failure);
            }

            await LeaveAsync().ConfigureAwait(false);
        }

        if (_timer is not null)
            await _timer.DisposeAsync().ConfigureAwait(false);
        _leaving.Dispose();
        _settings.Metrics.End(activity, _figures, _ending);
        await AnswerWithoutStreamAsync().ConfigureAwait(false);
    }

    private void Begin()
    {
        try
        {
            _reading = _source.GetAsyncEnumerator(_leaving.Token);
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    /// <summary>Does all that can be done without waiting.</summary>
    /// <returns>Whether there is something to wait for.</returns>
    private bool Advance()
    {
        while (true)
        {
            if (_bell.HasNews)
                See(_bell.Look());

            if (_isFlushing)
                return true;

            if (_hasItem && !_isClientGone && !_hasSaidEnding) // what lands after the ending is told is late
            {
                WriteItem();
            }
            else if (_ending == Ending.None)
            {
                if (!_isReading)
                    Read();
                else if (!SpeakUp())
                    return true;
            }
            else if (_ending is Ending.Ended or Ending.Failed && _reading is not null)
            {
                CleanUp();
            }
            else if (_isCleaningUp && !_isClientGone && _closeBy is null)
            {
                return true; // disposed first, and the end told then; unless we are in a hurry
            }
            else if (!_hasSaidEnding)
            {
                SayEnding();
            }
            else
            {
                return false;
            }
        }
    }

    private void See(News news)
    {
        if ((news & News.Flushed) != 0)
            OnFlushed();
        if ((news & News.Gone) != 0)
            OnGone();
        if ((news & News.Landed) != 0)
            OnLanded();
        if ((news & News.Stopping) != 0)
            OnStopping();
        if ((news & News.Tick) != 0)
            OnTick();
    }

    private void OnLanded()
    {
        if (_isReading)
            OnRead();
        else
            OnCleanedUp();
    }

    private void Read()
    {
        try
        {
            _read = _reading!.MoveNextAsync().ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception failure)
        {
            Fail(failure);
            return;
        }

        _isReading = true;
        if (_read.IsCompleted)
            OnRead();
        else
            _read.UnsafeOnCompleted(_bell.OnLanded);
    }

    private void OnRead()
    {
        _isReading = false;
        try
        {
            if (_read.GetResult())
                _hasItem = true;
            else
                End(Ending.Ended);
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    private void WriteItem()
    {
        _hasItem = false;
        try
        {
            BeginResponse();
            var before = _written.Count;
            var isLast = _format.WriteItem(_written, _reading!.Current);
            _figures.Events++;
            _settings.Metrics.OnEvent();
            if (isLast)
            {
                End(Ending.Said);
                _hasSaidEnding = true;
            }

            if (_written.Count > before)
                Flush();
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    /// <summary>The end that comes from the source. Where the client is gone or the host stops, that is the reason why it has come.</summary>
    private Ending End(Ending ending)
    {
        if (_ending != Ending.None)
            return _ending;

        _isClientGone |= _context.RequestAborted.IsCancellationRequested;
        return _ending = _isClientGone ? Ending.Gone
            : _settings.Stopping.IsCancellationRequested && ending != Ending.Said ? Ending.Stopped
            : ending;
    }

    private void Fail(Exception failure)
    {
        if (End(Ending.Failed) == Ending.Failed)
            _failure ??= failure;
        else if (_ending == Ending.Gone || failure is OperationCanceledException)
            Log.FailedUnheard(_settings.Logger, failure);
        else
            Log.Failed(_settings.Logger, failure);
    }

    /// <summary>The response cannot be written, for a reason that is not the client's: somebody has begun it before us, say.</summary>
    private void Break(Exception failure)
    {
        (_ending, _failure) = (Ending.Failed, _failure ?? failure);
        if (!_hasBegun)
            return; // thrown in the end

        Log.Failed(_settings.Logger, failure);
        CutOff();
    }

    private void OnGone()
    {
        _isClientGone = true;
        if (_ending == Ending.None)
            _ending = Ending.Gone;
    }

    private void OnStopping()
    {
        End(Ending.Stopped);
        _closeBy = Elapsed + Options.CloseAfter;
        Arm(Options.CloseAfter);
    }

    private void OnTick()
    {
        _isArmed = false;
        if (_closeBy is not { } time)
            return;

        if (Options.CloseAfter == Timeout.InfiniteTimeSpan)
            return;
        if (Elapsed < time)
        {
            Arm(time - Elapsed);
        }
        else if (_isFlushing)
        {
            Log.CutOff(_settings.Logger, Options.CloseAfter.TotalSeconds);
            _context.Abort();
        }
    }
}
