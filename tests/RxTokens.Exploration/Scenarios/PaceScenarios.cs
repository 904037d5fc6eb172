using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>A token bucket's timer beside the item that lands, and beside who cancels or leaves.</summary>
public static class PaceScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.Pace);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.Pace);

    [Test] public static void Left() => Play.Left(Operators.Pace);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.Pace);

    [Test] public static void Broken() => Play.Broken(Operators.Pace);

    [Test] public static void Fails() => Play.Fails(Operators.Pace);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.Pace);

    [Test] public static void Lends() => Play.Lends(Operators.Pace);

    [Test] public static void LendsAndCancelled() => Play.LendsAndCancelled(Operators.Pace);

    [Test] public static void LendsAndLeft() => Play.LendsAndLeft(Operators.Pace);

    [Test] public static void CleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.Pace);

    [Test] public static void CleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.Pace);

    [Test] public static void OverEach() => Play.OverEach(Operators.Pace);

    [Test] public static void OverEachCancelled() => Play.OverEachCancelled(Operators.Pace);

    [Test] public static void OverEachLeft() => Play.OverEachLeft(Operators.Pace);
}
