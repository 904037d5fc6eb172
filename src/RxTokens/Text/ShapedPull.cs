using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace RxTokens;

/// <summary>The pull form of ShapeText, for a <see cref="Stage{T}"/>: which sees to it that a read, and then the disposal, is all that happens at a time.</summary>
internal sealed class ShapedPull<T>(
    IAsyncEnumerable<T> source,
    Func<T, string?> getText,
    Func<T, string, T> withText,
    Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> shape) : IAsyncEnumerable<T>
{
    private IAsyncEnumerable<T> Source => source;

    private Func<T, string?> GetText => getText;

    private Func<T, string, T> WithText => withText;

    private IAsyncEnumerable<string> Shape(IAsyncEnumerable<string> run) =>
        shape(run) ?? throw new InvalidOperationException("The shape given to ShapeText returned null instead of a stream.");

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Reading(this, cancellationToken);

    private sealed class Reading(ShapedPull<T> stream, CancellationToken cancellationToken) : IAsyncEnumerator<T>
    {
        private readonly OneReader<T> _source = new(stream.Source, cancellationToken);
        private TextRun<T>? _run; // and what the shape makes of it
        private IAsyncEnumerator<string>? _shaped;

        public T Current { get; private set; } = default!;

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public async ValueTask<bool> MoveNextAsync()
        {
            if (_run is null)
            {
                if (!await _source.ReadAsync(CancellationToken.None).ConfigureAwait(false))
                    return false;

                Current = _source.Current;
                if (stream.GetText(Current) is not { } first)
                    return true;

                _run = new TextRun<T>(_source, stream.GetText, first);
                _shaped = stream.Shape(_run).Enumerate(cancellationToken);
            }

            if (await _shaped!.MoveNextAsync().ConfigureAwait(false))
            {
                Current = stream.WithText(_run.Newest, _shaped.Current);
                return true;
            }

            await DisposeShapedAsync().ConfigureAwait(false);
            var hasBorder = await _run.SkipAsync().ConfigureAwait(false);
            _run = null;
            Current = hasBorder ? _source.Current : default!;
            return hasBorder;
        }

        public async ValueTask DisposeAsync()
        {
            var ofShape = await CleanUp.RunAsync(this, static reading => reading.DisposeShapedAsync()).ConfigureAwait(false);
            var ofSource = await CleanUp.RunAsync(_source, static source => source.DisposeAsync()).ConfigureAwait(false);
            if (Ending.Combine(ofShape, ofSource) is { } failure)
                ExceptionDispatchInfo.Throw(failure);
        }

        private ValueTask DisposeShapedAsync()
        {
            var shaped = _shaped;
            _shaped = null; // once, even if it fails
            return shaped?.DisposeAsync() ?? default;
        }
    }
}

/// <summary>Reads a source for several who take turns: a read that one of them has given up is the next one's.</summary>
/// <remarks>All is used by one at a time: the shaper, or the shape whose end it awaits.</remarks>
internal sealed class OneReader<T> : IAsyncDisposable
{
    private readonly CancellationTokenSource _leaving;
    private readonly CancellationToken _cancellationToken; // cancelled, it ends the read itself
    private readonly IAsyncEnumerator<T> _source;
    private Task<bool>? _read;
    private bool _isOver; // it has ended, or failed: whoever reads on nevertheless is told the end

    public OneReader(IAsyncEnumerable<T> source, CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        _leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            _source = source.Enumerate(_leaving.Token);
        }
        catch
        {
            _leaving.Dispose(); // else the token would keep it
            throw;
        }
    }

    public T Current => _source.Current;

    /// <param name="giveUp">Gives up waiting, and not the read.</param>
    public async ValueTask<bool> ReadAsync(CancellationToken giveUp)
    {
        if (_read is null)
        {
            if (_isOver)
                return false;

            _isOver = true; // unless the read brings something
            var read = _source.MoveNextAsync();
            if (read.IsCompleted)
            {
                _isOver = !await read.ConfigureAwait(false);
                return !_isOver;
            }

            _read = read.AsTask();
        }

        if (giveUp.CanBeCanceled && giveUp != _cancellationToken)
            await WaitAsync(_read, giveUp).ConfigureAwait(false);
        try
        {
            _isOver = !await _read.ConfigureAwait(false);
            return !_isOver;
        }
        finally
        {
            _read = null; // whoever waited for it is told, also of its failure
        }
    }

    /// <summary>Not Task.WaitAsync, which goes on in the thread pool: this goes on where the token is cancelled.</summary>
    private static async Task WaitAsync(Task<bool> read, CancellationToken giveUp)
    {
        var given = new TaskCompletionSource();
        await using var registration = giveUp.UnsafeRegister(static given => ((TaskCompletionSource)given!).TrySetResult(), given).ConfigureAwait(false);
        if (await Task.WhenAny(read, given.Task).ConfigureAwait(false) != read)
            throw new OperationCanceledException(giveUp);
    }

    /// <summary>A read that is under way is cancelled and awaited.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_read is { IsCompleted: false })
            Unobserved.Cancel(_leaving);
        var ofRead = _read is null ? null : await CleanUp.RunAsync(_read, static async read => await read.ConfigureAwait(false)).ConfigureAwait(false);
        var ofSource = await CleanUp.RunAsync(_source, static source => source.DisposeAsync()).ConfigureAwait(false);
        _leaving.Dispose();
        if (CleanUp.Leftover(ofRead, ofSource) is { } failure)
            ExceptionDispatchInfo.Throw(failure);
    }
}

/// <summary>The text between two other items, for a shape.</summary>
/// <remarks>
/// <code>
/// field          written by                     read by               ordered by
/// _newest        the shape, which reads         the shaper            _gate: a shape may read ahead on another thread
/// _isTaken       whoever enumerates             the same              interlocked
/// all others     the shape; then the shaper     the same              the end of the shape, which the shaper awaits
/// </code>
/// </remarks>
internal sealed class TextRun<T> : IAsyncEnumerable<string>, IAsyncEnumerator<string>
{
    private readonly object _gate = new(); // no Lock: the systematic exploration knows none
    private readonly OneReader<T> _reading;
    private readonly Func<T, string?> _getText;
    private T _newest;
    private string? _first;
    private int _isTaken;
    private bool _isOver;
    private bool _hasBorder;
    private CancellationToken _token;

    public TextRun(OneReader<T> reading, Func<T, string?> getText, string first) =>
        (_reading, _getText, _first, _newest) = (reading, getText, first, reading.Current);

    public string Current { get; private set; } = "";

    /// <summary>The newest item that has gone into the shape.</summary>
    public T Newest
    {
        get
        {
            lock (_gate)
                return _newest;
        }
    }

    public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isTaken, 1) != 0)
            throw new InvalidOperationException("The shape given to ShapeText enumerated its text twice: it is read once, as it comes.");

        _token = cancellationToken;
        return this;
    }

    public async ValueTask<bool> MoveNextAsync()
    {
        if (_first is { } first)
        {
            (_first, Current) = (null, first);
            return true;
        }

        return !_isOver && await ReadAsync(_token).ConfigureAwait(false);
    }

    /// <summary>Nothing: the source goes on behind the run.</summary>
    public ValueTask DisposeAsync() => default;

    /// <summary>Reads what the shape has left.</summary>
    /// <returns>Whether an item follows.</returns>
    public async ValueTask<bool> SkipAsync()
    {
        while (!_isOver && await ReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
        }

        return _hasBorder;
    }

    private async ValueTask<bool> ReadAsync(CancellationToken giveUp)
    {
        if (!await _reading.ReadAsync(giveUp).ConfigureAwait(false))
        {
            _isOver = true;
            return false;
        }

        if (_getText(_reading.Current) is not { } text)
        {
            (_isOver, _hasBorder) = (true, true);
            return false;
        }

        lock (_gate)
            _newest = _reading.Current;
        Current = text;
        return true;
    }
}
