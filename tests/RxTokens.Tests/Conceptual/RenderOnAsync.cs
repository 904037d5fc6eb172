using System.Reactive.Concurrency;
using System.Reactive.Linq;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually (cancelling gives up a render that has not begun):
    public static async Task RenderOnAsync<T>(
        this IAsyncEnumerable<T> source, IScheduler scheduler, Action<T> render, CancellationToken cancellationToken = default)
    {
        await foreach (var item in source.WithCancellation(cancellationToken))
            await Observable.Start(() => render(item), scheduler);
    }
    // </conceptual>

    // <conceptual>
    // Conceptually (cancelling gives up a render that has not begun):
    public static async Task RenderOnAsync<T>(
        this IAsyncEnumerable<T> source, IScheduler scheduler, Func<T, ValueTask> render, CancellationToken cancellationToken = default)
    {
        await foreach (var item in source.WithCancellation(cancellationToken))
            await await Observable.Start(() => render(item), scheduler);
    }
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static Task RenderOnAsync<T>(
        this IAsyncEnumerable<T> source, SynchronizationContext context, Action<T> render, CancellationToken cancellationToken = default) =>
        source.RenderOnAsync(new SynchronizationContextScheduler(context), render, cancellationToken);
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static Task RenderOnAsync<T>(
        this IAsyncEnumerable<T> source, SynchronizationContext context, Func<T, ValueTask> render, CancellationToken cancellationToken = default) =>
        source.RenderOnAsync(new SynchronizationContextScheduler(context), render, cancellationToken);
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static Task RenderOnAsync<T>(
        this IAsyncEnumerable<T> source, IScheduler scheduler, FrameClock frames, Action<T> render, CancellationToken cancellationToken = default) =>
        source.PerFrame(frames).RenderOnAsync(scheduler, render, cancellationToken);
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static Task RenderOnAsync<T>(
        this IAsyncEnumerable<T> source, SynchronizationContext context, FrameClock frames, Action<T> render, CancellationToken cancellationToken = default) =>
        source.PerFrame(frames).RenderOnAsync(context, render, cancellationToken);
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void RenderOnAsync() => Same(
        from source in SourceCases from busy in Gen.Choose(0, 4) from failsAt in Gen.Choose(0, 12) select (source, busy, failsAt), 121,
        (c, w) => w.Await(() => TokenStream.RenderOnAsync(w.PullAtOnce(c.source), new Screen(w.Clock, c.busy), item => Draw(w, item, c.failsAt))),
        (c, w) => w.Await(() => Concept.RenderOnAsync(w.PullAtOnce(c.source), new Screen(w.Clock, c.busy), item => Draw(w, item, c.failsAt))));

    [Test]
    public void RenderOnAsync_OnAContext() => Same(
        from source in SourceCases from busy in Gen.Choose(0, 4) from failsAt in Gen.Choose(0, 12) select (source, busy, failsAt), 122,
        (c, w) => w.Await(() => TokenStream.RenderOnAsync(w.PullAtOnce(c.source), new UiThread(w.Clock, c.busy), item => Draw(w, item, c.failsAt))),
        (c, w) => w.Await(() => Concept.RenderOnAsync(w.PullAtOnce(c.source), new UiThread(w.Clock, c.busy), item => Draw(w, item, c.failsAt))));

    [Test]
    public void RenderOnAsync_ByFrames() => Same(
        from source in SourceCases from period in Gen.Choose(1, 5) from failsAt in Gen.Choose(0, 12) select (source, period, failsAt), 145,
        (c, w) => w.Await(() => TokenStream.RenderOnAsync(w.PullAtOnce(c.source), w.Clock, new FrameClock(c.period.Frames(), w.Clock), item => Draw(w, item, c.failsAt))),
        (c, w) => w.Await(() => Concept.RenderOnAsync(w.PullAtOnce(c.source), w.Clock, new FrameClock(c.period.Frames(), w.Clock), item => Draw(w, item, c.failsAt))));

    [Test]
    public void RenderOnAsync_ByFrames_OnAContext() => Same(
        from source in SourceCases from busy in Gen.Choose(0, 4) from period in Gen.Choose(1, 5) from failsAt in Gen.Choose(0, 12) select (source, busy, period, failsAt), 146,
        (c, w) => w.Await(() => TokenStream.RenderOnAsync(w.PullAtOnce(c.source), new UiThread(w.Clock, c.busy), new FrameClock(c.period.Frames(), w.Clock), item => Draw(w, item, c.failsAt))),
        (c, w) => w.Await(() => Concept.RenderOnAsync(w.PullAtOnce(c.source), new UiThread(w.Clock, c.busy), new FrameClock(c.period.Frames(), w.Clock), item => Draw(w, item, c.failsAt))));

    [Test]
    public void RenderOnAsync_ByAnAsynchronousFunction() => Same(
        from source in SourceCases from busy in Gen.Choose(0, 4) from takes in Gen.Choose(0, 4) from failsAt in Gen.Choose(0, 12) select (source, busy, takes, failsAt), 127,
        (c, w) => w.Await(() => TokenStream.RenderOnAsync(w.PullAtOnce(c.source), new Screen(w.Clock, c.busy), item => DrawAsync(w, item, c.takes, c.failsAt))),
        (c, w) => w.Await(() => Concept.RenderOnAsync(w.PullAtOnce(c.source), new Screen(w.Clock, c.busy), item => DrawAsync(w, item, c.takes, c.failsAt))));

    [Test]
    public void RenderOnAsync_OnAContext_ByAnAsynchronousFunction() => Same(
        from source in SourceCases from busy in Gen.Choose(0, 4) from takes in Gen.Choose(0, 4) from failsAt in Gen.Choose(0, 12) select (source, busy, takes, failsAt), 128,
        (c, w) => w.Await(() => TokenStream.RenderOnAsync(w.PullAtOnce(c.source), new UiThread(w.Clock, c.busy), item => DrawAsync(w, item, c.takes, c.failsAt))),
        (c, w) => w.Await(() => Concept.RenderOnAsync(w.PullAtOnce(c.source), new UiThread(w.Clock, c.busy), item => DrawAsync(w, item, c.takes, c.failsAt))));

    private static async ValueTask DrawAsync(World world, int item, int takes, int failsAt)
    {
        if (takes > 0)
            await world.Clock.Delay(takes.Frames());
        Draw(world, item, failsAt);
    }

    private static void Draw(World world, int item, int failsAt)
    {
        if (item == failsAt)
            throw Marbles.Failure;
        world.Log("drawn", item);
    }

    /// <summary>Gets to what it has been given after some frames.</summary>
    private sealed class Screen(VirtualClock clock, int busy) : IScheduler
    {
        public DateTimeOffset Now => clock.Now;

        public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => Schedule(state, TimeSpan.Zero, action);

        public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) =>
            clock.Schedule(state, dueTime + busy.Frames(), action);

        public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) =>
            Schedule(state, dueTime - Now, action);
    }

    private sealed class UiThread(VirtualClock clock, int busy) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => clock.At(clock.Frame + busy, () => d(state));
    }
}
