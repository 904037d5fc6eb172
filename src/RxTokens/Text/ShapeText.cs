using System.Reactive;
using System.Reactive.Disposables;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Shapes the text in a stream of many things (text, reasoning, tool calls, usage), and keeps everything else where it is.</summary>
    /// <remarks>
    /// <code>
    /// source  a-b-7      -c   |    // 7: something that is no text
    /// result  ----[{ab}7]--[c|]    // ShapeText(getText, withText, texts => texts.Through(o => o.Lines()))
    /// </code>
    /// <para><b>A run</b> of text, between two other items, is a stream of its own: <paramref name="shape"/> is called for each. It ends before the
    /// next item that is no text, so what a shape holds is told before that passes: nothing changes places. A shape that ends before its run drops
    /// the rest of it. Text of another kind is no text for this shape: to shape an answer and what was thought, apply it twice.</para>
    /// <para>A piece of shaped text becomes an item by <paramref name="withText"/>, of the newest text item that has gone into the shape by then.</para>
    /// <para><b>Demand:</b> that of the shape, in a run; outside of runs what is asked for. The item that ends a run is read with it.</para>
    /// <para><b>Errors:</b> a failure of the source goes through the shape, which tells what it holds, and arrives as it is. So do failures of the
    /// shape and of the functions.</para>
    /// <para><b>Disposal:</b> the shape's enumeration first, then the source, once; a read that is pending is cancelled and awaited. What a clean-up fails with
    /// takes the place of an earlier failure, as in any asynchronous iterator.</para>
    /// <para><b>Threading:</b> as the shape; the source is read where the shape reads.</para>
    /// <code>
    /// // Conceptually (of a shape that reads all of its text):
    /// public static async IAsyncEnumerable&lt;T> ShapeText&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, Func&lt;T, string?> getText, Func&lt;T, string, T> withText,
    ///     Func&lt;IAsyncEnumerable&lt;string>, IAsyncEnumerable&lt;string>> shape, [EnumeratorCancellation] CancellationToken leaving = default)
    /// {
    ///     await using var items = source.GetAsyncEnumerator(leaving);
    ///     var isThere = await items.MoveNextAsync();
    ///     while (isThere)
    ///     {
    ///         var newest = items.Current;
    ///         if (getText(newest) is null)
    ///         {
    ///             yield return newest;
    ///             isThere = await items.MoveNextAsync();
    ///             continue;
    ///         }
    ///
    ///         await foreach (var text in shape(Run()).WithCancellation(leaving))
    ///             yield return withText(newest, text);
    ///
    ///         async IAsyncEnumerable&lt;string> Run()
    ///         {
    ///             for (; isThere &amp;&amp; getText(items.Current) is { } text; isThere = await items.MoveNextAsync())
    ///             {
    ///                 newest = items.Current;
    ///                 yield return text;
    ///             }
    ///         }
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="getText">The text of an item; null for one that is no text.</param>
    /// <param name="withText">An item with other text, of an item with text.</param>
    /// <param name="shape">What becomes of a run of text, for example <c>texts => texts.Conflate()</c>; it enumerates the run once.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IAsyncEnumerable<TSource> ShapeText<TSource>(
        this IAsyncEnumerable<TSource> source,
        Func<TSource, string?> getText,
        Func<TSource, string, TSource> withText,
        Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> shape)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(getText);
        ArgumentNullException.ThrowIfNull(withText);
        ArgumentNullException.ThrowIfNull(shape);

        // The stage around the iterator is there for those who leave during a read, which an iterator cannot bear.
        return new ShapedPull<TSource>(source, getText, withText, shape).TakeUntil(CancellationToken.None);
    }

    /// <summary>Shapes the text in a push stream of many things, and keeps everything else where it is.</summary>
    /// <remarks>
    /// <code>
    /// source  a-b-7      -c   |    // 7: something that is no text
    /// result  ----[{ab}7]--[c|]    // ShapeText(getText, withText, texts => texts.Lines())
    /// </code>
    /// <para><b>A run</b> of text, between two other items, is a stream of its own: <paramref name="shape"/> is called for each, and its result subscribed to.
    /// It completes before the next item that is no text, which waits, with what follows, until the shape has completed. A shape that
    /// completes before its run drops the rest of it.</para>
    /// <para>A piece of shaped text becomes an item by <paramref name="withText"/>, of the newest text item that has gone into the shape by then.</para>
    /// <para><b>Demand:</b> none of its own. While a shape that has heard its end goes on, up to 1,024 items wait for it; then the stream fails with
    /// a <see cref="BackpressureException"/>.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after what the shape holds, which hears a plain end. Failures of the shape and of the functions end the stream.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the shape's and the source's.</para>
    /// <para><b>Threading:</b> items are told one at a time, inside the source's calls, or where the shape tells them.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="getText">The text of an item; null for one that is no text.</param>
    /// <param name="withText">An item with other text, of an item with text.</param>
    /// <param name="shape">What becomes of a run of text, for example <c>texts => texts.Sentences()</c>.</param>
    /// <returns>A push stream.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IObservable<TSource> ShapeText<TSource>(
        this IObservable<TSource> source,
        Func<TSource, string?> getText,
        Func<TSource, string, TSource> withText,
        Func<IObservable<string>, IObservable<string>> shape)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(getText);
        ArgumentNullException.ThrowIfNull(withText);
        ArgumentNullException.ThrowIfNull(shape);

        return new ShapedPush<TSource>(source, getText, withText, shape);
    }
}

internal sealed class ShapedPull<T>(
    IAsyncEnumerable<T> source,
    Func<T, string?> getText,
    Func<T, string, T> withText,
    Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> shape) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    private async IAsyncEnumerable<T> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reading = new OneReader<T>(source, cancellationToken);
        await using var left = reading.ConfigureAwait(false);
        while (await reading.ReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (getText(reading.Current) is not { } first)
            {
                yield return reading.Current;
                continue;
            }

            var run = new TextRun<T>(reading, getText, first);
            var shaped = shape(run) ?? throw new InvalidOperationException("The shape given to ShapeText returned null instead of a stream.");
            await foreach (var text in shaped.WithCancellation(cancellationToken).ConfigureAwait(false))
                yield return withText(run.Newest, text);
            if (!await run.SkipAsync().ConfigureAwait(false))
                break;

            yield return reading.Current;
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

    public OneReader(IAsyncEnumerable<T> source, CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        _leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _source = source.GetAsyncEnumerator(_leaving.Token);
    }

    public T Current => _source.Current;

    /// <param name="giveUp">Gives up waiting, and not the read.</param>
    public async ValueTask<bool> ReadAsync(CancellationToken giveUp)
    {
        if (_read is null)
        {
            var read = _source.MoveNextAsync();
            if (read.IsCompleted)
                return await read.ConfigureAwait(false);
            _read = read.AsTask();
        }

        if (giveUp.CanBeCanceled && giveUp != _cancellationToken)
            await WaitAsync(_read, giveUp).ConfigureAwait(false);
        var isThere = await _read.ConfigureAwait(false);
        _read = null;
        return isThere;
    }

    /// <summary>Not Task.WaitAsync, which goes on in the thread pool: this goes on where the token is cancelled.</summary>
    private static async Task WaitAsync(Task<bool> read, CancellationToken giveUp)
    {
        var given = new TaskCompletionSource();
        await using var registration = giveUp.UnsafeRegister(static given => ((TaskCompletionSource)given!).TrySetResult(), given).ConfigureAwait(false);
        if (await Task.WhenAny(read, given.Task).ConfigureAwait(false) != read)
            throw new OperationCanceledException(giveUp);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_read is { IsCompleted: false } read)
            {
                Unobserved.Cancel(_leaving);
                await ((Task)read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // who leaves has no use for it
            }
        }
        finally
        {
            await _source.DisposeAsync().ConfigureAwait(false);
            _leaving.Dispose();
        }
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

internal sealed class ShapedPush<T>(
    IObservable<T> source,
    Func<T, string?> getText,
    Func<T, string, T> withText,
    Func<IObservable<string>, IObservable<string>> shape) : ObservableBase<T>
{
    protected override IDisposable SubscribeCore(IObserver<T> observer)
    {
        var sink = new Sink(this, observer);
        sink.Subscribe();
        return sink;
    }

    /// <remarks>
    /// <code>
    /// field                      written by           read by    ordered by
    /// _upstream, _shape          themselves: Rx's own, may be disposed before they are there
    /// _isOver                    who speaks, Dispose  everyone   volatile: a hint
    /// all others                 who speaks           the same   _gate
    /// </code>
    /// </remarks>
    private sealed class Sink(ShapedPush<T> of, IObserver<T> observer) : IObserver<T>, IDisposable
    {
        private const int MaxWaiting = 1024;

        private readonly object _gate = new(); // no Lock: the systematic exploration knows none
        private readonly SingleAssignmentDisposable _upstream = new();
        private readonly SerialDisposable _shape = new();
        private readonly Queue<T> _waiting = [];
        private Subject<string>? _run; // until it has ended
        private bool _isShaping; // the shape of the run has not completed
        private bool _isBusy;
        private bool _isEnding;
        private Exception? _failure;
        private T _newest = default!;
        private volatile bool _isOver;

        public void Subscribe() => _upstream.Disposable = of.Source.Subscribe(this);

        public void Dispose()
        {
            _isOver = true;
            _upstream.Dispose();
            _shape.Dispose();
        }

        public void OnNext(T value)
        {
            lock (_gate)
            {
                if (_isOver || _isEnding)
                    return;

                if (_waiting.Count == MaxWaiting)
                {
                    Fail(new BackpressureException(
                        $"More than {MaxWaiting:N0} items wait behind a text whose shape has not completed. Let the shape tell its rest when its text ends, and complete.", MaxWaiting));
                    return;
                }

                _waiting.Enqueue(value);
                GoOn();
            }
        }

        public void OnError(Exception error) => OnEnd(error);

        public void OnCompleted() => OnEnd(null);

        private void OnEnd(Exception? failure)
        {
            lock (_gate)
            {
                if (_isOver || _isEnding)
                    return;

                (_isEnding, _failure) = (true, failure);
                GoOn();
            }
        }

        /// <summary>One after the other, as far as the shape lets them pass.</summary>
        private void GoOn()
        {
            if (_isBusy)
                return;

            _isBusy = true;
            while (!_isOver && (_run is not null || !_isShaping) && _waiting.TryDequeue(out var item))
                Take(item);
            if (_isEnding && _waiting.Count == 0 && !_isOver)
            {
                EndRun();
                if (!_isShaping && !_isOver)
                    End();
            }

            _isBusy = false;
        }

        private void Take(T item)
        {
            string? text;
            try
            {
                text = of.GetText(item);
            }
            catch (Exception failure)
            {
                Fail(failure);
                return;
            }

            if (text is not null)
            {
                if (_run is null)
                    BeginRun();
                _newest = item;
                _run?.OnNext(text);
                return;
            }

            EndRun();
            if (_isOver)
                return;
            if (_isShaping)
                PutBack(item);
            else
                observer.OnNext(item);
        }

        private void PutBack(T item)
        {
            var behind = _waiting.ToArray();
            _waiting.Clear();
            _waiting.Enqueue(item);
            foreach (var other in behind)
                _waiting.Enqueue(other);
        }

        private void BeginRun()
        {
            (_run, _isShaping) = (new(), true);
            var run = _run;
            try
            {
                var shaped = of.Shape(run) ?? throw new InvalidOperationException("The shape given to ShapeText returned null instead of a stream.");
                _shape.Disposable = shaped.Subscribe(OnShaped, failure => OnShapeFailed(failure), OnShapeCompleted);
            }
            catch (Exception failure)
            {
                Fail(failure);
            }
        }

        private void EndRun()
        {
            var run = _run;
            _run = null;
            run?.OnCompleted();
        }

        private void OnShaped(string text)
        {
            lock (_gate)
            {
                if (_isOver)
                    return;

                T item;
                try
                {
                    item = of.WithText(_newest, text);
                }
                catch (Exception failure)
                {
                    Fail(failure);
                    return;
                }

                observer.OnNext(item);
            }
        }

        private void OnShapeFailed(Exception failure)
        {
            lock (_gate)
                Fail(failure);
        }

        private void OnShapeCompleted()
        {
            lock (_gate)
            {
                _isShaping = false;
                GoOn();
            }
        }

        private void Fail(Exception failure)
        {
            if (_isOver)
                return;

            _isOver = true;
            observer.OnError(failure);
        }

        private void End()
        {
            _isOver = true;
            if (_failure is null)
                observer.OnCompleted();
            else
                observer.OnError(_failure);
        }
    }

    private IObservable<T> Source => source;

    private string? GetText(T item) => getText(item);

    private T WithText(T item, string text) => withText(item, text);

    private IObservable<string> Shape(IObservable<string> run) => shape(run);
}
