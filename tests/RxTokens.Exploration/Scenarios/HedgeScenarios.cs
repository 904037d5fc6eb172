using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>Two sources and a timer, beside who cancels or leaves. (Not with a clean-up that fails beside a cancellation: what the stage inside has told is a failure of its source, in whose place a cancellation may be told, as in every chain.)</summary>
public static class HedgeScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.Hedge);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.Hedge);

    [Test] public static void Left() => Play.Left(Operators.Hedge);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.Hedge);

    [Test] public static void Broken() => Play.Broken(Operators.Hedge);

    [Test] public static void Fails() => Play.Fails(Operators.Hedge);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.Hedge);

    [Test] public static void Lends() => Play.Lends(Operators.Hedge);

    [Test] public static void LendsAndCancelled() => Play.LendsAndCancelled(Operators.Hedge);

    [Test] public static void LendsAndLeft() => Play.LendsAndLeft(Operators.Hedge);

    [Test] public static void CleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.Hedge);

    [Test] public static void OverEach() => Play.OverEach(Operators.Hedge);

    [Test] public static void OverEachCancelled() => Play.OverEachCancelled(Operators.Hedge);

    [Test] public static void OverEachLeft() => Play.OverEachLeft(Operators.Hedge);
}
