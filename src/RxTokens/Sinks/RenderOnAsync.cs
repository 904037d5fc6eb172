using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Renders each item on a scheduler, one at a time, and asks for the next only when the one before is drawn: the screen's pace becomes the source's.</summary>
    /// <remarks>
    /// <code>
    /// source  abc|
    /// result  a-b-c-|    // RenderOnAsync(screen, draw), where drawing takes 2 frames: b is asked for when a is drawn
    /// </code>
    /// <para><b>Demand:</b> one item, when the one before it has been rendered. Put <see cref="Conflate(IAsyncEnumerable{string}, int)"/>
    /// before it to draw everything that has arrived meanwhile.</para>
    /// <para><b>Errors:</b> a failure of the source, and a throw from <paramref name="render"/>, fail the task, after the source has been disposed. If the
    /// disposal fails too, both arrive in one <see cref="AggregateException"/>, first what came first.</para>
    /// <para><b>Disposal:</b> cancelling cancels the task, reads nothing more and disposes the source, however quietly it ends at that;
    /// a render that has begun is finished first, one that has not is not waited for nor begun, so that a screen that has gone away
    /// cannot hold the source.</para>
    /// <para><b>Threading:</b> <paramref name="render"/> runs on <paramref name="scheduler"/>; the next item is asked for from there.</para>
    /// <code>
    /// // Conceptually (cancelling gives up a render that has not begun):
    /// public static async Task RenderOnAsync&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, IScheduler scheduler, Action&lt;T> render, CancellationToken cancellationToken = default)
    /// {
    ///     await foreach (var item in source.WithCancellation(cancellationToken))
    ///         await Observable.Start(() => render(item), scheduler);
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="scheduler">Where to render.</param>
    /// <param name="render">Draws one item.</param>
    /// <param name="cancellationToken">Stops the rendering.</param>
    /// <returns>A task that ends when the last item has been rendered.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="scheduler"/> or <paramref name="render"/> is null.</exception>
    public static Task RenderOnAsync<TSource>(
        this IAsyncEnumerable<TSource> source, IScheduler scheduler, Action<TSource> render, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentNullException.ThrowIfNull(render);

        return Render(source, On(scheduler, Finished(render)), cancellationToken);
    }

    /// <summary>Renders each item on a scheduler by an asynchronous function, one at a time, and asks for the next only when the one before is drawn.</summary>
    /// <remarks>
    /// <code>
    /// source  abc|
    /// result  a-b-c-|    // RenderOnAsync(screen, draw), where drawing takes 2 frames: b is asked for when a is drawn
    /// </code>
    /// <para><b>Demand:</b> one item, when the one before it has been rendered. Put <see cref="Conflate(IAsyncEnumerable{string}, int)"/>
    /// before it to draw everything that has arrived meanwhile.</para>
    /// <para><b>Errors:</b> a failure of the source, and of <paramref name="render"/>, fail the task, after the source has been disposed. If the
    /// disposal fails too, both arrive in one <see cref="AggregateException"/>, first what came first.</para>
    /// <para><b>Disposal:</b> cancelling cancels the task, reads nothing more and disposes the source, however quietly it ends at that;
    /// a render that has begun is finished first, one that has not is not waited for nor begun, so that a screen that has gone away
    /// cannot hold the source.</para>
    /// <para><b>Threading:</b> <paramref name="render"/> begins on <paramref name="scheduler"/>; the next item is asked for where its task ends.</para>
    /// <code>
    /// // Conceptually (cancelling gives up a render that has not begun):
    /// public static async Task RenderOnAsync&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, IScheduler scheduler, Func&lt;T, ValueTask> render, CancellationToken cancellationToken = default)
    /// {
    ///     await foreach (var item in source.WithCancellation(cancellationToken))
    ///         await await Observable.Start(() => render(item), scheduler);
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="scheduler">Where to render.</param>
    /// <param name="render">Draws one item; it is drawn when the task is over.</param>
    /// <param name="cancellationToken">Stops the rendering.</param>
    /// <returns>A task that ends when the last item has been rendered.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="scheduler"/> or <paramref name="render"/> is null.</exception>
    public static Task RenderOnAsync<TSource>(
        this IAsyncEnumerable<TSource> source, IScheduler scheduler, Func<TSource, ValueTask> render, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentNullException.ThrowIfNull(render);

        return Render(source, On(scheduler, render), cancellationToken);
    }

    /// <summary>Renders each item on a synchronization context (a UI thread's), one at a time, and asks for the next only when the one before is drawn: the screen's pace becomes the source's.</summary>
    /// <remarks>
    /// <code>
    /// source  abc|
    /// result  a-b-c-|    // RenderOnAsync(screen, draw), where drawing takes 2 frames: b is asked for when a is drawn
    /// </code>
    /// <para><b>Demand:</b> one item, when the one before it has been rendered. Put <see cref="Conflate(IAsyncEnumerable{string}, int)"/>
    /// before it to draw everything that has arrived meanwhile.</para>
    /// <para><b>Errors:</b> a failure of the source, and a throw from <paramref name="render"/>, fail the task, after the source has been disposed. If the
    /// disposal fails too, both arrive in one <see cref="AggregateException"/>, first what came first.</para>
    /// <para><b>Disposal:</b> cancelling cancels the task, reads nothing more and disposes the source, however quietly it ends at that;
    /// a render that has begun is finished first, one that has not is not waited for nor begun, so that a screen that has gone away
    /// cannot hold the source.</para>
    /// <para><b>Threading:</b> <paramref name="render"/> is posted to <paramref name="context"/>, so other work of the context gets its turn
    /// between two renders; the next item is asked for from there.</para>
    /// <code>
    /// // Conceptually:
    /// public static Task RenderOnAsync&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, SynchronizationContext context, Action&lt;T> render, CancellationToken cancellationToken = default) =>
    ///     source.RenderOnAsync(new SynchronizationContextScheduler(context), render, cancellationToken);
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="context">Where to render.</param>
    /// <param name="render">Draws one item.</param>
    /// <param name="cancellationToken">Stops the rendering.</param>
    /// <returns>A task that ends when the last item has been rendered.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="context"/> or <paramref name="render"/> is null.</exception>
    public static Task RenderOnAsync<TSource>(
        this IAsyncEnumerable<TSource> source, SynchronizationContext context, Action<TSource> render, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(render);

        return Render(source, On(context, Finished(render)), cancellationToken);
    }

    /// <summary>Renders each item on a synchronization context (a UI thread's) by an asynchronous function, one at a time, and asks for the next only when the one before is drawn.</summary>
    /// <remarks>
    /// <code>
    /// source  abc|
    /// result  a-b-c-|    // RenderOnAsync(screen, draw), where drawing takes 2 frames: b is asked for when a is drawn
    /// </code>
    /// <para><b>Demand:</b> one item, when the one before it has been rendered. Put <see cref="Conflate(IAsyncEnumerable{string}, int)"/>
    /// before it to draw everything that has arrived meanwhile.</para>
    /// <para><b>Errors:</b> a failure of the source, and of <paramref name="render"/>, fail the task, after the source has been disposed. If the
    /// disposal fails too, both arrive in one <see cref="AggregateException"/>, first what came first.</para>
    /// <para><b>Disposal:</b> cancelling cancels the task, reads nothing more and disposes the source, however quietly it ends at that;
    /// a render that has begun is finished first, one that has not is not waited for nor begun, so that a screen that has gone away
    /// cannot hold the source.</para>
    /// <para><b>Threading:</b> <paramref name="render"/> is posted to <paramref name="context"/>, so other work of the context gets its turn
    /// between two renders and while one waits; the next item is asked for where its task ends.</para>
    /// <code>
    /// // Conceptually:
    /// public static Task RenderOnAsync&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, SynchronizationContext context, Func&lt;T, ValueTask> render, CancellationToken cancellationToken = default) =>
    ///     source.RenderOnAsync(new SynchronizationContextScheduler(context), render, cancellationToken);
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="context">Where to render.</param>
    /// <param name="render">Draws one item; it is drawn when the task is over.</param>
    /// <param name="cancellationToken">Stops the rendering.</param>
    /// <returns>A task that ends when the last item has been rendered.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="context"/> or <paramref name="render"/> is null.</exception>
    public static Task RenderOnAsync<TSource>(
        this IAsyncEnumerable<TSource> source, SynchronizationContext context, Func<TSource, ValueTask> render, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(render);

        return Render(source, On(context, render), cancellationToken);
    }

    private static void ThrowIfNull(SynchronizationContext context, [CallerArgumentExpression(nameof(context))] string? name = null)
    {
        if (context is null)
        {
            throw new ArgumentNullException(
                name,
                "There is no synchronization context. SynchronizationContext.Current is null on a thread that has none: in a console program, "
                + "on the thread pool. Use the overload that takes an IScheduler: RenderOnAsync(TaskPoolScheduler.Default, render).");
        }
    }

    private static Func<TSource, ValueTask> Finished<TSource>(Action<TSource> render) => item =>
    {
        render(item);
        return default;
    };

    private static RenderTurn<TSource> On<TSource>(IScheduler scheduler, Func<TSource, ValueTask> render) =>
        new(render, turn => scheduler.Schedule(turn, static (_, t) =>
        {
            t.Run();
            return Disposable.Empty;
        }));

    private static RenderTurn<TSource> On<TSource>(SynchronizationContext context, Func<TSource, ValueTask> render) =>
        new(render, turn => context.Post(static t => ((RenderTurn<TSource>)t!).Run(), turn));

    private static async Task Render<TSource>(IAsyncEnumerable<TSource> source, RenderTurn<TSource> turn, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static t => ((RenderTurn<TSource>)t!).GiveUp(), turn);
        await Consumption.ForEachAsync(
            source,
            cancellationToken,
            item => turn.RenderAsync(item, cancellationToken),
            () => cancellationToken.IsCancellationRequested ? new OperationCanceledException(cancellationToken) : null).ConfigureAwait(false);
    }
}

/// <summary>One render after the other, awaited without allocation.</summary>
/// <remarks>
/// Three parties meet here: the reading, which posts a render and waits for it; the screen, which runs it; and the canceller, who may
/// give it up while it is <c>Posted</c>. Who moves <c>_state</c> on from there owns the rest, so that one of the two answers.
/// <code>
/// field      written by                                 read by      ordered by
/// _state     the reading, the screen, the canceller     all          itself, interlocked
/// _item      the reading, before Posted                 the screen   _state
/// _rendered  the reading (Reset), before Posted;
///            who took it from Posted (SetResult)        the reading  _state, then its own completion
/// </code>
/// </remarks>
internal sealed class RenderTurn<TSource>(Func<TSource, ValueTask> render, Action<RenderTurn<TSource>> post) : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _rendered;
    private TSource _item = default!;
    private State _state;

    private enum State
    {
        Idle,
        Posted,
        Rendering,
        GivenUp,
    }

    public ValueTask RenderAsync(TSource item, CancellationToken cancellationToken)
    {
        _rendered.Reset();
        _item = item;
        var turn = new ValueTask(this, _rendered.Version);

        Interlocked.Exchange(ref _state, State.Posted);
        if (cancellationToken.IsCancellationRequested)
            GiveUp(); // the canceller may have been here before it was posted
        else
            post(this);
        return turn;
    }

    /// <summary>Gives up a render that has not begun: the screen may never get to it.</summary>
    public void GiveUp()
    {
        if (Interlocked.CompareExchange(ref _state, State.GivenUp, State.Posted) == State.Posted)
            _rendered.SetException(new OperationCanceledException());
    }

    public void Run()
    {
        if (Interlocked.CompareExchange(ref _state, State.Rendering, State.Posted) != State.Posted)
            return;

        try
        {
            var rendering = render(_item);
            if (!rendering.IsCompleted)
            {
                _ = FinishAsync(rendering);
                return;
            }

            rendering.GetAwaiter().GetResult();
        }
        catch (Exception failure)
        {
            _rendered.SetException(failure);
            return;
        }

        _rendered.SetResult(true);
    }

    private async Task FinishAsync(ValueTask rendering)
    {
        try
        {
            await rendering.ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            _rendered.SetException(failure);
            return;
        }

        _rendered.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _rendered.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _rendered.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _rendered.OnCompleted(continuation, state, token, flags);
}
