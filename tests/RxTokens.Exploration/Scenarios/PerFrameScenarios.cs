using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>Frames that begin beside the item that lands, and beside who cancels or leaves.</summary>
public static class PerFrameScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.PerFrame);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.PerFrame);

    [Test] public static void Left() => Play.Left(Operators.PerFrame);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.PerFrame);

    [Test] public static void Broken() => Play.Broken(Operators.PerFrame);

    [Test] public static void Fails() => Play.Fails(Operators.PerFrame);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.PerFrame);

    [Test] public static void Lends() => Play.Lends(Operators.PerFrame);

    [Test] public static void LendsAndCancelled() => Play.LendsAndCancelled(Operators.PerFrame);

    [Test] public static void LendsAndLeft() => Play.LendsAndLeft(Operators.PerFrame);

    [Test] public static void CleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.PerFrame);

    [Test] public static void CleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.PerFrame);

    [Test] public static void OverEach() => Play.OverEach(Operators.PerFrame);

    [Test] public static void OverEachCancelled() => Play.OverEachCancelled(Operators.PerFrame);

    [Test] public static void OverEachLeft() => Play.OverEachLeft(Operators.PerFrame);
}
