using System.Reactive.Concurrency;
using System.Reactive.Linq;

namespace RxTokens;

/// <summary>How long it is quiet behind a value.</summary>
internal delegate IDisposable Window<T>(T value, Action over, Action<Exception> failed);

internal static class Windows
{
    public static Window<T> Of<T>(TimeSpan period, IScheduler scheduler) => (_, over, _) => scheduler.Schedule(period, over);

    /// <summary>Until the selected stream says something, or ends.</summary>
    public static Window<T> Of<T, TDuration>(Func<T, IObservable<TDuration>> duration) => (value, over, failed) =>
        (duration(value) ?? throw new InvalidOperationException("The function returned null instead of a stream that ends the window."))
            .Take(1).Subscribe(_ => { }, failed, over);
}

/// <summary>Tells values, and then none for the length of a window: what is behind the operators that throttle.</summary>
/// <param name="observer">Who is told.</param>
/// <param name="window">How long it is quiet.</param>
/// <param name="leading">Whether the value that opens a window is told at once; else it waits for the window's end.</param>
/// <param name="trailing">Whether the newest of a window is told at its end.</param>
/// <param name="reopens">Whether one that is told at the end of a window opens the next.</param>
internal sealed class ThrottleSink<T>(IObserver<T> observer, Window<T> window, bool leading, bool trailing, bool reopens) : TimeSink<T, T>(observer)
{
    private bool _isQuiet;
    private bool _hasNewest;
    private T _newest = default!;

    protected override void Add(T value)
    {
        if (_isQuiet || !leading)
        {
            if (trailing)
                (_hasNewest, _newest) = (true, value);
            if (!_isQuiet)
                Open(value);
        }
        else
        {
            TellAndOpen(value);
        }
    }

    protected override void AddEnd()
    {
        if (TryTakeNewest(out var newest))
            Tell(newest);
    }

    private void TellAndOpen(T value)
    {
        _isQuiet = true; // before it is told: what is pushed meanwhile lies in the window
        Tell(value);
        if (!IsOver)
            Open(value);
    }

    private void Open(T value)
    {
        _isQuiet = true;
        WaitFor((over, failed) => window(value, over, failed), OnOver);
    }

    private void OnOver()
    {
        _isQuiet = false;
        if (!TryTakeNewest(out var newest))
            return;

        if (reopens)
            TellAndOpen(newest);
        else
            Tell(newest);
    }

    private bool TryTakeNewest(out T newest)
    {
        var has = _hasNewest;
        newest = _newest;
        (_hasNewest, _newest) = (false, default!);
        return has;
    }
}
