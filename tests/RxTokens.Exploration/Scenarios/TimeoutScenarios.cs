using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>A timer, in time or late, beside the item that lands, and beside who cancels or leaves.</summary>
public static class TimeoutScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.Timeout);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.Timeout);

    [Test] public static void Left() => Play.Left(Operators.Timeout);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.Timeout);

    [Test] public static void Broken() => Play.Broken(Operators.Timeout);

    [Test] public static void Fails() => Play.Fails(Operators.Timeout);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.Timeout);

    [Test] public static void Lends() => Play.Lends(Operators.Timeout);

    [Test] public static void LendsAndCancelled() => Play.LendsAndCancelled(Operators.Timeout);

    [Test] public static void LendsAndLeft() => Play.LendsAndLeft(Operators.Timeout);

    [Test] public static void CleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.Timeout);

    [Test] public static void CleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.Timeout);

    [Test] public static void OverEach() => Play.OverEach(Operators.Timeout);

    [Test] public static void OverEachCancelled() => Play.OverEachCancelled(Operators.Timeout);

    [Test] public static void OverEachLeft() => Play.OverEachLeft(Operators.Timeout);
}
