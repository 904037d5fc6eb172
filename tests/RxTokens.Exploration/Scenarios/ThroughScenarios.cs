using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

public static class ThroughScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.Through);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.Through);

    [Test] public static void Left() => Play.Left(Operators.Through);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.Through);

    [Test] public static void Broken() => Play.Broken(Operators.Through);

    [Test] public static void Fails() => Play.Fails(Operators.Through);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.Through);

    [Test] public static void Lends() => Play.Lends(Operators.Through);

    [Test] public static void LendsAndCancelled() => Play.LendsAndCancelled(Operators.Through);

    [Test] public static void LendsAndLeft() => Play.LendsAndLeft(Operators.Through);

    [Test] public static void CleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.Through);

    [Test] public static void CleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.Through);
}
