using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>Who cancels or leaves is free, and what was read is told or given back.</summary>
public static class DetachScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.Detach);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.Detach);

    [Test] public static void Left() => Play.Left(Operators.Detach);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.Detach);

    [Test] public static void Broken() => Play.Broken(Operators.Detach);

    [Test] public static void Fails() => Play.Fails(Operators.Detach);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.Detach);

    [Test] public static void Lends() => Play.Lends(Operators.Detach);

    [Test] public static void LendsAndCancelled() => Play.LendsAndCancelled(Operators.Detach);

    [Test] public static void LendsAndLeft() => Play.LendsAndLeft(Operators.Detach);

    [Test] public static void TimeoutAlone() => Play.Alone(Operators.DetachTimeout);

    [Test] public static void TimeoutCancelled() => Play.Cancelled(Operators.DetachTimeout);

    [Test] public static void TimeoutLeft() => Play.Left(Operators.DetachTimeout);

    [Test] public static void TimeoutCancelledAndLeft() => Play.CancelledAndLeft(Operators.DetachTimeout);

    [Test] public static void TimeoutBroken() => Play.Broken(Operators.DetachTimeout);

    [Test] public static void TimeoutFails() => Play.Fails(Operators.DetachTimeout);

    [Test] public static void TimeoutFailsAndCancelled() => Play.FailsAndCancelled(Operators.DetachTimeout);
}
