using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

public static class NestedScenarios
{
    [Test] public static void ThroughOverEachCancelled() => Play.OverEachCancelled(Operators.Through);

    [Test] public static void ThroughOverEachLeft() => Play.OverEachLeft(Operators.Through);

    [Test] public static void ThroughOverEach() => Play.OverEach(Operators.Through);

    [Test] public static void SelectOverEachCancelled() => Play.OverEachCancelled(Operators.Select);

    [Test] public static void SelectOverEachLeft() => Play.OverEachLeft(Operators.Select);

    [Test] public static void SelectOverEach() => Play.OverEach(Operators.Select);

    [Test] public static void SelectTwoOverEachCancelled() => Play.OverEachCancelled(Operators.SelectTwo);

    [Test] public static void SelectTwoOverEachLeft() => Play.OverEachLeft(Operators.SelectTwo);

    [Test] public static void SelectTwoOverEach() => Play.OverEach(Operators.SelectTwo);

    [Test] public static void BufferedOverEachCancelled() => Play.OverEachCancelled(Operators.Buffered);

    [Test] public static void BufferedOverEachLeft() => Play.OverEachLeft(Operators.Buffered);

    [Test] public static void BufferedOverEach() => Play.OverEach(Operators.Buffered);

    [Test] public static void BufferedDropOldestOverEachCancelled() => Play.OverEachCancelled(Operators.BufferedDropOldest);

    [Test] public static void BufferedDropOldestOverEachLeft() => Play.OverEachLeft(Operators.BufferedDropOldest);

    [Test] public static void BufferedDropOldestOverEach() => Play.OverEach(Operators.BufferedDropOldest);

    [Test] public static void BufferedDropNewestOverEachCancelled() => Play.OverEachCancelled(Operators.BufferedDropNewest);

    [Test] public static void BufferedDropNewestOverEachLeft() => Play.OverEachLeft(Operators.BufferedDropNewest);

    [Test] public static void BufferedDropNewestOverEach() => Play.OverEach(Operators.BufferedDropNewest);

    [Test] public static void BufferedFailOverEachCancelled() => Play.OverEachCancelled(Operators.BufferedFail);

    [Test] public static void BufferedFailOverEachLeft() => Play.OverEachLeft(Operators.BufferedFail);

    [Test] public static void BufferedFailOverEach() => Play.OverEach(Operators.BufferedFail);

    [Test] public static void KeepLatestOverEachCancelled() => Play.OverEachCancelled(Operators.KeepLatest);

    [Test] public static void KeepLatestOverEachLeft() => Play.OverEachLeft(Operators.KeepLatest);

    [Test] public static void KeepLatestOverEach() => Play.OverEach(Operators.KeepLatest);

    [Test] public static void ConflateOverEachCancelled() => Play.OverEachCancelled(Operators.Conflate);

    [Test] public static void ConflateOverEachLeft() => Play.OverEachLeft(Operators.Conflate);

    [Test] public static void ConflateOverEach() => Play.OverEach(Operators.Conflate);

    [Test] public static void ConflateTextOverEachCancelled() => Play.OverEachCancelled(Operators.ConflateText);

    [Test] public static void ConflateTextOverEachLeft() => Play.OverEachLeft(Operators.ConflateText);

    [Test] public static void ConflateTextOverEach() => Play.OverEach(Operators.ConflateText);
}
