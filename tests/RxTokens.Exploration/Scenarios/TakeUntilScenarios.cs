using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>A stop beside the item that lands: what was read arrives. And beside who cancels or leaves.</summary>
public static class TakeUntilScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.TakeUntil);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.TakeUntil);

    [Test] public static void Left() => Play.Left(Operators.TakeUntil);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.TakeUntil);

    [Test] public static void Broken() => Play.Broken(Operators.TakeUntil);

    [Test] public static void Fails() => Play.Fails(Operators.TakeUntil);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.TakeUntil);

    [Test] public static void Lends() => Play.Lends(Operators.TakeUntil);

    [Test] public static void LendsAndCancelled() => Play.LendsAndCancelled(Operators.TakeUntil);

    [Test] public static void LendsAndLeft() => Play.LendsAndLeft(Operators.TakeUntil);

    [Test] public static void CleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.TakeUntil);

    [Test] public static void CleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.TakeUntil);

    [Test] public static void OverEach() => Play.OverEach(Operators.TakeUntil);

    [Test] public static void OverEachCancelled() => Play.OverEachCancelled(Operators.TakeUntil);

    [Test] public static void OverEachLeft() => Play.OverEachLeft(Operators.TakeUntil);
}
