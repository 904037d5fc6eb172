using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace RxTokens;

/// <summary>Logs in the memory of this process, each bounded in characters and in time.</summary>
/// <remarks>
/// <code>
/// field                    written by         read by       ordered by
/// _logs                    everyone           everyone      itself
/// a log's fields           everyone           everyone      the log's own lock, under which nothing else is called
/// </code>
/// <para><b>Memory:</b> two bytes a character, up to the capacity and one segment of 4 KB.</para>
/// <para><b>Threading:</b> readers resume on the thread pool, never in the producer's call.</para>
/// </remarks>
[DebuggerDisplay("{Count} logs, {_capacity} characters each, {_keep}")]
public sealed class MemoryTokenLog : ITokenLog
{
    private static long s_lastFence;

    private readonly int _capacity;
    private readonly TimeSpan _keep;
    private readonly TimeProvider _timeProvider;
    private readonly ConcurrentDictionary<string, Log> _logs = new(StringComparer.Ordinal);

    /// <summary>Makes a place for logs.</summary>
    /// <param name="capacity">How many characters (of UTF-16, two bytes each) of a text are kept at the most; at least 1.</param>
    /// <param name="keep">How long after its last character, its end or its producer's last sign of life a text is kept: more than zero, at most a day.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> or <paramref name="keep"/> is out of its range.</exception>
    public MemoryTokenLog(int capacity, TimeSpan keep, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(keep, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keep, TimeSpan.FromDays(1));

        _capacity = capacity;
        _keep = keep;
#pragma warning disable RS0030 // where nobody says which clock, it is the system's
        _timeProvider = timeProvider ?? TimeProvider.System;
#pragma warning restore RS0030
    }

    /// <summary>How many logs there are.</summary>
    public int Count => _logs.Count;

    /// <inheritdoc/>
    public ValueTask<long> BeginAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();

        var log = new Log(Interlocked.Increment(ref s_lastFence), _capacity, _timeProvider);
        if (!_logs.TryAdd(key, log))
            throw new TokenLogConflictException($"There is a log '{key}' already.");

        log.Forget(_keep, () => Remove(key, log));
        return new(log.Fence);
    }

    /// <inheritdoc/>
    public ValueTask AppendAsync(string key, long fence, string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(text);
        cancellationToken.ThrowIfCancellationRequested();

        if (!_logs.TryGetValue(key, out var log) || log.Fence != fence)
            throw new TokenLogConflictException($"The log '{key}' is forgotten, or another producer's.");
        if (!log.TryAppend(text))
            throw new TokenLogConflictException($"The log '{key}' has ended.");
        return default;
    }

    /// <inheritdoc/>
    public ValueTask<bool> EndAsync(string key, long? fence, TokenLogEnd end, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(end);
        cancellationToken.ThrowIfCancellationRequested();

        return new(_logs.TryGetValue(key, out var log) && (fence is null || fence == log.Fence) && log.TryEnd(end));
    }

    /// <inheritdoc/>
    public ValueTask<TokenLogState?> FindAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();

        return new(_logs.TryGetValue(key, out var log) ? log.State : null);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<TokenLogEntry> ReadAsync(string key, long position, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfNegative(position);

        return _logs.TryGetValue(key, out var log) ? log.ReadAsync(position, cancellationToken) : Forgotten(position);
    }

    /// <inheritdoc/>
    public ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();

        if (_logs.TryGetValue(key, out var log))
            Remove(key, log);
        return default;
    }

    private static async IAsyncEnumerable<TokenLogEntry> Forgotten(long position)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield return new("", position, IsLost: false, TokenLogEnd.Interrupted);
    }

    private void Remove(string key, Log log)
    {
        _logs.TryRemove(new(key, log));
        log.Close();
    }

    /// <summary>One text.</summary>
    private sealed class Log(long fence, int capacity, TimeProvider timeProvider)
    {
        private readonly object _gate = new();
        private readonly KeptText _text = new(capacity);
        private TokenLogEnd? _end;
        private bool _isClosed; // forgotten
        private long _lastChange = timeProvider.GetTimestamp();
        private TaskCompletionSource? _change; // for who waits for the next; none waits, none is there
        private ITimer? _timer;

        public long Fence => fence;

        public TokenLogState? State
        {
            get
            {
                lock (_gate)
                    return _isClosed ? null : new(_text.Start, _text.Position, _end);
            }
        }

        /// <summary>Calls back when nothing has changed for so long.</summary>
        public void Forget(TimeSpan keep, Action forget)
        {
            var timer = HubTimer.Create(timeProvider, _ => OnTimer(keep, forget), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            lock (_gate)
            {
                _timer = timer;
                if (!_isClosed)
                    timer.Change(keep, Timeout.InfiniteTimeSpan);
            }
        }

        /// <summary>Looks whether there was a change meanwhile: an append is too frequent to set a timer anew for.</summary>
        private void OnTimer(TimeSpan keep, Action forget)
        {
            lock (_gate)
            {
                var left = keep - timeProvider.GetElapsedTime(_lastChange);
                if (left > TimeSpan.Zero)
                {
                    _timer?.Change(left, Timeout.InfiniteTimeSpan);
                    return;
                }
            }

            forget();
        }

        public bool TryAppend(string text) => TryChange(log => log._text.Add(text), isSeen: text.Length > 0);

        public bool TryEnd(TokenLogEnd end) => TryChange(log => log._end = end, isSeen: true);

        public void Close()
        {
            TaskCompletionSource? change;
            ITimer? timer;
            lock (_gate)
            {
                _isClosed = true;
                (change, _change) = (_change, null);
                (timer, _timer) = (_timer, null);
            }

            timer?.Dispose();
            change?.TrySetResult();
        }

        private bool TryChange(Action<Log> change, bool isSeen)
        {
            TaskCompletionSource? waiting = null;
            lock (_gate)
            {
                if (_isClosed || _end is not null)
                    return false;

                change(this);
                _lastChange = timeProvider.GetTimestamp();
                if (isSeen)
                    (waiting, _change) = (_change, null);
            }

            waiting?.TrySetResult();
            return true;
        }

        public async IAsyncEnumerable<TokenLogEntry> ReadAsync(long position, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (TryRead(position, out var entry) is { } change)
                {
                    await change.WaitAsync(cancellationToken).ConfigureAwait(false);
                    continue;
                }

                position = entry.Position;
                yield return entry;
                if (entry.End is not null)
                    yield break;
            }
        }

        /// <returns>What to wait for, if there is nothing after that position: looked up together, so that no change falls between the two.</returns>
        private Task? TryRead(long position, out TokenLogEntry entry)
        {
            lock (_gate)
            {
                var end = _isClosed ? TokenLogEnd.Interrupted : _end;
                if (end is null && _text.Position <= position)
                {
                    entry = default;
                    return (_change ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                }

                // What a slow reader has not got of a text that has ended, and is forgotten, is still here.
                if (_isClosed && _end is not null)
                    end = _end;
                entry = new(_text.From(position), Math.Max(position, _text.Position), IsLost: position < _text.Start, end);
                return null;
            }
        }
    }
}
