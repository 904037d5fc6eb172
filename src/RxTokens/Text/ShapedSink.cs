using System.Reactive.Disposables;
using System.Reactive.Subjects;

namespace RxTokens;

/// <summary>A subscription of the push form of ShapeText.</summary>
/// <remarks>
/// <code>
/// field                          written by             read by         ordered by
/// _shape                         the feeder             everyone        itself: Rx's own, may be disposed before it is there
/// _run, _hasBorder, _border      the feeder             the feeder      _isFed
/// _waiting, _isEnding            the source             the feeder      _gate
/// _failure                       the source             who fails       _gate
/// _isShaping                     the feeder; the shape  the feeder      _gate
/// _newest                        the feeder             who tells       _gate
/// _isFed                         who feeds              everyone        _gate
/// </code>
/// <para><b>The feeder</b> is who has found that nobody feeds the shape: the source's thread, or the one on which a shape has completed late. What is pushed
/// meanwhile waits for it. <b>Who tells</b> is the feeder, or the shape on a thread of its own; one at a time, by <c>_telling</c>.</para>
/// <para>The shape is fed under no lock: it may have one of its own, under which it tells.</para>
/// </remarks>
internal sealed class ShapedSink<T>(
    IObserver<T> observer,
    Func<T, string?> getText,
    Func<T, string, T> withText,
    Func<IObservable<string>, IObservable<string>> shape) : PushSink<T, T>(observer)
{
    private const int MaxWaiting = 1024; // with the border

    private readonly object _gate = new(); // no Lock: the systematic exploration knows none. Held inside no call
    private readonly object _telling = new(); // held while the observer is called
    private readonly SerialDisposable _shape = new();
    private readonly Queue<T> _waiting = [];
    private Subject<string>? _run; // until it has ended
    private bool _isShaping; // the shape of the run has not completed
    private bool _hasBorder; // the item that has ended the run waits for that
    private T _border = default!;
    private T _newest = default!;
    private bool _isFed;
    private bool _isEnding;
    private Exception? _failure;

    private enum Step
    {
        None,
        TakeItem,
        TellBorder,
        EndRun,
        End,
    }

    public override void Dispose()
    {
        base.Dispose();
        _shape.Dispose();
    }

    public override void OnNext(T value)
    {
        bool isFull;
        lock (_gate)
        {
            if (IsOver || _isEnding)
                return;

            isFull = _isEnding = _waiting.Count == MaxWaiting - 1;
            if (!isFull)
            {
                _waiting.Enqueue(value);
                if (_isFed)
                    return;
                _isFed = true;
            }
        }

        if (isFull)
        {
            Fail(new BackpressureException(
                $"More than {MaxWaiting:N0} items wait behind a text whose shape was late. Let the shape tell its rest when its text ends, and complete.", MaxWaiting));
            return;
        }

        Feed();
    }

    public override void OnError(Exception error) => OnEnd(error);

    public override void OnCompleted() => OnEnd(null);

    private void OnEnd(Exception? failure)
    {
        lock (_gate)
        {
            if (IsOver || _isEnding)
                return;

            (_isEnding, _failure) = (true, failure);
            if (_isFed)
                return;
            _isFed = true;
        }

        Feed();
    }

    /// <summary>One after the other, as far as the shape lets them pass.</summary>
    private void Feed()
    {
        try
        {
            FeedAll();
        }
        catch (Exception failure)
        {
            if (IsOver)
                throw; // the observer's. No filter: that would look before it is closed
            Fail(failure);
        }
    }

    private void FeedAll()
    {
        while (true)
        {
            T item;
            Step step;
            lock (_gate)
            {
                step = Next(out item);
                if (step == Step.None)
                {
                    _isFed = false;
                    return;
                }
            }

            switch (step)
            {
                case Step.TakeItem:
                    Take(item);
                    break;
                case Step.TellBorder:
                    Tell(item);
                    break;
                case Step.EndRun:
                    EndRun();
                    break;
                case Step.End:
                    End();
                    break;
            }
        }
    }

    private Step Next(out T item)
    {
        item = default!;
        if (IsOver)
            return Step.None;

        if (_hasBorder)
        {
            if (_isShaping)
                return Step.None;

            item = _border;
            (_hasBorder, _border) = (false, default!);
            return Step.TellBorder;
        }

        if (_waiting.TryDequeue(out item!))
            return Step.TakeItem;
        if (!_isEnding)
            return Step.None;

        return _run is not null ? Step.EndRun : _isShaping ? Step.None : Step.End;
    }

    private void Take(T item)
    {
        string? text;
        try
        {
            text = getText(item);
        }
        catch (Exception failure)
        {
            Fail(failure);
            return;
        }

        if (text is null)
        {
            (_hasBorder, _border) = (true, item);
            EndRun();
            return;
        }

        lock (_gate)
            _newest = item;
        if (_run is null)
            BeginRun();
        _run?.OnNext(text);
    }

    private void BeginRun()
    {
        _run = new Subject<string>();
        lock (_gate)
            _isShaping = true;
        var shaped = shape(_run) ?? throw new InvalidOperationException("The shape given to ShapeText returned null instead of a stream.");
        _shape.Disposable = shaped.Subscribe(OnShaped, Fail, OnShapeCompleted);
    }

    private void EndRun()
    {
        var run = _run;
        _run = null;
        run?.OnCompleted();
    }

    private void OnShaped(string text)
    {
        if (IsOver)
            return;

        T newest;
        lock (_gate)
            newest = _newest;
        T item;
        try
        {
            item = withText(newest, text);
        }
        catch (Exception failure)
        {
            Fail(failure);
            return;
        }

        Tell(item);
    }

    private void OnShapeCompleted()
    {
        lock (_gate)
        {
            _isShaping = false;
            if (_isFed)
                return;
            _isFed = true;
        }

        Feed();
    }

    private void Tell(T item)
    {
        lock (_telling)
        {
            if (IsOver)
                return;

            var hasHeard = false;
            try
            {
                Observer.OnNext(item);
                hasHeard = true;
            }
            finally
            {
                if (!hasHeard)
                    Close(); // it has thrown, and hears nothing more
            }
        }
    }

    /// <summary>Behind a failure of the source, which the shape knows nothing of.</summary>
    private void Fail(Exception failure)
    {
        Exception? ofSource;
        lock (_gate)
            ofSource = _failure;
        lock (_telling)
        {
            if (IsOver)
                return;

            Close();
            Observer.OnError(Ending.Combine(ofSource, failure)!);
        }
    }

    private void End()
    {
        if (_failure is not null)
        {
            Fail(_failure);
            return;
        }

        lock (_telling)
        {
            if (IsOver)
                return;

            Close();
            Observer.OnCompleted();
        }
    }
}
