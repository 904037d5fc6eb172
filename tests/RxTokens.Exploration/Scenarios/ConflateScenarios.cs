using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

public static class ConflateScenarios
{
    [Test] public static void MergeAlone() => Play.Alone(Operators.Conflate);

    [Test] public static void MergeCancelled() => Play.Cancelled(Operators.Conflate);

    [Test] public static void MergeLeft() => Play.Left(Operators.Conflate);

    [Test] public static void MergeFails() => Play.Fails(Operators.Conflate);

    [Test] public static void SeedAlone() => Play.Alone(Operators.ConflateSeed);

    [Test] public static void SeedCancelled() => Play.Cancelled(Operators.ConflateSeed);

    [Test] public static void TextAlone() => Play.Alone(Operators.ConflateText);

    [Test] public static void TextCancelled() => Play.Cancelled(Operators.ConflateText);

    [Test] public static void TextLeft() => Play.Left(Operators.ConflateText);

    [Test] public static void TextFails() => Play.Fails(Operators.ConflateText);

    [Test] public static void PushMergeAlone() => Play.Alone(Operators.PushConflate);

    [Test] public static void PushMergeCancelled() => Play.Cancelled(Operators.PushConflate);

    [Test] public static void PushMergeLeft() => Play.Left(Operators.PushConflate);

    [Test] public static void PushMergeFails() => Play.Fails(Operators.PushConflate);

    [Test] public static void PushSeedAlone() => Play.Alone(Operators.PushConflateSeed);

    [Test] public static void PushSeedCancelled() => Play.Cancelled(Operators.PushConflateSeed);

    [Test] public static void PushTextAlone() => Play.Alone(Operators.PushConflateText);

    [Test] public static void PushTextCancelled() => Play.Cancelled(Operators.PushConflateText);

    [Test] public static void PushTextLeft() => Play.Left(Operators.PushConflateText);

    [Test] public static void PushTextFails() => Play.Fails(Operators.PushConflateText);

    [Test] public static void MergeBroken() => Play.Broken(Operators.Conflate);

    [Test] public static void MergeCancelledAndLeft() => Play.CancelledAndLeft(Operators.Conflate);

    [Test] public static void MergeLendsAndCancelled() => Play.LendsAndCancelled(Operators.Conflate);

    [Test] public static void MergeCleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.Conflate);

    [Test] public static void MergeCleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.Conflate);
}
