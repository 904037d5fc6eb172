using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

public static class SelectAwaitScenarios
{
    [Test] public static void OneAlone() => Play.Alone(Operators.Select);

    [Test] public static void OneCancelled() => Play.Cancelled(Operators.Select);

    [Test] public static void OneFails() => Play.Fails(Operators.Select);

    [Test] public static void OneFunctionFails() => Play.FunctionFails(Operators.Select, 'b');

    [Test] public static void OneLastFunctionFails() => Play.FunctionFails(Operators.Select, 'd');

    [Test] public static void TwoAlone() => Play.Alone(Operators.SelectTwo);

    [Test] public static void TwoCancelled() => Play.Cancelled(Operators.SelectTwo);

    [Test] public static void TwoLeft() => Play.Left(Operators.SelectTwo);

    [Test] public static void TwoCancelledAndLeft() => Play.CancelledAndLeft(Operators.SelectTwo);

    [Test] public static void TwoBroken() => Play.Broken(Operators.SelectTwo);

    [Test] public static void TwoFails() => Play.Fails(Operators.SelectTwo);

    [Test] public static void TwoFailsAndCancelled() => Play.FailsAndCancelled(Operators.SelectTwo);

    [Test] public static void TwoLendsAndCancelled() => Play.LendsAndCancelled(Operators.SelectTwo);

    [Test] public static void TwoFunctionFails() => Play.FunctionFails(Operators.SelectTwo, 'b');

    [Test] public static void TwoLastFunctionFails() => Play.FunctionFails(Operators.SelectTwo, 'd');

    [Test] public static void TwoFunctionFailsAndCancelled() => Play.FunctionFailsAndCancelled(Operators.SelectTwo, 'd');

    [Test] public static void UnorderedAlone() => Play.Alone(Operators.SelectTwoUnordered);

    [Test] public static void UnorderedCancelled() => Play.Cancelled(Operators.SelectTwoUnordered);

    [Test] public static void UnorderedLeft() => Play.Left(Operators.SelectTwoUnordered);

    [Test] public static void UnorderedCancelledAndLeft() => Play.CancelledAndLeft(Operators.SelectTwoUnordered);

    [Test] public static void UnorderedBroken() => Play.Broken(Operators.SelectTwoUnordered);

    [Test] public static void UnorderedFails() => Play.Fails(Operators.SelectTwoUnordered);

    [Test] public static void UnorderedFailsAndCancelled() => Play.FailsAndCancelled(Operators.SelectTwoUnordered);

    [Test] public static void UnorderedLendsAndCancelled() => Play.LendsAndCancelled(Operators.SelectTwoUnordered);

    [Test] public static void UnorderedFunctionFails() => Play.FunctionFails(Operators.SelectTwoUnordered, 'b');

    [Test] public static void UnorderedLastFunctionFails() => Play.FunctionFails(Operators.SelectTwoUnordered, 'd');

    [Test] public static void UnorderedFunctionFailsAndCancelled() => Play.FunctionFailsAndCancelled(Operators.SelectTwoUnordered, 'd');

    [Test] public static void TwoCleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.SelectTwo);

    [Test] public static void TwoCleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.SelectTwo);
}
