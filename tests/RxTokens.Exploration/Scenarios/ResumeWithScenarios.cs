using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>The continuation beside who cancels or leaves. (Not over others: what those have read ahead goes with the break.)</summary>
public static class ResumeWithScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.ResumeWith);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.ResumeWith);

    [Test] public static void Left() => Play.Left(Operators.ResumeWith);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.ResumeWith);

    [Test] public static void Broken() => Play.Broken(Operators.ResumeWith);

    [Test] public static void Fails() => Play.Fails(Operators.ResumeWith);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.ResumeWith);

    [Test] public static void Lends() => Play.Lends(Operators.ResumeWith);

    [Test] public static void LendsAndCancelled() => Play.LendsAndCancelled(Operators.ResumeWith);

    [Test] public static void LendsAndLeft() => Play.LendsAndLeft(Operators.ResumeWith);

    [Test] public static void CleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.ResumeWith);

    [Test] public static void CleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.ResumeWith);
}
