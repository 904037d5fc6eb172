using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>Through a query that speaks by itself: reads, ends and requests land while it does, on its own thread and on others.</summary>
public static class ThroughTimedScenarios
{
    [Test] public static void Alone() => Play.Alone(Operators.ThroughTimed);

    [Test] public static void Cancelled() => Play.Cancelled(Operators.ThroughTimed);

    [Test] public static void Left() => Play.Left(Operators.ThroughTimed);

    [Test] public static void CancelledAndLeft() => Play.CancelledAndLeft(Operators.ThroughTimed);

    [Test] public static void Broken() => Play.Broken(Operators.ThroughTimed);

    [Test] public static void Fails() => Play.Fails(Operators.ThroughTimed);

    [Test] public static void FailsAndCancelled() => Play.FailsAndCancelled(Operators.ThroughTimed);

    [Test] public static void CleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.ThroughTimed);

    [Test] public static void CleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.ThroughTimed);

    [Test] public static void OverEach() => Play.OverEach(Operators.ThroughTimed);

    [Test] public static void OverEachCancelled() => Play.OverEachCancelled(Operators.ThroughTimed);

    [Test] public static void OverEachLeft() => Play.OverEachLeft(Operators.ThroughTimed);
}
