using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>A quota's answers and renewals beside the item that lands, and beside who cancels or leaves: in the end nothing is held, and what was read is charged.</summary>
public static class QuotaScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.WithinQuota);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.WithinQuota);

    [Test] public static void Left() => Play.Left(Operators.WithinQuota);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.WithinQuota);

    [Test] public static void Broken() => Play.Broken(Operators.WithinQuota);

    [Test] public static void Fails() => Play.Fails(Operators.WithinQuota);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.WithinQuota);

    [Test] public static void Lends() => Play.Lends(Operators.WithinQuota);

    [Test] public static void LendsAndCancelled() => Play.LendsAndCancelled(Operators.WithinQuota);

    [Test] public static void LendsAndLeft() => Play.LendsAndLeft(Operators.WithinQuota);

    [Test] public static void CleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.WithinQuota);

    [Test] public static void CleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.WithinQuota);

    [Test] public static void OverEach() => Play.OverEach(Operators.WithinQuota);

    [Test] public static void OverEachCancelled() => Play.OverEachCancelled(Operators.WithinQuota);

    [Test] public static void OverEachLeft() => Play.OverEachLeft(Operators.WithinQuota);

    [Test] public static void AheadAlone() => Play.Alone(Operators.WithinQuotaAhead);

    [Test] public static void AheadCancelled() => Play.Cancelled(Operators.WithinQuotaAhead);

    [Test] public static void AheadLeft() => Play.Left(Operators.WithinQuotaAhead);

    [Test] public static void AheadCancelledAndLeft() => Play.CancelledAndLeft(Operators.WithinQuotaAhead);

    [Test] public static void AheadBroken() => Play.Broken(Operators.WithinQuotaAhead);

    [Test] public static void AheadFails() => Play.Fails(Operators.WithinQuotaAhead);

    [Test] public static void AheadFailsAndCancelled() => Play.FailsAndCancelled(Operators.WithinQuotaAhead);

    [Test] public static void AheadLends() => Play.Lends(Operators.WithinQuotaAhead);

    [Test] public static void AheadLendsAndCancelled() => Play.LendsAndCancelled(Operators.WithinQuotaAhead);

    [Test] public static void AheadLendsAndLeft() => Play.LendsAndLeft(Operators.WithinQuotaAhead);

    [Test] public static void AheadCleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.WithinQuotaAhead);

    [Test] public static void AheadCleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.WithinQuotaAhead);

    [Test] public static void AheadOverEach() => Play.OverEach(Operators.WithinQuotaAhead);

    [Test] public static void AheadOverEachCancelled() => Play.OverEachCancelled(Operators.WithinQuotaAhead);

    [Test] public static void AheadOverEachLeft() => Play.OverEachLeft(Operators.WithinQuotaAhead);

    [Test] public static void UsedUpAlone() => Play.Alone(Operators.WithinQuotaOfTwo);

    [Test] public static void UsedUpCancelled() => Play.Cancelled(Operators.WithinQuotaOfTwo);

    [Test] public static void UsedUpLeft() => Play.Left(Operators.WithinQuotaOfTwo);

    [Test] public static void UsedUpCancelledAndLeft() => Play.CancelledAndLeft(Operators.WithinQuotaOfTwo);

    [Test] public static void UsedUpLends() => Play.Lends(Operators.WithinQuotaOfTwo);
}
