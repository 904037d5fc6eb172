using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>The same where the first source is silent, and loses. (Not with a clean-up that fails beside a cancellation: what the stage inside has told is a failure of its source, in whose place a cancellation may be told, as in every chain.)</summary>
public static class HedgeLateScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.HedgeLate);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.HedgeLate);

    [Test] public static void Left() => Play.Left(Operators.HedgeLate);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.HedgeLate);

    [Test] public static void Broken() => Play.Broken(Operators.HedgeLate);

    [Test] public static void Fails() => Play.Fails(Operators.HedgeLate);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.HedgeLate);

    [Test] public static void Lends() => Play.Lends(Operators.HedgeLate);

    [Test] public static void LendsAndCancelled() => Play.LendsAndCancelled(Operators.HedgeLate);

    [Test] public static void LendsAndLeft() => Play.LendsAndLeft(Operators.HedgeLate);

    [Test] public static void CleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.HedgeLate);

    [Test] public static void OverEach() => Play.OverEach(Operators.HedgeLate);

    [Test] public static void OverEachCancelled() => Play.OverEachCancelled(Operators.HedgeLate);

    [Test] public static void OverEachLeft() => Play.OverEachLeft(Operators.HedgeLate);
}
