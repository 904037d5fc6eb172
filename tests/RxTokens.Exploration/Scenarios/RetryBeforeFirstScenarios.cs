using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>The second try, begun by a timer, beside who cancels or leaves.</summary>
public static class RetryBeforeFirstScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.RetryBeforeFirst);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.RetryBeforeFirst);

    [Test] public static void Left() => Play.Left(Operators.RetryBeforeFirst);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.RetryBeforeFirst);

    [Test] public static void Broken() => Play.Broken(Operators.RetryBeforeFirst);

    [Test] public static void Fails() => Play.Fails(Operators.RetryBeforeFirst);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.RetryBeforeFirst);

    [Test] public static void Lends() => Play.Lends(Operators.RetryBeforeFirst);

    [Test] public static void LendsAndCancelled() => Play.LendsAndCancelled(Operators.RetryBeforeFirst);

    [Test] public static void LendsAndLeft() => Play.LendsAndLeft(Operators.RetryBeforeFirst);

    [Test] public static void CleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.RetryBeforeFirst);

    [Test] public static void CleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.RetryBeforeFirst);

    [Test] public static void OverEach() => Play.OverEach(Operators.RetryBeforeFirst);

    [Test] public static void OverEachCancelled() => Play.OverEachCancelled(Operators.RetryBeforeFirst);

    [Test] public static void OverEachLeft() => Play.OverEachLeft(Operators.RetryBeforeFirst);
}
