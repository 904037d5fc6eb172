using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>Text between other items, whose shape speaks or ends on a thread of its own. (The pull form has <c>async</c> methods, which cannot be explored.)</summary>
public static class ShapeTextScenarios
{
    [Test] public static void ShapeText() => PushPlay.Alone(Queries.ShapeText);

    [Test] public static void ShapeTextFails() => PushPlay.Fails(Queries.ShapeText);

    [Test] public static void ShapeTextDisposed() => PushPlay.Disposed(Queries.ShapeText);

    [Test] public static void ShapeTextFailsAndDisposed() => PushPlay.FailsAndDisposed(Queries.ShapeText);

    [Test] public static void ShapeTextDisposedFromInside() => PushPlay.DisposedFromInside(Queries.ShapeText);

    [Test] public static void ShapeTextFlushed() => PushPlay.Alone(Queries.ShapeTextFlushed);

    [Test] public static void ShapeTextFlushedFails() => PushPlay.Fails(Queries.ShapeTextFlushed);

    [Test] public static void ShapeTextFlushedDisposed() => PushPlay.Disposed(Queries.ShapeTextFlushed);

    [Test] public static void ShapeTextFlushedFailsAndDisposed() => PushPlay.FailsAndDisposed(Queries.ShapeTextFlushed);

    [Test] public static void ShapeTextFlushedDisposedFromInside() => PushPlay.DisposedFromInside(Queries.ShapeTextFlushed);
}
