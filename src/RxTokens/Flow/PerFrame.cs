using System.Diagnostics;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Asks its source for one item a frame: the first at once, then at most one in each frame of the clock.</summary>
    /// <remarks>
    /// <code>
    /// source  abc|
    /// result  a---b---c---|    // PerFrame(frames), of 4 ms each
    /// </code>
    /// <para><b>Demand:</b> the source is asked in the moment in which its item may be told: at once if nothing has been told in this frame, else when the
    /// next begins. So <c>Conflate().PerFrame(frames)</c> shows in a frame everything that has come since the last, and loses nothing. The end is asked
    /// for in a frame, too. Nothing is read ahead.</para>
    /// <para><b>Errors:</b> failures of the source arrive as they are.</para>
    /// <para><b>Disposal:</b> leaving and cancelling do not wait for the frame. Else as <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> a consumer that waits resumes where the item arrived, or on the thread of the clock's scheduler.</para>
    /// <code>
    /// // Conceptually (of frames that begin with the enumeration):
    /// public static async IAsyncEnumerable&lt;T> PerFrame&lt;T>(this IAsyncEnumerable&lt;T> source, TimeSpan period, IScheduler scheduler)
    /// {
    ///     var start = scheduler.Now;
    ///     await foreach (var item in source)
    ///     {
    ///         var next = start + (Math.Floor((scheduler.Now - start) / period) + 1) * period;
    ///         yield return item;
    ///         if (scheduler.Now &lt; next)
    ///             await Task.Delay(next - scheduler.Now, scheduler.AsTimeProvider());
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="frames">The frames; one clock for all streams of a screen.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="frames"/> is null.</exception>
    public static IAsyncEnumerable<TSource> PerFrame<TSource>(this IAsyncEnumerable<TSource> source, FrameClock frames)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(frames);

        return new PerFrameStream<TSource>(source, frames);
    }
}

[DebuggerDisplay("PerFrame({_frames.Period})")]
internal sealed class PerFrameStream<T>(IAsyncEnumerable<T> source, FrameClock frames) : OutletStream<T>
{
    private readonly FrameClock _frames = frames;

    public override IOutlet<T> Start(CancellationToken cancellationToken) => new PerFrameOutlet<T>(source, _frames, cancellationToken);
}

/// <summary>Reads where the frame is a new one; else it waits for the next.</summary>
/// <remarks>
/// <code>
/// field          written by    read by     ordered by
/// _frames        constructor   everyone    readonly
/// _place         the runner    the runner  the turn; what is in it is the clock's, under its lock
/// all others     the runner    the runner  the turn
/// </code>
/// </remarks>
internal sealed class PerFrameOutlet<T> : OneByOne<T>, IFrameWaiter
{
    private readonly FrameClock _frames;
    private LinkedListNode<IFrameWaiter>? _place; // made when it has to wait
    private long _lastFrame = -1;

    public PerFrameOutlet(IAsyncEnumerable<T> source, FrameClock frames, CancellationToken cancellationToken)
        : base(source, cancellationToken) => _frames = frames;

    protected override bool MayRead()
    {
        if (!IsAsking)
            return false;
        if (_frames.Frame > _lastFrame)
            return true;

        try
        {
            _frames.WaitForNext(_place ??= new(this));
        }
        catch (Exception failure)
        {
            Fail(failure);
        }

        return false;
    }

    void IFrameWaiter.OnFrame() => Post(Note.News);

    protected override bool OnItem(T item)
    {
        _lastFrame = _frames.Frame;
        Serve(item);
        return false;
    }

    protected override void OnClosed()
    {
        if (_place is null)
            return;

        try
        {
            _frames.Forget(_place);
        }
        catch (Exception thrown)
        {
            FailedToCleanUp(thrown); // by the scheduler's timer
        }
    }
}
