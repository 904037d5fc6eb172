using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

public static class KeepLatestScenarios
{
    [Test] public static void PullAlone() => Play.Alone(Operators.KeepLatest);

    [Test] public static void PullCancelled() => Play.Cancelled(Operators.KeepLatest);

    [Test] public static void PullLeft() => Play.Left(Operators.KeepLatest);

    [Test] public static void PullCancelledAndLeft() => Play.CancelledAndLeft(Operators.KeepLatest);

    [Test] public static void PullBroken() => Play.Broken(Operators.KeepLatest);

    [Test] public static void PullFails() => Play.Fails(Operators.KeepLatest);

    [Test] public static void PullLends() => Play.Lends(Operators.KeepLatest);

    [Test] public static void PullLendsAndCancelled() => Play.LendsAndCancelled(Operators.KeepLatest);

    [Test] public static void PushAlone() => Play.Alone(Operators.PushKeepLatest);

    [Test] public static void PushCancelled() => Play.Cancelled(Operators.PushKeepLatest);

    [Test] public static void PushLeft() => Play.Left(Operators.PushKeepLatest);

    [Test] public static void PushBroken() => Play.Broken(Operators.PushKeepLatest);

    [Test] public static void PushFails() => Play.Fails(Operators.PushKeepLatest);

    [Test] public static void PullCleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.KeepLatest);

    [Test] public static void PullCleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.KeepLatest);
}
