using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>The same where the first source fails while the delay ends: the second is begun once.</summary>
public static class HedgeFailedScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.HedgeFailed);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.HedgeFailed);

    [Test] public static void Left() => Play.Left(Operators.HedgeFailed);

    [Test] public static void Broken() => Play.Broken(Operators.HedgeFailed);
}
