using System.Reactive.Concurrency;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Tells the first value at once, then at most one a frame, the newest, and never what was told last: what a screen has to draw.</summary>
    /// <remarks>
    /// <code>
    /// source  ab-a---c-b---|
    /// result  a------c---b-|    // DistinctFrames(4 ms): when the first frame is over, a is still shown
    /// </code>
    /// <para><b>A frame</b> begins with a value that is told, and lasts for <paramref name="frame"/>. At its end the newest value is told, if it differs from
    /// what was told last; that begins the next frame. A value that is equal to what was told last begins none, and takes back what waits: it
    /// is what is on the screen. What a newer value replaces is dropped.</para>
    /// <para><b>The end</b> tells what waits at once, and completes.</para>
    /// <para><b>Demand:</b> none of its own. Inside <see cref="Through"/>: reads until something is told.</para>
    /// <para><b>Errors:</b> a failure of the source, and what <paramref name="comparer"/> throws, arrive at once; what waits is dropped.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> values are told inside the source's calls, or on <paramref name="scheduler"/>, one at a time.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the values.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="frame">How long a frame lasts; more than zero.</param>
    /// <param name="scheduler">The clock.</param>
    /// <param name="comparer">Which values are equal; null for their own equality.</param>
    /// <returns>The values that are told.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="frame"/> is not positive.</exception>
    public static IObservable<TSource> DistinctFrames<TSource>(
        this IObservable<TSource> source, TimeSpan frame, IScheduler scheduler, IEqualityComparer<TSource>? comparer = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(frame, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(scheduler);

        return new PushOperator<TSource, TSource>(source, observer => new DistinctFramesSink<TSource>(observer, frame, scheduler, comparer ?? EqualityComparer<TSource>.Default));
    }

    /// <summary>Tells the first value at once, then at most one a frame, the newest, and never what was told last, on any clock.</summary>
    /// <remarks>
    /// <code>
    /// source  ab-a---c-b---|
    /// result  a------c---b-|    // DistinctFrames(4 ms): when the first frame is over, a is still shown
    /// </code>
    /// <para>As <see cref="DistinctFrames{TSource}(IObservable{TSource}, TimeSpan, IScheduler, IEqualityComparer{TSource})"/>, on <paramref name="timeProvider"/>'s timers.</para>
    /// <para><b>Demand:</b> none of its own.</para>
    /// <para><b>Errors:</b> a failure of the source, and what <paramref name="comparer"/> throws, arrive at once; what waits is dropped.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's, and the timer.</para>
    /// <para><b>Threading:</b> values are told inside the source's calls, or where <paramref name="timeProvider"/> calls its timers back, one at a time.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the values.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="frame">How long a frame lasts; more than zero.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="comparer">Which values are equal; null for their own equality.</param>
    /// <returns>The values that are told.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="frame"/> is not positive.</exception>
    public static IObservable<TSource> DistinctFrames<TSource>(
        this IObservable<TSource> source, TimeSpan frame, TimeProvider timeProvider, IEqualityComparer<TSource>? comparer = null)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return source.DistinctFrames(frame, timeProvider.AsScheduler(), comparer);
    }
}

internal sealed class DistinctFramesSink<T>(IObserver<T> observer, TimeSpan frame, IScheduler scheduler, IEqualityComparer<T> comparer) : TimeSink<T, T>(observer)
{
    private bool _hasShown;
    private T _shown = default!;
    private bool _isInFrame;
    private bool _hasNewest; // differs from what is shown
    private T _newest = default!;

    protected override void Add(T value)
    {
        bool isShown;
        try
        {
            isShown = _hasShown && comparer.Equals(_shown, value);
        }
        catch (Exception failure)
        {
            Fail(failure);
            return;
        }

        (_hasNewest, _newest) = (!isShown, value);
        if (_hasNewest && !_isInFrame)
            Show();
    }

    protected override void AddEnd()
    {
        if (_hasNewest)
            Tell(TakeNewest());
    }

    private void Show()
    {
        _isInFrame = true; // before it is told: what is pushed meanwhile lies in the frame
        Tell(TakeNewest());
        if (!IsOver)
            WaitFor(frame, scheduler, OnFrameOver);
    }

    private void OnFrameOver()
    {
        _isInFrame = false;
        if (_hasNewest)
            Show();
    }

    private T TakeNewest()
    {
        _shown = _newest;
        (_hasShown, _hasNewest, _newest) = (true, false, default!);
        return _shown;
    }
}
