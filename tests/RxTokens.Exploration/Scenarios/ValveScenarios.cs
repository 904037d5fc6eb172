using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>A valve that closes and opens beside the item that lands, and beside who cancels or leaves.</summary>
public static class ValveScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.Valve);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.Valve);

    [Test] public static void Left() => Play.Left(Operators.Valve);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.Valve);

    [Test] public static void Broken() => Play.Broken(Operators.Valve);

    [Test] public static void Fails() => Play.Fails(Operators.Valve);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.Valve);

    [Test] public static void Lends() => Play.Lends(Operators.Valve);

    [Test] public static void LendsAndCancelled() => Play.LendsAndCancelled(Operators.Valve);

    [Test] public static void LendsAndLeft() => Play.LendsAndLeft(Operators.Valve);

    [Test] public static void CleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.Valve);

    [Test] public static void CleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.Valve);

    [Test] public static void OverEach() => Play.OverEach(Operators.Valve);

    [Test] public static void OverEachCancelled() => Play.OverEachCancelled(Operators.Valve);

    [Test] public static void OverEachLeft() => Play.OverEachLeft(Operators.Valve);
}
