using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Threading.Tasks.Sources;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Renders each item on a scheduler, one at a time, and asks for the next only when the one before is drawn: the screen's pace becomes the source's.</summary>
    /// <remarks>
    /// <code>
    /// source  abc|
    /// result  a-b-c-|    // RenderOn(screen, draw), where drawing takes 2 frames: b is asked for when a is drawn
    /// </code>
    /// <para><b>Demand:</b> one item, when the one before it has been rendered. Put <see cref="Conflate(IAsyncEnumerable{string}, int)"/>
    /// before it to draw everything that has arrived meanwhile.</para>
    /// <para><b>Errors:</b> a failure of the source, and a throw from <paramref name="render"/>, fail the task, after the source has been disposed.</para>
    /// <para><b>Disposal:</b> cancelling disposes the source and cancels the task; a render that has begun is finished first, one that
    /// has not is not waited for nor begun, so that a screen that has gone away cannot hold the source.</para>
    /// <para><b>Threading:</b> <paramref name="render"/> runs on <paramref name="scheduler"/>; the next item is asked for from there.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="scheduler">Where to render.</param>
    /// <param name="render">Draws one item.</param>
    /// <param name="cancellationToken">Stops the rendering.</param>
    /// <returns>A task that ends when the last item has been rendered.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="scheduler"/> or <paramref name="render"/> is null.</exception>
    public static Task RenderOn<T>(
        this IAsyncEnumerable<T> source, IScheduler scheduler, Action<T> render, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentNullException.ThrowIfNull(render);

        return Render(
            source,
            new RenderTurn<T>(render, turn => scheduler.Schedule(turn, static (_, t) =>
            {
                t.Run();
                return Disposable.Empty;
            })),
            cancellationToken);
    }

    /// <summary>Renders each item on a synchronization context (a UI thread's), one at a time, and asks for the next only when the one before is drawn.</summary>
    /// <remarks>
    /// <code>
    /// source  abc|
    /// result  a-b-c-|    // RenderOn(screen, draw), where drawing takes 2 frames: b is asked for when a is drawn
    /// </code>
    /// <para><b>Demand:</b> one item, when the one before it has been rendered. Put <see cref="Conflate(IAsyncEnumerable{string}, int)"/>
    /// before it to draw everything that has arrived meanwhile.</para>
    /// <para><b>Errors:</b> a failure of the source, and a throw from <paramref name="render"/>, fail the task, after the source has been disposed.</para>
    /// <para><b>Disposal:</b> cancelling disposes the source and cancels the task; a render that has begun is finished first, one that
    /// has not is not waited for nor begun, so that a screen that has gone away cannot hold the source.</para>
    /// <para><b>Threading:</b> <paramref name="render"/> is posted to <paramref name="context"/>, so other work of the context gets its turn
    /// between two renders; the next item is asked for from there.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="context">Where to render.</param>
    /// <param name="render">Draws one item.</param>
    /// <param name="cancellationToken">Stops the rendering.</param>
    /// <returns>A task that ends when the last item has been rendered.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="context"/> or <paramref name="render"/> is null.</exception>
    public static Task RenderOn<T>(
        this IAsyncEnumerable<T> source, SynchronizationContext context, Action<T> render, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(render);

        return Render(
            source,
            new RenderTurn<T>(render, turn => context.Post(static t => ((RenderTurn<T>)t!).Run(), turn)),
            cancellationToken);
    }

    private static async Task Render<T>(IAsyncEnumerable<T> source, RenderTurn<T> turn, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var registration = cancellationToken.UnsafeRegister(static t => ((RenderTurn<T>)t!).Cancel(), turn);
        await foreach (var item in source.WithCancellation(cancellationToken).ConfigureAwait(false))
            await turn.RenderAsync(item, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>One render after the other, awaited without allocation.</summary>
internal sealed class RenderTurn<T>(Action<T> render, Action<RenderTurn<T>> post) : IValueTaskSource
{
    private const int Idle = 0;
    private const int Posted = 1;
    private const int Cancelled = 2;

    private ManualResetValueTaskSourceCore<bool> _rendered;
    private CancellationToken _cancellationToken;
    private T _item = default!;
    private int _state;

    public ValueTask RenderAsync(T item, CancellationToken cancellationToken)
    {
        _rendered.Reset();
        _item = item;
        _cancellationToken = cancellationToken;
        var turn = new ValueTask(this, _rendered.Version);

        Interlocked.Exchange(ref _state, Posted);
        if (cancellationToken.IsCancellationRequested)
            Cancel();
        else
            post(this);
        return turn;
    }

    /// <summary>Gives up a render that has not begun: the screen may never get to it.</summary>
    public void Cancel()
    {
        if (Interlocked.CompareExchange(ref _state, Cancelled, Posted) == Posted)
            _rendered.SetException(new OperationCanceledException(_cancellationToken));
    }

    public void Run()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Posted) != Posted)
            return;

        try
        {
            render(_item);
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
