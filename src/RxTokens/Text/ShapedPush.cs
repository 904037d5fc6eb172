using System.Reactive;
using System.Reactive.Disposables;
using System.Reactive.Subjects;

namespace RxTokens;

/// <summary>The push form of ShapeText.</summary>
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
