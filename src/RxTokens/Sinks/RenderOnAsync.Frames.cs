using System.Reactive.Concurrency;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Renders at most one item a frame on a scheduler, and asks for the next when the one before is drawn and its frame is over.</summary>
    /// <remarks>
    /// <code>
    /// source  [abc|]
    /// result  a---b---c---|    // RenderOnAsync(scheduler, frames, draw), of frames of 4 ms
    /// </code>
    /// <para><b>Demand:</b> one item, when the one before it has been rendered and a new frame has begun: as <see cref="PerFrame"/> before it. Put
    /// <see cref="Conflate(IAsyncEnumerable{string}, int)"/> before it to draw in a frame everything that has arrived since the last.</para>
    /// <para><b>Errors, disposal:</b> as without frames. Errors: a failure of the source, and a throw from <paramref name="render"/>, fail the task, after the
    /// source has been disposed. Disposal: cancelling does not wait for the frame.</para>
    /// <para><b>Threading:</b> <paramref name="render"/> runs on <paramref name="scheduler"/>, where it is sent when its frame begins.</para>
    /// <code>
    /// // Conceptually:
    /// public static Task RenderOnAsync&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, IScheduler scheduler, FrameClock frames, Action&lt;T> render, CancellationToken cancellationToken = default) =>
    ///     source.PerFrame(frames).RenderOnAsync(scheduler, render, cancellationToken);
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="scheduler">Where to render.</param>
    /// <param name="frames">The frames; one clock for all streams of a screen.</param>
    /// <param name="render">Draws one item.</param>
    /// <param name="cancellationToken">Stops the rendering.</param>
    /// <returns>A task that ends when the last item has been rendered.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="scheduler"/>, <paramref name="frames"/> or <paramref name="render"/> is null.</exception>
    public static Task RenderOnAsync<TSource>(
        this IAsyncEnumerable<TSource> source, IScheduler scheduler, FrameClock frames, Action<TSource> render, CancellationToken cancellationToken = default) =>
        source.PerFrame(frames).RenderOnAsync(scheduler, render, cancellationToken);

    /// <summary>Renders at most one item a frame on a synchronization context (a UI thread's), and asks for the next when the one before is drawn and its frame is over.</summary>
    /// <remarks>
    /// <code>
    /// source  [abc|]
    /// result  a---b---c---|    // RenderOnAsync(context, frames, draw), of frames of 4 ms
    /// </code>
    /// <para><b>Demand:</b> one item, when the one before it has been rendered and a new frame has begun: as <see cref="PerFrame"/> before it. Put
    /// <see cref="Conflate(IAsyncEnumerable{string}, int)"/> before it to draw in a frame everything that has arrived since the last.</para>
    /// <para><b>Errors, disposal:</b> as without frames. Errors: a failure of the source, and a throw from <paramref name="render"/>, fail the task, after the
    /// source has been disposed. Disposal: cancelling does not wait for the frame.</para>
    /// <para><b>Threading:</b> <paramref name="render"/> runs on <paramref name="context"/>, where it is sent when its frame begins.</para>
    /// <code>
    /// // Conceptually:
    /// public static Task RenderOnAsync&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, SynchronizationContext context, FrameClock frames, Action&lt;T> render, CancellationToken cancellationToken = default) =>
    ///     source.PerFrame(frames).RenderOnAsync(context, render, cancellationToken);
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="context">Where to render.</param>
    /// <param name="frames">The frames; one clock for all streams of a screen.</param>
    /// <param name="render">Draws one item.</param>
    /// <param name="cancellationToken">Stops the rendering.</param>
    /// <returns>A task that ends when the last item has been rendered.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="context"/>, <paramref name="frames"/> or <paramref name="render"/> is null.</exception>
    public static Task RenderOnAsync<TSource>(
        this IAsyncEnumerable<TSource> source, SynchronizationContext context, FrameClock frames, Action<TSource> render, CancellationToken cancellationToken = default) =>
        source.PerFrame(frames).RenderOnAsync(context, render, cancellationToken);
}
