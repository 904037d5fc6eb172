using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

public class RenderOnAsyncTests
{
    private VirtualClock _clock = null!;
    private PostQueue _screen = null!;
    private List<string> _drawn = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new VirtualClock();
        _screen = new PostQueue();
        _drawn = [];
    }

    // Arguments

    [Test]
    public void RenderOnAsync_ASchedulerWithANullArgument_Throws()
    {
        var source = new ReadySource<int>(n => n, 1);

        Assert.That(() => TokenStream.RenderOnAsync<int>(null!, _clock, _ => { }), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => source.RenderOnAsync((IScheduler)null!, _ => { }), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("scheduler"));
        Assert.That(() => source.RenderOnAsync(_clock, (Action<int>)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("render"));
    }

    [Test]
    public void RenderOnAsync_AContextWithANullArgument_Throws()
    {
        var source = new ReadySource<int>(n => n, 1);

        Assert.That(() => TokenStream.RenderOnAsync<int>(null!, _screen, _ => { }), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => source.RenderOnAsync((SynchronizationContext)null!, _ => { }), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("context"));
        Assert.That(() => source.RenderOnAsync(_screen, (Action<int>)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("render"));
    }

    [Test]
    public void WithoutASynchronizationContext_TheMessageNamesTheOverloadToUse()
    {
        var source = new ReadySource<int>(n => n, 1);

        Assert.That(
            () => source.RenderOnAsync((SynchronizationContext)null!, _ => { }),
            Throws.ArgumentNullException.With.Message.Contains("IScheduler").And.Message.Contains("console"));
        Assert.That(
            () => source.RenderOnAsync((SynchronizationContext)null!, _ => ValueTask.CompletedTask),
            Throws.ArgumentNullException.With.Message.Contains("IScheduler").And.Property("ParamName").EqualTo("context"));
    }

    [Test]
    public void RenderOnAsync_WithANullFunction_Throws()
    {
        var source = new ReadySource<int>(n => n, 1);
        Func<int, ValueTask> render = null!;

        Assert.That(() => source.RenderOnAsync(_clock, render), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("render"));
        Assert.That(() => source.RenderOnAsync(_screen, render), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("render"));
        Assert.That(() => source.RenderOnAsync((IScheduler)null!, _ => ValueTask.CompletedTask), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("scheduler"));
    }

    // Behaviour

    [MarbleOf("RenderOnAsync<TSource>(IAsyncEnumerable<TSource>, IScheduler, Action<TSource>, CancellationToken)")]
    public void OnAScheduler_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        ExpectDrawn(m, rows, (source, draw) => source.RenderOnAsync(m.Clock, draw)));

    [MarbleOf("RenderOnAsync<TSource>(IAsyncEnumerable<TSource>, SynchronizationContext, Action<TSource>, CancellationToken)")]
    public void OnAContext_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        ExpectDrawn(m, rows, (source, draw) => source.RenderOnAsync(new ClockContext(m.Clock), draw)));

    [MarbleOf("RenderOnAsync<TSource>(IAsyncEnumerable<TSource>, IScheduler, Func<TSource, ValueTask>, CancellationToken)")]
    public void OnAScheduler_WithAFunction_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        ExpectDrawnSlowly(m, rows, (source, draw) => source.RenderOnAsync(m.Clock, draw)));

    [MarbleOf("RenderOnAsync<TSource>(IAsyncEnumerable<TSource>, SynchronizationContext, Func<TSource, ValueTask>, CancellationToken)")]
    public void OnAContext_WithAFunction_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        ExpectDrawnSlowly(m, rows, (source, draw) => source.RenderOnAsync(new ClockContext(m.Clock), draw)));

    [MarbleOf("RenderOnAsync<TSource>(IAsyncEnumerable<TSource>, IScheduler, FrameClock, Action<TSource>, CancellationToken)")]
    public void OnAScheduler_ByFrames_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        ExpectDrawnByFrames(m, rows, (source, frames, draw) => source.RenderOnAsync(m.Clock, frames, draw)));

    [MarbleOf("RenderOnAsync<TSource>(IAsyncEnumerable<TSource>, SynchronizationContext, FrameClock, Action<TSource>, CancellationToken)")]
    public void OnAContext_ByFrames_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        ExpectDrawnByFrames(m, rows, (source, frames, draw) => source.RenderOnAsync(new ClockContext(m.Clock), frames, draw)));

    private static void ExpectDrawnByFrames(MarbleTest m, DocumentedMarble rows, Func<IAsyncEnumerable<string>, FrameClock, Action<string>, Task> renderOn)
    {
        var drawn = Observable.Create<string>(screen =>
        {
            var rendering = renderOn(m.Pull(rows["source"]), new FrameClock(m.Time("----|"), m.Clock), screen.OnNext);
            rendering.GetAwaiter().OnCompleted(screen.OnCompleted);
            return System.Reactive.Disposables.Disposable.Empty;
        });
        m.Expect(drawn).ToBe(rows["result"]);
    }

    /// <summary>Drawing takes two frames, in which others may use the screen.</summary>
    private static void ExpectDrawnSlowly(MarbleTest m, DocumentedMarble rows, Func<IAsyncEnumerable<string>, Func<string, ValueTask>, Task> renderOn)
    {
        var drawn = Observable.Create<string>(screen =>
        {
            var rendering = renderOn(m.Pull(rows["source"]), async item =>
            {
                screen.OnNext(item);
                await Task.Delay(m.Time("--|"), m.Clock.AsTimeProvider());
            });
            rendering.GetAwaiter().OnCompleted(screen.OnCompleted);
            return Disposable.Empty;
        });
        m.Expect(drawn).ToBe(rows["result"]);
    }

    /// <summary>Drawing takes two frames.</summary>
    private static void ExpectDrawn(MarbleTest m, DocumentedMarble rows, Func<IAsyncEnumerable<string>, Action<string>, Task> renderOn)
    {
        var drawn = Observable.Create<string>(screen =>
        {
            var rendering = renderOn(m.Pull(rows["source"]), item =>
            {
                screen.OnNext(item);
                m.Clock.Sleep(m.Time("--|").Ticks);
            });
            rendering.GetAwaiter().OnCompleted(screen.OnCompleted);
            return Disposable.Empty;
        });
        m.Expect(drawn).ToBe(rows["result"]);
    }

    [Test]
    public void EachItem_IsRenderedInOrder_OnTheScheduler()
    {
        var source = _clock.Pull(Marbles.Of("a-b-c|"));
        var rendering = source.RenderOnAsync(_clock, Draw);
        Assert.That(_drawn, Is.Empty, "not before the scheduler runs");

        _clock.AdvanceToFrame(10);

        Assert.That(_drawn, Is.EqualTo(new[] { "0:a", "2:b", "4:c" }));
        Assert.That(rendering.IsCompletedSuccessfully, Is.True);
        Assert.That(source.Disposals, Is.EqualTo(new long[] { 5 }));
        Assert.That(source.Violations, Is.Empty);
    }

    [Test]
    public void EachItem_IsAskedFor_WhenTheOneBeforeIsDrawn()
    {
        var slow = new SlowScheduler(_clock, TimeSpan.FromMilliseconds(2));
        var source = _clock.Pull(Marbles.Of("[abc]|"));

        var rendering = source.RenderOnAsync(slow, Draw);
        _clock.AdvanceToFrame(10);

        Assert.That(_drawn, Is.EqualTo(new[] { "2:a", "4:b", "6:c" }));
        Assert.That(source.Reads, Is.EqualTo(new long[] { 0, 2, 4, 6 }));
        Assert.That(rendering.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public void EachItem_IsPostedToTheContext_AndTheNextIsAskedForFromThere()
    {
        var source = new ReadySource<int>(n => n, 3);
        var rendering = source.RenderOnAsync(_screen, Draw);
        var reads = new List<int> { source.Reads };

        while (_screen.RunOne())
            reads.Add(source.Reads);

        Assert.That(_drawn, Is.EqualTo(new[] { "0:0", "0:1", "0:2" }));
        Assert.That(reads, Is.EqualTo(new[] { 1, 2, 3, 3 }), "one read for each render, none ahead");
        Assert.That(rendering.IsCompletedSuccessfully, Is.True);
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [Test]
    public void OtherWork_OfTheContext_GetsItsTurnBetweenTwoRenders()
    {
        var rendering = new ReadySource<int>(n => n, 2).RenderOnAsync(_screen, Draw);
        _screen.Post(_ => _drawn.Add("a click"), state: null);

        while (_screen.RunOne())
        {
        }

        Assert.That(_drawn, Is.EqualTo(new[] { "0:0", "a click", "0:1" }));
        Assert.That(rendering.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public void AnEmptySource_RendersNothing()
    {
        var rendering = new ReadySource<int>(n => n, 0).RenderOnAsync(_screen, Draw);

        Assert.That(rendering.IsCompletedSuccessfully, Is.True);
        Assert.That(_screen.RunOne(), Is.False);
    }

    // Errors

    [Test]
    public void AThrow_OfTheRender_FailsTheTaskAfterTheDisposal()
    {
        var failure = new InvalidDataException("cannot draw");
        var source = new ReadySource<int>(n => n, 3);
        var rendering = source.RenderOnAsync(_screen, new Action<int>(_ => throw failure));

        _screen.RunOne();

        Assert.That(() => rendering, Throws.Exception.SameAs(failure));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((1, 1)));
        Assert.That(_screen.RunOne(), Is.False);
    }

    [Test]
    public void AFailure_OfTheSource_FailsTheTaskAfterTheItemsBefore()
    {
        var source = _clock.Pull(Marbles.Of("a-#"));
        var rendering = source.RenderOnAsync(_clock, Draw);

        _clock.AdvanceToFrame(5);

        Assert.That(_drawn, Is.EqualTo(new[] { "0:a" }));
        Assert.That(() => rendering, Throws.Exception.SameAs(Marbles.Failure));
        Assert.That(source.Disposals, Is.EqualTo(new long[] { 2 }));
    }

    [Test]
    public void AThrow_OfTheContextsPost_FailsTheTaskAfterTheDisposal()
    {
        var source = new ReadySource<int>(n => n, 3);

        Assert.That(() => source.RenderOnAsync(new BrokenContext(), Draw), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    // Disposal and cancellation

    [Test]
    public void Cancel_BeforeTheStart_ReadsNothing()
    {
        var source = new ReadySource<int>(n => n, 3);

        var rendering = source.RenderOnAsync(_screen, Draw, new CancellationToken(canceled: true));

        Assert.That(rendering.IsCanceled, Is.True);
        Assert.That(source.Reads, Is.Zero);
    }

    [Test]
    public void Cancel_BetweenTwoItems_EndsTheReadAndTheTask()
    {
        using var cancellation = new CancellationTokenSource();
        var source = _clock.Pull(Marbles.Of("a----b|"));
        var rendering = source.RenderOnAsync(_clock, Draw, cancellation.Token);
        _clock.At(2, cancellation.Cancel);

        _clock.AdvanceToFrame(10);

        Assert.That(rendering.IsCanceled, Is.True);
        Assert.That(_drawn, Is.EqualTo(new[] { "0:a" }));
        Assert.That(source.Disposals, Is.EqualTo(new long[] { 2 }));
        Assert.That(source.Violations, Is.Empty);
    }

    [Test]
    public void Cancel_BeforeARenderThatIsPosted_DoesNotWaitForTheScreenNorBeginIt()
    {
        using var cancellation = new CancellationTokenSource();
        var source = new ReadySource<int>(n => n, 3);
        var rendering = source.RenderOnAsync(_screen, Draw, cancellation.Token);

        cancellation.Cancel();
        Assert.That(rendering.IsCanceled, Is.True, "a window that was closed never gets to it");
        Assert.That(source.Disposals, Is.EqualTo(1));
        _screen.RunOne();

        Assert.That(_drawn, Is.Empty);
    }

    [Test]
    public void Cancel_WhileTheItemIsOnItsWay_RendersNothing()
    {
        using var cancellation = new CancellationTokenSource();
        var source = new ReadySource<int>(n =>
        {
            cancellation.Cancel();
            return n;
        }, 3);

        var rendering = source.RenderOnAsync(_screen, Draw, cancellation.Token);

        Assert.That(rendering.IsCanceled, Is.True);
        Assert.That(_screen.RunOne(), Is.False, "nothing was posted");
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [Test]
    public void Cancel_DuringARender_FinishesItAndDrawsNoMore()
    {
        using var cancellation = new CancellationTokenSource();
        var source = _clock.Pull(Marbles.Of("abc|"));
        var rendering = source.RenderOnAsync(
            _clock,
            item =>
            {
                cancellation.Cancel();
                Draw(item);
            },
            cancellation.Token);

        _clock.AdvanceToFrame(10);

        Assert.That(rendering.IsCanceled, Is.True);
        Assert.That(_drawn, Is.EqualTo(new[] { "0:a" }));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
        Assert.That(source.Violations, Is.Empty);
    }

    // A render that takes its time

    [Test]
    public void TheNextItem_IsAskedFor_WhenTheFunctionsTaskIsOver()
    {
        var source = new ReadySource<int>(n => n, 2);
        var strokes = new List<TaskCompletionSource>();
        var rendering = source.RenderOnAsync(_screen, n =>
        {
            Draw(n);
            strokes.Add(new TaskCompletionSource());
            return new ValueTask(strokes[^1].Task);
        });

        _screen.RunOne();
        Assert.That((source.Reads, _screen.RunOne()), Is.EqualTo((1, false)), "it is still drawn");
        strokes[0].SetResult();
        Assert.That((source.Reads, _screen.RunOne()), Is.EqualTo((2, true)));
        strokes[1].SetResult();

        Assert.That(rendering.IsCompletedSuccessfully, Is.True);
        Assert.That(_drawn, Is.EqualTo(new[] { "0:0", "0:1" }));
    }

    [Test]
    public void AFailure_OfTheFunctionsTask_FailsTheTaskAfterTheDisposal()
    {
        var source = new ReadySource<int>(n => n, 2);
        var stroke = new TaskCompletionSource();
        var failure = new InvalidDataException("cannot draw");
        var rendering = source.RenderOnAsync(_screen, _ => new ValueTask(stroke.Task));

        _screen.RunOne();
        stroke.SetException(failure);

        Assert.That(() => rendering, Throws.Exception.SameAs(failure));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((1, 1)));
    }

    [Test]
    public void Cancel_WhileTheFunctionsTaskRuns_WaitsForItAndReadsNoMore()
    {
        using var cancellation = new CancellationTokenSource();
        var source = new ReadySource<int>(n => n, 2);
        var stroke = new TaskCompletionSource();
        var rendering = source.RenderOnAsync(_screen, _ => new ValueTask(stroke.Task), cancellation.Token);
        _screen.RunOne();

        cancellation.Cancel();
        Assert.That((rendering.IsCompleted, source.Disposals), Is.EqualTo((false, 0)));
        stroke.SetResult();

        Assert.That(rendering.IsCanceled, Is.True);
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((1, 1)));
    }

    [Test]
    public void AMillionItems_WithAFunctionThatIsReady_UseConstantStack()
    {
        var count = 0;

        var rendering = new ReadySource<int>(n => n, 1_000_000).RenderOnAsync(new ContextAtOnce(), _ =>
        {
            count++;
            return ValueTask.CompletedTask;
        });

        Assert.That(rendering.IsCompletedSuccessfully, Is.True);
        Assert.That(count, Is.EqualTo(1_000_000));
    }

    // Calls

    [Test]
    public void AMillionItems_OnAContextThatRunsAtOnce_UseConstantStack()
    {
        var count = 0;

        var rendering = new ReadySource<int>(n => n, 1_000_000).RenderOnAsync(new ContextAtOnce(), _ => count++);

        Assert.That(rendering.IsCompletedSuccessfully, Is.True);
        Assert.That(count, Is.EqualTo(1_000_000));
    }

    private void Draw<T>(T item) => _drawn.Add($"{_clock.Frame}:{item}");

    /// <summary>Keeps what is posted until it is told to run it, as a UI thread's queue.</summary>
    private sealed class PostQueue : SynchronizationContext
    {
        private readonly Queue<Action> _posts = new();

        public override void Post(SendOrPostCallback d, object? state) => _posts.Enqueue(() => d(state));

        public bool RunOne()
        {
            if (!_posts.TryDequeue(out var post))
                return false;
            post();
            return true;
        }
    }

    private sealed class ClockContext(IScheduler clock) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => clock.Schedule(() => d(state));
    }

    private sealed class ContextAtOnce : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => d(state);
    }

    private sealed class BrokenContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => throw new ObjectDisposedException("the window");
    }

    /// <summary>Everything takes its time.</summary>
    private sealed class SlowScheduler(VirtualClock clock, TimeSpan time) : LocalScheduler
    {
        public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) =>
            clock.Schedule(state, time, action);
    }
}
